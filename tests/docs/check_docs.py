#!/usr/bin/python3
"""The documentation against the tree: links lead somewhere, files named exist, limits are those of the source, the site has every page.

    check_docs.py [ROOT]            exit code 0 good, 1 broken (each place is named)"""

import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from source_tree import files_of  # noqa: E402

FOLDERS = ("messages", "net", "meter", "model", "link", "ladder", "servers", "clients", "lab", "bench", "tests", "docs", "scripts", "examples",
           "course/exercises", "cmake", ".ci")
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
NAMED_FILE = re.compile(r"`((?:" + "|".join(map(re.escape, FOLDERS)) + r")/[\w./-]*)`")
NAMED_PAGE = re.compile(r"\bdocs/[\w./-]+\.md\b")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SOURCES = (".hpp", ".cpp", ".py", ".md", ".txt", ".cmake")


def anchors_of(page):
    """As GitHub makes them out of headings."""
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def check_links(root, name, text):
    for match in LINK.finditer(FENCE.sub("", text)):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        page = (root / name).parent / target if target else root / name
        if not page.exists():
            yield f"{name}: links to {target}, which is not there"
        elif anchor and page.suffix == ".md" and anchor not in anchors_of(page.read_text(encoding="utf-8")):
            yield f"{name}: links to #{anchor}, a heading that {page.name} does not have"


def check_names(root, name, text):
    named = {match for match in NAMED_PAGE.findall(text)}
    if name.endswith(".md"):
        named |= {match for match in NAMED_FILE.findall(text)}
    for path in sorted(named):
        if not (root / path).exists():
            yield f"{name}: names {path}, which is not there"


# -- the table of limits against messages/limits.hpp ---------------------------------------------------------------------

MEMBER = re.compile(r"((?:^ *///.*\n)+)^ *std::(?P<type>[\w:]+) (?P<name>\w+)(?: = (?P<product>[\d' *]+);|\{(?P<count>[\d']+)\};)",
                    re.MULTILINE)
UNITS = {"bytes": 1, "characters": 1, "messages a channel": 1, "KiB": 1024, "KiB a channel": 1024, "MiB a channel": 1024 ** 2,
         "messages a thread": 1, "MiB a thread": 1024 ** 2, "MiB in all channels": 1024 ** 2,
         "MiB waiting for slow peers, of all connections": 1024 ** 2, "KiB a connection, with the kernel": 1024, "s": 1, "ms": 0.001,
         "µs": 0.000001, "": 1}
TIMES = {"chrono::milliseconds": 1_000, "chrono::microseconds": 1_000_000}


def limits_in_source(text):
    """{flag: value}: bytes and counts as they are, times in seconds."""
    limits = {}
    for member in MEMBER.finditer(text):
        flag = re.findall(r"--[a-z-]+", member[1])[-1]
        value = 1
        for factor in (member["product"] or member["count"]).replace("'", "").split("*"):
            value *= int(factor)
        limits[flag] = value / TIMES.get(member["type"], 1)
    return limits


def limits_in_docs(text):
    rows = re.findall(r"^\| `(--[a-z-]+)` \| ([\d,]+) ?([^|]*?) \|", text, re.MULTILINE)
    return {flag: int(count.replace(",", "")) * UNITS[unit] for flag, count, unit in rows}


def check_limits(root):
    source = limits_in_source((root / "messages/limits.hpp").read_text(encoding="utf-8"))
    documented = limits_in_docs((root / "docs/01-wire-format.md").read_text(encoding="utf-8"))
    for flag in sorted(source.keys() | documented.keys()):
        if source.get(flag) != documented.get(flag):
            yield (f"docs/01-wire-format.md: {flag} is {documented.get(flag, 'missing')} there, "
                   f"{source.get(flag, 'missing')} in messages/limits.hpp")


def check_navigation(root):
    """The site's menu (mkdocs.yml) against the pages there are."""
    menu = set(re.findall(r"[\w./-]+\.md$", (root / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    pages = {name.removeprefix("docs/") for name in files_of(root) if name.startswith("docs/") and name.endswith(".md")}
    for page in sorted(pages - menu):
        yield f"mkdocs.yml: docs/{page} is not in the site's menu"
    for page in sorted(page for page in menu - pages if not (root / page).is_file()):
        yield f"mkdocs.yml: names {page}, which is neither in docs/ nor in the root"


def check(root):
    problems = list(check_navigation(root))
    for name in files_of(root):
        if not name.endswith(SOURCES) or name.startswith("tests/docs/"):  # those name pages that are not there on purpose
            continue
        text = (root / name).read_text(encoding="utf-8")
        if name.endswith(".md"):
            problems += check_links(root, name, text)
        problems += check_names(root, name, text)
    return problems + list(check_limits(root))


def main(arguments):
    root = Path(arguments[0] if arguments else Path(__file__).parents[2]).resolve()
    problems = check(root)
    print("\n".join(problems + [f"docs: {len(problems)} problem(s)"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
