#!/usr/bin/python3
"""The committed simulation (docs/results/*-theory/simulation.json): theory agrees in every cell, the tables in docs/07-theory.md
are made from it, and a short one comes out again to the last digit.

    committed_test.py --tables    prints the page's tables"""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
COLUMNS = {"short-poll": "short poll", "long-poll": "long poll", "long-poll-reconnecting": "long poll, new connection", "websocket": "WebSocket"}


def text_of(name):
    return sorted((DOCS / "results").glob(f"*-theory/{name}"))[-1].read_text(encoding="utf-8")


def committed(name="simulation.json"):
    return json.loads(text_of(name))


def number(value):
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.3g}"


def figures(of):
    return f"{number(of['age_mean_ms'])} / {number(of['age_p99_ms'])} · {number(of['requests_per_second'])} · " \
           f"{number(of['header_bytes_per_delivered'])}"


def table(simulation):
    lines = [f"| λ | RTT | {' | '.join(COLUMNS.values())} |", "|---" * (2 + len(COLUMNS)) + "|"]
    cells = {(cell["messages_per_second"], cell["round_trip_ms"], cell["transport"]): cell for cell in simulation["cells"]}
    for rate, round_trip_ms in dict.fromkeys((rate, round_trip_ms) for rate, round_trip_ms, _ in cells):
        row = [cells[rate, round_trip_ms, name] for name in COLUMNS]
        lines.append(f"| {rate:g}/s | {round_trip_ms:g} ms | " +
                     " | ".join(f"{figures(cell['predicted'])}<br>**{figures(cell['simulated'])}**" for cell in row) + " |")
    return "\n".join(lines)


def cliff(simulation):
    means = {(cell["transport"], cell["round_trip_ms"]): cell["simulated"]["age_mean_ms"] for cell in simulation["cells"]}
    round_trips = [round_trip for name, round_trip in means if name == "websocket"]
    held, pushed = ([means[name, round_trip] for round_trip in round_trips] for name in ("long-poll", "websocket"))
    rows = {"RTT": [f"{round_trip:g} ms" for round_trip in round_trips], "long poll, ms": map(number, held),
            "WebSocket, ms": map(number, pushed), "ratio": [f"{one / other:.2f}" for one, other in zip(held, pushed)]}
    lines = [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join([lines[0], "|---" * (1 + len(round_trips)) + "|", *lines[1:]])


class Committed(unittest.TestCase):
    def test_theory_agrees_in_every_cell(self):
        cells = committed()["cells"]
        self.assertEqual(45, len(cells))
        for cell in cells:
            with self.subTest(cell=(cell["transport"], cell["messages_per_second"], cell["round_trip_ms"])):
                self.assertTrue(cell["agrees"])
                ours, theory = cell["simulated"], cell["predicted"]
                self.assertLessEqual(abs(ours["age_mean_ms"] - theory["age_mean_ms"]), max(0.5, 0.01 * theory["age_mean_ms"]))
                for key in ("requests_per_second", "header_bytes_per_delivered"):
                    self.assertLessEqual(abs(ours[key] - theory[key]), 0.01 * theory[key] + 1e-9, key)

    def test_a_percentile_on_an_edge_is_met_by_more_messages(self):
        for cell in committed("simulation-4M.json")["cells"]:
            ours, theory = cell["simulated"]["age_p99_ms"], cell["predicted"]["age_p99_ms"]
            self.assertLessEqual(abs(ours - theory), max(0.5, 0.01 * theory))

    def test_the_tables_in_the_docs_are_made_from_it(self):
        page = (DOCS / "07-theory.md").read_text(encoding="utf-8")
        for made in (table(committed()), cliff(committed("simulation-cliff.json"))):
            self.assertIn(made, page, "print them again: tests/sim/committed_test.py --tables")

    def test_the_cliff_is_where_the_round_trip_is_as_long_as_the_gap(self):
        means = {(cell["transport"], cell["round_trip_ms"]): cell["simulated"]["age_mean_ms"]
                 for cell in committed("simulation-cliff.json")["cells"]}
        self.assertAlmostEqual(1, means["long-poll", 90] / means["websocket", 90], 3)
        self.assertAlmostEqual(2, means["long-poll", 110] / means["websocket", 110], 1)

    def test_it_comes_out_again_to_the_last_digit(self):
        done = subprocess.run([os.environ["WIRELAB"], "simulate", "all", "--rtt", "50ms", "--rate", "10", "-n", "1k", "--json"],
                              capture_output=True, text=True, check=True)
        self.assertEqual(text_of("simulation-1k.json"), done.stdout)


if __name__ == "__main__":
    if sys.argv[1:] == ["--tables"]:
        print(table(committed()), cliff(committed("simulation-cliff.json")), sep="\n\n")
    else:
        unittest.main()
