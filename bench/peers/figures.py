"""From runs to figures, and from figures to ratios with intervals."""

import itertools
import random
import re

CONFIDENCE = 0.95
ROUNDS_DRAWN_ALL = 5  # so many rounds can be drawn in 3,125 ways; of more, that many draws are made at random

# key: (words, unit, factor from the run's unit, whether less is better)
FIGURES = {
    "cpu_us_per_delivered": ("server CPU per delivered", "µs", 1, True),
    "cpu_us_per_request": ("server CPU per request", "µs", 1, True),
    "age_p50_us": ("age p50", "ms", 1e-3, True),
    "age_p99_us": ("age p99", "ms", 1e-3, True),
    "resident_bytes_per_subscriber": ("memory per subscriber", "KiB", 1 / 1024, True),
    "peak_resident_bytes": ("peak memory", "MiB", 1 / 1024 ** 2, True),
    "requests_per_second": ("requests/s", "", 1, False),
}
SUBSCRIBERS_FOR_MEMORY = 1000  # with fewer, what the first ones make a server set up once is most of it
# What wirelab's server is to be beside nchan: (words, case, transports, figure, limit); requests/s at least, all else at most.
TARGETS = (
    ("pushed", "steady", ("long-poll", "websocket"), "cpu_us_per_delivered", 0.8),
    ("polled", "steady", ("short-poll", "keep-alive"), "cpu_us_per_request", 1.0),
    ("messages queue up", "bursts", ("long-poll", "websocket"), "cpu_us_per_delivered", 0.5),
    ("as fast as it answers", "saturation", ("short-poll", "keep-alive"), "requests_per_second", 1.0),
)
BEYOND = 10  # samples that a percentile needs above it


def of_run(run):
    """Of a run in a wirelab.result, what is compared."""
    server, window, idle = run["server"], run["window"], run["server"]["idle_subscribers"]
    polls = run["transport"] in ("short-poll", "keep-alive")
    return {
        "verdict": run["verdict"],
        "reasons": run["reasons"],
        "delivered": window["delivered"],
        "requests": window["requests"],
        "server_cpu_us": server["cpu_total_us"],
        "server_cpu_share_of_core": server["cpu_share_of_core"],
        "generator_cpu_share_of_core": run["generator"]["cpu_share_of_core"],
        "cpu_us_per_delivered": server["cpu_total_us"] / window["delivered"] if window["delivered"] else None,
        "cpu_us_per_request": server["cpu_total_us"] / window["requests"] if polls and window["requests"] else None,
        "resident_bytes_per_subscriber":
            idle["resident_bytes"] / idle["count"] if idle and idle["count"] >= SUBSCRIBERS_FOR_MEMORY else None,
        "peak_resident_bytes": server["peak_resident_bytes"] if run["subscribers"] >= SUBSCRIBERS_FOR_MEMORY else None,
        "age_us": run["age_us"]["buckets"],
    }


def of_wrk(said, cpu_s, seconds):
    """Of wrk's report and the server's processor time meanwhile."""
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    errors = [line.strip() for line in said.splitlines() if "Socket errors" in line or "Non-2xx" in line]
    return {
        "verdict": "ERRORS" if errors else "VALID",
        "reasons": errors,
        "requests": requests,
        "server_cpu_us": cpu_s * 1e6,
        "server_cpu_share_of_core": cpu_s / seconds,
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)),
        "cpu_us_per_request": cpu_s * 1e6 / requests if requests else None,
    }


def percentile(buckets, share):
    """Of [highest value, count] in ascending order; None with too few samples beyond it."""
    total = sum(count for _, count in buckets)
    if total * (1 - share) < BEYOND:
        return None
    seen = 0
    for value, count in buckets:
        seen += count
        if seen >= total * share:
            return value
    return None


def merged(runs):
    counts = {}
    for run in runs:
        for value, count in run["age_us"]:
            counts[value] = counts.get(value, 0) + count
    return sorted(counts.items())


def value_of(key, runs):
    """Over all of these runs; percentiles are of their samples together, never averaged. None if a run has none."""
    if key in ("age_p50_us", "age_p99_us"):
        if any("age_us" not in run for run in runs):
            return None
        return percentile(merged(runs), 0.5 if key == "age_p50_us" else 0.99)
    if any(run.get(key) is None for run in runs):
        return None
    if key == "cpu_us_per_delivered":
        return sum(run["server_cpu_us"] for run in runs) / sum(run["delivered"] for run in runs)
    if key == "cpu_us_per_request":
        return sum(run["server_cpu_us"] for run in runs) / sum(run["requests"] for run in runs)
    return sum(run[key] for run in runs) / len(runs)


def draws(rounds):
    """Every way to draw as many rounds with repeats; of many rounds, some of them, the same each time."""
    if rounds <= ROUNDS_DRAWN_ALL:
        return itertools.product(range(rounds), repeat=rounds)
    chance = random.Random(1)
    return ([chance.randrange(rounds) for _ in range(rounds)] for _ in range(ROUNDS_DRAWN_ALL ** ROUNDS_DRAWN_ALL))


def ratio(key, ours, theirs):
    above, below = value_of(key, ours), value_of(key, theirs)
    return above / below if above is not None and below else None


def interval(key, ours, theirs):
    """The middle 95% of the ratio over whole rounds drawn again (the bootstrap). A round's two runs are drawn together, for
    they shared its weather. None with one round."""
    if len(ours) < 2:
        return None
    found = [ratio(key, [ours[i] for i in draw], [theirs[i] for i in draw]) for draw in draws(len(ours))]
    found = sorted(each for each in found if each is not None)
    if not found:
        return None
    tail = int(len(found) * (1 - CONFIDENCE) / 2)
    return [found[tail], found[-1 - tail]]


def compare(ours, theirs):
    """What a row of peers.json has besides its case."""
    compared = {}
    for key in FIGURES:
        quotient = ratio(key, ours, theirs)
        if quotient is not None:
            compared[key] = {"wirelab": value_of(key, ours), "peer": value_of(key, theirs), "ratio": quotient,
                             "interval": interval(key, ours, theirs)}
    return {"figures": compared, "runs": {"wirelab": [slim(run) for run in ours], "peer": [slim(run) for run in theirs]}}


def targets(rows):
    """A line for each target and each row that it is about."""
    found = []
    for words, case, transports, key, limit in TARGETS:
        for row in rows:
            if row["peer"] != "nchan" or row["case"] != case or row["transport"] not in transports or key not in row["figures"]:
                continue
            ratio_ = row["figures"][key]["ratio"]
            less = FIGURES[key][3]
            found.append({"words": words, "figure": key, "transport": row["transport"], "subscribers": row["subscribers"],
                          "limit_ratio": limit, "ratio": ratio_, "interval": row["figures"][key]["interval"],
                          "met": ratio_ <= limit if less else ratio_ >= limit})
    return found


def slim(run):
    """Without the histogram, which is thousands of lines."""
    return {key: value for key, value in run.items() if key != "age_us"}


# -- the table ----------------------------------------------------------------------------------------------------


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def ratio_text(figure):
    text = f"{figure['ratio']:.2f}"
    return text + (f" [{figure['interval'][0]:.2f}, {figure['interval'][1]:.2f}]" if figure["interval"] else "")


def lines_of(row):
    for key, figure in row["figures"].items():
        words, unit, factor, less = FIGURES[key]
        yield (row["case"], row["transport"], f"{row['subscribers']:,}", words + (f", {unit}" if unit else ""), row["peer"],
               number(figure["wirelab"] * factor), number(figure["peer"] * factor), ratio_text(figure),
               "" if less else "more is better")


def troubles(made):
    for row in made["rows"]:
        for whose, runs in row["runs"].items():
            name = row["peer"] if whose == "peer" else whose
            bad = [run for run in runs if run["verdict"] != "VALID"]
            for text in sorted({f"{run['verdict']} {'; '.join(run['reasons'])}" for run in bad}):
                yield f"! {row['case']} {row['transport']} {row['subscribers']:,} {name}: {text}"


def target_text(target):
    less = FIGURES[target["figure"]][3]
    return (f"{'met   ' if target['met'] else 'missed'} {target['words']}, {target['transport']}, {target['subscribers']:,}: "
            f"{ratio_text(target)}, to be {'at most' if less else 'at least'} {target['limit_ratio']}")


def conditions(made):
    return (f"{'; '.join(made['versions'].values())}; {made['rounds']} rounds, seed {made['seed']}; "
            f"bursts of {made['burst_messages']}; {made['host']['cpu_model']}, kernel {made['host']['kernel']}")


def table(made):
    head = ("case", "transport", "subscribers", "figure", "beside", "wirelab", "the other", "ratio [95%]", "")
    lines = [head, *(line for row in made["rows"] for line in lines_of(row))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = "".join("  ".join(cell.rjust(width) if column in (5, 6) else cell.ljust(width)
                             for column, (cell, width) in enumerate(zip(line, widths))).rstrip() + "\n" for line in lines)
    notes = [*map(target_text, made["targets"]), conditions(made), *dict.fromkeys(troubles(made))]
    return text + "\n" + "\n".join(notes) + "\n"
