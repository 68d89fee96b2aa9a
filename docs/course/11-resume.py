#!/usr/bin/python3
"""Chapter 11: four WebSocket readers are cut off and come back, each with what it remembers; who hears which message when.

    11-resume.py [WIRELAB] [-o FILE]      FILE: everything that happened, for scripts/sequence_chart.py

A message every 50 ms, to a real server that keeps 24. A reader goes after a message and comes back after another, by number and not by
the clock; the publisher waits until it is there, so the machine's speed changes no figure."""

import argparse
import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone

sys.dont_write_bytecode = True

from lab_server import GIVE_UP_S, LabServer  # noqa: E402

MESSAGES, PACE_S, KEPT, LAST_BEFORE, BACK_AFTER, BACK_LATE = 70, 0.05, 24, 19, 34, 50
READERS = (("from now on", "", BACK_AFTER), ("everything again", "?after=earliest", BACK_AFTER), ("its cursor", "?after={}", BACK_AFTER),
           ("its cursor, away longer", "?after={}", BACK_LATE))


class WebSocket:
    """As little of RFC 6455 as a reader needs: it dials, and reads text frames."""

    def __init__(self, port, target):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=GIVE_UP_S)
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        if b" 101 " not in self.stream.readline():
            raise SystemExit(f"{target}: no WebSocket")
        while self.stream.readline().strip():
            pass

    def envelope(self):
        """The next text frame's, None when the server has closed. It pings after 25 s, and this is over before."""
        head = self.stream.read(2)
        if len(head) < 2 or head[0] != 0x81:
            return None
        size = head[1] if head[1] < 126 else int.from_bytes(self.stream.read(2 if head[1] == 126 else 8), "big")
        return json.loads(self.stream.read(size))

    def cut(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.stream.close()
        self.socket.close()


class Reader:
    """Hears, goes, comes back, and writes down when."""

    def __init__(self, scene, name, comes_back_with, back_after):
        self.scene, self.name, self.with_, self.back_after = scene, name, comes_back_with, back_after
        self.heard, self.away, self.gaps, self.cursor = [], [], [], ""
        self.there, self.back = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        self.listen("", LAST_BEFORE, self.there)
        self.away.append(self.scene.now())
        self.scene.wait_for(self.back_after)
        self.listen(self.with_.format(self.cursor), MESSAGES - 1, self.back)

    def listen(self, start, last, there):
        """Until it has heard that one."""
        line = WebSocket(self.scene.port, f"/websocket/news{start}")
        while True:
            envelope = line.envelope()
            at = self.scene.now()
            if len(self.away) == 1:
                self.away.append(at)
            self.cursor = envelope["cursor"]
            self.gaps += [at] if envelope.get("gap") else []
            self.heard += [[at, int(text)] for text in envelope["messages"]]
            there.set()
            if self.heard and self.heard[-1][1] >= last:
                break
        line.cut()

    def figures(self):
        numbers = [number for _, number in self.heard]
        return {"lost": MESSAGES - len(set(numbers)), "twice": len(numbers) - len(set(numbers)), "gap": int(bool(self.gaps))}


class Scene:
    def __init__(self, server):
        self.server, self.port, self.begin = server, server.port, time.monotonic()
        self.published, self.news = [], threading.Condition()

    def now(self):
        return round(1000 * (time.monotonic() - self.begin), 3)

    def wait_for(self, number):
        with self.news:
            self.news.wait_for(lambda: len(self.published) > number, GIVE_UP_S)

    def publish_all(self, readers):
        for number in range(MESSAGES):
            time.sleep(PACE_S)
            at = self.now()
            self.server.publish("news", str(number))
            with self.news:
                self.published.append([at, number])
                self.news.notify_all()
            for reader in readers:
                if number == reader.back_after:
                    reader.back.wait(GIVE_UP_S)


def play(wirelab):
    with LabServer(wirelab, "--keep-messages", str(KEPT)) as server:
        scene = Scene(server)
        readers = [Reader(scene, *each) for each in READERS]
        for reader in readers:
            reader.thread.start()
            reader.there.wait(GIVE_UP_S)
        scene.publish_all(readers)
        for reader in readers:
            reader.thread.join(GIVE_UP_S)
    return scene, readers


def record(wirelab, scene, readers):
    version = subprocess.run([wirelab, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    return {"schema": "wirelab.resume/1", "created_utc": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "wirelab": version,
            "kernel": f"{os.uname().sysname} {os.uname().release}", "pace_ms": 1000 * PACE_S, "kept_messages": KEPT, "published": scene.published,
            "readers": [{"comes_back_with": reader.name, "away_ms": reader.away, "gap_ms": reader.gaps, "heard": reader.heard, **reader.figures()}
                        for reader in readers]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wirelab", nargs="?", default="wirelab", metavar="WIRELAB")
    parser.add_argument("-o", dest="file", metavar="FILE")
    options = parser.parse_args()
    scene, readers = play(options.wirelab)
    print(f"{'a WebSocket reader that asks for':<34}{'lost':>6}{'twice':>7}{'told':>6}")
    for reader in readers:
        found = reader.figures()
        print(f"{reader.name:<34}{found['lost']:>6}{found['twice']:>7}{'yes' if found['gap'] else 'no':>6}")
    if options.file:
        with open(options.file, "w", encoding="utf-8") as file:
            json.dump(record(options.wirelab, scene, readers), file)


if __name__ == "__main__":
    main()
