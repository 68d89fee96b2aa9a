#!/usr/bin/python3
"""The figures and the chart on the page about coordinated omission are those of the results that it names."""

import io
import re
import sys
import unittest

sys.dont_write_bytecode = True

import matplotlib  # noqa: E402

import omission

PAGE = omission.ROOT / "docs" / "04-coordinated-omission.md"
DEBIAN_12_MATPLOTLIB = "3.6.3"  # another draws the same picture in other bytes


class Page(unittest.TestCase):
    def setUp(self):
        self.text = PAGE.read_text(encoding="utf-8")
        self.folder = PAGE.parent / re.search(omission.BEGIN.format(r"(\S+)"), self.text)[1]
        self.remedy = f"make it again: tests/mutants/omission.py {self.folder.relative_to(omission.ROOT)} --page {PAGE.relative_to(omission.ROOT)}"

    def test_the_figures_are_those_of_the_results(self):
        self.assertIn(omission.figures(self.folder, PAGE), self.text, self.remedy)

    def test_the_chart_is_drawn_from_the_results(self):
        if matplotlib.__version__ != DEBIAN_12_MATPLOTLIB:
            self.skipTest(f"matplotlib {matplotlib.__version__}, not {DEBIAN_12_MATPLOTLIB}")
        again = io.BytesIO()
        omission.chart.save(omission.draw(*omission.read(self.folder)), again, "svg")
        self.assertEqual((self.folder / "omission.svg").read_bytes(), again.getvalue(), self.remedy)
        if (self.folder / omission.SERIES).exists():  # older results have none
            again = io.BytesIO()
            omission.chart.save(omission.heat(self.folder), again, "svg")
            self.assertEqual((self.folder / "heat.svg").read_bytes(), again.getvalue(), self.remedy)

    def test_what_the_page_says_of_the_run_is_so(self):
        healthy, frozen = omission.read(self.folder)
        for result in (healthy, frozen):
            configuration = result["configuration"]
            self.assertEqual((200, 10_000, 1), tuple(configuration[key] for key in ("rate_per_second", "duration_ms", "lanes_max")))
            self.assertEqual(2_000, result["runs"][0]["messages"]["published"])

    def test_theory_holds(self):
        healthy, frozen = omission.read(self.folder)
        run, theory = frozen["runs"][0], omission.Theory(healthy)
        for share in (0.99, 0.999, 1):
            expected = theory.due_us(share)
            self.assertAlmostEqual(expected, omission.quantile_us(run["age_us"], share), delta=0.02 * expected)
        self.assertLess(omission.quantile_us(run["age_from_send_us"], 0.99), 0.05 * theory.due_us(0.99))


if __name__ == "__main__":
    unittest.main()
