#!/usr/bin/python3
"""`wirelab course`, as a student goes through it: every chapter is predicted (wrongly, as many do), run and checked. What theory, the
run and the page's own answers say must agree, and a wrong answer that is known must get its hint."""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

WIRELAB = os.environ["WIRELAB"]
ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "docs/course").glob("[0-9]*.json"))
CLAIMS = {claim["number"] for topic in tomllib.loads((ROOT / "docs/claims.toml").read_text(encoding="utf-8"))["topic"]
          for claim in topic["claim"]}
GIVE_UP_S = 120
OK, BAD_ARGUMENTS, GATE_MISSED = 0, 2, 3


def in_range(text):
    """An answer that a hint is for."""
    low, _, high = text.partition("..")
    return (float(low) + float(high or low)) / 2


def right_answer(chapter):
    """Of the page's own check: `N=40` in its Answers."""
    answers = chapter.with_suffix(".md").read_text(encoding="utf-8").split("\n## Answers\n")[1]
    return re.search(r"^\$ [A-Z]=(\d+)$", answers, re.MULTILINE)[1]


class Student(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.home = scratch.name

    def course(self, *words, typed="", expect=OK):
        done = subprocess.run([WIRELAB, "course", *words], input=typed, capture_output=True, text=True, timeout=GIVE_UP_S, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "XDG_DATA_HOME": self.home})
        said = done.stdout + done.stderr
        self.assertEqual(expect, done.returncode, said)
        return re.sub(r"\s+", " ", said)

    def test_every_page_has_its_data(self):
        pages = {page.stem for page in (ROOT / "docs/course").glob("[0-9]*.md")}
        self.assertEqual({chapter.stem for chapter in CHAPTERS}, pages)
        self.assertEqual(list(range(13)), [int(chapter.name[:2]) for chapter in CHAPTERS])

    def test_page_and_command_ask_the_same_questions_by_the_same_numbers(self):
        for chapter in CHAPTERS:
            with self.subTest(chapter=chapter.name):
                predict = chapter.with_suffix(".md").read_text(encoding="utf-8").split("\n## Predict\n")[1].split("\n## ")[0]
                asked = re.findall(r"^\d+\. (.*(?:\n   .*)*)", predict, re.MULTILINE)
                questions = [question["ask"] for question in json.loads(chapter.read_text(encoding="utf-8"))["questions"]]
                self.assertEqual(len(asked), len(questions))
                for page, command in zip(asked, questions):
                    common = set(re.findall(r"\w+", page.lower())) & set(re.findall(r"\w+", command.lower()))
                    self.assertGreaterEqual(len(common), min(2, len(page.split())), f"{page!r} and {command!r}")

    def test_every_chapter(self):
        for chapter in CHAPTERS:
            with self.subTest(chapter=chapter.name):
                self.goes_through(str(int(chapter.name[:2])), json.loads(chapter.read_text(encoding="utf-8")), right_answer(chapter))
        progress = self.course("progress")
        self.assertEqual(13, len(re.findall(r"(\d) of \1 yes \d right", progress)), progress)

    def goes_through(self, number, data, right):
        questions, exercise = data["questions"], data["exercise"]
        self.assertLessEqual({hint["claim"] for each in [*questions, exercise] for hint in each["hints"]}, CLAIMS | {0})
        wrong = [question["hints"][0] for question in questions]
        typed = "".join(f"{in_range(hint['answer'])}\nI thought so\n" for hint in wrong)
        self.course("predict", number, typed=typed)
        shown = self.course("run", number, *(["--quiet"] if number != "7" else []))  # or each simulation would run twice
        self.assertEqual(number == "7", "wirelab simulate" in shown)
        checked = self.course("check", number)
        for question, hint in zip(questions, wrong):
            with self.subTest(question=question["ask"]):
                self.assertIn(re.sub(r"\s+", " ", f"{hint['name']}: {hint['says']}"), checked)
        self.assertNotIn("does not agree", checked)
        self.assertIn("Predicted right: 0 of", checked)
        known = exercise["hints"][0]
        self.assertIn(known["name"], self.course("check", number, "--answer", str(in_range(known["answer"])), expect=GATE_MISSED))
        self.assertIn("Right", self.course("check", number, "--answer", right))

    def test_a_number_cannot_be_seen_before_it_is_predicted(self):
        self.assertIn("wirelab course predict 7", self.course("run", "7", expect=BAD_ARGUMENTS))
        self.assertIn("there is no chapter 99", self.course("start", "99", expect=BAD_ARGUMENTS))
        self.assertEqual([], list(Path(self.home).iterdir()))


if __name__ == "__main__":
    unittest.main()
