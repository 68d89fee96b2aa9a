#!/usr/bin/python3
"""Draws the curves of a wirelab sweep, each as SVG and PNG: what a delivered message costs the server, how old messages
get, how many requests that takes and what it costs on the wire, against what was swept. Of the time between polls also what
freshness costs: age against bytes and against processor time, polling a path and pushing a place (pareto.svg).

    scripts/sweep_chart.py results/<sweep>/sweep.json -o charts/

The same sweep gives the same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed, 2 not a sweep."""

import argparse
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
from chart_style import FAINT, GREY, INK, STYLES, NotAResult  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator  # noqa: E402

SCHEMA = "wirelab.sweep/1"

# What is drawn of which axis, and in what order: bytes do not depend on how many listen.
CHARTS_OF = {
    "clients": ("server", "memory", "age", "requests", "generator"),
    "rate": ("server", "age", "requests", "bytes", "generator"),
    "payload": ("bytes", "server", "age"),
    "poll-interval": ("age", "requests", "server", "bytes", "pareto"),
    "rtt": ("age", "requests", "bytes"),
    "loss": ("age", "requests", "bytes"),
}
WORDS = {
    "clients": {"label": "subscribers", "growing": "as subscribers grow in number"},
    "rate": {"label": "messages published per second", "growing": "as messages come more often"},
    "payload": {"label": "payload of a message", "growing": "as messages grow"},
    "poll-interval": {"label": "time between polls", "growing": "as polls grow rare"},
    "rtt": {"label": "round trip", "growing": "as the round trip grows"},
    "loss": {"label": "packets lost, each way", "growing": "as more packets are lost"},
}
SUBSCRIBERS_MIN = 100  # below, what one of them takes is lost in the pages that an allocator keeps
LOG_FROM = 8  # times the least, and an axis is logarithmic
TICKS_MAX = 7


# -- the sweep ----------------------------------------------------------------------------------------------------


def read_sweep(path):
    return chart_style.read_file(path, SCHEMA, "sweep.json", check_shape)


def check_shape(sweep):
    """Touches what the charts use, so that a damaged file is refused by name before anything is drawn."""
    if sweep["over"]["axis"] not in CHARTS_OF:
        raise ValueError(f"unknown axis {sweep['over']['axis']}")
    caption_of(sweep)
    warnings_of(sweep)
    for name in transports_of(sweep):
        if name not in STYLES:
            raise ValueError(f"unknown transport {name}")
        for figure in FIGURES.values():
            curve_of(sweep, name, figure)


def transports_of(sweep):
    measured = {name for point in sweep["points"] for name in point["summary"]}
    return [name for name in STYLES if name in measured] + sorted(measured - set(STYLES))


def supported(age, percent, key):
    """A percentile with ten samples at least beyond it."""
    return age[key] / 1000 if age["count"] * (100 - percent) / 100 >= chart_style.SAMPLES_BEYOND - 1e-9 else None


def requests_per_second(point, name):
    runs = [run for run in point["runs"] if run["transport"] == name]
    seconds = sum(run["window"]["duration_s"] for run in runs)
    return sum(run["window"]["requests"] for run in runs) / seconds if seconds else None


def server_memory(point, name, value):
    """The mean over the runs that know it."""
    runs = [run["server"] for run in point["runs"] if run["transport"] == name and run["server"]]
    known = [amount for amount in map(value, runs) if amount is not None]
    return sum(known) / len(known) if known else None


def peak_mebibytes(server):
    return server["peak_resident_bytes"] / 2**20


def kibibytes_of_one(server):
    """The server's own memory and the kernel's, while nothing is published."""
    idle = server["idle_subscribers"]
    if not idle or idle["count"] < SUBSCRIBERS_MIN or idle["kernel_bytes"] is None:
        return None
    return (idle["resident_bytes"] + idle["kernel_bytes"]) / idle["count"] / 1024


def bytes_of(summary, part):
    return summary["bytes_per_delivered"] and summary["bytes_per_delivered"]["both"][part]


def worst_lag(point, name):
    """Of the runs the worst, since their percentiles cannot be put together. Null: no run has one."""
    lags = [run["generator"]["lag_us"] for run in point["runs"] if run["transport"] == name and run["generator"].get("lag_us")]
    known = [lag for lag in (supported(lag, 99, "p99") for lag in lags) if lag is not None]
    return max(known, default=None)


def overhead_percent(summary):
    wire = bytes_of(summary, "wire_total")
    return 100 * (1 - bytes_of(summary, "payload") / wire) if wire else None


def times(value, factor):
    return None if value is None else value * factor


# Each figure: how to have it of a point, and under which key of `intervals` its 95% interval is, in units of `per`.
FIGURES = {
    "p50": {"of": lambda summary, point, name: supported(summary["age_us"], 50, "p50"), "interval": "age_p50_us", "per": 1000},
    "p99": {"of": lambda summary, point, name: supported(summary["age_us"], 99, "p99"), "interval": "age_p99_us", "per": 1000},
    "lag": {"of": lambda summary, point, name: worst_lag(point, name), "interval": None},
    "cpu": {"of": lambda summary, point, name: summary["server_cpu_ms_per_1000_delivered"],
            "interval": "server_cpu_ms_per_1000_delivered", "per": 1},
    "cpu share": {"of": lambda summary, point, name: times(summary["server_cpu_share_of_core"], 100), "interval": None},
    "memory": {"of": lambda summary, point, name: server_memory(point, name, peak_mebibytes), "interval": None},
    "memory of one": {"of": lambda summary, point, name: server_memory(point, name, kibibytes_of_one), "interval": None},
    "requests/s": {"of": lambda summary, point, name: requests_per_second(point, name), "interval": None},
    "requests": {"of": lambda summary, point, name: summary["requests_per_delivered"], "interval": "requests_per_delivered",
                 "per": 1},
    "application": {"of": lambda summary, point, name: bytes_of(summary, "application_total"),
                    "interval": "application_total_bytes_both_per_delivered", "per": 1},
    "overhead": {"of": lambda summary, point, name: overhead_percent(summary), "interval": None},
    "wire": {"of": lambda summary, point, name: bytes_of(summary, "wire_total"),
             "interval": "wire_total_bytes_both_per_delivered", "per": 1},
}


def curve_of(sweep, name, figure):
    """[{x, y, low, high, valid}], one a point that has the figure; low and high None without an interval."""
    curve = []
    for point in sweep["points"]:
        summary = point["summary"].get(name)
        y = figure["of"](summary, point, name) if summary else None
        if y is None:
            continue
        interval = summary["intervals"][figure["interval"]] if figure["interval"] else None
        low, high = [end / figure["per"] for end in interval] if interval else (None, None)
        curve.append({"x": point["value"], "y": y, "low": low, "high": high, "valid": summary["verdict"] == "VALID"})
    return curve


# -- words --------------------------------------------------------------------------------------------------------


def value_text(axis, value):
    if axis in ("poll-interval", "rtt"):
        return chart_style.duration(value) if value else "0"
    if axis == "loss":
        return f"{100 * value:.4g}%"
    if axis == "payload":
        kibibytes = value / 1024
        return f"{chart_style.number(kibibytes)} KiB" if value >= 1024 and kibibytes == int(kibibytes) else f"{value:,.0f} B"
    return f"{value:,.12g}"


def span(sweep):
    axis, values = sweep["over"]["axis"], sweep["over"]["values"]
    return f"{value_text(axis, min(values))} to {value_text(axis, max(values))}"


def configuration_words(sweep):
    """The conditions of every point, with the span of what was swept in the place of its value."""
    made, axis = sweep["configuration"], sweep["over"]["axis"]
    words = chart_style.configuration_words(sweep)
    payload = chart_style.plural(made["payload_bytes"], "byte")
    if axis == "clients":
        words[0] = f"{span(sweep)} subscribers" + (f" on {made['channels']} channels" if made["channels"] > 1 else "")
    elif axis == "rate":
        words[1] = f"{span(sweep)} messages/s, {made['arrivals']} · payload {payload}"
    elif axis == "payload":
        words[1] = f"{chart_style.number(made['rate_per_second'])} messages/s, {made['arrivals']} · payload {span(sweep)}"
    elif axis == "poll-interval":
        words[2] = f"polls every {span(sweep)} ({made['poll_timer']})"
    return words


def caption_of(sweep):
    axis = sweep["over"]["axis"]
    swept = {axis: span(sweep)} if axis in ("rtt", "loss") else {}
    return chart_style.broken(configuration_words(sweep), chart_style.host_words(sweep, swept))


def warnings_of(sweep):
    """What must not be overlooked: a chart never hides that a point is not to be believed, or not there."""
    axis = sweep["over"]["axis"]
    build = sweep["versions"].get("build", "")
    found = ["a build with sanitizers, its times mean nothing"] if "sanitize" in build else []
    if len(sweep["points"]) < len(sweep["over"]["values"]):
        found.append(f"stopped after {len(sweep['points'])} of {len(sweep['over']['values'])} points")
    where = {}
    for point in sweep["points"]:
        value = value_text(axis, point["value"])
        for missing in point["not_carried_out"]:
            where.setdefault((missing["transport"], "not carried out"), []).append(value)
        for name, summary in point["summary"].items():
            if summary["verdict"] != "VALID":
                where.setdefault((name, summary["verdict"]), []).append(value)
    return found + [f"{name} {what} at {listed(values)}" for (name, what), values in where.items()]


def listed(values):
    return ", ".join(values) if len(values) <= 3 else f"{values[0]} to {values[-1]} ({len(values)} points)"


# -- the page -----------------------------------------------------------------------------------------------------


def two_panels(sweep, title, subtitle, panels, theory=None):
    """Two figures side by side against the same axis, each {"figure", "title", "scale", "theory"}; `theory` says in words
    what is drawn dotted."""
    axis = sweep["over"]["axis"]
    figure, head = chart_style.sheet(f"{title} {WORDS[axis]['growing']}?", subtitle, warnings_of(sweep), caption_of(sweep), 5.0)
    names = transports_of(sweep)
    head = legends(figure, head, sweep, theory)
    for (left, right), panel in zip(((0.72, 4.42), (4.72, 0.3)), panels):
        draw_panel(chart_style.place(figure, left, 1.1, right, head + 0.34), sweep, names, panel)
    return figure


def legends(figure, head, sweep, theory):
    """Above both panels: who is who, what a hollow mark means if there is one, and the theory. Returns where they end."""
    handles = [Line2D([], [], color=STYLES[name]["colour"], linestyle=STYLES[name]["line"], linewidth=STYLES[name]["width"],
                      marker=STYLES[name]["marker"], markersize=STYLES[name]["size"], markeredgecolor="white",
                      markeredgewidth=0.6, label=name) for name in transports_of(sweep)]
    if any(summary["verdict"] != "VALID" for point in sweep["points"] for summary in point["summary"].values()):
        handles.append(Line2D([], [], linestyle="", marker="o", markersize=6, markerfacecolor="white", markeredgecolor=INK,
                              markeredgewidth=1.2, label="not VALID"))
    rows = [handles] if handles else []
    if theory:
        rows.append([Line2D([], [], **chart_style.THEORY, label=theory)])
    for row in rows:
        figure.legend(handles=row, loc="upper left", bbox_to_anchor=(0.025, 1 - (head + 0.04) / figure.get_size_inches()[1]),
                      ncol=len(row), frameon=False, fontsize=8, handlelength=2.6, columnspacing=1.6, borderpad=0,
                      borderaxespad=0)
        head += 0.2
    return head


def draw_panel(axes, sweep, names, panel):
    axis = sweep["over"]["axis"]
    curves = {name: curve_of(sweep, name, FIGURES[panel["figure"]]) for name in names}
    theory = panel["theory"](sweep) if panel.get("theory") and any(curves.values()) else []
    marks = [mark for curve in curves.values() for mark in curve]
    heights = [end for mark in marks for end in (mark["y"], mark["low"], mark["high"]) if end is not None]
    heights += [y for line in theory for y in line["ys"]]
    value_axis(axes, axis, [point["value"] for point in sweep["points"]])
    logarithmic = figure_axis(axes, heights, panel["scale"])
    axes.set_title(panel["title"])
    axes.set_xlabel(WORDS[axis]["label"])
    axes.grid(True, which="major", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for line in theory:
        drawn = [(x, y) for x, y in zip(line["xs"], line["ys"]) if y > 0 or not logarithmic]
        axes.plot([x for x, _ in drawn], [y for _, y in drawn], **chart_style.THEORY)
    for name, curve in curves.items():
        draw_curve(axes, STYLES[name], [mark for mark in curve if mark["y"] > 0 or not logarithmic])
    say_what_is_not_drawn(axes, curves, logarithmic)


def value_axis(axes, axis, values):
    low, high = (min(values), max(values)) if values else (1, 10)
    if low > 0 and high >= LOG_FROM * low:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.35, high * 1.35)
        shown = thinned(values)
    else:
        room = (high - low or high) * 0.08
        axes.set_xlim(low - room, high + room)
        shown = values if len(values) <= TICKS_MAX else thinned(values)
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: value_text(axis, value)))
    if len(shown) > 5:
        axes.tick_params(axis="x", labelsize=7.5)


def thinned(values):
    """So few of the points that their names have room beside each other: the last and, downwards, each far enough away."""
    if len(values) < 2:
        return list(values)
    if min(values) <= 0:
        return sorted(values)[::-(-len(values) // TICKS_MAX) or 1]
    width = math.log(max(values) / min(values))
    kept = []
    for value in sorted(values, reverse=True):
        if not kept or math.log(kept[-1] / value) >= width / (TICKS_MAX + 1.5):
            kept.append(value)
    return kept


def figure_axis(axes, heights, scale, logarithmic=True):
    """In words people use; logarithmic, if that is allowed, where curves lie far apart. Returns whether it is."""
    positive = [height for height in heights if height > 0]
    logarithmic = logarithmic and bool(positive) and max(positive) >= LOG_FROM * min(positive)
    if logarithmic:
        low, high = chart_style.log_range(positive)
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        if scale == "time":
            chart_style.milliseconds_axis(axes.yaxis, low, high)
        else:
            powers_axis(axes.yaxis, low, high)
    else:
        axes.set_ylim(0, max(positive, default=1) * 1.15)
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.yaxis.set_major_formatter(FuncFormatter(
            lambda value, _: (chart_style.duration(value) if value else "0") if scale == "time" else chart_style.number(value)))
    return logarithmic


def powers_axis(axis, low, high):
    decades = [10.0 ** power for power in range(-6, 10) if low <= 10.0 ** power <= high]
    steps = [digit * power for power in [10.0 ** p for p in range(-7, 10)] for digit in (2, 5) if low <= digit * power <= high]
    few = len(decades) < 3
    axis.set_major_locator(FixedLocator(sorted(decades + steps) if few else decades))
    axis.set_minor_locator(NullLocator() if few else FixedLocator(steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: chart_style.number(value)))
    axis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def draw_curve(axes, style, marks):
    xs, ys = [mark["x"] for mark in marks], [mark["y"] for mark in marks]
    axes.plot(xs, ys, color=style["colour"], linestyle=style["line"], linewidth=style["width"], solid_capstyle="round", zorder=3)
    for mark in marks:
        if mark["low"] is not None:
            axes.plot([mark["x"]] * 2, [mark["low"], mark["high"]], color=chart_style.dark(style["colour"]), linewidth=1, zorder=4,
                      marker="_", markersize=7, markeredgewidth=1)
        axes.plot([mark["x"]], [mark["y"]], linestyle="", marker=style["marker"], markersize=style["size"], zorder=5,
                  color=style["colour"], markerfacecolor=style["colour"] if mark["valid"] else "white",
                  markeredgecolor="white" if mark["valid"] else style["colour"], markeredgewidth=0.6 if mark["valid"] else 1.6)


def say_what_is_not_drawn(axes, curves, logarithmic):
    """A curve that is missing says why: nought has no place on a logarithmic axis."""
    nought = [name for name, curve in curves.items() if curve and logarithmic and not any(mark["y"] > 0 for mark in curve)]
    without = [name for name, curve in curves.items() if not curve]
    notes = ([f"{', '.join(nought)}: none"] if nought else []) + ([f"{', '.join(without)}: not measured"] if without else [])
    if notes:
        write_in_a_free_corner(axes, "\n".join(notes), [[(mark["x"], mark["y"]) for mark in curve if mark["y"] > 0 or not logarithmic]
                                                        for curve in curves.values()])


def write_in_a_free_corner(axes, words, lines):
    """Where the fewest points of the lines lie under it."""
    points = [between(axes.transData.transform(pair), axes.transData.transform(after), step / 20)
              for line in lines for pair, after in zip(line, line[1:] or line) for step in range(21)]
    text = axes.text(0, 0, words, transform=axes.transAxes, size=7.5, color=GREY, zorder=7, bbox=chart_style.WHITE)

    def covered(corner):
        settle(text, *corner)
        box = text.get_window_extent().padded(6)
        return sum(box.contains(*point) for point in points)

    settle(text, *min((("left", "bottom"), ("right", "bottom"), ("left", "top"), ("right", "top")), key=covered))


def settle(text, side, end):
    text.set(x=0.03 if side == "left" else 0.97, y=0.03 if end == "bottom" else 0.97, ha=side, va=end)


def between(one, other, share):
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


# -- the charts ---------------------------------------------------------------------------------------------------


ONE_ROUND = "One round only: how much it varies is not known."


def several_rounds(sweep):
    return any(summary["intervals"]["age_mean_us"] for point in sweep["points"] for summary in point["summary"].values())


def bars_note(sweep):
    return "Bars: 95% intervals over the rounds." if several_rounds(sweep) else ONE_ROUND


def predicted_lines(value):
    """What theory says at each point, a line a transport; one line of those that are alike. `value(theory, x)`."""
    def lines(sweep):
        found = []
        for name in transports_of(sweep):
            known = [(point["value"], point["summary"][name].get("predicted")) for point in sweep["points"] if name in point["summary"]]
            pairs = [(x, value(sweep, theory, x)) for x, theory in known if theory]
            line = {"xs": [x for x, _ in pairs], "ys": [y for _, y in pairs]}
            if pairs and line not in found:
                found.append(line)
        return found
    return lines


def predicted(key, per=1):
    return predicted_lines(lambda sweep, theory, x: theory[key] / per)


def predicted_requests_per_second(sweep, theory, x):
    axis, made = sweep["over"]["axis"], sweep["configuration"]
    clients = x if axis == "clients" else made["subscribers"]
    rate = x if axis == "rate" else made["rate_per_second"]
    return theory["requests_per_delivered"] * rate / made["channels"] * clients


def has_theory(sweep):
    return any(summary.get("predicted") for point in sweep["points"] for summary in point["summary"].values())


def draw_server(sweep):
    return two_panels(sweep, "What does it cost the server", f"Processor time, publishing included. {bars_note(sweep)}", (
        {"figure": "cpu", "title": "server CPU, ms per 1,000 delivered", "scale": "number"},
        {"figure": "cpu share", "title": "server CPU, % of one core", "scale": "number"}))


def draw_memory(sweep):
    rounds = "The mean of the rounds." if several_rounds(sweep) else ONE_ROUND
    subtitle = f"{rounds} Of one subscriber: before anything is published, from {SUBSCRIBERS_MIN} of them on."
    return two_panels(sweep, "What memory does the server take", subtitle, (
        {"figure": "memory", "title": "the server's most, MiB", "scale": "number"},
        {"figure": "memory of one", "title": "a subscriber that waits, KiB, the kernel's too", "scale": "number"}))


# What freshness costs: down is fresher, left is cheaper.
COSTS = ({"figure": "wire", "label": "bytes per delivered message, with TCP/IP"},
         {"figure": "cpu", "label": "server CPU, ms per 1,000 delivered"})


def draw_pareto(sweep):
    figure, head = chart_style.sheet("What does freshness cost?", "Down is fresher, left is cheaper. A poller has a path: a mark a time between "
                                     "polls. Who is pushed to has a place.", warnings_of(sweep), caption_of(sweep), 5.0)
    head = legends(figure, head, sweep, None)
    for (left, right), cost in zip(((0.72, 4.42), (4.72, 0.3)), COSTS):
        draw_trade(chart_style.place(figure, left, 1.1, right, head + 0.34), sweep, cost)
    return figure


def trades_of(sweep, name, cost):
    """[{x: cost, y: age p99 in ms, interval, valid}], by the time between polls."""
    ages = {mark["x"]: mark for mark in curve_of(sweep, name, FIGURES["p99"])}
    return [{"x": mark["y"], "y": ages[mark["x"]]["y"], "interval": mark["x"], "valid": mark["valid"]}
            for mark in curve_of(sweep, name, FIGURES[cost["figure"]]) if mark["x"] in ages]


def draw_trade(axes, sweep, cost):
    trades = {name: trades_of(sweep, name, cost) for name in transports_of(sweep)}
    marks = [mark for trade in trades.values() for mark in trade]
    figure_axis(axes, [mark["y"] for mark in marks], "time")
    axes.set_xlim(0, max((mark["x"] for mark in marks), default=1) * 1.25)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: chart_style.number(value)))
    axes.set_title("age at delivery, 99th percentile")
    axes.set_xlabel(cost["label"])
    axes.grid(True, which="major", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for name, trade in trades.items():
        style = STYLES[name] if name in chart_style.POLLED else {**STYLES[name], "line": ""}
        draw_curve(axes, style, [{**mark, "low": None, "high": None} for mark in trade])
    polled = next((name for name in chart_style.POLLED if trades.get(name)), None)  # the other has the same intervals
    name_intervals(axes, trades.get(polled, []))
    if not marks:
        chart_style.say_nothing_delivered(axes)


def name_intervals(axes, trade):
    for mark in trade:
        axes.annotate(chart_style.duration(mark["interval"]), (mark["x"], mark["y"]), xytext=(8, 6), textcoords="offset points", size=7,
                      color=GREY, ha="left", va="center", bbox=chart_style.WHITE, zorder=2.5)


def draw_age(sweep):
    subtitle = f"Age = delivered − due. No point where fewer than 10 deliveries lie beyond. {bars_note(sweep)}"
    return two_panels(sweep, "How old do messages get", subtitle, (
        {"figure": "p50", "title": "age at delivery, median", "scale": "time", "theory": predicted("age_p50_us", 1000)},
        {"figure": "p99", "title": "age at delivery, 99th percentile", "scale": "time", "theory": predicted("age_p99_us", 1000)}),
        "theory, where it is not at once" if has_theory(sweep) else None)


def draw_requests(sweep):
    return two_panels(sweep, "How many requests does it take", f"HTTP requests of all subscribers. {bars_note(sweep)}", (
        {"figure": "requests/s", "title": "requests per second", "scale": "number",
         "theory": predicted_lines(predicted_requests_per_second)},
        {"figure": "requests", "title": "requests per delivered message", "scale": "number", "theory": predicted("requests_per_delivered")}),
        "theory" if has_theory(sweep) else None)


def draw_bytes(sweep):
    subtitle = f"Bytes per delivered message, both directions, empty answers included. {bars_note(sweep)}"
    wire = {"figure": "wire", "title": "bytes with TCP and IP headers", "scale": "number",
            "theory": predicted("wire_total_bytes_both_per_delivered")}
    application = {"figure": "application", "title": "bytes above TCP", "scale": "number",
                   "theory": predicted("application_total_bytes_both_per_delivered")}
    overhead = {"figure": "overhead", "title": "of them not payload, %", "scale": "number"}
    # As messages grow all curves meet: what is left to see is the share.
    panels = (wire, overhead) if sweep["over"]["axis"] == "payload" else (application, wire)
    return two_panels(sweep, "What does a message cost on the wire", subtitle, panels, "theory" if has_theory(sweep) else None)


def draw_generator(sweep):
    subtitle = f"What it comes late to is older for it, whatever the server does. {bars_note(sweep)}"
    return two_panels(sweep, "How late is the load generator", subtitle, (
        {"figure": "lag", "title": "its lag, 99th percentile (worst round)", "scale": "time"},
        {"figure": "p99", "title": "age at delivery, 99th percentile", "scale": "time", "theory": predicted("age_p99_us", 1000)}),
        "theory, where it is not at once" if has_theory(sweep) else None)


CHARTS = {"server": draw_server, "memory": draw_memory, "pareto": draw_pareto, "age": draw_age, "requests": draw_requests, "bytes": draw_bytes, "generator": draw_generator}


def charts_of(sweep):
    """Sweeps of before the load generator told of its lag have no picture of it."""
    told = any(run["generator"].get("lag_us") for point in sweep["points"] for run in point["runs"])
    return [name for name in CHARTS_OF[sweep["over"]["axis"]] if told or name != "generator"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep", metavar="SWEEP", help="a sweep.json that wirelab wrote")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="where to write (default: beside the sweep)")
    options = parser.parse_args()
    try:
        sweep = read_sweep(options.sweep)
    except NotAResult as error:
        print(f"sweep_chart.py: {error}", file=sys.stderr)
        return 2
    directory = Path(options.directory or Path(options.sweep).parent)
    directory.mkdir(parents=True, exist_ok=True)
    for name in charts_of(sweep):
        figure = CHARTS[name](sweep)
        for kind in chart_style.METADATA:
            chart_style.save(figure, directory / f"{name}.{kind}", kind)
        print(directory / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
