"""Runs over the emulated link: what its relay counts is what tshark reads in its capture and what the kernel counted;
distances are never shorter than asked; and where there can be no link there is no run."""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from lab import GENEROUS_S, WIRELAB

SKIPPED = 77
SERVER = "198.18.0.1"
SHORT = ["-c", "4", "-R", "20", "--warm-up", "100ms", "-d", "500ms", "--poll-interval", "100ms", "--no-doctor", "--quiet"]
FLAGS = {"syns": "tcp.flags.syn", "fins": "tcp.flags.fin", "rsts": "tcp.flags.reset"}


def wirelab(*arguments, **options):
    return subprocess.run([WIRELAB, *map(str, arguments)], capture_output=True, text=True, timeout=3 * GENEROUS_S, **options)


def load(transport, *flags):
    """The only run of a load, whatever a busy machine makes of its verdict."""
    done = wirelab("load", transport, *SHORT, "--json", "-", *flags)
    if done.returncode not in (0, 4):
        raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)["runs"][0]


def read_back(pcap):
    """By tshark, and each direction for itself: packets, bytes, segments with data and with each flag."""
    fields = ["ip.src", "ip.len", "tcp.len", *FLAGS.values()]
    lines = subprocess.run(["tshark", "-r", pcap, "-T", "fields", *(word for field in fields for word in ("-e", field))],
                           capture_output=True, text=True, check=True, timeout=GENEROUS_S).stdout.splitlines()
    ways = {"up": collections.Counter(), "down": collections.Counter()}
    for line in lines:
        source, size, payload, *flags = line.split("\t")
        way = ways["down" if source == SERVER else "up"]
        way.update(packets=1, bytes=int(size), data_segments=int(payload) > 0,
                   **{key: value in ("1", "True") for key, value in zip(FLAGS, flags)})
    return ways


class Packets(unittest.TestCase):
    maxDiff = None

    def measure(self, transport, *flags):
        with tempfile.TemporaryDirectory() as folder:
            pcap = pathlib.Path(folder) / "run.pcap"
            run = load(transport, "--pcap", pcap, *flags)
            return run, read_back(pcap)

    def expect_agreement(self, transport):
        run, captured = self.measure(transport, "--rtt", "10ms")
        self.assertEqual(run["messages"]["lost"], 0)
        for way in ("up", "down"):
            counts = run["link"][way]
            self.assertEqual({key: counts[key] for key in captured[way]}, dict(captured[way]), way)
            self.assertEqual((counts["packets"], counts["bytes"]), (counts["delivered"], counts["delivered_bytes"]))
            self.assertGreaterEqual(counts["data_segments"], 4)
        self.assertEqual(run["link"]["packets_not_taken"], 0)
        return run

    def expect_the_kernels_count(self, run):
        kernel = run["bytes"]["witnesses"]["kernel"]
        self.assertEqual((run["link"]["up"]["packets"], run["link"]["down"]["packets"]),
                         (kernel["segments_out"], kernel["segments_in"]))
        self.assertEqual((run["link"]["up"]["bytes"], run["link"]["down"]["bytes"]),
                         (kernel["bytes_out"] + kernel["header_bytes_out"], kernel["bytes_in"] + kernel["header_bytes_in"]))

    def test_websocket(self):
        run = self.expect_agreement("websocket")
        self.expect_the_kernels_count(run)
        self.assertEqual((run["link"]["up"]["syns"], run["link"]["down"]["syns"]), (4, 4))

    def test_long_poll(self):
        self.expect_the_kernels_count(self.expect_agreement("long-poll"))

    def test_short_poll_opens_a_connection_for_each_request(self):
        run = self.expect_agreement("short-poll")
        self.assertGreaterEqual(run["link"]["up"]["syns"], run["window"]["requests"])

    def test_what_is_lost_is_sent_again_and_delivered_once(self):
        run, captured = self.measure("websocket", "--rtt", "4ms", "--loss", "8%", "-d", "1s", "-c", "8")
        up, down = run["link"]["up"], run["link"]["down"]
        self.assertGreater(up["lost"], 0)
        self.assertGreater(down["lost"], 0)
        self.assertGreater(down["retransmissions"], 0)
        self.assertEqual((captured["up"]["packets"], captured["down"]["packets"]), (up["packets"], down["delivered"]))
        self.assertEqual((run["messages"]["duplicated"], run["messages"]["out_of_order"]), (0, 0))


class Distance(unittest.TestCase):
    """Only from below, where no busy machine can matter."""

    def test_no_way_is_shorter_than_asked(self):
        for transport, service_trips in (("websocket", None), ("keep-alive", 1), ("short-poll", 2)):
            with self.subTest(transport=transport):
                run = load(transport, "--rtt", "40ms")
                self.assertGreaterEqual(run["age_us"]["min"], 20_000)
                self.assertGreaterEqual(run["tcp_min_rtt_us"]["min"], 40_000)
                if service_trips:
                    self.assertGreaterEqual(run["service_time_us"]["min"], service_trips * 40_000)

    def test_the_publisher_is_at_the_servers_end(self):
        run = load("websocket", "--rtt", "900ms", "-d", "1s")
        self.assertGreaterEqual(run["age_us"]["min"], 450_000)
        self.assertLess(run["age_us"]["min"], 900_000, "messages came over the link, up and down")
        self.assertLess(run["publish_time_us"]["min"], 450_000)
        self.assertEqual(run["link"]["up"]["data_segments"], 4, "the upgrades, and nothing of publisher or /load")


class Commands(unittest.TestCase):
    def test_compare_and_sweep(self):
        with tempfile.TemporaryDirectory() as folder:
            for command, file in (("compare", "result.json"), ("sweep", "sweep.json")):
                more = ["--over", "clients=1,2"] if command == "sweep" else ["-c", "2", "--pcap", f"{folder}/one.pcap"]
                done = wirelab(command, "--rtt", "4ms", "--jitter", "1ms", "--transports", "websocket", "--rounds", "1", "-R", "20",
                               "-d", "500ms", "--warm-up", "100ms", "--no-charts", "-o", f"{folder}/{command}", *more)
                self.assertIn(done.returncode, (0, 4), done.stderr)
                result = json.loads(pathlib.Path(folder, command, file).read_text())
                self.assertEqual(result["configuration"]["link"]["rtt_ms"], 4)
                self.assertEqual(result["configuration"]["link"]["jitter_ms"], 1)
                runs = result["runs"] if command == "compare" else [run for point in result["points"] for run in point["runs"]]
                self.assertEqual([run["link"]["up"]["syns"] for run in runs], [2] if command == "compare" else [1, 2])
            self.assertGreater(sum(read_back(f"{folder}/one-websocket-1.pcap")["down"].values()), 0)

    def test_what_makes_no_sense_is_refused(self):
        for flags, words in ((["--rtt", "1ms", "--url", "http://127.0.0.1:9"], "--rtt with --url"), (["--loss", "1%"], "--rtt"),
                             (["--rtt", "1ms", "--loss", "200%"], "share"), (["--rtt", "1ms", "--jitter", "2ms"], "--jitter")):
            done = wirelab("load", "websocket", *SHORT, *flags)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)

    def test_a_capture_that_cannot_be_written_is_said(self):
        done = wirelab("load", "websocket", *SHORT, "--rtt", "1ms", "--pcap", "/nowhere/at/all.pcap")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/at/all.pcap", done.stderr)


class Rights(unittest.TestCase):
    def refused(self, done):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stderr, "an emulated link needs root, or a user namespace and /dev/net/tun open to you: .*as root")
        self.assertEqual(done.stdout, "")

    def test_without_the_device_there_is_no_run(self):
        if os.geteuid() != 0 or not shutil.which("unshare"):
            self.skipTest("it takes root to hide a device")
        hidden = "mount -t tmpfs none /dev/net && exec \"$@\""
        may = subprocess.run(["unshare", "-m", "sh", "-c", hidden, "sh", "true"], capture_output=True, timeout=GENEROUS_S)
        if may.returncode != 0:
            self.skipTest("no mount namespaces here")
        self.refused(subprocess.run(["unshare", "-m", "sh", "-c", hidden, "sh", WIRELAB, "load", "websocket", *SHORT, "--rtt", "1ms"],
                                    capture_output=True, text=True, timeout=GENEROUS_S))

    def test_anybody_gets_a_link_or_the_reason_why_not(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be anybody")
        try:
            done = wirelab("load", "websocket", *SHORT, "--rtt", "1ms", "--json", "-", user=65534, group=65534, extra_groups=[])
        except PermissionError:
            self.skipTest("nobody may execute wirelab where it is")
        if done.returncode in (0, 4):
            self.assertGreater(json.loads(done.stdout)["runs"][0]["link"]["up"]["packets"], 0)
        else:
            self.refused(done)


if __name__ == "__main__":
    may = wirelab("load", "websocket", *SHORT, "--rtt", "0")
    if may.returncode == 1 and re.search("an emulated link needs", may.stderr):
        print(may.stderr, file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main()
