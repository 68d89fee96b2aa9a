"""`wirelab ladder`: a capture of the loopback drawn, and what cannot be drawn refused."""

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

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]


def may_capture():
    can = shutil.which("dumpcap") and subprocess.run([*AS_ROOT, "dumpcap", "-D"], capture_output=True, timeout=GENEROUS_S)
    return bool(can) and b"lo" in can.stdout


def ladder(*flags):
    return subprocess.run([WIRELAB, "ladder", *flags], capture_output=True, text=True, timeout=2 * GENEROUS_S)


class FromACapture(unittest.TestCase):
    @unittest.skipUnless(may_capture(), "dumpcap is not here, or may not capture (it takes root, or sudo without a password)")
    def test_a_subscriber_and_two_messages(self):
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made)
            self.capture(folder, "long-poll")
            done = ladder("--pcap", folder / "long-poll.pcap", "-o", folder / "out")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.check(json.loads((folder / "out/ladder.json").read_text()), done.stdout)
            again = subprocess.run([WIRELAB, "report", folder / "out/ladder.json"], capture_output=True, text=True, timeout=GENEROUS_S)
            self.assertEqual((done.stdout, ""), (again.stdout, again.stderr))
            self.assertEqual({"ladder.json", "ladder.txt", "ladder-long-poll.svg", "ladder-long-poll.png"},
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

    def test_what_cannot_be_drawn_is_refused(self):
        with tempfile.TemporaryDirectory() as made:
            path = pathlib.Path(made) / "text.pcap"
            path.write_text("this is a text, not a capture")
            done = ladder("--pcap", path, "-o", pathlib.Path(made) / "out")
            self.assertEqual((1, ""), (done.returncode, done.stdout))
            self.assertIn("not a .pcap file; record one with `tcpdump -w FILE`", done.stderr)
            self.assertFalse((pathlib.Path(made) / "out").exists())


if __name__ == "__main__":
    unittest.main()
