#!/usr/bin/python3
"""bench/many without any server: what a run comes to, and how it is shown; and what bench/generator counted."""

import importlib.util
import json
import sys
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_loader("many", SourceFileLoader("many", str(ROOT / "bench" / "many")))
many = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(many)


def result_of(**messages):
    counts = {"expected": 40_000, "delivered": 40_000, "lost": 0, "duplicated": 0, "out_of_order": 0, "gaps": 0, **messages}
    return {"configuration": {"subscribers": 10_000}, "runs": [{
        "transport": "websocket", "subscribers": 10_000, "verdict": "VALID", "messages": counts, "age_us": {"p99": 51_500},
        "connecting": {"duration_s": 0.8, "subscribers_per_second": 12_500, "generator_cpu_us": 700_000, "server_cpu_us": 400_000},
        "server": {"idle_subscribers": {"count": 10_000, "resident_bytes": 45_056_000}}}]}


class Figures(unittest.TestCase):
    def test_what_connecting_cost_is_told_by_connection(self):
        row = many.figures(result_of())
        self.assertEqual((12_500, 70, 40, 4505.6), tuple(row[key] for key in (
            "connected_per_second", "generator_us_per_connection", "server_us_per_connection", "server_bytes_per_subscriber")))
        self.assertTrue(many.is_whole(row))

    def test_whatever_is_missing_is_no_success(self):
        for messages in ({"delivered": 39_999, "lost": 1}, {"duplicated": 1}, {"gaps": 1}, {"expected": 0, "delivered": 0}):
            self.assertFalse(many.is_whole(many.figures(result_of(**messages))), messages)
        few = result_of()
        few["runs"][0]["subscribers"] = 9_999
        self.assertFalse(many.is_whole(many.figures(few)))

    def test_a_server_that_tells_nothing_has_dashes(self):
        result = result_of()
        result["runs"][0]["server"] = result["runs"][0]["connecting"] = None
        self.assertIn("  -  ", many.table([many.figures(result)]))

    def test_the_table(self):
        head, row = many.table([many.figures(result_of())]).splitlines()
        self.assertEqual(len(head), len(row) + len("verdict") - len("VALID"))
        self.assertEqual(["websocket", "10,000", "12,500", "70", "40", "4.4", "40,000", "of", "40,000", "0", "51.5", "VALID"], row.split())


    def test_what_a_client_that_does_nothing_else_found(self):
        self.assertTrue(many.handshakes_text({"websockets": 10_000, "per_second": 19_214.4}).endswith(": 19,214 a second\n"))


class Limits(unittest.TestCase):
    def test_too_few_descriptors_are_named_with_the_remedy(self):
        before, many.resource.getrlimit = many.resource.getrlimit, lambda _: (1024, 4096)
        nobody, many.os.geteuid = many.os.geteuid, lambda: 1000
        try:
            many.require_descriptors(4096 - many.BESIDES)
            with self.assertRaisesRegex(many.Missing, "10000 subscribers need 10320 open descriptors .* ulimit -Hn is 4096: .* at most 3776"):
                many.require_descriptors(10_000)
        finally:
            many.resource.getrlimit, many.os.geteuid = before, nobody

    def test_the_command_spreads_connections_over_addresses(self):
        options = many.parse(["-c", "15k"])
        self.assertEqual(15_000, options.subscribers)
        command = many.load_command(options, "websocket", "http://127.0.0.1:1", Path("x.json"))
        self.assertEqual(["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"],
                         [command[i + 1] for i, part in enumerate(command) if part == "--source"])


class Committed(unittest.TestCase):
    def test_the_page_has_the_counts_of_the_record(self):
        page = (ROOT / "docs" / "internals" / "generator.md").read_text(encoding="utf-8")
        record = json.loads((ROOT / "bench" / "generator.json").read_text(encoding="utf-8"))
        for version in record["versions"]:
            row = next(line for line in page.splitlines() if line.startswith(f"| {version['what'].partition(':')[0]} |"))
            for name in ("short-poll", "keep-alive", "long-poll", "websocket", "websocket, set up"):
                counted = version["rows"][name]
                calls = f" / {sum(counted['system_calls'].values()):.1f}" if counted["system_calls"] else ""
                self.assertIn(f"| {counted['instructions']:,}{calls} |", row, name)


if __name__ == "__main__":
    unittest.main()
