"""Draws the timeline strips of `wirelab ladder`, for scripts/ladder_chart.py: of each transport when the server had somebody to answer
to and when it was deaf, and what became of the messages that were published meanwhile."""

import chart_style
from chart_style import FAINT, GREY, INK, STYLES
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

ROW_IN, HEAD_IN, FOOT_IN = 1.05, 1.2, 0.92
BEFORE, AFTER = 2.4, 0.9  # round trips that are shown before the first message is published and after the last one arrives
WORDS = 0.14  # of the width, for what is written behind the last arrival
SERVER, SUBSCRIBER, LANE = 0.68, 0.22, 0.22  # where in a row's height
DEAF = {"facecolor": "white", "edgecolor": GREY, "hatch": "////", "linewidth": 0.5}
HOW_TO_READ = ("Upper lane, the server: a full bar while a question waits there or a socket is open, hatched while it has nobody to answer to.\n"
               "Lower lane, the subscriber. A line leads from where a message is published to where it arrives.")


# -- when the server could speak ----------------------------------------------------------------------------------


def listening(ladder):
    """[(from, to)] in µs: an answer could have left at any moment of it. The end is None where it was never used up."""
    spans, asked = [], {}
    for at, who, connection, upgraded in sorted(heard_at_server(ladder)):
        if who == "client":
            asked[connection] = at
        elif connection in asked and not upgraded:
            spans.append((asked.pop(connection), at))
    return sorted(spans + [(at, None) for at in asked.values()], key=lambda span: span[0])


def heard_at_server(ladder):
    """Questions when they arrive, answers when they leave: what the server knows of the conversation."""
    sockets = {arrow["connection"] for arrow in ladder["arrows"] if arrow["text"].startswith("101 ")}
    for arrow in ladder["arrows"]:
        if arrow["kind"] != "data" or arrow["retransmission"]:
            continue
        at = arrow["arrives_us"] if arrow["from"] == "client" else arrow["sent_us"]
        if at is not None:
            yield at, arrow["from"], arrow["connection"], arrow["connection"] in sockets


def deaf(spans):
    """Between an answer and the next question, on whichever connection that is."""
    return [(before, after) for (_, before), (after, _) in zip(spans, spans[1:]) if before is not None and after > before]


def can_be_drawn(record):
    return any(published_of(ladder) for ladder in record["ladders"])


def published_of(ladder):
    return [message for message in ladder["messages"] if message["published_us"] is not None]


# -- the page -----------------------------------------------------------------------------------------------------


def draw(record, caption):
    """All rows on one axis of time, which is nought where each transport's first message is published."""
    ladders = [ladder for ladder in record["ladders"] if published_of(ladder)]
    height = HEAD_IN + ROW_IN * len(ladders) + FOOT_IN
    figure = Figure(figsize=(8, height), facecolor="white")
    figure.text(0.025, 1 - 0.19 / height, "When is the server deaf?", size=13, weight="bold", va="top")
    figure.text(0.025, 1 - 0.46 / height, HOW_TO_READ, size=8.2, color=GREY, va="top", linespacing=1.35)
    figure.text(0.025, 0.08 / height, "\n".join(caption), size=6.8, color=GREY, va="bottom", linespacing=1.35)
    if record["warnings"]:
        figure.text(0.025, 1 - 0.8 / height, f"Mind: {'; '.join(record['warnings'])}", size=8, weight="bold", va="top")
    legend(figure, height)
    axes = figure.add_axes([1.05 / 8, FOOT_IN / height, 6.75 / 8, (ROW_IN * len(ladders)) / height])
    shape_axes(axes, ladders)
    for row, ladder in enumerate(ladders):
        draw_row(axes, len(ladders) - 1 - row, ladder)
    return figure


def shape_axes(axes, ladders):
    round_trip_ms = max(ladder["round_trip_us"] for ladder in ladders) / 1000
    arrived = [age_axis(ladder, message["delivered_us"]) for ladder in ladders for message in published_of(ladder)
               if message["delivered_us"] is not None]
    begin, end = -BEFORE * round_trip_ms, max(arrived, default=0)
    axes.set_xlim(begin, end + max(AFTER * round_trip_ms, WORDS * (end - begin)) or 1)
    axes.set_ylim(0, len(ladders))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(True, axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("ms since the first message was published")


def legend(figure, height):
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set_xlim(0, 8)
    axes.set_ylim(0, height)
    axes.axis("off")
    y, entries = height - 0.98, ((0.2, {"facecolor": chart_style.tint(INK, 0.35), "edgecolor": INK, "linewidth": 0.6}, "can answer"),
                                 (1.35, DEAF, "deaf"))
    for x, style, text in entries:
        axes.add_patch(Rectangle((x, y - 0.06), 0.24, 0.12, **style))
        axes.text(x + 0.31, y, text, size=7.5, va="center_baseline")
    axes.plot([2.2], [y], marker="v", color=INK, markersize=5)
    axes.text(2.31, y, "published", size=7.5, va="center_baseline")
    axes.plot([3.22], [y], marker="o", color=INK, markersize=5)
    axes.text(3.33, y, "arrived", size=7.5, va="center_baseline")


def age_axis(ladder, at_us):
    return (at_us - published_of(ladder)[0]["published_us"]) / 1000


def draw_row(axes, floor, ladder):
    colour, (low, high) = STYLES[ladder["transport"]]["colour"], axes.get_xlim()
    axes.text(low - (high - low) * 0.012, floor + 0.5, ladder["transport"], size=9, weight="bold", color=chart_style.dark(colour), ha="right",
              va="center")
    spans = listening(ladder)
    for begin, end in deaf(spans):
        lane(axes, ladder, begin, end, floor, DEAF | {"gid": "deaf"})
    for begin, end in spans:
        end_us = end if end is not None else published_of(ladder)[0]["published_us"] + high * 1000
        lane(axes, ladder, begin, max(end_us, begin + (high - low) * 1.8), floor,  # at least so wide that it can be seen
             {"facecolor": chart_style.tint(colour, 0.55), "edgecolor": chart_style.dark(colour), "linewidth": 0.7, "gid": "can answer"})
    axes.plot([low, high], [floor + SUBSCRIBER] * 2, color=FAINT, linewidth=1.2, zorder=1)
    for message in published_of(ladder):
        draw_message(axes, floor, ladder, message, colour, others_nearby(axes, ladder, message))


def lane(axes, ladder, begin_us, end_us, floor, style):
    begin, end = age_axis(ladder, begin_us), age_axis(ladder, end_us)
    axes.add_patch(Rectangle((begin, floor + SERVER - LANE / 2), end - begin, LANE, zorder=2, **style))


def draw_message(axes, floor, ladder, message, colour, nearby):
    """From the server's lane along it while the message waits, and down to the subscriber's when it leaves."""
    published = age_axis(ladder, message["published_us"])
    axes.plot([published], [floor + SERVER + LANE / 2 + 0.05], marker="v", color=INK, markersize=5, zorder=6)
    if message["delivered_us"] is None:
        return
    arrived = age_axis(ladder, message["delivered_us"])
    left = age_axis(ladder, message["answered_us"]) if message["answered_us"] is not None else published
    axes.plot([published, left, arrived], [floor + SERVER] * 2 + [floor + SUBSCRIBER], color=INK, linewidth=1, zorder=5)
    axes.plot([arrived], [floor + SUBSCRIBER], marker="o", color=chart_style.dark(colour), markersize=5.5, zorder=6)
    axes.annotate(f"{chart_style.duration(arrived - published)} old", (arrived, floor + SUBSCRIBER), xytext=(6, -8 if nearby % 2 == 0 else 8),
                  textcoords="offset points", size=7, va="center", color=chart_style.dark(colour), bbox=chart_style.WHITE, zorder=7)


def others_nearby(axes, ladder, message):
    """How many have arrived shortly before, so that their words are in the way."""
    low, high = axes.get_xlim()
    mine = message["delivered_us"]
    return sum(mine is not None and other["delivered_us"] is not None and 0 <= mine - other["delivered_us"] < 180 * (high - low)
               for other in published_of(ladder)[:published_of(ladder).index(message)])
