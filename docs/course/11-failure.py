#!/usr/bin/python3
"""Chapter 11: what is lost when a reader is away, by what it remembers, against a real server that keeps 24 messages.

    11-failure.py [WIRELAB]

Twenty messages; a reader hears the first ten, is cut off, and comes back. Nothing here is timed: it is away for as long as it takes
to publish."""

import json
import signal
import sys

sys.dont_write_bytecode = True

from lab_server import LabServer  # noqa: E402

KEPT = 24


def publish(server, channel, numbers):
    for number in numbers:
        server.publish(channel, str(number))


def heard(answer):
    return [int(text) for text in answer["messages"]]


def back_after(server, channel, missed, remembers):
    """(how many of the messages were never heard, how many twice, whether a gap was announced), for a reader that hears ten, is
    away for so many, and asks again with what it remembers: nothing, its cursor, or only that there was something before."""
    cursor = server.ask("GET", f"/short-poll/{channel}")["cursor"]
    publish(server, channel, range(10))
    before = server.ask("GET", f"/short-poll/{channel}?after={cursor}")
    publish(server, channel, range(10, 10 + missed))
    start = {"nothing": "", "cursor": f"?after={before['cursor']}", "all": "?after=earliest"}[remembers]
    after = server.ask("GET", f"/short-poll/{channel}{start}")
    publish(server, channel, range(10 + missed, 20 + missed))
    rest = server.ask("GET", f"/short-poll/{channel}?after={after['cursor']}")
    every = heard(before) + heard(after) + heard(rest)
    return {"lost": 20 + missed - len(set(every)), "twice": len(every) - len(set(every)), "gap": int(after.get("gap", False))}


def restarted(server):
    """The same with a cursor, where the server was killed and started again in between."""
    cursor = server.ask("GET", "/short-poll/restart")["cursor"]
    publish(server, "restart", range(10))
    cursor = server.ask("GET", f"/short-poll/restart?after={cursor}")["cursor"]
    publish(server, "restart", range(10, 15))
    server.stop(signal.SIGKILL)
    server.start()
    after = server.ask("GET", f"/short-poll/restart?after={cursor}")
    return {"lost": 5 - len(heard(after)), "twice": 0, "gap": int(after.get("gap", False))}


def main():
    wirelab = sys.argv[1] if len(sys.argv) > 1 else "wirelab"
    with LabServer(wirelab, "--keep-messages", str(KEPT)) as server:
        found = {"nothing": back_after(server, "nothing", 5, "nothing"), "cursor": back_after(server, "cursor", 5, "cursor"),
                 "all": back_after(server, "all", 5, "all"), "long_away": back_after(server, "long", 30, "cursor"),
                 "restarted": restarted(server)}
    names = {"nothing": "remembers nothing", "all": "asks for everything again", "cursor": "has its cursor",
             "long_away": "the same, 30 missed, 24 kept", "restarted": "the same, server killed"}
    out = sys.stderr if len(sys.argv) > 1 else sys.stdout
    print(f"{'a reader that':<32}{'lost':>6}{'twice':>7}{'told':>6}", file=out)
    for key, name in names.items():
        told = "yes" if found[key]["gap"] else "no"
        print(f"{name:<32}{found[key]['lost']:>6}{found[key]['twice']:>7}{told:>6}", file=out)
    if len(sys.argv) > 1:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
