"""The files in scenarios/: each can be run from any folder, is what its comment says, and gives way to the command line."""

import json
import pathlib
import subprocess
import tempfile
import tomllib
import unittest

from lab import GENEROUS_S, WIRELAB

SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "scenarios"
# So short that five of them take seconds; a channel without a subscriber would be refused.
SHORT = ["--transports", "websocket", "--rounds", "1", "--subscribers", "10", "--duration", "300ms", "--warm-up", "100ms", "--no-charts",
         "--no-baseline"]
KEYS = {"subscribers": "subscribers", "rate": "rate_per_second", "arrivals": "arrivals", "payload": "payload_bytes", "source": "sources"}


class Scenarios(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def compare(self, *flags, folder="/", code=(0, 4)):
        done = subprocess.run([WIRELAB, "compare", *flags, "-o", self.scratch / "result"], cwd=folder, capture_output=True, text=True,
                              timeout=3 * GENEROUS_S)
        self.assertIn(done.returncode, code, done.stdout + done.stderr)
        return json.loads((self.scratch / "result" / "result.json").read_text()) if 2 not in code else done.stderr

    def test_there_are_five_and_each_says_what_it_is(self):
        files = sorted(SCENARIOS.glob("*.toml"))
        self.assertEqual(["burst", "chat", "idle", "notifications", "ticker"], [file.stem for file in files])
        for file in files:
            first = file.read_text().splitlines()[0]
            self.assertRegex(first, r"^# [A-Z].*: ")
            self.assertIn(f"wirelab compare --config scenarios/{file.name}", file.read_text())

    def test_each_runs_from_another_folder_and_flags_win(self):
        for file in sorted(SCENARIOS.glob("*.toml")):
            with self.subTest(scenario=file.stem):
                written = tomllib.loads(file.read_text())
                result = self.compare("--config", str(file), *SHORT, *(["--channels", "10"] if "channels" in written else []))
                made, run = result["configuration"], result["runs"][0]
                self.assertEqual(10, made["subscribers"])
                self.assertEqual(300, made["duration_ms"])
                for key, name in KEYS.items():
                    if key in written and key != "subscribers":
                        self.assertEqual(written[key], made[name], key)
                self.assertEqual(run["messages"]["published"] * (1 if made["channels"] > 1 else 10), run["messages"]["delivered"])
                self.assertEqual(file.stem == "idle", made["rate_per_second"] == 0)

    def test_a_replay_is_looked_for_beside_its_scenario(self):
        made = self.compare("--config", "../scenarios/chat.toml", *SHORT, folder=SCENARIOS.parent / "tests")["configuration"]
        self.assertEqual("../examples/harbour-chat.ndjson", made["replay"]["file"])
        self.assertEqual((120, 20), (made["replay"]["messages"], made["replay"]["speed"]))
        here = self.scratch / "mine.ndjson"
        here.write_text('{"at_ms":0,"text":"typed on the command line"}\n')
        made = self.compare("--config", str(SCENARIOS / "chat.toml"), *SHORT, "--replay", "mine.ndjson", folder=self.scratch)["configuration"]
        self.assertEqual(("mine.ndjson", 1), (made["replay"]["file"], made["replay"]["messages"]))

    def test_a_replay_that_is_not_there_is_named_where_it_was_looked_for(self):
        file = self.scratch / "lost.toml"
        file.write_text('replay = "gone.ndjson"\n')
        self.assertIn(str(self.scratch / "gone.ndjson"), self.compare("--config", str(file), *SHORT, code=(2,)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
