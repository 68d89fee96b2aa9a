"""Each wrong request has its status and its JSON error, over real sockets; each limit holds at its value and one beyond;
and nothing a client sends freezes the server or multiplies its answers."""

import contextlib
import http.client
import json
import os
import pathlib
import socket
import time
import unittest

from lab import GENEROUS_S, Server, curl, parse_replies, publish, raw


def get(path, *fields, version="HTTP/1.1", host="Host: localhost\r\n"):
    return (f"GET {path} {version}\r\n{host}" + "".join(field + "\r\n" for field in fields) + "\r\n").encode("latin-1")


def post(path, body=b"hello", *fields, length=None):
    length = len(body) if length is None else length
    fields = (*fields, f"Content-Length: {length}")
    return ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + "".join(field + "\r\n" for field in fields) + "\r\n").encode() + body


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def expect(self, status, data):
        replies = parse_replies(raw(self.server.port, data))
        self.assertEqual([reply.status for reply in replies], [status], data[:200])
        if status >= 400:
            self.assertTrue(replies[0].json()["error"])
            self.assertEqual(replies[0].headers["content-type"], "application/json")
            self.assertEqual(replies[0].headers["connection"].split(",")[-1].strip().lower(), "close")
        return replies[0]

    def test_wrong_paths_and_parameters(self):
        self.expect(404, get("/nowhere"))
        self.expect(400, get("/short-poll/.hidden"))
        self.expect(400, get("/short-poll/a%2Fb"))
        self.expect(400, get("/keep-alive/news?after=nonsense"))
        self.expect(400, get("/long-poll/news?hold=61"))
        self.expect(400, get("/long-poll/news?hold=-1"))
        self.expect(400, get("/long-poll/news?unknown=1"))

    def test_wrong_methods_say_what_is_allowed(self):
        self.assertEqual(self.expect(405, get("/publish/news")).headers["allow"], "POST")
        reply = self.expect(405, b"DELETE /long-poll/news HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(reply.headers["allow"], "GET, HEAD")

    def test_a_plain_get_on_the_websocket_route(self):
        reply = self.expect(426, get("/websocket/news"))
        self.assertEqual(reply.headers["upgrade"].lower(), "websocket")

    def test_wrong_http(self):
        self.expect(400, get("/load", host=""))
        self.expect(400, get("/load", "Host: y"))
        self.expect(505, get("/load", version="HTTP/2.0"))
        self.expect(411, b"POST /publish/news HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.expect(400, post("/publish/news", b"hello", "Content-Length: 6"))
        self.expect(400, post("/publish/news", b"hello", length="-5"))
        self.expect(400, post("/publish/news", b"hello", length="5x"))
        self.expect(400, post("/publish/news", b"0\r\n\r\n", "Transfer-Encoding: chunked"))
        self.expect(501, b"POST /publish/news HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
        self.expect(400, b"POST /publish/news HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n")
        self.expect(400, get("/load", "Content-Length: 5") + b"hello")

    def test_payloads(self):
        self.expect(400, post("/publish/news", b"\xff\xfe", "Connection: close"))
        self.expect(201, post("/publish/bad-input", b"x" * 65536, "Connection: close"))
        self.expect(413, post("/publish/bad-input", b"x" * 65537))

    def test_413_can_be_read_by_a_client_that_is_still_sending(self):
        reply = curl("--data-binary", "@-", f"{self.server.url}/publish/news", data=b"x" * 3_000_000)
        self.assertEqual(reply.status, 413)

    def test_too_long(self):
        target = "/short-poll/news?after="
        self.expect(400, get(target + "x" * (1024 - len(target))))
        self.expect(414, get(target + "x" * (1025 - len(target))))
        filler = lambda total: get("/load", "Connection: close", "X-Filler: " + "x" * (total - len(get("/load", "Connection: close", "X-Filler: "))))
        self.expect(200, filler(8192))
        self.expect(431, filler(8193))

    def test_http_1_0_gets_its_answer_and_a_close(self):
        reply = self.expect(200, b"GET /load HTTP/1.0\r\n\r\n")
        self.assertEqual(reply.headers["connection"], "close")

    def test_twenty_pipelined_gets_are_answered_in_order(self):
        requests = b"".join(get(f"/keep-alive/pipelined-{i}?after=earliest") for i in range(19))
        for i in range(19):
            publish(self.server.url, f"of channel {i}", f"pipelined-{i}")
        replies = parse_replies(raw(self.server.port, requests + get("/load", "Connection: close")))
        self.assertEqual([reply.json()["messages"] for reply in replies[:-1]], [[f"of channel {i}"] for i in range(19)])
        self.assertIn("cpu_total_us", replies[-1].json())

    def assert_alive_and_idle(self):
        """Others are served, and the process does not spin."""
        before = self.server.load()
        time.sleep(0.5)
        after = self.server.load()
        self.assertLess(after["cpu_total_us"] - before["cpu_total_us"], 250_000)

    def test_requests_in_one_segment_behind_a_body_neither_freeze_nor_multiply(self):
        for first in (get("/keep-alive/news"), post("/publish/pipelined", b"once")):
            for second in (post("/publish/pipelined", b"twice"), get("/keep-alive/news")):
                before = self.server.load()["messages_in"]
                got = raw(self.server.port, first + second + get("/keep-alive/news", "Connection: close"))
                replies = parse_replies(got)
                self.assertLessEqual(len(replies), 3)
                self.assertGreaterEqual(len(replies), 1)
                self.assertLessEqual(self.server.load()["messages_in"] - before, 2)
                self.assert_alive_and_idle()

    def test_two_hundred_bytes_that_freeze_a_naive_server(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as attacker:
            attacker.sendall(post("/publish/attack", b"a") + post("/publish/attack", b"b"))
            self.assert_alive_and_idle()
        self.assert_alive_and_idle()

    def test_a_request_behind_a_parked_one_does_not_spin(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=GENEROUS_S) as connection:
            connection.sendall(get("/long-poll/parked?hold=2") + get("/keep-alive/parked"))
            self.assert_alive_and_idle()
            got = b""
            while b"}" not in got:
                got += connection.recv(65536)
            self.assertEqual(parse_replies(got)[0].json()["messages"], [])

    def test_a_parked_one_that_hangs_up_is_forgotten(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
            connection.sendall(get("/long-poll/hangs-up"))
            self.wait_for(lambda load: load["parked"] == 1)
        self.wait_for(lambda load: load["parked"] == 0)

    def wait_for(self, condition):
        deadline = time.monotonic() + GENEROUS_S
        while not condition(self.server.load()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class Limits(unittest.TestCase):
    def test_connections(self):
        # The fifth asks over a connection that it keeps: one that had just been closed might still be counted.
        with Server("--max-connections", "5") as server, contextlib.ExitStack() as held:
            for _ in range(4):
                held.enter_context(socket.create_connection(("127.0.0.1", server.port))).sendall(get("/long-poll/news"))
            fifth = held.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port)))
            fifth.request("GET", "/load")
            reply = fifth.getresponse()
            reply.read()
            self.assertEqual(reply.status, 200, "at the limit")
            reply = curl(f"{server.url}/load")
            self.assertEqual(reply.status, 503, "one beyond")
            self.assertEqual(reply.headers["retry-after"], "1")
            held.close()
            deadline = time.monotonic() + GENEROUS_S
            while curl(f"{server.url}/load").status != 200:  # room again
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)

    def test_each_flag_moves_its_limit(self):
        with Server("--max-payload", "10", "--max-channel-name", "4", "--max-target", "100", "--max-headers", "512",
                    "--max-hold", "2s", "--hold", "100ms", "--max-channels", "1", "--keep-messages", "2",
                    "--max-idempotency-key", "3") as server:
            url = server.url
            self.assertEqual(publish(url, "0123456789", "abcd").status, 201)
            self.assertEqual(publish(url, "0123456789x", "abcd").status, 413)
            self.assertEqual(publish(url, "x", "abcde").status, 400)
            self.assertEqual(publish(url, "x", "efgh").status, 503)
            self.assertEqual(publish(url, "x", "abcd", Idempotency_Key="abc").status, 201)
            self.assertEqual(publish(url, "x", "abcd", Idempotency_Key="abcd").status, 400)
            self.assertEqual(curl(url + "/" + "x" * 99).status, 404)
            self.assertEqual(curl(url + "/" + "x" * 100).status, 414)
            self.assertEqual(curl("-H", "X-Filler: " + "x" * 600, url + "/load").status, 431)
            self.assertEqual(curl(url + "/long-poll/abcd?hold=2&after=earliest").status, 200)
            self.assertEqual(curl(url + "/long-poll/abcd?hold=2.1").status, 400)
            self.assertEqual(curl(url + "/long-poll/abcd").json()["messages"], [], "held for --hold")
            publish(url, "y", "abcd")
            self.assertEqual(curl(url + "/keep-alive/abcd?after=earliest").json()["messages"], ["x", "y"])

    def test_a_header_that_never_ends_is_given_up_on(self):
        with Server("--header-timeout", "1s") as server:
            got = raw(server.port, b"GET /load HTTP/1.1\r\nHost: localhost\r\nX: ")
            self.assertTrue(got == b"" or b" 408 " in got.split(b"\r\n")[0], got)


class Binding(unittest.TestCase):
    @staticmethod
    def listeners(port):
        """Local addresses of listening TCP sockets on the port, as the kernel shows them: what `ss -ltn` reads."""
        found = []
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                address, state = line.split()[1], line.split()[3]
                if state == "0A" and int(address.split(":")[1], 16) == port:
                    found.append(address.split(":")[0])
        return found

    def test_loopback_only_unless_told_otherwise(self):
        with Server() as server:
            self.assertEqual(self.listeners(server.port), ["0100007F"])

    def test_another_address_is_taken_by_name_and_said_aloud(self):
        with Server("--bind", "127.0.0.2") as server:
            self.assertEqual(self.listeners(server.port), ["0200007F"])
        with Server("--bind", "0.0.0.0") as server:
            self.assertEqual(self.listeners(server.port), ["00000000"])
            server.stop()
            self.assertIn("0.0.0.0", server.log)

    @unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "no IPv6 on this machine")
    def test_ipv6_loopback(self):
        with Server("--bind", "::1") as server:
            self.assertEqual(self.listeners(server.port), ["00000000000000000000000001000000"])
            self.assertEqual(curl(f"http://[::1]:{server.port}/load").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
