#!/usr/bin/python3
"""scripts/experiment_chart.py: theory is there before the points, what it misses is ringed, nothing is hidden, and the same
experiment gives the same bytes."""

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

import chart  # noqa: E402
import experiment_chart  # noqa: E402
import synthetic_experiment  # noqa: E402
from test_chart import DEBIAN_12_MATPLOTLIB, words  # noqa: E402


def draw(made):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = experiment_chart.draw(made)
    FigureCanvasAgg(figure)
    return figure


def lines(figure, gid):
    return [line for line in figure.axes[0].lines if line.get_gid() == gid]


class Chart(unittest.TestCase):
    def test_has_the_law_as_a_line_under_every_point_and_the_edge_where_it_is(self):
        made = synthetic_experiment.make()
        figure = draw(made)
        (theory,) = lines(figure, "theory")
        self.assertEqual(made["series"][0]["theory"], [list(pair) for pair in zip(theory.get_xdata(), theory.get_ydata())])
        marks = [line for line in figure.axes[0].lines if line.get_marker() == "^"]
        self.assertEqual([(point["value"], point["measured"]) for point in made["series"][0]["points"]],
                         [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks])
        self.assertTrue(all(theory.get_zorder() < mark.get_zorder() for mark in marks))
        self.assertEqual(len(marks), len(lines(figure, "band")))
        self.assertEqual(len(marks), len(lines(figure, "interval")))
        self.assertIn("round trip = message gap", words(figure))
        self.assertIn("emulated link, round trip 20 ms to 230 ms", words(figure))

    def test_what_theory_misses_is_ringed_and_named(self):
        made = synthetic_experiment.make()
        self.assertEqual([], lines(draw(made), "missed"))
        made["series"][0]["points"][3].update(synthetic_experiment.point(110, 3, off=0.5))
        figure = draw(made)
        (ring,) = lines(figure, "missed")
        self.assertEqual([110], list(ring.get_xdata()))
        self.assertIn("Mind: long-poll off theory at 110 ms", words(figure))

    def test_what_is_not_valid_or_not_there_is_said(self):
        made = synthetic_experiment.make(rounds=1)
        made["series"][0]["points"][0].update(verdict="LINK-LATE", reasons=["late"])
        made["series"][0]["points"][1].update(measured=None, within=None, runs=0)
        text = words(draw(made))
        self.assertIn("long-poll LINK-LATE at 20 ms", text)
        self.assertIn("not measured at 60 ms", text)
        self.assertIn("Hollow: not VALID.", text)
        self.assertIn("One round only", text)

    def test_without_theory_there_are_points(self):
        made = synthetic_experiment.make(variants=("rtt=0", "rtt=50ms"), values=(0, 20, 60))
        made["marks"], made["look"] = [], {"figure": "p50", "key": "age_p50_us", "against": None}
        for series in made["series"]:
            series["theory"] = []
            for point in series["points"]:
                point.update(predicted=None, tolerance=None, within=None, measured=point["measured"] * 1000)
        figure = draw(made)
        self.assertEqual([], lines(figure, "band"))
        self.assertNotIn("theory", words(figure))
        self.assertIn("long-poll, rtt=50ms", words(figure))

    def test_the_same_experiment_gives_the_same_bytes(self):
        drawn = []
        for _ in range(2):
            buffer = io.BytesIO()
            draw(synthetic_experiment.make()).savefig(buffer, format="svg", metadata=chart.METADATA["svg"])
            drawn.append(buffer.getvalue())
        self.assertEqual(drawn[0], drawn[1])


class Strips(unittest.TestCase):
    def test_have_a_panel_each_with_every_message_on_its_theory(self):
        made = synthetic_experiment.make_with_strips()
        figure = experiment_chart.draw_strips(made)
        self.assertEqual(len(made["strips"]), len(figure.axes))
        self.assertEqual(["long-poll", "websocket"], [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()])
        panel = figure.axes[-1]
        found = {gid: [line for line in panel.lines if line.get_gid() == gid] for gid in ("theory", "messages", "oldest")}
        self.assertEqual([10, 10, 10, 10, 10, 50, 40, 30, 20, 10], list(found["theory"][0].get_ydata()))
        self.assertEqual(2, len(found["messages"]))
        self.assertEqual([50.3], [max(line.get_ydata()) for line in found["messages"][:1]])
        self.assertEqual(50, found["oldest"][0].get_ydata()[0])
        self.assertIn("nothing was dropped", words(figure))
        self.assertIn("of 2 rounds", words(figure))


class Committed(unittest.TestCase):
    """A picture in the documentation is what this script draws of the experiment beside it: neither can drift alone."""

    def test_pictures_in_docs_are_drawn_from_the_experiments_beside_them(self):
        if matplotlib.__version__ != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {matplotlib.__version__}, not {DEBIAN_12_MATPLOTLIB}")
        paths = sorted((HERE.parents[1] / "docs").glob("**/experiment.json"))
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(experiment=path.parent.name):
                experiment = experiment_chart.read_experiment(path)
                figures = {"experiment": experiment_chart.draw(experiment)}
                if experiment["strips"]:
                    figures["strips"] = experiment_chart.draw_strips(experiment)
                for name, figure in figures.items():
                    again = io.BytesIO()
                    experiment_chart.chart_style.save(figure, again, "svg")
                    self.assertEqual((path.parent / f"{name}.svg").read_bytes(), again.getvalue(),
                                     f"draw it again: scripts/experiment_chart.py {path}")


class Command(unittest.TestCase):
    def run_on(self, text):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "experiment.json"
            file.write_text(text)
            done = subprocess.run([SCRIPTS / "experiment_chart.py", file], capture_output=True, text=True, timeout=120)
            return done, sorted(path.name for path in Path(folder).iterdir())

    def test_writes_svg_and_png_beside_the_file(self):
        done, files = self.run_on(json.dumps(synthetic_experiment.make()))
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(["experiment.json", "experiment.png", "experiment.svg"], files)
        done, files = self.run_on(json.dumps(synthetic_experiment.make_with_strips()))
        self.assertEqual(["experiment.json", "experiment.png", "experiment.svg", "strips.png", "strips.svg"], files, done.stderr)

    def test_what_is_none_is_refused_by_name(self):
        made = synthetic_experiment.make()
        made["series"][0]["transport"] = "pigeon"
        for text, said in (("{}", 'its "schema" is null'), ('{"schema": "wirelab.sweep/1"}', "scripts/sweep_chart.py draws those"),
                           (json.dumps(made), "unknown transport pigeon")):
            done, files = self.run_on(text)
            self.assertEqual((2, ["experiment.json"]), (done.returncode, files))
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
