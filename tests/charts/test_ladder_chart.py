#!/usr/bin/python3
"""scripts/ladder_chart.py, on ladders of every shape: time is to scale and cut where it says so, no label covers another,
and the same file gives the same bytes."""

import copy
import io
import itertools
import json
import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "scripts"
sys.path[:0] = [str(HERE), str(SCRIPTS)]
sys.dont_write_bytecode = True

import matplotlib  # noqa: E402

import ladder_chart  # noqa: E402
import ladder_strips  # noqa: E402
import synthetic_ladder  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from test_chart import DEBIAN_12_MATPLOTLIB, check_texts  # noqa: E402

RECORD = synthetic_ladder.make()


def lossy():
    """A question that is lost and sent again."""
    record = synthetic_ladder.make(("long-poll",))
    arrows = record["ladders"][0]["arrows"]
    question = next(arrow for arrow in arrows if arrow["text"].startswith("GET"))
    again = {**copy.deepcopy(question), "sent_us": question["sent_us"] - 1000, "arrives_us": None}
    question["retransmission"] = True
    record["ladders"][0]["arrows"] = sorted([*arrows, again], key=lambda arrow: arrow["sent_us"])
    return record


SHAPES = {
    "all four at 50 ms": RECORD,
    "all four at 200 ms": synthetic_ladder.make(rtt_ms=200.0, gap_ms=10.0, interval_ms=250.0),
    "from a capture": synthetic_ladder.make(("websocket",), pcap="websocket.pcap"),
    "almost no distance": synthetic_ladder.make(rtt_ms=0.05),
    "no distance": synthetic_ladder.make(("short-poll", "websocket"), rtt_ms=0.0),
    "close messages": synthetic_ladder.make(("long-poll", "websocket"), gap_ms=1.0),
    "polls that wait long": synthetic_ladder.make(("keep-alive",), interval_ms=2000.0),
    "a loss": lossy(),
}


def columns_of(record, drawing):
    """What is drawn, as the columns that drew it."""
    columns, kept = [], ladder_chart.Column.__init__

    def remember(self, *arguments):
        kept(self, *arguments)
        columns.append(self)

    ladder_chart.Column.__init__ = remember
    try:
        figure = ladder_chart.drawings_of(record)[drawing](record)
    finally:
        ladder_chart.Column.__init__ = kept
    return figure, columns


class EveryShape(unittest.TestCase):
    def test_no_label_covers_another_or_leaves_the_page_and_all_but_acknowledgements_have_one(self):
        for shape, record in SHAPES.items():
            drawing = [name for name in ladder_chart.drawings_of(record) if name.startswith("ladder")][-1]  # all on one page, if there are several
            with self.subTest(shape=shape, drawing=drawing):
                figure, columns = columns_of(record, drawing)
                for one, other in itertools.chain.from_iterable(itertools.combinations(column.taken, 2) for column in columns):
                    self.assertFalse(one.overlaps(other))
                figure.draw_without_rendering()
                for text in figure.axes[0].texts:
                    box = text.get_window_extent()
                    inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
                    self.assertTrue(inside, f"{text.get_text()!r} leaves the page")
                if not shape.endswith("no distance"):  # there a line is not long enough, or not far enough from the next
                    self.check_labels(figure, columns)

    def check_labels(self, figure, columns):
        words = [text.get_text() for text in figure.axes[0].texts]
        wanted = sum(arrow["kind"] != "ack" for column in columns for arrow in column.ladder["arrows"])
        self.assertEqual(wanted, sum(text.endswith(" B") and not text.startswith("ACK") for text in words))


    def test_a_warning_is_on_the_page(self):
        record = synthetic_ladder.make(("websocket",))
        record["warnings"] = ["websocket: the link was up to 7.0 ms late"]
        figure, _ = columns_of(record, "ladder-websocket")
        self.assertIn("Mind: websocket: the link was up to 7.0 ms late", [text.get_text() for text in figure.axes[0].texts])


class Time(unittest.TestCase):
    def test_is_to_scale_where_packets_are_under_way(self):
        time = ladder_chart.TimeAxis(RECORD["ladders"])
        self.assertAlmostEqual(ladder_chart.ROUND_TRIP_IN, time.inches(50_000) - time.inches(0))
        self.assertEqual([], time.cuts)

    def test_is_the_same_for_all_on_one_page(self):
        _, columns = columns_of(RECORD, "ladders")
        self.assertEqual(4, len(columns))
        self.assertEqual(1, len({id(column.time) for column in columns}))

    def test_is_cut_where_nothing_happens_for_long_and_it_is_said_for_how_long(self):
        record = synthetic_ladder.make(("keep-alive",), interval_ms=2000.0)
        time = ladder_chart.TimeAxis(record["ladders"])
        self.assertEqual([55_000.0, 1_850_000.0], [round(length_us, 3) for _, length_us in time.cuts])
        self.assertLess(time.length_in, 8)  # to scale it would be 53 inches
        figure, _ = columns_of(record, "ladder-keep-alive")
        self.assertIn("1.85 s without a packet", [text.get_text() for text in figure.axes[0].texts])

    def test_a_long_ladder_is_drawn_smaller(self):
        record = synthetic_ladder.make(("short-poll",), interval_ms=60.0)
        late = record["ladders"][0]["arrows"][-1]
        for beat in range(60):
            record["ladders"][0]["arrows"].append({**late, "sent_us": late["sent_us"] + beat * 20_000,
                                                   "arrives_us": late["arrives_us"] + beat * 20_000})
        self.assertAlmostEqual(ladder_chart.LONGEST_IN, ladder_chart.TimeAxis(record["ladders"]).length_in, places=3)

    def test_intervals_that_touch_are_one(self):
        self.assertEqual([(0, 5), (7, 8)], ladder_chart.merged([(0, 3), (2, 5), (7, 8)]))
        self.assertEqual([(0, 8)], ladder_chart.merged([(0, 3), (2, 5), (7, 8)], 2))


class Arrows(unittest.TestCase):
    def test_slant_by_their_transit(self):
        _, (column,) = columns_of(RECORD, "ladder-websocket")
        for arrow in column.ladder["arrows"]:
            (x0, y0), (x1, y1) = column.ends(arrow)
            self.assertAlmostEqual(ladder_chart.ROUND_TRIP_IN / 2, y1 - y0)
            self.assertEqual(arrow["from"] == "client", x1 > x0)

    def test_have_the_colour_of_their_transport_only_if_they_carry_data(self):
        _, (column,) = columns_of(RECORD, "ladder-short-poll")
        colours = {arrow["kind"]: column.colour_of(arrow) for arrow in column.ladder["arrows"]}
        self.assertEqual({"data": "#D55E00", "syn": ladder_chart.INK, "fin": ladder_chart.INK, "ack": ladder_chart.ACK}, colours)

    def test_a_lost_one_ends_half_way(self):
        figure, _ = columns_of(SHAPES["a loss"], "ladder-long-poll")
        self.assertEqual(1, sum(line.get_marker() == "x" for line in figure.axes[0].lines))
        self.assertTrue(any(" again · " in text.get_text() for text in figure.axes[0].texts))


class Boxes(unittest.TestCase):
    def test_overlap_only_where_they_do(self):
        flat, turned = ladder_chart.Box(0, 0, 2, 0.2), ladder_chart.Box(0, 0.8, 2, 0.2, math.pi / 4)
        self.assertFalse(flat.overlaps(ladder_chart.Box(0, 0.21, 2, 0.2)))
        self.assertTrue(flat.overlaps(ladder_chart.Box(0, 0.19, 2, 0.2)))
        self.assertTrue(flat.overlaps(ladder_chart.Box(0, 0.5, 2, 0.2, math.pi / 4)))
        self.assertFalse(ladder_chart.Box(1.2, 0, 0.2, 0.2).overlaps(turned))
        self.assertTrue(flat.overlaps(ladder_chart.box_of_line((0, -1), (0, 1))))
        self.assertFalse(flat.overlaps(ladder_chart.box_of_line((2, -1), (2, 1))))

    def test_words_are_shortened_from_their_end(self):
        self.assertEqual(["GET /long-poll/news?after=k-1", "GET /long-poll/news?…", "GET /long-poll/…", "GET …"],
                         list(ladder_chart.shorter("GET /long-poll/news?after=k-1")))


class Strips(unittest.TestCase):
    """timeline.svg: when the server is deaf is what the chart is for."""

    def deaf_ms(self, transport, **timing):
        ladder = synthetic_ladder.make((transport,), **timing)["ladders"][0]
        return [(after - before) / 1000 for before, after in ladder_strips.deaf(ladder_strips.listening(ladder))]

    def test_a_long_poll_is_deaf_for_a_round_trip_after_each_answer_and_a_websocket_never(self):
        for rtt_ms in (50.0, 200.0):
            with self.subTest(rtt_ms=rtt_ms):
                self.assertEqual(3, len(self.deaf_ms("long-poll", rtt_ms=rtt_ms)))  # the empty answer and two with a message
                for lasted_ms in self.deaf_ms("long-poll", rtt_ms=rtt_ms):
                    self.assertAlmostEqual(rtt_ms, lasted_ms, delta=0.01 * rtt_ms + 1)
                self.assertEqual([], self.deaf_ms("websocket", rtt_ms=rtt_ms))

    def test_polls_are_deaf_from_an_answer_to_the_next_poll(self):
        for transport in ("short-poll", "keep-alive"):
            self.assertAlmostEqual(200.0, self.deaf_ms(transport)[-1], delta=2)

    def test_what_can_answer_to_the_end_is_drawn_to_the_edge(self):
        record = synthetic_ladder.make(("websocket",))
        axes = ladder_strips.draw(record, []).axes[1]
        socket, = [patch for patch in axes.patches if patch.get_gid() == "can answer"]
        self.assertGreaterEqual(socket.get_x() + socket.get_width(), axes.get_xlim()[1] - 1e-6)

    def test_no_text_covers_another_or_leaves_the_page(self):
        for shape, record in SHAPES.items():
            drawings = ladder_chart.drawings_of(record)
            with self.subTest(shape=shape):
                figure = drawings["timeline"](record)
                FigureCanvasAgg(figure)
                check_texts(self, figure)

    def test_none_without_a_message(self):
        record = copy.deepcopy(RECORD)
        for ladder in record["ladders"]:
            ladder["messages"] = []
        self.assertNotIn("timeline", ladder_chart.drawings_of(record))


class Command(unittest.TestCase):
    def run_script(self, record, folder):
        path = Path(folder) / "ladder.json"
        path.write_text(record if isinstance(record, str) else json.dumps(record), encoding="utf-8")
        return subprocess.run([sys.executable, SCRIPTS / "ladder_chart.py", path, "-o", folder], capture_output=True, text=True)

    def test_draws_one_page_each_and_one_of_all(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_script(synthetic_ladder.make(("long-poll", "websocket")), folder)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertEqual(sorted(f"{name}.{kind}" for name in ("ladder-long-poll", "ladder-websocket", "ladders", "timeline") for kind in ("png", "svg")),
                             sorted(path.name for path in Path(folder).iterdir() if path.suffix != ".json"))

    def test_what_is_no_ladder_is_refused_by_name(self):
        damaged = copy.deepcopy(RECORD)
        del damaged["ladders"][0]["arrows"][0]["kind"]
        for record, words in (("{", "not JSON"), ({"schema": "wirelab.result/2"}, "scripts/chart.py draws those"),
                              (damaged, "says it is a wirelab.ladder/1, but is not: KeyError('kind')"), ({**RECORD, "ladders": []}, "no ladder")):
            with self.subTest(words=words), tempfile.TemporaryDirectory() as folder:
                done = self.run_script(record, folder)
                self.assertEqual(2, done.returncode)
                self.assertIn(words, done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_the_same_file_gives_the_same_bytes(self):
        drawn = []
        for _ in range(2):
            drawn.append(io.BytesIO())
            for name in ("ladder-websocket", "timeline"):
                ladder_chart.chart_style.save(ladder_chart.drawings_of(RECORD)[name](RECORD), drawn[-1], "svg")
        self.assertEqual(drawn[0].getvalue(), drawn[1].getvalue())

    def test_pictures_in_docs_are_drawn_from_the_ladders_beside_them(self):
        if matplotlib.__version__ != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {matplotlib.__version__}, not {DEBIAN_12_MATPLOTLIB}")
        for path in sorted((HERE.parents[1] / "docs" / "results").glob("*/ladder.json")):
            record = ladder_chart.read_ladders(path)
            for picture in sorted(path.parent.glob("*.svg")):
                again = io.BytesIO()
                ladder_chart.chart_style.save(ladder_chart.drawings_of(record)[picture.stem](record), again, "svg")
                with self.subTest(picture=f"{path.parent.name}/{picture.name}"):
                    self.assertEqual(picture.read_bytes(), again.getvalue(), f"draw it again: scripts/ladder_chart.py {path}")


if __name__ == "__main__":
    unittest.main()
