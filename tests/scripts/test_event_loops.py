#!/usr/bin/python3
"""bench/event_loops without a compiler: its table, and that the page has the newest one."""

import importlib.machinery
import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/internals/event-loop.md"
LOADER = importlib.machinery.SourceFileLoader("event_loops", str(ROOT / "bench/event_loops"))
event_loops = importlib.util.module_from_spec(importlib.util.spec_from_loader("event_loops", LOADER))
LOADER.exec_module(event_loops)


def made():
    return event_loops.record({loop: {0: 2.5, 10000: 2.6 + place} for place, loop in enumerate(event_loops.LOOPS)})


class EventLoops(unittest.TestCase):
    def test_the_table_has_a_line_for_each_loop(self):
        lines = event_loops.table(made()).splitlines()
        self.assertEqual("| idle descriptors | 0 | 10,000 |", lines[0])
        self.assertEqual("| poll | 2.50 µs | 2.60 µs |", lines[2])
        self.assertEqual(len(event_loops.LOOPS), len(lines) - 2)

    def test_it_goes_between_the_marks(self):
        with tempfile.TemporaryDirectory() as name:
            file, page = Path(name) / "results" / "event-loops.json", Path(name) / "page.md"
            file.parent.mkdir()
            file.write_text(json.dumps(made()), encoding="utf-8")
            page.write_text(f"Before.\n\n{event_loops.BEGIN.format('not measured')}\nOld.\n{event_loops.END}\n", encoding="utf-8")
            event_loops.write_page(file, page)
            text = page.read_text(encoding="utf-8")
            self.assertEqual(f"Before.\n\n{event_loops.block(made(), 'results/event-loops.json')}\n", text)
            page.write_text("No marks.", encoding="utf-8")
            with self.assertRaisesRegex(SystemExit, "must be one"):
                event_loops.write_page(file, page)

    def test_the_page_has_the_newest_result(self):
        files = sorted((ROOT / "docs/results").glob("*-event-loops/event-loops.json"))
        text = PAGE.read_text(encoding="utf-8")
        if files:
            expected = event_loops.block(json.loads(files[-1].read_text(encoding="utf-8")), files[-1].relative_to(ROOT / "docs").as_posix())
            self.assertIn(expected.replace("](results/", "](../results/").replace("of results/", "of ../results/"), text)
        else:
            self.assertIn(event_loops.BEGIN.format("not measured"), text)

    def test_the_program_knows_every_loop(self):
        source = event_loops.SOURCE.read_text(encoding="utf-8")
        for loop in event_loops.LOOPS:
            self.assertIn(f'{{"{loop}", ', source)


if __name__ == "__main__":
    unittest.main()
