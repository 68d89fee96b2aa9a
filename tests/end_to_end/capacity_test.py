"""`wirelab capacity` from start to report, small; and stopped."""

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

COMMON = ["--rate", "50", "--duration", "200ms", "--warm-up", "50ms", "--agree", "1", "--resolution", "100%", "--seed", "3"]


def wirelab(*arguments, codes=(0, 4)):
    """A machine busy with other tests may saturate the generator: then not every capacity is known, and that is said (4)."""
    done = subprocess.run([WIRELAB, *arguments], capture_output=True, text=True, timeout=3 * GENEROUS_S, check=False)
    if done.returncode not in codes:
        raise AssertionError(f"wirelab {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


class Capacity(unittest.TestCase):
    """Polls every 3 s cannot hold half a second; a pushed message can, wherever it is measured."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = pathlib.Path(folder.name) / "out"
        cls.done = wirelab("capacity", "--objective", "p50<500ms", "--from", "5", "--to", "10", "--transports", "keep-alive,websocket",
                           "--poll-interval", "3s", *COMMON, "-o", str(cls.path))
        cls.found = json.loads((cls.path / "capacity.json").read_text())

    def test_the_file_is_what_its_schema_says(self):
        self.assertEqual([], schema.problems(self.found, "capacity"))

    def test_the_search_was_announced_with_what_it_takes_at_most(self):
        self.assertRegex(self.done.stderr, r"\d+ runs \(at most; transports: 2, objective: p50<500ms\) of about 3\.6 s: about \d+ s in all")

    def test_every_probe_is_there_and_the_answer_follows_from_them(self):
        for name, its in self.found["capacity"].items():
            probes = [probe for probe in self.found["probes"] if probe["transport"] == name]
            passed = [probe["value"] for probe in probes if probe["outcome"] == "passed"]
            failed = [probe["value"] for probe in probes if probe["outcome"] != "passed"]
            self.assertEqual((max(passed, default=None), min(failed, default=None)), (its["passed"], its["failed"]))
            self.assertEqual(5, probes[0]["value"])
            for probe in probes:
                self.assertEqual(probe["value"], probe["run"]["subscribers"])
                self.assertEqual(probe["outcome"] == "passed", probe["reason"] == "")

    def test_what_polling_makes_by_itself_is_not_held_against_the_server(self):
        its = self.found["capacity"]["keep-alive"]
        self.assertIsNone(its["passed"])
        if its["limit"] == "objective":
            self.assertIn("polls every 3,000 ms make it 1,500 ms by themselves, however fast the server", its["words"])

    def test_the_table_the_csv_and_the_chart_are_functions_of_the_file(self):
        path = str(self.path / "capacity.json")
        self.assertEqual(self.done.stdout, (self.path / "report.txt").read_text())
        self.assertEqual(self.done.stdout, wirelab("report", path).stdout)
        text = wirelab("report", path, "--format", "csv").stdout
        self.assertEqual((self.path / "report.csv").read_text(), text)
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([(probe["transport"], probe["value"], probe["outcome"]) for probe in self.found["probes"]],
                         [(row["transport"], float(row["subscribers"]), row["outcome"]) for row in rows])
        self.assertEqual(self.found, json.loads(wirelab("report", path, "--format", "json").stdout))
        self.assertTrue((self.path / "capacity.svg").exists(), self.done.stderr)


class Refused(unittest.TestCase):
    def test_what_cannot_be_searched_says_why(self):
        for flags, reason in ((("p99<1s", "--from", "2", "--duration", "100ms"), "that takes 1000 deliveries a run, and the first probe would have"),
                              (("p50>1s",), "needs a limit to p50: write p50 < or <="), (("p50<1s", "--of", "payload"), "--of payload: give clients or rate"),
                              (("p50<1s", "--from", "50", "--to", "50"), "nothing lies between"), (("p50<1s", "--agree", "0"), "--agree 0"),
                              (("p50<1s", "--to", "1M"), "servers allow"), (("p50<1s", "--resolution", "1%"), "give 2% to 100%"),
                              (("p50<1s", "--of", "rate", "-n", "50"), "--of rate with --messages")):
            with self.subTest(flags=flags):
                self.assertIn(reason, wirelab("capacity", "--objective", *flags, codes=(2,)).stderr)


class Stopped(unittest.TestCase):
    def test_ctrl_c_reports_what_is_known(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "out"
            process = subprocess.Popen([WIRELAB, "capacity", "--objective", "p50<1s", "--transports", "websocket", *COMMON, "--duration", "60s",
                                        "-o", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("at most; transports: 1", process.stderr.readline())
            time.sleep(3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=GENEROUS_S)
            self.assertEqual(130, process.returncode, out + err)
            if "stopped before anything was measured" in err:  # a machine too busy to get that far in three seconds
                self.assertFalse(path.exists())
                return
            self.assertIn("websocket   not known: stopped before anything was", out)
            found = json.loads((path / "capacity.json").read_text())
            self.assertEqual([], schema.problems(found, "capacity"))
            self.assertEqual(["interrupted"], [probe["outcome"] for probe in found["probes"]])
            self.assertEqual({"passed": None, "failed": None, "limit": "stopped"},
                             {key: found["capacity"]["websocket"][key] for key in ("passed", "failed", "limit")})

    def test_where_nothing_can_be_carried_out_it_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "out"
            done = wirelab("capacity", "--objective", "p50<1s", "--connect-timeout", "1ns", *COMMON, "-o", str(path), codes=(1,))
            self.assertIn("not one run could be carried out", done.stderr)
            self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
