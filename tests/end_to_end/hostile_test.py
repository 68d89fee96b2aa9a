"""Who means harm costs the server bounded time and memory, is named in its log, and harms nobody else. What a whole attack
would be is played small: hundreds of connections in place of ten thousand (`--connections` on the command line), seconds in
place of hours."""

import contextlib
import http.client
import re
import selectors
import socket
import sys
import time
import unittest

from lab import GENEROUS_S, Server, parse_replies, publish, raw

HALF_OPEN = 300
HEADER_TIMEOUT_S = 1
BEGUN = b"GET /websocket/news HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nX: "
MEMORY_BYTES_EACH = 64 * 1024  # of a connection that sends nothing whole: buffers and bookkeeping


def get(path, *fields):
    return (f"GET {path} HTTP/1.1\r\nHost: localhost\r\n" + "".join(field + "\r\n" for field in fields) + "\r\n").encode("latin-1")


def post(path, body):
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=GENEROUS_S)


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--header-timeout", f"{HEADER_TIMEOUT_S}s").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def assert_others_are_served(self, channel="others"):
        """As if nothing were the matter: what they publish, they hear."""
        self.assertEqual(publish(self.server.url, "news", channel).status, 201)
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=GENEROUS_S)
        with contextlib.closing(line):
            for path in ("keep-alive", "long-poll"):
                line.request("GET", f"/{path}/{channel}?after=earliest")
                self.assertIn(b'"news"', line.getresponse().read())

    def wait_for(self, condition):
        deadline = time.monotonic() + GENEROUS_S
        while not condition(self.server.load()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def assert_told(self, *flags, after, what):
        """A server that ends after this has said so in its log, in one line."""
        with Server(*flags) as server:
            after(server)
            server.stop()
        self.assertEqual([what in line for line in server.log.splitlines()], [True], server.log)

    def drip(self, beginning, drop, server=None):
        """Sends a byte at a time until the server has had enough; what it said."""
        with connect(server or self.server) as connection, selectors.DefaultSelector() as readable:
            readable.register(connection, selectors.EVENT_READ)
            deadline = time.monotonic() + GENEROUS_S
            with contextlib.suppress(ConnectionError):
                connection.sendall(beginning)
                while not readable.select(HEADER_TIMEOUT_S / 10):
                    self.assertLess(time.monotonic(), deadline, "it is still listening")
                    connection.sendall(drop)
                return connection.recv(65536)
        return b""

    def test_a_header_section_that_drips_is_cut_off_though_it_never_stops(self):
        before = self.server.load()["late_requests"]
        got = self.drip(b"GET /load HTTP/1.1\r\nHost: localhost\r\nX: ", b"x")
        self.assertTrue(got == b"" or b" 408 " in got.split(b"\r\n")[0], got)
        self.assertGreater(self.server.load()["late_requests"], before)
        self.assert_others_are_served()

    def test_a_body_that_drips_is_cut_off_though_it_never_stops(self):
        with Server("--body-timeout", "1s") as server:
            got = self.drip(post("/publish/slow", b"x" * 60_000)[:-59_000], b"x", server)
            self.assertTrue(got == b"" or b" 408 " in got.split(b"\r\n")[0], got)
            self.assertEqual(server.load()["late_requests"], 1)
            self.assertEqual(server.load()["channels"], 0, "nothing of it is stored")

    def test_who_is_late_or_turned_away_is_in_the_log(self):
        self.assert_told("--header-timeout", "1s", after=lambda server: raw(server.port, b"GET /load HT"), what="408")

        def one_too_many(server):
            with connect(server) as held:
                held.sendall(get("/long-poll/news"))
                while b" 503 " not in raw(server.port, get("/load", "Connection: close")):
                    pass  # the first may not be there yet

        self.assert_told("--max-connections", "1", after=one_too_many, what="503")

    def test_what_a_reader_leaves_unread_is_bounded_in_the_kernel_too(self):
        with Server("--max-unsent", "32KiB") as server, connect(server) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            publish(server.url, "x" * 60_000, "long")
            slow.sendall(get("/keep-alive/long?after=earliest") * 100)
            deadline = time.monotonic() + GENEROUS_S
            while not server.load()["buffered_bytes"]:
                self.assertLess(time.monotonic(), deadline)
            self.assertLess(server.load()["socket_buffer_bytes"], 8 * 32 * 1024, "and not the megabytes that tcp_wmem allows")
            self.assertLess(server.load()["buffered_bytes"], 128 * 1024)

    def test_many_half_open_handshakes_are_let_go_and_cost_little(self):
        before = self.server.load()
        with contextlib.ExitStack() as held:
            for _ in range(HALF_OPEN):
                held.enter_context(connect(self.server)).sendall(BEGUN)
            self.assert_others_are_served()
            during = self.server.load()
            self.wait_for(lambda load: load["connections_open"] < HALF_OPEN / 2)
        grown = during["resident_bytes"] - before["resident_bytes"]
        self.assertLess(grown, HALF_OPEN * MEMORY_BYTES_EACH + 16 * 1024 * 1024)
        self.wait_for(lambda load: load["connections_open"] <= 2)
        self.assert_others_are_served()

    def test_deep_pipelining_is_answered_in_order_or_refused_and_bounded(self):
        count = 500
        publish(self.server.url, "first", "deep")
        before = self.server.load()["resident_bytes"]
        requests = b"".join(get(f"/keep-alive/deep?after=1-{i}") for i in range(count))
        got = raw(self.server.port, requests + get("/load", "Connection: close"))
        replies = parse_replies(got)
        self.assertEqual(len(replies), count + 1)
        self.assertEqual({reply.status for reply in replies}, {200})
        self.assertLess(self.server.load()["resident_bytes"] - before, 16 * 1024 * 1024)
        self.assert_others_are_served()

    def test_who_pipelines_and_does_not_read_is_not_read_from(self):
        publish(self.server.url, "x" * 60_000, "long")
        request = get("/keep-alive/long?after=earliest")
        before = self.server.load()["resident_bytes"]
        with connect(self.server) as greedy:
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            greedy.settimeout(0.5)
            sent = 0
            with contextlib.suppress(TimeoutError, ConnectionError):
                while sent < 64 * 1024 * 1024:
                    sent += greedy.send(request * 100)
            self.assert_others_are_served()
            self.assertLess(self.server.load()["resident_bytes"] - before, 32 * 1024 * 1024)
        self.assert_others_are_served()

    def test_payloads_of_any_bytes_are_carried_whole_or_refused_whole(self):
        for good in (b"\0", b"a\0b", b"\x7f\x1b[2J", "\ufeff\u202e\U0010ffff".encode()):
            self.assertEqual(parse_replies(raw(self.server.port, post("/publish/bytes", good)))[0].status, 201, good)
        for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"cut \xe2\x82"):
            self.assertEqual(parse_replies(raw(self.server.port, post("/publish/bytes", bad)))[0].status, 400, bad)
        reply = parse_replies(raw(self.server.port, get("/keep-alive/bytes?after=earliest", "Connection: close")))[0]
        self.assertEqual(reply.json()["messages"], ["\0", "a\0b", "\x7f\x1b[2J", "\ufeff\u202e\U0010ffff"])

    def test_a_channel_that_looks_like_a_path_is_none(self):
        before = self.server.load()["channels"]
        for name in ("..", "../../etc/passwd", "%2e%2e%2f%2e%2e", "..%2f", "a/b", "a%2fb", "a\\b", ".ssh", "%00", "a%00.txt", "%2e%2e", "..%2f..%2fetc%2fpasswd", "..%5c..%5c", "..;", "%c0%ae%c0%ae", "C:", "-%0d%0aX:y", "~", "$(id)", "a;b", "%"):
            for data in (get(f"/short-poll/{name}", "Connection: close"), post(f"/publish/{name}", b"x")):
                replies = parse_replies(raw(self.server.port, data))
                if not replies:
                    continue  # hung up on
                reply = replies[0]
                home = "text/html" in reply.headers["content-type"]  # what is left of /short-poll/.. once it is resolved
                self.assertTrue(reply.status in (400, 403, 404, 405) or home, (name, reply.status))
        self.assertEqual(self.server.load()["channels"], before)


class Memory(unittest.TestCase):
    def test_its_bound_is_told_part_by_part_and_is_what_load_says(self):
        with Server("--log-level", "info", "--keep-total", "1MiB", "--threads", "2") as server:
            bound = server.load()["memory_bound_bytes"]
            server.stop()
        told = [float(number) for number in re.findall(r"memory, at most: ([0-9.]+) MiB", server.log)]
        self.assertGreater(len(told), 4, server.log)
        self.assertAlmostEqual(told[-1], bound / 1024**2, delta=0.1)
        self.assertAlmostEqual(sum(told[:-1]), told[-1], delta=0.5)


class Flood(unittest.TestCase):
    def test_ten_thousand_strangers_are_a_few_lines_in_the_log(self):
        with Server() as server:
            with connect(server) as connection:
                for _ in range(50):
                    raw(server.port, get("/load", "Origin: http://elsewhere.example"))
                connection.close()
            server.stop()
            self.assertIn("50 requests", server.log)
            self.assertLess(len(server.log.splitlines()), 5)


if __name__ == "__main__":
    if "--connections" in sys.argv:
        at = sys.argv.index("--connections")
        HALF_OPEN = int(sys.argv[at + 1])
        del sys.argv[at : at + 2]
    unittest.main(verbosity=2)
