#!/usr/bin/python3
"""scripts/soak_chart.py, on soaks of every shape: what is drawn is right, nothing overlaps, and what went wrong is said."""

import json
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

import soak_chart  # noqa: E402
from test_chart import check_texts, words  # noqa: E402

MIB = 1 << 20
KINDS = tuple(soak_chart.FAULTS)


def make(seconds=1800, killed_until_s=600, violations=0, grew=False, kinds=KINDS, host=True):
    faults = [{"at_s": at, "fault": kinds[number % len(kinds)], "connections": 5, "lasting_s": 2.0}
              for number, at in enumerate(range(2, seconds, 3)) if kinds]
    faults = [fault for fault in faults if fault["fault"] != "killed" or fault["at_s"] < killed_until_s]
    kills = [fault["at_s"] for fault in faults if fault["fault"] == "killed"]
    samples = [{"at_s": at + 0.01, "life": sum(kill <= at for kill in kills), "resident_bytes": (40 + at % 5) * MIB,
                "open_descriptors": 3000 + at % 50} for at in range(seconds)]
    growth = {"resident_bytes": {"first": 40.0 * MIB, "last": 90.0 * MIB, "grew": grew},
              "open_descriptors": {"first": 3000, "last": 3010, "grew": False}}
    return {"schema": "wirelab.soak/1", "duration_s": float(seconds), "seed": 1, "subscribers_per_transport": 1000, "published": 14_400,
            "violations": violations, "all": {"delivered": 14_400_000, "gaps": 123_456}, "faults": faults, "samples": samples,
            "growth": growth if seconds > 300 else None,
            **({"host": {"cpu_model": "Imaginary CPU", "kernel": "Linux 6.1"}, "created_utc": "2026-11-22T01:02:03Z"} if host else {})}


def draw(soak):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = soak_chart.draw(soak)
    FigureCanvasAgg(figure)
    return figure


SHAPES = {"half an hour": make(), "violated and grown": make(violations=12_345, grew=True), "twenty seconds": make(20, 7, host=False),
          "no faults": make(400, kinds=()), "four hours": make(14_400, 4_800)}


class EveryShape(unittest.TestCase):
    def test_no_text_covers_another_or_leaves_the_page(self):
        for name, soak in SHAPES.items():
            with self.subTest(shape=name):
                figure = draw(soak)
                check_texts(self, figure)

    def test_conditions_and_what_went_wrong_are_said(self):
        text = words(draw(SHAPES["violated and grown"]))
        for fact in ("1,000 subscribers a transport", "14,400 messages published", "Imaginary CPU", "seed 1", "12,345 violations of the contract",
                     "resident bytes grew"):
            self.assertIn(fact, text)
        text = words(draw(SHAPES["half an hour"]))
        self.assertIn("0 violations", text)
        self.assertNotIn("grew", text)


class Drawn(unittest.TestCase):
    def setUp(self):
        self.soak = make(400, 100)
        self.faults, self.descriptors, self.memory = draw(self.soak).axes

    def test_a_line_a_life_of_the_server(self):
        lives = len({sample["life"] for sample in self.soak["samples"]})
        self.assertGreater(lives, 3)
        for axes, key, divisor in ((self.memory, "resident_bytes", MIB), (self.descriptors, "open_descriptors", 1)):
            self.assertEqual(lives, len(axes.lines))
            drawn = [value for line in axes.lines for value in line.get_ydata()]
            self.assertEqual([sample[key] / divisor for sample in self.soak["samples"]], drawn)
            self.assertEqual(0, axes.get_ylim()[0])

    def test_a_mark_a_fault_in_its_row(self):
        for line, name in zip(self.faults.lines, KINDS):
            self.assertEqual([fault["at_s"] for fault in self.soak["faults"] if fault["fault"] == name], list(line.get_xdata()), name)
        self.assertEqual(self.memory.get_xlim(), self.faults.get_xlim())


class Command(unittest.TestCase):
    def run_script(self, folder, *arguments, hash_seed="1"):
        return subprocess.run([SCRIPTS / "soak_chart.py", *arguments], capture_output=True, text=True, check=False, cwd=folder,
                              env={**os.environ, "PYTHONHASHSEED": hash_seed})

    def test_the_same_file_gives_the_same_bytes_beside_it(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "soak.json").write_text(json.dumps(make(20, 7)), encoding="utf-8")
            self.assertEqual((0, "soak.svg\n"), (lambda done: (done.returncode, done.stdout))(self.run_script(folder, "soak.json")))
            self.assertEqual(0, self.run_script(folder, "soak.json", "-o", "other.svg", hash_seed="2").returncode)
            self.assertEqual(Path(folder, "soak.svg").read_bytes(), Path(folder, "other.svg").read_bytes())

    def test_what_is_no_soak_is_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            for text, reason in (("nonsense", "not JSON"), ('{"schema": "wirelab.result/2"}', "scripts/chart.py draws those"),
                                 ('{"schema": "wirelab.soak/1"}', "says it is")):
                Path(folder, "soak.json").write_text(text, encoding="utf-8")
                done = self.run_script(folder, "soak.json")
                self.assertEqual(2, done.returncode)
                self.assertIn(reason, done.stderr)


if __name__ == "__main__":
    unittest.main()
