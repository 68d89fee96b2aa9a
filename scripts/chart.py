#!/usr/bin/python3
"""Draws the charts of a wirelab result, each as SVG and PNG: how old messages are when they arrive (percentiles and
distribution), what a delivered message costs on the wire, and what it costs the server; with a series.ndjson beside it,
when messages got old, too (scripts/series_chart.py). Of an idle run, in which nothing was published, there is one: what
a subscriber that waits costs.

    scripts/chart.py results/<run>/result.json -o charts/

The same result gives the same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed, 2 not a result."""

import argparse
import itertools
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import series_chart  # noqa: E402
from chart_style import (  # noqa: E402
    FAINT, GREY, INK, METADATA, PARTS, POLLED, SAMPLES_BEYOND, STYLES, THEORY, WHITE, Ages, dark, delivered, dot, draw_interval,
    duration, idle_memory, is_idle, log_range, milliseconds_axis, NotAResult, number, page, place, pooled, predicted, predicted_age_ms,
    predicted_ages, read_result, rounds_note, runs_of, save, say_nothing_delivered, several_rounds, size_of, spread,
    subscriber_seconds, theory_note, tint, transports_of)
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator  # noqa: E402


# -- chart 1: percentiles of the age, the tail on a log axis --------------------------------------------------------


def draw_percentiles(result):
    figure, head = page(result, "How old do messages get?",
                        "Age = delivered − due. Lines end with 10 deliveries beyond; ★ the slowest."
                        + (" Dots: rounds; ├┤: 95%." if several_rounds(result) else "") + theory_note(result))
    axes = place(figure, 0.85, 1.05, 2.15, head + 0.12)
    ages = {name: Ages(runs_of(result, name)) for name in transports_of(result)}
    ages = {name: age for name, age in ages.items() if age.count}
    axes.set_xscale("log")
    axes.set_yscale("log")
    lows = [age.quantile_us(0) / 1000 for age in ages.values()]
    low, high = log_range(lows + [age.max_us / 1000 for age in ages.values()])
    right = max((age.count for age in ages.values()), default=1000)
    axes.set_xlim(1, right * 1.35)
    axes.set_ylim(low, high)
    milliseconds_axis(axes.yaxis, low, high)
    percentile_axis(axes, right)
    axes.set_xlabel("percentile of the deliveries")
    axes.set_ylabel("age at delivery")
    axes.grid(True, which="major", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for name, age in ages.items():
        draw_tail(axes, name, age, runs_of(result, name))
        for share, key in ((0.5, "age_p50_us"), (0.9, "age_p90_us"), (0.99, "age_p99_us"), (0.999, "age_p999_us")):
            if age.supports(share):
                draw_interval(axes, result, name, key, 1 / (1 - share), 1e-3, "y")
    for theory, names in predicted_ages(result, ages):
        last = max(ages[name].count for name in names)
        xs = [last ** (step / 200) for step in range(201)]
        ys = [predicted_age_ms(theory, 1 - 1 / x) for x in xs]
        axes.plot([x for x, y in zip(xs, ys) if y > 0], [y for y in ys if y > 0], **THEORY)  # nought has no place on a log axis
    label_tails(axes, ages)
    if not ages:
        say_nothing_delivered(axes)
    return figure


def percentile_axis(axes, right):
    shares = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999]
    shown = [share for share in shares if 1 / (1 - share) <= right]
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - share) for share in shown]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 - 100 / value:.7g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def draw_tail(axes, name, age, runs):
    style = STYLES[name]
    last = max(1.0, age.count / SAMPLES_BEYOND)
    steps = 240
    xs = [last ** (step / steps) for step in range(steps + 1)]
    axes.plot(xs, [age.quantile_us(1 - 1 / x) / 1000 for x in xs], color=style["colour"], linestyle=style["line"],
              linewidth=style["width"], solid_capstyle="round", zorder=3)
    axes.plot([last, age.count], [age.quantile_us(1 - 1 / last) / 1000, age.max_us / 1000], color=style["colour"],
              linewidth=0.8, linestyle=":", zorder=2)
    axes.plot([age.count], [age.max_us / 1000], marker="*", markersize=8, color=style["colour"],
              markeredgecolor="white", markeredgewidth=0.5, linestyle="", zorder=5)
    for share in (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999):
        if age.supports(share):
            axes.plot([1 / (1 - share)], [age.quantile_us(share) / 1000], marker=style["marker"], zorder=4,
                      markersize=style["size"], color=style["colour"], markeredgecolor="white", markeredgewidth=0.6)
        for run in runs if len(runs) > 1 else []:
            alone = Ages([run])
            if alone.count and alone.supports(share):
                dot(axes, 1 / (1 - share), alone.quantile_us(share) / 1000, 2.2)


def label_tails(axes, ages):
    """Each line's name and figures beside its end, with a hair to the end where the label had to move."""
    to_axes = axes.transData + axes.transAxes.inverted()
    names = list(ages)
    ends = [to_axes.transform((ages[name].count, ages[name].max_us / 1000)) for name in names]
    places = spread([end[1] for end in ends], 0.135, 0.06, 0.95)
    for index, name in enumerate(names):
        style, age, height = STYLES[name], ages[name], places[index]
        axes.annotate("", (ends[index][0] + 0.012, ends[index][1]), (1.03, height), xycoords="axes fraction",
                      textcoords="axes fraction", arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5})
        axes.add_line(Line2D([1.035, 1.1], [height] * 2, transform=axes.transAxes, clip_on=False,
                             color=style["colour"], linestyle=style["line"], linewidth=style["width"],
                             marker=style["marker"], markersize=style["size"], markevery=[1],
                             markeredgecolor="white", markeredgewidth=0.6))
        axes.text(1.125, height, name, transform=axes.transAxes, va="center", weight="bold", color=dark(style["colour"]))
        p99 = f"p99 {duration(age.quantile_us(0.99) / 1000)}, " if age.supports(0.99) else ""
        axes.text(1.125, height - 0.052, f"{p99}max {duration(age.max_us / 1000)}", transform=axes.transAxes,
                  va="center", size=7.2, color=GREY)


# -- chart 2: the distribution of the age, with the theory under it ------------------------------------------------


def draw_distribution(result):
    names = [name for name in transports_of(result) if Ages(runs_of(result, name)).count]
    figure, head = page(result, "How old is a message when it arrives?",
                        "Share of the deliveries that are no older. A ramp is the wait for the next poll; a cliff is a push." + theory_note(result))
    polled = [name for name in names if name in POLLED]
    ages = {name: Ages(runs_of(result, name)) for name in names}
    interval_ms = result["configuration"]["poll_interval_ms"]
    log_axes = place(figure, 0.75 if not polled else 4.75, 1.05, 0.25, head + 0.3)
    panels = [log_axes]
    if polled:
        linear_axes = place(figure, 0.75, 1.05, 3.75, head + 0.3)
        panels.insert(0, linear_axes)
        linear_axes.set_xlim(0, interval_ms * 1.25)
        linear_axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        linear_axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        linear_axes.set_title("from zero: the wait")
        log_axes.set_title("the same on a log axis: the hops")
    low, high = log_range([value for age in ages.values() for value in (age.quantile_us(0.001) / 1000, age.max_us / 1000)])
    low /= 6  # room for names left of the quickest
    log_axes.set_xscale("log")
    log_axes.set_xlim(low, high)
    milliseconds_axis(log_axes.xaxis, low, high)
    for axes in panels:
        share_axis(axes)
        theory = draw_theory(axes, result, names)
        curves = [draw_ecdf(axes, name, ages[name]) for name in names]
        label_curves(axes, curves + (theory if axes is not log_axes else []))
        axes.set_xlabel("age at delivery" if axes is log_axes else "age at delivery, ms")
    panels[0].set_ylabel("share of deliveries")
    if not names:
        say_nothing_delivered(log_axes)
    return figure


def share_axis(axes):
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    axes.grid(True, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def draw_theory(axes, result, names):
    """What the arithmetic says before anything is measured; each curve that can be drawn."""
    curves = []
    for theory, of in predicted_ages(result, names):
        first = 0 if theory["age_waiting_share"] == 1 else 1 - theory["age_waiting_share"]
        shares = [0, *(first + (1 - first) * step / 200 for step in range(201))]
        xs = [predicted_age_ms(theory, share) for share in shares]
        if axes.get_xscale() == "log" and xs[-1] <= 0:
            continue  # at once: nought has no place on a log axis
        axes.plot(xs, shares, **THEORY)
        if theory["age_waiting_share"] == 1:
            transit = f" + {duration(theory['age_transit_us'] / 1000)}" if theory["age_transit_us"] else ""
            words = f"theory: U(0, {duration(theory['age_wait_us'] / 1000)}){transit}"
        else:
            words = f"theory of {of[0]}" if xs[-1] > 0 else None
        if words:
            curves.append({"text": words, "colour": INK, "xs": xs, "ys": shares, "bold": False})
    return curves


def draw_ecdf(axes, name, age):
    style = STYLES[name]
    xs, ys = age.ecdf()
    xs, ys = [xs[0], *xs], [0, *ys]
    axes.plot(xs, ys, color=style["colour"], linestyle=style["line"], linewidth=style["width"], drawstyle="steps-post",
              zorder=3)
    marks = [next(i for i, y in enumerate(ys) if y >= share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
    axes.plot([xs[i] for i in marks], [ys[i] for i in marks], linestyle="", marker=style["marker"],
              markersize=style["size"], color=style["colour"], markeredgecolor="white", markeredgewidth=0.6, zorder=5)
    return {"text": name, "colour": dark(style["colour"]), "xs": xs, "ys": ys, "bold": True}


def label_curves(axes, curves):
    """Writes each curve's name beside it, where it covers neither a curve nor another name."""
    frame = axes.get_window_extent()
    points = axes.transData.transform([pair for curve in curves for pair in dense(curve)]) if curves else ()
    taken = []
    for curve in curves:
        text = axes.text(0, 0, curve["text"], size=8, weight="bold" if curve["bold"] else "normal",
                         color=curve["colour"], va="center", zorder=6,
                         bbox=WHITE)
        best = None
        for share, (side, away) in itertools.product((0.5, 0.62, 0.38, 0.74, 0.26, 0.86, 0.14, 0.93, 0.07),
                                                     (("left", 12), ("right", -12))):
            text.set_horizontalalignment(side)
            anchor = axes.transData.transform((x_at(curve, share), share))
            text.set_position(axes.transData.inverted().transform((anchor[0] + away, anchor[1])))
            box = text.get_window_extent()
            cost = cost_of(box, frame, points, taken)
            if best is None or cost < best[0]:
                best = (cost, side, text.get_position(), box)
        text.set_horizontalalignment(best[1])
        text.set_position(best[2])
        taken.append(best[3])


def dense(curve):
    """The curve's points, close enough together that none can pass through a label unseen."""
    corners = list(zip(curve["xs"], curve["ys"]))
    for (x0, y0), (x1, y1) in zip(corners, corners[1:]):
        steps = max(2, int((y1 - y0) * 100))
        for step in range(steps):
            yield x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps


def x_at(curve, share):
    return next((x for x, y in zip(curve["xs"], curve["ys"]) if y >= share), curve["xs"][-1])


def cost_of(box, frame, points, taken):
    xs, ys = points[:, 0], points[:, 1]
    inside = ((box.x0 - 6 < xs) & (xs < box.x1 + 6) & (box.y0 - 4 < ys) & (ys < box.y1 + 4)).sum()
    outside = max(0, frame.x0 - box.x0) + max(0, box.x1 - frame.x1) + max(0, frame.y0 - box.y0) + max(0, box.y1 - frame.y1)
    return inside + 100 * outside + 1000 * sum(box.overlaps(other) for other in taken)


# -- chart 3: bytes per delivered message ---------------------------------------------------------------------------

TCP_IP = {"word": "TCP/IP headers ↑↓", "tint": 0.0, "hatch": ""}


def draw_bytes(result):
    names = transports_of(result)
    figure, head = page(result, "What does a delivered message cost on the wire?",
                        f"Bytes per delivered message, both ways, empty answers too. {rounds_note(result)}{theory_note(result)}",
                        height=2.2 + 0.72 * max(1, len(names)))
    axes = place(figure, 1.05, 1.05, 0.3, head + 0.32)
    part_legend(figure, head)
    costs = {name: bytes_of(result, name) for name in names}
    longest = max((cost["wire"] or cost["application"] for cost in costs.values() if cost), default=1)
    axes.set_xlim(0, longest * 1.3)
    axes.set_ylim(len(names) - 0.4, -0.42)
    axes.yaxis.set_major_locator(FixedLocator([row - 0.12 for row in range(len(names))]))
    axes.set_yticklabels(names, weight="bold")
    axes.tick_params(axis="y", length=0)
    for label, name in zip(axes.get_yticklabels(), names):
        label.set_color(dark(STYLES[name]["colour"]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("bytes per delivered message")
    axes.grid(True, axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    if not any(costs.values()):
        axes.xaxis.set_major_locator(NullLocator())
    for row, name in enumerate(names):
        if costs[name]:
            draw_stack(axes, row, name, costs[name], runs_of(result, name))
            for key in ("application_total_bytes_both_per_delivered", "wire_total_bytes_both_per_delivered"):
                draw_interval(axes, result, name, key, row - 0.12, 1, "x")
            mark_theory(axes, row - 0.12, 0.27, predicted(result, name),
                        ("application_total_bytes_both_per_delivered", "wire_total_bytes_both_per_delivered"))
        else:
            axes.text(longest * 0.01, row - 0.12, "nothing was delivered", va="center", size=7.5, color=GREY)
    return figure


def mark_theory(axes, y, reach, theory, keys, factor=1):
    """A tick across the bar at each of these, where there is a theory."""
    for key in keys if theory else ():
        axes.plot([factor * theory[key]] * 2, [y - reach, y + reach], **THEORY)


def bytes_of(result, name):
    """Per delivered message: the parts, their sum, what of it was for nothing, and the whole with TCP/IP headers."""
    runs = runs_of(result, name)
    parts = {part["key"]: pooled(runs, lambda run, part=part: size_of(run, part)) for part in PARTS}
    if None in parts.values():
        return None
    return {
        "parts": parts, "application": sum(parts.values()),
        "empty": pooled(runs, lambda run: run["bytes"]["out"]["empty_answers"] + run["bytes"]["in"]["empty_answers"]),
        "wire": ((result["summary"][name]["bytes_per_delivered"] or {}).get("both") or {}).get("wire_total"),
    }


def part_legend(figure, head):
    width, height = figure.get_size_inches()
    handles = [Rectangle((0, 0), 1, 1, facecolor=tint("#555555", part["tint"]), hatch=part["hatch"], edgecolor=INK,
                         linewidth=0.5, label=part["word"]) for part in (*PARTS, TCP_IP)]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.127, 1 - (head + 0.06) / height), ncol=6, frameon=False,
                  fontsize=7.5, handlelength=1.6, columnspacing=1.1, borderpad=0, borderaxespad=0)


def draw_stack(axes, row, name, cost, runs):
    colour, left = STYLES[name]["colour"], 0
    segments = [(part, cost["parts"][part["key"]]) for part in PARTS]
    if cost["wire"]:
        segments.append((TCP_IP, max(0, cost["wire"] - cost["application"])))
    for part, size in segments:
        axes.barh(row - 0.12, size, left=left, height=0.4, color=tint(colour, part["tint"]), hatch=part["hatch"],
                  edgecolor=dark(colour), linewidth=0.5, zorder=3)
        left += size
    for run in runs if len(runs) > 1 else []:
        alone = pooled([run], lambda run: sum(size_of(run, part) for part in PARTS))
        if alone is not None:
            dot(axes, alone, row - 0.12, 3.2)
    note = {"xytext": (5, 0), "textcoords": "offset points", "size": 7.4, "zorder": 5,
            "bbox": WHITE}
    total = f"{number(cost['application'])} B"
    with_tcp_ip = f"\n{number(cost['wire'])} B with TCP/IP" if cost["wire"] else ""
    axes.annotate(total + with_tcp_ip, (left, row - 0.12), va="center", weight="bold", linespacing=1.3, **note)
    axes.annotate(parts_text(cost), (0, row + 0.24), va="center", **note)


def parts_text(cost):
    parts = cost["parts"]
    words = [f"payload {number(parts['payload'])}", f"envelope {number(parts['envelope'])}"]
    if parts["request_headers"] or parts["response_headers"]:
        words.append(f"HTTP headers {number(parts['request_headers'])} ↑ {number(parts['response_headers'])} ↓")
    if parts["framing"]:
        words.append(f"frame headers {number(parts['framing'])}")
    waste = f"  (of this {number(cost['empty'])} for empty answers)" if cost["empty"] else ""
    return " + ".join(words) + waste


# -- chart 4: what it costs the server ------------------------------------------------------------------------------


def draw_server(result):
    names = transports_of(result)
    dotted = " (left of the dotted line)" if any(publishing_share(result, name) is not None for name in names) else ""
    figure, head = page(result, "What does it cost the server?",
                        f"To deliver 1,000 messages, publishing included{dotted}. {rounds_note(result)}",
                        height=2.1 + 0.5 * max(1, len(names)))
    cpu_axes = place(figure, 1.05, 0.9, 3.85, head + 0.34)
    request_axes = place(figure, 4.5, 0.9, 0.4, head + 0.34)
    cpu = {name: [run for run in runs_of(result, name) if run["server"]] for name in names}
    draw_bars(cpu_axes, cpu, lambda run: run["server"]["cpu_total_us"], "server CPU, ms per 1,000 delivered",
              "not measured: this server's load could not be read")
    draw_bars(request_axes, {name: runs_of(result, name) for name in names},
              lambda run: 1000 * run["window"]["requests"], f"requests per 1,000 delivered{' (dotted: theory)' if theory_note(result) else ''}", "nothing was delivered")
    mark_publishing(cpu_axes, result, names)
    for row, name in enumerate(names):
        mark_theory(request_axes, row, 0.36, predicted(result, name), ("requests_per_delivered",), 1000)
        draw_interval(cpu_axes, result, name, "server_cpu_ms_per_1000_delivered", row, 1, "x")
        draw_interval(request_axes, result, name, "requests_per_delivered", row, 1000, "x")
    label_rows(cpu_axes, names)
    request_axes.set_yticklabels([])
    return figure


def publishing_share(result, name):
    return result["summary"][name].get("publishing_alone_cpu_ms_per_1000_delivered")


def mark_publishing(axes, result, names):
    """A line across each bar: what is left of it, any server spends that takes the messages in."""
    for row, name in enumerate(names):
        share = publishing_share(result, name)
        if share is not None:
            axes.plot([share, share], [row - 0.29, row + 0.29], color=INK, linewidth=1.2, linestyle=(0, (1.5, 1)), zorder=5)


def label_rows(axes, names):
    axes.set_yticklabels(names, weight="bold")
    for label, name in zip(axes.get_yticklabels(), names):
        label.set_color(dark(STYLES[name]["colour"]))


def draw_bars(axes, runs_by_name, value, title, why_none, per=delivered):
    """A bar a transport from its runs' pooled value per delivered message, and a dot for each run."""
    heights = {name: pooled(runs, value, per) for name, runs in runs_by_name.items()}
    dots = {name: [pooled([run], value, per) for run in runs if per(run)] for name, runs in runs_by_name.items()}
    longest = max([height for height in heights.values() if height] + [dot for row in dots.values() for dot in row] + [0]) or 1
    axes.set_xlim(0, longest * 1.22)
    axes.set_ylim(len(heights) - 0.45, -0.55)
    axes.yaxis.set_major_locator(FixedLocator(range(len(heights))))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: number(tick)))
    axes.tick_params(axis="y", length=0)
    axes.set_title(title)
    axes.grid(True, axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    if not any(dots.values()):
        axes.xaxis.set_major_locator(NullLocator())
    for row, (name, height) in enumerate(heights.items()):
        if height is None:
            axes.text(longest * 0.02, row, why_none if not runs_by_name[name] else "nothing was delivered", va="center",
                      size=7.5, color=GREY)
            continue
        colour, alone = STYLES[name]["colour"], len(dots[name]) < 2
        axes.barh(row, height, height=0.58, color=tint(colour, 0.25 if alone else 0.75), hatch=STYLES[name]["hatch"],
                  edgecolor=dark(colour), linewidth=0.8, linestyle="--" if alone else "-", zorder=2)
        for one in dots[name]:
            dot(axes, one, row)
        axes.text(max([height, *dots[name]]) + longest * 0.03, row, number(height), va="center", weight="bold", size=9)


# -- an idle run: what waiting costs -----------------------------------------------------------------------------------

NOT_READ = "not measured"


def draw_idle(result):
    names = transports_of(result)
    runs = {name: runs_of(result, name) for name in names}
    told = {name: [run for run in runs[name] if run["server"]] for name in names}
    remembered = {name: idle_memory(runs[name]) for name in names}
    in_kernel = {name: [run for run in remembered[name] if run["server"]["idle_subscribers"]["kernel_bytes"] is not None]
                 for name in names}
    rows = 0.5 * max(1, len(names))
    figure, head = page(result, "What does it cost to wait?",
                        f"Subscribers that nothing is published to. {rounds_note(result)}", height=2.75 + 2 * rows)
    panels = [place(figure, left, bottom, right, top) for bottom, top in ((1.6 + rows, head + 0.34), (0.9, head + 1.04 + rows))
              for left, right in ((1.05, 3.85), (4.6, 0.3))]

    def of(part):
        return lambda run: run["server"]["idle_subscribers"][part] / 1024

    def count(run):
        return run["server"]["idle_subscribers"]["count"]

    draw_bars(panels[0], runs, lambda run: sum(run["bytes"][way]["wire_total"] for way in ("out", "in")),
              "bytes/s per subscriber, with TCP/IP", NOT_READ, subscriber_seconds)
    draw_bars(panels[1], told, lambda run: run["server"]["cpu_total_us"], "server CPU, ms/s per 1,000 of them", NOT_READ,
              subscriber_seconds)
    draw_bars(panels[2], remembered, of("resident_bytes"), "server memory per subscriber, KiB", NOT_READ, count)
    draw_bars(panels[3], in_kernel, of("kernel_bytes"), "kernel memory per subscriber, KiB", NOT_READ, count)
    for axes in panels[::2]:
        label_rows(axes, names)
    for axes in panels[1::2]:
        axes.set_yticklabels([])
    return figure


# -- the command ------------------------------------------------------------------------------------------------------

CHARTS = {
    "age-percentiles": draw_percentiles,
    "age-distribution": draw_distribution,
    "bytes": draw_bytes,
    "server": draw_server,
}


IDLE_CHARTS = {"idle": draw_idle}


def charts_of(result):
    return IDLE_CHARTS if is_idle(result) else CHARTS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", metavar="RESULT", help="a result.json that wirelab wrote")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="where to write (default: beside the result)")
    options = parser.parse_args()
    series_file = Path(options.result).parent / "series.ndjson"
    try:
        result = read_result(options.result)
        series = None if is_idle(result) or not series_file.exists() else series_chart.read_series(series_file)
    except NotAResult as error:
        print(f"chart.py: {error}", file=sys.stderr)
        return 2
    directory = Path(options.directory or Path(options.result).parent)
    directory.mkdir(parents=True, exist_ok=True)
    for name, draw in charts_of(result).items():
        figure = draw(result)
        for kind in METADATA:
            save(figure, directory / f"{name}.{kind}", kind)
        print(directory / f"{name}.svg")
    if series:
        print(*series_chart.save(result, series, directory), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
