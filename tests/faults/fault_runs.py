"""Runs fault_run and reads what it says: shared by the test with real processes and by the script that makes the table.

WIRELAB and FAULT_RUN name the two programs."""

import json
import os
import subprocess
from pathlib import Path

WIRELAB = os.environ.get("WIRELAB", "")
FAULT_RUN = os.environ.get("FAULT_RUN", "")
TRANSPORTS = ("short-poll", "keep-alive", "long-poll", "websocket")
SIMULATED = ("killed", "outage", "cut", "frozen", "lossy", "stalled")
PROCESSES = ("killed", "stopped", "cut", "half-open", "lossy")
GIVE_UP_S = 240  # a sanitized build on a busy machine; nothing is measured by it
NO_RIGHTS = 77  # to make a link
WRONG = ("lost", "duplicated", "reordered", "gaps_missing", "gaps_untrue", "stored_twice", "unacknowledged", "strangers")
BUILD = """cmake --preset release -B build/faults -DWIRELAB_TESTS=ON
       cmake --build build/faults --target wirelab fault_run"""


class NoRights(Exception):
    """There can be no link here; the message says what is missing."""


def use_build(folder):
    """For the script: takes the two programs from a build's folder."""
    global WIRELAB, FAULT_RUN
    WIRELAB, FAULT_RUN = (str(Path(folder) / name) for name in ("wirelab", "fault_run"))
    for program in (WIRELAB, FAULT_RUN):
        if not os.access(program, os.X_OK):
            raise SystemExit(f"{program} is not there. Build it: {BUILD}")


def run(fault, transport, *flags):
    """The record of one run, clean or not."""
    done = subprocess.run([FAULT_RUN, "--fault", fault, "--transport", transport, *map(str, flags)], capture_output=True,
                          text=True, timeout=GIVE_UP_S, check=False)
    if done.returncode == NO_RIGHTS:
        raise NoRights(done.stderr)
    if done.returncode not in (0, 1):
        raise AssertionError(f"fault_run --fault {fault} --transport {transport} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def with_processes(fault, transport, *flags):
    return run(fault, transport, "--wirelab", WIRELAB, *flags)


def simulated(fault, transport, *flags):
    return run(fault, transport, "--simulated", *flags)
