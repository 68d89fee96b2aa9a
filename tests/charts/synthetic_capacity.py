"""A capacity file without a run: probes of a made-up server whose age p99 grows with the load, as `wirelab capacity` would
write them.

Used by the tests of the charts, and by hand to look at a chart of any shape:
    /usr/bin/python3 tests/charts/synthetic_capacity.py --limit websocket=3000 > capacity.json
"""

import argparse
import json
import math

import synthetic_result

KEYS = {"clients": ("subscribers", "--subscribers"), "rate": ("rate_per_second", "--rate")}
BOUND_MS = 100


def make(options):
    made = synthetic_result.make(synthetic_result.parse([*options.flags, KEYS[options.of][1], f"{options.start:g}"]))
    names = made["configuration"]["transports"]
    probes, capacity = [], {}
    for name in names:
        limit, end = dict(options.limit).get(name, 900), dict(options.ends).get(name, "objective")
        probes += [probe_of(made, name, value, limit, end, options) for value in values_of(limit, end, options)]
        capacity[name] = answer(name, probes, end)
    shared = ("created_utc", "command", "configuration", "host", "doctor", "versions", "git_revision")
    return {
        "schema": "wirelab.capacity/1", **{key: made[key] for key in shared if key in made},
        "objective": {"text": f"p99<{BOUND_MS}ms", "figure": "p99", "key": "age_p99_us", "bound": BOUND_MS * 1000.0},
        "search": {"axis": options.of, "key": KEYS[options.of][0], "from": options.start, "to": options.to, "resolution_share": 0.1,
                   "agree_runs": 2},
        "capacity": capacity, "probes": probes,
    }


def values_of(limit, end, options):
    """Doubling, then halving the gap; each value twice."""
    value, passed, values = options.start, None, []
    while end != "stopped" or len(values) < 6:
        values += [value, value]
        if value < limit:
            passed = value
            if value >= options.to:
                break
            failed = min((later for later in values if later >= limit), default=None)
            value = round(math.sqrt(value * failed)) if failed else min(2 * value, options.to)
        else:
            if passed is None:
                break
            value = round(math.sqrt(value * passed))
        if value in values:
            break
    return values


def probe_of(made, name, value, limit, end, options):
    passed = value < limit
    outcome = "passed" if passed else {"load-generator": "generator-limited", "not-carried-out": "not-carried-out"}.get(end, "missed")
    run = json.loads(json.dumps(next(run for run in made["runs"] if run["transport"] == name)))
    for figure in run.values():
        if isinstance(figure, dict) and "buckets" in figure:
            figure["buckets"] = []
    carried_out = outcome != "not-carried-out"
    return {"transport": name, "value": value, "outcome": outcome,
            "measured": BOUND_MS * 1000 * (value / limit) ** 1.5 if carried_out else None, "at_least": False,
            "reason": "" if passed else "it was too much", "run": run if carried_out else None}


def answer(name, probes, end):
    its = [probe for probe in probes if probe["transport"] == name]
    passed = max((probe["value"] for probe in its if probe["outcome"] == "passed"), default=None)
    failed = min((probe["value"] for probe in its if probe["outcome"] != "passed"), default=None)
    limit = end if end == "stopped" or failed is not None else "end-of-search"
    return {"passed": passed, "failed": failed, "limit": limit, "words": f"{name}: {passed} and no more"}


def pair(text, kind=str):
    name, value = text.split("=")
    return name, kind(value)


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--of", default="clients", choices=KEYS)
    parser.add_argument("--from", dest="start", type=float, default=20)
    parser.add_argument("--to", type=float, default=10000)
    parser.add_argument("--limit", action="append", default=[], type=lambda text: pair(text, float), help="TRANSPORT=VALUE")
    parser.add_argument("--end", dest="ends", action="append", default=[], type=pair, help="TRANSPORT=what ends its search")
    options, options.flags = parser.parse_known_args(arguments)
    return options


if __name__ == "__main__":
    print(json.dumps(make(parse())))
