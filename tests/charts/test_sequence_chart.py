#!/usr/bin/python3
"""scripts/sequence_chart.py, and docs/course/11-resume.py's committed record: what is drawn as lost, heard again and told is what happened."""

import copy
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
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402

import sequence_chart  # noqa: E402
from test_chart import DEBIAN_12_MATPLOTLIB, check_texts  # noqa: E402

PUBLISHED = [[100.0 * number, number] for number in range(10)]


def reader(name, heard, away=(350.0, 650.0), gaps=()):
    numbers = [number for _, number in heard]
    return {"comes_back_with": name, "away_ms": list(away), "gap_ms": list(gaps), "heard": heard, "lost": 10 - len(set(numbers)),
            "twice": len(numbers) - len(set(numbers)), "gap": int(bool(gaps))}


BEFORE, AFTER = [[100.0 * number + 1, number] for number in range(4)], [[100.0 * number + 1, number] for number in range(7, 10)]
RECORD = {
    "schema": "wirelab.resume/1", "created_utc": "2026-01-02T03:04:05Z", "wirelab": "wirelab 0.1.0 (0123456789ab)", "kernel": "Linux 6.1",
    "pace_ms": 100.0, "kept_messages": 5, "published": PUBLISHED,
    "readers": [reader("from now on", BEFORE + AFTER), reader("everything again", BEFORE + [[651.0, n] for n in range(2, 7)] + AFTER),
                reader("its cursor", BEFORE + [[651.0, n] for n in range(4, 7)] + AFTER),
                reader("away longer", BEFORE + [[651.0, n] for n in range(5, 7)] + AFTER, gaps=[651.0])]}


def drawn(axes, gid):
    line, = [line for line in axes.lines if line.get_gid() == gid]
    return list(zip(line.get_xdata(), line.get_ydata()))


class Drawn(unittest.TestCase):
    def test_what_is_lost_and_what_comes_twice_is_marked(self):
        figure = sequence_chart.draw(RECORD)
        for axes, lost, twice in zip(figure.axes, ([4, 5, 6], [], [], [4]), ([], [2, 3], [], [])):
            self.assertEqual([(number / 10, number) for number in lost], drawn(axes, "lost"), "where it was published")
            self.assertEqual([(0.651, number) for number in twice], drawn(axes, "twice"), "when it came again")
        self.assertEqual([(at / 1000, number) for at, number in RECORD["readers"][2]["heard"]], drawn(figure.axes[2], "heard"))
        self.assertEqual([0, 0, 0, 1], [sum(line.get_gid() == "gap" for line in axes.lines) for axes in figure.axes])

    def test_the_outcome_in_words(self):
        self.assertEqual(["3 lost, not told", "2 twice", "all, once", "1 lost and told"], [sequence_chart.outcome(each) for each in RECORD["readers"]])

    def test_no_text_covers_another_or_leaves_the_page(self):
        for record in (RECORD, {**RECORD, "readers": RECORD["readers"][:1]}):
            figure = sequence_chart.draw(record)
            FigureCanvasAgg(figure)
            check_texts(self, figure)


class Committed(unittest.TestCase):
    def test_pictures_in_docs_are_drawn_from_the_records_beside_them(self):
        if matplotlib.__version__ != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {matplotlib.__version__}, not {DEBIAN_12_MATPLOTLIB}")
        records = sorted((HERE.parents[1] / "docs/results").glob("*/resume.json"))
        self.assertTrue(records)
        for path in records:
            again = io.BytesIO()
            sequence_chart.chart_style.save(sequence_chart.draw(sequence_chart.read(path)), again, "svg")
            self.assertEqual((path.parent / "sequence.svg").read_bytes(), again.getvalue(), f"draw it again: scripts/sequence_chart.py {path}")


class Command(unittest.TestCase):
    def run_script(self, record, folder):
        path = Path(folder) / "resume.json"
        path.write_text(record if isinstance(record, str) else json.dumps(record), encoding="utf-8")
        return subprocess.run([SCRIPTS / "sequence_chart.py", path], capture_output=True, text=True, check=False)

    def test_the_same_record_gives_the_same_bytes(self):
        pictures = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                done = self.run_script(RECORD, folder)
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                pictures.append([(Path(folder) / f"sequence.{kind}").read_bytes() for kind in ("svg", "png")])
        self.assertEqual(pictures[0], pictures[1])

    def test_what_is_no_record_is_refused_by_name(self):
        damaged = copy.deepcopy(RECORD)
        del damaged["readers"][0]["heard"]
        for record, words in (("{", "not JSON"), ({"schema": "wirelab.result/2"}, "scripts/chart.py draws those"),
                              (damaged, "says it is a wirelab.resume/1, but is not: KeyError('heard')"), ({**RECORD, "readers": []}, "no reader")):
            with self.subTest(words=words), tempfile.TemporaryDirectory() as folder:
                done = self.run_script(record, folder)
                self.assertEqual(2, done.returncode)
                self.assertIn(words, done.stderr)
                self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
