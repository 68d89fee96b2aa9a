#!/usr/bin/python3
"""What TLS costs, as a table for a page: the two sweeps of experiments/tls-price.toml, without TLS and with it, side by side.

    tls_page.py FOLDER [--page docs/12-tls.md]      FOLDER: what scripts/measure tls made; the sweeps are in its price/

A figure with its 95% interval beside it, where there were rounds enough for one."""

import argparse
import json
import sys
from pathlib import Path

from page_block import write_block

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- tls: begin{} -->", "<!-- tls: end -->"
ROWS = (  # what, key of the interval, how it is read, divided by, digits
    ("server CPU, ms per 1,000 delivered", "server_cpu_ms_per_1000_delivered", lambda s: s["server_cpu_ms_per_1000_delivered"], 1, 1),
    ("age p50, ms", "age_p50_us", lambda s: s["age_us"]["p50"], 1000, 2),
    ("first message, mean, ms", "first_message_mean_us", lambda s: (s["first_message_us"] or {}).get("mean"), 1000, 1),
    ("bytes per delivered, application view", "application_total_bytes_both_per_delivered",
     lambda s: s["bytes_per_delivered"]["both"]["application_total"], 1, 0),
    ("of TLS's own", "", lambda s: s["bytes_per_delivered"]["both"]["tls"], 1, 0),
    ("bytes per delivered, wire view", "wire_total_bytes_both_per_delivered", lambda s: s["bytes_per_delivered"]["both"]["wire_total"], 1, 0),
)


def read(folder):
    """The summaries of the plain variant and of the other, by transport, and the document that they are in."""
    plain, tls = (json.loads((folder / f"sweep-{number}.json").read_text(encoding="utf-8")) for number in (1, 2))
    if plain["configuration"].get("tls") or not tls["configuration"].get("tls"):
        sys.exit(f"{folder}: sweep-1.json is to be without TLS and sweep-2.json with it, as experiments/tls-price.toml has them")
    return plain["points"][0]["summary"], tls["points"][0]["summary"], tls


def cell(summary, row):
    _, key, value_of, divide, digits = row
    value = value_of(summary)
    if value is None:
        return "–"
    text = f"{value / divide:,.{digits}f}"
    interval = summary["intervals"].get(key)
    return text if interval is None else f"{text} ({interval[0] / divide:,.{digits}f} to {interval[1] / divide:,.{digits}f})"


def table(plain, tls):
    lines = ["| transport | | without TLS | with TLS |", "|---|---|---|---|"]
    for transport in plain:
        for row in ROWS:
            lines.append(f"| {transport} | {row[0]} | {cell(plain[transport], row)} | {cell(tls[transport], row)} |")
    return "\n".join(lines)


def block(folder):
    plain, tls, document = read(folder / "price")
    host = document["host"]
    said = f"{host['cores']} cores of an {host['cpu_model']}, {document['created_utc'][:10]}; 95% intervals in brackets"
    return f"{BEGIN.format(' (made by scripts/tls_page.py)')}\n{table(plain, tls)}\n\n({said}.)\n{END}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "12-tls.md")
    arguments = parser.parse_args()
    write_block(arguments.page, BEGIN, END, block(arguments.folder))


if __name__ == "__main__":
    main()
