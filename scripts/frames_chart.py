#!/usr/bin/python3
"""Draws WebSocket frames byte by byte (RFC 6455 section 5.2), for chapter 6 of the course: docs/course/06-frames.svg.

    scripts/frames_chart.py [-o FILE.svg]

The same bytes, whenever it is drawn. Exit codes: 0 drawn, 1 failed."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import chart_style  # noqa: E402
from chart_style import GREY, INK, STYLES  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

TARGET = Path(__file__).resolve().parents[1] / "docs/course/06-frames.svg"
COLOUR = STYLES["websocket"]["colour"]
TINTS = {"kind": 0.75, "length": 0.5, "mask": 0.3, "payload": 0.1}
CELL_IN, TALL_IN, ROW_IN, LEFT_IN, HEAD_IN, FOOT_IN = 0.5, 0.42, 1.16, 0.25, 0.98, 0.12
SHOWN_MAX = 12  # bytes of a frame; the rest is an ellipsis
LETTER_IN = 0.062  # a letter of the words below, on average
KEY = bytes.fromhex("37fa213d")  # of the RFC's example, section 5.7


# -- the frames -----------------------------------------------------------------------------------------------------


def parts_of(payload, key=None):
    """[(kind, bytes, what it is)] of a text frame that is a whole message; with a key it is a client's."""
    size = len(payload)
    field, rest = (size, b"") if size <= 125 else (126, size.to_bytes(2, "big")) if size <= 65535 else (127, size.to_bytes(8, "big"))
    says = f"length {size}" if not rest else f"{field}, so {len(rest)} bytes of length: {size:,}"
    parts = [("kind", b"\x81", "FIN, text"), ("length", bytes([field | (0x80 if key else 0)]) + rest, ("MASK, " if key else "") + says)]
    if key:
        parts.append(("mask", key, "masking key"))
        payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    return parts + [("payload", payload, "payload, masked" if key else "payload")]


def encoded(parts):
    return b"".join(data for _, data, _ in parts)


FRAMES = (("Server to client: “Hello”, 2 bytes of framing", parts_of(b"Hello"), "Hello"),
          ("Client to server: the same, 6 bytes of framing", parts_of(b"Hello", KEY), "Hello"),
          ("Server to client: 126 bytes no longer fit, 4 of framing", parts_of(b"x" * 126), ""),
          ("Server to client: 65,536 bytes, 10 of framing", parts_of(b"x" * 65536), ""))


# -- the drawing ----------------------------------------------------------------------------------------------------


def draw():
    height = HEAD_IN + ROW_IN * len(FRAMES) + FOOT_IN
    figure = Figure(figsize=(8, height), facecolor="white")
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set_xlim(0, 8)
    axes.set_ylim(height, 0)
    axes.axis("off")
    axes.text(0.2, 0.26, "What is in a frame?", size=13, weight="bold", va="center")
    axes.text(0.2, 0.5, "Each box is a byte, in hex. RFC 6455, sections 5.2 and 5.7.", size=8.5, color=GREY, va="top")
    for row, (title, parts, letters) in enumerate(FRAMES):
        draw_frame(axes, HEAD_IN + ROW_IN * row, title, parts, letters)
    return figure


def draw_frame(axes, top, title, parts, letters):
    axes.text(LEFT_IN, top, title, size=9, weight="bold", va="center", color=chart_style.dark(COLOUR))
    x, left = LEFT_IN, SHOWN_MAX
    for kind, data, says in parts:
        shown = data[:max(1, left)] if kind != "payload" or len(data) <= left else data[:min(3, left)]
        left -= len(shown)
        begin = x
        for index, byte in enumerate(shown):
            axes.add_patch(Rectangle((x, top + 0.16), CELL_IN, TALL_IN, facecolor=chart_style.tint(COLOUR, TINTS[kind]), edgecolor=INK, linewidth=0.7))
            axes.text(x + CELL_IN / 2, top + 0.16 + TALL_IN / 2, f"{byte:02x}", size=10.5, family="DejaVu Sans Mono", ha="center", va="center")
            if kind == "payload" and letters:
                axes.text(x + CELL_IN - 0.05, top + 0.16 + TALL_IN - 0.07, letters[index], size=6, color=GREY, ha="right", va="center")
            x += CELL_IN
        if len(shown) < len(data):
            axes.text(x + 0.08, top + 0.16 + TALL_IN / 2, f"… {len(data):,} bytes", size=8.5, va="center", color=GREY)
        name_part(axes, begin, x, top + 0.16 + TALL_IN, says)


def name_part(axes, begin, end, bottom, says):
    """A bracket below its bytes; words that are longer than that stand two lines deep."""
    axes.plot([begin + 0.03, begin + 0.03, end - 0.03, end - 0.03], [bottom + 0.04, bottom + 0.08, bottom + 0.08, bottom + 0.04], color=GREY, linewidth=0.8)
    deep = len(says) * LETTER_IN > end - begin
    axes.text((begin + end) / 2, bottom + 0.13, says.replace(", ", ",\n") if deep else says, size=7.2, ha="center", va="top", linespacing=1.15)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", metavar="FILE", dest="file", type=Path, default=TARGET, help="where to draw (default: beside the chapter)")
    options = parser.parse_args()
    with open(options.file, "wb") as file:
        chart_style.save(draw(), file, options.file.suffix.removeprefix("."))
    print(options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
