#!/usr/bin/python3
"""The course: every example of its chapters prints what the page says (as docs/01-wire-format.md's do, but without a server), and
every chapter has the same parts in the same order."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from examples_test import GIVE_UP_S, WIRELAB, examples, matches  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]  # where a reader runs the commands
CHAPTERS = sorted((ROOT / "docs/course").glob("[0-9]*.md"))
PARTS = ["Objectives", "Predict", "Run", "What you should see", "Explain", "The misconception", "Vary it", "Exercise", "Answers",
         "Further reading", "What this cannot show"]


def printed(command):
    path = f"{Path(WIRELAB).parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=GIVE_UP_S, check=False,
                          stdin=subprocess.DEVNULL, cwd=ROOT, env={**os.environ, "LC_ALL": "C.UTF-8", "PATH": path})
    return re.sub(r" +$", "", done.stdout + done.stderr, flags=re.MULTILINE)


class Course(unittest.TestCase):
    def test_every_example_prints_what_the_page_says(self):
        self.assertGreater(len(CHAPTERS), 2)
        for chapter in [*CHAPTERS, ROOT / "docs/course/building.md"]:
            todo = examples(chapter.read_text(encoding="utf-8"))
            self.assertGreater(len(todo), 0, chapter.name)
            for line, command, expected in todo:
                with self.subTest(chapter=chapter.name, line=line, command=command):
                    actual = printed(command)
                    self.assertTrue(matches(expected, actual), f"the page says\n{expected}\nit prints\n{actual}")

    def test_every_chapter_has_the_same_parts(self):
        for chapter in CHAPTERS:
            with self.subTest(chapter=chapter.name):
                text = re.sub(r"^```.*?^```", "", chapter.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
                self.assertEqual(PARTS, re.findall(r"^## (.*)$", text, re.MULTILINE))
                self.assertRegex(text, r"\A# \d+ .*\n\n\*\*.*\?\*\*\n\n\d+ minutes · (easy|medium|hard) · needs ")
                self.assertRegex(text, r"## The misconception\n\n> ")


if __name__ == "__main__":
    unittest.main()
