"""Draws an experiment's strips (`wirelab run --strip`), for scripts/experiment_chart.py: the age of each message, in order, a row a
transport and a column a value, and what theory says of each message and of the oldest."""

import chart_style
import sweep_chart
from chart_style import FAINT, GREY, STYLES
from matplotlib.ticker import FuncFormatter, MaxNLocator

ROW_INCHES = 1.75


def check_shape(experiment):
    """Touches what is drawn; of an experiment without strips nothing."""
    for strip in experiment["strips"] or []:
        if strip["transport"] not in STYLES:
            raise ValueError(f"unknown transport {strip['transport']}")
        [due_ms + age_us for ages in strip["rounds"] + [strip["theory"]] for due_ms, age_us in ages]
        (strip["predicted_max_us"] or 0) + strip["value"]


def rows_of(experiment):
    """[(transport, variant, its strips by value)]"""
    rows = {}
    for strip in experiment["strips"]:
        rows.setdefault((strip["transport"], strip["variant"]), []).append(strip)
    return [(transport, variant, sorted(strips, key=lambda strip: strip["value"])) for (transport, variant), strips in rows.items()]


def draw(experiment, warnings, caption):
    rows = rows_of(experiment)
    columns = len(experiment["over"]["values"])
    height = 2.0 + ROW_INCHES * len(rows)
    figure, head = chart_style.sheet(f"{experiment['title']}, message by message",
                                     "How old was each message when it arrived, in the order in which they were due?", warnings, caption,
                                     height)
    figure.text(0.025, 1 - (head + 0.02) / height, note(experiment), size=8, color=GREY, va="top")
    left, right, gap, below, above = 0.85, 0.2, 0.16, 1.1, head + 0.62
    width = (8 - left - right - gap * (columns - 1)) / columns
    each = (height - below - above - 0.25 * (len(rows) - 1)) / len(rows)
    span = [due_ms for _, _, strips in rows for strip in strips for ages in strip["rounds"] for due_ms, _ in ages] or [0, 1]
    for down, (transport, variant, strips) in enumerate(rows):
        most = max([age_us for strip in strips for ages in strip["rounds"] for _, age_us in ages]
                   + [strip["predicted_max_us"] or 0 for strip in strips])
        for across, strip in enumerate(strips):
            axes = figure.add_axes([(left + across * (width + gap)) / 8, (below + (len(rows) - 1 - down) * (each + 0.25)) / height, width / 8,
                                    each / height])
            axes.set_xlim(min(span), max(span))
            axes.set_ylim(0, most / 1000 * 1.12 or 1)
            dress(axes, strip, first=across == 0, last=down == len(rows) - 1)
            if down == 0:
                axis = experiment["over"]["axis"]
                axes.set_title(f"{sweep_chart.WORDS[axis]['label']} {sweep_chart.value_text(axis, strip['value'])}", size=8.5)
            if across == 0:
                axes.set_ylabel(transport + (f"\n{variant}" if variant else ""), color=chart_style.dark(STYLES[transport]["colour"]), weight="bold")
            draw_strip(axes, strip)
    figure.text((left + (8 - left - right) / 2) / 8, (below - 0.42) / height, "when it was due, from the oldest on", ha="center", va="top")
    return figure


def note(experiment):
    rounds = max((len(strip["rounds"]) for strip in experiment["strips"]), default=0)
    words = [f"A point a message, of {chart_style.plural(rounds, 'round')}."]
    if any(strip["theory"] for strip in experiment["strips"]):
        words.append("Line: what theory says of each.")
    if any(strip["predicted_max_us"] for strip in experiment["strips"]):
        words.append("Dashes: what it says of the oldest.")
    return " ".join(words)


def dress(axes, strip, first, last):
    axes.grid(True, which="major", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f} ms" if value else "0"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: chart_style.duration(value) if value else "0"))
    axes.tick_params(labelsize=7, labelleft=first, labelbottom=last)
    if not strip["rounds"]:
        axes.text(0.5, 0.5, "nothing was dropped", transform=axes.transAxes, ha="center", size=8, color=GREY)


def draw_strip(axes, strip):
    style = STYLES[strip["transport"]]
    if strip["predicted_max_us"] is not None:
        axes.axhline(strip["predicted_max_us"] / 1000, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=1.5, gid="oldest")
    if strip["theory"]:
        axes.plot([due_ms for due_ms, _ in strip["theory"]], [age_us / 1000 for _, age_us in strip["theory"]],
                  color=chart_style.tint(style["colour"], 0.55), linewidth=3.2, zorder=2, gid="theory")
    for ages in strip["rounds"]:
        axes.plot([due_ms for due_ms, _ in ages], [age_us / 1000 for _, age_us in ages], linestyle="", marker="o", markersize=2.1,
                  color=chart_style.dark(style["colour"]), markeredgewidth=0, zorder=3, gid="messages")
