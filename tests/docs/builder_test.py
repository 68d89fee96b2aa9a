#!/usr/bin/python3
"""The builder track, course/exercises: each skeleton compiles and is not yet right, each solution is, and of solutions with one
mistake the checks say which. A student who makes it must not be told that all is well."""

import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / "course/exercises/check"
SOLUTIONS = Path(__file__).resolve().parent / "solutions"
GIVE_UP_S = 120
OK, BAD_ARGUMENTS, NOT_YET = 0, 2, 3

# (exercise, what is wrong, in the solution, instead of it, the step that must find it)
MUTANTS = [
    ("frames", "a frame without a mask is taken", "if ((byte(1) & 0x80) == 0) return {};", "", "a frame without a mask"),
    ("frames", "126 bytes are thought to fit", "size <= 125 ? 0 : size <= 65535 ? 2 : 8;", "size <= 126 ? 0 : size <= 65535 ? 2 : 8;",
     "encode 126 bytes"),
    ("parking", "lost wake-up: what came between two polls is waited for", "if (heard < log_.size())", "if (heard > log_.size())",
     "while the answer is on its way"),
    ("parking", "all who were parked are answered, also who has gone since",
     "while (const Poll* const next = first_behind()) {\n      Poll poll = take(next->name);\n      poll.answer(poll.heard, after(poll.heard));\n    }",
     "std::vector<Poll> all;\n    all.swap(waiting_);\n    for (Poll& poll : all) poll.answer(poll.heard, after(poll.heard));",
     "one goes while another is answered"),
    ("resume", "the cursor of an empty envelope is forgotten", "cursor_ = envelope.cursor;",
     "if (!envelope.messages.empty()) cursor_ = envelope.cursor;", "before it has heard any message"),
    ("resume", "once slow, always slow", "limit_ms_ = 50;\n  }", "}", "once an envelope was heard"),
]


def check(exercise, header=None):
    done = subprocess.run([CHECK, exercise, *([header] if header else [])], capture_output=True, text=True, timeout=GIVE_UP_S, check=False)
    return done.returncode, done.stdout + done.stderr


class Builder(unittest.TestCase):
    def test_skeletons_solutions_and_mistakes(self):
        exercises = sorted(path.stem for path in SOLUTIONS.glob("*.txt"))
        self.assertEqual(exercises, sorted(path.parent.name for path in CHECK.parent.glob("*/check.cpp")))
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
            skeletons = {name: pool.submit(check, name) for name in exercises}
            solutions = {name: pool.submit(check, name, SOLUTIONS / f"{name}.txt") for name in exercises}
            mutants = [pool.submit(check, mutant[0], self.written(Path(folder) / f"{i}.hpp", mutant)) for i, mutant in enumerate(MUTANTS)]
        for name in exercises:
            with self.subTest(exercise=name):
                self.assertEqual(NOT_YET, skeletons[name].result()[0], skeletons[name].result()[1])
                self.assertEqual((OK, "right\n"), solutions[name].result())
        for (_, wrong, _, _, step), outcome in zip(MUTANTS, mutants):
            with self.subTest(mutant=wrong):
                exit_code, said = outcome.result()
                self.assertEqual(NOT_YET, exit_code, said)
                self.assertIn(step, said)

    def written(self, path, mutant):
        solution = (SOLUTIONS / f"{mutant[0]}.txt").read_text(encoding="utf-8")
        self.assertIn(mutant[2], solution)
        path.write_text(solution.replace(mutant[2], mutant[3], 1), encoding="utf-8")
        return path

    def test_what_cannot_be_checked_is_named(self):
        self.assertIn("frames, parking, resume", check("frame")[1])
        self.assertEqual((BAD_ARGUMENTS, "check: there is no mine.hpp\n"), check("frames", "mine.hpp"))


if __name__ == "__main__":
    unittest.main()
