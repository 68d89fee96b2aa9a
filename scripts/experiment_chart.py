#!/usr/bin/python3
"""Draws the chart of a wirelab experiment as SVG and PNG: first what theory says and how near to it is near enough, then what
was measured, with its 95% interval over rounds. If the ages of single messages were kept, those too: strips.svg.

    scripts/experiment_chart.py results/<experiment>/experiment.json -o charts/

The same experiment gives the same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed, 2 not an experiment."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
import experiment_strips  # noqa: E402
import sweep_chart  # noqa: E402
from chart_style import FAINT, GREY, INK, STYLES, NotAResult  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: E402

SCHEMA = "wirelab.experiment/1"
LINES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))  # of theory: one a variant
# In what unit values are shown, and how a figure is named for people; others are shown as they are, by their key.
FIGURES = {
    "age_mean_us": ("age at delivery, mean", 1000, "time"),
    "age_p50_us": ("age at delivery, median", 1000, "time"),
    "age_p90_us": ("age at delivery, 90th percentile", 1000, "time"),
    "age_p99_us": ("age at delivery, 99th percentile", 1000, "time"),
    "age_max_us": ("age at delivery, the oldest", 1000, "time"),
    "service_time_p50_us": ("from asking to the answer, median", 1000, "time"),
    "first_message_mean_us": ("from dialling to the first message, mean", 1000, "time"),
    "empty_share": ("answers without a message, %", 0.01, "number"),
    "connections_per_delivered": ("connections per delivered message", 1, "number"),
    "requests_per_delivered": ("requests per delivered message", 1, "number"),
    "wire_total_bytes_both_per_delivered": ("bytes per delivered message, with TCP and IP headers", 1, "number"),
}


# -- the experiment -----------------------------------------------------------------------------------------------


def read_experiment(path):
    return chart_style.read_file(path, SCHEMA, "experiment.json", check_shape)


def check_shape(experiment):
    """Touches what the chart uses, so that a damaged file is refused by name before anything is drawn."""
    if experiment["over"]["axis"] not in sweep_chart.WORDS:
        raise ValueError(f"unknown axis {experiment['over']['axis']}")
    caption_of(experiment)
    warnings_of(experiment)
    shown(experiment, 1)
    for series in experiment["series"]:
        if series["transport"] not in STYLES:
            raise ValueError(f"unknown transport {series['transport']}")
        marks_of(experiment, series)
        [x + y for x, y in series["theory"]]
    [mark["value"] + len(mark["words"]) for mark in experiment["marks"]]
    experiment_strips.check_shape(experiment)


def figure_words(experiment):
    """(title, kind of axis)"""
    key, against = experiment["look"]["key"], experiment["look"]["against"]
    title, _, kind = FIGURES.get(key, (key, 1, "number"))
    return (f"{title}: times {against}'s", "number") if against else (title, kind)


def shown(experiment, value):
    per = 1 if experiment["look"]["against"] else FIGURES.get(experiment["look"]["key"], ("", 1, ""))[1]
    return None if value is None else value / per


def marks_of(experiment, series):
    """[{x, y, low, high, valid, within}], one a point that was measured."""
    marks = []
    for point in series["points"]:
        if point["measured"] is None:
            continue
        low, high = point["interval"] or (None, None)
        marks.append({"x": point["value"], "y": shown(experiment, point["measured"]), "low": shown(experiment, low),
                      "high": shown(experiment, high), "valid": point["verdict"] == "VALID", "within": point["within"]})
    return marks


def band_of(experiment, series):
    """(xs, lows, highs) of what is near enough, at the points; between them it is not known and drawn straight."""
    known = [point for point in series["points"] if point["predicted"] is not None]
    return ([point["value"] for point in known], [shown(experiment, point["predicted"] - point["tolerance"]) for point in known],
            [shown(experiment, point["predicted"] + point["tolerance"]) for point in known])


def variants_of(experiment):
    return list(dict.fromkeys(series["variant"] for series in experiment["series"]))


def name_of(series):
    return series["transport"] + (f", {series['variant']}" if series["variant"] else "")


# -- words --------------------------------------------------------------------------------------------------------


def caption_of(experiment):
    return sweep_chart.caption_of(experiment)


def warnings_of(experiment):
    build = experiment["versions"].get("build", "")
    found = ["a build with sanitizers, its times mean nothing"] if "sanitize" in build else []
    axis = experiment["over"]["axis"]
    for series in experiment["series"]:
        where = {}
        for point in series["points"]:
            value = sweep_chart.value_text(axis, point["value"])
            if point["measured"] is None:
                where.setdefault("not measured", []).append(value)
            elif point["verdict"] != "VALID":
                where.setdefault(point["verdict"], []).append(value)
            if point["within"] is False:
                where.setdefault("off theory", []).append(value)
        found += [f"{name_of(series)} {what} at {sweep_chart.listed(values)}" for what, values in where.items()]
    return found


def bars_note(experiment):
    if any(point["interval"] for series in experiment["series"] for point in series["points"]):
        return "Bars: 95% intervals over the rounds."
    return "One round only: how much it varies is not known."


# -- the chart ----------------------------------------------------------------------------------------------------


def draw(experiment):
    figure, head = chart_style.sheet(experiment["title"], experiment["question"], warnings_of(experiment), caption_of(experiment), 5.0)
    head = legend(figure, head, experiment)
    axes = chart_style.place(figure, 0.85, 1.12, 0.35, head + 0.34)
    axis = experiment["over"]["axis"]
    title, kind = figure_words(experiment)
    all_marks = [marks_of(experiment, series) for series in experiment["series"]]
    heights = [end for marks in all_marks for mark in marks for end in (mark["y"], mark["low"], mark["high"]) if end is not None]
    heights += [shown(experiment, y) for series in experiment["series"] for _, y in series["theory"]]
    straight_axis(axes, axis, experiment["over"]["values"])
    sweep_chart.figure_axis(axes, heights, kind, logarithmic=False)
    axes.set_title(title)
    axes.set_xlabel(sweep_chart.WORDS[axis]["label"])
    axes.grid(True, which="major", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for mark in experiment["marks"]:
        draw_edge(axes, mark)
    for number, series in enumerate(experiment["series"]):
        draw_theory(axes, experiment, series, covered=sum(one["theory"] == series["theory"] for one in experiment["series"][number + 1:]))
    for number, series in enumerate(experiment["series"]):
        draw_points(axes, STYLES[series["transport"]], all_marks[number], [covered_marks(axes, all_marks, number, mark) for mark in all_marks[number]])
    return figure


def covered_marks(axes, all_marks, number, mark):
    """How many of the series drawn later have one on the same spot: those of one law do."""
    near = (axes.get_ylim()[1] - axes.get_ylim()[0]) * 0.03
    return sum(any(other["x"] == mark["x"] and abs(other["y"] - mark["y"]) < near for other in marks) for marks in all_marks[number + 1:])


def legend(figure, head, experiment):
    """Above the axes: who is who, two a row where names are long; then what lines and marks mean. Returns where it ends."""
    handles = [Line2D([], [], color=STYLES[series["transport"]]["colour"], linewidth=1.6,
                      linestyle=line_of(experiment, series) if series["theory"] else "",
                      marker=STYLES[series["transport"]]["marker"], markersize=STYLES[series["transport"]]["size"],
                      markeredgecolor="white", markeredgewidth=0.6, label=name_of(series)) for series in experiment["series"]]
    each = 2 if variants_of(experiment) != [""] else 4
    height = figure.get_size_inches()[1]
    for first in range(0, len(handles), each):
        row = handles[first:first + each]
        figure.legend(handles=row, loc="upper left", bbox_to_anchor=(0.025, 1 - (head + 0.04) / height), ncol=len(row), frameon=False,
                      fontsize=8, handlelength=4.4, columnspacing=1.6, borderpad=0, borderaxespad=0)
        head += 0.2
    marks = [mark for series in experiment["series"] for mark in marks_of(experiment, series)]
    note = ["Lines: theory; faint: near enough to it." if any(series["theory"] for series in experiment["series"]) else "",
            bars_note(experiment),
            "Hollow: not VALID." if any(not mark["valid"] for mark in marks) else "",
            "Ringed: off theory." if any(mark["within"] is False for mark in marks) else ""]
    figure.text(0.025, 1 - (head + 0.05) / height, " ".join(part for part in note if part), size=8, color=GREY, va="top")
    return head + 0.18


def straight_axis(axes, axis, values):
    """Laws of a time or a share are straight lines on it, which a logarithm would bend; sizes lie too far apart for it."""
    if axis in ("clients", "payload"):
        sweep_chart.value_axis(axes, axis, values)
        return
    low, high = min(values), max(values)
    room = (high - low or high) * 0.06
    axes.set_xlim(low - room, high + room)
    kept = []
    for value in reversed(values):
        if not kept or kept[-1] - value >= (high - low) * 0.08:
            kept.append(value)
    axes.xaxis.set_major_locator(FixedLocator(kept))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: sweep_chart.value_text(axis, value)))


def line_of(experiment, series):
    return LINES[variants_of(experiment).index(series["variant"]) % len(LINES)]


def draw_edge(axes, mark):
    axes.axvline(mark["value"], color=GREY, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    axes.annotate(mark["words"], (mark["value"], 1), xycoords=("data", "axes fraction"), xytext=(5, -4), textcoords="offset points",
                  ha="left", va="top", size=8, color=GREY, bbox=chart_style.WHITE)


def draw_theory(axes, experiment, series, covered):
    """So much wider as other series' lines lie on it."""
    colour = STYLES[series["transport"]]["colour"]
    xs, lows, highs = band_of(experiment, series)
    for x, low, high in zip(xs, lows, highs):
        axes.plot([x, x], [low, high], color=chart_style.tint(colour, 0.22), linewidth=11, solid_capstyle="butt", zorder=1.5, gid="band")
    axes.plot([x for x, _ in series["theory"]], [shown(experiment, y) for _, y in series["theory"]], color=colour,
              linewidth=1.5 + 1.8 * covered, linestyle=line_of(experiment, series), zorder=2, gid="theory")


def draw_points(axes, style, marks, covered):
    """Larger where others lie on it. One that theory misses has a ring around it."""
    for mark, others in zip(marks, covered):
        if mark["low"] is not None:
            axes.plot([mark["x"]] * 2, [mark["low"], mark["high"]], color=chart_style.dark(style["colour"]), linewidth=1.2, zorder=4,
                      marker="_", markersize=8, markeredgewidth=1.2, gid="interval")
        axes.plot([mark["x"]], [mark["y"]], linestyle="", marker=style["marker"], zorder=5,
                  markersize=max(style["size"], 6 + 3.5 * others) if others else style["size"],
                  color=style["colour"], markerfacecolor=style["colour"] if mark["valid"] else "white",
                  markeredgecolor="white" if mark["valid"] else style["colour"], markeredgewidth=0.6 if mark["valid"] else 1.6)
        if mark["within"] is False:
            axes.plot([mark["x"]], [mark["y"]], linestyle="", marker="o", markersize=14 + 3.5 * others, markerfacecolor="none",
                      markeredgecolor=INK, markeredgewidth=1, zorder=6, gid="missed")


def draw_strips(experiment):
    return experiment_strips.draw(experiment, warnings_of(experiment), caption_of(experiment))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", metavar="EXPERIMENT", help="an experiment.json that wirelab wrote")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="where to write (default: beside the experiment)")
    options = parser.parse_args()
    try:
        experiment = read_experiment(options.experiment)
    except NotAResult as error:
        print(f"experiment_chart.py: {error}", file=sys.stderr)
        return 2
    directory = Path(options.directory or Path(options.experiment).parent)
    directory.mkdir(parents=True, exist_ok=True)
    charts = {"experiment": draw(experiment)}
    if experiment["strips"]:
        charts["strips"] = draw_strips(experiment)
    for name, figure in charts.items():
        for kind in chart_style.METADATA:
            chart_style.save(figure, directory / f"{name}.{kind}", kind)
        print(directory / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
