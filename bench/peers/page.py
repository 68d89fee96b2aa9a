"""What peers.json says, as the tables of a page: between its two marks. `bench/peers/page.py FOLDER PAGE` makes them again."""

import json
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts")]

import figures
from page_block import write_block

BEGIN, END = "<!-- peers: {} -->", "<!-- end of peers -->"


def markdown(head, lines):
    return "".join("| " + " | ".join(line) + " |\n" for line in (head, ["---"] * len(head), *lines))


def target_table(made):
    lines = []
    for target in made["targets"]:
        words, _, _, less = figures.FIGURES[target["figure"]]
        lines.append([f"{words}, {target['words']}", target["transport"], f"{target['subscribers']:,}",
                      f"{'at most' if less else 'at least'} {target['limit_ratio']}", figures.ratio_text(target),
                      "met" if target["met"] else "**missed**"])
    return markdown(["figure", "transport", "subscribers", "target", "ratio [95%]", ""], lines)


def figure_table(made, key):
    """Of one figure, all that have it; empty when none has."""
    words, unit, factor, _ = figures.FIGURES[key]
    lines = []
    for row in made["rows"]:
        if key not in row["figures"]:
            continue
        figure = row["figures"][key]
        lines.append([row["case"], row["transport"], f"{row['subscribers']:,}", row["peer"], figures.number(figure["wirelab"] * factor),
                      figures.number(figure["peer"] * factor), figures.ratio_text(figure)])
    if not lines:
        return ""
    title = words[0].upper() + words[1:] + (f", {unit}" if unit else "")
    return f"**{title}**\n\n" + markdown(["case", "transport", "subscribers", "beside", "wirelab", "the other", "ratio [95%]"], lines)


def block(folder, page):
    """What stands in the page between the marks, which are part of it."""
    made = json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    place = os.path.relpath(folder, page.parent)
    troubled = [line.removeprefix("! ") for line in dict.fromkeys(figures.troubles(made))]
    parts = [BEGIN.format(f"made by bench/peers/page.py of {place}"),
             f"[Measured]({place}/peers.json) on {made['created_utc'][:10]}: {figures.conditions(made)}. A ratio is wirelab's over "
             "the other's; below 1 is better, but for requests a second.",
             *(["**A quick run, to see that it works: its figures say little.**"] if made["quick"] else []),
             target_table(made).strip(),
             *(figure_table(made, key).strip() for key in figures.FIGURES if figure_table(made, key)),
             *([f"Of {len(troubled)} kinds of run the verdict is not VALID:\n\n" + "\n".join(f"- {line}" for line in troubled)]
               if troubled else []),
             f"![Each figure as a ratio, with its interval]({place}/peers.svg)", END]
    return "\n\n".join(parts)


def write(folder, page):
    write_block(page, BEGIN, END, block(folder, page))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(Path(sys.argv[1]), Path(sys.argv[2]))
