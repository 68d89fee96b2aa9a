#!/usr/bin/python3
"""scripts/sweep_chart.py, on sweeps of every shape: what is drawn is right, nothing overlaps, and the same sweep gives
the same bytes."""

import io
import json
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

import sweep_chart  # noqa: E402
import synthetic_sweep  # noqa: E402
from test_chart import DEBIAN_12_MATPLOTLIB, check_texts, words  # noqa: E402

SMALL = ("--duration-ms", "500", "--rounds", "2")
CLIENTS = ("--over", "clients=1,10,200", "--rate", "10", *SMALL)
SHAPES = {
    "clients": CLIENTS,
    "some not to be believed, one gave up": (*CLIENTS, "--saturated", "long-poll", "--failed", "short-poll"),
    "stopped": (*CLIENTS, "--stopped"),
    "one round": ("--over", "clients=1,10,200", "--duration-ms", "500", "--rounds", "1"),
    "one point": ("--over", "clients=50", *SMALL),
    "pushed only": (*CLIENTS, "--transports", "websocket,long-poll"),
    "nothing delivered": (*CLIENTS, "--nothing-delivered"),
    "a server that tells nothing of its load": (*CLIENTS, "--foreign-server"),
    "rate, many points": ("--over", "rate=2,4,8,16,32,64,128,256", "--subscribers", "2", *SMALL),
    "payload": ("--over", "payload=64,256,1024,4096,16384,65536", "--subscribers", "20", *SMALL),
    "payload, close points": ("--over", "payload=100,200,300", "--subscribers", "20", *SMALL),
    "poll-interval": ("--over", "poll-interval=50,250,1000", "--subscribers", "20", *SMALL),
    "poll-interval, enough for a p99": ("--over", "poll-interval=50,250,1000", "--subscribers", "200", *SMALL),
}
MADE = {}


def sweep(*flags):
    """Each made once: they are not changed."""
    if flags not in MADE:
        MADE[flags] = json.dumps(synthetic_sweep.make(synthetic_sweep.parse(flags)))
    return json.loads(MADE[flags])


def draw(name, made):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = sweep_chart.CHARTS[name](made)
    FigureCanvasAgg(figure)
    return figure


def charts_of(made):
    return sweep_chart.charts_of(made)


def marks(axes, name):
    """(x, y, filled) of each point of a transport's curve."""
    style = sweep_chart.STYLES[name]
    return [(line.get_xdata()[0], line.get_ydata()[0], line.get_markerfacecolor() == style["colour"])
            for line in axes.lines if line.get_marker() == style["marker"] and line.get_color() == style["colour"]]


class EveryShape(unittest.TestCase):
    def test_no_text_covers_another_or_leaves_the_page(self):
        for shape, flags in SHAPES.items():
            made = sweep(*flags)
            for name in charts_of(made):
                with self.subTest(shape=shape, chart=name):
                    figure = draw(name, made)
                    check_texts(self, figure)

    def test_the_configuration_is_in_the_caption_with_the_span_of_what_was_swept(self):
        for flags, facts in ((CLIENTS, ("1 to 200 subscribers", "10 messages/s", "128 bytes", "every 250 ms")),
                             (SHAPES["rate, many points"], ("2 subscribers", "2 to 256 messages/s", "128 bytes")),
                             (SHAPES["payload"], ("20 subscribers", "payload 64 B to 64 KiB")),
                             (SHAPES["poll-interval"], ("every 50 ms to 1 s", "128 bytes"))):
            made = sweep(*flags)
            for name in charts_of(made):
                text = words(draw(name, made))
                for fact in (*facts, "2 rounds of 500 ms", "Imaginary CPU", "2026-01-02 03:04 UTC", "0123456789ab"):
                    self.assertIn(fact, text)

    def test_what_went_wrong_is_said_on_every_chart(self):
        for name in charts_of(sweep(*CLIENTS)):
            self.assertNotIn("Mind", words(draw(name, sweep(*CLIENTS))))
            text = words(draw(name, sweep(*SHAPES["some not to be believed, one gave up"])))
            self.assertIn("Mind: short-poll not carried out at 200; long-poll CLIENT-SATURATED at 200", text)
            self.assertIn("not VALID", text)
            self.assertIn("stopped after 3 of 4 points", words(draw(name, sweep(*SHAPES["stopped"]))))
            self.assertIn("One round only", words(draw(name, sweep(*SHAPES["one round"]))))

    def test_many_points_are_named_in_short(self):
        self.assertEqual("1, 2, 4", sweep_chart.listed(["1", "2", "4"]))
        self.assertEqual("1 to 8 (4 points)", sweep_chart.listed(["1", "2", "4", "8"]))


class Curves(unittest.TestCase):
    def test_points_are_the_summaries(self):
        made = sweep(*CLIENTS)
        left, right = draw("server", made).axes
        for name in made["configuration"]["transports"]:
            wanted = [(point["value"], point["summary"][name]["server_cpu_ms_per_1000_delivered"], True) for point in made["points"]]
            self.assertEqual(wanted, marks(left, name))
            self.assertAlmostEqual(100 * made["points"][2]["summary"][name]["server_cpu_share_of_core"], marks(right, name)[2][1])

    def test_what_is_not_valid_is_hollow_and_what_was_not_carried_out_is_not_there(self):
        left = draw("server", sweep(*SHAPES["some not to be believed, one gave up"])).axes[0]
        self.assertEqual([True, True, False], [filled for _, _, filled in marks(left, "long-poll")])
        self.assertEqual([1, 10], [x for x, _, _ in marks(left, "short-poll")])
        self.assertEqual([True] * 3, [filled for _, _, filled in marks(left, "websocket")])

    def test_a_bar_is_the_interval(self):
        made = sweep(*CLIENTS)
        made["points"][1]["summary"]["websocket"]["intervals"]["server_cpu_ms_per_1000_delivered"] = [3, 77]
        bars = [line for line in draw("server", made).axes[0].lines if line.get_marker() == "_"]
        self.assertIn(([10, 10], [3, 77]), [(list(bar.get_xdata()), list(bar.get_ydata())) for bar in bars])

    def test_an_interval_has_the_unit_of_its_curve(self):
        made = sweep(*CLIENTS)
        made["points"][1]["summary"]["websocket"]["intervals"]["age_p50_us"] = [100, 900]
        bars = [list(line.get_ydata()) for line in draw("age", made).axes[0].lines if line.get_marker() == "_"]
        self.assertIn([0.1, 0.9], bars)

    def test_ages_are_in_milliseconds_and_a_percentile_needs_ten_samples_beyond_it(self):
        made = sweep(*CLIENTS)
        median, tail = draw("age", made).axes
        summary = made["points"][2]["summary"]["websocket"]
        self.assertAlmostEqual(summary["age_us"]["p50"] / 1000, marks(median, "websocket")[-1][1])
        self.assertEqual([(200, summary["age_us"]["p99"] / 1000, True)], marks(tail, "websocket"), "2,000 deliveries; 100 and 10 are too few")

    def test_the_generators_lag_is_that_of_the_worst_round(self):
        made = sweep(*CLIENTS)
        runs = [run for run in made["points"][1]["runs"] if run["transport"] == "websocket"]
        for number, run in enumerate(runs):
            run["generator"]["lag_us"].update({"count": 1000, "p99": 1000 * (number + 1)})
        runs[-1]["generator"]["lag_us"]["count"] = 999
        self.assertEqual([(10, len(runs) - 1, True)], marks(draw("generator", made).axes[0], "websocket"))

    def test_a_sweep_that_does_not_tell_of_the_generators_lag_has_no_picture_of_it(self):
        made = sweep(*CLIENTS)
        self.assertIn("generator", charts_of(made))
        for point in made["points"]:
            for run in point["runs"]:
                run["generator"]["lag_us"] = None
        self.assertNotIn("generator", charts_of(made))

    def test_requests_per_second_are_over_all_rounds(self):
        made = sweep(*CLIENTS)
        runs = [run for run in made["points"][1]["runs"] if run["transport"] == "long-poll"]
        requests = sum(run["window"]["requests"] for run in runs) / sum(run["window"]["duration_s"] for run in runs)
        self.assertEqual((10, requests, True), marks(draw("requests", made).axes[0], "long-poll")[1])

    def test_a_curve_that_is_not_there_says_why(self):
        made = sweep(*CLIENTS)
        self.assertIn("websocket: none", words(draw("requests", made)))
        self.assertEqual([], marks(draw("requests", made).axes[0], "websocket"))
        self.assertIn("not measured", words(draw("server", sweep(*SHAPES["a server that tells nothing of its load"]))))

    def test_a_note_covers_no_point(self):
        for shape in ("clients", "poll-interval", "rate, many points"):
            figure = draw("requests", sweep(*SHAPES[shape]))
            figure.draw_without_rendering()
            for axes in figure.axes:
                for note in axes.texts:
                    box = note.get_window_extent()
                    for name in ("short-poll", "long-poll"):
                        for x, y, _ in marks(axes, name):
                            self.assertFalse(box.contains(*axes.transData.transform((x, y))), f"{shape}: {note.get_text()} on {name}")

    def test_bytes_are_those_on_the_wire_and_as_messages_grow_their_share(self):
        made = sweep(*SHAPES["payload"])
        wire, overhead = draw("bytes", made).axes
        per_delivered = made["points"][0]["summary"]["long-poll"]["bytes_per_delivered"]["both"]
        self.assertEqual((64, per_delivered["wire_total"], True), marks(wire, "long-poll")[0])
        self.assertAlmostEqual(100 * (1 - per_delivered["payload"] / per_delivered["wire_total"]), marks(overhead, "long-poll")[0][1])


    def test_memory_is_the_mean_of_the_rounds_and_of_one_subscriber_only_where_it_is_not_lost_in_pages(self):
        made = sweep(*CLIENTS)
        whole, of_one = draw("memory", made).axes
        peaks = [run["server"]["peak_resident_bytes"] for run in made["points"][0]["runs"] if run["transport"] == "websocket"]
        self.assertAlmostEqual(sum(peaks) / len(peaks) / 2**20, marks(whole, "websocket")[0][1])
        self.assertEqual([200], [x for x, _, _ in marks(of_one, "websocket")], "not of 1, nor of 10")
        for point in made["points"]:
            for run in point["runs"]:
                run["server"]["idle_subscribers"] = {"count": point["value"], "connections": 0, "resident_bytes": 2048 * point["value"],
                                                     "socket_buffer_bytes": 0, "kernel_bytes": 1024 * point["value"]}
        self.assertEqual([(200, 3, True)], marks(draw("memory", made).axes[1], "websocket"))

    def test_what_freshness_costs_has_a_mark_a_time_between_polls(self):
        made = sweep(*SHAPES["poll-interval, enough for a p99"])
        wire, cpu = draw("pareto", made).axes
        for axes, cost in ((wire, lambda summary: summary["bytes_per_delivered"]["both"]["wire_total"]),
                           (cpu, lambda summary: summary["server_cpu_ms_per_1000_delivered"])):
            for name in ("short-poll", "websocket"):
                summaries = [point["summary"][name] for point in made["points"]]
                self.assertEqual([(cost(summary), summary["age_us"]["p99"] / 1000, True) for summary in summaries], marks(axes, name))
            self.assertEqual(["50 ms", "250 ms", "1 s"], [text.get_text() for text in axes.texts])
        self.assertNotIn("pareto", charts_of(sweep(*CLIENTS)))


class Theory(unittest.TestCase):
    def dotted(self, axes):
        return [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines
                if line.get_color() == sweep_chart.INK and len(line.get_xdata()) > 1]

    def test_of_polls(self):
        median, tail = draw("age", sweep(*CLIENTS)).axes
        self.assertEqual([([1, 10, 200], [125, 125, 125])], self.dotted(median))
        self.assertEqual([([1, 10, 200], [247.5, 247.5, 247.5])], self.dotted(tail))
        self.assertEqual([([1, 10, 200], [4, 40, 800]), ([1, 10, 200], [10, 100, 2000])],
                         self.dotted(draw("requests", sweep(*CLIENTS)).axes[0]), "long polls ask once a message")
        made = sweep(*SHAPES["poll-interval"])
        self.assertEqual([([50, 250, 1000], [25, 125, 500])], self.dotted(draw("age", made).axes[0]))
        self.assertEqual(([50, 250, 1000], [400, 80, 20]), self.dotted(draw("requests", made).axes[0])[0])

    def test_of_who_is_alike_is_one_line(self):
        per_message = draw("requests", sweep(*CLIENTS)).axes[1]
        self.assertEqual([0.4, 1.0, 0.0], [ys[0] for _, ys in self.dotted(per_message)])

    def test_a_sweep_without_theory_is_drawn_without(self):
        made = sweep(*CLIENTS)
        for point in made["points"]:
            for summary in point["summary"].values():
                summary["predicted"] = None
        for name in ("age", "requests"):
            self.assertEqual([], self.dotted(draw(name, made).axes[0]))
            self.assertNotIn("theory", words(draw(name, made)))


class Axes(unittest.TestCase):
    def test_a_wide_span_is_logarithmic_and_a_narrow_one_is_not(self):
        self.assertEqual("log", draw("server", sweep(*CLIENTS)).axes[0].get_xscale())
        self.assertEqual("linear", draw("server", sweep(*SHAPES["payload, close points"])).axes[0].get_xscale())

    def test_of_many_points_so_many_are_named_that_they_have_room_the_last_among_them(self):
        values = [2 ** power for power in range(12)]
        kept = sweep_chart.thinned(values)
        self.assertEqual(2048, kept[0])
        self.assertLessEqual(len(kept), sweep_chart.TICKS_MAX + 2)

    def test_values_in_words(self):
        for axis, value, text in (("clients", 5000, "5,000"), ("rate", 0.5, "0.5"), ("payload", 100, "100 B"),
                                  ("payload", 65536, "64 KiB"), ("poll-interval", 250, "250 ms"), ("poll-interval", 2000, "2 s")):
            self.assertEqual(text, sweep_chart.value_text(axis, value))


class Committed(unittest.TestCase):
    """A picture in the documentation is what this script draws of the sweep beside it: neither can drift alone."""

    def test_pictures_in_docs_are_drawn_from_the_sweeps_beside_them(self):
        version = matplotlib.__version__
        if version != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {version}, not {DEBIAN_12_MATPLOTLIB}")
        for path in sorted((HERE.parents[1] / "docs").glob("**/sweep.json")):
            if (path.parent / "experiment.json").exists():
                continue  # shown by the experiment's chart, which has this test too
            made = sweep_chart.read_sweep(path)
            for name in charts_of(made):
                with self.subTest(sweep=path.parent.name, chart=name):
                    again = io.BytesIO()
                    sweep_chart.chart_style.save(sweep_chart.CHARTS[name](made), again, "svg")
                    self.assertEqual((path.parent / f"{name}.svg").read_bytes(), again.getvalue(),
                                     f"draw it again: scripts/sweep_chart.py {path} -o {path.parent}")


class Command(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)

    def run_chart(self, path, directory, script="sweep_chart.py"):
        return subprocess.run([SCRIPTS / script, path, "-o", self.scratch / directory], capture_output=True, text=True,
                              check=False, cwd="/")

    def write(self, content):
        path = self.scratch / "sweep.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def test_the_same_sweep_gives_the_same_bytes(self):
        path = self.write(sweep(*CLIENTS))
        for directory in ("once", "again"):
            done = self.run_chart(path, directory)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
        names = sorted(file.name for file in (self.scratch / "once").iterdir())
        self.assertEqual(sorted(f"{name}.{kind}" for name in ("server", "memory", "age", "requests", "generator") for kind in ("svg", "png")), names)
        for name in names:
            self.assertEqual((self.scratch / "once" / name).read_bytes(), (self.scratch / "again" / name).read_bytes(), name)

    def test_what_is_no_sweep_is_refused_by_name(self):
        damaged = sweep(*CLIENTS)
        del damaged["points"][1]["summary"]["websocket"]["age_us"]
        for content, reason in (("not json", "not JSON"), ({"schema": "wirelab.result/2"}, "scripts/chart.py draws those"),
                                (damaged, "age_us"), ({"schema": "wirelab.sweep/1"}, "over")):
            done = self.run_chart(self.write(content), "none")
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(reason, done.stderr)
            self.assertIn("sweep.json", done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertFalse((self.scratch / "none").exists())

    def test_the_script_for_results_names_the_one_for_sweeps(self):
        done = self.run_chart(self.write(sweep(*CLIENTS)), "none", "chart.py")
        self.assertEqual(2, done.returncode)
        self.assertIn("scripts/sweep_chart.py draws those", done.stderr)


if __name__ == "__main__":
    unittest.main()
