#!/usr/bin/python3
"""Makes a small chat to replay (examples/harbour-chat.ndjson): invented from a seed, so that it may be shared and can be
made again. Two minutes of it; bursts of answers between silences, as people talk.

    scripts/make_sample.py [-o FILE] [--seed N] [--messages N]"""

import argparse
import json
import random
import sys
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "examples" / "harbour-chat.ndjson"
SEED, MESSAGES = 1870, 120

PEOPLE = ("ada", "bruno", "chiara", "dmitri", "elif", "finn", "goran", "hana")
SHIPS = ("Petrel", "Sanderling", "Œuvre", "Tern 3", "Łabędź", "かもめ")
OPENINGS = (
    "{ship} is {minutes} minutes out, berth {berth}?",
    "who has the key to crane {berth}?",
    "fog from the west, visibility {minutes}00 m",
    "{ship} asks for a pilot at berth {berth}",
    "pump {berth} reads \"low oil\" again",
    "swell is {berth} m and rising — hold the {ship}?",
    "manifest for {ship} is at C:\\dock\\{berth}.csv",
    "tug wanted: {ship}, berth {berth}, in {minutes} min",
)
ANSWERS = (
    "yes", "no, take berth {berth}", "on my way", "{minutes} minutes", "ask {person}", "@{person} can you see it?", "ok 👍",
    "done", "say again?", "not before {ship} has left", "I'll do it after the {ship}, it is already on the line and will "
    "not wait for us; {minutes} minutes if nothing breaks", "¿otra vez?", "merci", "température 4 °C, wind {berth} kn",
    "{person} has it", "line is clear", "thanks {person}", "copy",
)

# Somebody opens a subject; others answer at once, mostly. Milliseconds.
SILENCE_MEAN_MS, ANSWER_MEAN_MS, GOES_ON = 4500, 450, 0.78


def one_of(draw, choices):
    return choices[int(draw.random() * len(choices))]


def make(seed=SEED, messages=MESSAGES):
    """The lines, oldest first. Only random() is drawn from: it gives the same sequence in every version of Python."""
    draw = random.Random(seed)
    at_ms, answering = 0, False
    for _ in range(messages):
        words = {"ship": one_of(draw, SHIPS), "person": one_of(draw, PEOPLE), "berth": 1 + int(draw.random() * 9),
                 "minutes": 2 + int(draw.random() * 40)}
        text = one_of(draw, ANSWERS if answering else OPENINGS).format(**words)
        yield json.dumps({"at_ms": at_ms, "from": one_of(draw, PEOPLE), "text": text}, ensure_ascii=False) + "\n"
        answering = draw.random() < GOES_ON
        mean_ms = ANSWER_MEAN_MS if answering else SILENCE_MEAN_MS
        at_ms += int(mean_ms * 2 * draw.random())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", metavar="FILE", default=SAMPLE, type=Path, help="default: the one in examples/")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    options = parser.parse_args()
    lines = list(make(options.seed, options.messages))
    options.o.write_text("".join(lines), encoding="utf-8")
    print(f"{options.o}: {len(lines)} messages", file=sys.stderr)


if __name__ == "__main__":
    main()
