"""Starts a server with one known fault, measures it with `wirelab load`, and knows what must be reported: shared by the
test and by the scripts that make the tables.

WIRELAB and MUTANT_SERVER name the two programs."""

import json
import math
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

WIRELAB = os.environ.get("WIRELAB", "")
MUTANT_SERVER = os.environ.get("MUTANT_SERVER", "")
TRANSPORTS = ("short-poll", "keep-alive", "long-poll", "websocket")
BUILD = """cmake --preset release -B build/mutants -DWIRELAB_TESTS=ON
       cmake --build build/mutants --target wirelab mutant_server"""
GIVE_UP_S = 120  # a sanitized build on a busy machine; nothing is measured by it

# As in tests/mutants/faults.hpp.
DELAY_US = 50_000
FREEZE_US = 1_000_000
FREEZE_AFTER_S = 2
EVERY = 100
BYTE_TIME_US = 500
BURN_US = 20


class Mutant:
    """A mutant_server as a context manager; its ledger is there afterwards."""

    def __init__(self, fault):
        self.fault, self.ledger = fault, None

    def __enter__(self):
        self.process = subprocess.Popen([MUTANT_SERVER, "--fault", self.fault], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.match(r"wirelab: listening on (http://127\.0\.0\.1:\d+) ", line)
        if not found:
            raise AssertionError(f"no listening line: {line!r} {self.process.communicate()[1]}")
        self.url = found[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            out, err = self.process.communicate(timeout=GIVE_UP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        if self.process.returncode != 0 or err:
            raise AssertionError(f"mutant_server --fault {self.fault} ended with {self.process.returncode}: {err}")
        self.ledger = json.loads(out)


class Measured:
    """What `wirelab load` says of one run, and what the mutant says it did."""

    def __init__(self, fault, transport, flags, text, exit_code, ledger, series=()):
        self.fault, self.transport, self.flags = fault, transport, flags
        self.text, self.exit_code, self.ledger = text, exit_code, ledger
        self.series = series  # where what was measured lies in time
        self.result = json.loads(text)
        self.run = self.result["runs"][0]

    def __getitem__(self, key):
        return self.run[key]

    def report(self):
        """The table for people."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(self.text)
            file.flush()
            return subprocess.run([WIRELAB, "report", file.name], capture_output=True, text=True, timeout=GIVE_UP_S,
                                  check=True).stdout


def measure(fault, transport, *flags):
    """On standard output, so that the result repeats no path of this machine. `--series -`: before the result."""
    mutant = Mutant(fault)
    with mutant:
        done = subprocess.run([WIRELAB, "load", transport, "--url", mutant.url, "--quiet", "--json", "-", *flags],
                              capture_output=True, text=True, timeout=GIVE_UP_S, check=False)
    if done.returncode not in (0, 4):  # 4: not every run is VALID, which is what a mutant is for
        raise AssertionError(f"wirelab load {transport} against {fault} ended with {done.returncode}: {done.stderr}")
    series, brace, result = done.stdout.rpartition("\n{\n") if "--series" in flags else ("", "", done.stdout)
    return Measured(fault, transport, flags, brace.lstrip() + result, done.returncode, mutant.ledger,
                    [json.loads(line) for line in series.splitlines()])


def use_build(folder):
    """For the scripts: takes the two programs from a build's folder."""
    global WIRELAB, MUTANT_SERVER
    WIRELAB, MUTANT_SERVER = (str(Path(folder) / name) for name in ("wirelab", "mutant_server"))
    for program in (WIRELAB, MUTANT_SERVER):
        if not os.access(program, os.X_OK):
            raise SystemExit(f"{program} is not there. Build it: {BUILD}")


def provenance(result):
    """What a table made of results repeats of the first one: when, where and with what they were measured."""
    return {key: result[key] for key in ("created_utc", "git_revision", "versions", "host", "doctor")}


def quantile_us(distribution, share):
    """Of a result's distribution: the smallest value that so large a share does not exceed."""
    wanted, seen = math.ceil(share * distribution["count"] - 1e-9), 0
    for value, count in distribution["buckets"]:
        seen += count
        if seen >= wanted:
            return min(value, distribution["max"])
    return distribution["max"]


def at_least(distribution, value_us):
    """How many are not smaller. A bucket is as large as its highest value."""
    return sum(count for value, count in distribution["buckets"] if value >= value_us)


# -- what must be reported ------------------------------------------------------------------------------------------


def frozen_quantile_us(share, window_s, freeze_us=FREEZE_US, busy=0.0):
    """Of the ages of messages due at a steady rate over a window in which the server once stood still: those due in the
    freeze waited for its end, U(0, freeze); the others are as young as ever, which here counts as 0.

    `busy` is the rate times what a message takes when they are sent one at a time. The queue that the freeze leaves is
    then worked off at 1 - busy of a second per second, and those due meanwhile wait too: the line from `freeze` to 0
    is as straight, and longer by that factor."""
    waiting = freeze_us / 1e6 / (1 - busy) / window_s
    return 0 if share <= 1 - waiting else freeze_us * (share - (1 - waiting)) / waiting


def envelope_bytes(message, payload_bytes):
    """Of an envelope with the one message that has this number; a mutant's epoch is 1."""
    return len(json.dumps({"cursor": f"1-{message}", "messages": ["x" * payload_bytes]}, separators=(",", ":")))


def frame_bytes(payload_bytes):
    """RFC 6455 section 5.2, from a server: not masked."""
    return payload_bytes + (2 if payload_bytes < 126 else 4 if payload_bytes < 65536 else 10)
