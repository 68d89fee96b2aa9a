#!/usr/bin/python3
"""The architecture check, on small trees with one thing wrong each: a check that finds nothing is worth nothing."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import check_architecture as check  # noqa: E402

GOOD = {
    "messages/store.hpp": "#pragma once\n#include <string>\ninline std::string store() { return {}; }\n",
    "net/host.hpp": "#pragma once\n",
    "net/host.cpp": '#include "net/host.hpp"\n\n#include <libwebsockets.h>\n',
    "meter/tally.hpp": "#pragma once\n",
    "servers/backend.hpp": '#pragma once\n#include "messages/store.hpp"\n#include "net/host.hpp"\n',
    "clients/client.hpp": '#pragma once\n#include "meter/tally.hpp"\n',
    "lab/cli/main.cpp": '#include "clients/client.hpp"\n#include "servers/backend.hpp"\n',
    "tests/fakes/fake.hpp": '#pragma once\n#include "lab/cli/main.cpp"\n',
    "bench/fan_out.cpp": '#include "tests/fakes/fake.hpp"\n',
    "CMakeLists.txt": "host.cpp main.cpp fan_out.cpp backend.cpp server.cpp\n",
    "README.md": "# A project\n",
    "scripts/logo.png": b"\x89PNG\0\xff",
}


class Tree(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name).resolve() / "checkout"
        for name, content in GOOD.items():
            self.write(name, content)
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def problems(self, which, *changes):
        for name, content in changes:
            self.write(name, content)
        subprocess.run(["git", "-C", self.root, "add", "-A"], check=True)
        return check.CHECKS[which](self.root)

    def assert_one(self, which, change, *words):
        problems = self.problems(which, change)
        self.assertEqual(1, len(problems), problems)
        for word in (change[0], *words):
            self.assertIn(word, problems[0])


class Includes(Tree):
    def test_a_good_tree_is_good(self):
        self.assertEqual([], self.problems("includes"))

    def test_upwards(self):
        self.assert_one("includes", ("messages/store.hpp", '#include "net/host.hpp"\n'), ":1:", "net/ is above messages/")
        self.assert_one("includes", ("messages/store.hpp", '# include "tests/fakes/fake.hpp"\n'), "above")

    def test_sideways(self):
        self.assert_one("includes", ("servers/backend.hpp", '\n#include "clients/client.hpp"\n'), ":2:", "beside")

    def test_sideways_on_the_first_floor(self):
        self.assert_one("includes", ("meter/tally.hpp", '#include "net/host.hpp"\n'), "beside")

    def test_between_the_rooms_of_a_floor(self):
        self.write("lab/result/result.hpp", "#pragma once\n")
        self.write("lab/cli/main.cpp", '#include "lab/result/result.hpp"\n')
        self.assertEqual([], self.problems("includes"))
        self.write("lab/cli/cli.hpp", "#pragma once\n")
        self.assert_one("includes", ("lab/result/result.hpp", '#pragma once\n#include "lab/cli/cli.hpp"\n'), ":2:", "lab/cli/ is above lab/result/")

    def test_a_file_between_the_rooms(self):
        self.assert_one("includes", ("lab/result.hpp", "#pragma once\n"), "has rooms", "text, process")
        self.assert_one("includes", ("lab/result.hpp", "#pragma once\n"), "in none")

    def test_a_c_library_outside_net(self):
        for library in ("libwebsockets.h", "curl/curl.h", "uv.h"):
            self.assert_one("includes", ("servers/backend.cpp", f"#include <{library}>\n"), library, "only net/")

    def test_a_c_library_through_a_header_of_net(self):
        problems = self.problems("includes", ("net/host.hpp", "#pragma once\n#include <uv.h>\n"))
        self.assertIn("servers/backend.hpp: sees a C library through net/host.hpp -> uv.h", problems)

    def test_not_from_the_root(self):
        self.assert_one("includes", ("servers/server.cpp", '#include "backend.hpp"\n'), "from the root")
        self.assert_one("includes", ("servers/server.cpp", '#include "../net/host.hpp"\n'), "from the root")
        self.assert_one("includes", ("servers/server.cpp", "#include <net/host.hpp>\n"), "quotes")

    def test_a_file_that_is_not_there(self):
        self.assert_one("includes", ("lab/cli/main.cpp", '#include "servers/gone.hpp"\n'), "no such file")

    def test_a_folder_without_a_floor(self):
        self.assert_one("includes", ("util/misc.hpp", "#pragma once\n"), "no floor")

    def test_a_source_file_that_nobody_builds(self):
        self.assert_one("includes", ("lab/cli/forgotten.cpp", ""), "nobody builds it")

    def test_in_a_source_archive_without_git(self):
        self.write("build/dev/generated.cpp", '#include "anything.hpp"\n')
        subprocess.run(["rm", "-r", self.root / ".git"], check=True)
        self.assertEqual([], check.CHECKS["includes"](self.root))
        self.write("messages/store.hpp", '#include "lab/cli/main.cpp"\n')
        self.assertEqual(1, len(check.CHECKS["includes"](self.root)))


class Headers(Tree):
    def test_each_compiles_alone_or_is_named(self):
        self.assertEqual([], self.problems("headers"))
        self.assert_one("headers", ("lab/leaf.hpp", "#pragma once\nstd::string needs_a_header();\n"), "std::string")

    def test_what_its_own_source_includes_first_is_left_to_the_build(self):
        self.write("lab/leaf.hpp", "#pragma once\nstd::string needs_a_header();\n")
        self.assertEqual([], self.problems("headers", ("lab/leaf.cpp", '#include "lab/leaf.hpp"\n\n#include <string>\n')))
        self.assertEqual(1, len(self.problems("headers", ("lab/leaf.cpp", '#include <string>\n\n#include "lab/leaf.hpp"\n'))))


class Text(Tree):
    def test_a_good_tree_is_good(self):
        self.assertEqual([], self.problems("text"))

    def test_leftover_markers(self):
        for marker in ("TO" + "DO", "FIX" + "ME", "X" + "XX"):
            self.assert_one("text", ("lab/cli/main.cpp", f"\n\n// {marker}: later\n"), ":3:", "leftover")
        self.assertEqual([], self.problems("text", ("lab/cli/main.cpp", 'mkdtemp("wirelab-' + "X" * 6 + '");\n')))

    def test_paths_of_one_machine(self):
        self.assert_one("text", ("README.md", "cd /ho" + "me/ann/wirelab\n"), ":1:", "one machine")
        self.assert_one("text", ("README.md", f"see {self.root}/results\n"), "one machine")
        self.assertEqual([], self.problems("text", ("README.md", "GET /publish/home, $root/root/x, ~/wirelab, /usr/bin\n")))

    def test_a_byte_order_mark(self):
        self.assert_one("text", ("README.md", b"\xef\xbb\xbf# A project\n"), "byte order mark")


class Format(Tree):
    def test_a_badly_laid_out_file_is_named(self):
        try:
            check.find_clang_format()
        except check.CannotCheck as reason:
            self.skipTest(str(reason))
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.assertEqual([], self.problems("format"))
        self.assert_one("format", ("lab/cli/main.cpp", "int   main( ){return 0 ;}\n"), "clang-format")


class Command(unittest.TestCase):
    def test_an_unknown_check_is_refused(self):
        script = Path(check.__file__)
        done = subprocess.run([sys.executable, script, "everything"], capture_output=True, text=True, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("includes|headers|text|format", done.stderr)


if __name__ == "__main__":
    unittest.main()
