#!/usr/bin/python3
"""Load that a server cannot take, and what becomes of it: slow readers, a reconnect storm, more connections than there may be, long
messages, a hundred thousand channels, ten thousand handshakes that are begun and not ended, and a stop in the middle of it. The
server's resident memory is held against the bound that it states (servers/memory_bound.hpp) all the while.

    tests/faults/storm.py --build build/measure [-o FOLDER [--page docs/11-faults.md]] [--only NAME ...] [--small]

Prints the table; with -o writes it there as table.txt and, with where it was made, as storm.json; and into the page, between its marks. For a quiet machine; about four
minutes, --small (to see that it works; its figures say nothing) half of one. Exit codes: 0 everything held, 1 something did not."""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True

import fault_runs
import in_page
import table
from crowd import Crowd, Subscriber

GIVE_UP_S = 120
TRANSPORTS = fault_runs.TRANSPORTS
MIB = 1 << 20
AGE_RATIO = 1.10  # what a hundredth of stalled readers may cost the others at most
DRAIN_S = 2.0  # --drain


class Server:
    """`wirelab serve`, as a context manager; its resident memory is sampled as long as it lives."""

    def __init__(self, *flags):
        self.process = subprocess.Popen([fault_runs.WIRELAB, "serve", "--port", "0", *flags], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        if not found:
            raise RuntimeError(f"no server: {self.process.communicate()[1]}")
        self.url, self.port = found[0], int(found[1])
        self.bound_bytes = self.load()["memory_bound_bytes"]
        self.peak_bytes = self.samples = 0
        self.log, self.told_at, self.stopped_in_s = "", None, None
        self.over = threading.Event()
        self.sampler = threading.Thread(target=self.sample)
        self.sampler.start()

    def sample(self):
        """The peak is the kernel's own; it is read often because it is gone with the process."""
        while not self.over.wait(0.05):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
                peak = re.search(r"VmHWM:\s+(\d+) kB", status)
                self.peak_bytes = max(self.peak_bytes, int(peak[1]) * 1024 if peak else 0)
                self.samples += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def tell_to_stop(self):
        self.told_at = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM, unless it was told before; its exit code. How long it took is in stopped_in_s."""
        if self.process.returncode is None:
            if self.told_at is None:
                self.tell_to_stop()
            self.log = self.process.communicate(timeout=GIVE_UP_S)[1]
            self.stopped_in_s = time.monotonic() - self.told_at
            self.over.set()
            self.sampler.join()
        return self.process.returncode

    def load(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GIVE_UP_S)
        with contextlib.closing(connection):
            connection.request("GET", "/load")
            return json.loads(connection.getresponse().read())

    def wait_for(self, holds):
        deadline = time.monotonic() + GIVE_UP_S
        while not holds(self.load()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def memory(self):
        return {"peak_resident_bytes": self.peak_bytes, "memory_bound_bytes": self.bound_bytes}


class Publisher(threading.Thread):
    """Numbers, in order, on a connection that it keeps, until it is stopped."""

    def __init__(self, port, per_second, channel="storm"):
        super().__init__()
        self.port, self.pause_s, self.channel = port, 1 / per_second, channel
        self.count, self.over = 0, threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GIVE_UP_S)
        with contextlib.closing(connection):
            while not self.over.wait(self.pause_s):
                connection.request("POST", f"/publish/{self.channel}", f"{self.count} of them")
                if connection.getresponse().read():
                    self.count += 1

    def stop(self):
        self.over.set()
        self.join()


def post(port, channel, text):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVE_UP_S)
    with contextlib.closing(connection):
        connection.request("POST", f"/publish/{channel}", text)
        reply = connection.getresponse()
        return reply.status, reply.read()


def load_command(transport, url, subscribers, *flags):
    return [fault_runs.WIRELAB, "load", transport, "--url", url, "-c", str(subscribers), "--quiet", "--json", "-", *flags]


def load(transport, url, subscribers, *flags):
    """The one run of a result."""
    done = subprocess.run(load_command(transport, url, subscribers, *flags), capture_output=True, text=True, timeout=GIVE_UP_S,
                          check=False)
    if done.returncode not in (0, 4):
        raise RuntimeError(f"wirelab load {transport}: {done.stderr}")
    return json.loads(done.stdout)["runs"][0]


def wrong(run):
    messages = run["messages"]
    return messages["lost"] + messages["duplicated"] + messages["out_of_order"] + messages["gaps"]


# -- what is tried: each yields rows ------------------------------------------------------------------------------------


def one_round(size, stalled_count):
    """The others' age p99, and what became of the stalled."""
    keep = 24  # a second of them: who reads again after the run has missed some
    server_cpu, load_cpu = (("--cpu", str(cpu)) if size.cpus else () for cpu in (size.cpus or (0, 0)))
    with Server("--backend", "websocket", "--keep-messages", str(keep), "--ping-interval", f"{size.ping_s}s", *server_cpu) as server:
        stalled = [Subscriber("bench") for _ in range(stalled_count)]
        for one in stalled:
            one.dial(server.port, receive_bytes=4096)
            one.socket.setblocking(True)
            one.ask()
        server.wait_for(lambda reading: reading["parked"] == stalled_count)
        if stalled:
            for _ in range(24):  # more than the kernel holds of a connection: from here on they hear nothing
                post(server.port, "bench", "x" * 60_000)
        run = load("websocket", server.url, size.readers - stalled_count, "-R", "20", "-d", f"{size.window_s}s", "--payload", "1k",
                   *load_cpu)
        reading_again = stalled[: stalled_count // 2]
        told = sum(hears_a_gap(one) for one in reading_again)
        cut = size.small or server.wait_for(lambda reading: reading["timeouts"] >= len(stalled) - len(reading_again))
        for one in stalled:
            one.socket.close()
    return {"age_p99_us": run["age_us"]["p99"], "wrong": wrong(run), "treated": told == len(reading_again) and cut, **server.memory()}


def hears_a_gap(one):
    """Reads again, and on until it is told; whether it was."""
    one.socket.settimeout(1)
    one.hear = lambda envelope: setattr(one, "gaps", one.gaps + envelope.get("gap", False))
    with contextlib.suppress(OSError):
        while not one.gaps and one.read():
            pass
    return one.gaps > 0


def slow_readers(size):
    stalled_count = max(2, size.readers // 100)
    rounds = {0: [], stalled_count: []}
    for number in range(2 * size.rounds):
        count = (0, stalled_count, stalled_count, 0)[number % 4]
        rounds[count].append(one_round(size, count))
    p99 = {count: statistics.median(made["age_p99_us"] for made in runs) for count, runs in rounds.items()}
    ratio = p99[stalled_count] / p99[0]
    every = [made for runs in rounds.values() for made in runs]
    held = all(made["treated"] and not made["wrong"] for made in every) and (size.small or ratio <= AGE_RATIO)
    yield {"storm": "slow readers", "held": held, "readers": size.readers, "stalled": stalled_count, "rounds": size.rounds,
           "age_p99_us": p99[stalled_count], "age_p99_without_us": p99[0], "age_p99_ratio": ratio,
           "age_p99_us_of_rounds": [made["age_p99_us"] for made in rounds[stalled_count]],
           "age_p99_without_us_of_rounds": [made["age_p99_us"] for made in rounds[0]],
           "said": f"{stalled_count} of {size.readers:,} stalled: the others' age p99 {p99[stalled_count] / 1000:.2f} ms beside "
                   f"{p99[0] / 1000:.2f} ms without ({ratio:.2f}); who reads again is told a gap, who does not is cut off",
           "peak_resident_bytes": max(made["peak_resident_bytes"] for made in every), "memory_bound_bytes": every[0]["memory_bound_bytes"]}


def reconnect(size):
    with Server("--backend", "websocket") as server:
        publisher = Publisher(server.port, 4)
        crowd = Crowd(server.port, size.crowd)
        with contextlib.closing(crowd):
            crowd.dial_all()
            everybody = crowd.turn_until(lambda: crowd.count("caught_up") == size.crowd, GIVE_UP_S)
            publisher.start()
            crowd.turn_until(lambda: crowd.everyone[0].next >= 4, GIVE_UP_S)
            began = time.monotonic()
            crowd.cut_all()
            crowd.dial_all()
            back = crowd.turn_until(lambda: crowd.count("caught_up") == size.crowd, GIVE_UP_S)
            took_s = time.monotonic() - began
            until = time.monotonic() + 1
            crowd.turn_until(lambda: time.monotonic() > until, GIVE_UP_S)
            publisher.stop()
            whole = crowd.turn_until(lambda: all(one.next == publisher.count for one in crowd.everyone), GIVE_UP_S)
            wrong_ones = crowd.count("lost") + crowd.count("again") + crowd.count("gaps")
        code = server.stop()
    yield {"storm": "reconnect", "held": everybody and back and whole and wrong_ones == 0 and code == 0, "subscribers": size.crowd,
           "all_back_s": took_s, "published": publisher.count, "lost": crowd.count("lost"), "duplicated": crowd.count("again"),
           "gaps": crowd.count("gaps"), "dials_that_failed": crowd.failed_dials,
           "said": f"{size.crowd:,} WebSockets reset and dialled again at once: all back after {took_s:.2f} s, "
                   f"{crowd.count('lost'):,} messages lost, {crowd.count('again'):,} twice, {crowd.count('gaps'):,} gaps",
           **server.memory()}


def full(size):
    """More subscribers than connections: the clients come back when they are asked to, and not before."""
    for transport in ("long-poll", "websocket"):
        room, asked, window_s = size.readers // 2, size.readers, 4
        with Server("--backend", transport, "--max-connections", str(room)) as server:
            process = subprocess.Popen(load_command(transport, server.url, asked, "-d", "1s", "--connect-timeout", f"{window_s}s"),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(window_s / 2)
            status, retry_after = refused(server.port)
            process.wait(GIVE_UP_S)
            server.wait_for(lambda reading: reading["connections_open"] <= 2)
            turned_away = server.load()["connections_refused"]
            code = server.stop()
        waiting = asked - room
        per_second = turned_away / waiting / window_s
        yield {"storm": "full", "transport": transport, "held": status == 503 and retry_after == "1" and per_second <= 1.2 and code == 0 and
               "turned away with 503" in server.log, "asked": asked, "room": room, "turned_away": turned_away,
               "tries_per_second_each": per_second,
               "said": f"{asked:,} {transport} subscribers where there is room for {room:,}: 503, Retry-After: {retry_after}; those "
                       f"outside tried {per_second:.2f} times a second each", **server.memory()}


def refused(port):
    """What a newcomer is told: status and Retry-After."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVE_UP_S)
    with contextlib.closing(connection):
        connection.request("GET", "/load")
        reply = connection.getresponse()
        return reply.status, reply.getheader("Retry-After")


def long_messages(size):
    for transport in TRANSPORTS:
        with Server("--backend", transport) as server:
            run = load(transport, server.url, size.readers // 10, "-R", "5", "-d", f"{size.window_s}s", "--payload", "64k", "--poll-interval",
                       "500ms")
            code = server.stop()
        messages = run["messages"]
        yield {"storm": "64 KiB messages", "transport": transport, "held": wrong(run) == 0 < messages["delivered"] and code == 0,
               "delivered": messages["delivered"], "expected": messages["expected"], "wrong": wrong(run),
               "said": f"{transport}: {messages['delivered']:,} of {messages['expected']:,} deliveries of 64 KiB to "
                       f"{size.readers // 10:,} subscribers", **server.memory()}


def channels(size):
    """Asked for, published on, waited on: the names are strangers'."""
    with Server() as server:
        before = server.load()["resident_bytes"]
        read = pipelined(server.port, (f"GET /keep-alive/asked-{i}?after=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                       for i in range(size.channels)))
        asked = server.load()
        statuses = pipelined(server.port, (f"POST /publish/published-{i} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
                                           for i in range(size.channels)))
        published = server.load()
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(size.held)]
        for number, one in enumerate(held):
            one.sendall(f"GET /long-poll/held-{number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        waited = server.wait_for(lambda reading: reading["parked"] == size.held)
        waiting = server.load()
        for one in held:
            one.close()
        server.wait_for(lambda reading: reading["parked"] == 0)
        after = server.load()
        code = server.stop()
    grown = asked["resident_bytes"] - before
    yield {"storm": "channels", "held": read == {200: size.channels} and asked["channels"] == 0 and published["channels"] == 1000 and
           statuses == {201: 1000, 503: size.channels - 1000} and waited and waiting["channels"] == 1000 and (size.small or grown < 4 * MIB) and code == 0,
           "asked": size.channels, "resident_bytes_for_asked": grown, "published_on": size.channels, "stored": statuses.get(201, 0),
           "refused": statuses.get(503, 0), "held_on": size.held, "resident_bytes_before": before,
           "resident_bytes_while_held": waiting["resident_bytes"], "resident_bytes_after": after["resident_bytes"],
           "said": f"{size.channels:,} channels asked for: {grown / 1024:,.0f} KiB; as many published on: {statuses.get(201, 0):,} kept, "
                   f"{statuses.get(503, 0):,} refused with 503; {size.held:,} long polls held on as many more", **server.memory()}


def pipelined(port, requests, at_once=100):
    """{status: how many}; on a new connection whenever the server closes one, from the first request without its answer on."""
    counts, waiting, requests = {}, [], iter(requests)
    while True:
        with socket.create_connection(("127.0.0.1", port), timeout=GIVE_UP_S) as connection:
            got = connection.makefile("rb")
            while True:
                waiting += itertools.islice(requests, at_once - len(waiting))
                if not waiting:
                    return counts
                with contextlib.suppress(ConnectionError):
                    connection.sendall("".join(waiting).encode())
                closed = False
                while waiting and not closed:
                    status, closed = reply_from(got)
                    if status:
                        counts[status] = counts.get(status, 0) + 1
                        waiting.pop(0)
                if closed:
                    break


def reply_from(got):
    """(status, whether it was the last one on this connection)"""
    try:
        line = got.readline()
        if not line:
            return None, True
        fields = {}
        while (field := got.readline()) not in (b"\r\n", b""):
            name, _, value = field.partition(b":")
            fields[name.lower()] = value.strip()
        got.read(int(fields.get(b"content-length", 0)))
        return int(line.split()[1]), fields.get(b"connection") == b"close"
    except ConnectionError:
        return None, True


def memory(size):
    """The least that a message can be, with the longest key, until the store is full many times over; and bodies that do not end."""
    keep_mib, buffered_mib, channels_count = (32, 8, 1000) if not size.small else (2, 1, 20)
    with Server("--keep-total", f"{keep_mib}MiB", "--max-buffered", f"{buffered_mib}MiB", "--max-connections", "4000") as server:
        before = server.load()["resident_bytes"]
        statuses = pipelined(server.port, (f"POST /publish/c{i % channels_count} HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: {i:0128}\r\n"
                                           f"Content-Length: 1\r\n\r\nx" for i in range(size.messages)))
        full = server.load()
        half = b"POST /publish/c0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n" + b"x" * 30_000
        held = []
        for _ in range(3 * buffered_mib * MIB // 30_000):
            held.append(socket.create_connection(("127.0.0.1", server.port), timeout=GIVE_UP_S))
            held[-1].sendall(half)
        cut = server.wait_for(lambda reading: reading["slow_peers_cut"] > 0)
        buffered = server.load()["buffered_bytes"]
        for one in held:
            one.close()
        code = server.stop()
    kept = full["messages_kept"]
    each = (full["resident_bytes"] - before) / kept
    yield {"storm": "memory", "held": statuses == {201: size.messages} and kept < size.messages and cut and buffered <= buffered_mib * MIB and
           code == 0 and "--max-buffered" in server.log, "published": size.messages, "kept": kept, "keep_total_bytes": keep_mib * MIB,
           "resident_bytes_per_kept": each, "buffered_bytes": buffered, "max_buffered_bytes": buffered_mib * MIB,
           "said": f"{size.messages:,} messages of one character with the longest keys: {kept:,} kept in {keep_mib} MiB, {each:,.0f} bytes each; "
                   f"bodies of {3 * buffered_mib} MiB that do not end: {buffered / MIB:.1f} MiB held, the others refused", **server.memory()}


def half_open(size):
    """Handshakes that are begun and not ended, while others are served."""
    begun = b"GET /websocket/news HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nX: "
    timeout_s = 5
    with Server("--header-timeout", f"{timeout_s}s", "--backend", "websocket") as server:
        held = []
        for _ in range(size.half_open):
            one = socket.create_connection(("127.0.0.1", server.port), timeout=GIVE_UP_S)
            one.send(begun)
            held.append(one)
        began = time.monotonic()
        run = load("websocket", server.url, 50, "-R", "20", "-d", "2s")
        gone = server.wait_for(lambda reading: reading["late_requests"] >= size.half_open and reading["connections_open"] <= 2)
        gone_s = time.monotonic() - began
        for one in held:
            one.close()
        code = server.stop()
    yield {"storm": "half-open handshakes", "held": gone and wrong(run) == 0 < run["messages"]["delivered"] and code == 0 and
           "408" in server.log, "connections": size.half_open, "header_timeout_s": timeout_s, "all_let_go_s": gone_s,
           "others_delivered": run["messages"]["delivered"], "others_wrong": wrong(run), "log_lines": len(server.log.splitlines()),
           "said": f"{size.half_open:,} handshakes begun: all answered with 408 {gone_s:.1f} s after the last (limit {timeout_s} s); "
                   f"meanwhile 50 others heard {run['messages']['delivered']:,} of {run['messages']['expected']:,}; "
                   f"{len(server.log.splitlines())} lines in the log", **server.memory()}


def drain(size):
    """SIGTERM under load, with one of each who looks at how it is told."""
    for transport in TRANSPORTS:
        with Server() as server:
            process = subprocess.Popen(load_command(transport, server.url, size.readers // 2, "-R", "20", "-d", "30s", "--poll-interval",
                                                    "100ms"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            server.wait_for(lambda reading: reading["messages_out"] > size.readers)
            poll = socket.create_connection(("127.0.0.1", server.port), timeout=GIVE_UP_S)
            poll.sendall(b"GET /long-poll/quiet HTTP/1.1\r\nHost: localhost\r\n\r\n")
            watcher = Subscriber("quiet")
            watcher.dial(server.port)
            watcher.socket.setblocking(True)
            watcher.ask()
            while not watcher.caught_up:
                watcher.read()
            server.wait_for(lambda reading: reading["parked"] >= 2)
            server.tell_to_stop()
            status, _ = reply_from(poll.makefile("rb"))
            while watcher.close_code is None and watcher.read():
                pass
            watcher.socket.close()
            poll.close()
            code = server.stop()
            process.send_signal(signal.SIGINT)
            process.wait(GIVE_UP_S)
        yield {"storm": "drain", "transport": transport, "held": code == 0 and status == 200 and watcher.close_code == 1001 and
               (size.small or server.stopped_in_s <= DRAIN_S + 0.5), "exit_code": code, "stopped_in_s": server.stopped_in_s, "long_poll_status": status,
               "close_code": watcher.close_code,
               "said": f"SIGTERM while {size.readers // 2:,} {transport} subscribers listen: exit code {code} after "
                       f"{server.stopped_in_s:.2f} s (limit {DRAIN_S:g} s); a held poll got {status}, a WebSocket {watcher.close_code}",
               **server.memory()}


STORMS = {"slow-readers": slow_readers, "reconnect": reconnect, "full": full, "long-messages": long_messages, "channels": channels,
          "memory": memory, "half-open": half_open, "drain": drain}


class Size:
    def __init__(self, small):
        self.small = small
        cpus = sorted(os.sched_getaffinity(0))
        self.cpus = None if small or len(cpus) < 2 else cpus[:2]  # the server's, the load generator's
        self.readers, self.rounds, self.window_s, self.ping_s = (100, 1, 1, 60) if small else (1000, 5, 4, 12)
        self.crowd, self.channels, self.held, self.half_open = (200, 3000, 300, 500) if small else (5000, 100_000, 10_000, 10_000)
        self.messages = 5000 if small else 200_000


def is_under(row):
    return row["peak_resident_bytes"] < row["memory_bound_bytes"]


def text_of(rows):
    lines = []
    for row in rows:
        mark = "held" if row["held"] and is_under(row) else "NOT HELD"
        lines.append(f"{mark:8}  {row['storm']}: {row['said']}; memory {row['peak_resident_bytes'] / MIB:.0f} MiB of at most "
                     f"{row['memory_bound_bytes'] / MIB:.0f}")
    return "\n".join(lines) + "\n"


def page_text(record):
    cells = [(row["storm"], row["said"], "yes" if row["held"] else "**no**", f"{row['peak_resident_bytes'] / MIB:,.0f} of {row['memory_bound_bytes'] / MIB:,.0f}")
             for row in record["rows"]]
    table_ = in_page.markdown(("storm", "what came of it", "held", "memory, MiB, of its bound"), cells, words=3)
    return f"{in_page.where(record)}\n\n{table_}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", help="folder of a build with wirelab and fault_run; else WIRELAB and FAULT_RUN name them")
    parser.add_argument("-o", "--output", type=Path, help="folder for table.txt and storm.json")
    parser.add_argument("--only", nargs="+", choices=STORMS, default=list(STORMS), help="some of it")
    parser.add_argument("--small", action="store_true", help="a tenth or less of everything")
    parser.add_argument("--page", type=Path, help="write it into this page, too")
    options = parser.parse_args(arguments)
    if options.build:
        fault_runs.use_build(options.build)
    elif not fault_runs.WIRELAB:
        parser.error("name a build: --build DIR")
    where = table.provenance() if options.output else {}
    rows = []
    for name in options.only:
        print(f"{name} ...", file=sys.stderr)
        rows += STORMS[name](Size(options.small))
    text = text_of(rows)
    print(text, end="")
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "table.txt").write_text(text, encoding="utf-8")
        record = {"schema": "wirelab.storm/1", "small": options.small, **where, "rows": rows}
        (options.output / "storm.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        if options.page:
            in_page.put(options.page, "storm", options.output / "storm.json", page_text(record))
    return 0 if all(row["held"] and is_under(row) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
