#!/usr/bin/python3
"""The acceptance table: what theory says of each way to deliver, at three rates and three distances, beside what is measured
there over real TCP and an emulated link. For a quiet machine; takes about twenty minutes.

    tests/acceptance/table.py FOLDER --build build/measure [--page docs/07-theory.md]

measures, and leaves acceptance.json and table.txt in FOLDER; then writes the tables into the page, between its two marks.
Without --build it measures nothing, and makes tables and page again of what is in FOLDER. `--seconds 3` makes every cell
that short, to see whether it works: its figures say little. `--only long-poll/1/50` measures cells whose name begins so, and
puts them in the place of those in FOLDER, if the same program measured these.

Exit codes: 0 every cell is as theory has it, 3 one is not, 4 all are, but the machine was in the way of one."""

import argparse
import json
import math
import random
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from page_block import write_block  # noqa: E402

BEGIN, END = "<!-- acceptance: {} -->", "<!-- end of acceptance -->"

RATES, ROUND_TRIPS_MS = (0.2, 1, 10), (0, 50, 200)
COLUMNS = {"short-poll": "short poll", "long-poll": "long poll", "long-poll-reconnecting": "long poll, new connection",
           "websocket": "WebSocket"}
# Subscribers, each on a channel of its own, and seconds: below 2,000 requests a second, POSTs included, on connections there are
# and 500 on new ones, and deliveries enough for chance to stay well within the tolerances.
PLAN = {("short-poll", 0.2): (400, 60), ("long-poll", 0.2): (1000, 60), ("long-poll-reconnecting", 0.2): (1000, 60), ("websocket", 0.2): (1000, 12),
        ("short-poll", 1): (400, 12), ("long-poll", 1): (500, 30), ("long-poll-reconnecting", 1): (400, 30), ("websocket", 1): (500, 10),
        ("short-poll", 10): (100, 10), ("long-poll", 10): (60, 20), ("long-poll-reconnecting", 10): (40, 30), ("websocket", 10): (60, 10)}
# Seconds, where so few messages wait that p99 is of a hundred of them: one in 25, and on the edge one in a hundred.
LONGER = {"long-poll/0.2/50": 240, "long-poll/0.2/200": 120}
PAYLOAD_BYTES, HOLD_S = 64, 60  # a frame below 126 bytes has two of header
COMMON = ("--rounds", "1", "--arrivals", "poisson", "--headers", "browser", "--payload", str(PAYLOAD_BYTES), "--hold", f"{HOLD_S}s",
          "--poll-interval", "1s", "--warm-up", "2s", "--no-baseline", "--no-charts")
ATTEMPTS = 2  # of a run that is not VALID, which then says nothing of theory

AGE_SHARE, AGE_MS = 0.05, 2  # the tolerance of an age: the greater of the two
REQUESTS_SHARE = 0.03
DEVIATIONS = 3  # of chance
WAY_SHARE = 0.02
WAY_ROUND_TRIP_MS = 50


class Broken(Exception):
    """It could not be measured."""


# -- what is measured ------------------------------------------------------------------------------------------------


def all_cells():
    return [{"name": f"{column}/{rate}/{round_trip_ms}", "column": column, "messages_per_second": rate, "round_trip_ms": round_trip_ms}
            for rate in RATES for round_trip_ms in ROUND_TRIPS_MS for column in COLUMNS]


def flags_of(cell, seconds=None):
    """Distance 0 is loopback, without a link."""
    subscribers, planned_s = PLAN[cell["column"], cell["messages_per_second"]]
    seconds = seconds or LONGER.get(cell["name"], planned_s)
    flags = ["--transports", cell["column"].removesuffix("-reconnecting"), "-c", str(subscribers), "--channels", str(subscribers),
             "-R", f"{subscribers * cell['messages_per_second']:g}", "-d", f"{seconds:g}s", *COMMON]
    flags += ["--long-poll-reconnects"] if cell["column"].endswith("-reconnecting") else []
    return flags + (["--rtt", f"{cell['round_trip_ms']}ms"] if cell["round_trip_ms"] else [])


def wirelab(build, *arguments, accepted=(0,)):
    done = subprocess.run([str(Path(build) / "wirelab"), *arguments], capture_output=True, text=True)
    if done.returncode not in accepted:
        raise Broken(f"wirelab {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def written_by(build, name, *arguments):
    """The file of that name that a command leaves."""
    with tempfile.TemporaryDirectory() as folder:
        wirelab(build, *arguments, "-o", folder, accepted=(0, 4))
        return json.loads((Path(folder) / name).read_text(encoding="utf-8"))


def exchange_header_bytes(build, column):
    """By theory, of an exchange on the channel `bench`, over loopback, with numbers of EXCHANGE_DIGITS."""
    flags = ["--headers", "browser", "--payload", str(PAYLOAD_BYTES), "--hold", f"{HOLD_S}s", "--poll-interval", "1s", "--rate", "1"]
    flags += ["--long-poll-reconnects"] if column.endswith("-reconnecting") else []
    of = json.loads(wirelab(build, "predict", *flags, "--json"))["transports"][column.removesuffix("-reconnecting")]
    return round(of["header_bytes_per_delivered"] / of["requests_per_second_per_subscriber"])


EXCHANGE_DIGITS = len("x2qxvk-100") + len("167")  # of cursor and Content-Length, in lab/result/own_exchange.cpp


def header_bytes_of(cell, own_bytes):
    """Of an exchange of this cell's, by theory."""
    if cell["column"] == "websocket":
        return 2
    subscribers, _ = PLAN[cell["column"], cell["messages_per_second"]]
    over_link = len("198.18.0.1") - len("127.0.0.1") if cell["round_trip_ms"] else 0
    return own_bytes + len(f"-{subscribers - 1}") + over_link  # bench-000


def header_ledger(cell, run, own_bytes):
    """What was counted, and what it must come to, to the byte: so many exchanges of so many bytes, and the digits of the numbers
    in them. A request's cursor is that of the answer before, so those of the window's first requests may be shorter than those
    of its last answers; and the Content-Length of an answer with fifteen messages or more has a fourth digit."""
    bytes_, window = run["bytes"], run["window"]
    counted = sum(bytes_[way]["http_headers"] + bytes_[way]["websocket_framing"] for way in ("out", "in"))
    if cell["column"] == "websocket":
        return {"exchanges": window["frames"], "counted_bytes": counted, "least_bytes": 2 * window["frames"], "most_bytes": 2 * window["frames"]}
    answers, with_news = window["requests"], window["requests"] - window["empty_answers"]
    messages = bytes_["in"]["payload"] // PAYLOAD_BYTES
    cursors = bytes_["in"]["envelope"] - answers * len('{"cursor":"","messages":[]}') - 3 * messages + with_news
    most = answers * (header_bytes_of(cell, own_bytes) - EXCHANGE_DIGITS) + cursors + 2 * (answers - with_news) + 3 * with_news
    edges = run["subscribers"] * len("999")
    long_answers = with_news if cell["column"] == "short-poll" and cell["messages_per_second"] == 10 else 0
    return {"exchanges": answers, "counted_bytes": counted, "least_bytes": most - edges, "most_bytes": most + long_answers}


def share_no_older(run, age_ms):
    """The meter's buckets are 0.1% wide."""
    within = sum(count for highest_us, count in run["age_us"]["buckets"] if highest_us <= age_ms * 1000 * 1.001)
    return within / run["age_us"]["count"]


def figures_of(cell, result, own_bytes):
    run, = result["runs"]
    summary, = result["summary"].values()
    theory = summary["predicted"]
    headers = header_ledger(cell, run, own_bytes)
    exchanges_each = 1 if cell["column"] == "websocket" else theory["requests_per_delivered"]
    p99_us = summary["age_of_expected_us"]["p99"]
    count = run["age_us"]["count"]
    return {
        "subscribers": run["subscribers"], "duration_s": run["window"]["duration_s"], "delivered": count,
        "verdict": run["verdict"], "reasons": run["reasons"],
        "measured": {"age_mean_ms": run["age_us"]["mean"] / 1000, "age_p99_ms": None if p99_us is None else p99_us / 1000,
                     "requests_per_second": run["window"]["requests"] / run["window"]["duration_s"] / run["subscribers"],
                     "header_bytes_per_delivered": headers["counted_bytes"] / run["window"]["delivered"]},
        "predicted": {"age_mean_ms": theory["age_mean_us"] / 1000, "age_p99_ms": theory["age_p99_us"] / 1000,
                      "requests_per_second": theory["requests_per_delivered"] * cell["messages_per_second"],
                      "header_bytes_per_delivered": exchanges_each * header_bytes_of(cell, own_bytes)},
        "header_ledger": headers,
        # Of as many draws from theory's ages: how far chance moves the 99th percentile, and the share that it stands for.
        "p99_deviation_ms": theory["age_wait_us"] / 1000 / theory["age_waiting_share"] * share_deviation(count) if theory["age_waiting_share"] else 0,
        "share_deviation": share_deviation(count),
        "within_predicted_p99_share": share_no_older(run, theory["age_p99_us"] / 1000 + AGE_MS),
    }


def share_deviation(count):
    return math.sqrt(0.99 * 0.01 / count)


# -- what is made of it ----------------------------------------------------------------------------------------------


def age_tolerance_ms(predicted_ms):
    return max(AGE_SHARE * predicted_ms, AGE_MS)


def on_an_edge(cell):
    """So few messages are of an age about the 99th percentile that chance moves it farther than the tolerance."""
    return DEVIATIONS * cell["p99_deviation_ms"] > age_tolerance_ms(cell["predicted"]["age_p99_ms"])


def judge(cell):
    """What is within the tolerance. A 99th percentile on an edge may also be met in rank: 99% of the messages are no older than
    theory has it, up to what chance does to a share."""
    measured, predicted, headers = cell["measured"], cell["predicted"], cell["header_ledger"]
    near = {key: measured[key] is not None and abs(measured[key] - predicted[key]) <= age_tolerance_ms(predicted[key])
            for key in ("age_mean_ms", "age_p99_ms")}
    in_rank = on_an_edge(cell) and abs(cell["within_predicted_p99_share"] - 0.99) <= DEVIATIONS * cell["share_deviation"]
    return {"age_mean_ms": near["age_mean_ms"], "age_p99_ms": near["age_p99_ms"] or in_rank, "age_p99_only_in_rank": in_rank and not near["age_p99_ms"],
            "requests_per_second": abs(measured["requests_per_second"] - predicted["requests_per_second"])
            <= REQUESTS_SHARE * predicted["requests_per_second"],
            "header_bytes": headers["least_bytes"] <= headers["counted_bytes"] <= headers["most_bytes"]}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def finished(cell):
    cell = rounded(cell)
    measured, predicted = cell["measured"], cell["predicted"]
    difference = {key: None if measured[key] is None else measured[key] - predicted[key] for key in predicted}
    return cell | rounded({"difference": difference, "on_an_edge": on_an_edge(cell), "within": judge(cell)})


def is_within(cell):
    return all(value for key, value in cell["within"].items() if key != "age_p99_only_in_rank")


def measure_cell(build, cell, seconds, own_bytes):
    command = ["compare", *flags_of(cell, seconds)]
    for attempt in range(1, ATTEMPTS + 1):
        result = written_by(build, "result.json", *command)
        done = finished(cell | {"command": shlex.join(["wirelab", *command]), "runs": attempt} | figures_of(cell, result, own_bytes))
        if done["verdict"] == "VALID":
            break
    return done, result


# -- the ways themselves: connect, ask, ask again, push -----------------------------------------------------------------


def way(what, theory_round_trips, measured_ms, by):
    theory_ms = theory_round_trips * WAY_ROUND_TRIP_MS
    return rounded({"what": what, "theory_round_trips": theory_round_trips, "theory_ms": theory_ms, "measured_ms": measured_ms,
                    "off_share": measured_ms / theory_ms - 1, "within": abs(measured_ms / theory_ms - 1) <= WAY_SHARE, "by": by})


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def measure_ways(build):
    """Few requests, so that nothing waits for anything but the way, and messages enough for processors not to fall asleep between
    them: to wake one takes as long as all else that is not the way."""
    light = ["compare", "--transports", "short-poll,keep-alive,websocket", "-c", "20", "--channels", "20", "-R", "400", "--poll-interval", "500ms", "-d", "8s", "--rounds", "1",
             "--rtt", f"{WAY_ROUND_TRIP_MS}ms", "--no-baseline", "--no-charts"]
    ladder = ["ladder", "all", "--rtt", f"{WAY_ROUND_TRIP_MS}ms"]
    of = written_by(build, "result.json", *light)["summary"]
    spans = [span for each in written_by(build, "ladder.json", *ladder)["ladders"] for span in each["spans"] if span["what"] == "connect"]
    ways = [way("connect", 1, median((span["to_us"] - span["from_us"]) / 1000 for span in spans), "its packets (wirelab ladder)"),
            way("a request on a new connection", 2, of["short-poll"]["service_time_us"]["p50"] / 1000, "who asks"),
            way("a request on the connection there is", 1, of["keep-alive"]["service_time_us"]["p50"] / 1000, "who asks"),
            way("a message pushed", 0.5, of["websocket"]["age_us"]["p50"] / 1000, "its age on arrival")]
    return {"round_trip_ms": WAY_ROUND_TRIP_MS, "commands": [shlex.join(["wirelab", *each]) for each in (light, ladder)], "ways": ways}


def measure(build, names, seconds):
    own_bytes = {column: exchange_header_bytes(build, column) for column in COLUMNS if column != "websocket"}
    planned = [cell for cell in all_cells() if any(cell["name"].startswith(name) for name in names)]
    if not planned:
        raise Broken(f"--only {' '.join(names)}: no such cell; they are {', '.join(cell['name'] for cell in all_cells())}")
    order = random.Random(1).sample(range(len(planned)), len(planned))  # what drifts in the machine bends no column
    done = {}
    for number, index in enumerate(order, 1):
        cell, result = measure_cell(build, planned[index], seconds, own_bytes.get(planned[index]["column"]))
        done[index] = cell
        print(f"{number}/{len(order)} {line(cell)}", file=sys.stderr, flush=True)
    about = {key: result[key] for key in ("created_utc", "git_revision", "versions", "host")}
    return {"schema": "wirelab.acceptance/1", **about, "headers": "browser", "exchange_header_bytes": own_bytes,
            "tolerance": {"age_share": AGE_SHARE, "age_ms": AGE_MS, "requests_share": REQUESTS_SHARE, "way_share": WAY_SHARE, "deviations": DEVIATIONS},
            "cells": [done[index] for index in sorted(done)], "light": measure_ways(build)}


def joined(earlier, again):
    """The earlier table, with what was measured again."""
    if earlier["git_revision"] != again["git_revision"]:
        raise Broken(f"--only: the folder's table was measured at {earlier['git_revision']}, this is {again['git_revision']}; measure all")
    cells = {cell["name"]: cell for cell in earlier["cells"] + again["cells"]}
    return again | {"cells": [cells[cell["name"]] for cell in all_cells() if cell["name"] in cells]}


def to_text(table):
    """JSON, a cell a line."""
    lines = ",\n".join("  " + json.dumps(cell, ensure_ascii=False) for cell in table["cells"])
    rest = json.dumps(table | {"cells": []}, indent=1, ensure_ascii=False)
    return rest.replace('"cells": []', f'"cells": [\n{lines}\n ]') + "\n"


def outcome(table):
    """The exit code."""
    if not all(map(is_within, table["cells"])) or not all(each["within"] for each in table["light"]["ways"]):
        return 3
    return 0 if all(cell["verdict"] == "VALID" for cell in table["cells"]) else 4


# -- for people ------------------------------------------------------------------------------------------------------


def number(value):
    return "–" if value is None else f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"


def figures(of, marks=None):
    mark = marks or {}
    return (f"{number(of['age_mean_ms'])}{mark.get('age_mean_ms', '')} / {number(of['age_p99_ms'])}{mark.get('age_p99_ms', '')} · "
            f"{number(of['requests_per_second'])}{mark.get('requests_per_second', '')} · "
            f"{number(of['header_bytes_per_delivered'])}{mark.get('header_bytes', '')}")


def marks_of(cell):
    marks = {key: " ✗" for key, good in cell["within"].items() if not good}
    return marks | ({"age_p99_ms": "°"} if cell["within"]["age_p99_only_in_rank"] else {})


def line(cell):
    verdict = "" if cell["verdict"] == "VALID" else f" {cell['verdict']}"
    return f"{cell['name']}: {figures(cell['measured'], marks_of(cell))} (theory {figures(cell['predicted'])}){verdict}"


def entry(cell):
    verdict = "" if cell["verdict"] == "VALID" else f" {cell['verdict']}"
    return f"{figures(cell['predicted'])}<br>**{figures(cell['measured'], marks_of(cell))}**{verdict}"


def cells_table(table):
    cells = {(cell["messages_per_second"], cell["round_trip_ms"], cell["column"]): cell for cell in table["cells"]}
    lines = [f"| λ | RTT | {' | '.join(COLUMNS.values())} |", "|---" * (2 + len(COLUMNS)) + "|"]
    for rate, round_trip_ms in dict.fromkeys((rate, round_trip_ms) for rate, round_trip_ms, _ in cells):
        row = [cells.get((rate, round_trip_ms, column)) for column in COLUMNS]
        lines.append(f"| {rate:g}/s | {round_trip_ms:g} ms | {' | '.join(entry(cell) if cell else '' for cell in row)} |")
    return "\n".join(lines)


def ways_table(table):
    lines = [f"| at a round trip of {table['light']['round_trip_ms']} ms | theory | measured | off by | seen by |", "|---|---|---|---|---|"]
    for each in table["light"]["ways"]:
        off = f"{100 * each['off_share']:+.1f}%{'' if each['within'] else ' ✗'}"
        lines.append(f"| {each['what']} | {each['theory_round_trips']:g} RTT, {each['theory_ms']:g} ms | {each['measured_ms']:.1f} ms | {off} | {each['by']} |")
    return "\n".join(lines)


def verdict_of(table):
    cells = table["cells"]
    good = sum(map(is_within, cells))
    words = f"{'All' if good == len(cells) else f'{good} of'} {len(cells)} cells are within the tolerances"
    ranked = [f"{cell['messages_per_second']:g}/s at {cell['round_trip_ms']} ms, {COLUMNS[cell['column']]}: {100 * cell['within_predicted_p99_share']:.2f}%"
              for cell in cells if cell["within"]["age_p99_only_in_rank"]]
    words += f", {len(ranked)} of them with a p99 that is met in rank (°: {'; '.join(ranked)})." if ranked else "."
    doubtful = [f"{cell['name']} ({cell['verdict']})" for cell in cells if cell["verdict"] != "VALID"]
    if doubtful:
        words += f" Not VALID: {', '.join(doubtful)}."
    return words


def markdown(table):
    host, cells = table["host"], table["cells"]
    headers = [f"{of} bytes ({COLUMNS[column]})" for column, of in table["exchange_header_bytes"].items()]
    machine = f"{host['cores']} cores ({host['cpu_model']}{', in a virtual machine' if host['virtual_machine'] else ''})"
    return "\n\n".join([
        f"{verdict_of(table)} {sum(cell['delivered'] for cell in cells):,} deliveries, {machine}, {table['created_utc'][:10]}. "
        f"The headers of an exchange, `--headers {table['headers']}` on a channel called bench, are {', '.join(headers)}.",
        cells_table(table), ways_table(table)])


def block(folder, page):
    """What stands in the page between the marks, which are part of it."""
    table = json.loads((folder / "acceptance.json").read_text(encoding="utf-8"))
    place = folder.resolve().relative_to(page.resolve().parent).as_posix()
    return f"{BEGIN.format(place)}\n{markdown(table)}\n\n[All of it]({place}/acceptance.json): every cell's command, deliveries and differences.\n{END}"


def write_page(folder, page):
    write_block(page, BEGIN, END, block(folder, page))


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--build", help="the folder that wirelab is in; without it nothing is measured")
    parser.add_argument("--page", type=Path, help="write the tables into it")
    parser.add_argument("--seconds", type=float, help="of every cell, for a trial")
    parser.add_argument("--only", nargs="+", default=[""], metavar="CELL", help="such as long-poll/1/50, or how its name begins")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    file = options.folder / "acceptance.json"
    if options.build:
        options.folder.mkdir(parents=True, exist_ok=True)
        try:
            table = measure(options.build, options.only, options.seconds)
            if options.only != [""] and file.exists():
                table = joined(json.loads(file.read_text(encoding="utf-8")), table)
        except Broken as error:
            print(error, file=sys.stderr)
            return 1
        file.write_text(to_text(table), encoding="utf-8")
    table = json.loads(file.read_text(encoding="utf-8"))
    (options.folder / "table.txt").write_text(markdown(table) + "\n", encoding="utf-8")
    if options.page:
        write_page(options.folder, options.page)
    print(markdown(table))
    return outcome(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
