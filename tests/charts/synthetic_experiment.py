"""An experiment file without a run: the cliff, as `wirelab run` would write it. Used by the tests of chart and schema."""

import synthetic_result

LINK = {"rtt_ms": 20, "jitter_ms": 0, "reorder": False, "loss_share": 0, "bandwidth_bits_per_second": None, "queue_bytes": None,
        "drop_segments": [], "cut_at_ms": None, "relay_cpu": None}
VALUES = (20, 60, 90, 110, 170, 230)


def law(value):
    return 1.0 if value < 100 else 2.0


def point(value, rounds, off=0.0):
    measured = law(value) * 1.02 + off
    return {"value": value, "measured": measured, "interval": [measured - 0.05, measured + 0.04] if rounds > 1 else None,
            "predicted": law(value), "tolerance": 0.05 * law(value), "within": abs(measured - law(value)) <= 0.05 * law(value),
            "runs": rounds, "verdict": "VALID", "reasons": []}


def make(rounds=3, variants=("",), values=VALUES):
    result = synthetic_result.make(synthetic_result.parse(["--subscribers", "5", "--duration-ms", "500", "--rounds", str(rounds)]))
    shared = ("created_utc", "command", "configuration", "host", "doctor", "versions", "git_revision")
    made = {"schema": "wirelab.experiment/1", **{key: result[key] for key in shared}, "title": "The cliff", "question": "Where is it?",
            "over": {"axis": "rtt", "key": "rtt_ms", "values": list(values)},
            "strips": None, "look": {"figure": "mean", "key": "age_mean_us", "against": "websocket"}, "tolerance_share": 0.05,
            "marks": [{"value": 100, "words": "round trip = message gap"}],
            "series": [{"transport": "long-poll", "variant": variant, "theory": [[float(x), law(x)] for x in range(20, 231, 5)],
                        "points": [point(value, rounds) for value in values]} for variant in variants]}
    made["configuration"]["link"] = dict(LINK)
    return made


def strip(transport="websocket", value=20, rounds=2):
    """The sixth message of ten was lost, and three behind it wait."""
    ages = [[float(10 * number), 10_000.0 + max(0, 40_000 - 10_000 * number) * (number >= 0)] for number in range(-5, 5)]
    return {"transport": transport, "variant": "", "value": value, "rounds": [[[due, age + 300] for due, age in ages]] * rounds, "theory": ages,
            "predicted_max_us": 50_000.0}


def make_with_strips():
    made = make()
    made["strips"] = [strip(transport, value) for value in VALUES for transport in ("long-poll", "websocket")]
    made["strips"][0].update(theory=[], predicted_max_us=None, rounds=[])
    return made
