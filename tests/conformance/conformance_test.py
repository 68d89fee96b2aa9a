"""The suite against `wirelab serve --echo`: whatever fails is a known deviation, each of those fails, and the page about
them names them all. And the suite itself: a server that answers everything alike does not pass."""

import contextlib
import io
import json
import pathlib
import socketserver
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "end_to_end")]

import run  # noqa: E402
from lab import GENEROUS_S, Server  # noqa: E402

KNOWN = HERE / "known_deviations.json"
PAGE = HERE.parents[1] / "docs" / "10-conformance.md"


class Conformance(unittest.TestCase):
    def test_wirelab_fails_no_other_cases_than_the_known_ones(self):
        # Requests that never end take as long as the server waits: not too short for a busy machine, nor for this test.
        with Server("--echo", "--header-timeout", "3s") as server:
            urls = [server.url.replace("http", "ws") + "/echo", server.url + "/"]
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                code = run.main(["--quiet", "--patience", str(GENEROUS_S), "--known", str(KNOWN), *urls])
            self.assertEqual(code, 0, said.getvalue())
            self.assertIn(said.getvalue().strip(), PAGE.read_text(encoding="utf-8"), "the page shows another table")

    def test_without_the_flag_there_is_no_echo(self):
        with Server() as server:
            urls = [server.url.replace("http", "ws") + "/echo"]
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                code = run.main(["--quiet", "--only", "handshake/usual", *urls])
            self.assertEqual(code, 1, said.getvalue())

    def test_the_page_names_every_known_deviation(self):
        text = PAGE.read_text(encoding="utf-8")
        for one in json.loads(KNOWN.read_text(encoding="utf-8")):
            self.assertIn(f"| {one['what']} | {one['section']} | {len(one['cases'])} |", text)


class AlwaysTheSame(socketserver.BaseRequestHandler):
    """Answers whatever comes with 200, as often as something comes."""

    def handle(self):
        with contextlib.suppress(OSError):  # the client may leave at any time
            while self.request.recv(65536):
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class TheSuiteItself(unittest.TestCase):
    def run_against_the_same(self, *options):
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), AlwaysTheSame) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                code = run.main(["--patience", "0.2", *options, f"http://127.0.0.1:{server.server_address[1]}/"])
            server.shutdown()
            return code, said.getvalue()

    def test_a_server_that_takes_everything_fails(self):
        for family in ("host/", "length/plus", "smuggling/coding-unknown", "pipeline/20-gets"):
            code, said = self.run_against_the_same("--only", family)
            self.assertEqual(code, 1, said)
            self.assertIn("FAIL", said)

    def test_a_known_deviation_that_passes_fails_the_suite(self):
        code, said = self.run_against_the_same("--only", "field/no-space", "--known", str(self.write_known("field/no-space-at-all")))
        self.assertEqual(code, 1, said)  # this server does not even close
        known = self.write_known("expect/body-at-once")
        with Server() as server:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                code = run.main(["--only", "expect/body-at-once", "--known", str(known), server.url + "/"])
        self.assertEqual(code, 1)
        self.assertIn(run.MENDED, said.getvalue())

    def write_known(self, case):
        import tempfile

        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "known.json"
        path.write_text(json.dumps([{"what": "x", "section": "y", "cases": [case]}]), encoding="utf-8")
        return path


if __name__ == "__main__":
    unittest.main(verbosity=2)
