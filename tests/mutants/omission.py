#!/usr/bin/python3
"""Coordinated omission, shown: a publisher that waits for each answer before it sends the next message, against a server
that stands still for a second. The ages from when each message was sent, and from when it was due, side by side.

    tests/mutants/omission.py FOLDER --build build/mutants --page docs/04-coordinated-omission.md

measures (about half a minute, on a quiet machine) and leaves two results in FOLDER, healthy.json and frozen.json, with a
chart of them, omission.svg; of the frozen run also what happened when, frozen.ndjson, as a heat map, heat.svg; then writes the figures into the page, between its two marks. Without --build it measures
nothing, and makes chart and figures again of what is in FOLDER."""

import argparse
import importlib.util
import json
import os
import re
import sys
from datetime import datetime
from pathlib import Path

sys.dont_write_bytecode = True

import mutants
from mutants import quantile_us

ROOT = Path(__file__).resolve().parents[2]
RATE, WINDOW_S = 200, 10
FLAGS = ("-c", "10", "-R", str(RATE), "-d", f"{WINDOW_S}s", "--warm-up", "0", "--lanes", "1", "--series", "-")
SHARES = {0.5: "p50", 0.95: "p95", 0.99: "p99", 0.999: "p99.9", 1: "max"}
SERIES = "frozen.ndjson"
BEGIN, END = "<!-- figures: {} -->", "<!-- end of the figures -->"


def load_chart():
    spec = importlib.util.spec_from_file_location("chart", ROOT / "scripts" / "chart.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


chart = load_chart()
SENT, DUE = chart.GREY, chart.STYLES["websocket"]["colour"]


# -- what theory expects ------------------------------------------------------------------------------------------------


class Theory:
    """Of the frozen run, from the healthy one and the freeze alone."""

    def __init__(self, healthy):
        self.healthy = healthy["runs"][0]
        configuration = healthy["configuration"]
        self.window_s, self.rate = configuration["duration_ms"] / 1000, configuration["rate_per_second"]
        self.busy = self.rate * self.healthy["publish_time_us"]["p50"] / 1e6

    def due_us(self, share):
        """What was due in the freeze, and while its queue was worked off, waited."""
        return max(quantile_us(self.healthy["age_us"], share),
                   mutants.frozen_quantile_us(share, self.window_s, busy=self.busy)) if share < 1 else mutants.FREEZE_US

    def sent_us(self, share):
        """One message was under way; all others were sent when the server answered again."""
        hidden = 1 - 1 / (self.rate * self.window_s)
        return quantile_us(self.healthy["age_from_send_us"], share) if share <= hidden else mutants.FREEZE_US


# -- the page -----------------------------------------------------------------------------------------------------------


def milliseconds(value_us):
    return f"{chart.number(value_us / 1000)} ms"


def figures(folder, page):
    """What goes into the page: a table, the chart, and where they come from."""
    healthy, frozen = read(folder)
    run, theory = frozen["runs"][0], Theory(healthy)
    lines = ["| | from when it was **sent** | theory | from when it was **due** | theory |", "|---|---|---|---|---|"]
    for share, name in SHARES.items():
        cells = (quantile_us(run["age_from_send_us"], share), theory.sent_us(share), quantile_us(run["age_us"], share), theory.due_us(share))
        lines.append(f"| {name} | " + " | ".join(map(milliseconds, cells)) + " |")
    link = os.path.relpath(folder, page.parent)
    naive, true = (milliseconds(quantile_us(run[key], 0.99)) for key in ("age_from_send_us", "age_us"))
    return "\n".join([
        BEGIN.format(link), "", *lines, "",
        f"![Percentiles of the ages: from when a message was sent the 99th is {naive}, from when it was due {true}]({link}/omission.svg)",
        "", *where(frozen, link), "", END])


def where(frozen, link):
    run, configuration, host = frozen["runs"][0], frozen["configuration"], frozen["host"]
    day = datetime.strptime(frozen["created_utc"], "%Y-%m-%dT%H:%M:%SZ")
    machine = f"{host['cores']} cores of {host['cpu_model'] or host['architecture']}" + (" in a virtual machine" if host["virtual_machine"] else "")
    yield f"{run['messages']['published']:,} messages to {configuration['subscribers']} subscribers over WebSocket ({machine}, {host['kernel']}, {day.day} {day:%B %Y};"
    yield f"[the run]({link}/frozen.json), [the same without the freeze]({link}/healthy.json)). wirelab's verdict on the run:"
    yield f"**{run['verdict']}**" + "".join(f", {reason}" for reason in run["reasons"]) + "."


def fill(page, block):
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(BEGIN).replace(r"\{\}", r"\S*") + ".*?" + re.escape(END), re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise SystemExit(f"{page}: has no place for figures: {BEGIN.format('FOLDER')} … {END}")
    page.write_text(pattern.sub(lambda _: block, text), encoding="utf-8")


# -- the chart ----------------------------------------------------------------------------------------------------------


def draw(healthy, frozen):
    theory, run = Theory(healthy), frozen["runs"][0]
    figure, head = chart.page(frozen, "The same run, measured twice",
                              f"A server that stood still for 1 s of {WINDOW_S} s, and a publisher that waited for it. Dotted: theory.")
    axes = chart.place(figure, 0.85, 1.05, 0.3, head + 0.12)
    axes.set_xscale("log")
    axes.set_yscale("log")
    lines = (("from when it was due", DUE, run["age_us"], theory.due_us), ("from when it was sent", SENT, run["age_from_send_us"], theory.sent_us))
    low, high = chart.log_range([value / 1000 for _, _, ages, _ in lines for value in (quantile_us(ages, 0), ages["max"])])
    right = run["age_us"]["count"]
    axes.set_xlim(1, right)
    axes.set_ylim(low, high)
    chart.milliseconds_axis(axes.yaxis, low, high)
    chart.percentile_axis(axes, right)
    axes.set_xlabel("percentile of the deliveries")
    axes.set_ylabel("age at delivery")
    axes.grid(True, which="major", color=chart.FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    steps = [right ** (step / 400) for step in range(401)]
    for name, colour, ages, expected in lines:
        axes.plot(steps, [quantile_us(ages, 1 - 1 / x) / 1000 for x in steps], color=colour, linewidth=2, zorder=3)
        axes.plot(steps, [expected(1 - 1 / x) / 1000 for x in steps], color=chart.INK, linewidth=0.9, linestyle=":", zorder=4)
        p99 = quantile_us(ages, 0.99) / 1000
        axes.plot([100], [p99], marker="o", markersize=6, color=colour, markeredgecolor="white", zorder=5)
        where_free = {"xytext": (0, -24), "ha": "center"} if colour == DUE else {"xytext": (-4, 24), "ha": "right"}
        axes.annotate(f"{name}:\np99 {chart.duration(p99)}", (100, p99), **where_free, textcoords="offset points",
                      va="center", weight="bold", size=8.5, color=chart.dark(colour), bbox=chart.WHITE, zorder=6)
    return figure


def heat(folder):
    """What the percentiles are of: each message of the frozen run by when it was due and how old it got."""
    series = chart.series_chart.read_series(folder / SERIES)
    return chart.series_chart.drawings_of(series)[chart.series_chart.HEAT](read(folder)[1], series)


# -- the command ---------------------------------------------------------------------------------------------------------


def read(folder):
    return [json.loads((folder / name).read_text(encoding="utf-8")) for name in ("healthy.json", "frozen.json")]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the results are, or shall be")
    parser.add_argument("--build", help="measure, with the wirelab and mutant_server in this folder")
    parser.add_argument("--page", type=Path, help="the page that shows them")
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    if options.build:
        mutants.use_build(options.build)
        folder.mkdir(parents=True, exist_ok=True)
        for name, fault in (("healthy", "none"), ("frozen", "freeze")):
            measured = mutants.measure(fault, "websocket", *FLAGS)
            (folder / f"{name}.json").write_text(measured.text, encoding="utf-8")
        (folder / SERIES).write_text("".join(json.dumps(line) + "\n" for line in measured.series), encoding="utf-8")
    with open(folder / "omission.svg", "wb") as file:
        chart.save(draw(*read(folder)), file, "svg")
    if (folder / SERIES).exists():
        with open(folder / "heat.svg", "wb") as file:
            chart.save(heat(folder), file, "svg")
    if options.page:
        fill(options.page, figures(folder, options.page.resolve()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
