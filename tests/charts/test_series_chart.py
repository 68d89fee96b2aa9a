#!/usr/bin/python3
"""scripts/series_chart.py, on series of every shape: what is drawn is right, nothing overlaps, and chart.py draws it too."""

import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "scripts"
sys.path[:0] = [str(HERE), str(SCRIPTS)]
sys.dont_write_bytecode = True

import chart  # noqa: E402
import heat_chart  # noqa: E402
import series_chart  # noqa: E402
import synthetic_result  # noqa: E402
import synthetic_series  # noqa: E402
from test_chart import check_texts, words  # noqa: E402

SMALL = ("--subscribers", "50", "--duration-ms", "2000")
SHAPES = {
    "as compare writes it": (SMALL, {}),
    "frozen": ((*SMALL, "--transports", "websocket,long-poll", "--rounds", "1", "--rate", "100"), {"frozen_ms": (500, 1500)}),
    "one transport, some lost": ((*SMALL, "--transports", "keep-alive", "--lost", "1"), {"lost_ms": (350,)}),
    "too few for a median": (("--subscribers", "1", "--rate", "2", "--duration-ms", "1000"), {}),
    "nothing delivered": ((*SMALL, "--nothing-delivered"), {}),
    "a long window": (("--subscribers", "5", "--duration-ms", "120000", "--rounds", "1"), {"step_ms": 5000}),
    "no runs at all": (("--rounds", "0"), {}),
}


def result(*flags):
    return synthetic_result.make(synthetic_result.parse(flags))


def grouped(lines):
    found = {}
    for line in lines:
        found.setdefault((line["transport"], line["round"]), []).append(line)
    return found


def draw(made, lines, name=series_chart.NAME):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = series_chart.drawings_of(grouped(lines))[name](made, grouped(lines))
    FigureCanvasAgg(figure)
    return figure


def shape(name):
    flags, options = SHAPES[name]
    made = result(*flags)
    return made, synthetic_series.make(made, **options)


def curves(axes, width):
    return [list(line.get_ydata()) for line in axes.lines if line.get_linewidth() == width and line.get_linestyle() == "-"]


class EveryShape(unittest.TestCase):
    def test_no_text_covers_another_or_leaves_the_page(self):
        for name in SHAPES:
            for picture in series_chart.drawings_of(grouped(shape(name)[1])):
                with self.subTest(shape=name, picture=picture):
                    figure = draw(*shape(name), picture)
                    check_texts(self, figure)

    def test_conditions_and_what_went_wrong_are_said(self):
        text = words(draw(*shape("one transport, some lost")))
        for fact in ("50 subscribers", "20 messages/s", "Imaginary CPU", "some lost", "A line a round", "theory"):
            self.assertIn(fact, text)
        text = words(draw(*shape("frozen")))
        self.assertNotIn("lost", text)
        self.assertNotIn("A line a round", text)
        self.assertIn("nothing was delivered", words(draw(*shape("nothing delivered"))))
        self.assertIn("Nothing was delivered.", words(draw(*shape("no runs at all"))))

    def test_a_column_a_transport_in_its_colour(self):
        figure = draw(*shape("as compare writes it"))
        self.assertEqual(2 * len(chart.STYLES), len(figure.axes))
        for name, axes in zip(chart.STYLES, figure.axes[::2]):
            self.assertEqual(name, axes.get_title(loc="left"))
            medians = [line for line in axes.lines if line.get_linewidth() == series_chart.BROAD]
            self.assertEqual([chart.STYLES[name]["colour"]] * 3, [line.get_color() for line in medians], "a round each")
            self.assertEqual(figure.axes[0].get_ylim(), axes.get_ylim(), "columns can be compared")


class Frozen(unittest.TestCase):
    """The server stands still from 0.5 s to 1.5 s, at 100 messages/s to 50 subscribers."""

    def setUp(self):
        self.made, self.lines = shape("frozen")
        self.age_axes, self.rate_axes = draw(self.made, self.lines).axes[:2]  # long-poll's

    def test_ages_are_those_of_the_lines(self):
        lines = [line for line in self.lines if line["transport"] == "long-poll"]
        self.assertEqual([[line["age_p50_us"] / 1000 for line in lines]], curves(self.age_axes, series_chart.BROAD))
        self.assertEqual([[line["age_max_us"] / 1000 for line in lines]], curves(self.age_axes, series_chart.THIN))
        self.assertGreater(lines[5]["age_p50_us"], 1e6, "due as it began")
        self.assertEqual(0.55, self.age_axes.lines[0].get_xdata()[5], "in the middle of its interval")

    def test_nothing_arrives_and_then_everything(self):
        owed, arrived, filled = (patch.get_data() for patch in self.rate_axes.patches)
        self.assertEqual([5000] * 5 + [0] * 10 + [55_000] + [5000] * 4, list(arrived.values))
        self.assertEqual([5000] * 20, list(owed.values))
        self.assertEqual(list(arrived.values), list(filled.values))
        self.assertAlmostEqual(2.0, arrived.edges[-1])


class Heat(unittest.TestCase):
    """The same as a heat map."""

    def test_each_delivery_is_in_its_cell_and_a_column_adds_up_to_one(self):
        line = dict(shape("as compare writes it")[1][0], start_ms=0, length_ms=100)
        one = dict(line, age_us_buckets=[[7, 1], [1023, 3]])
        other = dict(line, start_ms=100, length_ms=50, age_us_buckets=[[1023, 2], [0, 2]])
        self.assertEqual([(0, 0.1, 7, 8, 1 / 4), (0, 0.1, 896, 1024, 3 / 4), (0.1, 0.15, 0, 1, 1 / 2), (0.1, 0.15, 896, 1024, 1 / 2)],
                         heat_chart.cells_of([[one, other]]))
        self.assertEqual([(0, 0.1, 7, 8, 1 / 8), (0, 0.1, 896, 1024, 7 / 8)],
                         heat_chart.cells_of([[one], [dict(other, start_ms=0, length_ms=100, age_us_buckets=[[1023, 4]])]]), "rounds together")

    def test_many_intervals_share_a_column(self):
        made, lines = shape("a long window")
        lines = [dict(lines[0], start_ms=100 * i, length_ms=100, age_us_buckets=[[1023, 1]]) for i in range(2000)]
        cells = heat_chart.cells_of([lines])
        self.assertEqual((heat_chart.COLUMNS_MAX, 0.0, 2.0, 200.0), (len(cells), cells[0][0], cells[0][1], cells[-1][1]))

    def test_a_pause_shows_as_a_slope(self):
        made, lines = shape("frozen")
        cells = heat_chart.cells_of([[line for line in lines if line["transport"] == "long-poll"]])
        youngest = {begin: min(low for at, _, low, _, _ in cells if at == begin) for begin, *_ in cells}
        self.assertGreater(youngest[0.5], 850_000)
        self.assertGreater(youngest[0.5], youngest[1.0])
        self.assertGreater(youngest[1.0], youngest[1.4])

    def test_theory_is_spoken_of_where_it_is_drawn(self):
        self.assertIn("theory", words(draw(*shape("one transport, some lost"), series_chart.HEAT)))
        self.assertNotIn("theory", words(draw(*shape("frozen"), series_chart.HEAT)), "of who is told at once")

    def test_a_series_of_before_has_none(self):
        made, lines = shape("as compare writes it")
        for line in lines:
            del line["age_us_buckets"]
        self.assertEqual([series_chart.NAME], list(series_chart.drawings_of(grouped(lines))))


class Gaps(unittest.TestCase):
    @staticmethod
    def lines(*medians_us, **changes):
        line = dict(shape("as compare writes it")[1][0], **changes)
        return [dict(line, start_ms=100 * i, age_p50_us=us, age_max_us=us and 2 * us) for i, us in enumerate(medians_us)]

    def test_what_is_not_known_is_a_gap_and_not_nought(self):
        made = result(*SMALL)
        axes = draw(made, self.lines(1000, 2000, None, 3000)).axes[0]
        (median,) = curves(axes, series_chart.BROAD)
        self.assertEqual([1, 2, 3], [age for age in median if not math.isnan(age)])
        self.assertTrue(math.isnan(median[2]))

    def test_a_known_one_between_two_gaps_shows(self):
        made = result(*SMALL)
        dots = [line for line in draw(made, self.lines(None, 2000, None)).axes[0].lines if line.get_marker() == "."]
        self.assertEqual([4.0, 2.0], [line.get_ydata()[0] for line in dots], "its oldest and its median")
        self.assertEqual([], [line for line in draw(made, self.lines(1000, 2000, None)).axes[0].lines if line.get_marker() == "."])

    def test_a_loss_is_marked_where_it_was_due(self):
        figure = draw(*shape("one transport, some lost"))
        crosses = [list(line.get_xdata()) for line in figure.axes[0].lines if line.get_marker() == "x"]
        self.assertEqual([[0.35]] * 3, crosses, "in each round")

    def test_a_short_last_interval_is_as_fast_as_the_others(self):
        lines = self.lines(1000, 1000, arrived=10)
        lines[1].update(length_ms=50, arrived=5)
        values, edges = series_chart.per_second(lines, "arrived")
        self.assertEqual(([100, 100], [0, 0.1]), (values, edges[:2]))
        self.assertAlmostEqual(0.15, edges[2])


class Command(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.made, self.lines = shape("as compare writes it")

    def write(self, text, made=None):
        (self.scratch / "result.json").write_text(json.dumps(made or self.made), encoding="utf-8")
        (self.scratch / "series.ndjson").write_text(text, encoding="utf-8")

    def run_script(self, script, *arguments, hash_seed="1"):
        return subprocess.run([SCRIPTS / script, *arguments], capture_output=True, text=True, check=False, cwd=self.scratch,
                              env={**os.environ, "PYTHONHASHSEED": hash_seed})

    def drawn(self, folder):
        return sorted(file.name for file in (self.scratch / folder).iterdir() if file.suffix in (".svg", ".png"))

    def test_chart_draws_it_when_there_is_one_and_the_same_bytes_as_this(self):
        self.write(synthetic_series.text_of(self.lines))
        done = self.run_script("chart.py", "result.json", "-o", "all")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn("all/age-over-time.svg\n", done.stdout)
        self.assertEqual(2 * (len(chart.CHARTS) + 2), len(self.drawn("all")))
        done = self.run_script("series_chart.py", "result.json", "series.ndjson", "-o", "one", hash_seed="2")
        self.assertEqual((0, "", "one/age-over-time.svg\none/age-heat.svg\n"), (done.returncode, done.stderr, done.stdout))
        for name in self.drawn("one"):
            self.assertEqual((self.scratch / "all" / name).read_bytes(), (self.scratch / "one" / name).read_bytes(), name)

    def test_an_idle_run_has_no_ages_to_draw(self):
        idle = result(*SMALL, "--rate", "0")
        self.write(synthetic_series.text_of(synthetic_series.make(idle)), idle)
        self.assertEqual(0, self.run_script("chart.py", "result.json").returncode)
        self.assertEqual(["idle.png", "idle.svg"], self.drawn("."))

    def test_what_is_no_series_is_refused_by_its_line(self):
        good = synthetic_series.text_of(self.lines[:2])
        for bad, reason in (("not json", "Expecting value"), ("[]", "indices"), ('{"schema": "other/1"}', "other/1"),
                            (json.dumps({**self.lines[0], "length_ms": 0}), "length_ms 0"),
                            (json.dumps({**self.lines[0], "transport": "fax"}), "fax"),
                            (json.dumps({**self.lines[0], "age_us_buckets": [["many", 1]]}), "TypeError"),
                            (json.dumps({**self.lines[0], "arrived": "many"}), "TypeError")):
            self.write(good + bad + "\n")
            with self.assertRaisesRegex(chart.NotAResult, rf"series.ndjson:3: not a line of wirelab.series/1.*{reason}"):
                series_chart.read_series(self.scratch / "series.ndjson")

    def test_it_is_refused_before_anything_is_drawn(self):
        self.write("not json\n")
        for script, rest in (("chart.py", ()), ("series_chart.py", ("series.ndjson",))):
            done = self.run_script(script, "result.json", *rest, "-o", "none")
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(f"{script}: ", done.stderr)
            self.assertIn("series.ndjson:1: not a line", done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertFalse((self.scratch / "none").exists())

    def test_a_missing_file_is_named(self):
        self.write("")
        done = self.run_script("series_chart.py", "result.json", "absent.ndjson")
        self.assertEqual(2, done.returncode)
        self.assertIn("absent.ndjson: No such file", done.stderr)


if __name__ == "__main__":
    unittest.main()
