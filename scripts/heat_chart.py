"""Draws a series as a heat map, for scripts/series_chart.py: across, when messages were due; up, how old they were on arrival; the
darker, the more of that moment's. A column a transport. What a percentile hides is there: two ages that are both usual, and a pause."""

import chart_style
from chart_style import FAINT, STYLES
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator

PALEST = 0.16  # of the colour, for the least that there is: one message must be seen
SHADES = 12
COLUMNS_MAX = 100  # a transport's: more would be thinner than what one sees


def can_be_drawn(series):
    """Series of before buckets were kept have none."""
    return any(line.get("age_us_buckets") for lines in series.values() for line in lines)


def cells_of(rounds):
    """[(from s, to s, younger end µs, older end µs, share of the column's deliveries)], the rounds together."""
    counts, whole, spans = {}, {}, {}
    for lines in rounds:
        together = -(-len(lines) // COLUMNS_MAX)
        for index, line in enumerate(lines):
            column = index // together
            begin, end = spans.get(column, (line["start_ms"], 0))
            spans[column] = (begin, max(end, line["start_ms"] + line["length_ms"]))
            for highest_us, count in line.get("age_us_buckets", []):
                counts[column, highest_us] = counts.get((column, highest_us), 0) + count
                whole[column] = whole.get(column, 0) + count
    return [(spans[column][0] / 1000, spans[column][1] / 1000, lowest_us(highest_us), highest_us + 1, count / whole[column])
            for (column, highest_us), count in sorted(counts.items())]


def lowest_us(highest_us):
    """Of the bucket that ends there: four a power of two (meter/series.hpp), and below 8 µs one each."""
    end = int(highest_us) + 1
    return end - max(1, 1 << max(0, (end - 1).bit_length() - 3)) if end > 8 else end - 1


def draw(result, series, page):
    """`page`: makes the sheet, with title and caption."""
    names = [name for name in STYLES if name in chart_style.transports_of(result) and any(of == name for of, _ in series)]
    cells = {name: cells_of([lines for (of, _), lines in sorted(series.items()) if of == name]) for name in names}
    drawn = any(theory_ms(result, name) for name in names)
    figure, head = page(result, "When are messages how old?", "Each message by when it was due and how old it got. Darker: more of that moment's."
                        + (" Rounds together." if len({number for _, number in series}) > 1 else "") + (" Dotted: theory." if drawn else ""), height=4.6)
    width, left, right, between = 8, 0.85, 0.25, 0.22
    each = (width - left - right - between * (len(names) - 1)) / max(1, len(names))
    ages_ms = [edge / 1000 for each_cells in cells.values() for cell in each_cells for edge in cell[2:4] if edge >= 1]
    low, high = chart_style.log_range(ages_ms)
    end_s = max((cell[1] for each_cells in cells.values() for cell in each_cells), default=1)
    for index, name in enumerate(names):
        at = left + index * (each + between)
        axes = chart_style.place(figure, at, 1.1, width - at - each, head + 0.32)
        shape_axes(axes, low, high, end_s, first=index == 0)
        axes.set_title(name, color=chart_style.dark(STYLES[name]["colour"]), weight="bold")
        draw_cells(axes, name, cells[name], low)
        draw_theory(axes, result, name)
    return figure


def shape_axes(axes, low, high, end_s, first):
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    chart_style.milliseconds_axis(axes.yaxis, low, high)
    axes.set_xlim(0, end_s)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: chart_style.number(value)))
    axes.set_xlabel("when it was due, s")
    axes.tick_params(labelleft=first)
    if first:
        axes.set_ylabel("age at delivery")
    axes.grid(True, which="major", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def draw_cells(axes, name, cells, low):
    shades = LinearSegmentedColormap.from_list(name, [chart_style.tint(STYLES[name]["colour"], PALEST), STYLES[name]["colour"],
                                                      chart_style.dark(STYLES[name]["colour"])])
    of_shade = {}
    for begin, end, youngest_us, oldest_us, share in cells:
        bottom, top = max(youngest_us / 1000, low), oldest_us / 1000
        corners = ((begin, bottom), (end, bottom), (end, top), (begin, top), (begin, bottom))
        of_shade.setdefault(round(share ** 0.5 * (SHADES - 1)), []).extend(corners)
    for shade, corners in sorted(of_shade.items()):  # one path a shade: a tenth of what so many rectangles would take
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * (len(corners) // 5)
        axes.add_patch(PathPatch(Path(corners, codes), facecolor=shades(shade / (SHADES - 1)), linewidth=0, zorder=2, gid=f"shade-{name}-{shade}"))


def theory_ms(result, name):
    """The median and the oldest that the configuration predicts; nought has no place on a log axis."""
    theory = chart_style.predicted(result, name)
    return [age_ms for share in (0.5, 1) if theory and (age_ms := chart_style.predicted_age_ms(theory, share)) > 0]


def draw_theory(axes, result, name):
    for age_ms in theory_ms(result, name):
        axes.plot(axes.get_xlim(), [age_ms] * 2, **chart_style.THEORY)
