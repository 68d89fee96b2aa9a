#!/usr/bin/python3
"""scripts/failures.py: those that failed, and nothing of the others."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "failures.py"
REPORT = """<testsuite tests="3">
  <testcase name="good" status="run"><system-out>all is well</system-out></testcase>
  <testcase name="bad" status="fail"><failure message=""/><system-out>{lines}3 &lt; 4 is false
</system-out></testcase>
  <testcase name="not there" status="notrun"></testcase>
</testsuite>"""


def said_of(report):
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "dev.junit.xml"
        file.write_text(report)
        return subprocess.run([sys.executable, SCRIPT, file], check=True, capture_output=True, text=True).stdout


class Failures(unittest.TestCase):
    def test_each_with_its_preset_and_what_it_said(self):
        self.assertEqual("\nfailed in dev: bad\n  3 < 4 is false\n", said_of(REPORT.format(lines="")))

    def test_of_a_long_one_the_end(self):
        lines = said_of(REPORT.format(lines="a line\n" * 1000)).splitlines()
        self.assertLess(len(lines), 50)
        self.assertEqual("  3 < 4 is false", lines[-1])


if __name__ == "__main__":
    unittest.main()
