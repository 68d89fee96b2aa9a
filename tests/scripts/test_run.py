#!/usr/bin/python3
"""scripts/run and scripts/test in a copy of the project whose compiler and binary are stubs: what they call, from where,
and what they say when something fails."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


class Project:
    def __init__(self, scratch):
        self.root = Path(scratch) / "a project"  # with a space, as people have
        self.log = Path(scratch) / "log"
        self.stubs = Path(scratch) / "stubs"
        (self.root / "scripts").mkdir(parents=True)
        self.stubs.mkdir()
        for name in ("run", "test", "build.bash", "packages.txt"):
            shutil.copy2(SCRIPTS / name, self.root / "scripts" / name)
        self.stub(self.root / "scripts" / "install")
        for tool in ("cmake", "ctest"):
            self.stub(self.stubs / tool)
        self.stub(self.root / "build/release/wirelab", "exit ${WIRELAB_EXIT:-0}")
        self.stub(self.root / "build/bench/bench/bench")
        self.stub(self.root / "bench/instructions")

    def stub(self, path, body=""):
        """Logs its name, folder and arguments, then does `body`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/bash\necho "{path.name} in $PWD: $*" >> "{self.log}"\n{body}\n')
        path.chmod(0o755)

    def call(self, script, *arguments, folder="/", **environment):
        done = subprocess.run([self.root / "scripts" / script, *arguments], capture_output=True, text=True, check=False,
                              cwd=folder, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PATH": f"{self.stubs}:{os.environ['PATH']}", **environment})
        return done, self.log.read_text().splitlines() if self.log.exists() else []


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.project = Project(scratch.name)


class Run(Case):
    def test_installs_builds_and_compares_from_anywhere(self):
        root = self.project.root
        done, log = self.project.call("run", "--rate", "5")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("install in /: run", log[0])
        self.assertEqual([f"cmake in {root}: --preset release", f"cmake in {root}: --build --preset release"], log[1:3])
        self.assertRegex(log[3], rf"^wirelab in /: compare --output {root}/results/\d{{4}}-\d\d-\d\dT\d{{6}}Z --rate 5$")

    def test_twice_in_a_row(self):
        for _ in range(2):
            done, _ = self.project.call("run")
            self.assertEqual(0, done.returncode, done.stderr)

    def test_through_a_link(self):
        link = self.project.stubs / "wirelab-run"
        link.symlink_to(self.project.root / "scripts" / "run")
        done = subprocess.run([link], env={**os.environ, "PATH": f"{self.project.stubs}:{os.environ['PATH']}"}, check=False,
                              capture_output=True)
        self.assertEqual(0, done.returncode)

    def test_an_output_folder_of_ones_own(self):
        for flags in (("-o", "here"), ("-ohere",), ("--output", "here"), ("--output=here",)):
            _, log = self.project.call("run", *flags)
            self.assertEqual(f"wirelab in /: compare {' '.join(flags)}", log[-1])

    def test_the_exit_code_is_that_of_compare(self):
        done, _ = self.project.call("run", WIRELAB_EXIT="4")
        self.assertEqual(4, done.returncode)

    def test_a_failed_build_shows_why_and_measures_nothing(self):
        self.project.stub(self.project.stubs / "cmake", "echo error: no such compiler; exit 1")
        done, log = self.project.call("run")
        self.assertEqual(1, done.returncode)
        self.assertIn("error: no such compiler", done.stderr)
        self.assertNotIn("wirelab", log[-1])

    def test_a_failed_installation_builds_nothing(self):
        self.project.stub(self.project.root / "scripts" / "install", "exit 1")
        done, log = self.project.call("run")
        self.assertEqual((1, 1), (done.returncode, len(log)))


class Test(Case):
    def test_everything_passes(self):
        done, log = self.project.call("test")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertEqual("install in /: run test", log[0])
        for preset in ("dev", "tsan"):
            self.assertTrue(any(line.startswith(f"ctest in {self.project.root}: --preset {preset} ") for line in log))
        self.assertEqual(4, done.stdout.count("passed"))

    def test_one_failure_is_reported_after_the_rest_was_run(self):
        self.project.stub(self.project.stubs / "ctest", '[ "$2" != dev ]')
        done, _ = self.project.call("test")
        self.assertEqual(1, done.returncode)
        self.assertIn("FAILED  dev", done.stdout)
        self.assertIn("passed  tsan", done.stdout)
        self.assertIn("passed  smoke", done.stdout)

    def test_a_benchmark_that_fails_is_shown(self):
        self.project.stub(self.project.root / "build/bench/bench/bench", "echo it fell; exit 1")
        done, _ = self.project.call("test")
        self.assertEqual(1, done.returncode)
        self.assertIn("FAILED  smoke", done.stdout)
        self.assertIn("it fell", done.stderr)

    def test_a_delivery_that_takes_more_instructions_fails(self):
        self.project.stub(self.project.root / "bench/instructions", "echo websocket: more >&2; exit 1")
        done, log = self.project.call("test")
        self.assertEqual(1, done.returncode)
        self.assertIn("FAILED  counts", done.stdout)
        self.assertTrue(log[-1].endswith("--no-system-calls --check 10"))


if __name__ == "__main__":
    unittest.main()
