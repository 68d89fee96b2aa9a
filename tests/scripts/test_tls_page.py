#!/usr/bin/python3
"""scripts/tls_page.py: the table of what TLS costs."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import tls_page  # noqa: E402


def sweep(tls, cpu):
    parts = {"application_total": 171.0, "tls": 22.0 if tls else 0.0, "wire_total": 297.0 if tls else 275.0}
    summary = {"server_cpu_ms_per_1000_delivered": cpu, "age_us": {"p50": 1500.0}, "first_message_us": None,
               "bytes_per_delivered": {"both": parts}, "intervals": {"server_cpu_ms_per_1000_delivered": [cpu - 1, cpu + 1]}}
    return {"configuration": {"tls": tls}, "created_utc": "2026-11-21T00:00:00Z", "host": {"cores": 2, "cpu_model": "Abacus"},
            "points": [{"summary": {"websocket": summary}}]}


class Table(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "price").mkdir()

    def write(self, first, second):
        for number, document in enumerate((first, second), 1):
            (self.folder / "price" / f"sweep-{number}.json").write_text(json.dumps(document), encoding="utf-8")

    def test_the_two_stand_side_by_side(self):
        self.write(sweep(False, 8.0), sweep(True, 12.0))
        block = tls_page.block(self.folder)
        self.assertIn("| websocket | server CPU, ms per 1,000 delivered | 8.0 (7.0 to 9.0) | 12.0 (11.0 to 13.0) |", block)
        self.assertIn("| websocket | of TLS's own | 0 | 22 |", block)
        self.assertIn("| websocket | first message, mean, ms | – | – |", block)

    def test_the_wrong_way_round_is_refused(self):
        self.write(sweep(True, 12.0), sweep(False, 8.0))
        with self.assertRaises(SystemExit):
            tls_page.block(self.folder)

    def test_the_page_has_a_place_for_it(self):
        page = (ROOT / "docs" / "12-tls.md").read_text(encoding="utf-8")
        self.assertEqual((1, 1), (page.count("<!-- tls: begin"), page.count(tls_page.END)))


if __name__ == "__main__":
    unittest.main()
