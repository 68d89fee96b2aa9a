"""tests/faults/storm.py, small: each storm once, with hundreds in place of thousands. What only a quiet machine can show (ages, and how
soon a stop is over) is not judged by it."""

import contextlib
import io
import tempfile
import unittest
import unittest.mock
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import in_page
import storm
import table
from crowd import Subscriber


def setUpModule():
    """All at once: they wait most of the time."""
    global under_way
    with ThreadPoolExecutor(len(storm.STORMS)) as together:
        under_way = {name: together.submit(lambda run=run: list(run(storm.Size(small=True)))) for name, run in storm.STORMS.items()}


class Storms(unittest.TestCase):
    def test_each_holds_and_memory_stays_under_its_bound(self):
        for name in storm.STORMS:
            with self.subTest(name):
                rows = under_way[name].result()
                self.assertTrue(rows)
                for row in rows:
                    self.assertTrue(row["held"], row)
                    self.assertGreater(row["peak_resident_bytes"], 1 << 20, "it was sampled")
                    self.assertTrue(storm.is_under(row), row)

    def test_a_row_that_does_not_hold_is_said_and_is_an_error(self):
        row = {"storm": "x", "said": "y", "held": False, "peak_resident_bytes": 1, "memory_bound_bytes": 2}
        above = {**row, "held": True, "peak_resident_bytes": 2}
        good = {**row, "held": True}
        self.assertEqual(["NOT HELD", "NOT HELD", "held    "], [line[:8] for line in storm.text_of([row, above, good]).splitlines()])
        for bad, code in ((row, 1), (above, 1), (good, 0)):
            with unittest.mock.patch.dict(storm.STORMS, {"full": lambda _, bad=bad: [bad]}), contextlib.redirect_stdout(io.StringIO()), \
                    contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(code, storm.main(["--only", "full"]))


class Pages(unittest.TestCase):
    WHERE = {"host": {"cores": 2, "cpu_model": "Imaginary"}, "created_utc": "2026-11-22T00:00:00Z"}

    def written(self, module, name, rows):
        with tempfile.TemporaryDirectory() as folder:
            page, file = Path(folder, "page.md"), Path(folder, "results/x/table.json")
            page.write_text(f"<!-- {name}: nowhere yet -->\nold\n<!-- end of {name} -->\n", encoding="utf-8")
            in_page.put(page, name, file, module.page_text({**self.WHERE, "rows": rows}))
            return page.read_text(encoding="utf-8")

    def test_a_storm_that_did_not_hold_is_bold(self):
        row = {"storm": "x", "said": "y", "held": False, "peak_resident_bytes": 5 << 20, "memory_bound_bytes": 9 << 20}
        text = self.written(storm, "storm", [row, {**row, "held": True}])
        self.assertIn("| x | y | **no** | 5 of 9 |\n| x | y | yes | 5 of 9 |", text)
        self.assertIn("2 cores (Imaginary), 2026-11-22", text)
        self.assertTrue(text.startswith("<!-- storm: results/x -->"), text)

    def test_a_fault_that_was_not_as_promised_is_said(self):
        row = {"where": "simulated", "fault": "cut", "transport": "websocket", "clean": True, **{key: 1000 for key in table.KEYS}}
        self.assertIn("Each delivery was as promised.", self.written(table, "faults", [row]))
        text = self.written(table, "faults", [row, {**row, "clean": False}])
        self.assertIn("**1 rows were not as promised.**", text)
        self.assertIn("| a connection cut every 20 ms | websocket | simulated | 1,000 |", text)


class TheWitness(unittest.TestCase):
    """A subscriber that finds nothing may be blind."""

    @staticmethod
    def hearing(*envelopes):
        one = Subscriber("x")
        for numbers, gap in envelopes:
            one.hear({"cursor": "k-1", "messages": [f"{number} of them" for number in numbers], **({"gap": True} if gap else {})})
        return one.lost, one.again, one.gaps, one.next

    def test_what_is_lost_comes_twice_or_is_announced(self):
        self.assertEqual((0, 0, 0, 4), self.hearing(((0, 1), False), ((), False), ((2, 3), False)))
        self.assertEqual((2, 0, 0, 5), self.hearing(((0, 1), False), ((4,), False)))
        self.assertEqual((0, 1, 0, 2), self.hearing(((0, 1), False), ((1,), False)))
        self.assertEqual((1, 0, 1, 2), self.hearing(((), True), ((1,), False)))


if __name__ == "__main__":
    unittest.main()
