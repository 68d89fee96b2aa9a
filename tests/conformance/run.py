#!/usr/bin/env python3
"""Tests a WebSocket echo and an HTTP/1.1 server with requests and frames as no client would send them.

    tests/conformance/run.py ws://127.0.0.1:9000/echo http://127.0.0.1:9000/

Any server will do. One line a case: whether it passed, the section of the RFC, what had to come back and what came.
The exit code is 1 when a case fails that is not a known deviation, or when a known deviation passes.
"""

import argparse
import concurrent.futures
import json
import sys
import traceback
from dataclasses import dataclass

import http_cases
import websocket_cases
import wire

BARRIER = b"wirelab conformance: the server has gone on"
PASS, FAIL, KNOWN, MENDED = "pass", "FAIL", "known deviation", "PASSES, THOUGH A KNOWN DEVIATION"


@dataclass
class Outcome:
    name: str
    section: str
    expected: str
    seen: str
    passed: bool
    verdict: str = ""


# -- HTTP -----------------------------------------------------------------------------------------


def is_one_of(status, wanted):
    return status in (wanted if isinstance(wanted, tuple) else (wanted,))


def describe_wanted(case):
    wanted = [" or ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in case.answers]
    if len(wanted) > 6:
        wanted = [f"{len(wanted)} times {wanted[0]}"]
    before = ["100"] if case.continues is not None else []
    return ", then ".join(before + wanted) + ("" if case.after == http_cases.EITHER or 101 in case.answers else f", {case.after}")


def converse(case, connection, probe):
    """Sends the case and, where more may be asked, the runner's own request behind it; the answers."""
    def answers(ended=False):
        return wire.parse_answers(connection.got, case.heads, ended)[0]

    def final(ended=False):
        return [answer for answer in answers(ended) if answer.status >= 200 or answer.status == 101]

    connection.send(case.send)
    if case.continues is not None:
        connection.receive_until(lambda _: answers())
        if [answer.status for answer in answers()][:1] != [100]:
            return answers()
        connection.send(case.continues)
    connection.receive_until(lambda _: len(final()) >= len(case.answers))
    last = final()[-1:]
    if last and last[0].status == 101:
        return answers()
    if case.after != http_cases.CLOSES or (last and "close" not in last[0].fields.get("connection", "").lower()):
        connection.send(probe)  # also where it says that it stays open and should not
    connection.receive_until(lambda _: False)
    return answers(ended=True)


def judge_http(case, connection, answers):
    """What is wrong, or None."""
    if case.continues is not None:
        if not answers or answers[0].status != 100:
            return "no 100 before the body"
    elif any(answer.status == 100 for answer in answers) and case.name != "expect/body-at-once":
        return "100 that nobody waits for"
    answers = [answer for answer in answers if answer.status != 100]
    count = len(case.answers)
    if len(answers) < count:
        return "an answer is missing"
    for answer, wanted in zip(answers, case.answers):
        if not is_one_of(answer.status, wanted):
            return "another status"
    if answers[count - 1].status == 101:
        return case.check(answers) if case.check else None
    more = answers[count:]
    if case.after == http_cases.CLOSES and more:
        return "an answer too many"
    if case.after == http_cases.STAYS and [answer.status for answer in more] != [200]:
        return "does not go on"
    if [answer.status for answer in more] not in ([], [200]):
        return "an answer too many"
    if connection.ended == "silent":
        return "not closed"
    return case.check(answers[:count]) or None if case.check else None


def try_http(case, target, patience_s, probe):
    with wire.Connection(target, patience_s) as connection:
        answers = converse(case, connection, probe)
        wrong = judge_http(case, connection, answers)
        statuses = [str(answer.status) for answer in answers]
        if len(statuses) > 6:
            statuses = statuses[:3] + [f"… {len(statuses)} in all"]
        seen = ", ".join(statuses) or "nothing"
        seen += f", {connection.ended}" if connection.ended else ""
        return Outcome(case.name, case.section, describe_wanted(case), seen + (f": {wrong}" if wrong else ""), not wrong)


# -- WebSocket ------------------------------------------------------------------------------------


def describe_events(messages, pongs, closes):
    parts = [f"{len(messages)} messages"] if len(messages) > 3 else []
    if not parts:
        parts = [f"{'text' if kind == wire.TEXT else 'binary'} of {len(payload)}" for kind, payload in messages]
    parts += [f"pong of {len(payload)}" for payload in pongs[-3:]]
    if closes is not None:
        names = ["dropped" if code is None else "close without code" if code == 1005 else f"close {code}" for code in closes]
        parts.append(" or ".join(names))
    return ", ".join(parts) or "nothing"


def wanted_pongs(case):
    return case.pongs or (() if case.last_pong is None else (case.last_pong,))


def judge_websocket(case, connection, seen):
    goes_on = case.closes is None
    wanted = list(case.messages) + ([(wire.TEXT, BARRIER)] if goes_on else [])
    while len(seen.messages) > 1 and seen.messages[-2:] == [(wire.TEXT, BARRIER)] * 2:
        seen.messages.pop()
    if seen.messages != wanted:
        return "goes on" if (wire.TEXT, BARRIER) in seen.messages and not goes_on else "other messages"
    if case.last_pong is not None:
        if seen.pongs[-1:] != [case.last_pong]:
            return "other pongs"
    elif seen.pongs != list(case.pongs or ()):
        return "other pongs"
    if seen.close not in ((1000,) if goes_on else case.closes):
        return "another end"
    if connection.ended == "silent" or connection.ended is None:
        return "TCP is not closed (§7.1.1)"
    return None


def try_websocket(case, target, patience_s):
    open_request = next(http_cases.handshake_cases(target.path, target.authority)).send
    with wire.Connection(target, patience_s) as connection:
        connection.send(open_request)
        connection.receive_until(lambda got: b"\r\n\r\n" in got)
        head = connection.got.partition(b"\r\n\r\n")[0]
        if not head.startswith(b"HTTP/1.1 101 "):
            raise wire.Malformed(f"no WebSocket at {target.path}: {head[:60]!r}")
        skip = len(head) + 4

        def seen():
            return wire.parse_frames(connection.got[skip:])

        connection.send(case.send)
        if not case.client_closes:
            connection.send(wire.frame(wire.TEXT, BARRIER))
            connection.receive_until(lambda _: seen().close is not None or (wire.TEXT, BARRIER) in seen().messages)
            for _ in range(2 if wanted_pongs(case) else 0):  # a pong may come after what was sent behind the ping
                if seen().close is None and connection.ended is None and not set(wanted_pongs(case)) <= set(seen().pongs):
                    count = len(seen().messages)
                    connection.send(wire.frame(wire.TEXT, BARRIER))
                    connection.receive_until(lambda _: seen().close is not None or len(seen().messages) > count)
            if seen().close is None:
                connection.send(wire.close_frame(1000))
            elif case.closes is not None:
                connection.send(wire.close_frame(seen().close if seen().close != 1005 else None))
        connection.receive_until(lambda _: False)
        frames = seen()
        wrong = judge_websocket(case, connection, frames)
        expected = describe_events(case.messages, wanted_pongs(case), case.closes)
        got = describe_events([m for m in frames.messages if m[1] != BARRIER], frames.pongs, [frames.close] if case.closes or wrong else None)
        got += f", {connection.ended}: {wrong}" if wrong else ""
        return Outcome(case.name, "RFC 6455 " + case.section, expected, got, not wrong)


# -- all of them ----------------------------------------------------------------------------------


def attempt(run, case, *more):
    try:
        return run(case, *more)
    except (OSError, wire.Malformed, ValueError) as error:
        return Outcome(case.name, case.section, "", f"{type(error).__name__}: {error}", False)
    except Exception:  # a defect of this suite, and to be seen as one
        return Outcome(case.name, case.section, "", traceback.format_exc(), False)


def jobs(options):
    """(what to call, the case, its further arguments) of every case whose name begins as asked."""
    found = []
    if options.websocket:
        target = wire.Target(options.websocket)
        probe = http_cases.Request(target.path, target.path, target.authority).get("Connection: close")
        for case in http_cases.handshake_cases(target.path, target.authority):
            case.section = "RFC 6455 " + case.section
            found.append((try_http, case, target, options.patience, probe))
        for case in websocket_cases.all_cases(options.message_limit):
            found.append((try_websocket, case, target, options.patience))
    if options.http:
        target = wire.Target(options.http)
        probe = http_cases.Request(target.path, options.post, target.authority).get("Connection: close")
        for case in http_cases.all_cases(target.path, options.post, target.authority):
            found.append((try_http, case, target, options.patience, probe))
    return [job for job in found if job[1].name.startswith(options.only)]


def run_all(options):
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        # What waits for the server's patience first: it would be the last to end.
        order = sorted(jobs(options), key=lambda job: "never" not in job[1].name)
        return sorted(pool.map(lambda job: attempt(*job), order), key=lambda outcome: outcome.name)


def add_verdicts(outcomes, known):
    for outcome in outcomes:
        if outcome.name in known:
            outcome.verdict = MENDED if outcome.passed else KNOWN
        else:
            outcome.verdict = PASS if outcome.passed else FAIL


def print_table(outcomes, known, everything):
    for outcome in outcomes:
        if everything or outcome.verdict in (FAIL, MENDED):
            print(f"{outcome.verdict:>16}  {outcome.name}  [{outcome.section}]")
            if outcome.verdict != PASS:
                print(f"{'':>18}expected: {outcome.expected}\n{'':>18}    seen: {outcome.seen}")
            if outcome.verdict == KNOWN:
                print(f"{'':>18}     why: {known[outcome.name]}")
    print(f"\n{'family':<12}{'cases':>7}{'passed':>8}{'known':>7}{'failed':>8}")
    families = sorted({outcome.name.partition("/")[0] for outcome in outcomes})
    for family in [*families, "all"]:
        of = [outcome for outcome in outcomes if family in (outcome.name.partition("/")[0], "all")]
        bad = sum(outcome.verdict in (FAIL, MENDED) for outcome in of)
        print(f"{family:<12}{len(of):>7}{sum(o.verdict == PASS for o in of):>8}{sum(o.verdict == KNOWN for o in of):>7}{bad:>8}")


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", nargs="+", metavar="URL", help="ws:// or wss:// of an echo; http:// or https:// that answers GET with 200")
    parser.add_argument("--post", default="/publish/conformance", help="path that takes POST but not GET [%(default)s]")
    parser.add_argument("--message-limit", type=int, default=65536, help="bytes of the longest message that the echo takes [%(default)s]")
    parser.add_argument("--patience", type=float, default=30, help="seconds to wait for anything [%(default)s]")
    parser.add_argument("--at-once", type=int, default=64, help="cases at once [%(default)s]")
    parser.add_argument("--only", default="", metavar="NAME", help="only the cases whose names begin so")
    parser.add_argument("--known", metavar="FILE", help="known deviations, as known_deviations.json has wirelab's")
    parser.add_argument("--quiet", action="store_true", help="print only what fails, and the counts")
    options = parser.parse_args(arguments)
    options.websocket = next((url for url in options.urls if url.startswith("ws")), None)
    options.http = next((url for url in options.urls if url.startswith("http")), None)
    return options


def read_known(path):
    """{case: why it fails}"""
    with open(path, encoding="utf-8") as file:
        return {case: f"{one['what']} [{one['section']}]" for one in json.load(file) for case in one["cases"]}


def main(arguments=None):
    options = parse_arguments(arguments)
    known = read_known(options.known) if options.known else {}
    outcomes = run_all(options)
    add_verdicts(outcomes, known)
    print_table(outcomes, known, not options.quiet)
    stale = [] if options.only else sorted(set(known) - {outcome.name for outcome in outcomes})
    for name in stale:
        print(f"{options.known}: there is no case {name}")
    return 1 if stale or any(outcome.verdict in (FAIL, MENDED) for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
