"""`wirelab serve --threads 2`: all four transports at once on one port, nothing lost, one account of what it cost, and an end."""

import json
import subprocess
import unittest

from lab import GENEROUS_S, WIRELAB, Server

TRANSPORTS = ("short-poll", "keep-alive", "long-poll", "websocket")
VALID, DOUBTED = 0, 4  # a busy machine makes a result doubtful, not wrong


def load(server, transport):
    return subprocess.Popen(
        [WIRELAB, "load", transport, "--url", server.url, "-c", "8", "-R", "40", "-d", "500ms", "--warm-up", "100ms", "--poll-interval", "50ms",
         "--quiet", "--no-doctor", "--json", "-"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


class Threads(unittest.TestCase):
    def test_four_loads_at_once_lose_nothing(self):
        with Server("--threads", "2") as server:
            runs = {transport: load(server, transport) for transport in TRANSPORTS}
            for transport, run in runs.items():
                output, errors = run.communicate(timeout=GENEROUS_S)
                self.assertIn(run.returncode, (VALID, DOUBTED), errors)
                messages = json.loads(output)["runs"][0]["messages"]
                with self.subTest(transport):
                    self.assertEqual(messages["expected"], 8 * 20)
                    self.assertEqual(messages["delivered"], messages["expected"], messages)
                    self.assertEqual((messages["duplicated"], messages["out_of_order"], messages["gaps"]), (0, 0, 0), messages)
            self.assertGreaterEqual(server.load()["messages_out"], len(TRANSPORTS) * 8 * 20)
            self.assertEqual(server.stop(), 0)

    def test_a_number_of_threads_that_cannot_be_is_named(self):
        for count in ("0", "65", "many"):
            done = subprocess.run([WIRELAB, "serve", "--port", "0", "--threads", count], capture_output=True, text=True, timeout=GENEROUS_S)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(count, done.stderr)
            self.assertIn("--threads", done.stderr)


if __name__ == "__main__":
    unittest.main()
