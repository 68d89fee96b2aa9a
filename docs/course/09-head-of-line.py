#!/usr/bin/python3
"""Chapter 9: one slow request and nine fast ones, on one connection and on two, against a real server.

    09-head-of-line.py [WIRELAB]

The slow one is a long poll that is answered when something is published, and that happens only when the fast ones on the other
connection have been answered: who comes first is not a matter of the machine's speed. On one connection the requests go one behind
the other without waiting (pipelining, RFC 9112 section 9.3.2)."""

import json
import socket
import sys

sys.dont_write_bytecode = True

from lab_server import GIVE_UP_S, LabServer  # noqa: E402

FAST = 9


class Line:
    """One TCP connection, and the answers on it in their order."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=GIVE_UP_S)
        self.stream = self.socket.makefile("rb")

    def ask(self, *targets):
        host = f"127.0.0.1:{self.socket.getpeername()[1]}"
        self.socket.sendall(b"".join(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() for target in targets))

    def answer(self):
        length = 0
        while (line := self.stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self.stream.read(length))

    def close(self):
        self.stream.close()
        self.socket.close()


def slow_target(server):
    """A long poll that has heard everything there is."""
    cursor = server.ask("GET", "/short-poll/news")["cursor"]
    return f"/long-poll/news?after={cursor}&hold=60"  # the longest there is


def fast_before_slow_on_one(server):
    line = Line(server.port)
    line.ask(slow_target(server), *["/keep-alive/other"] * FAST)
    server.publish("news", "at last")
    first = [line.answer() for _ in range(FAST + 1)]
    line.close()
    return [bool(answer["messages"]) for answer in first].index(True)


def fast_before_slow_on_two(server):
    slow, fast = Line(server.port), Line(server.port)
    slow.ask(slow_target(server))
    fast.ask(*["/keep-alive/other"] * FAST)
    answered = len([fast.answer() for _ in range(FAST)])
    server.publish("news", "at last")
    slow.answer()
    slow.close()
    fast.close()
    return answered


def main():
    wirelab = sys.argv[1] if len(sys.argv) > 1 else "wirelab"
    with LabServer(wirelab) as server:
        found = {"one_connection": fast_before_slow_on_one(server), "two_connections": fast_before_slow_on_two(server)}
    print(f"of {FAST} fast requests behind a slow one, answered before it\n"
          f"  on one connection   {found['one_connection']}\n  on two              {found['two_connections']}",
          file=sys.stderr if len(sys.argv) > 1 else sys.stdout)
    if len(sys.argv) > 1:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
