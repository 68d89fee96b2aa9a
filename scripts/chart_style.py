"""What all of wirelab's charts share: one colour, line and marker a transport, the page with its caption, words for numbers,
and how a result is read. Each *_chart.py draws with it."""

import bisect
import itertools
import json
import sys
from pathlib import Path

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, FuncFormatter
except ImportError as error:
    sys.exit(f"{error}. The charts need matplotlib: apt-get install python3-matplotlib, and run this with /usr/bin/python3")

SCHEMA = "wirelab.result/2"
DRAWN_BY = {"wirelab.result/": "scripts/chart.py", "wirelab.sweep/": "scripts/sweep_chart.py",
            "wirelab.capacity/": "scripts/capacity_chart.py", "wirelab.ladder/": "scripts/ladder_chart.py",
            "wirelab.experiment/": "scripts/experiment_chart.py", "wirelab.soak/": "scripts/soak_chart.py", "wirelab.resume/": "scripts/sequence_chart.py"}

# One colour a transport, wherever wirelab draws (Okabe and Ito's palette: told apart by the colour-blind); line style,
# marker and hatch tell them apart without any colour.
STYLES = {
    "short-poll": {"colour": "#D55E00", "line": "-", "marker": "o", "hatch": "//", "width": 3.4, "size": 8.5},
    "keep-alive": {"colour": "#E69F00", "line": (0, (4, 2)), "marker": "s", "hatch": "\\\\", "width": 1.8, "size": 5},
    "long-poll": {"colour": "#009E73", "line": "-.", "marker": "^", "hatch": "--", "width": 1.8, "size": 7},
    "websocket": {"colour": "#0072B2", "line": "-", "marker": "D", "hatch": "", "width": 1.8, "size": 6},
}
POLLED = ("short-poll", "keep-alive")
INK, GREY, FAINT = "#1a1a1a", "#5a5a5a", "#d9d9d9"
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # behind words, so that no grid line strikes them out

# Which directions of which part of a run's bytes; the shares sum to what was said above TCP.
PARTS = (
    {"key": "payload", "from": (("out", "payload"), ("in", "payload")), "word": "payload", "tint": 1.0, "hatch": ""},
    {"key": "envelope", "from": (("out", "envelope"), ("in", "envelope")), "word": "envelope", "tint": 0.55, "hatch": ""},
    {"key": "request_headers", "from": (("out", "http_headers"),), "word": "request headers ↑", "tint": 0.3, "hatch": "////"},
    {"key": "response_headers", "from": (("in", "http_headers"),), "word": "response headers ↓", "tint": 0.3,
     "hatch": "\\\\\\\\"},
    {"key": "framing", "from": (("out", "websocket_framing"), ("in", "websocket_framing"), ("out", "handshakes"),
                                ("in", "handshakes")), "word": "frame headers", "tint": 0.3, "hatch": "xxxx"},
)

# A percentile is drawn only with this many samples beyond it: fewer say more about luck than about the tail.
SAMPLES_BEYOND = 10

CAPTION_CHARACTERS = 150
WARNING_CHARACTERS = 92

matplotlib.rcParams.update({
    "svg.hashsalt": "wirelab", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9, "text.color": INK,
    "axes.edgecolor": GREY, "axes.labelcolor": INK, "xtick.color": GREY, "ytick.color": GREY, "xtick.labelcolor": INK,
    "ytick.labelcolor": INK, "axes.spines.top": False, "axes.spines.right": False, "hatch.linewidth": 0.6,
    "axes.linewidth": 0.8, "axes.titlesize": 9.5, "axes.titlelocation": "left",
})


# -- the result ---------------------------------------------------------------------------------------------------


class NotAResult(Exception):
    pass


def read_result(path):
    return read_file(path, SCHEMA, "result.json", check_shape)


def read_file(path, schema, name, check):
    """A file of this schema, whole as far as `check` looks; else says what it is instead."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise NotAResult(f"{path}: {error.strerror}. Name a {name} that wirelab wrote") from error
    except ValueError as error:
        raise NotAResult(f"{path}: not JSON ({error}). Name a {name} that wirelab wrote") from error
    its = document.get("schema") if isinstance(document, dict) else None
    if its != schema:
        other = next((f"; {script} draws those" for kind, script in DRAWN_BY.items()
                      if str(its).startswith(kind) and not schema.startswith(kind)), "")
        raise NotAResult(f"{path}: its \"schema\" is {json.dumps(its)}, this script draws \"{schema}\"{other}")
    try:
        check(document)
    except (KeyError, TypeError, ValueError) as error:
        raise NotAResult(f"{path}: says it is a {schema}, but is not: {error!r}") from error
    return document


def check_shape(result):
    """Touches what the charts use, so that a damaged file is refused by name before anything is drawn."""
    caption(result)
    for run in result["runs"]:
        if run["transport"] not in STYLES:
            raise ValueError(f"unknown transport {run['transport']}")
        sum(count for _, count in run["age_us"]["buckets"])
        for part in PARTS:
            size_of(run, part)
        run["window"]["delivered"] + run["window"]["requests"] + run["messages"]["lost"]
        run["server"] is None or run["server"]["cpu_total_us"] + 0
    if is_idle(result):
        sum(subscriber_seconds(run) + len(idle_memory([run])) for run in result["runs"])
    for name in transports_of(result):
        per_delivered = result["summary"][name]["bytes_per_delivered"]
        per_delivered is None or per_delivered["both"]["wire_total"] + 0
    predicted_ages(result, transports_of(result))


def size_of(run, part):
    return sum(run["bytes"][direction][key] for direction, key in part["from"])


def idle_memory(runs):
    return [run for run in runs if run["server"] and run["server"]["idle_subscribers"]]


def runs_of(result, transport):
    return [run for run in result["runs"] if run["transport"] == transport]


def transports_of(result):
    return [name for name in STYLES if runs_of(result, name)]


class Ages:
    """The ages of one or more runs' deliveries: their histograms merged, since percentiles cannot be averaged."""

    def __init__(self, runs):
        counts = {}
        for run in runs:
            for value, count in run["age_us"]["buckets"]:
                counts[value] = counts.get(value, 0) + count
        self.values_us = sorted(counts)
        self.cumulative = list(itertools.accumulate(counts[value] for value in self.values_us))
        self.count = self.cumulative[-1] if self.cumulative else 0
        self.max_us = max((run["age_us"]["max"] for run in runs), default=0)

    def quantile_us(self, share):
        place = bisect.bisect_left(self.cumulative, share * self.count - 1e-9 * self.count)
        return self.values_us[min(place, len(self.values_us) - 1)]

    def supports(self, share):
        return self.count * (1 - share) >= SAMPLES_BEYOND * (1 - 1e-9)

    def ecdf(self, points=250):
        """(age in ms, share not older), thinned to about so many steps."""
        stride = max(1, len(self.values_us) // points)
        kept = sorted(set(range(0, len(self.values_us), stride)) | {len(self.values_us) - 1})
        return [self.values_us[i] / 1000 for i in kept], [self.cumulative[i] / self.count for i in kept]


def is_idle(result):
    """Nothing was published, on purpose."""
    runs = result["runs"]
    return bool(runs) and not any(run["messages"]["planned"] for run in runs) and all(run["subscribers"] for run in runs)


def delivered(run):
    return run["window"]["delivered"]


def subscriber_seconds(run):
    return run["subscribers"] * run["window"]["duration_s"]


def pooled(runs, value, per=delivered):
    """So much per delivered message, over all the runs together; None when nothing was delivered."""
    whole = sum(map(per, runs))
    return sum(map(value, runs)) / whole if whole else None


def predicted(result, name):
    """Theory beside what was measured; None where there is none."""
    return result["summary"][name].get("predicted")


# Thin, dotted and over all else, wherever theory is drawn: a thin line under a broad one would not be seen.
THEORY = {"color": INK, "linewidth": 0.9, "linestyle": (0, (1, 1.5)), "zorder": 7}


def predicted_age_ms(theory, share):
    """So many of the messages are no older: the transit, and for those that wait a uniform draw up to the wait."""
    waiting = share - (1 - theory["age_waiting_share"])
    least = theory.get("age_wait_min_us", 0)
    waited = least + (theory["age_wait_us"] - least) * waiting / theory["age_waiting_share"] if waiting > 0 else 0
    return (theory["age_transit_us"] + waited) / 1000


def predicted_ages(result, names):
    """The different ones, with who they are of."""
    found = {}
    for name in names:
        theory = predicted(result, name)
        if theory:
            shape = tuple(theory.get(key, 0) for key in ("age_transit_us", "age_wait_min_us", "age_wait_us", "age_waiting_share"))
            found.setdefault(shape, (theory, []))[1].append(name)
    return list(found.values())


def theory_note(result):
    return " Dotted: theory." if any(predicted(result, name) for name in transports_of(result)) else ""


# -- words --------------------------------------------------------------------------------------------------------


def number(value, digits=3):
    """So many significant digits, never in scientific notation, thousands told apart."""
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    return text if "e" not in text else f"{value:.6f}".rstrip("0")


def duration(milliseconds):
    if milliseconds >= 1000:
        return f"{number(milliseconds / 1000)} s"
    return f"{number(milliseconds)} ms" if milliseconds >= 1 else f"{number(milliseconds * 1000)} µs"


def plural(count, noun):
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def traffic_text(configuration):
    replay = configuration["replay"]
    if replay:
        return f"replay of {Path(replay['file']).name} ({replay['messages']:,} messages) at {number(replay['speed'])}x"
    if not configuration["rate_per_second"]:
        return "nothing published"
    return (f"{number(configuration['rate_per_second'])} messages/s, {configuration['arrivals']} · "
            f"payload {plural(configuration['payload_bytes'], 'byte')}")


def configuration_words(result):
    made = result["configuration"]
    window = f" of {duration(made['duration_ms'])}" if made["duration_ms"] else ""
    parts = [
        plural(made["subscribers"], "subscriber") + (f" on {made['channels']} channels" if made["channels"] > 1 else ""),
        traffic_text(made),
        f"polls every {duration(made['poll_interval_ms'])} ({made['poll_timer']})",
        f"holds of {number(made['hold_s'])} s" + (", each on a new connection" if made.get("long_poll_reconnects") else ""),
        f"{plural(made['rounds'], 'round')}{window} after {duration(made['warm_up_ms'])} of warm-up",
        f"published by {'POST' if made['publish_via'] == 'post' else made['publish_via']}",
        f"seed {made['seed']}",
    ]
    return [part for part in parts if made["rate_per_second"] or made["replay"] or not part.startswith("published by")]


def link_words(link, swept):
    """Of the emulated link; `swept` has words for what of it was varied."""
    words = [f"emulated link, round trip {swept.get('rtt') or (duration(link['rtt_ms']) if link['rtt_ms'] else '0')}"]
    if link["jitter_ms"]:
        words.append(f"jitter {duration(link['jitter_ms'])}")
    if "loss" in swept or link["loss_share"]:
        words.append(f"loss {swept.get('loss') or number(100 * link['loss_share']) + '%'}")
    if link["bandwidth_bits_per_second"]:
        words.append(f"{number(link['bandwidth_bits_per_second'] / 1e6)} Mbit/s")
    if link["drop_segments"]:
        words.append(f"data segment {', '.join(map(str, link['drop_segments']))} dropped")
    return ", ".join(words)


def host_words(result, swept=None):
    host, made = result["host"], result["configuration"]
    parts = [str(host[key]) for key in ("cpu_model", "kernel") if host.get(key)]
    if host.get("cores"):
        parts.insert(1 if host.get("cpu_model") else 0, plural(host["cores"], "core"))
    if made.get("server_cpu") is not None and made.get("generator_cpu") is not None:
        parts.append(f"server on core {made['server_cpu']}, clients on core {made['generator_cpu']}")
    if made.get("link"):
        parts.append(link_words(made["link"], swept or {}))
    else:
        parts.append(f"server at {made['url']}" if made.get("url") else "over loopback")
    parts += [str(result["created_utc"])[:16].replace("T", " ") + " UTC", f"wirelab {str(result['git_revision'])[:12]}"]
    return parts


def warnings_of(result):
    """What must not be overlooked: a chart never hides that a run went wrong."""
    build = result["versions"].get("build", "")
    found = ["a build with sanitizers, its times mean nothing"] if "sanitize" in build else []
    for name in transports_of(result):
        runs = runs_of(result, name)
        if any(run["interrupted"] for run in runs):
            found.append(f"{name}: interrupted")
        if is_idle(result):
            continue
        if not sum(run["messages"]["delivered"] for run in runs):
            found.append(f"{name}: nothing was delivered")
            continue
        for key, word in (("lost", "lost"), ("duplicated", "delivered twice"), ("out_of_order", "out of order")):
            count = sum(run["messages"][key] for run in runs)
            if count:
                found.append(f"{name}: {count:,} of {sum(run['messages']['expected'] for run in runs):,} {word}")
        clamped = sum(run["age_us"]["clamped"] for run in runs)
        if clamped:
            found.append(f"{name}: {clamped:,} ages beyond what the histogram holds")
    return found


# -- the page -----------------------------------------------------------------------------------------------------


def page(result, title, subtitle, height=5.0):
    return sheet(title, subtitle, warnings_of(result), caption(result), height)


def sheet(title, subtitle, warnings, caption_lines, height=5.0):
    """A figure with its title above and the conditions of the measurement below, and where the title ends (inches)."""
    figure = Figure(figsize=(8, height), facecolor="white")
    figure.text(0.025, 1 - 0.19 / height, title, size=13, weight="bold", va="top")
    figure.text(0.025, 1 - 0.46 / height, subtitle, size=8.5, color=GREY, va="top")
    if warnings:
        shown = "; ".join(warnings)
        if len(shown) > WARNING_CHARACTERS:
            shown = f"{shown[:shown.rfind(';', 0, WARNING_CHARACTERS - 8)]}; and more"
        figure.text(0.025, 1 - 0.64 / height, f"Mind: {shown}", size=8.5, weight="bold", va="top")
    head = 0.84 if warnings else 0.66
    figure.text(0.025, 0.08 / height, "\n".join(caption_lines), size=6.8, color=GREY, va="bottom", linespacing=1.35)
    return figure, head


def caption(result):
    return broken(configuration_words(result), host_words(result))


def broken(*paragraphs):
    """Lines of words, broken between them and never inside one."""
    lines = []
    for words in paragraphs:
        lines.append(words[0])
        for word in words[1:]:
            if len(lines[-1]) + len(word) > CAPTION_CHARACTERS:
                lines.append(word)
            else:
                lines[-1] += f" · {word}"
    return lines


def place(figure, left, bottom, right, top):
    """Axes at so many inches from the figure's edges: what surrounds them has a fixed size, whatever the height."""
    width, height = figure.get_size_inches()
    return figure.add_axes([left / width, bottom / height, (width - left - right) / width,
                            (height - bottom - top) / height])


def dark(colour, share=0.72):
    """Dark enough for text on white."""
    red, green, blue = matplotlib.colors.to_rgb(colour)
    return (red * share, green * share, blue * share)


def tint(colour, share):
    """`share` of the colour, the rest white."""
    return tuple(1 - share + share * channel for channel in matplotlib.colors.to_rgb(colour))


def milliseconds_axis(axis, low, high):
    """A log axis in words people use: 100 µs, 1 ms, 10 ms, 1 s."""
    powers = [10.0 ** power for power in range(-3, 7) if low <= 10.0 ** power <= high]
    axis.set_major_locator(FixedLocator(powers))
    axis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
    axis.set_minor_locator(FixedLocator([digit * power for power in [1e-3, *powers] for digit in range(2, 10)
                                         if low <= digit * power <= high]))
    axis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def log_range(values):
    positive = [value for value in values if value > 0] or [0.1, 100]
    return min(positive) / 1.6, max(positive) * 1.6


def spread(wanted, gap, low, high):
    """Positions as near to the wanted ones as `gap` between neighbours allows, in the same order."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = []
    for index in order:
        placed.append(max(wanted[index], placed[-1] + gap if placed else low))
    ceiling = high
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - gap
    return {index: position for index, position in zip(order, placed)}


def several_rounds(result):
    return any(len(runs_of(result, name)) > 1 for name in transports_of(result))


def rounds_note(result):
    """No bar stands for a single round without saying so."""
    if several_rounds(result):
        return "Dots: each round; ├┤: 95% interval."
    return "One round only: how much it varies is not known."


def dot(axes, x, y, size=4.2):
    """One round alone."""
    axes.plot([x], [y], marker="o", markersize=size, color="white", markeredgecolor=INK, markeredgewidth=0.7, zorder=6,
              clip_on=False)


def draw_interval(axes, result, name, key, at, factor, along):
    """The summary's 95% interval over rounds, `along` x or y, at that place on the other axis; nothing where there is none."""
    known = (result["summary"][name].get("intervals") or {}).get(key)
    if not known:
        return
    ends = [factor * end for end in known]
    xs, ys = (ends, [at, at]) if along == "x" else ([at, at], ends)
    axes.plot(xs, ys, color=INK, linewidth=1.1, marker="|" if along == "x" else "_", markersize=6, markeredgewidth=1.1, zorder=5.5,
              clip_on=False, gid="interval")


def say_nothing_delivered(axes):
    axes.text(0.5, 0.5, "Nothing was delivered.", transform=axes.transAxes, ha="center", color=GREY, size=11)


# Nothing that differs from one day or machine to the next.
METADATA = {"svg": {"Date": None, "Creator": "wirelab"}, "png": {"Software": None}}


def save(figure, target, kind):
    figure.savefig(target, format=kind, dpi=160, metadata=METADATA[kind])
