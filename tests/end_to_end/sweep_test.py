"""`wirelab sweep` from start to report, small; and stopped."""

import csv
import io
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "schema"))

import schema  # noqa: E402
from lab import GENEROUS_S, WIRELAB  # noqa: E402

COMMON = ["--transports", "long-poll,websocket", "--rate", "50", "--warm-up", "100ms", "--seed", "3", "--no-charts"]


def wirelab(*arguments, codes=(0, 4)):
    """A machine busy with other tests may saturate the generator: measured all the same, and said (4, not valid)."""
    done = subprocess.run([WIRELAB, *arguments], capture_output=True, text=True, timeout=3 * GENEROUS_S, check=False)
    if done.returncode not in codes:
        raise AssertionError(f"wirelab {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


class Sweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = pathlib.Path(folder.name) / "out"
        cls.done = wirelab("sweep", "--over", "clients=2,20", "--rounds", "2", "--duration", "300ms", *COMMON, "-o", str(cls.path))
        cls.sweep = json.loads((cls.path / "sweep.json").read_text())

    def test_the_file_is_what_its_schema_says(self):
        self.assertEqual([], schema.problems(self.sweep, "sweep"))

    def test_every_point_was_measured_by_every_transport_in_every_round(self):
        self.assertEqual({"axis": "clients", "key": "subscribers", "values": [2, 20]}, self.sweep["over"])
        self.assertEqual([2, 20], [point["value"] for point in self.sweep["points"]])
        for point in self.sweep["points"]:
            self.assertEqual([], point["not_carried_out"])
            self.assertEqual(sorted([("long-poll", 1), ("long-poll", 2), ("websocket", 1), ("websocket", 2)]),
                             sorted((run["transport"], run["round"]) for run in point["runs"]))
            for run in point["runs"]:
                messages = run["messages"]
                self.assertEqual(messages["published"] * point["value"], messages["expected"])
                self.assertEqual(messages["expected"], messages["delivered"])
                self.assertEqual(messages["delivered"], run["age_us"]["count"])
            for summary in point["summary"].values():
                self.assertEqual(2, summary["runs"])

    def test_the_table_and_the_csv_are_functions_of_the_file(self):
        path = str(self.path / "sweep.json")
        self.assertEqual(self.done.stdout, (self.path / "report.txt").read_text())
        self.assertEqual(self.done.stdout, wirelab("report", path).stdout)
        text = wirelab("report", path, "--format", "csv").stdout
        self.assertEqual((self.path / "report.csv").read_text(), text)
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([("2", "long-poll"), ("2", "websocket"), ("20", "long-poll"), ("20", "websocket")],
                         [(row["subscribers"], row["transport"]) for row in rows])
        self.assertEqual(self.sweep, json.loads(wirelab("report", path, "--format", "json").stdout))

    def test_a_gate_speaks_of_every_point(self):
        with tempfile.TemporaryDirectory() as folder:
            done = wirelab("sweep", "--over", "payload=64,1KiB", "--rounds", "1", "--duration", "200ms", "-c", "3", *COMMON,
                           "--expect", "websocket.p50<1ns", "-o", folder, codes=(3, 4))
        for where in ("at payload 64", "at payload 1KiB"):
            self.assertIn(f"{where}, --expect websocket.p50<1ns: missed", done.stderr)


class Stopped(unittest.TestCase):
    def test_ctrl_c_reports_what_was_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen([WIRELAB, "sweep", "--over", "clients=2,20", "--duration", "60s", "--rounds", "1", *COMMON, "-o", folder],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("4 runs", process.stderr.readline())
            time.sleep(3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=GENEROUS_S)
            self.assertEqual(130, process.returncode, out + err)
            self.assertIn("! stopped after 1 of 2 points", out)
            sweep = json.loads((pathlib.Path(folder) / "sweep.json").read_text())
            self.assertEqual([], schema.problems(sweep, "sweep"))
            self.assertEqual([True], [run["interrupted"] for point in sweep["points"] for run in point["runs"]])

    def test_where_nothing_can_be_carried_out_it_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "out"
            done = wirelab("sweep", "--over", "clients=5,10", "--rounds", "1", "--connect-timeout", "1ns", *COMMON, "-o", str(path),
                           codes=(1,))
            self.assertIn("not one run could be carried out", done.stderr)
            self.assertIn("not tried again there, nor beyond", done.stderr)
            self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
