#!/usr/bin/python3
"""Draws wirelab beside other servers from what bench/peers/run wrote: each figure as a ratio, wirelab's over the other's, with
its 95% interval; left of 1 wirelab is better.

    scripts/peers_chart.py PEERS.json [-o peers.svg]"""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from chart_style import GREY, INK, STYLES, broken, place, plural, save, sheet
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

SCHEMA = "wirelab.peers/1"
PANELS = (("cpu_us_per_delivered", "Server CPU per delivered message"), ("age_p99_us", "Age, p99"),
          ("resident_bytes_per_subscriber", "Server memory per idle subscriber"), ("peak_resident_bytes", "Server memory, at most"),
          ("cpu_us_per_request", "Server CPU per request"),
          ("requests_per_second", "Requests a second (right of 1: wirelab is better)"))
NARROWEST = 0.01  # a ratio beyond is drawn at the edge, and its number says what it is
ROW_INCHES, PANEL_INCHES = 0.17, 0.5


def read(file):
    made = json.loads(Path(file).read_text(encoding="utf-8"))
    if made.get("schema") != SCHEMA:
        sys.exit(f"{file}: not a {SCHEMA}, which bench/peers/run writes")
    return made


def panels(made):
    """(title, key, rows) of those figures that there are."""
    for key, title in PANELS:
        rows = [row for row in made["rows"] if key in row["figures"]]
        if rows:
            yield title, key, rows


def draw_panel(axes, title, key, rows):
    for place_, row in enumerate(rows):
        figure, style = row["figures"][key], STYLES[row["transport"]]
        if figure["interval"]:
            axes.plot(figure["interval"], [place_, place_], color=INK, linewidth=1.1, marker="|", markersize=5, gid="interval")
        axes.plot([min(max(figure["ratio"], NARROWEST), 1 / NARROWEST)], [place_], marker=style["marker"], color=style["colour"], markersize=6, linestyle="none",
                  zorder=3)
        axes.annotate(f"{figure['ratio']:.2f}", (1, place_), xycoords=("axes fraction", "data"), xytext=(6, 0),
                      textcoords="offset points", va="center", size=7)
    axes.axvline(1, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [f"{row['case']}, {row['transport']}, {row['subscribers']:,}, {row['peer']}" for row in rows], size=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xscale("log")
    axes.set_title(title)


def shared_range(made):
    """Of all panels, so that a distance means the same in each."""
    ends = [1]
    for row in made["rows"]:
        for figure in row["figures"].values():
            ends += [figure["ratio"], *(figure["interval"] or [])]
    return max(min(ends) / 1.15, NARROWEST), min(max(ends) * 1.15, 1 / NARROWEST)


def label(axes, low, high):
    ticks = [tick for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 20) if low <= tick <= high]
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(FixedLocator([]))


def warnings(made):
    bad = [f"{row['case']} {row['transport']} {row['subscribers']:,}: {run['verdict']}"
           for row in made["rows"] for runs in row["runs"].values() for run in runs if run["verdict"] != "VALID"]
    return sorted(set(bad)) + (["a quick run, to see that it works"] if made["quick"] else [])


def caption(made):
    host = made["host"]
    pinned = "" if made["server_cpu"] is None else f"servers on core {made['server_cpu']}, clients on core {made['generator_cpu']}"
    return broken([*made["versions"].values(), plural(made["rounds"], "round"),
                   f"a fresh server for each run, seed {made['seed']}", f"bursts of {made['burst_messages']}",
                   "├┤: 95% interval over rounds"],
                  [word for word in (host["cpu_model"], plural(host["cores"], "core"), host["kernel"], pinned,
                                     made["created_utc"][:16].replace("T", " ") + " UTC") if word])


def draw(made):
    shown = list(panels(made))
    below = 0.8
    height = below + 0.75 + sum(PANEL_INCHES + ROW_INCHES * len(rows) for _, _, rows in shown)
    peers = " and ".join(name for name in made["versions"] if name != "wirelab")
    figure, head = sheet(f"wirelab's server beside {peers}",
                         "wirelab's figure over the other's: left of 1 wirelab's is better. The rows: case, transport, subscribers, the other.",
                         warnings(made), caption(made), height)
    low, high = shared_range(made)
    top = head + 0.15
    for title, key, rows in shown:
        depth = ROW_INCHES * len(rows)
        axes = place(figure, 2.15, height - top - depth - 0.12, 0.45, top + 0.12)
        draw_panel(axes, title, key, rows)
        label(axes, low, high)
        top += depth + PANEL_INCHES
    return figure


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", metavar="PEERS.json")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="[peers.svg beside it]")
    options = parser.parse_args(arguments)
    target = options.output or Path(options.peers).with_name("peers.svg")
    save(draw(read(options.peers)), target, target.suffix[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
