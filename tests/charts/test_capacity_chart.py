#!/usr/bin/python3
"""scripts/capacity_chart.py, on findings of every shape: what is drawn is right, nothing overlaps, and the same file gives
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

import capacity_chart  # noqa: E402
import synthetic_capacity  # noqa: E402
from test_chart import DEBIAN_12_MATPLOTLIB, check_texts, words  # noqa: E402

SMALL = ("--duration-ms", "500", "--rounds", "1")
# One of each: no value, a limit, the search's end, the load generator's.
MIXED = ("--limit", "short-poll=5", "--limit", "long-poll=90000", "--limit", "websocket=3000", "--end", "websocket=load-generator", *SMALL)
SHAPES = {
    "mixed": MIXED,
    "rate": ("--of", "rate", "--from", "0.5", "--to", "50", "--limit", "websocket=30", "--limit", "long-poll=7", "--limit", "keep-alive=0.6",
             "--limit", "short-poll=0.1", *SMALL),
    "stopped": ("--end", "websocket=stopped", "--end", "long-poll=stopped", "--limit", "long-poll=25", *SMALL),
    "nobody can tell": ("--end", "keep-alive=not-carried-out", "--end", "short-poll=not-carried-out", "--limit", "short-poll=1", *SMALL),
    "one transport, one value": ("--transports", "websocket", "--limit", "websocket=1", *SMALL),
    "close values": ("--from", "100", "--to", "150", "--limit", "websocket=120", *SMALL),
}
MADE = {}


def found(*flags):
    """Each made once: they are not changed."""
    if flags not in MADE:
        MADE[flags] = json.dumps(synthetic_capacity.make(synthetic_capacity.parse(flags)))
    return json.loads(MADE[flags])


def draw(made):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = capacity_chart.draw_capacity(made)
    FigureCanvasAgg(figure)
    return figure


def marks(axes, name):
    """(x, y, marker, filled) of each probe of a transport."""
    colour = capacity_chart.STYLES[name]["colour"]
    return [(line.get_xdata()[0], line.get_ydata()[0], line.get_marker(), line.get_markerfacecolor() == colour)
            for line in axes.lines if line.get_linestyle() == "None" and line.get_color() == colour]


class EveryShape(unittest.TestCase):
    def test_no_text_covers_another_or_leaves_the_page(self):
        for shape, flags in SHAPES.items():
            with self.subTest(shape=shape):
                figure = draw(found(*flags))
                check_texts(self, figure)

    def test_the_conditions_are_in_the_caption(self):
        for flags, facts in ((MIXED, ("20 to 10,000 subscribers", "20 messages/s", "How many subscribers before p99<100ms no longer holds?")),
                             (SHAPES["rate"], ("100 subscribers", "0.5 to 50 messages/s", "How many messages a second"))):
            text = words(draw(found(*flags)))
            for fact in (*facts, "runs of 500 ms", "2 runs must agree", "to within 10%", "Imaginary CPU", "0123456789ab"):
                self.assertIn(fact, text)

    def test_a_search_that_was_stopped_says_so(self):
        self.assertNotIn("Mind", words(draw(found(*MIXED))))
        self.assertIn("Mind: stopped before its end: long-poll, websocket", words(draw(found(*SHAPES["stopped"]))))


class Answers(unittest.TestCase):
    def test_in_words(self):
        made = found(*MIXED)
        for name, text in (("short-poll", "less than 20"), ("keep-alive", "899"), ("long-poll", "10,000 at least: the search ended there"),
                           ("websocket", "2,999 at least: beyond, the load generator is at its limit")):
            self.assertEqual(text, capacity_chart.answer_words(made, name))
            self.assertIn(text, words(draw(made)))
        self.assertEqual("not known: nobody can tell", capacity_chart.answer_words(found(*SHAPES["nobody can tell"]), "short-poll"))
        self.assertEqual("80 at least: it was stopped", capacity_chart.answer_words(found(*SHAPES["stopped"]), "websocket"))

    def test_a_bar_is_as_long_as_what_passed_and_closed_only_where_the_transport_ends(self):
        made = found(*MIXED)
        axes = draw(made).axes[0]
        ends = [bar.get_x() + bar.get_width() for bar in axes.patches if bar.get_width() > 0]
        self.assertEqual([made["capacity"][name]["passed"] for name in ("keep-alive", "long-poll", "websocket")],
                         [round(end, 6) for end in ends])
        closed = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 2]
        self.assertEqual([made["capacity"]["keep-alive"]["passed"]], closed)

    def test_every_probe_is_there_as_what_it_said(self):
        made = found(*MIXED)
        axes = draw(made).axes[0]
        for name, probes in ((name, capacity_chart.probes_of(made, name)) for name in made["capacity"]):
            wanted = sorted((probe["value"], capacity_chart.OUTCOMES[probe["outcome"]]["marker"], probe["outcome"] != "generator-limited")
                            for probe in probes)
            drawn = marks(axes, name)
            self.assertEqual(wanted, sorted((x, marker, filled) for x, _, marker, filled in drawn), name)
            self.assertEqual(len(drawn), len({(x, y) for x, y, _, _ in drawn}), "runs at one value lie beside each other")

    def test_only_outcomes_that_are_there_are_explained(self):
        self.assertIn("load generator at its limit", words(draw(found(*MIXED))))
        self.assertNotIn("not carried out", words(draw(found(*MIXED))))
        self.assertIn("not carried out", words(draw(found(*SHAPES["nobody can tell"]))))


class Measured(unittest.TestCase):
    def test_ages_are_in_milliseconds_with_the_objective_across(self):
        made = found(*MIXED)
        scatter = draw(made).axes[1]
        probe = made["probes"][0]
        self.assertIn((probe["value"], probe["measured"] / 1000), [(x, y) for x, y, _, _ in marks(scatter, probe["transport"])])
        self.assertIn([100, 100], [list(line.get_ydata()) for line in scatter.lines if line.get_color() == capacity_chart.INK])
        self.assertIn("age at delivery, 99th percentile", words(draw(made)))

    def test_another_figure_is_called_by_its_key_and_has_its_own_unit(self):
        made = found(*MIXED)
        made["objective"] = {"text": "server_cpu<5", "figure": "server_cpu", "key": "server_cpu_ms_per_1000_delivered", "bound": 5}
        figure = draw(made)
        self.assertIn("server cpu ms per 1000 delivered", words(figure))
        self.assertIn([5, 5], [list(line.get_ydata()) for line in figure.axes[1].lines if line.get_color() == capacity_chart.INK])

    def test_a_curve_goes_through_the_middle_of_the_runs_at_a_value(self):
        made = found(*MIXED)
        probes = [{"value": 20, "measured": measured * 1000} for measured in (5, 1, 3)] + [{"value": 40, "measured": 7000}]
        self.assertEqual([(20, 3), (40, 7)], capacity_chart.medians(made, probes))

    def test_where_nothing_was_measured_it_says_so(self):
        made = found(*MIXED)
        for probe in made["probes"]:
            probe["measured"] = None
        self.assertIn("not measured", words(draw(made)))


class Committed(unittest.TestCase):
    """A picture in the documentation is what this script draws of the file beside it: neither can drift alone."""

    def test_pictures_in_docs_are_drawn_from_the_files_beside_them(self):
        version = matplotlib.__version__
        if version != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {version}, not {DEBIAN_12_MATPLOTLIB}")
        for path in sorted((HERE.parents[1] / "docs").glob("**/capacity.json")):
            with self.subTest(capacity=path.parent.name):
                again = io.BytesIO()
                capacity_chart.chart_style.save(capacity_chart.draw_capacity(capacity_chart.read_capacity(path)), again, "svg")
                self.assertEqual((path.parent / "capacity.svg").read_bytes(), again.getvalue(),
                                 f"draw it again: scripts/capacity_chart.py {path} -o {path.parent}")


class Command(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)

    def run_chart(self, content, directory, script="capacity_chart.py"):
        path = self.scratch / "capacity.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return subprocess.run([SCRIPTS / script, path, "-o", self.scratch / directory], capture_output=True, text=True,
                              check=False, cwd="/")

    def test_the_same_file_gives_the_same_bytes(self):
        for directory in ("once", "again"):
            done = self.run_chart(found(*MIXED), directory)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
        for name in ("capacity.svg", "capacity.png"):
            self.assertEqual((self.scratch / "once" / name).read_bytes(), (self.scratch / "again" / name).read_bytes(), name)

    def test_what_is_no_capacity_is_refused_by_name(self):
        damaged, strange = found(*MIXED), found(*MIXED)
        del damaged["probes"][1]["measured"]
        strange["capacity"]["websocket"]["limit"] = "luck"
        for content, reason in (("not json", "not JSON"), ({"schema": "wirelab.sweep/1"}, "scripts/sweep_chart.py draws those"),
                                (damaged, "measured"), (strange, "unknown limit luck"), ({"schema": "wirelab.capacity/1"}, "search")):
            done = self.run_chart(content, "none")
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(reason, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertFalse((self.scratch / "none").exists())

    def test_the_script_for_results_names_the_one_for_capacities(self):
        done = self.run_chart(found(*MIXED), "none", "chart.py")
        self.assertEqual(2, done.returncode)
        self.assertIn("scripts/capacity_chart.py draws those", done.stderr)


if __name__ == "__main__":
    unittest.main()
