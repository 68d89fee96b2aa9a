#!/usr/bin/python3
"""scripts/make_sample.py: the committed sample is what it makes, and fit to be replayed."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
SCRIPT, SAMPLE = ROOT / "scripts" / "make_sample.py", ROOT / "examples" / "harbour-chat.ndjson"


def made(*flags):
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "sample.ndjson"
        subprocess.run([SCRIPT, "-o", output, *flags], check=True, capture_output=True, cwd="/")
        return output.read_bytes()


class Sample(unittest.TestCase):
    def test_making_it_again_gives_the_same_bytes(self):
        self.assertEqual(SAMPLE.read_bytes(), made())

    def test_another_seed_gives_others(self):
        self.assertNotEqual(made("--seed", "1"), made("--seed", "2"))

    def test_it_can_be_replayed(self):
        lines = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(120, len(lines))
        at = [line["at_ms"] for line in lines]
        self.assertEqual(0, at[0])
        self.assertEqual(sorted(at), at)
        self.assertTrue(60_000 < at[-1] < 300_000, at[-1])
        self.assertTrue(all(isinstance(line["text"], str) and line["text"] for line in lines))

    def test_it_has_what_trips_encoders(self):
        text = SAMPLE.read_text(encoding="utf-8")
        self.assertTrue(any(ord(character) > 0xFFFF for character in text), "a character beyond the first plane")
        self.assertIn('\\"', text)
        self.assertIn("\\\\", text)


if __name__ == "__main__":
    unittest.main()
