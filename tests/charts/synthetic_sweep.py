"""A sweep file without a run: a synthetic result at each of several points, as `wirelab sweep` would write it.

Used by the tests of the charts, and by hand to look at a chart of any shape:
    /usr/bin/python3 tests/charts/synthetic_sweep.py --over clients=1,10,100 > /tmp/sweep.json
"""

import argparse
import json

import synthetic_result

KEYS = {"clients": "subscribers", "rate": "rate_per_second", "payload": "payload_bytes", "poll-interval": "poll_interval_ms"}
FLAGS = {"clients": "--subscribers", "rate": "--rate", "payload": "--payload", "poll-interval": "--interval"}


def make(options):
    axis, values = options.over
    points, results = [], []
    for value in values:
        results.append(synthetic_result.make(synthetic_result.parse([*options.flags, FLAGS[axis], f"{value:g}"])))
        points.append(point_of(results[-1], value, options))
    shared = ("created_utc", "command", "configuration", "host", "doctor", "versions", "git_revision")
    return {
        "schema": "wirelab.sweep/1", **{key: results[0][key] for key in shared if key in results[0]},
        "over": {"axis": axis, "key": KEYS[axis], "values": values + [2 * values[-1]] * options.stopped}, "points": points,
    }


def point_of(result, value, options):
    missing = []
    for name in options.failed if value == options.over[1][-1] else []:
        missing.append({"transport": name, "runs": result["configuration"]["rounds"], "reason": f"{name}: no more ports"})
        del result["summary"][name]
        result["runs"] = [run for run in result["runs"] if run["transport"] != name]
    for name in options.saturated if value == options.over[1][-1] else []:
        result["summary"][name].update({"verdict": "CLIENT-SATURATED", "reasons": ["round 1: the load generator used 95%"]})
    for run in result["runs"]:
        for figure in run.values():
            if isinstance(figure, dict) and "buckets" in figure:
                figure["buckets"] = []
    return {"value": value, "summary": result["summary"], "not_carried_out": missing, "runs": result["runs"]}


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--over", type=over, default=("clients", [1, 10, 100]))
    parser.add_argument("--saturated", action="append", default=[], help="this transport, at the last point")
    parser.add_argument("--failed", action="append", default=[], help="this transport, at the last point")
    parser.add_argument("--stopped", action="store_true", help="before its last point")
    options, options.flags = parser.parse_known_args(arguments)
    return options


def over(text):
    axis, values = text.split("=")
    return axis, [float(value) for value in values.split(",")]


if __name__ == "__main__":
    print(json.dumps(make(parse())))
