#!/usr/bin/python3
"""Chapter 2: a server that stands still, and two ways to count. A model of a few lines and no randomness, so that everybody has
the same digits; docs/04-coordinated-omission.md has the same thing measured.

    02-measuring.py [WIRELAB] [--rate 200] [--seconds 10] [--freeze 1]

Messages are due at regular moments. The generator has one connection and waits for each answer before it sends the next: a
closed loop. With WIRELAB (which this one does not need) it prints JSON, for `wirelab course`."""

import argparse
import json
import math
import sys

SERVICE_S = 0.0001  # what an answer takes as long as the server runs
FREEZE_AT_S = 2.0


def played(rate, seconds, freeze_s):
    """For each message: (when due, when sent, when answered), in seconds."""
    free = 0.0
    for number in range(round(rate * seconds)):
        due = number / rate
        sent = max(due, free)  # it waits for the answer before
        answered = sent + SERVICE_S
        if sent < FREEZE_AT_S + freeze_s and answered > FREEZE_AT_S:
            answered = FREEZE_AT_S + freeze_s + SERVICE_S
        free = answered
        yield due, sent, answered


def figures(times_s):
    ordered = sorted(times_s)

    def percentile(p):
        return 1000 * ordered[min(len(ordered) - 1, math.ceil(len(ordered) * p / 100) - 1)]

    return {"mean_ms": 1000 * sum(ordered) / len(ordered), "p50_ms": percentile(50), "p99_ms": percentile(99),
            "p999_ms": percentile(99.9), "max_ms": 1000 * ordered[-1], "above_100_ms": sum(time > 0.1 for time in ordered)}


def table(sent, due):
    names = {"mean_ms": "mean, ms", "p50_ms": "p50, ms", "p99_ms": "p99, ms", "p999_ms": "p99.9, ms", "max_ms": "max, ms",
             "above_100_ms": "above 100 ms"}
    lines = [f"{'':<14}{'from sending':>14}{'from when due':>15}"]
    for key, name in names.items():
        lines.append(f"{name:<14}{sent[key]:>14.6g}{due[key]:>15.6g}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wirelab", nargs="?")
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--freeze", type=float, default=1)
    chosen = parser.parse_args()
    if not (chosen.rate > 0 and chosen.seconds > 0 and chosen.freeze >= 0 and chosen.rate * chosen.seconds <= 1e6):
        parser.error("a rate and a time above 0, a million messages at most, and a freeze of 0 or more")
    messages = list(played(chosen.rate, chosen.seconds, chosen.freeze))
    sent = figures([answered - sent for _, sent, answered in messages])
    due = figures([answered - due for due, _, answered in messages])
    print(table(sent, due), file=sys.stderr if chosen.wirelab else sys.stdout)
    if chosen.wirelab:
        print(json.dumps({"sent": sent, "due": due}))


if __name__ == "__main__":
    main()
