#!/usr/bin/python3
"""Draws what readers heard that were cut off and came back (docs/course/11-resume.py -o), as SVG and PNG: the numbers of the messages
against time, a panel a reader. What is missing after a cut, what comes twice, and what a cursor fetches are plain to see.

    scripts/sequence_chart.py resume.json -o drawings/

The same file gives the same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed, 2 not such a file."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
from chart_style import FAINT, GREY, INK, STYLES, NotAResult  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402
from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: E402

SCHEMA = "wirelab.resume/1"
NAME = "sequence"
COLOUR = STYLES["websocket"]["colour"]
HEARD = {"color": COLOUR, "linestyle": "", "marker": "o", "markersize": 3.2, "markeredgewidth": 0, "zorder": 4}
TWICE = {"color": INK, "linestyle": "", "marker": "o", "markersize": 5.6, "markerfacecolor": "none", "markeredgewidth": 0.9, "zorder": 5}
LOST = {"color": INK, "linestyle": "", "marker": "x", "markersize": 4.4, "markeredgewidth": 1.1, "zorder": 5}
PUBLISHED = {"color": GREY, "linewidth": 0.8, "zorder": 2}
AWAY = {"facecolor": FAINT, "alpha": 0.6, "linewidth": 0}


def read(path):
    return chart_style.read_file(path, SCHEMA, "resume.json", check_shape)


def check_shape(record):
    """Touches what is drawn."""
    caption_of(record)
    [at + number for at, number in record["published"]]
    for reader in record["readers"]:
        reader["comes_back_with"].upper(), sum(reader["away_ms"]) + sum(reader["gap_ms"])
        [at + number for at, number in reader["heard"]]
        reader["lost"] + reader["twice"] + reader["gap"]
    if not record["readers"]:
        raise ValueError("no reader in it")


def caption_of(record):
    return [f"four WebSocket readers over loopback · a message every {chart_style.duration(record['pace_ms'])} · the server keeps "
            f"{chart_style.plural(record['kept_messages'], 'message')} · readers go and come back by number, not by the clock",
            " · ".join((record["kernel"], record["created_utc"][:16].replace("T", " ") + " UTC", record["wirelab"]))]


def again_of(reader):
    """What it had heard before."""
    seen, again = set(), []
    for at, number in reader["heard"]:
        if number in seen:
            again.append((at, number))
        seen.add(number)
    return again


def never_of(record, reader):
    """What it never heard, where it was published."""
    heard = {number for _, number in reader["heard"]}
    return [(at, number) for at, number in record["published"] if number not in heard]


def draw(record):
    readers = record["readers"]
    rows = -(-len(readers) // 2)
    height = 1.55 + 2.35 * rows
    figure = Figure(figsize=(8, height), facecolor="white")
    figure.text(0.025, 1 - 0.19 / height, "What does a reader hear that was away?", size=13, weight="bold", va="top")
    figure.text(0.025, 1 - 0.46 / height, "Four readers, cut off after the same message; each comes back asking for something else.", size=8.2, color=GREY, va="top")
    figure.text(0.025, 0.08 / height, "\n".join(caption_of(record)), size=6.8, color=GREY, va="bottom", linespacing=1.35)
    legend(figure, height)
    end_s = max(at for at, _ in record["published"]) / 1000 * 1.04
    for index, reader in enumerate(readers):
        row, column = divmod(index, 2)
        bottom = 0.95 + 2.35 * (rows - 1 - row)
        axes = figure.add_axes([(0.62 + 3.75 * column) / 8, bottom / height, 3.45 / 8, 1.75 / height])
        draw_reader(axes, record, reader, end_s)
        if column == 0:
            axes.set_ylabel("number of the message")
        if row == rows - 1:
            axes.set_xlabel("seconds")
    return figure


def legend(figure, height):
    handles = [Line2D([], [], **PUBLISHED, label="published"), Line2D([], [], **HEARD, label="heard"), Line2D([], [], **TWICE, label="heard again"),
               Line2D([], [], **LOST, label="never heard"), Patch(**AWAY, label="away"),
               Line2D([], [], color=INK, linestyle=(0, (1, 1.5)), linewidth=1, label="told of a gap")]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.02, 1 - 0.66 / height), ncol=6, frameon=False, fontsize=7.8, handlelength=1.6,
                  columnspacing=1.5, borderpad=0, borderaxespad=0)


def draw_reader(axes, record, reader, end_s):
    axes.set_xlim(0, end_s)
    axes.set_ylim(-2, 1.06 * max(number for _, number in record["published"]))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: chart_style.number(value)))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(True, color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_title(f"“{reader['comes_back_with']}”: {outcome(reader)}", size=8.8, weight="bold")
    if len(reader["away_ms"]) == 2:
        axes.axvspan(*(at / 1000 for at in reader["away_ms"]), **AWAY, zorder=1, gid="away")
    axes.plot(*in_seconds(record["published"]), **PUBLISHED, gid="published")
    axes.plot(*in_seconds(reader["heard"]), **HEARD, gid="heard")
    axes.plot(*in_seconds(again_of(reader)), **TWICE, gid="twice")
    axes.plot(*in_seconds(never_of(record, reader)), **LOST, gid="lost")
    for at in reader["gap_ms"]:
        axes.axvline(at / 1000, color=INK, linestyle=(0, (1, 1.5)), linewidth=1, zorder=3, gid="gap")


def in_seconds(pairs):
    return [at / 1000 for at, _ in pairs], [number for _, number in pairs]


def outcome(reader):
    words = [f"{reader['lost']} lost" if reader["lost"] else "", f"{reader['twice']} twice" if reader["twice"] else "",
             "and told" if reader["gap"] else ", not told" if reader["lost"] else ""]
    return " ".join(word for word in words if word).replace(" ,", ",") or "all, once"


def save(record, directory):
    figure = draw(record)
    for kind in chart_style.METADATA:
        chart_style.save(figure, directory / f"{NAME}.{kind}", kind)
    return directory / f"{NAME}.svg"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", metavar="RESUME", help="a resume.json that docs/course/11-resume.py wrote")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="where to draw (default: beside the file)")
    options = parser.parse_args()
    try:
        record = read(options.record)
    except NotAResult as error:
        print(f"sequence_chart.py: {error}", file=sys.stderr)
        return 2
    directory = Path(options.directory or Path(options.record).parent)
    directory.mkdir(parents=True, exist_ok=True)
    print(save(record, directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
