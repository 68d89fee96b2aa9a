"""Nobody in who does not belong: tokens, origins and names, with the real program and over real sockets."""

import asyncio
import pathlib
import subprocess
import tempfile
import unittest

import websockets
from lab import GENEROUS_S, WIRELAB, Server, curl, parse_replies, raw

PUBLISHES, LISTENS = "publishes-0123456789abcdef", "listens-0123456789abcdef"
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
POLLS = ("/short-poll/news", "/keep-alive/news", "/long-poll/news?hold=0")


def bearer(token):
    return "-H", f"Authorization: Bearer {token}"


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.publishes, cls.listens = cls.write("publishes", PUBLISHES + "\n"), cls.write("listens", LISTENS)
        cls.server = Server("--publish-token-file", cls.publishes, "--subscribe-token-file", cls.listens, "--log-level", "trace").__enter__()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.__exit__(None)
            assert PUBLISHES not in cls.server.log and LISTENS not in cls.server.log, "a token is in the log"
            assert "refused" in cls.server.log, "nothing in the log says that somebody tried"
        finally:
            cls.folder.cleanup()

    @classmethod
    def write(cls, name, text, mode=0o600):
        path = pathlib.Path(cls.folder.name) / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return str(path)

    def publish(self, *flags):
        return curl("--data-binary", "text", *flags, f"{self.server.url}/publish/news")

    def test_publishing_takes_its_token(self):
        self.assertEqual(self.publish(*bearer(PUBLISHES)).status, 201)
        refused = self.publish()
        self.assertEqual((refused.status, refused.headers["www-authenticate"]), (401, 'Bearer realm="wirelab"'))
        wrong = self.publish(*bearer(PUBLISHES[:-1] + "x"))
        self.assertEqual((wrong.status, wrong.headers["www-authenticate"]), (401, 'Bearer realm="wirelab", error="invalid_token"'))
        self.assertEqual(self.publish(*bearer(LISTENS)).status, 403)

    def test_listening_takes_its_token(self):
        for path in (*POLLS, "/load", "/metrics"):
            self.assertEqual(curl(self.server.url + path).status, 401, path)
            self.assertEqual(curl(*bearer("guessed-0123456789"), self.server.url + path).status, 401, path)
            self.assertEqual(curl(*bearer(LISTENS), self.server.url + path).status, 200, path)
        self.assertEqual(curl(self.server.url + "/").status, 200)

    def test_an_upgrade_without_it_is_refused_before_it_is_one(self):
        for field in ("", "Authorization: Bearer guessed-0123456789\r\n", "Authorization: Basic Og==\r\n"):
            got = raw(self.server.port, f"GET /websocket/news HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}{field}\r\n".encode())
            reply = parse_replies(got)[0]
            self.assertEqual(reply.status, 401)
            self.assertIn("Bearer", reply.headers["www-authenticate"])

    def test_a_websocket_that_may_only_listen_is_closed_when_it_publishes(self):
        async def attempt(token):
            async with websockets.connect(
                self.server.url.replace("http", "ws") + "/websocket/frames", extra_headers={"Authorization": "Bearer " + token}
            ) as socket:
                await socket.recv()
                await socket.send("forged")
                await asyncio.wait_for(socket.wait_closed(), GENEROUS_S)
                return socket.close_code

        self.assertEqual(asyncio.run(attempt(LISTENS)), 1008)

    def load(self, *flags):
        return subprocess.run(
            [WIRELAB, "load", "websocket", "--url", self.server.url, "-c", "2", "-d", "300ms", "--warm-up", "0", "--quiet", "--no-doctor", "--json", "-", *flags],
            capture_output=True, text=True, timeout=2 * GENEROUS_S,
        )

    def test_the_load_generator_sends_them_and_says_when_they_are_missing(self):
        done = self.load("--token-file", self.listens, "--publish-token-file", self.publishes)
        self.assertIn(done.returncode, (0, 4), done.stderr)  # 4: measured on a busy machine, and said so
        self.assertNotIn(PUBLISHES, done.stdout + done.stderr)
        self.assertNotIn(LISTENS, done.stdout + done.stderr)
        refused = self.load()
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn("--token-file", refused.stderr)
        refused = self.load("--token-file", self.listens)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn("403", refused.stderr)

    def test_a_file_that_is_no_token_is_refused_without_being_quoted(self):
        for text in ("", "short", "secret with blanks 0123456789", "x" * 513, "two-lines-0123456789\nand-more"):
            file = self.write("bad", text)
            done = subprocess.run([WIRELAB, "serve", "--port", "0", "--publish-token-file", file], capture_output=True, text=True, timeout=GENEROUS_S)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(file, done.stderr)
            self.assertTrue(text == "" or text not in done.stderr)

    def test_a_file_that_others_may_read_is_said_aloud(self):
        file = self.write("open", PUBLISHES, mode=0o644)
        with Server("--publish-token-file", file) as server:
            server.stop()
            self.assertIn("chmod 600", server.log)


class Pages(unittest.TestCase):
    """What a browser sends on behalf of a page: Origin, and the name that the page was fetched by."""

    def test_a_page_from_elsewhere_is_kept_out(self):
        with Server() as server:
            for path in (*POLLS, "/load", "/"):
                self.assertEqual(curl("-H", "Origin: http://elsewhere.example", server.url + path).status, 403, path)
                self.assertEqual(curl("-H", "Origin: null", server.url + path).status, 403, path)
            forged = curl("-H", "Origin: http://elsewhere.example", "--data-binary", "x", server.url + "/publish/news")
            self.assertEqual(forged.status, 403)
            self.assertEqual(server.load()["messages_in"], 0)
            self.assertEqual(curl("-H", "Origin: " + server.url, server.url + "/load").status, 200, "its own page")

    def test_a_websocket_is_not_hijacked(self):
        async def dial(url, origin):
            async with websockets.connect(url, origin=origin) as socket:
                return await socket.recv()

        with Server("--allow-origin", "https://app.example") as server:
            url = server.url.replace("http", "ws") + "/websocket/news"
            for origin in ("http://elsewhere.example", "null", "https://app.example.elsewhere.example"):
                with self.assertRaises(websockets.InvalidStatusCode) as refused:
                    asyncio.run(dial(url, origin))
                self.assertEqual(refused.exception.status_code, 403)
            for origin in (None, "https://app.example", server.url):
                self.assertIn("cursor", asyncio.run(dial(url, origin)))

    def test_a_page_whose_name_has_come_to_mean_this_machine_is_kept_out(self):
        with Server() as server:
            port = server.port
            self.assertEqual(curl("-H", f"Host: elsewhere.example:{port}", server.url + "/load").status, 421)
            self.assertEqual(curl("-H", f"Host: localhost:{port}", server.url + "/load").status, 200)
        with Server("--allow-origin", "http://lab.example:8080") as server:
            self.assertEqual(curl("-H", "Host: lab.example", server.url + "/load").status, 200)

    def test_a_page_that_is_listed_may_read_and_ask_first(self):
        with Server("--allow-origin", "https://app.example") as server:
            for path in (*POLLS, "/load", "/short-poll/.hidden"):
                reply = curl("-H", "Origin: https://app.example", server.url + path)
                self.assertEqual(reply.headers["access-control-allow-origin"], "https://app.example", path)
                self.assertNotIn("access-control-allow-origin", curl(server.url + path).headers, path)
            reply = curl("-X", "OPTIONS", "-H", "Origin: https://app.example", "-H", "Access-Control-Request-Method: POST", server.url + "/publish/news")
            self.assertEqual(reply.status, 200)
            self.assertIn("idempotency-key", reply.headers["access-control-allow-headers"])

    def test_the_page_for_people_runs_nothing_and_errors_are_not_guessed_at(self):
        with Server() as server:
            page = curl(server.url + "/").headers
            self.assertIn("default-src 'none'", page["content-security-policy"])
            self.assertEqual(page["x-content-type-options"], "nosniff")
            error = curl(server.url + "/<script>alert(1)</script>")
            self.assertEqual((error.status, error.headers["x-content-type-options"]), (404, "nosniff"))
            delivery = curl(server.url + "/keep-alive/news").headers
            self.assertEqual(set(delivery), {"date", "content-type", "content-length", "cache-control"}, "its every byte is measured")


class Reach(unittest.TestCase):
    def test_who_can_reach_it_is_said(self):
        with Server("--bind", "0.0.0.0", "--port", "0") as server:
            server.stop()
            self.assertIn("can publish and listen on every channel", server.log)
        with Server("--bind", "127.0.0.1") as server:
            server.stop()
            self.assertEqual(server.log, "")

    def test_what_is_no_origin_is_refused(self):
        done = subprocess.run([WIRELAB, "serve", "--port", "0", "--allow-origin", "app.example"], capture_output=True, text=True, timeout=GENEROUS_S)
        self.assertEqual(done.returncode, 2)
        self.assertIn("app.example", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
