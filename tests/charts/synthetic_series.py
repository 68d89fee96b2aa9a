"""A series without a run: what `wirelab compare` would leave beside a synthetic result, as a list of lines.

Used by the tests of the charts, and by hand, with the result that it belongs to:
    /usr/bin/python3 tests/charts/synthetic_series.py FOLDER --subscribers 50
"""

import json
import random
import sys
from pathlib import Path

import synthetic_result

STEP_MS = 100


def make(result, frozen_ms=None, lost_ms=(), step_ms=STEP_MS):
    """`frozen_ms`: (begin, end) in which the server stood still; `lost_ms`: where a delivery of each run is lost."""
    return [line for run in result["runs"] for line in lines_of(run, result["configuration"], frozen_ms, lost_ms, step_ms)]


def lines_of(run, made, frozen_ms, lost_ms, step_ms):
    draw = random.Random(f"{made['seed']} {run['transport']} {run['round']}")
    window_ms, published_before, backlog = 1000 * run["window"]["duration_s"], 0, 0
    for start_ms in range(0, int(window_ms), step_ms):
        length_ms = min(step_ms, window_ms - start_ms)
        published = round(made["rate_per_second"] * (start_ms + length_ms) / 1000) - published_before
        published_before += published
        expected = published * run["subscribers"]
        delivered = max(0, expected - sum(start_ms <= at < start_ms + length_ms for at in lost_ms)) if run["messages"]["delivered"] else 0
        still = frozen_ms and frozen_ms[0] <= start_ms < frozen_ms[1]
        arrived, backlog = (0, backlog + delivered) if still else (delivered + backlog, 0)
        ages = sorted(synthetic_result.age_us(run["transport"], draw, made["poll_interval_ms"]) for _ in range(min(delivered, 400)))
        late_us = 1000 * (frozen_ms[1] - start_ms) if still else 0
        polled = run["transport"] != "websocket"
        yield {
            "schema": "wirelab.series/1", "transport": run["transport"], "round": run["round"], "start_ms": start_ms,
            "length_ms": length_ms, "published": published, "expected": expected, "delivered": delivered,
            **{f"age_p{percent}_us": late_us + ages[len(ages) * percent // 100] if delivered * (100 - percent) >= 1000 else None
               for percent in (50, 90, 99)},
            "age_max_us": late_us + ages[-1] if ages else None,
            "age_us_buckets": buckets_of([late_us + age for age in ages], delivered), "arrived": arrived, "requests": arrived if polled else 0,
            "empty_answers": 0, "frames": 0 if polled else arrived, "connections_opened": 0, "failures": 0,
            "bytes_out": 96 * arrived if polled else 0, "bytes_in": (150 if polled else 4) * arrived,
        }


def buckets_of(ages_us, delivered):
    """Four a power of two, as meter/series.hpp has them; what was not drawn counts with the youngest."""
    found = {}
    for age_us in ages_us:
        shift = max(0, int(age_us).bit_length() - 3)
        highest = ((int(age_us) >> shift) + 1 << shift) - 1
        found[highest] = found.get(highest, 0) + 1
    if found:
        found[min(found)] += delivered - len(ages_us)
    return [[float(highest), count] for highest, count in sorted(found.items())]


def text_of(lines):
    return "".join(json.dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    folder, flags = Path(sys.argv[1]), sys.argv[2:]
    whole = synthetic_result.make(synthetic_result.parse(flags))
    (folder / "result.json").write_text(json.dumps(whole), encoding="utf-8")
    (folder / "series.ndjson").write_text(text_of(make(whole)), encoding="utf-8")
