#!/usr/bin/python3
"""The commands of the course's pages that are shown without what they print, since they measure: each is run, for a fraction of its time
and with a few subscribers; a search for a capacity is begun as it stands, and stopped. That it is understood and ends well is tested here; what it finds is not. (Those that are shown with what they
print are course_test.py's.)"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import tomllib
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True

WIRELAB = os.environ["WIRELAB"]
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs/course"))

from lab_server import LabServer  # noqa: E402

GIVE_UP_S = 120
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^    (wirelab .*)$|`(wirelab [^`]*)`", re.MULTILINE)
ENDS_WELL = (0, 3, 4, 130)  # 3: theory is missed, 4: not VALID; neither is a wonder in so short a time on a busy machine. 130: stopped
BEGUN_S = 2  # whoever refuses what was asked for has done so by then; on a slower machine this sees less, and complains of nothing
NO_LINK = "an emulated link needs"
ELSEWHERE = {"serve": "never ends by itself", "course": "student_test.py"}
SPOKEN_OF = {("predict", "--measured"), ("load", "--url")}  # without a value, as one speaks of it

# Flags that make it short, by command; what the page gives for them is put aside.
SHORT = {
    "compare": {"--duration": "200ms", "--warm-up": "0", "--rounds": "1", "--subscribers": "3", "--channels": "1"},
    "sweep": {"--duration": "200ms", "--warm-up": "0", "--rounds": "1"},
    "run": {"--duration": "200ms", "--rounds": "1"},
    "load": {"--duration": "300ms", "--warm-up": "0", "--subscribers": "3"},
    "capacity": {}, "ladder": {}, "predict": {}, "simulate": {}, "doctor": {},
}
OTHER_NAMES = {"-c": "--subscribers", "-d": "--duration"}
DRAWS = ("compare", "sweep", "capacity", "run", "ladder")


def shown_commands():
    """{words: pages}. A command's bare name is a way to speak of it."""
    found = {}
    for page in sorted((ROOT / "docs/course").glob("*.md")):
        for match in SHOWN.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
            text = (match[1] or match[2]).split("#")[0].split("|")[0].replace("${U}", "20")
            words = tuple(shlex.split(text))[1:]
            if words[0] not in ELSEWHERE and words not in SPOKEN_OF and (len(words) > 1 or words[0] == "doctor"):
                found.setdefault(words, []).append(page.name)
    return found


def first_of(over):
    """The axis with its first value alone."""
    axis, _, values = over.partition("=")
    return f"{axis}={re.split(r',|[.][.]', values)[0]}"


def shortened(words, folder):
    command, *rest = words
    short = dict(SHORT[command])
    kept, skip = [], False
    for word, after in zip(rest, [*rest[1:], ""]):
        name = OTHER_NAMES.get(word, word)
        if skip:
            skip = False
        elif name == "--over":
            short["--over"], skip = first_of(after), True
        elif name == "--cut-at":
            short["--cut-at"], skip = "60s", True  # on a busy machine nobody would be connected yet, at any time that is short
        elif name in short or name == "--subscribers":
            skip = True
        else:
            kept.append(word)
    if command == "run" and "--over" not in short:
        short["--over"] = first_of(tomllib.loads((ROOT / kept[0]).read_text(encoding="utf-8"))["over"])
    made = [command, *kept, *(word for flag in short.items() for word in flag)]
    return made + (["--no-charts", "-o", folder] if command in DRAWS and "--no-charts" not in kept else ["-o", folder] if command in DRAWS else [])


class Commands(unittest.TestCase):
    def test_every_command_that_is_shown_runs(self):
        commands = shown_commands()
        self.assertGreater(len(commands), 25)
        with tempfile.TemporaryDirectory() as folder, LabServer(WIRELAB) as server, ThreadPoolExecutor(2) as pool:
            done = {words: pool.submit(self.ended, words, f"{folder}/{number}", server.port) for number, words in enumerate(commands)}
        without_link = 0
        for words, outcome in done.items():
            ran, code, said = outcome.result()
            without_link += NO_LINK in said
            with self.subTest(pages=commands[words], command=" ".join(words), ran=" ".join(ran)):
                self.assertTrue(code in ENDS_WELL or NO_LINK in said, f"exit code {code}\n{said[-1500:]}")
        if without_link:
            print(f"{without_link} of {len(commands)} need an emulated link, which there is none of here")

    def ended(self, words, folder, port):
        """A load without a link is for the server in the other terminal."""
        ran = shortened(words, folder) + (["--url", f"http://127.0.0.1:{port}"] if words[0] == "load" and "--rtt" not in words else [])
        process = subprocess.Popen([WIRELAB, *ran], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, stdin=subprocess.DEVNULL)
        try:
            said, _ = process.communicate(timeout=BEGUN_S if words[0] == "capacity" else GIVE_UP_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=GIVE_UP_S)
        return ran, process.returncode, said

    def test_short_is_what_the_page_says_but_for_its_size(self):
        self.assertEqual(["sweep", "--rate", "5", "--duration", "200ms", "--warm-up", "0", "--rounds", "1", "--over", "clients=1", "--no-charts", "-o", "f"],
                         shortened(("sweep", "--over", "clients=1,10", "--rate", "5", "-c", "200"), "f"))


if __name__ == "__main__":
    unittest.main()
