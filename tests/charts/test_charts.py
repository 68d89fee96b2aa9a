#!/usr/bin/python3
"""scripts/charts: finds a committed drawing that its file does not make, and makes it."""

import importlib.machinery
import importlib.util
import io
import shutil
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_loader("charts", importlib.machinery.SourceFileLoader("charts", str(ROOT / "scripts/charts")))
charts = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(charts)


class Again(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "capacity"
        self.folder.mkdir()
        shutil.copy(sorted((ROOT / "docs/results").glob("*/capacity.json"))[-1], self.folder / "capacity.json")

    def call(self, *arguments):
        out, error = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(error):
            code = charts.main([*arguments, str(self.folder)])
        return code, out.getvalue(), error.getvalue()

    def test_what_is_missing_is_told_then_drawn_then_as_it_should_be(self):
        drawing = self.folder / "capacity.svg"
        self.assertEqual((1, f"{drawing}: is not what its file says\n", ""), self.call("--check"))
        self.assertFalse(drawing.exists())
        self.assertEqual((0, f"{drawing}: drawn\n", ""), self.call())
        self.assertEqual((0, "", ""), self.call("--check"))

    def test_a_file_that_cannot_be_drawn_is_a_failure(self):
        (self.folder / "capacity.json").write_text("{}")
        code, out, error = self.call()
        self.assertEqual((1, ""), (code, out))
        self.assertIn("capacity_chart.py", error)


class Which(unittest.TestCase):
    def test_every_folder_with_drawings_has_a_file_that_they_are_of(self):
        for folder in (ROOT / "docs/results").iterdir():
            if any(folder.glob("*.svg")):
                self.assertTrue(charts.file_of(folder), folder)


if __name__ == "__main__":
    unittest.main()
