"""TLS with the real program and over real sockets: a foreign client, our own, and what each says when it is not right."""

import json
import pathlib
import socket
import ssl
import subprocess
import tempfile
import unittest

from lab import GENEROUS_S, WIRELAB, Server, curl

SMALL = ("--subscribers", "5", "--rate", "40", "--duration", "300ms", "--warm-up", "100ms", "--poll-interval", "50ms")


def wirelab(*arguments):
    return subprocess.run([WIRELAB, *map(str, arguments)], capture_output=True, text=True, timeout=3 * GENEROUS_S)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.authority = pathlib.Path(cls.folder.name) / "made" / "ca.pem"
        cls.server = Server("--tls-self-signed", cls.authority.parent, "--log-level", "warn", "--threads", "2").__enter__()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.__exit__(None)
            assert "spoke no TLS" in cls.server.log, f"nothing in the log says that somebody came in the clear: {cls.server.log}"
        finally:
            cls.folder.cleanup()

    def load(self, transport, *flags):
        return wirelab("load", transport, "--url", self.server.url, "--quiet", "--no-doctor", "--json", "-", *SMALL, *flags)

    def test_a_foreign_client_takes_it(self):
        self.assertTrue(self.server.url.startswith("https://"))
        answer = curl("--cacert", str(self.authority), self.server.url + "/load")
        self.assertEqual(answer.status, 200)
        connection = ssl.create_default_context(cafile=self.authority)
        connection.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.server.port), GENEROUS_S) as tcp:
            with connection.wrap_socket(tcp, server_hostname="localhost") as tls:
                self.assertEqual(("TLSv1.3", "http/1.1"), (tls.version(), tls.selected_alpn_protocol()))

    def test_one_that_speaks_another_protocol_only_is_told(self):
        connection = ssl.create_default_context(cafile=self.authority)
        connection.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", self.server.port), GENEROUS_S) as tcp, self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            connection.wrap_socket(tcp, server_hostname="localhost")

    def test_in_the_clear_it_is_a_400(self):
        answer = curl(self.server.url.replace("https", "http") + "/load")
        self.assertEqual((400, True), (answer.status, "https://" in answer.json()["error"]))

    def test_every_transport_and_publisher(self):
        for transport, flags in (("short-poll", ()), ("keep-alive", ()), ("long-poll", ()), ("websocket", ()), ("websocket", ("--publish-via", "native"))):
            with self.subTest(transport=transport, flags=flags):
                done = self.load(transport, "--tls-ca", self.authority, *flags)
                self.assertIn(done.returncode, (0, 4), done.stderr)
                result = json.loads(done.stdout)
                run = result["runs"][0]
                self.assertTrue(result["configuration"]["tls"])
                self.assertEqual((0, True), (run["messages"]["lost"], run["messages"]["delivered"] > 0))
                self.assertEqual(("TLSv1.3", True), (run["tls"]["version"], run["tls"]["handshakes"] >= 5))
                witnesses = run["bytes"]["witnesses"]
                self.assertEqual((0, 0), (witnesses["disagreeing"], witnesses["bytes_off"]))
                self.assertGreater(run["bytes"]["in"]["tls"], 0)
                for parts in (run["bytes"]["in"], run["bytes"]["out"]):
                    self.assertEqual(parts["wire_total"], sum(parts[part] for part in (
                        "application_total", "tls", "window_edges", "retransmitted", "tcp_ip_headers")))

    def test_who_is_not_believed_is_not_spoken_to(self):
        for transport in ("long-poll", "websocket"):
            done = self.load(transport, "--connect-timeout", "1s")
            self.assertEqual(1, done.returncode, done.stderr)
            self.assertIn("--tls-ca", done.stderr)

    def test_what_cannot_be_is_said_at_once(self):
        certificate = str(self.authority)
        for arguments, said in ((("serve", "--tls-cert", certificate), "--tls-cert without --tls-key"),
                                (("serve", "--tls-cert", certificate, "--tls-key", certificate), "has no private key in PEM"),
                                (("serve", "--tls-cert", "/no/such.pem", "--tls-key", certificate), "/no/such.pem: No such file"),
                                (("serve", "--tls-cert", certificate, "--tls-self-signed", "x"), "--tls-self-signed with --tls-cert"),
                                (("load", "websocket", "--tls-ca", certificate), "--tls-ca with http://127.0.0.1:9000"),
                                (("load", "websocket", "--url", self.server.url, "--tls-ca", "/no/such.pem"), "--tls-ca /no/such.pem")):
            with self.subTest(arguments=arguments):
                done = wirelab(*arguments)
                self.assertIn(done.returncode, (1, 2))
                self.assertIn(said, done.stderr)


class Comparison(unittest.TestCase):
    def test_all_four_side_by_side(self):
        with tempfile.TemporaryDirectory() as folder:
            done = wirelab("compare", "--tls", "--rounds", "1", "--no-charts", "--no-baseline", "-o", folder, *SMALL)
            self.assertIn(done.returncode, (0, 4), done.stderr)
            result = json.loads((pathlib.Path(folder) / "result.json").read_text())
            self.assertIn("TLS: records and handshakes", done.stdout)
        for run in result["runs"]:
            self.assertEqual(("TLSv1.3", 0), (run["tls"]["version"], run["bytes"]["witnesses"]["disagreeing"]), run["transport"])
        pushed = result["summary"]["websocket"]["bytes_per_delivered"]["in"]
        self.assertEqual(22, round(pushed["tls"]), "a frame is a record, and a record 22 bytes more than its text")


if __name__ == "__main__":
    unittest.main()
