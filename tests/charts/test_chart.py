#!/usr/bin/python3
"""scripts/chart.py, on results of every shape: what is drawn is right, nothing overlaps, and the same result gives the
same bytes."""

import importlib.util
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHART = HERE.parents[1] / "scripts" / "chart.py"
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import matplotlib  # noqa: E402

import synthetic_result  # noqa: E402


def load(path):
    spec = importlib.util.spec_from_file_location("chart", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


chart = load(CHART)


def result(*flags):
    return synthetic_result.make(synthetic_result.parse(flags))


DEBIAN_12_MATPLOTLIB = "3.6.3"  # another draws the same picture in other bytes

SMALL = ("--subscribers", "10", "--duration-ms", "2000")
SHAPES = {
    "as compare writes it": SMALL,
    "one round, some lost": (*SMALL, "--rounds", "1", "--lost", "7"),
    "a replay, pushed only": (*SMALL, "--transports", "websocket,long-poll", "--replay"),
    "one transport": (*SMALL, "--transports", "keep-alive"),
    "two deliveries": ("--transports", "short-poll", "--subscribers", "1", "--rate", "2", "--duration-ms", "1000"),
    "nothing delivered": (*SMALL, "--nothing-delivered"),
    "a server that tells nothing of its load": (*SMALL, "--foreign-server", "--payload", "57"),
    "many empty answers": (*SMALL, "--rate", "1", "--interval", "50"),
    "idle": (*SMALL, "--rate", "0"),
    "idle, little told": (*SMALL, "--rate", "0", "--no-root", "--rounds", "1", "--transports", "websocket,short-poll"),
    "idle, nothing told": (*SMALL, "--rate", "0", "--foreign-server"),
    "slow polls": (*SMALL, "--interval", "5000"),
    "no runs at all": ("--rounds", "0"),
}


def texts_of(figure):
    """Every piece of text that shows, with the box it takes."""
    figure.draw_without_rendering()
    pieces = list(figure.texts)
    for axes in figure.axes:
        pieces += [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            pieces += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    for legend in figure.legends:
        pieces += legend.get_texts()
    shown = [piece for piece in pieces if piece.get_visible() and piece.get_text().strip()]
    return [(piece.get_text(), piece.get_window_extent()) for piece in shown]


def draw(name, made):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = chart.charts_of(made)[name](made)
    FigureCanvasAgg(figure)
    return figure


def words(figure):
    return "\n".join(text for text, _ in texts_of(figure))


def check_texts(case, figure):
    """Of every chart: no text covers another or leaves the page."""
    texts = texts_of(figure)
    for (one, box), (other, other_box) in itertools.combinations(texts, 2):
        overlap = min(box.x1, other_box.x1) - max(box.x0, other_box.x0) > 1 and \
            min(box.y1, other_box.y1) - max(box.y0, other_box.y0) > 1
        case.assertFalse(overlap, f"{one!r} and {other!r} overlap")
    for text, box in texts:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        case.assertTrue(inside, f"{text!r} leaves the page")


class EveryShape(unittest.TestCase):
    def test_no_text_covers_another_or_leaves_the_page(self):
        for shape, name, made in ((shape, name, made) for shape, flags in SHAPES.items() for made in [result(*flags)]
                                  for name in chart.charts_of(made)):
            with self.subTest(shape=shape, chart=name):
                figure = draw(name, made)
                check_texts(self, figure)

    def test_the_configuration_is_in_the_caption(self):
        for name in chart.CHARTS:
            caption = words(draw(name, result(*SMALL, "--seed", "42")))
            for fact in ("10 subscribers", "20 messages/s", "128 bytes", "250 ms", "3 rounds of 2 s", "seed 42",
                         "Imaginary CPU", "2026-01-02 03:04 UTC", "0123456789ab"):
                self.assertIn(fact, caption)
            self.assertIn("replay of chat.ndjson (1,377 messages) at 60x", words(draw(name, result(*SHAPES["a replay, pushed only"]))))

    def test_what_went_wrong_is_said_on_every_chart(self):
        for name in chart.CHARTS:
            self.assertIn("long-poll: 21 of 1,200 lost", words(draw(name, result(*SMALL, "--lost", "7"))))
            self.assertIn("nothing was delivered", words(draw(name, result(*SHAPES["nothing delivered"]))))
            self.assertNotIn("Mind", words(draw(name, result(*SMALL))))
            sanitized = result(*SMALL)
            sanitized["versions"]["build"] = "Debug, -fsanitize=address"
            self.assertIn("sanitizers", words(draw(name, sanitized)))

    def test_a_single_round_says_so(self):
        for name in ("bytes", "server"):
            self.assertIn("One round only", words(draw(name, result(*SMALL, "--rounds", "1"))))
            self.assertNotIn("One round only", words(draw(name, result(*SMALL))))


class Percentiles(unittest.TestCase):
    def test_runs_are_merged_before_a_percentile_is_taken(self):
        made = result(*SMALL, "--transports", "long-poll")
        samples = sorted(value for run in made["runs"] for value, count in run["age_us"]["buckets"] for _ in range(count))
        ages = chart.Ages(made["runs"])
        self.assertEqual(len(samples), ages.count)
        for percent in (0, 1, 50, 90, 99, 100):
            at = max(0, -(-percent * len(samples) // 100) - 1)
            self.assertEqual(samples[at], ages.quantile_us(percent / 100), f"p{percent}")

    def test_a_line_ends_where_fewer_than_ten_samples_lie_beyond(self):
        made = result(*SMALL)
        axes = draw("age-percentiles", made).axes[0]
        count = chart.Ages(chart.runs_of(made, "websocket")).count
        lines = [line for line in axes.lines if line.get_color() == chart.STYLES["websocket"]["colour"] and len(line.get_xdata()) > 2]
        self.assertEqual(1, len(lines))
        self.assertAlmostEqual(count / 10, max(lines[0].get_xdata()))
        ages = chart.Ages(made["runs"])
        ages.count = 1000
        self.assertTrue(ages.supports(0.99))
        ages.count = 999
        self.assertFalse(ages.supports(0.99))

    def test_the_slowest_delivery_is_marked(self):
        made = result(*SMALL, "--transports", "websocket")
        slowest = max(run["age_us"]["max"] for run in made["runs"])
        stars = [line for line in draw("age-percentiles", made).axes[0].lines if line.get_marker() == "*"]
        self.assertEqual([slowest / 1000], [star.get_ydata()[0] for star in stars])


class Distribution(unittest.TestCase):
    def test_the_theory_is_a_ramp_over_one_interval(self):
        made = result(*SMALL, "--interval", "400")
        axes = draw("age-distribution", made).axes[1]
        ramps = [line for line in axes.lines if line.get_color() == chart.INK and line.get_xdata()[-1] > 0]
        self.assertEqual(1, len(ramps), "both kinds of polls are equally fresh in theory, and pushes at once")
        xs, ys = ramps[0].get_xdata(), ramps[0].get_ydata()
        self.assertAlmostEqual(400, xs[-1])
        self.assertEqual((0, 1), (ys[0], ys[-1]))
        self.assertAlmostEqual(100, xs[list(ys).index(0.25)])

    def test_the_theory_of_who_waits_now_and_then_is_a_step_and_a_ramp(self):
        theory = {"age_transit_us": 25_000, "age_wait_us": 50_000, "age_waiting_share": 0.25}
        self.assertEqual([25, 25, 50, 75], [chart.predicted_age_ms(theory, share) for share in (0, 0.75, 0.875, 1)])
        made = result(*SMALL, "--transports", "long-poll")
        made["summary"]["long-poll"]["predicted"].update(theory)
        line = next(line for line in draw("age-distribution", made).axes[0].lines if line.get_color() == chart.INK)
        self.assertEqual([(25, 0), (25, 0.75), (75, 1)],
                         [(line.get_xdata()[i], line.get_ydata()[i]) for i in (0, 1, -1)])

    def test_a_result_without_theory_is_drawn_without(self):
        made = result(*SMALL)
        for summary in made["summary"].values():
            del summary["predicted"]  # as older files
        for name in chart.CHARTS:
            figure = draw(name, made)
            self.assertNotIn("theory", words(figure))
            self.assertFalse([line for axes in figure.axes for line in axes.lines if line.get_zorder() == chart.THEORY["zorder"]])

    def test_without_polls_there_is_no_ramp(self):
        self.assertEqual(1, len(draw("age-distribution", result(*SHAPES["a replay, pushed only"])).axes))

    def test_the_curve_is_the_share_not_older(self):
        ages = chart.Ages([{"age_us": {"buckets": [[1000, 1], [2000, 3]], "max": 2000}}])
        self.assertEqual(([1.0, 2.0], [0.25, 1.0]), ages.ecdf())


class Costs(unittest.TestCase):
    def test_bars_are_per_delivered_message_over_all_rounds(self):
        made = result(*SMALL)
        runs = chart.runs_of(made, "short-poll")
        delivered = sum(run["window"]["delivered"] for run in runs)
        cost = chart.bytes_of(made, "short-poll")
        self.assertAlmostEqual(sum(run["bytes"][way]["application_total"] for run in runs for way in ("out", "in")) / delivered, cost["application"])
        self.assertAlmostEqual(made["summary"]["short-poll"]["bytes_per_delivered"]["both"]["wire_total"], cost["wire"])
        cpu = made["summary"]["short-poll"]["server_cpu_ms_per_1000_delivered"]
        self.assertIn(chart.number(cpu), words(draw("server", made)))

    def test_theory_is_a_tick_where_the_bar_should_end(self):
        made = result(*SMALL)

        def ticks(axes):
            return sorted(line.get_xdata()[0] for line in axes.lines if line.get_zorder() == chart.THEORY["zorder"])

        theories = [made["summary"][name]["predicted"] for name in chart.STYLES]
        self.assertEqual(sorted(theory[f"{view}_total_bytes_both_per_delivered"] for theory in theories for view in ("application", "wire")),
                         ticks(draw("bytes", made).axes[0]))
        cpu, requests = draw("server", made).axes
        self.assertEqual(sorted(1000 * theory["requests_per_delivered"] for theory in theories), ticks(requests))
        self.assertEqual([], ticks(cpu), "no closed form has the processor's time")

    def test_every_round_and_the_interval_over_them_are_in_the_chart(self):
        made = result(*SMALL)

        def drawn(axes, along):
            return sorted(tuple(getattr(line, f"get_{along}data")()) for line in axes.lines if line.get_gid() == "interval")

        def known(factor, *keys):
            return sorted(tuple(factor * end for end in made["summary"][name]["intervals"][key]) for name in chart.STYLES for key in keys)

        cpu, requests = draw("server", made).axes
        self.assertEqual(known(1, "server_cpu_ms_per_1000_delivered"), drawn(cpu, "x"))
        self.assertEqual(known(1000, "requests_per_delivered"), drawn(requests, "x"))
        self.assertEqual(known(1, "application_total_bytes_both_per_delivered", "wire_total_bytes_both_per_delivered"),
                         drawn(draw("bytes", made).axes[0], "x"))
        ages = drawn(draw("age-percentiles", made).axes[0], "y")
        for interval in known(1e-3, "age_p50_us", "age_p90_us"):
            self.assertIn(interval, ages)
        for summary in made["summary"].values():
            summary["intervals"] = None
        self.assertEqual([], drawn(draw("server", made).axes[0], "x"))

    def test_publishing_alone_is_marked_in_the_bar(self):
        made = result(*SMALL)
        shares = [made["summary"][name]["publishing_alone_cpu_ms_per_1000_delivered"] for name in chart.transports_of(made)]
        figure = draw("server", made)
        lines = marks_of_publishing(figure)
        self.assertEqual(shares, [line.get_xdata()[0] for line in lines])
        self.assertIn("dotted line", words(figure))
        for name in made["summary"]:
            made["summary"][name]["publishing_alone_cpu_ms_per_1000_delivered"] = None
        figure = draw("server", made)
        self.assertEqual([], marks_of_publishing(figure))
        self.assertNotIn("dotted line", words(figure))

    def test_a_load_that_was_not_read_is_not_a_bar_of_nothing(self):
        figure = draw("server", result(*SHAPES["a server that tells nothing of its load"]))
        self.assertIn("could not be read", words(figure))
        self.assertEqual(0, len(figure.axes[0].patches))


def marks_of_publishing(figure):
    return [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2 and line.get_gid() != "interval"]


class Idle(unittest.TestCase):
    def test_has_one_chart_and_no_complaint_that_nothing_came(self):
        made = result(*SHAPES["idle"])
        self.assertEqual(["idle"], list(chart.charts_of(made)))
        shown = words(draw("idle", made))
        self.assertNotIn("Mind", shown)
        self.assertIn("nothing published", shown)
        self.assertEqual(list(chart.CHARTS), list(chart.charts_of(result(*SHAPES["nothing delivered"]))), "that is a fault")

    def test_bars_are_per_subscriber_and_second(self):
        made = result(*SHAPES["idle"])
        panels = draw("idle", made).axes
        summary = made["summary"]["short-poll"]
        widths = [axes.patches[0].get_width() for axes in panels]
        self.assertAlmostEqual(summary["per_second"]["both"]["wire_total"] / 10, widths[0])
        runs = chart.runs_of(made, "short-poll")
        cpu_us = sum(run["server"]["cpu_total_us"] for run in runs) / sum(run["window"]["duration_s"] for run in runs)
        self.assertAlmostEqual(cpu_us / 10, widths[1])
        self.assertAlmostEqual(summary["server_idle_subscriber"]["resident_bytes"] / 1024, widths[2])
        self.assertAlmostEqual(0, widths[3])
        self.assertAlmostEqual(3712 / 1024, panels[3].patches[3].get_width())

    def test_what_was_not_told_is_not_a_bar_of_nothing(self):
        made = result(*SHAPES["idle, little told"])
        figure = draw("idle", made)
        self.assertEqual([2, 2, 2, 0], [len(axes.patches) for axes in figure.axes])
        self.assertIn("not measured", words(figure))
        figure = draw("idle", result(*SHAPES["idle, nothing told"]))
        self.assertEqual([4, 0, 0, 0], [len(axes.patches) for axes in figure.axes])


class Words(unittest.TestCase):
    def test_numbers(self):
        for value, text in ((0, "0"), (0.3731, "0.373"), (4, "4"), (9.84, "9.84"), (12.34, "12.3"), (99.97, "100"),
                            (1377, "1,377"), (0.00001234, "0.000012")):
            self.assertEqual(text, chart.number(value))

    def test_durations(self):
        for value, text in ((0.05, "50 µs"), (1, "1 ms"), (250, "250 ms"), (2500, "2.5 s")):
            self.assertEqual(text, chart.duration(value))

    def test_positions_are_spread_in_order_and_in_bounds(self):
        placed = chart.spread([0.9, 0.91, 0.1], 0.1, 0.0, 0.95)
        self.assertAlmostEqual(0.85, placed[0])
        self.assertAlmostEqual(0.95, placed[1])
        self.assertAlmostEqual(0.1, placed[2])


class Committed(unittest.TestCase):
    """A picture in the documentation is what this script draws of the result beside it: neither can drift alone."""

    def test_pictures_in_docs_are_drawn_from_the_results_beside_them(self):
        if matplotlib.__version__ != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {matplotlib.__version__}, not {DEBIAN_12_MATPLOTLIB}")
        results = sorted((HERE.parents[1] / "docs").glob("**/result.json"))
        self.assertTrue(results)
        for path in results:
            made = chart.read_result(path)
            for name, draw_it in chart.charts_of(made).items():
                with self.subTest(result=path.parent.name, chart=name):
                    again = io.BytesIO()
                    chart.save(draw_it(made), again, "svg")
                    self.assertEqual((path.parent / f"{name}.svg").read_bytes(), again.getvalue(),
                                     f"draw it again: scripts/chart.py {path} -o {path.parent}")
            if chart.is_idle(made):
                continue
            series = chart.series_chart.read_series(path.parent / "series.ndjson")
            for name, draw_it in chart.series_chart.drawings_of(series).items():
                with self.subTest(result=path.parent.name, chart=name):
                    again = io.BytesIO()
                    chart.save(draw_it(made, series), again, "svg")
                    self.assertEqual((path.parent / f"{name}.svg").read_bytes(), again.getvalue(),
                                     f"draw it again: scripts/chart.py {path} -o {path.parent}")


class Command(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)

    def run_chart(self, path, directory, hash_seed="1"):
        return subprocess.run([CHART, path, "-o", self.scratch / directory], capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONHASHSEED": hash_seed}, cwd="/")

    def write(self, content):
        path = self.scratch / "result.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def test_the_same_result_gives_the_same_bytes(self):
        path = self.write(result(*SMALL))
        for directory, seed in (("once", "1"), ("again", "2")):
            done = self.run_chart(path, directory, seed)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
        names = sorted(file.name for file in (self.scratch / "once").iterdir())
        self.assertEqual(sorted(f"{name}.{kind}" for name in chart.CHARTS for kind in ("svg", "png")), names)
        for name in names:
            self.assertEqual((self.scratch / "once" / name).read_bytes(), (self.scratch / "again" / name).read_bytes(), name)

    def test_what_is_no_result_is_refused_by_name(self):
        damaged = result(*SMALL)
        del damaged["runs"][0]["age_us"]
        for content, reason in (("not json", "not JSON"), ([], "schema"), ({"schema": "other/1"}, "other/1"),
                                (damaged, "age_us"), ({"schema": "wirelab.result/2"}, "configuration")):
            done = self.run_chart(self.write(content), "none")
            self.assertEqual(2, done.returncode)
            self.assertIn(reason, done.stderr)
            self.assertIn("result.json", done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertFalse((self.scratch / "none").exists())

    def test_a_missing_file_is_named(self):
        done = self.run_chart(self.scratch / "absent.json", "none")
        self.assertEqual(2, done.returncode)
        self.assertIn("absent.json: No such file", done.stderr)


if __name__ == "__main__":
    unittest.main()
