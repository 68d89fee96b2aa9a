#!/usr/bin/python3
"""Draws what a wirelab capacity found, as SVG and PNG: how much each transport carries before it misses the objective, and
every probe that was made to find out, by what it measured.

    scripts/capacity_chart.py results/<capacity>/capacity.json -o charts/

The same file gives the same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed, 2 not a capacity."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
import sweep_chart  # noqa: E402
from chart_style import FAINT, GREY, INK, STYLES, NotAResult  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402
from matplotlib.ticker import FixedLocator  # noqa: E402

SCHEMA = "wirelab.capacity/1"

NAME = "capacity"
WORDS = {"clients": {"label": "subscribers", "title": "How many subscribers"},
         "rate": {"label": "messages published per second", "title": "How many messages a second"}}
# What each probe said, by shape, so that a chart without colour says it too.
OUTCOMES = {
    "passed": {"words": "passed", "marker": "o", "filled": True},
    "missed": {"words": "missed the objective", "marker": "X", "filled": True},
    "generator-limited": {"words": "load generator at its limit", "marker": "o", "filled": False},
    "not-carried-out": {"words": "not carried out", "marker": "|", "filled": True},
    "interrupted": {"words": "interrupted", "marker": "d", "filled": False},
}
# With `objective` the bar ends where the transport does; else it carries that at least, and the bar is open.
OPEN_ENDS = {
    "load-generator": "beyond, the load generator is at its limit",
    "not-carried-out": "beyond, nobody can tell",
    "end-of-search": "the search ended there",
    "stopped": "it was stopped",
}
# The objective's figure in the chart's words: those that are not here are called by their key.
AGES = {"mean": "age at delivery, mean", "p50": "age at delivery, median", "p90": "age at delivery, 90th percentile",
        "p99": "age at delivery, 99th percentile", "p999": "age at delivery, 99.9th percentile", "max": "age at delivery, oldest"}
ROW = 0.5  # inches
SCATTER = 2.1
LINE = {"color": INK, "linewidth": 0.9, "linestyle": (0, (1, 1.5))}


# -- the file -----------------------------------------------------------------------------------------------------


def read_capacity(path):
    return chart_style.read_file(path, SCHEMA, "capacity.json", check_shape)


def check_shape(found):
    """Touches what the chart uses, so that a damaged file is refused by name before anything is drawn."""
    if found["search"]["axis"] not in WORDS:
        raise ValueError(f"unknown axis {found['search']['axis']}")
    caption_of(found)
    warnings_of(found)
    found["objective"]["bound"] + 0
    for name in transports_of(found):
        if name not in STYLES:
            raise ValueError(f"unknown transport {name}")
        its = found["capacity"][name]
        if its["limit"] != "objective" and its["limit"] not in OPEN_ENDS:
            raise ValueError(f"unknown limit {its['limit']}")
        answer_words(found, name)
    for probe in found["probes"]:
        if probe["outcome"] not in OUTCOMES:
            raise ValueError(f"unknown outcome {probe['outcome']}")
        probe["value"] + (probe["measured"] or 0)


def transports_of(found):
    """In the order of all charts, then what they do not know."""
    return [name for name in STYLES if name in found["capacity"]] + sorted(set(found["capacity"]) - set(STYLES))


def probes_of(found, name):
    return [probe for probe in found["probes"] if probe["transport"] == name]


def is_age(found):
    return found["objective"]["figure"] in AGES


def shown(found, value):
    """Ages in ms; everything else as it is in the file."""
    return value / 1000 if is_age(found) else value


# -- words --------------------------------------------------------------------------------------------------------


def value_text(found, value):
    return sweep_chart.value_text(found["search"]["axis"], value)


def answer_words(found, name):
    its = found["capacity"][name]
    limit = its["limit"]
    if limit == "objective":
        return value_text(found, its["passed"]) if its["passed"] else f"less than {value_text(found, its['failed'])}"
    if not its["passed"]:
        return f"not known: {OPEN_ENDS[limit].removeprefix('beyond, ')}"
    return f"{value_text(found, its['passed'])} at least: {OPEN_ENDS[limit]}"


def as_sweep(found):
    """What the words of a sweep's caption are made from."""
    search = found["search"]
    return {**found, "over": {"axis": search["axis"], "values": [search["from"], search["to"]]}}


def caption_of(found):
    words = sweep_chart.configuration_words(as_sweep(found))
    words = [word.replace("1 round of ", "runs of ", 1) if word.startswith("1 round of ") else word for word in words]
    agree = found["search"]["agree_runs"]
    words.append(f"{chart_style.plural(agree, 'run')} must agree at a value")
    words.append(f"to within {chart_style.number(100 * found['search']['resolution_share'])}%")
    return chart_style.broken(words, chart_style.host_words(found))


def warnings_of(found):
    build = found["versions"].get("build", "")
    warnings = ["a build with sanitizers, its times mean nothing"] if "sanitize" in build else []
    stopped = [name for name, its in found["capacity"].items() if its["limit"] == "stopped"]
    return warnings + ([f"stopped before its end: {', '.join(stopped)}"] if stopped else [])


def figure_title(found):
    return AGES.get(found["objective"]["figure"], found["objective"]["key"].replace("_", " "))


# -- the page -----------------------------------------------------------------------------------------------------


def draw_capacity(found):
    names, axis = transports_of(found), found["search"]["axis"]
    rows = ROW * len(names)
    height = rows + SCATTER + 2.55 + 0.18 * bool(warnings_of(found))
    title = f"{WORDS[axis]['title']} before {found['objective']['text']} no longer holds?"
    subtitle = "Each mark is a run. A bar with an open end: at least so many; what the server carries beyond is not known."
    figure, head = chart_style.sheet(title, subtitle, warnings_of(found), caption_of(found), height)
    head = legend(figure, head, found)
    answers = chart_style.place(figure, 1.05, height - head - 0.1 - rows, 0.3, head + 0.1)
    scatter = chart_style.place(figure, 1.05, 1.0, 0.3, height - 1.0 - SCATTER)
    values = [probe["value"] for probe in found["probes"]] or [found["search"]["from"], found["search"]["to"]]
    for axes in (answers, scatter):
        sweep_chart.value_axis(axes, axis, values)
        axes.xaxis.set_major_locator(FixedLocator(sweep_chart.thinned(sorted(set(values)))))  # values of a search lie close together
        axes.grid(True, which="major", axis="x", color=FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
    draw_answers(answers, found, names)
    draw_scatter(scatter, found, names)
    scatter.set_xlabel(WORDS[axis]["label"])
    return figure


def legend(figure, head, found):
    """Only of what is there."""
    said = {probe["outcome"] for probe in found["probes"]}
    handles = [Line2D([], [], linestyle="", marker=look["marker"], markersize=6, color=INK, markeredgecolor=INK,
                      markerfacecolor=INK if look["filled"] else "white", label=look["words"])
               for outcome, look in OUTCOMES.items() if outcome in said]
    handles.append(Line2D([], [], **LINE, label=f"the objective, {found['objective']['text']}"))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.025, 1 - (head + 0.04) / figure.get_size_inches()[1]),
                  ncol=len(handles), frameon=False, fontsize=8, handlelength=2.0, columnspacing=1.4, borderpad=0,
                  borderaxespad=0)
    return head + 0.26


def mark(axes, probe, x, y):
    look, colour = OUTCOMES[probe["outcome"]], STYLES[probe["transport"]]["colour"]
    axes.plot([x], [y], linestyle="", marker=look["marker"], markersize=7 if look["marker"] == "X" else 4.8, zorder=5, clip_on=False, color=colour,
              markerfacecolor=colour if look["filled"] else "white", markeredgewidth={"X": 0.5, "o": 0.5, "|": 1.6}[look["marker"]] if look["filled"] else 1.3,
              markeredgecolor="white" if look["filled"] and look["marker"] != "|" else colour)


def draw_answers(axes, found, names):
    """A row a transport: a bar as long as what passed, the answer in words over it, its probes on it."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    for row, name in enumerate(names):
        its, colour = found["capacity"][name], STYLES[name]["colour"]
        if its["passed"]:
            draw_bar(axes, row + 0.14, its, colour, STYLES[name]["hatch"])
        axes.text(axes.get_xlim()[0], row - 0.15, f" {answer_words(found, name)}", va="bottom", size=8.5, weight="bold", zorder=7,
                  color=chart_style.dark(colour), bbox=chart_style.WHITE)
        for probe, place in beside_each_other(probes_of(found, name)):
            mark(axes, probe, probe["value"], row + 0.14 + 0.17 * place)


def beside_each_other(probes):
    """[(probe, where among those at its value, around 0)]: runs at one value would cover each other."""
    by_value = {}
    for probe in probes:
        by_value.setdefault(probe["value"], []).append(probe)
    return [(probe, place - (len(its) - 1) / 2) for its in by_value.values() for place, probe in enumerate(its)]


def draw_bar(axes, row, its, colour, hatch):
    left, right = axes.get_xlim()
    height = 0.46
    axes.add_patch(Rectangle((left, row - height / 2), its["passed"] - left, height, facecolor=chart_style.tint(colour, 0.35),
                             edgecolor=chart_style.tint(colour, 0.6), hatch=hatch, linewidth=0, zorder=2))
    if its["limit"] == "objective":
        axes.plot([its["passed"]] * 2, [row - height / 2 - 0.03, row + height / 2 + 0.03], color=chart_style.dark(colour), linewidth=2.2,
                  zorder=3)
    else:
        # Stopped between two values, it lies between them; else nobody knows how far it goes.
        end = its["failed"] if its["limit"] == "stopped" and its["failed"] else right
        axes.annotate("", (end, row), (its["passed"], row), zorder=3,
                      arrowprops={"arrowstyle": "->", "color": chart_style.dark(colour), "linewidth": 1.2, "linestyle": (0, (3, 2)),
                                  "shrinkA": 5, "shrinkB": 0})


def draw_scatter(axes, found, names):
    """What each probe measured, and the objective: a transport ends where its probes cross it."""
    bound = shown(found, found["objective"]["bound"])
    measured = [probe for probe in found["probes"] if probe["measured"] is not None]
    heights = [shown(found, probe["measured"]) for probe in measured] + [bound]
    logarithmic = sweep_chart.figure_axis(axes, heights, "time" if is_age(found) else "number")
    axes.set_title(figure_title(found))
    axes.grid(True, which="major", axis="y", color=FAINT, linewidth=0.6)
    axes.axhline(bound, **LINE, zorder=3)
    for name in names:
        its = [probe for probe in probes_of(found, name) if probe in measured and (shown(found, probe["measured"]) > 0 or not logarithmic)]
        style, middles = STYLES[name], medians(found, its)
        axes.plot([x for x, _ in middles], [y for _, y in middles], color=style["colour"], linestyle=style["line"], linewidth=1.1, zorder=2)
        for probe in its:
            mark(axes, probe, probe["value"], shown(found, probe["measured"]))
    if not measured:
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=GREY, size=8)


def medians(found, probes):
    """[(value, middle of what the runs there measured)]: of an even number the lower one, which was measured."""
    by_value = {}
    for probe in probes:
        by_value.setdefault(probe["value"], []).append(shown(found, probe["measured"]))
    return [(value, sorted(ys)[(len(ys) - 1) // 2]) for value, ys in sorted(by_value.items())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capacity", metavar="CAPACITY", help="a capacity.json that wirelab wrote")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="where to write (default: beside the file)")
    options = parser.parse_args()
    try:
        found = read_capacity(options.capacity)
    except NotAResult as error:
        print(f"capacity_chart.py: {error}", file=sys.stderr)
        return 2
    directory = Path(options.directory or Path(options.capacity).parent)
    directory.mkdir(parents=True, exist_ok=True)
    figure = draw_capacity(found)
    for kind in chart_style.METADATA:
        chart_style.save(figure, directory / f"{NAME}.{kind}", kind)
    print(directory / f"{NAME}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
