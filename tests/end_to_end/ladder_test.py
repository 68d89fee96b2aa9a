"""`wirelab ladder`: runs over an emulated link and a capture of the loopback, drawn; and what cannot be drawn, refused."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from lab import GENEROUS_S, WIRELAB, Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "schema"))

import schema  # noqa: E402

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]


def may_capture():
    can = shutil.which("dumpcap") and subprocess.run([*AS_ROOT, "dumpcap", "-D"], capture_output=True, timeout=GENEROUS_S)
    return bool(can) and b"lo" in can.stdout


def ladder(*flags):
    return subprocess.run([WIRELAB, "ladder", *flags], capture_output=True, text=True, timeout=2 * GENEROUS_S)


def span(made, what):
    return next(span for span in made["spans"] if span["what"] == what)


class OverALink(unittest.TestCase):
    """The machine may be busy and the link late, which it then says (exit code 4): here nothing may be shorter than theory."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made) / "out"
            done = ladder("all", "--rtt", "40ms", "--gap", "10ms", "--no-charts", "-o", folder)
            if "an emulated link needs root" in done.stderr:
                raise unittest.SkipTest(done.stderr)
            if done.returncode not in (0, 4):
                raise AssertionError(f"{done.returncode}: {done.stderr}")
            cls.text, cls.record = done.stdout, json.loads((folder / "ladder.json").read_text())
            cls.files = {path.name for path in folder.iterdir()}
        cls.made = {made["transport"]: made for made in cls.record["ladders"]}

    def test_all_four_are_there_and_what_was_published(self):
        self.assertEqual(["short-poll", "keep-alive", "long-poll", "websocket"], list(self.made))
        self.assertEqual({"ladder.json", "ladder.txt", "messages.ndjson"}, self.files)

    def test_the_record_is_what_its_schema_says(self):
        self.assertEqual([], schema.problems(self.record, "ladder"))

    def test_every_message_is_published_and_arrives_once(self):
        for name, made in self.made.items():
            with self.subTest(transport=name):
                self.assertEqual([1, 2], [message["number"] for message in made["messages"]])
                for message in made["messages"]:
                    self.assertGreaterEqual(message["delivered_us"] - message["published_us"], 20_000)
                    self.assertGreaterEqual(span(made, f"message {message['number']}")["round_trips"], 0.5)

    def test_nothing_takes_fewer_round_trips_than_theory_has(self):
        for name, made in self.made.items():
            for part in made["spans"]:
                with self.subTest(transport=name, what=part["what"]):
                    self.assertGreater(part["round_trips"], part["theory_round_trips"] - 0.001)

    def test_who_opens_how_many_connections(self):
        opened = {name: sum(arrow["text"] == "SYN" and not arrow["retransmission"] for arrow in made["arrows"]) for name, made in self.made.items()}
        self.assertGreaterEqual(opened.pop("short-poll"), 2)
        self.assertEqual({"keep-alive": 1, "long-poll": 1, "websocket": 1}, opened)

    def test_arrows_slant_by_the_transit(self):
        for made in self.made.values():
            arrived = [arrow["arrives_us"] - arrow["sent_us"] for arrow in made["arrows"] if arrow["arrives_us"] is not None]
            self.assertGreaterEqual(min(arrived), 20_000)

    def test_frames_and_requests_are_named(self):
        for wanted in ("GET /short-poll/be", "101 Switching", "text frame", "200 OK: message", "no message"):
            self.assertIn(wanted, self.text)


class FromACapture(unittest.TestCase):
    @unittest.skipUnless(may_capture(), "dumpcap is not here, or may not capture (it takes root, or sudo without a password)")
    def test_a_subscriber_and_two_messages(self):
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made)
            self.capture(folder, "long-poll")
            done = ladder("--from", folder / "long-poll.pcap", "-o", folder / "out")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.check(json.loads((folder / "out/ladder.json").read_text()), done.stdout)
            again = subprocess.run([WIRELAB, "report", folder / "out/ladder.json"], capture_output=True, text=True, timeout=GENEROUS_S)
            self.assertEqual((done.stdout, ""), (again.stdout, again.stderr))
            self.assertEqual({"ladder.json", "ladder.txt", "ladder-long-poll.svg", "ladder-long-poll.png", "timeline.svg", "timeline.png"},
                             {path.name for path in (folder / "out").iterdir()})

    def capture(self, folder, transport):
        replay = folder / "two.ndjson"
        replay.write_text('{"at_ms": 20, "text": "one"}\n{"at_ms": 60, "text": "two"}\n')
        with Server("--backend", transport) as server:
            dumpcap = subprocess.Popen([*AS_ROOT, "dumpcap", "-P", "-i", "lo", "-f", f"tcp port {server.port}", "-w", folder / f"{transport}.pcap"],
                                       stderr=subprocess.PIPE, text=True)
            next(line for line in dumpcap.stderr if line.startswith("File:"))
            subprocess.run([WIRELAB, "load", transport, "--url", server.url, "-c", "1", "--replay", replay, "--warm-up", "0",
                            "--quiet", "--no-doctor", "--json", "-"], capture_output=True, timeout=2 * GENEROUS_S)
            time.sleep(0.5)  # what was captured last is on its way to the file
            dumpcap.send_signal(signal.SIGINT)
            dumpcap.communicate(timeout=GENEROUS_S)

    def check(self, record, text):
        made, = record["ladders"]
        self.assertEqual("long-poll", made["transport"])
        self.assertEqual([1, 2], [message["number"] for message in made["messages"]])
        for message in made["messages"]:
            self.assertLess(message["published_us"], message["delivered_us"])
        texts = [arrow["text"] for arrow in made["arrows"]]
        self.assertEqual(["SYN", "SYN ACK", "ACK"], texts[:3])
        self.assertTrue(texts[3].startswith("GET /long-poll/bench"), texts[3])
        for wanted in ("200 OK: no message", "200 OK: message 1", "200 OK: message 2"):
            self.assertIn(wanted, texts)
            self.assertIn(wanted, text)

    def test_a_run_needs_a_round_trip(self):
        done = ladder("long-poll")
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertIn("--rtt is missing: give a round trip, like --rtt 50ms", done.stderr)

    def test_what_cannot_be_drawn_is_refused(self):
        with tempfile.TemporaryDirectory() as made:
            path = pathlib.Path(made) / "text.pcap"
            path.write_text("this is a text, not a capture")
            done = ladder("--from", path, "-o", pathlib.Path(made) / "out")
            self.assertEqual((1, ""), (done.returncode, done.stdout))
            self.assertIn("not a .pcap file; record one with `tcpdump -w FILE`", done.stderr)
            self.assertFalse((pathlib.Path(made) / "out").exists())


if __name__ == "__main__":
    unittest.main()
