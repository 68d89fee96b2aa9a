"""For the chapters' programs: a `wirelab serve` of one's own on a free port, and requests to it by the standard library alone."""

import http.client
import json
import re
import signal
import subprocess

GIVE_UP_S = 60


class LabServer:
    """with LabServer("wirelab", "--keep-messages", "24") as server: …"""

    def __init__(self, wirelab, *flags):
        self.command = [wirelab, "serve", "--port", "0", *flags]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)

    def start(self):
        try:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        except FileNotFoundError:
            raise SystemExit(f"there is no {self.command[0]}; build it with scripts/run, and put its folder into PATH") from None
        listening = re.search(r":(\d+)", self.process.stdout.readline())
        if not listening:
            raise SystemExit(f"{self.command[0]} serve did not start")
        self.port = int(listening[1])

    def stop(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.communicate(timeout=GIVE_UP_S)

    def ask(self, method, target, body=None):
        """The answer's JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GIVE_UP_S)
        try:
            connection.request(method, target, body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def publish(self, channel, text):
        return self.ask("POST", f"/publish/{channel}", text)
