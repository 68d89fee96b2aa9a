#!/usr/bin/python3
"""The fault table: what was injected, how often, and what became of the messages, by the word of a checker that sees only what
publishers and subscribers see. For a quiet machine; takes about three minutes.

    tests/faults/table.py --build build/faults [-o FOLDER [--page docs/11-faults.md]] [--only FAULT ...]

Prints the table; with -o writes it there as table.txt and, with where it was made, as table.json; and into the page, between its marks. Exit codes: 0 every
delivery was as promised, 1 one was not."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import fault_runs
import in_page

SCHEDULES = 100
SEED = 1
WHAT = {
    ("processes", "killed"): "SIGKILL and a new server, each second",
    ("processes", "stopped"): "SIGSTOP for 3 s",
    ("processes", "cut"): "connections cut within frames and bodies",
    ("processes", "half-open"): "peers gone without a FIN",
    ("processes", "lossy"): "5% of packets lost",
    ("simulated", "killed"): "server killed each second",
    ("simulated", "outage"): "subscribers' network gone for up to 1 s",
    ("simulated", "cut"): "a connection cut every 20 ms",
    ("simulated", "frozen"): "server frozen for 3 s",
    ("simulated", "lossy"): "5% of segments lost",
    ("simulated", "stalled"): "WebSockets not read for up to 1 s",
}
SECONDS = {"killed": 10, "stopped": 4, "cut": 5, "half-open": 5, "lossy": 5}
COLUMNS = ("what happened", "transport", "where", "times", "published", "delivered", "lost", "duplicated", "reordered", "gaps announced",
           "missing", "untrue")
KEYS = ("injected", "published", "delivered", "lost", "duplicated", "reordered", "gaps", "gaps_missing", "gaps_untrue")


def records(faults):
    for fault in fault_runs.PROCESSES:
        for transport in fault_runs.TRANSPORTS if fault in faults else ():
            print(f"{fault}, {transport} ...", file=sys.stderr)
            yield fault_runs.with_processes(fault, transport, "--seed", SEED, "--seconds", SECONDS[fault])
    for fault in fault_runs.SIMULATED:
        for transport in fault_runs.TRANSPORTS if fault in faults else ():
            if fault == "stalled" and transport != "websocket":
                continue  # who polls reads when it asks
            print(f"{fault}, {transport}, {SCHEDULES} schedules ...", file=sys.stderr)
            yield fault_runs.simulated(fault, transport, "--seed", SEED, "--seeds", SCHEDULES)


def text_of(rows):
    cells = [COLUMNS] + [(WHAT[row["where"], row["fault"]], row["transport"], row["where"], *(f"{row[key]:,}" for key in KEYS))
                         for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) if i < 3 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
             for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines) + "\n"


def page_text(record):
    rows = record["rows"]
    wrong = sum(not row["clean"] for row in rows)
    said = "Each delivery was as promised." if not wrong else f"**{wrong} rows were not as promised.**"
    cells = [(WHAT[row["where"], row["fault"]], row["transport"], row["where"], *(f"{row[key]:,}" for key in KEYS)) for row in rows]
    return f"{said} {in_page.where(record)}\n\n{in_page.markdown(COLUMNS, cells, words=3)}"


def provenance():
    """When, where and with what; `wirelab load` knows."""
    with subprocess.Popen([fault_runs.WIRELAB, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            url = server.stdout.readline().split(" ")[3]
            done = subprocess.run([fault_runs.WIRELAB, "load", "websocket", "--url", url, "-d", "100ms", "--quiet", "--json", "-"],
                                  capture_output=True, text=True, timeout=fault_runs.GIVE_UP_S, check=False)
        finally:
            server.terminate()
    result = json.loads(done.stdout)
    return {key: result[key] for key in ("created_utc", "git_revision", "versions", "host", "doctor")}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="folder of a build with wirelab and fault_run")
    parser.add_argument("-o", "--output", type=Path, help="folder for table.txt and table.json")
    every = sorted({*fault_runs.PROCESSES, *fault_runs.SIMULATED})
    parser.add_argument("--only", nargs="+", choices=every, default=every, help="some of it")
    parser.add_argument("--page", type=Path, help="write it into this page, too")
    options = parser.parse_args(arguments)
    fault_runs.use_build(options.build)
    where = provenance() if options.output else {}
    rows = list(records(options.only))
    table = text_of(rows)
    print(table, end="")
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "table.txt").write_text(table)
        record = {"schema": "wirelab.faults/1", **where, "rows": rows}
        (options.output / "table.json").write_text(json.dumps(record, indent=1) + "\n")
        if options.page:
            in_page.put(options.page, "faults", options.output / "table.json", page_text(record))
    wrong = [row for row in rows if not row["clean"]]
    for row in wrong:
        print(f"not as promised: {row['fault']}, {row['transport']}, {row['where']}: {row['sentences']}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
