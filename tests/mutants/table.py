#!/usr/bin/python3
"""What was injected, what was reported, what theory expects, and how far apart they are: `wirelab load` against each
server of known misbehaviour. For a quiet machine; takes about five minutes.

    tests/mutants/table.py --build build/mutants [-o FOLDER] [--only FAULT ...]

Prints the table; with -o writes it there as table.txt and, with where it was measured, as table.json. Exit codes: 0 every
figure is within 2%, 1 one is not."""

import argparse
import json
import re
import socket
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import mutants
from mutants import TRANSPORTS, Mutant, measure, quantile_us

TOLERANCE = 0.02
SUBSCRIBERS = 10
PAYLOAD_BYTES = 128
COMMON = ("-c", str(SUBSCRIBERS), "--payload", str(PAYLOAD_BYTES), "--warm-up", "0", "--no-doctor")
NAMES = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p99.9", 1: "max"}


class Row:
    """One figure, or the counts that a fault must show in and those it must not."""

    def __init__(self, measured, injected, what, reported, expected, why):
        self.measured, self.injected, self.what = measured, injected, what
        self.reported, self.expected, self.why = reported, expected, why

    @property
    def counts(self):
        return isinstance(self.reported, tuple)

    @property
    def off(self):
        """As a share of what was expected."""
        return float(self.reported != self.expected) if self.counts else (self.reported - self.expected) / self.expected

    @property
    def good(self):
        return abs(self.off) <= TOLERANCE

    def cells(self):
        words = (" / ".join(map(str, value)) if self.counts else f"{value:,.1f}" for value in (self.reported, self.expected))
        off = ("exact" if self.good else "WRONG") if self.counts else f"{100 * self.off:+.2f}"
        return self.injected, self.measured.transport, self.what, *words, off

    def record(self):
        return {"fault": self.measured.fault, "injected": self.injected, "transport": self.measured.transport,
                "what": self.what, "reported": self.reported, "expected": self.expected, "expected_because": self.why,
                "off_by_percent": round(100 * self.off, 3), "load_flags": list(self.measured.flags)}


def age_row(measured, injected, share, expected_us, why, distribution="age_us"):
    what = f"{distribution.removesuffix('_us').replace('_', ' ')} {NAMES[share]}, ms"
    return Row(measured, injected, what, quantile_us(measured[distribution], share) / 1000, expected_us / 1000, why)


# -- one function a kind of fault ------------------------------------------------------------------------------------


def lateness(transport):
    polls = transport in ("short-poll", "keep-alive")
    # Pushed messages are further apart than a delay and a round trip, so that none finds its long poll on the way.
    flags = (*COMMON, "-d", "10s", *(("-R", "50", "--arrivals", "poisson", "--poll-interval", "100ms") if polls else ("-R", "10")))
    base, late = measure("none", transport, *flags), measure("delay", transport, *flags)
    wanted = [("age_us", share) for share in ((0.5, 0.9, 0.99) if polls else (0.5, 0.9))]
    wanted += [("publish_time_us", 0.5)] + ([("service_time_us", 0.5)] if polls else [])
    for distribution, share in wanted:
        expected_us = quantile_us(base[distribution], share) + mutants.DELAY_US
        yield age_row(late, "all that leaves, 50 ms later", share, expected_us, "without the fault, + 50 ms", distribution)


def frozen(transport):
    window_s = 10
    run = measure("freeze", transport, *COMMON, "-R", "200", "-d", f"{window_s}s")
    for share in (0.99, 0.999, 1):
        expected_us = mutants.frozen_quantile_us(share, window_s)
        yield age_row(run, "frozen once, for 1 s", share, expected_us, "1 s of 10 waits for its end: U(0, 1 s)")


def counted(transport):
    flags = (*COMMON, "-n", "1000", "-R", "200", "-d", "5s", "--lanes", "1", "--poll-interval", "50ms")
    keys = ("lost", "duplicated", "out_of_order")
    for fault, injected, key in zip(("drop", "duplicate", "reorder"),
                                    ("every 100th message lost", "every 100th message twice", "every 100th overtakes the 99th"), keys):
        run = measure(fault, transport, *flags)
        hit = run["messages"]["published"] // mutants.EVERY * SUBSCRIBERS
        yield Row(run, injected, "lost / duplicated / out of order", tuple(run["messages"][each] for each in keys),
                  tuple(hit if each == key else 0 for each in keys), "published / 100 x subscribers")


def dripping(transport):
    flags = (*COMMON, "-c", "4", "-R", "4", "-d", "10s")  # few: what takes a byte every 0.5 ms is kept busy by it
    base, run = measure("none", transport, *flags), measure("drip", transport, *flags)
    size = reply_bytes(transport)
    for share in (0.5, 0.9):
        expected_us = quantile_us(base["age_us"], share) + size * mutants.BYTE_TIME_US
        yield age_row(run, "a byte each 0.5 ms", share, expected_us, f"without the fault, + {size} B x 0.5 ms")


def reply_bytes(transport):
    """Of what brings one message of PAYLOAD_BYTES, the number of which has two digits, as nearly all have."""
    if transport == "websocket":
        return mutants.frame_bytes(mutants.envelope_bytes(10, PAYLOAD_BYTES))
    with Mutant("none") as server:
        for number in range(1, 11):
            exchange(server, f"POST /publish/bytes HTTP/1.1\r\nHost: localhost\r\nContent-Length: {PAYLOAD_BYTES}\r\n\r\n" + "x" * PAYLOAD_BYTES)
        return len(exchange(server, f"GET /{transport}/bytes?after=1-9 HTTP/1.1\r\nHost: localhost\r\n\r\n"))


def exchange(server, request):
    """An HTTP exchange as bytes, without the code under test."""
    port = int(server.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=mutants.GIVE_UP_S) as connection:
        connection.sendall(request.encode())
        reply = b""
        while b"\r\n\r\n" not in reply or len(reply) < reply.index(b"\r\n\r\n") + 4 + int(re.search(rb"(?i)content-length: (\d+)", reply)[1]):
            reply += connection.recv(65536)
        return reply


KINDS = {
    "delay": (lateness, TRANSPORTS),
    "freeze": (frozen, ("long-poll", "websocket")),
    "counts": (counted, TRANSPORTS),
    "drip": (dripping, ("long-poll", "websocket")),
}


# -- the table ----------------------------------------------------------------------------------------------------------


def text_of(rows):
    cells = [("injected", "transport", "what", "reported", "expected", "off by %"), *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    cells.insert(1, tuple("-" * width for width in widths))
    lines = ("  ".join(text.ljust(width) if column < 3 else text.rjust(width) for column, (text, width) in enumerate(zip(texts, widths)))
             for texts in cells)
    return "\n".join(map(str.rstrip, lines)) + "\n"


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="folder of a build with wirelab and mutant_server")
    parser.add_argument("-o", "--output", type=Path, help="folder for table.txt and table.json")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS), help="some of it")
    options = parser.parse_args(arguments)
    mutants.use_build(options.build)
    where = mutants.provenance(measure("none", "websocket", "-d", "100ms").result)
    rows = []
    for kind in options.only:
        make, transports = KINDS[kind]
        for transport in transports:
            print(f"{kind}, {transport} ...", file=sys.stderr)
            rows += make(transport)
    table = text_of(rows)
    print(table, end="")
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "table.txt").write_text(table)
        record = {"schema": "wirelab.mutants/1", **where, "tolerance_percent": 100 * TOLERANCE, "rows": [row.record() for row in rows]}
        (options.output / "table.json").write_text(json.dumps(record, indent=1) + "\n")
    wrong = [row for row in rows if not row.good]
    for row in wrong:
        print(f"not within {TOLERANCE:.0%}: {row.injected}, {row.measured.transport}, {row.what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
