#!/usr/bin/python3
"""Draws what scripts/soak wrote: the server's memory and descriptors over time, and below them when which fault was injected.

    scripts/soak_chart.py soak.json [-o soak.svg]

The same file gives the same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed, 2 not a soak."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
from chart_style import FAINT, GREY, INK, NotAResult  # noqa: E402
from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: E402

SCHEMA = "wirelab.soak/1"
FAULTS = {"killed": "killed, started again", "stopped": "stopped", "cut": "connections cut", "stalled": "readers stalled"}
MIB = 1 << 20


def check(soak):
    """Touches what the chart uses."""
    for sample in soak["samples"]:
        sample["at_s"] + sample["life"] + sample["resident_bytes"] + sample["open_descriptors"]
    for fault in soak["faults"]:
        fault["at_s"] + fault["lasting_s"]
        FAULTS[fault["fault"]]
    soak["violations"] + soak["published"] + soak["all"]["delivered"]
    soak["growth"]


def lives(soak):
    """The samples of each life of the server: between two there was none."""
    found = {}
    for sample in soak["samples"]:
        found.setdefault(sample["life"], []).append(sample)
    return list(found.values())


def warnings(soak):
    found = [f"{chart_style.plural(soak['violations'], 'violation')} of the contract"] if soak["violations"] else []
    return found + [f"{key.replace('_', ' ')} grew" for key, value in (soak["growth"] or {}).items() if value["grew"]]


def caption(soak):
    host = soak.get("host") or {}
    made_on = [str(word) for word in (host.get("cpu_model"), host.get("kernel"), soak.get("created_utc", "")[:16].replace("T", " ")) if word]
    return chart_style.broken(
        [f"{chart_style.plural(soak['subscribers_per_transport'], 'subscriber')} a transport",
         f"{soak['published']:,} messages published, {soak['all']['delivered']:,} delivered", f"{soak['violations']:,} violations",
         f"{soak['all']['gaps']:,} gaps announced", f"seed {soak['seed']}"], *([made_on] if made_on else []))


def shape_time(axes, end_s, shown):
    axes.set_xlim(0, end_s)
    axes.xaxis.set_major_locator(MaxNLocator(10))
    minutes = end_s >= 180
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 60:g}" if minutes else f"{value:g}"))
    if minutes:
        step = 60 * max(1, round(end_s / 600))
        axes.set_xticks(range(0, int(end_s) + 1, step))
    axes.grid(True, color=FAINT, linewidth=0.6)
    axes.tick_params(labelbottom=shown)
    if shown:
        axes.set_xlabel("minutes" if minutes else "seconds")


def draw_samples(axes, soak, key, divisor, title):
    for samples in lives(soak):
        axes.plot([sample["at_s"] for sample in samples], [sample[key] / divisor for sample in samples], color=INK, linewidth=0.9,
                  marker="." if len(samples) == 1 else None, markersize=3)
    axes.set_title(title)
    axes.set_ylim(0, 1.1 * max((sample[key] / divisor for sample in soak["samples"]), default=1))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def draw_faults(axes, soak):
    """A mark where each began; a stall as long as it lasted would cover its neighbours."""
    for row, name in enumerate(FAULTS):
        at = [fault["at_s"] for fault in soak["faults"] if fault["fault"] == name]
        axes.plot(at, [row] * len(at), linestyle="none", marker="|", markersize=8, color=GREY if at else FAINT, gid=name)
    counts = [sum(fault["fault"] == name for fault in soak["faults"]) for name in FAULTS]
    axes.set_yticks(range(len(FAULTS)), [f"{words}: {count:,}" for words, count in zip(FAULTS.values(), counts)], size=7.5)
    axes.set_ylim(len(FAULTS) - 0.4, -0.6)
    axes.set_title("Faults")


def draw(soak):
    figure, head = chart_style.sheet("Does it hold?", "One server under faults: what it took of memory and descriptors, read each second.",
                                     warnings(soak), caption(soak), height=6.2)
    end_s = max([soak["duration_s"], *(sample["at_s"] for sample in soak["samples"])])
    left, right, bottom, each, between = 1.75, 0.3, 0.95, 0.8, 0.42
    height = 6.2
    faults = chart_style.place(figure, left, bottom, right, height - bottom - each)
    panel = (height - head - 0.3 - bottom - each - 2 * between) / 2
    low = bottom + each + between
    descriptors = chart_style.place(figure, left, low, right, height - low - panel)
    memory = chart_style.place(figure, left, low + panel + between, right, height - low - 2 * panel - between)
    draw_samples(memory, soak, "resident_bytes", MIB, "Resident memory, MiB")
    draw_samples(descriptors, soak, "open_descriptors", 1, "Open descriptors")
    draw_faults(faults, soak)
    for axes in (memory, descriptors, faults):
        shape_time(axes, end_s, axes is faults)
    return figure


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("soak", metavar="soak.json")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="[soak.svg beside it]")
    options = parser.parse_args(arguments)
    target = options.output or Path(options.soak).with_name("soak.svg")
    try:
        soak = chart_style.read_file(options.soak, SCHEMA, "soak.json", check)
    except NotAResult as error:
        print(f"soak_chart.py: {error}", file=sys.stderr)
        return 2
    chart_style.save(draw(soak), target, target.suffix[1:])
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
