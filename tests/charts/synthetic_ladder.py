#!/usr/bin/python3
"""Makes a ladder.json as `wirelab ladder` writes it, without running anything: what TCP and the four transports do on a link
that takes half a round trip each way, and on servers and clients that take no time.

    tests/charts/synthetic_ladder.py > ladder.json"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import synthetic_result  # noqa: E402

HEADERS_BYTES, SYN_BYTES = 52, 60
TRANSPORTS = ("short-poll", "keep-alive", "long-poll", "websocket")


class Line:
    """One subscriber's side of a ladder as it grows; times in ms."""

    def __init__(self, transport, rtt_ms):
        self.transport, self.rtt, self.one_way, self.connections = transport, rtt_ms, rtt_ms / 2, 0
        self.arrows, self.messages, self.spans = [], [], []

    def packet(self, sender, kind, text, at, payload=0, headers=HEADERS_BYTES, **changes):
        """When it arrives."""
        self.arrows.append({
            "connection": self.connections, "from": sender, "kind": kind, "sent_us": at * 1000,
            "arrives_us": (at + self.one_way) * 1000, "payload_bytes": payload, "packet_bytes": payload + headers,
            "retransmission": False, "text": text, **changes})
        return at + self.one_way

    def connect(self, at):
        """When the client may ask."""
        self.connections += 1
        there = self.packet("client", "syn", "SYN", at, headers=SYN_BYTES)
        back = self.packet("server", "syn", "SYN ACK", there, headers=SYN_BYTES)
        self.packet("client", "ack", "ACK", back)
        self.span("connect", at, back, 0, 1)
        return back

    def ask(self, at, after="", route=None):
        """When the server has the question."""
        text = f"GET /{route or self.transport}/bench{after}"
        return self.packet("client", "data", text, at, payload=70 + len(text))

    def answer(self, at, what, payload, acknowledge=True):
        there = self.packet("server", "data", what, at, payload=payload)
        if acknowledge:
            self.packet("client", "ack", "ACK", there)
        return there

    def close(self, at):
        there = self.packet("client", "fin", "FIN", at)
        back = self.packet("server", "fin", "FIN", there)
        self.packet("client", "ack", "ACK", back)

    def span(self, what, begin, end, server, theory, connection=None):
        on_the_way = end - begin - server
        self.spans.append({
            "connection": self.connections if connection is None else connection, "what": what, "from_us": begin * 1000,
            "to_us": end * 1000, "server_us": server * 1000, "theory_round_trips": theory,
            "round_trips": on_the_way / self.rtt if self.rtt else 0})

    def deliver(self, number, published, answered, delivered):
        self.messages.append({"number": number, "published_us": published * 1000, "answered_us": answered * 1000,
                              "delivered_us": delivered * 1000})
        self.span(f"message {number}", published, delivered, answered - published, 0.5, 0)

    def done(self):
        self.arrows.sort(key=lambda arrow: arrow["sent_us"])
        return {"transport": self.transport, "round_trip_us": self.rtt * 1000, "arrows": self.arrows,
                "messages": self.messages, "spans": self.spans, "connections_left_out": 2}


def words(numbers):
    return "no message" if not numbers else f"message{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def polls(line, published, polls_at, keep):
    """Asks at these times until every message is there."""
    waiting, cursor = dict(enumerate(published, 1)), ""
    for count, at in enumerate(polls_at):
        connected = at if keep and count else line.connect(at)
        there = line.ask(connected, cursor)
        got = [number for number, when in waiting.items() if when <= there]
        back = line.answer(there, f"200 OK: {words(got)}", 187 + 60 * len(got))
        line.span("answer" if keep and count else "first answer", at, back, 0, 1 if keep and count else 2)
        for number in got:
            line.deliver(number, waiting.pop(number), there, back)
        if not keep:
            line.close(back)
        cursor = "?after=k3f9-0"
        if not waiting and back > max(published):
            return


def long_poll(line, published):
    there = line.ask(line.connect(0))
    asked = line.answer(there, "200 OK: no message", 187)
    line.span("first answer", 0, asked, 0, 2)
    waiting = dict(enumerate(published, 1))
    while waiting:
        there = line.ask(asked, "?after=k3f9-0")
        answered = max(there, min(waiting.values()))
        if answered > there + 40:  # the kernel acknowledges a question that is not answered at once
            line.packet("server", "ack", "ACK", there + 40)
        got = [number for number, when in waiting.items() if when <= answered]
        back = line.answer(answered, f"200 OK: {words(got)}", 187 + 60 * len(got), acknowledge=False)
        line.span("answer", asked, back, answered - there, 1)
        for number in got:
            line.deliver(number, waiting.pop(number), answered, back)
        asked = back
    line.ask(asked, "?after=k3f9-2")


def websocket(line, published):
    there = line.ask(line.connect(0))
    back = line.answer(there, "101 Switching Protocols, text frame: no message", 210)
    line.span("upgrade", 0, back, 0, 2)
    for number, when in enumerate(published, 1):
        line.deliver(number, when, when, line.answer(when, f"text frame: message {number}", 92))
    there = line.packet("client", "data", "close 1000, masked", max(published) + 120, payload=8)
    line.close(line.answer(there, "close 1000", 4))


def ladder(transport, rtt_ms=50.0, gap_ms=20.0, interval_ms=200.0):
    line, first = Line(transport, rtt_ms), 4 * rtt_ms + 60
    published = (first, first + gap_ms)
    polls_at = [0, *(2 * rtt_ms + 30 + interval_ms * beat for beat in range(20))]
    if transport in ("short-poll", "keep-alive"):
        polls(line, published, polls_at, transport == "keep-alive")
    else:
        {"long-poll": long_poll, "websocket": websocket}[transport](line, published)
    return line.done()


def make(transports=TRANSPORTS, rtt_ms=50.0, pcap=None, **timing):
    result = synthetic_result.make(synthetic_result.parse(["--subscribers", "1", "--duration-ms", "500", "--rounds", "1"]))
    run = {"link": f"round trip {rtt_ms:g} ms", "gap_ms": timing.get("gap_ms", 20.0), "poll_interval_ms": timing.get("interval_ms", 200.0),
           "payload_bytes": 60, "seed": 1}
    return {
        "schema": "wirelab.ladder/1", "created_utc": result["created_utc"], "command": ["wirelab", "ladder", "all"],
        "run": None if pcap else run, "pcap": pcap, "host": result["host"], "versions": result["versions"],
        "git_revision": result["git_revision"], "warnings": [], "ladders": [ladder(name, rtt_ms, **timing) for name in transports]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transports", default=",".join(TRANSPORTS), metavar="A,B")
    parser.add_argument("--rtt-ms", type=float, default=50.0)
    options = parser.parse_args()
    json.dump(make(options.transports.split(","), options.rtt_ms), sys.stdout, indent=1)
