#!/usr/bin/python3
"""Runs the examples of docs/01-wire-format.md against a real server: each must print what the page says it prints.

In a ```console block a line "$ command" (with "> " before its further lines) is followed by what it prints. The page's
port and epoch are the server's own; "…" alone on a line stands for any lines."""

import os
import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

WIRELAB = os.environ["WIRELAB"]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "01-wire-format.md"
PORT, EPOCH = "9000", "k3f9"
GIVE_UP_S = 60


def examples(page):
    """(line number, command, expected output) in the page's order."""
    found = []
    for block in re.finditer(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        line = page.count("\n", 0, block.start(1)) + 1
        for part in re.split(r"^(?=\$ )", block[1], flags=re.MULTILINE):
            if part:
                lines = part[2:].splitlines()
                more = next((i for i, text in enumerate(lines[1:], 1) if not text.startswith("> ")), len(lines))
                command = "\n".join([lines[0], *(text[2:] for text in lines[1:more])])
                found.append((line, command, "\n".join(lines[more:])))
            line += part.count("\n")
    return found


def matches(expected, printed):
    pattern = "(?:.*\n)*?".join(re.escape(part) for part in f"{expected}\n".split("…\n"))
    return re.fullmatch(pattern, printed.replace("\r\n", "\n").rstrip("\n") + "\n") is not None


class Server:
    def __enter__(self):
        self.process = subprocess.Popen([WIRELAB, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
        self.port = re.search(r":(\d+)", self.process.stdout.readline())[1]
        fresh = subprocess.run(["curl", "-sS", f"http://127.0.0.1:{self.port}/short-poll/nobody"], capture_output=True,
                               text=True, check=True).stdout
        self.epoch = re.search(r'"cursor":"([0-9a-z]+)-0"', fresh)[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=GIVE_UP_S)

    def run(self, command):
        command = command.replace(f":{PORT}", f":{self.port}").replace(f"{EPOCH}-", f"{self.epoch}-")
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=GIVE_UP_S, check=False,
                              stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"})
        return (done.stdout + done.stderr).replace(f"{self.epoch}-", f"{EPOCH}-")


class Examples(unittest.TestCase):
    def test_every_example_prints_what_the_page_says(self):
        todo = [example for example in examples(PAGE.read_text(encoding="utf-8")) if not example[1].startswith("wirelab serve")]
        self.assertGreater(len(todo), 10)
        with Server() as server:
            for line, command, expected in todo:
                with self.subTest(line=line, command=command):
                    printed = server.run(command)
                    self.assertTrue(matches(expected, printed), f"the page says\n{expected}\nit prints\n{printed}")


class Itself(unittest.TestCase):
    def test_examples_are_found_with_their_lines(self):
        page = "x\n```console\n$ one\nout\n$ two <<END\n> more\n> END\n```\n```json\n$ no\n```\n"
        self.assertEqual([(3, "one", "out"), (5, "two <<END\nmore\nEND", "")], examples(page))

    def test_matching(self):
        self.assertTrue(matches("a\n…\nz", "a\r\nb\r\n\r\nz\n"))
        self.assertTrue(matches("a\n…", "a\nb\n"))
        self.assertTrue(matches("a", "a"))
        self.assertFalse(matches("a", "ab"))
        self.assertFalse(matches("a\n…\nz", "a\nb\n"))


if __name__ == "__main__":
    unittest.main()
