#!/usr/bin/python3
"""`wirelab diff` put to the test: two comparisons of one server, between which it must find no change, and a third of the
same server slowed by 20 us of processor time a delivery, in which it must find just that. For a quiet machine; takes
about six minutes.

    tests/mutants/slowed.py FOLDER --build build/mutants [--rounds N]

leaves before.json, again.json and slowed.json in FOLDER, and what diff says: again.txt and slowed.txt. Exit codes: 0 as it
must be, 1 not."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import mutants
from mutants import TRANSPORTS

FLAGS = ("-c", "50", "-R", "20", "-d", "3s", "--seed", "1")
SERVERS = {"before": "none", "again": "none", "slowed": "slow-cpu"}
# All three are of one program, so that only the fault is different.
PROGRAM = "./mutant_server --fault {}"

CPU = "server CPU, ms per 1,000 delivered"
CPU_LEAST = 0.8  # of what was burnt, must be found: the rest is noise
PUSHED = ("long-poll", "websocket")  # who is pushed to waits for all that are served before; who polls waits for the poll


def compare(build, name, rounds, into):
    """In the build's folder, by names relative to it: a result repeats no path of this machine."""
    with tempfile.TemporaryDirectory(dir=build, prefix="slowed-") as folder:
        command = ["./wirelab", "compare", "--server-program", PROGRAM.format(SERVERS[name]), "--rounds", str(rounds), *FLAGS,
                   "--no-charts", "-o", Path(folder).name]
        done = subprocess.run(command, cwd=build, stdout=subprocess.DEVNULL, check=False)
        if done.returncode not in (0, 4):
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
        shutil.copy(Path(folder) / "result.json", into / f"{name}.json")


def changes_in(text):
    """{(transport, figure)} of what `wirelab diff` says has changed: the first two columns of its lines."""
    return {(line[2:14].strip(), line[15:51].strip()) for line in text.splitlines() if line.startswith("  ")}


def faults_in_again(changes):
    return [f"{transport}, {figure}: found to have changed, between two comparisons of one server" for transport, figure in sorted(changes)]


def faults_in_slowed(changes, before, slowed):
    """Each transport pays for its deliveries; where they are pushed, they also wait for one another, and where they are polled
    for, the answer does until all of them are in it. Nothing else."""
    expected = {(transport, CPU) for transport in TRANSPORTS}
    found = [f"{transport}, {figure}: changed, and was not found" for transport, figure in sorted(expected - changes)]
    found += [f"{transport}, {figure}: found to have changed, and had no reason to" for transport, figure in sorted(changes - expected)
              if not figure.startswith("age " if transport in PUSHED else "request to answer ")]
    found += [f"{transport}: only {more:.1f} ms of server CPU more" for transport, more in cpu_more_ms(before, slowed).items()
              if more < CPU_LEAST * mutants.BURN_US]
    return found


def cpu_more_ms(before, slowed):
    """For 1,000 deliveries. 20 us each is 20 ms; and a server that sends more slowly is woken more often to do it."""
    key = "server_cpu_ms_per_1000_delivered"
    return {transport: slowed["summary"][transport][key] - before["summary"][transport][key] for transport in TRANSPORTS}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the results go")
    parser.add_argument("--build", required=True, help="folder of a build with wirelab and mutant_server")
    parser.add_argument("--rounds", type=int, default=6, help="of each comparison [6]")
    options = parser.parse_args(arguments)
    mutants.use_build(options.build)
    options.folder.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in SERVERS:
        compare(Path(options.build).resolve(), name, options.rounds, options.folder)
        results[name] = json.loads((options.folder / f"{name}.json").read_text(encoding="utf-8"))
    faults = []
    for name in ("again", "slowed"):
        done = subprocess.run([mutants.WIRELAB, "diff", *(str(options.folder / f"{each}.json") for each in ("before", name))],
                              capture_output=True, text=True, check=True)
        (options.folder / f"{name}.txt").write_text(done.stdout, encoding="utf-8")
        print(f"before and {name}:\n{done.stdout}")
        changes = changes_in(done.stdout)
        faults += faults_in_again(changes) if name == "again" else faults_in_slowed(changes, results["before"], results["slowed"])
    for transport, more in cpu_more_ms(results["before"], results["slowed"]).items():
        print(f"{transport}: {more:+.1f} ms of server CPU for 1,000 deliveries; {mutants.BURN_US} ms were burnt")
    print("\n".join(faults) or "diff found what was changed, and nothing else.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
