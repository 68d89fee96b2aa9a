#!/usr/bin/python3
"""Draws the ladders of `wirelab ladder`, as SVG and PNG: who said what when, every packet an arrow from the moment it was
sent to the moment it arrived. One page a ladder and, of several, one with all of them side by side on one axis of time; and
strips, timeline.svg, with when the server was deaf (scripts/ladder_strips.py).

    scripts/ladder_chart.py results/<run>/ladder.json -o drawings/

The same file gives the same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed, 2 not a ladder."""

import argparse
import functools
import itertools
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
import ladder_strips  # noqa: E402
from chart_style import FAINT, GREY, INK, STYLES, NotAResult  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Circle, Rectangle  # noqa: E402
from matplotlib.textpath import TextPath  # noqa: E402

SCHEMA = "wirelab.ladder/1"

# Everything is drawn in inches from the page's top left corner, so that what has a size keeps it, however long the ladder.
ROUND_TRIP_IN = 1.15     # how much paper a round trip takes, unless the whole would be longer than
LONGEST_IN = 14.0
ROUND_TRIPS_MAX = 200    # after so many nobody counts them
CUT_FROM_IN, CUT_IN = 0.75, 0.36  # a stretch without a packet longer than that is cut, to this
HEAD_IN, FOOT_IN = 1.36, 0.98
POINT_IN = 1 / 72

ACK = "#8c8c8c"
LINES = {  # what tells arrows apart besides their words; data has the transport's colour
    "data": {"width": 1.5, "style": "-", "order": 4},
    "syn": {"width": 1.0, "style": "-", "order": 3},
    "fin": {"width": 1.0, "style": (0, (4, 2)), "order": 3},
    "rst": {"width": 1.6, "style": (0, (1, 1)), "order": 3},
    "ack": {"width": 0.7, "style": "-", "order": 2},
}
SIZES = {"data": 6.9, "syn": 6.3, "fin": 6.3, "rst": 6.3, "ack": 5.6}


# -- the file -----------------------------------------------------------------------------------------------------


def read_ladders(path):
    return chart_style.read_file(path, SCHEMA, "ladder.json", check_shape)


def check_shape(record):
    """Touches what is drawn, so that a damaged file is refused by name before anything is drawn."""
    caption_of(record)
    "; ".join(record["warnings"])
    for ladder in record["ladders"]:
        if ladder["transport"] not in STYLES:
            raise ValueError(f"unknown transport {ladder['transport']}")
        ladder["round_trip_us"] + sum(span["to_us"] + span["round_trips"] for span in ladder["spans"])
        for arrow in ladder["arrows"]:
            LINES[arrow["kind"]], arrow["sent_us"] + arrow["packet_bytes"], arrow["text"].upper()
    if not record["ladders"]:
        raise ValueError("no ladder in it")


def arrival_of(arrow, ladder):
    """Of a lost one: when it would have arrived."""
    lost = arrow["sent_us"] + ladder["round_trip_us"] / 2
    return lost if arrow["arrives_us"] is None else arrow["arrives_us"]


def moments_of(message):
    return [at for at in (message["published_us"], message["answered_us"], message["delivered_us"]) if at is not None]


# -- time to paper ------------------------------------------------------------------------------------------------


class TimeAxis:
    """Where on the page a moment is: to scale wherever a packet is under way in one of the ladders; the rest is cut."""

    def __init__(self, ladders):
        self.round_trip_us = max(ladder["round_trip_us"] for ladder in ladders)
        busy = merged(sorted(itertools.chain.from_iterable(busy_in(ladder) for ladder in ladders)))
        whole_us = sum(end - begin for begin, end in busy) or 1
        self.inches_per_us = min(ROUND_TRIP_IN / self.round_trip_us if self.round_trip_us else math.inf, LONGEST_IN / whole_us)
        self.stretches, self.cuts, at_in = [], [], 0.0
        for begin, end in merged(busy, CUT_FROM_IN / self.inches_per_us):
            if self.stretches:
                self.cuts.append((at_in + CUT_IN / 2, begin - self.stretches[-1][1]))
                at_in += CUT_IN
            self.stretches.append((begin, end, at_in))
            at_in += (end - begin) * self.inches_per_us
        self.length_in = at_in

    def inches(self, at_us):
        begin, _, at_in = max((stretch for stretch in self.stretches if stretch[0] <= at_us + 1e-6), default=self.stretches[0])
        return at_in + (at_us - begin) * self.inches_per_us

    def shows(self, at_us):
        return any(begin <= at_us <= end for begin, end, _ in self.stretches)


def busy_in(ladder):
    for arrow in ladder["arrows"]:
        yield arrow["sent_us"], arrival_of(arrow, ladder)
    for message in ladder["messages"]:
        for at in moments_of(message):
            yield at, at


def merged(intervals, gap=0.0):
    """Sorted intervals, those that overlap or lie closer than `gap` made one."""
    whole = []
    for begin, end in intervals:
        if whole and begin - whole[-1][1] <= gap:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((begin, end))
    return whole


# -- words on slanted lines ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def width_of(text, size):
    return TextPath((0, 0), text, size=size).get_extents().width * POINT_IN if text.strip() else 0.0


class Box:
    """A rectangle, perhaps turned: what a label takes."""

    def __init__(self, x, y, width, height, angle=0.0):
        """Around its middle; y grows downwards, and so does the angle."""
        self.x, self.y, self.angle = x, y, angle
        along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        self.corners = [(x + a * along[0] * width / 2 + b * across[0] * height / 2,
                         y + a * along[1] * width / 2 + b * across[1] * height / 2)
                        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        self.axes = (along, across)
        self.low = [min(corner[i] for corner in self.corners) for i in (0, 1)]
        self.high = [max(corner[i] for corner in self.corners) for i in (0, 1)]

    def overlaps(self, other):
        """By the separating axis theorem; most are so far apart that it need not be asked."""
        if any(self.low[i] >= other.high[i] or other.low[i] >= self.high[i] for i in (0, 1)):
            return False
        for axis in (*self.axes, *other.axes):
            mine = [axis[0] * x + axis[1] * y for x, y in self.corners]
            its = [axis[0] * x + axis[1] * y for x, y in other.corners]
            if max(mine) <= min(its) + 1e-9 or max(its) <= min(mine) + 1e-9:
                return False
        return True


def box_of_line(begin, end):
    return Box((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2, math.dist(begin, end), 0.005,
               math.atan2(end[1] - begin[1], end[0] - begin[0]))


def shorter(text):
    """The same with less and less in it: the query, then the channel, then all that follows the first word goes."""
    yield text
    if "?" in text:
        yield text[:text.index("?")] + "?…"
    if text.count("/") >= 2:
        yield text[:text.index("/", text.index("/") + 1)] + "/…"
    if ", " in text:
        yield text.split(", ")[0] + ", …"
    yield text.split(" ")[0] + (" …" if " " in text else "")


def label_text(text, arrow):
    again = " again" if arrow["retransmission"] else ""
    return f"{text}{again} · {arrow['packet_bytes']:,} B"


# -- one ladder ---------------------------------------------------------------------------------------------------


class Column:
    """One ladder between two lifelines on a page."""

    def __init__(self, axes, ladder, time, left_in, right_in, top_in, alone):
        self.axes, self.ladder, self.time = axes, ladder, time
        self.left, self.right, self.top = left_in, right_in, top_in
        self.bottom = top_in + time.length_in
        self.colour = STYLES[ladder["transport"]]["colour"]
        self.alone, self.scale = alone, 1.12 if alone else 1.0
        self.taken, self.lines = [], []

    def y(self, at_us):
        return self.top + self.time.inches(at_us)

    def draw(self):
        self.draw_lifelines()
        self.draw_holds()
        for arrow in self.ladder["arrows"]:
            self.draw_arrow(arrow)
        self.draw_marks()
        self.draw_spans()
        for arrow in sorted(self.ladder["arrows"], key=lambda arrow: -LINES[arrow["kind"]]["order"]):
            self.label(arrow)

    def words(self, x, y, text, size, colour=INK, angle=0.0, **how):
        how = {"ha": "center", "va": "center", **how}
        return self.axes.text(x, y, text, size=size * self.scale, color=colour, rotation=-math.degrees(angle),
                              rotation_mode="anchor", zorder=8, **how)

    def draw_lifelines(self):
        for x, who in ((self.left, "subscriber"), (self.right, "server")):
            self.axes.add_line(Line2D((x, x), (self.top - 0.12, self.bottom + 0.15), color=INK, linewidth=1.3, zorder=5))
            self.words(x, self.top - 0.22, who, 7.6)
        if not self.alone:  # else the page's title says it
            self.words((self.left + self.right) / 2, self.top - 0.48, self.ladder["transport"], 10.5, chart_style.dark(self.colour),
                       weight="bold")
        for y_in, _ in self.time.cuts:
            y = self.top + y_in
            for x in (self.left, self.right):
                self.axes.add_line(Line2D((x, x), (y - 0.05, y + 0.05), color="white", linewidth=3, zorder=6))
                for edge in (y - 0.05, y + 0.05):
                    self.axes.add_line(Line2D((x - 0.06, x + 0.06), (edge + 0.025, edge - 0.025), color=INK, linewidth=0.9, zorder=7))

    def draw_holds(self):
        """A question that the server keeps, and a message that waits there."""
        for span in self.ladder["spans"]:
            if span["connection"] and span["server_us"] > 0.05 * self.ladder["round_trip_us"]:
                sent = span["to_us"] - self.ladder["round_trip_us"] / 2
                self.bar(self.right - 0.045, sent - span["server_us"], sent, {"facecolor": "white", "edgecolor": chart_style.dark(self.colour)})
        for message in self.ladder["messages"]:
            if message["published_us"] is not None and message["answered_us"] is not None:
                self.bar(self.right + 0.03, message["published_us"], message["answered_us"],
                         {"facecolor": chart_style.tint(self.colour, 0.45), "edgecolor": "none"})

    def bar(self, x, begin_us, end_us, style):
        top, bottom = self.y(begin_us), self.y(end_us)
        self.axes.add_patch(Rectangle((x, top), 0.09, bottom - top, linewidth=0.8, zorder=5.5, **style))

    # -- arrows

    def ends(self, arrow):
        to_right = arrow["from"] == "client"
        begin = (self.left if to_right else self.right, self.y(arrow["sent_us"]))
        end = (self.right if to_right else self.left, self.y(arrival_of(arrow, self.ladder)))
        return begin, end

    def draw_arrow(self, arrow):
        (x0, y0), (x1, y1) = self.ends(arrow)
        line, colour = LINES[arrow["kind"]], self.colour_of(arrow)
        if arrow["arrives_us"] is None:
            x1, y1 = (x0 + x1) / 2, (y0 + y1) / 2
            self.axes.plot([x1], [y1], marker="x", color=colour, markersize=6, markeredgewidth=1.6, zorder=line["order"])
        else:
            self.head((x0, y0), (x1, y1), colour, line)
        style = (0, (2, 1.5)) if arrow["retransmission"] else line["style"]
        self.axes.add_line(Line2D((x0, x1), (y0, y1), color=colour, linewidth=line["width"], linestyle=style, zorder=line["order"]))
        self.lines.append(box_of_line((x0, y0), (x1, y1)))

    def head(self, begin, end, colour, line):
        size = 0.075 if line["width"] > 1 else 0.06
        angle = math.atan2(end[1] - begin[1], end[0] - begin[0])
        wings = [(end[0] - size * math.cos(angle + turn), end[1] - size * math.sin(angle + turn)) for turn in (0.38, -0.38)]
        self.axes.fill([end[0], wings[0][0], wings[1][0]], [end[1], wings[0][1], wings[1][1]], color=colour, linewidth=0,
                       zorder=line["order"] + 0.1)

    def colour_of(self, arrow):
        return {"data": self.colour, "ack": ACK}.get(arrow["kind"], INK)

    def label(self, arrow):
        """Beside its line, at the place nearest to the middle where it covers no other label and the fewest lines."""
        begin, end = self.ends(arrow)
        colour = {"data": chart_style.dark(self.colour), "ack": GREY}.get(arrow["kind"], INK)
        size = SIZES[arrow["kind"]] * self.scale
        for text in shorter(arrow["text"]):
            found = self.place_for(label_text(text, arrow), size, begin, end)
            if found:
                text, box = label_text(text, arrow), found
                self.taken.append(box)
                self.words(box.x, box.y, text, SIZES[arrow["kind"]], colour, upright(box.angle))
                return

    def place_for(self, text, size, begin, end):
        """Null if there is none."""
        length = math.hypot(end[0] - begin[0], end[1] - begin[1])
        width, height = width_of(text, size) + 0.05, size * POINT_IN * 1.12
        if width > 0.86 * length:
            return None
        angle = math.atan2(end[1] - begin[1], end[0] - begin[0])
        edge = width / 2 / length + 0.02
        best = None
        for share in sorted(itertools.chain((edge, 1 - edge), (i / 20 for i in range(1, 20))), key=lambda s: abs(s - 0.42)):
            if not edge <= share <= 1 - edge:
                continue
            for side in (-1, 1):
                offset = side * (height / 2 + 0.022) * (1 if math.cos(angle) > 0 else -1)
                x = begin[0] + share * (end[0] - begin[0]) - offset * math.sin(angle)
                y = begin[1] + share * (end[1] - begin[1]) + offset * math.cos(angle)
                box = Box(x, y, width, height, angle)
                if any(box.overlaps(other) for other in self.taken):
                    continue
                cost = sum(box.overlaps(line) for line in self.lines) + 0.3 * abs(share - 0.42) + 0.02 * (side > 0)
                if best is None or cost < best[0]:
                    best = (cost, box)
        return best[1] if best else None

    # -- what is beside the lifelines

    def draw_marks(self):
        """Each message where it is published and where it arrives, as a number in a circle."""
        published = [(m["published_us"], m, "published") for m in self.ladder["messages"] if m["published_us"] is not None]
        delivered = [(m["delivered_us"], m, self.age_of(m)) for m in self.ladder["messages"] if m["delivered_us"] is not None]
        for marks, x, outwards in ((published, self.right, 1), (delivered, self.left, -1)):
            places = chart_style.spread([self.y(at) for at, _, _ in marks], 0.19, self.top, self.bottom + 0.6)
            for index, (at, message, text) in enumerate(marks):
                self.draw_mark(x, outwards, self.y(at), places[index], message["number"], text)

    def age_of(self, message):
        if message["published_us"] is None:
            return "arrives"
        return f"{chart_style.duration((message['delivered_us'] - message['published_us']) / 1000)} old"

    def draw_mark(self, x, outwards, y, place, number, text):
        centre = x + outwards * 0.24
        self.axes.add_line(Line2D((x, centre), (y, place), color=INK, linewidth=0.7, zorder=6))
        self.axes.add_patch(Circle((centre, place), 0.075, facecolor=INK, edgecolor="white", linewidth=0.6, zorder=7))
        self.axes.text(centre, place, str(number), size=6.2, color="white", weight="bold", ha="center", va="center_baseline", zorder=8)
        size = 6.6
        width = width_of(text, size * self.scale)
        middle = centre + outwards * (0.11 + width / 2)
        self.taken.append(Box(middle, place, width, size * self.scale * POINT_IN * 1.1))
        self.words(middle, place, text, size)

    def draw_spans(self):
        """What takes one round trip, what takes two: brackets beside the subscriber."""
        places = {"connect": 0.40, "first answer": 0.84, "upgrade": 0.84, "answer": 0.62}
        seen = set()
        for span in self.ladder["spans"]:
            kind = span["what"]
            held = span["server_us"] > 0.25 * self.ladder["round_trip_us"]
            if kind not in places or kind in seen or held or not self.ladder["round_trip_us"]:
                continue
            top, bottom, x = self.y(span["from_us"]), self.y(span["to_us"]), self.left - places[kind]
            took = f"{chart_style.duration((span['to_us'] - span['from_us']) / 1000)} = {span['round_trips']:.2f} RTT"
            what = {"answer": "answer, kept alive"}.get(kind, kind)
            size = 6.2
            box = Box(x - 0.15, (top + bottom) / 2, 0.3, max(bottom - top, max(width_of(took, size), width_of(what, size)) * self.scale))
            if any(box.overlaps(other) for other in self.taken):
                continue
            seen.add(kind)
            self.taken.append(box)
            for y in (top, bottom):
                self.axes.add_line(Line2D((x, x + 0.08), (y, y), color=GREY, linewidth=0.8))
            self.axes.add_line(Line2D((x, x), (top, bottom), color=GREY, linewidth=0.8))
            for line, text in ((0.20, what), (0.08, took)):
                self.words(x - line, (top + bottom) / 2, text, size, GREY, math.radians(-90))


def upright(angle):
    """The same slope, read from left to right."""
    return angle - math.pi if angle > math.pi / 2 else angle + math.pi if angle < -math.pi / 2 else angle


# -- the page -----------------------------------------------------------------------------------------------------


def caption_of(record):
    run, host = record["run"], record["host"]
    if run:
        parts = [f"an emulated link: {run['link']}", f"messages of {chart_style.plural(run['payload_bytes'], 'byte')}, {chart_style.duration(run['gap_ms'])} apart",
                  f"polls every {chart_style.duration(run['poll_interval_ms'])}", f"seed {run['seed']}"]
    else:
        parts = [f"from {Path(record['pcap']).name}", f"round trip {chart_style.duration(record['ladders'][0]['round_trip_us'] / 1000)}"]
    where = [str(host[key]) for key in ("cpu_model", "kernel") if host.get(key)]
    where += [str(record["created_utc"])[:16].replace("T", " ") + " UTC", f"wirelab {str(record['git_revision'])[:12]}"]
    return [" · ".join(parts), " · ".join(where)]


HOW_TO_READ = ("Time goes down, to scale: an arrow slants by its time on the way. Bytes with TCP and IP headers. Circles: a message is "
               "published, and arrives.")


def legend(axes, x, y, ladders):
    entries = [("data", INK if len(ladders) > 1 else STYLES[ladders[0]["transport"]]["colour"]), ("SYN", INK), ("FIN", INK), ("ACK", ACK)]
    for name, colour in entries:
        line = LINES[name.lower()]
        axes.add_line(Line2D((x, x + 0.32), (y, y), color=colour, linewidth=line["width"], linestyle=line["style"]))
        axes.text(x + 0.38, y, name, size=7, va="center_baseline")
        x += 0.86
    for style, text, width in (({"facecolor": "white", "edgecolor": INK}, "a question is held at the server", 2.0),
                               ({"facecolor": chart_style.tint(INK, 0.3), "edgecolor": "none"}, "a message waits there", 1.4)):
        axes.add_patch(Rectangle((x, y - 0.07), 0.09, 0.14, linewidth=0.8, **style))
        axes.text(x + 0.16, y, text, size=7, va="center_baseline")
        x += width


def draw_time(axes, time, left, right, top):
    """A faint line every round trip, in milliseconds at the left and in round trips at the right."""
    step = time.round_trip_us
    if not step:
        return
    every = max(1, math.ceil(0.25 / (step * time.inches_per_us)))
    for count in range(0, min(int(time.stretches[-1][1] / step), ROUND_TRIPS_MAX) + 1, every):
        if not time.shows(count * step):
            continue
        y = top + time.inches(count * step)
        axes.add_line(Line2D((left, right), (y, y), color=FAINT, linewidth=0.7, zorder=0))
        axes.text(left - 0.06, y, chart_style.duration(count * step / 1000) if count else "0", size=7, color=GREY, ha="right", va="center")
        axes.text(right + 0.06, y, f"{count} RTT", size=7, color=GREY, ha="left", va="center")
    for y_in, length_us in time.cuts:
        axes.add_line(Line2D((left, right), (top + y_in, top + y_in), color=FAINT, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0))
        axes.text((left + right) / 2, top + y_in, f"{chart_style.duration(length_us / 1000)} without a packet", size=7,
                  color=GREY, ha="center", va="center", bbox=chart_style.WHITE, zorder=1)


def draw_page(record, ladders, width, inner, title):
    """`inner`: between the lifelines."""
    time = TimeAxis(ladders)
    height = HEAD_IN + time.length_in + FOOT_IN
    figure = Figure(figsize=(width, height), facecolor="white")
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    axes.text(0.2, 0.26, title, size=13, weight="bold", va="center")
    axes.text(0.2, 0.50, "\n".join(wrapped(HOW_TO_READ, width)), size=8.5, color=GREY, va="top")
    if record["warnings"]:
        axes.text(0.2, height - 0.72, f"Mind: {'; '.join(record['warnings'])}", size=8, weight="bold", va="center")
    axes.text(0.2, height - 0.1, "\n".join(caption_of(record)), size=6.8, color=GREY, va="bottom", linespacing=1.35)
    legend(axes, 0.2, height - 0.52, ladders)
    edge = 0.55
    draw_time(axes, time, edge, width - edge, HEAD_IN)
    pitch = (width - 2 * edge) / len(ladders)
    for index, ladder in enumerate(ladders):
        left = edge + index * pitch + (pitch - inner) * 0.61
        Column(axes, ladder, time, left, left + inner, HEAD_IN, len(ladders) == 1).draw()
    return figure


def wrapped(text, width):
    lines, room = [""], width * 13.5
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > room:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines


def draw_one(record, ladder):
    return draw_page(record, [ladder], 8.0, 3.9, f"Who says what when: {ladder['transport']}")


def draw_all(record):
    return draw_page(record, record["ladders"], 1.1 + 4.3 * len(record["ladders"]), 2.4, "Who says what when")


def drawings_of(record):
    """File name and how it is drawn."""
    drawings = {f"ladder-{ladder['transport']}": lambda record, ladder=ladder: draw_one(record, ladder)
                for ladder in record["ladders"]}
    if len(record["ladders"]) > 1:
        drawings["ladders"] = draw_all
    if ladder_strips.can_be_drawn(record):
        drawings["timeline"] = lambda record: ladder_strips.draw(record, caption_of(record))
    return drawings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ladder", metavar="LADDER", help="a ladder.json that wirelab wrote")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="where to draw (default: beside the file)")
    options = parser.parse_args()
    try:
        record = read_ladders(options.ladder)
    except NotAResult as error:
        print(f"ladder_chart.py: {error}", file=sys.stderr)
        return 2
    directory = Path(options.directory or Path(options.ladder).parent)
    directory.mkdir(parents=True, exist_ok=True)
    for name, draw in drawings_of(record).items():
        figure = draw(record)
        for kind in chart_style.METADATA:
            chart_style.save(figure, directory / f"{name}.{kind}", kind)
        print(directory / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
