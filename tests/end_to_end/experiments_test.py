"""The files in experiments/: each is read, and says what it asks; one is run, made short, from another folder."""

import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest

from lab import GENEROUS_S, WIRELAB

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPERIMENTS = ROOT / "experiments"
sys.path.insert(0, str(ROOT / "tests" / "schema"))
sys.dont_write_bytecode = True

import schema  # noqa: E402


def run(*arguments, folder="/"):
    return subprocess.run([WIRELAB, "run", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=3 * GENEROUS_S)


class Files(unittest.TestCase):
    def test_each_says_what_it_asks_and_how_it_is_run(self):
        files = sorted(EXPERIMENTS.glob("*.toml"))
        page = (ROOT / "docs" / "09-experiments.md").read_text()
        self.assertGreaterEqual(len(files), 9)
        for file in files:
            with self.subTest(experiment=file.stem):
                text = file.read_text()
                for part in ("Question:", "Prediction", "What to look at:", "What it cannot show:", f"wirelab run experiments/{file.name}"):
                    self.assertIn(part, text)
                self.assertLessEqual({"title", "question", "over", "transports", "figure"}, tomllib.loads(text).keys())
                self.assertIn(f"| `{file.stem}` |", page)

    def test_each_is_understood_to_the_last_option(self):
        """What is refused first, once all of the file is understood, is the flag that is wrong."""
        for file in sorted(EXPERIMENTS.glob("*.toml")):
            with self.subTest(experiment=file.stem):
                done = run(file, "--rounds", "0")
                self.assertEqual((2, "wirelab: --rounds 0: give at least one\n"), (done.returncode, done.stderr))


class Refusals(unittest.TestCase):
    def test_what_is_wrong_is_named(self):
        for flags, said in ((("--figure", "luck"), "--figure 'luck' is none of: mean"),
                            (("--against", "websocket"), "--against 'websocket': it is not among --transports"),
                            (("--vary", "hold=soon"), "--vary 'hold=soon': --hold"),
                            (("--vary", "hold=25s", "--over", "loss=0,1%"), "--over loss: nothing is lost without a link"),
                            (("--strip",), "--strip: each message's age"),
                            (("--luck", "1"), "--luck")):
            done = run(EXPERIMENTS / "empty.toml", *flags)
            self.assertEqual(2, done.returncode, flags)
            self.assertIn(said, done.stderr)
        self.assertEqual(2, run("gone.toml").returncode)


class Run(unittest.TestCase):
    def test_leaves_points_beside_theory_and_the_sweeps_they_are_of(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out"
            done = run(EXPERIMENTS / "empty.toml", "--over", "rate=20,50", "--channels", "1", "--subscribers", "10", "--poll-interval", "20ms", "--warm-up", "100ms", "--duration",
                       "400ms", "--rounds", "2", "--vary", "payload=64", "--vary", "payload=128 subscribers=3", "-o", out)
            self.assertIn(done.returncode, (0, 3, 4), done.stderr)
            self.assertEqual({"experiment.json", "experiment.svg", "experiment.png", "report.txt", "report.csv", "sweep-1.json", "sweep-2.json"},
                             {path.name for path in out.iterdir()}, done.stderr)
            made = json.loads((out / "experiment.json").read_text())
            self.assertEqual([], schema.problems(made, "experiment"))
            self.assertEqual(done.stdout, (out / "report.txt").read_text())
            again = subprocess.run([WIRELAB, "report", out / "experiment.json"], capture_output=True, text=True, timeout=GENEROUS_S)
            self.assertEqual(done.stdout, again.stdout)
            self.assertEqual(["payload=64", "payload=128 subscribers=3"], [series["variant"] for series in made["series"]])
            for number, series in enumerate(made["series"], 1):
                sweep = json.loads((out / f"sweep-{number}.json").read_text())
                self.assertEqual([], schema.problems(sweep, "sweep"))
                self.assertEqual((64, 10) if number == 1 else (128, 3),
                                 tuple(sweep["configuration"][key] for key in ("payload_bytes", "subscribers")))
                for point, value, predicted in zip(series["points"], (20, 50), (0.670320, 0.367879)):
                    self.assertEqual((value, 2), (point["value"], point["runs"]))
                    self.assertAlmostEqual(predicted, point["predicted"], 5)
                    self.assertEqual(abs(point["measured"] - point["predicted"]) <= point["tolerance"], point["within"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
