#!/usr/bin/python3
"""The architecture is a test: floors, includes, headers, text and layout of the source, checked by name.

    check_architecture.py includes|headers|text|format [ROOT]

Exit codes: 0 good, 1 broken (each place is named), 77 this machine cannot check it."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from source_tree import files_of  # noqa: E402

# A file may include its own folder and the floors below it, never a folder beside it.
FLOORS = {"messages": 0, "net": 1, "meter": 1, "model": 1, "link": 1, "servers": 2, "clients": 2, "ladder": 2, "sim": 3, "lab": 4, "tests": 5, "bench": 6}

# The largest floor has rooms, and stairs between them: a room may include itself and those before it.
ROOMS = {"lab": ("text", "process", "host", "result", "report", "run", "course", "cli")}

# What students write: it compiles alone, without the project (tests/docs/builder_test.py does it).
STUDENTS = "course/exercises/"

# The C libraries stay behind net/'s own interfaces.
C_LIBRARIES = re.compile(r"^(libwebsockets\.h|lws_config\.h|curl/.*|uv\.h|uv/.*|openssl/.*)$")
C_LIBRARIES_IN = "net"

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
SOURCES = (".cpp", ".hpp", ".h", ".cc")
COMPILER_FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c++", "-"]
CLANG_FORMAT_VERSION = 14
SKIPPED = 77

# Words that say "not finished"; spelled in two parts, so that this file does not contain them.
LEFTOVER = re.compile(r"\b(?:" + "|".join(("FIX" + "ME", "TO" + "DO", "X" + "XX", "HA" + "CK")) + r")\b")
HOME = re.compile(r"(?<![\w.$}/])/(?:home/\w|root/|Users/\w)")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class CannotCheck(Exception):
    pass


def sources_of(root):
    return [name for name in files_of(root) if name.endswith(SOURCES) and name.split("/")[0] in FLOORS]


def includes_of(root, name):
    """(line number, included name, whether in quotes), from the file's text."""
    text = (root / name).read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1] or match[2], match[2] is not None


# -- includes ---------------------------------------------------------------------------------------------------------


def check_includes(root):
    sources = sources_of(root)
    strangers = [name for name in files_of(root) if name.endswith(SOURCES) and name.split("/")[0] not in FLOORS and not name.startswith(STUDENTS)]
    problems = [f"{name}: its folder has no floor; give it one in check_architecture.py" for name in strangers]
    built = "\n".join((root / name).read_text() for name in files_of(root) if name.endswith("CMakeLists.txt"))
    for name in sources:
        folder, *rooms = Path(name).parts[:-1]
        if folder in ROOMS and (len(rooms) != 1 or rooms[0] not in ROOMS[folder]):
            problems.append(f"{name}: {folder}/ has rooms, and this file is in none: {', '.join(ROOMS[folder])}")
        if name.endswith((".cpp", ".cc")) and not re.search(rf"\b{re.escape(Path(name).name)}\b", built):
            problems.append(f"{name}: no CMakeLists.txt names it, so nobody builds it")
        for line, included, quoted in includes_of(root, name):
            fault = fault_of(root, name, included, quoted)
            if fault:
                problems.append(f"{name}:{line}: includes {included}: {fault}")
    for name in sources:
        chain = chain_to_c_library(root, name, ()) if not name.startswith(f"{C_LIBRARIES_IN}/") else None
        if chain and len(chain) > 2:
            problems.append(f"{name}: sees a C library through {' -> '.join(chain[1:])}")
    return problems


def fault_of(root, name, included, quoted):
    here, there = name.split("/")[0], included.split("/")[0]
    if C_LIBRARIES.match(included):
        return None if here == C_LIBRARIES_IN else f"only {C_LIBRARIES_IN}/ may"
    if not quoted:
        return "our own headers go in quotes" if there in FLOORS and (root / included).exists() else None
    if there not in FLOORS or "/" not in included:
        return "includes are written from the root: \"folder/file.hpp\""
    if not (root / included).is_file():
        return "there is no such file"
    if here == there:
        return fault_between_rooms(here, name, included)
    if FLOORS[there] < FLOORS[here]:
        return None
    side = "beside" if FLOORS[there] == FLOORS[here] else "above"
    return f"{there}/ is {side} {here}/; includes point down"


def fault_between_rooms(folder, name, included):
    rooms = ROOMS.get(folder, ())
    here, there = (Path(file).parts[1] for file in (name, included))
    if here not in rooms or there not in rooms or rooms.index(there) <= rooms.index(here):
        return None
    return f"{folder}/{there}/ is above {folder}/{here}/; includes point down"


def chain_to_c_library(root, name, seen):
    """The shortest-first-found way by which a file includes a C library, as names; None if there is none."""
    for _, included, quoted in includes_of(root, name):
        if C_LIBRARIES.match(included):
            return [name, included]
        if quoted and included not in seen and (root / included).is_file():
            chain = chain_to_c_library(root, included, (*seen, name))
            if chain:
                return [name, *chain]
    return None


# -- headers ------------------------------------------------------------------------------------------------------------


def check_headers(root):
    """A header that its own source file includes first has been compiled alone by the build; the others are compiled here."""
    compiler = os.environ.get("CXX", "c++")
    flags = package_flags() + ["-I", str(root)]

    def compile_alone(header):
        done = subprocess.run([compiler, *flags, *COMPILER_FLAGS], input=f'#include "{header}"\n', capture_output=True,
                              text=True, check=False, cwd=root)
        return None if done.returncode == 0 else f"{header}: does not compile alone:\n{done.stderr.strip()}"

    sources = sources_of(root)
    proven = {first_include(root, name) for name in sources if name.endswith((".cpp", ".cc"))}
    headers = [name for name in sources if name.endswith((".hpp", ".h")) and name not in proven]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return [problem for problem in pool.map(compile_alone, headers) if problem]


def first_include(root, name):
    first = next(includes_of(root, name), None)
    return first[1] if first and first[2] else None


def package_flags():
    done = subprocess.run(["pkg-config", "--cflags", "libwebsockets", "libcurl", "libuv", "openssl"], capture_output=True, text=True,
                          check=False)
    return done.stdout.split()


# -- text ---------------------------------------------------------------------------------------------------------------


def check_text(root):
    problems = []
    for name in files_of(root):
        content = (root / name).read_bytes()
        if content.startswith(BYTE_ORDER_MARK):
            problems.append(f"{name}: starts with a byte order mark")
        if b"\0" in content:
            continue  # a picture
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            fault = fault_in_line(root, line)
            if fault:
                problems.append(f"{name}:{number}: {fault}")
    return problems


def fault_in_line(root, line):
    if LEFTOVER.search(line):
        return "a leftover marker: do it, or open an issue"
    # The folder of this very checkout, unless it is too short to tell from a route of ours.
    if HOME.search(line) or (len(root.parts) > 2 and str(root) in line):
        return "a path that exists on one machine only"
    return None


# -- format -------------------------------------------------------------------------------------------------------------


def check_format(root):
    tool = find_clang_format()
    done = subprocess.run([tool, "--dry-run", "--Werror", "--style=file", *sources_of(root)], capture_output=True,
                          text=True, check=False, cwd=root)
    badly = sorted(set(re.findall(r"^([^:\n]+):\d+:\d+: error: code should be clang-formatted", done.stderr, re.MULTILINE)))
    if done.returncode != 0 and not badly:
        return [f"{tool} failed: {done.stderr.strip()}"]
    return [f"{name}: run {Path(tool).name} -i on it" for name in badly]


def find_clang_format():
    """Another major version breaks lines otherwise, so it would find fault where there is none."""
    for tool in (f"clang-format-{CLANG_FORMAT_VERSION}", "clang-format"):
        try:
            version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
        except OSError:
            continue
        if re.search(rf"version {CLANG_FORMAT_VERSION}\.", version):
            return tool
    raise CannotCheck(f"no clang-format {CLANG_FORMAT_VERSION} here: apt-get install clang-format-{CLANG_FORMAT_VERSION}")


CHECKS = {"includes": check_includes, "headers": check_headers, "text": check_text, "format": check_format}


def main(arguments):
    if not arguments or arguments[0] not in CHECKS:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(arguments[1] if len(arguments) > 1 else Path(__file__).parents[2]).resolve()
    try:
        problems = CHECKS[arguments[0]](root)
    except CannotCheck as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    for problem in problems:
        print(problem)
    print(f"{arguments[0]}: {len(problems)} problem(s) in {len(sources_of(root))} source files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
