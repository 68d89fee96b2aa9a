"""Clients that we did not write agree with the wire contract: curl for the three over HTTP, Python's websockets for the
fourth."""

import asyncio
import json
import subprocess
import threading
import time
import unittest

import websockets

from lab import GENEROUS_S, Server, curl, publish, raw


class Polling(unittest.TestCase):
    def test_each_message_once_and_in_order_by_its_cursor(self):
        with Server() as server:
            for route in ("short-poll", "keep-alive", "long-poll"):
                channel = f"of-{route}"
                cursor = curl(f"{server.url}/{route}/{channel}" + ("?hold=0" if route == "long-poll" else "")).json()["cursor"]
                heard = []
                for i in range(10):
                    self.assertEqual(publish(server.url, f"m{i}", channel).status, 201)
                    envelope = curl(f"{server.url}/{route}/{channel}?after={cursor}").json()
                    heard += envelope["messages"]
                    cursor = envelope["cursor"]
                    self.assertNotIn("gap", envelope)
                self.assertEqual(heard, [f"m{i}" for i in range(10)])
                everything = curl(f"{server.url}/{route}/{channel}?after=earliest").json()
                self.assertEqual(everything, {"cursor": cursor, "messages": heard})

    def test_a_long_poll_is_held_until_there_is_news(self):
        with Server() as server:
            cursor = curl(f"{server.url}/long-poll/news?hold=0").json()["cursor"]
            answers = []
            poll = threading.Thread(target=lambda: answers.append(curl(f"{server.url}/long-poll/news?after={cursor}").json()))
            poll.start()
            deadline = time.monotonic() + GENEROUS_S
            while server.load()["parked"] == 0 and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual(answers, [])
            publish(server.url, "news!")
            poll.join(GENEROUS_S)
            self.assertEqual(answers[0]["messages"], ["news!"])

    def test_a_hold_ends_with_an_empty_answer(self):
        with Server() as server:
            began = time.monotonic()
            envelope = curl(f"{server.url}/long-poll/news?hold=0.5").json()
            self.assertEqual(envelope["messages"], [])
            self.assertGreaterEqual(time.monotonic() - began, 0.5)

    def test_a_held_request_outlives_the_librarys_own_five_seconds(self):
        with Server() as server:
            began = time.monotonic()
            self.assertEqual(curl(f"{server.url}/long-poll/news?hold=7").json()["messages"], [])
            self.assertGreaterEqual(time.monotonic() - began, 7)

    def test_only_short_poll_closes(self):
        with Server() as server:
            self.assertEqual(curl(f"{server.url}/short-poll/news").headers["connection"], "close")
            for path in ("/keep-alive/news", "/long-poll/news?hold=0", "/load", "/"):
                self.assertNotIn("connection", curl(server.url + path).headers)

    def test_connections_as_curl_counts_them(self):
        def connects(route):
            done = subprocess.run(
                ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{num_connects}\n", f"{server.url}/{route}/news?after=earliest"]
                + [word for _ in range(4) for word in ("--next", "--silent", "--output", "/dev/null", "--write-out", "%{num_connects}\n", f"{server.url}/{route}/news?after=earliest")],
                capture_output=True, text=True, timeout=GENEROUS_S,
            )
            return [int(count) for count in done.stdout.split()]

        with Server() as server:
            publish(server.url, "x")
            before = server.load()["connections_accepted"]
            self.assertEqual(connects("short-poll"), [1, 1, 1, 1, 1])
            self.assertEqual(connects("keep-alive"), [1, 0, 0, 0, 0])
            self.assertEqual(connects("long-poll"), [1, 0, 0, 0, 0])
            self.assertEqual(server.load()["connections_accepted"] - before, 5 + 1 + 1 + 1, "the last is /load's own")

    def test_a_restarted_server_announces_a_gap(self):
        with Server() as server:
            old = publish(server.url, "before").json()["cursor"]
        with Server() as server:
            envelope = curl(f"{server.url}/keep-alive/news?after={old}").json()
            self.assertTrue(envelope["gap"])
            self.assertEqual(envelope["messages"], [])
            self.assertNotEqual(envelope["cursor"].split("-")[0], old.split("-")[0])

    def test_every_answer_is_dated_typed_and_not_for_caches(self):
        with Server() as server:
            for path in ("/short-poll/news", "/load", "/nowhere"):
                headers = curl(server.url + path).headers
                self.assertRegex(headers["date"], r"^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")
                self.assertEqual(headers["content-type"], "application/json")
            self.assertEqual(curl(f"{server.url}/short-poll/news").headers["cache-control"], "no-store")

    def test_head_has_the_headers_and_no_body(self):
        with Server() as server:
            got = raw(server.port, b"HEAD /load HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            head, _, body = got.partition(b"\r\n\r\n")
            self.assertIn(b" 200 ", head.split(b"\r\n")[0])
            self.assertEqual(body, b"")


class WebSocket(unittest.TestCase):
    def run_async(self, coroutine):
        asyncio.run(asyncio.wait_for(coroutine, GENEROUS_S))

    def test_pushes_and_publishes(self):
        async def talk(server):
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/websocket/news") as one, \
                       websockets.connect(f"ws://127.0.0.1:{server.port}/websocket/news") as other:
                first = json.loads(await one.recv())
                self.assertEqual(first["messages"], [])
                await other.recv()
                for i in range(20):
                    await one.send(f"m{i}")
                heard = {one: [], other: []}
                for socket in heard:
                    while len(heard[socket]) < 20:
                        heard[socket] += json.loads(await socket.recv())["messages"]
                self.assertEqual(heard[one], [f"m{i}" for i in range(20)])
                self.assertEqual(heard[other], heard[one])

        with Server() as server:
            self.run_async(talk(server))
            self.assertEqual(curl(f"{server.url}/keep-alive/news?after=earliest").json()["messages"], [f"m{i}" for i in range(20)])

    def test_resumes_at_its_cursor(self):
        async def talk(server):
            for text in ("a", "b", "c"):
                cursor = publish(server.url, text).json()["cursor"]
            epoch = cursor.split("-")[0]
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/websocket/news?after={epoch}-1") as socket:
                self.assertEqual(json.loads(await socket.recv()), {"cursor": cursor, "messages": ["b", "c"]})

        with Server() as server:
            self.run_async(talk(server))

    def expect_close(self, code, *to_send, flags=()):
        async def talk(server):
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/websocket/news") as socket:
                await socket.recv()
                for part in to_send:
                    await socket.send(part)
                with self.assertRaises(websockets.ConnectionClosed):
                    while True:
                        await socket.recv()
                self.assertEqual(socket.close_code, code)

        with Server(*flags) as server:
            self.run_async(talk(server))

    def test_binary_is_not_taken(self):
        self.expect_close(1003, b"\x00\x01")

    def test_a_message_over_the_limit_is_too_big(self):
        self.expect_close(1009, "x" * 1001, flags=("--max-payload", "1000"))

    def test_a_channel_too_many_says_try_again_later(self):
        async def talk(server):
            publish(server.url, "x", "only")
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/websocket/news") as socket:
                await socket.recv()
                await socket.send("no room")
                with self.assertRaises(websockets.ConnectionClosed):
                    await socket.recv()
                self.assertEqual(socket.close_code, 1013)

        with Server("--max-channels", "1") as server:
            self.run_async(talk(server))

    def test_a_message_at_the_limit_is_fine_and_may_come_in_fragments(self):
        async def talk(server):
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/websocket/news", max_size=None) as socket:
                await socket.recv()
                await socket.send("x" * 1000)
                self.assertEqual(json.loads(await socket.recv())["messages"], ["x" * 1000])

                async def fragments():
                    for part in ("in ", "three ", "parts"):
                        yield part

                await socket.send(fragments())
                self.assertEqual(json.loads(await socket.recv())["messages"], ["in three parts"])

        with Server("--max-payload", "1000") as server:
            self.run_async(talk(server))

    def test_a_stopping_server_says_it_is_going_away(self):
        async def talk(server):
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/websocket/news") as socket:
                await socket.recv()
                stopped = asyncio.get_running_loop().run_in_executor(None, server.stop)
                with self.assertRaises(websockets.ConnectionClosed):
                    await socket.recv()
                self.assertEqual(socket.close_code, 1001)
                self.assertEqual(await stopped, 0)

        with Server() as server:
            self.run_async(talk(server))

    def test_refused_upgrades_have_their_status(self):
        async def refused(server, path, status):
            with self.assertRaises(websockets.InvalidStatusCode) as caught:
                await websockets.connect(f"ws://127.0.0.1:{server.port}{path}")
            self.assertEqual(caught.exception.status_code, status)

        async def talk(server):
            await refused(server, "/websocket/..", 400)
            await refused(server, "/websocket/news?after=never", 400)
            await refused(server, "/long-poll/news", 400)
            await refused(server, "/nowhere", 400)

        with Server() as server:
            self.run_async(talk(server))

    def test_a_reader_that_stalls_costs_the_others_nothing_and_is_told_what_it_missed(self):
        async def talk(server):
            url = f"ws://127.0.0.1:{server.port}/websocket/news"
            async with websockets.connect(url, max_size=None, max_queue=1, read_limit=1024, ping_interval=None) as slow, \
                       websockets.connect(url, max_size=None, ping_interval=None) as quick:
                await slow.recv()
                await quick.recv()
                payload = "x" * 60_000
                heard = 0
                for _ in range(400):  # 24 MB: far beyond what sockets buffer and the store keeps
                    await quick.send(payload)
                    while heard == 0 or heard < 1:
                        heard += len(json.loads(await quick.recv())["messages"])
                    heard = 0
                self.assertLess(server.load()["resident_bytes"], 400 << 20)
                missed, got = False, 0
                newest = curl(f"{server.url}/keep-alive/news").json()["cursor"]
                while True:
                    envelope = json.loads(await slow.recv())
                    missed = missed or envelope.get("gap", False)
                    got += len(envelope["messages"])
                    if envelope["cursor"] == newest:
                        break
                self.assertTrue(missed)
                self.assertLess(got, 400)

        with Server("--keep-bytes", "1000000") as server:
            self.run_async(talk(server))


if __name__ == "__main__":
    unittest.main(verbosity=2)
