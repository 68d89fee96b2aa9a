#!/usr/bin/python3
"""Writes the claims ledger, docs/claims.md, from docs/claims.toml and the committed results that it names.

    claims.py           writes it
    claims.py --check   exit code 1 if it is not what this would write

A figure is read from its result, never typed. One whose result nobody has committed yet is left out, and the page says which
measurement it waits for; one that the words beside it no longer fit is an error."""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERDICTS = {"true": "True", "half-true": "Half-true", "false": "False"}
NAMED = re.compile(r"\{(\w+)\}")


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
            value = pointed_at(self.read[path], figure["at"]) / figure.get("divide", 1)
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


def check(claims, figures):
    used = {name for claim in claims for name in NAMED.findall(claim["measured"])}
    for name in figures.keys() - used:
        raise Unfit(f"figure {name}: no claim uses it")
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


def page(ledger, docs):
    """The page's text. Raises Unfit."""
    claims = [claim for topic in ledger["topic"] for claim in topic["claim"]]
    check(claims, ledger["figure"])
    results = Results(docs)
    count = {verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in VERDICTS}
    text = INTRODUCTION.format(count=len(claims), true=count["true"], half=count["half-true"], false=count["false"])
    text += "| | claim | verdict |\n|---|---|---|\n"
    for claim in sorted(claims, key=lambda claim: claim["number"]):
        text += f"| [{claim['number']}](#{anchor(claim)}) | {claim['claim']} | {claim['verdict']} |\n"
    for topic in ledger["topic"]:
        text += f"\n## {topic['title']}\n"
        for claim in topic["claim"]:
            text += "\n" + claim_text(claim, ledger["figure"], results)
    return text


def main(arguments):
    docs = ROOT / "docs"
    try:
        made = page(tomllib.loads((docs / "claims.toml").read_text(encoding="utf-8")), docs)
    except Unfit as error:
        print(f"docs/claims.toml: {error}", file=sys.stderr)
        return 1
    target = docs / "claims.md"
    if arguments == ["--check"]:
        if not target.exists() or target.read_text(encoding="utf-8") != made:
            print("docs/claims.md is not what docs/claims.toml and the results say: run scripts/claims.py", file=sys.stderr)
            return 1
        return 0
    target.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
