#!/usr/bin/python3
"""The claims ledger: docs/claims.md is what docs/claims.toml and the committed results say, its commands are the lab's, and what is
wrong with a ledger is found (on small ones with one thing wrong each)."""

import json
import os
import re
import shlex
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import claims  # noqa: E402

LEDGER = {
    "figure": {"ratio": {"in": "cliff/experiment.json", "at": "/points/1/measured", "divide": 1000, "digits": 2, "near": [1.9, 2.1]}},
    "topic": [{"title": "Polling", "claim": [
        {"number": 1, "note": 1, "claim": "Late.", "verdict": "half-true", "because": "Beyond the edge.", "sources": ["RFC 6202 §2.2"],
         "try": "wirelab predict", "measured": "Ages: {ratio} times.", "flips": "distance"}]}],
}


class Committed(unittest.TestCase):
    def setUp(self):
        self.ledger = tomllib.loads((ROOT / "docs/claims.toml").read_text(encoding="utf-8"))
        self.claims = [claim for topic in self.ledger["topic"] for claim in topic["claim"]]

    def test_the_pages_are_what_the_data_and_the_results_say(self):
        made = claims.pages(self.ledger, ROOT / "docs")
        self.assertGreater(len(made), 3)
        for path, text in made.items():
            with self.subTest(page=path.name):
                self.assertEqual(text, path.read_text(encoding="utf-8"), "make it again: scripts/claims.py")

    def test_all_77_are_there(self):
        self.assertEqual(77, len(self.claims))

    def test_the_commands_are_the_labs(self):
        source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "lab/cli").glob("*.cpp"))
        for claim in self.claims:
            words = shlex.split(claim["try"])
            with self.subTest(claim=claim["number"], command=claim["try"]):
                if len(words) == 1:
                    self.assertTrue(os.access(ROOT / words[0], os.X_OK), "no program of the course")
                elif words:
                    self.assertEqual("wirelab", words[0])
                    self.assertTrue(f'"{words[1]}"' in source, f"no command {words[1]}")
                for word in words[2:]:
                    if word.startswith("-"):
                        self.assertTrue(re.search(rf'["(,]{re.escape(word)}["=,]', source), f"no option {word}")
                    if word.endswith(".toml"):
                        self.assertTrue((ROOT / word).is_file(), word)


class Small(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.docs = Path(scratch.name)
        self.ledger = json.loads(json.dumps(LEDGER))
        self.claim = self.ledger["topic"][0]["claim"][0]

    def measure(self, value, date="2026-11-21"):
        folder = self.docs / f"results/{date}-cliff"
        folder.mkdir(parents=True)
        (folder / "experiment.json").write_text(json.dumps({"points": [{}, {"measured": value}]}), encoding="utf-8")

    def page(self):
        return claims.pages(self.ledger, self.docs)[self.docs / "claims.md"]

    def assert_unfit(self, words):
        with self.assertRaisesRegex(claims.Unfit, words):
            self.page()

    def test_a_figure_is_read_from_the_newest_result_and_linked(self):
        self.measure(1950)
        self.measure(2006, "2026-11-22")
        self.assertIn("Ages: **2.01** times. [2026-11-22-cliff](results/2026-11-22-cliff/experiment.json)", self.page())

    def test_what_is_not_measured_yet_says_so(self):
        self.assertIn("- Measured: not committed yet: `scripts/measure cliff`", self.page())

    def test_a_figure_that_no_longer_fits_the_words(self):
        self.measure(1000)
        self.assert_unfit("ratio.* has 1, .* from 1.9 to 2.1")

    def test_a_pointer_to_nothing(self):
        self.measure(2000)
        self.ledger["figure"]["ratio"]["at"] = "/points/7/measured"
        self.assert_unfit("no number at /points/7/measured")

    def test_a_figure_nobody_uses_and_one_that_is_none(self):
        self.claim["measured"] = "Ages: {other}."
        self.assert_unfit("ratio: nothing uses it")
        self.claim["measured"] = "Ages: {other}, {ratio}."
        self.assert_unfit("no figure is called other")

    def course_page(self, text):
        (self.docs / "course").mkdir(exist_ok=True)
        path = self.docs / "course/07.md"
        path.write_text(text, encoding="utf-8")
        return path

    def test_a_figure_in_a_page_of_the_course(self):
        self.measure(2006)
        path = self.course_page("It is <!--figure ratio-->9<!----> times, <!--figure ratio--><!----> times.")
        self.claim["measured"] = ""
        self.assertEqual("It is <!--figure ratio-->2.01<!----> times, <!--figure ratio-->2.01<!----> times.",
                         claims.pages(self.ledger, self.docs)[path])

    def test_a_figure_in_a_page_that_nobody_measured(self):
        self.course_page("It is <!--figure ratio-->9<!----> times.")
        self.assert_unfit("ratio: nobody has committed cliff/experiment.json")

    def test_a_figure_that_begins_a_line(self):
        self.measure(2006)
        self.course_page("It is\n<!--figure ratio-->9<!----> times.")
        self.assert_unfit("begins a line")

    def drawing(self, text="<!-- chart cliff/strips.svg: Two steps -->\n<!-- end of the chart -->"):
        path = self.course_page(f"It is <!--figure ratio-->9<!---->.\n\n{text}\n")
        return claims.pages(self.ledger, self.docs)[path]

    def test_a_drawing_is_the_newest_one(self):
        self.measure(2006)
        self.measure(2007, "2026-11-22")
        (self.docs / "results/2026-11-22-cliff/strips.svg").write_text("<svg/>", encoding="utf-8")
        expected = "<!-- chart cliff/strips.svg: Two steps -->\n\n![Two steps](../results/2026-11-22-cliff/strips.svg)\n\n<!-- end of the chart -->"
        made = self.drawing()
        self.assertIn(expected, made)
        (self.docs / "course/07.md").write_text(made, encoding="utf-8")
        self.assertIn(made, claims.pages(self.ledger, self.docs).values(), "made again it is the same")

    def test_a_drawing_that_nobody_made_yet_says_what_makes_it(self):
        self.measure(2006)
        one = "<!-- chart cliff/strips.svg: Two steps -->\n<!-- end of the chart -->"
        self.assertEqual(2, self.drawing(f"{one}\n\n{one}").count("\n*(Two steps: not measured yet, `scripts/measure cliff`.)*\n"))

    def test_a_drawing_without_words_or_end(self):
        self.measure(2006)
        for text in ("<!-- chart cliff/strips.svg -->\n<!-- end of the chart -->", "<!-- chart cliff/strips.svg: Two steps -->\n"):
            with self.assertRaisesRegex(claims.Unfit, "a drawing's place"):
                self.drawing(text)

    def test_one_number_less_another(self):
        self.measure(2000)
        self.ledger["figure"]["ratio"] |= {"less": "/points/1/measured", "near": [0, 0]}
        self.assertIn("Ages: **0.00** times", self.page())

    def test_one_number_over_another(self):
        self.measure(2000)
        self.ledger["figure"]["ratio"] |= {"over": "/points/1/measured", "divide": 1, "near": [1, 1]}
        self.assertIn("Ages: **1.00** times", self.page())

    def test_a_number_missing(self):
        self.claim["number"] = 2
        self.assert_unfit("numbered from 1 on")

    def test_a_verdict_that_is_none(self):
        self.claim["verdict"] = "perhaps"
        self.assert_unfit("perhaps is no verdict")

    def test_half_true_and_nothing_flips_it(self):
        self.claim["flips"] = ""
        self.assert_unfit("nothing flips it")

    def test_neither_a_command_nor_what_is_lacking(self):
        self.claim["try"] = ""
        self.assert_unfit("neither a command")


if __name__ == "__main__":
    unittest.main()
