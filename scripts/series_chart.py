#!/usr/bin/python3
"""Draws what happened when, as SVG and PNG: how old messages got, by when they were due, and how many arrived each
second; a column a transport, a line a round. And the same as a heat map (scripts/heat_chart.py), where the series has its
buckets. Part of `scripts/chart.py`, for a series that lies elsewhere:

    scripts/series_chart.py result.json series.ndjson -o charts/

The same files give the same bytes, whenever they are drawn. Exit codes: 0 drawn, 1 failed, 2 not a result or a series."""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
import heat_chart  # noqa: E402
from chart_style import FAINT, GREY, INK, STYLES, NotAResult  # noqa: E402
from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: E402

SCHEMA = "wirelab.series/1"
NAME, HEAT = "age-over-time", "age-heat"
COUNTS = ("expected", "delivered", "arrived")
AGES = ("age_p50_us", "age_max_us")
BROAD, THIN = 1.6, 0.7


# -- the series ---------------------------------------------------------------------------------------------------


def read_series(path):
    """{(transport, round): its lines, in the order of time}; what is no series is refused by its line."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NotAResult(f"{path}: {error.strerror}. Name a series.ndjson that wirelab wrote") from error
    series = {}
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
            check_line(line)
        except (KeyError, TypeError, ValueError) as error:
            raise NotAResult(f"{path}:{number}: not a line of {SCHEMA}: {error!r}. Name a series.ndjson that wirelab wrote") from error
        series.setdefault((line["transport"], line["round"]), []).append(line)
    return series


def check_line(line):
    """Touches what the chart uses."""
    if line["schema"] != SCHEMA:
        raise ValueError(f"its \"schema\" is {json.dumps(line['schema'])}")
    if line["transport"] not in STYLES:
        raise ValueError(f"unknown transport {line['transport']}")
    sum(highest_us * 0 + count for highest_us, count in line.get("age_us_buckets", []))
    line["round"] + line["start_ms"] + sum(line[key] for key in COUNTS) + sum(line[key] or 0 for key in AGES)
    if line["length_ms"] <= 0:
        raise ValueError(f"length_ms {line['length_ms']}")


def rounds_of(series, transport):
    return [lines for (name, _), lines in sorted(series.items()) if name == transport]


def middle_s(line):
    return (line["start_ms"] + line["length_ms"] / 2) / 1000


def ages_ms(lines, key):
    """Gaps where it is not known, or is nought, which has no place on a log axis."""
    return [line[key] / 1000 if line[key] else float("nan") for line in lines]


def per_second(lines, key):
    """Stairs: (what, edges)."""
    edges = [line["start_ms"] / 1000 for line in lines]
    return [1000 * line[key] / line["length_ms"] for line in lines], [*edges, edges[-1] + lines[-1]["length_ms"] / 1000]


# -- the chart ----------------------------------------------------------------------------------------------------


def draw(result, series):
    series = {of: lines for of, lines in series.items() if of[0] in chart_style.transports_of(result)}
    names = [name for name in STYLES if rounds_of(series, name)]
    lost = any(line["expected"] > line["delivered"] for lines in series.values() for line in lines)
    figure, head = chart_style.page(result, "When do messages get old?",
                              "Age by when a message was due: broad the median, thin the oldest of an interval."
                              + (" A line a round." if several(series) else "") + (" ×: some lost." if lost else "")
                              + chart_style.theory_note(result), height=5.6)
    columns = [place_column(figure, head, index, max(1, len(names))) for index in range(max(1, len(names)))]
    shape_axes(columns, series)
    for (age_axes, rate_axes), name in zip(columns, names):
        age_axes.set_title(name, color=chart_style.dark(STYLES[name]["colour"]), weight="bold")
        for lines in rounds_of(series, name):
            draw_ages(age_axes, name, lines)
            draw_rates(rate_axes, name, lines)
        draw_theory(age_axes, result, name)
    if not names:
        chart_style.say_nothing_delivered(columns[0][0])
    return figure


def several(series):
    return len({number for _, number in series}) > 1


def place_column(figure, head, index, columns):
    """The axes for ages and, below, those for arrivals."""
    width, height = figure.get_size_inches()
    left, right, between, bottom, rates = 0.85, 0.25, 0.22, 1.1, 1.1
    each = (width - left - right - between * (columns - 1)) / columns
    at = left + index * (each + between)
    rest = width - at - each
    return (chart_style.place(figure, at, bottom + rates + 0.18, rest, head + 0.32),
            chart_style.place(figure, at, bottom, rest, height - bottom - rates))


def shape_axes(columns, series):
    """All columns alike, so that they can be compared."""
    everything = [line for lines in series.values() for line in lines]
    low, high = chart_style.log_range([line[key] / 1000 for line in everything for key in AGES if line[key]])
    end_s = max((line["start_ms"] + line["length_ms"] for line in everything), default=1000) / 1000
    most = max((1000 * line[key] / line["length_ms"] for line in everything for key in ("arrived", "expected")), default=0)
    for index, (age_axes, rate_axes) in enumerate(columns):
        age_axes.set_yscale("log")
        age_axes.set_ylim(low, high)
        chart_style.milliseconds_axis(age_axes.yaxis, low, high)
        rate_axes.set_ylim(0, (most or 1) * 1.08)
        rate_axes.yaxis.set_major_locator(MaxNLocator(3))
        rate_axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: chart_style.number(value)))
        for axes in (age_axes, rate_axes):
            axes.set_xlim(0, end_s)
            axes.xaxis.set_major_locator(MaxNLocator(max(2, 10 // len(columns))))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.grid(True, color=FAINT, linewidth=0.6)
            axes.set_axisbelow(True)
            if index:
                axes.tick_params(axis="y", labelleft=False)
        age_axes.tick_params(axis="x", labelbottom=False)
    columns[0][0].set_ylabel("age at delivery")
    columns[0][1].set_ylabel("arrived/s")
    columns[len(columns) // 2][1].set_xlabel("seconds into the measured window; dashed: deliveries owed, by when they were due",
                                            **({} if len(columns) % 2 else {"x": -0.02}))


def draw_ages(axes, name, lines):
    colour, xs = STYLES[name]["colour"], [middle_s(line) for line in lines]
    median, oldest = (ages_ms(lines, key) for key in AGES)
    axes.fill_between(xs, median, oldest, color=chart_style.tint(colour, 0.2), linewidth=0, zorder=2)
    for ages, width in ((oldest, THIN), (median, BROAD)):
        axes.plot(xs, ages, color=colour, linewidth=width, zorder=4, solid_capstyle="round")
        alone = [(x, age) for i, (x, age) in enumerate(zip(xs, ages)) if stands_alone(ages, i)]
        if alone:
            axes.plot(*zip(*alone), color=colour, linestyle="", marker=".", markersize=3 + width, zorder=4)
    lost = [x for x, line in zip(xs, lines) if line["expected"] > line["delivered"]]
    axes.plot(lost, [0.97] * len(lost), color=INK, linestyle="", marker="x", markersize=4, markeredgewidth=1, zorder=6,
              transform=axes.get_xaxis_transform())


def stands_alone(values, index):
    """Known between two that are not: no line would show it."""
    around = (values[i] for i in (index - 1, index + 1) if 0 <= i < len(values))
    return values[index] == values[index] and all(value != value for value in around)


def draw_rates(axes, name, lines):
    colour = STYLES[name]["colour"]
    axes.stairs(*per_second(lines, "expected"), baseline=None, color=GREY, linewidth=0.8, linestyle=(0, (3, 2)), zorder=3)
    axes.stairs(*per_second(lines, "arrived"), baseline=None, color=colour, linewidth=1.1, zorder=4)
    axes.stairs(*per_second(lines, "arrived"), color=chart_style.tint(colour, 0.2), fill=True, zorder=2)


def draw_theory(axes, result, name):
    """The median and the oldest that the configuration predicts; nought has no place on a log axis."""
    theory = chart_style.predicted(result, name)
    for share in (0.5, 1) if theory else ():
        age_ms = chart_style.predicted_age_ms(theory, share)
        if age_ms > 0:
            axes.plot(axes.get_xlim(), [age_ms] * 2, **chart_style.THEORY)


def drawings_of(series):
    """File name and how it is drawn."""
    if not heat_chart.can_be_drawn(series):
        return {NAME: draw}
    return {NAME: draw, HEAT: lambda result, series: heat_chart.draw(result, series, chart_style.page)}


def save(result, series, directory):
    """Draws them; the paths of the pictures."""
    for name, drawing in drawings_of(series).items():
        figure = drawing(result, series)
        for kind in chart_style.METADATA:
            chart_style.save(figure, directory / f"{name}.{kind}", kind)
        yield directory / f"{name}.svg"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", metavar="RESULT", help="a result.json that wirelab wrote")
    parser.add_argument("series", metavar="SERIES", help="its series.ndjson")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="where to write (default: beside the series)")
    options = parser.parse_args()
    try:
        result, series = chart_style.read_result(options.result), read_series(options.series)
    except NotAResult as error:
        print(f"series_chart.py: {error}", file=sys.stderr)
        return 2
    directory = Path(options.directory or Path(options.series).parent)
    directory.mkdir(parents=True, exist_ok=True)
    print(*save(result, series, directory), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
