#!/usr/bin/python3
"""Writes the claims ledger, docs/claims.md, and the figures in the pages, from docs/claims.toml and the committed results
that it names. In a page a figure stands between <!--figure NAME--> and <!---->, and the newest drawing of a measurement below
<!-- chart FOLDER/FILE.svg: what it shows --> and above <!-- end of the chart -->.

    claims.py           writes them
    claims.py --check   exit code 1 if they are not what this would write

A figure is read from its result, never typed. One whose result nobody has committed yet is left out of the ledger, and the page says
which measurement it waits for, as it does of a drawing; one that the words beside it no longer fit is an error."""

import json
import os
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERDICTS = {"true": "True", "half-true": "Half-true", "false": "False"}
SIGNS = {"true": "✓", "half-true": "½", "false": "✗"}  # so that who skims the table sees it
NAMED = re.compile(r"\{(\w+)\}")
IN_PAGE = re.compile(r"(<!--figure (\w+)-->).*?(<!---->)")
DRAWING = re.compile(r"<!-- chart (([\w-]+)/[\w-]+\.svg): ([^\n]*?) -->\n(?:.*?\n)??<!-- end of the chart -->", re.DOTALL)


class Unfit(Exception):
    """What is wrong with the ledger, in words."""


def pointed_at(document, pointer):
    """RFC 6901."""
    for token in pointer.removeprefix("/").split("/"):
        token = token.replace("~1", "/").replace("~0", "~")
        document = document[int(token)] if isinstance(document, list) else document[token]
    return document


class Results:
    def __init__(self, docs):
        self.docs = docs
        self.read = {}

    def path_of(self, name):
        """Of the newest measurement; None where there is none."""
        folder, _, file = name.partition("/")
        found = sorted((self.docs / "results").glob(f"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-{folder}/{file}"))
        return found[-1] if found else None

    def value(self, name, figure):
        path = self.path_of(figure["in"])
        if path not in self.read:
            self.read[path] = json.loads(path.read_text(encoding="utf-8"))
        try:
            value = pointed_at(self.read[path], figure["at"]) - (pointed_at(self.read[path], figure["less"]) if "less" in figure else 0)
            value /= figure.get("divide", 1)
            value /= pointed_at(self.read[path], figure["over"]) if "over" in figure else 1
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Unfit(f"figure {name}: {figure['in']} has no number at {figure['at']}") from error
        low, high = figure["near"]
        if not low <= value <= high:
            raise Unfit(f"figure {name}: {figure['in']} has {value:g}, and what is said of it holds from {low} to {high} only: "
                        f"look at the claims that use it")
        return f"{value:,.{figure['digits']}f}"


def evidence(claim, figures, results):
    """How it is known, and the sentence with its figures and links, or what it waits for, or "" where nothing is measured."""
    names = NAMED.findall(claim["measured"])
    unknown = [name for name in names if name not in figures]
    if unknown:
        raise Unfit(f"claim {claim['number']}: no figure is called {unknown[0]}")
    sources = list(dict.fromkeys(figures[name]["in"] for name in names))
    waits = [source.split("/")[0] for source in sources if not results.path_of(source)]
    if waits:
        return "Measured", "not committed yet: " + ", ".join(f"`scripts/measure {name}`" for name in waits)
    sentence = NAMED.sub(lambda match: f"**{results.value(match[1], figures[match[1]])}**", claim["measured"])
    links = [results.path_of(source).relative_to(results.docs).as_posix() for source in sources]
    simulated = sources and all(source.startswith("theory/") for source in sources)
    return "Simulated" if simulated else "Measured", sentence + "".join(f" [{link.split('/')[1]}]({link})" for link in links)


def source_link(source):
    """RFCs, where they are published; our own pages; all else as it is."""
    rfc = re.fullmatch(r"RFC (\d+)(?: §([\d.]+))?", source)
    if rfc:
        return f"[{source}](https://www.rfc-editor.org/rfc/rfc{rfc[1]}{'#section-' + rfc[2] if rfc[2] else ''})"
    return f"[{Path(source).stem}]({source.removeprefix('docs/')})" if source.startswith("docs/") else source


def anchor(claim):
    return f"claim-{claim['number']}"


def claim_text(claim, figures, results):
    lines = [f"### Claim {claim['number']}", "", f"> {claim['claim']}", "",
             f"**{VERDICTS[claim['verdict']]}.** {claim['because']} ({', '.join(map(source_link, claim['sources']))}; note {claim['note']})",
             ""]
    rows = [("Try it", f"`{claim['try']}`" if claim["try"] else ""), ("The lab lacks", claim.get("lacks", "")),
            evidence(claim, figures, results), ("What flips it", claim["flips"])]
    return "\n".join(lines + [f"- {name}: {text}" for name, text in rows if text]) + "\n"


INTRODUCTION = """# The claims ledger

Five student notes on polling and WebSocket make {count} claims between them. Here is what becomes of each: **{true} are true,
{half} half-true, {false} false**. The half-true ones teach most, since each has a variable that flips it.

Made by `scripts/claims.py` from `docs/claims.toml`; a figure in bold is read from the committed result beside it, and the tests
hold the two together. Where the lab lacks what a claim is about, it says so.

"""


def with_figures(text, figures, results):
    """A page with its figures as the results have them."""

    def shown(match):
        if match[2] not in figures:
            raise Unfit(f"no figure is called {match[2]}")
        if not results.path_of(figures[match[2]]["in"]):
            raise Unfit(f"figure {match[2]}: nobody has committed {figures[match[2]]['in']}")
        return match[1] + results.value(match[2], figures[match[2]]) + match[3]

    if "\n<!--figure" in text:
        raise Unfit("a figure begins a line of a page: Markdown makes a paragraph of it; put a word before it")
    return IN_PAGE.sub(shown, text)


def with_drawings(text, folder, results):
    """A page of that folder with the newest drawings."""
    if text.count("<!-- chart ") != len(DRAWING.findall(text)):
        raise Unfit("a drawing's place is not as scripts/claims.py wants it: <!-- chart FOLDER/FILE.svg: what it shows -->, then <!-- end of the chart -->")

    def shown(match):
        path = results.path_of(match[1])
        drawing = f"![{match[3]}]({os.path.relpath(path, folder)})" if path else f"*({match[3]}: not measured yet, `scripts/measure {match[2]}`.)*"
        return f"<!-- chart {match[1]}: {match[3]} -->\n\n{drawing}\n\n<!-- end of the chart -->"

    return DRAWING.sub(shown, text)


def pages_with_figures(docs):
    readme = docs.parent / "README.md"
    own = [path for path in docs.glob("**/*.md") if path != docs / "claims.md"]
    return sorted(own) + ([readme] if readme.exists() else [])


def check(claims, figures, in_pages):
    used = in_pages | {name for claim in claims for name in NAMED.findall(claim["measured"])}
    for name in figures.keys() - used:
        raise Unfit(f"figure {name}: nothing uses it")
    numbers = sorted(claim["number"] for claim in claims)
    if numbers != list(range(1, len(numbers) + 1)):
        raise Unfit("the claims are not numbered from 1 on, each number once")
    for claim in claims:
        if claim["verdict"] not in VERDICTS:
            raise Unfit(f"claim {claim['number']}: {claim['verdict']} is no verdict")
        if not claim["try"] and not claim.get("lacks"):
            raise Unfit(f"claim {claim['number']}: neither a command nor what the lab lacks")
        if claim["verdict"] == "half-true" and not claim["flips"]:
            raise Unfit(f"claim {claim['number']}: half-true, and nothing flips it")


def ledger_page(ledger, docs, results):
    claims = [claim for topic in ledger["topic"] for claim in topic["claim"]]
    in_pages = {match[2] for path in pages_with_figures(docs) for match in IN_PAGE.finditer(path.read_text(encoding="utf-8"))}
    check(claims, ledger["figure"], in_pages)
    count = {verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in VERDICTS}
    text = INTRODUCTION.format(count=len(claims), true=count["true"], half=count["half-true"], false=count["false"])
    text += "| | claim | verdict |\n|---|---|---|\n"
    for claim in sorted(claims, key=lambda claim: claim["number"]):
        text += f"| [{claim['number']}](#{anchor(claim)}) | {claim['claim']} | {SIGNS[claim['verdict']]}&nbsp;{claim['verdict'].replace('-', '‑')} |\n"
    for topic in ledger["topic"]:
        text += f"\n## {topic['title']}\n"
        for claim in topic["claim"]:
            text += "\n" + claim_text(claim, ledger["figure"], results)
    return text


def pages(ledger, docs):
    """{path: what it should say}. Raises Unfit."""
    results = Results(docs)
    made = {docs / "claims.md": ledger_page(ledger, docs, results)}
    for path in pages_with_figures(docs):
        made[path] = with_drawings(with_figures(path.read_text(encoding="utf-8"), ledger["figure"], results), path.parent, results)
    return made


def main(arguments):
    docs = ROOT / "docs"
    try:
        made = pages(tomllib.loads((docs / "claims.toml").read_text(encoding="utf-8")), docs)
    except Unfit as error:
        print(f"docs/claims.toml: {error}", file=sys.stderr)
        return 1
    changed = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        if arguments == ["--check"]:
            print(f"{path.relative_to(ROOT)} is not what docs/claims.toml and the results say: run scripts/claims.py", file=sys.stderr)
        else:
            path.write_text(made[path], encoding="utf-8")
    return 1 if changed and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
