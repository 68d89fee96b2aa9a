"""Starts the real program and talks to it over real sockets; shared by the end-to-end tests.

WIRELAB names the binary. Every server has a port of its own, chosen by the kernel, and is ended by its process id.
"""

import json
import os
import re
import signal
import socket
import subprocess
import time

WIRELAB = os.environ["WIRELAB"]
GENEROUS_S = 60  # what a sanitized build on a busy machine may take; nothing is measured here


class Server:
    """`wirelab serve` with these flags, as a context manager; checks that it ends well."""

    def __init__(self, *flags):
        self.flags = flags

    def __enter__(self):
        self.process = subprocess.Popen(
            [WIRELAB, "serve", "--port", "0", *self.flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.line = self.process.stdout.readline()
        match = re.search(r"https?://([0-9.]+|\[[0-9a-f:]+\]):(\d+)", self.line)
        if not match:
            raise AssertionError(f"no listening line: {self.line!r} {self.process.communicate()[1]}")
        self.url, self.port = match.group(0), int(match.group(2))
        return self

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        self.log = self.process.communicate(timeout=GENEROUS_S)[1]
        return self.process.returncode

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            code = self.stop()
            if kind is None and code != 0:
                raise AssertionError(f"the server ended with {code}:\n{self.log}")

    def load(self):
        return json.loads(curl(self.url + "/load").body)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def curl(*arguments, data=None):
    """What Debian's curl makes of it: an HTTP client that we did not write."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--include", "--http1.1", "--max-time", str(GENEROUS_S), *arguments],
        input=data, capture_output=True, timeout=2 * GENEROUS_S,
    )
    if done.returncode != 0:
        raise AssertionError(f"curl {arguments}: {done.stderr.decode()}")
    return parse_replies(done.stdout)[-1]


def parse_replies(stream):
    """All the HTTP answers in these bytes, in order; each must have its Content-Length."""
    replies = []
    while stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(headers.get("content-length", 0))
        replies.append(Reply(int(first.split()[1]), headers, rest[:length].decode()))
        stream = rest[length:]
    return replies


def publish(url, text, channel="news", **headers):
    flags = [flag for name, value in headers.items() for flag in ("-H", f"{name.replace('_', '-')}: {value}")]
    return curl("--data-binary", "@-", "-H", "Content-Type: text/plain", *flags, f"{url}/publish/{channel}", data=text.encode())


def raw(port, data, until=None, pause_s=0.0):
    """Sends these bytes on a new connection and returns what comes back until the server closes it, or `until` holds."""
    with socket.create_connection(("127.0.0.1", port), timeout=GENEROUS_S) as connection:
        for part in data if isinstance(data, list) else [data]:
            connection.sendall(part)
            time.sleep(pause_s)
        got = b""
        while until is None or not until(got):
            try:
                part = connection.recv(65536)
            except ConnectionResetError:
                break
            if not part:
                break
            got += part
        return got
