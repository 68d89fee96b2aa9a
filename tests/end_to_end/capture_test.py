"""The third witness: tshark captures the loopback while `wirelab load` runs, and counts the same bytes, the same segments
and the same header bytes as the ledger, to the last one, for each of the four transports.

Subscribers dial from an address of their own, so that the capture holds their connections and nobody else's."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from lab import GENEROUS_S, WIRELAB, Server

SUBSCRIBERS_FROM = "127.0.0.2"
ETHERNET_HEADER_BYTES = 14  # that the capture shows of the loopback, which has none
SKIPPED = 77
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]


class Capture:
    """All segments of the subscribers' connections to this port, as a context manager."""

    def __init__(self, port, folder):
        self.port, self.file = port, pathlib.Path(folder) / "loopback.pcapng"

    def __enter__(self):
        # dumpcap is what tshark captures with; it says when it has begun, and how much it was too slow for.
        self.process = subprocess.Popen(
            [*AS_ROOT, "dumpcap", "-i", "lo", "-B", "64", "-f", f"tcp port {self.port} and host {SUBSCRIBERS_FROM}", "-w", self.file],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("File:"):
                return self
        raise AssertionError(f"dumpcap ended with {self.process.wait()} before it captured")

    def __exit__(self, *_):
        time.sleep(0.5)  # what was captured last is on its way to the file
        self.process.send_signal(signal.SIGINT)
        self.said = self.process.communicate(timeout=GENEROUS_S)[1]

    def count(self):
        """What the kernel is to agree with, out and in."""
        if not re.search(r"received/dropped on interface '.*': \d+/0 ", self.said):
            raise AssertionError(f"the capture is not complete: {self.said}")
        fields = subprocess.run(
            ["tshark", "-r", self.file, "-T", "fields", *("-e ip.src -e tcp.len -e frame.len -e tcp.flags.syn".split())],
            capture_output=True, text=True, check=True).stdout
        totals = {key: 0 for way in ("out", "in") for key in (f"bytes_{way}", f"segments_{way}", f"data_segments_{way}", f"header_bytes_{way}")}
        totals["connections"] = 0
        for line in fields.splitlines():
            source, payload, frame, syn = line.split("\t")
            way, payload = "out" if source == SUBSCRIBERS_FROM else "in", int(payload)
            totals[f"bytes_{way}"] += payload
            totals[f"segments_{way}"] += 1
            totals[f"data_segments_{way}"] += payload > 0
            totals[f"header_bytes_{way}"] += int(frame) - ETHERNET_HEADER_BYTES - payload
            totals["connections"] += way == "out" and syn == "1"
        return totals


class ThirdWitness(unittest.TestCase):
    maxDiff = None

    def measure(self, transport, *flags):
        with tempfile.TemporaryDirectory() as folder:
            with Server("--backend", transport) as server, Capture(server.port, folder) as capture:
                done = subprocess.run(
                    [WIRELAB, "load", transport, "--url", server.url, "--source", SUBSCRIBERS_FROM, "-c", "10", "-R", "20",
                     "--warm-up", "200ms", "-d", "1s", "--poll-interval", "100ms", "--json", "-", "--quiet", *flags],
                    capture_output=True, text=True, timeout=2 * GENEROUS_S)
            self.assertIn(done.returncode, (0, 4), done.stderr)  # 4: on a busy machine the load generator is late
            run = json.loads(done.stdout)["runs"][0]
            self.assertEqual(run["messages"]["lost"], 0)
            return run, capture.count()

    def expect_agreement(self, transport, *flags):
        run, captured = self.measure(transport, *flags)
        witnesses = run["bytes"]["witnesses"]
        kernel = {key: witnesses["kernel"][key] for key in captured}
        print(f"{transport:10}", *flags, *(f"{key} {captured[key]:,} ({kernel[key] - captured[key]:+d})" for key in captured), sep="  ")
        self.assertEqual(kernel, captured)
        self.assertGreater(captured["segments_in"], 50)
        self.assertEqual(witnesses["connections"], captured["connections"])
        self.assertEqual((witnesses["disagreeing"], witnesses["bytes_off"]), (0, 0))
        upgrades = captured["connections"] * witnesses["upgrade_answer_bytes"]
        self.assertEqual((witnesses["parsed_out"], witnesses["parsed_in"] + upgrades),
                         (captured["bytes_out"], captured["bytes_in"]))

    def test_short_poll(self):
        self.expect_agreement("short-poll")

    def test_keep_alive(self):
        self.expect_agreement("keep-alive")

    def test_long_poll(self):
        self.expect_agreement("long-poll")

    def test_websocket(self):
        self.expect_agreement("websocket")

    def test_with_a_browsers_headers(self):
        self.expect_agreement("short-poll", "--headers", "browser")
        self.expect_agreement("websocket", "--headers", "browser")


if __name__ == "__main__":
    may = shutil.which("dumpcap") and subprocess.run([*AS_ROOT, "dumpcap", "-D"], capture_output=True, timeout=GENEROUS_S)
    if not may or b"lo" not in may.stdout:
        print("tshark is not here, or may not capture (it takes root, or sudo without a password)", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main()
