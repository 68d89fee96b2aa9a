"""A result file without a run: what `wirelab compare` would write on an ideal machine, drawn from a seeded generator.

Used by the tests of the charts, and by hand to look at a chart of any shape:
    /usr/bin/python3 tests/charts/synthetic_result.py --payload 128 > /tmp/result.json
"""

import argparse
import json
import math
import random
from collections import Counter

TRANSPORTS = ("short-poll", "keep-alive", "long-poll", "websocket")
POLLED = ("short-poll", "keep-alive")
REQUEST_HEADER_BYTES = 96
RESPONSE_HEADER_BYTES = 150
ENVELOPE_BYTES = 34

HOST = {
    "cores": 2, "cpu_model": "Imaginary CPU @ 3.00GHz", "architecture": "x86_64", "frequency_governor": None,
    "virtual_machine": None, "container": None, "memory_bytes": 8 << 30, "operating_system": None,
    "kernel": "6.1.0-18-amd64", "clock_source": "tsc", "load_average_1_5_15_min": [0.1, 0.1, 0.1],
    "open_descriptors_max": 1024, "tcp_congestion_control": "cubic", "somaxconn_connections": 4096,
    "ip_local_port_range": [32768, 60999], "tcp_rmem_bytes": [4096, 131072, 6291456],
    "tcp_wmem_bytes": [4096, 16384, 4194304],
}


def bucket_us(value_us):
    """The upper end of the bucket that the lab's log-linear histogram (3 significant digits) would count it in."""
    nanos = max(1, int(value_us * 1000))
    width = 1 << max(0, nanos.bit_length() - 11)
    return ((nanos // width + 1) * width - 1) / 1000


def histogram(values_us, with_buckets=True):
    ordered = sorted(values_us)
    if not ordered:
        empty = {key: 0 for key in ("count", "min", "mean", "p50", "p90", "p99", "p999", "max", "clamped")}
        return {**empty, "buckets": []} if with_buckets else empty

    def percentile(p):
        return bucket_us(ordered[max(0, math.ceil(p / 100 * len(ordered)) - 1)])

    figures = {
        "count": len(ordered), "min": ordered[0], "mean": sum(ordered) / len(ordered), "p50": percentile(50),
        "p90": percentile(90), "p99": percentile(99), "p999": percentile(99.9), "max": ordered[-1], "clamped": 0,
    }
    if with_buckets:
        figures["buckets"] = [list(pair) for pair in sorted(Counter(map(bucket_us, ordered)).items())]
    return figures


def age_us(transport, draw, interval_ms):
    """One delivery's age: pushing is a hop and a queue, polling adds a wait that is uniform on the interval."""
    hop = 140 + draw.expovariate(1 / 90)
    if draw.random() < 0.002:
        hop += draw.expovariate(1 / 1500)  # the scheduler looked elsewhere
    if transport in POLLED:
        return hop + draw.uniform(0, interval_ms * 1000) + (110 if transport == "short-poll" else 0)
    return hop + (draw.expovariate(1 / 220) if transport == "long-poll" else 0)


def idle_subscribers(transport, options):
    connections = 0 if transport == "short-poll" else options.subscribers
    resident = {"short-poll": 400, "keep-alive": 4800, "long-poll": 5600, "websocket": 5100}[transport] * options.subscribers
    return {"count": options.subscribers, "connections": connections, "resident_bytes": resident, "socket_buffer_bytes": 0,
            "kernel_bytes": None if options.no_root else 3712 * connections}


def publishing_alone(run):
    """A server that nobody is subscribed to; the publisher is the same."""
    published = run["messages"]["published"]
    cpu_us = 41.0 * published
    server = {**run["server"], "cpu_total_us": cpu_us, "cpu_user_us": cpu_us * 0.4, "cpu_system_us": cpu_us * 0.6, "idle_subscribers": None}
    return {
        "duration_s": run["window"]["duration_s"], "published": published, "cpu_us_per_published": 41.0,
        "cpu_user_us_per_published": None, "cpu_system_us_per_published": None, "server": server,
        **{which: {key: value for key, value in run[which].items() if key != "buckets"} for which in ("publish_time_us", "schedule_lag_us")},
    }


def judgement(lost_by_round):
    """Of a run or of several: nothing but a loss goes wrong here."""
    reasons = [f"round {number}: {lost} deliveries did not come" for number, lost in enumerate(lost_by_round, 1) if lost]
    return {"verdict": "LOSSY" if reasons else "VALID", "reasons": reasons}


PARTS = ("payload", "envelope", "http_headers", "websocket_framing", "handshakes")


def direction(segments, opened, empty_answers=0, **parts):
    """One direction's bytes, as the result has them."""
    parts = {part: parts.get(part, 0) for part in PARTS}
    total, headers = sum(parts.values()), 52 * segments + 8 * opened
    return {**parts, "application_total": total, "tls": 0, "window_edges": 0, "retransmitted": 0, "tcp_ip_headers": headers,
            "wire_total": total + headers, "empty_answers": empty_answers, "segments": segments}


def censored(lost):
    return {"count": lost, "age_min_us": 5e6, "age_from_send_min_us": 5e6} if lost else None


def of_expected(figures, samples, lost):
    """The lost rank behind all that came."""
    expected = len(samples) + lost

    def percentile(p, key):
        rank = math.ceil(p / 100 * expected - 1e-9)
        return figures[key] if not lost else sorted(samples)[rank - 1] if 0 < rank <= len(samples) else None

    return {"count": expected, **{key: percentile(p, key) for p, key in ((50, "p50"), (90, "p90"), (99, "p99"), (99.9, "p999"))}}


def make_run(transport, round_number, order, options, draw):
    planned = int(options.rate * options.duration_ms / 1000)
    expected = planned * options.subscribers
    lost = min(expected, options.lost if transport == "long-poll" else 0)
    delivered = 0 if options.nothing_delivered else expected - lost
    ages = [age_us(transport, draw, options.interval) for _ in range(delivered)]
    seconds = options.duration_ms / 1000
    polls = int(options.subscribers * seconds * 1000 / options.interval)
    requests = {"long-poll": delivered, "websocket": 0}.get(transport, polls)
    empty = int(polls * math.exp(-options.rate * options.interval / 1000)) if transport in POLLED else 0
    frames = delivered if transport == "websocket" else 0
    opened = requests if transport == "short-poll" else 0
    segments = 2 * (requests + frames) + 8 * opened
    sent = direction(segments // 2, opened, http_headers=requests * REQUEST_HEADER_BYTES,
                     empty_answers=empty * REQUEST_HEADER_BYTES)
    received = direction(segments - segments // 2, opened, payload=delivered * options.payload,
                         envelope=(requests + frames) * ENVELOPE_BYTES + delivered * 3,
                         http_headers=requests * RESPONSE_HEADER_BYTES, websocket_framing=frames * 4,
                         empty_answers=empty * (RESPONSE_HEADER_BYTES + ENVELOPE_BYTES))
    wire = {
        "bytes_out": sent["application_total"], "bytes_in": received["application_total"],
        "segments_out": sent["segments"], "segments_in": received["segments"], "data_segments_out": requests,
        "data_segments_in": requests + frames, "header_bytes_out": sent["tcp_ip_headers"],
        "header_bytes_in": received["tcp_ip_headers"], "bytes_retransmitted": 0, "connections": opened,
    }
    witnesses = {
        "connections": opened + options.subscribers, "disagreeing": 0, "bytes_off": 0,
        "upgrade_answer_bytes": 129 if transport == "websocket" else 0, "kernel": wire,
        "parsed_out": wire["bytes_out"], "parsed_in": wire["bytes_in"], "tls_out": 0, "tls_in": 0,
    }
    cpu_us = (requests * (62 if opened else 24) + frames * 9 + planned * 40 + 300) * draw.uniform(0.95, 1.05)
    return {
        "transport": transport, "round": round_number, "order": order, "interrupted": False, **judgement([lost]),
        "subscribers": options.subscribers,
        "messages": {
            "planned": planned, "published": planned, "expected": expected, "delivered": delivered,
            "lost": expected - delivered, "duplicated": 0, "out_of_order": 0, "gaps": 0, "foreign": 0,
            "publish_failures": 0,
        },
        "censored": censored(expected - delivered),
        "age_us": histogram(ages), "age_from_send_us": histogram([max(1, age - 60) for age in ages]),
        "service_time_us": histogram([80 + draw.expovariate(1 / 30) for _ in range(min(requests, 2000))]),
        "publish_time_us": histogram([90 + draw.expovariate(1 / 30) for _ in range(planned)]),
        "schedule_lag_us": histogram([55 + draw.expovariate(1 / 10) for _ in range(planned)]),
        "window": {
            "duration_s": seconds, "delivered": delivered, "requests": requests, "empty_answers": empty,
            "frames": frames, "connections_opened": opened, "failures": 0, "failure_reasons": {},
        },
        "bytes": {"out": sent, "in": received, "wire": wire, "publisher_wire": wire, "witnesses": witnesses},
        "server": None if options.foreign_server else {
            "cpu_total_us": cpu_us, "cpu_user_us": cpu_us * 0.4, "cpu_system_us": cpu_us * 0.6,
            "cpu_share_of_core": cpu_us / 1e6 / seconds, "peak_resident_bytes": 14_000_000,
            "resident_bytes": 13_500_000, "idle_resident_bytes": 9_000_000,
            "idle_subscribers": idle_subscribers(transport, options), "socket_buffer_bytes": 4096, "pings": 0, "timeouts": 0, "voluntary_context_switches": 900,
            "involuntary_context_switches": 4, "open_descriptors": options.subscribers + 12, "requests": requests,
            "connections_accepted": opened, "bytes_in": wire["bytes_out"], "bytes_out": wire["bytes_in"],
        },
        "first_message_us": histogram([200 + draw.expovariate(1 / 50) for _ in range(options.subscribers)]),
        "tls": None,
        "tcp_min_rtt_us": None,
        "link": link_record() if options.rtt_ms else None,
        "generator": {"cpu_total_us": cpu_us * 1.8, "cpu_share_of_core": cpu_us * 1.8 / 1e6 / seconds, "processors": 1,
                      "busiest_thread_share_of_core": cpu_us * 1.5 / 1e6 / seconds,
                      "lag_us": histogram([40 + draw.expovariate(1 / 20) for _ in range(int(500 * seconds) + 1)], with_buckets=False)},
        "connecting": {"duration_s": 0.01, "subscribers_per_second": options.subscribers / 0.01, "generator_cpu_us": 4000.0,
                       "server_cpu_us": None if options.foreign_server else 3000.0},
    }


def per_delivered(runs, value):
    delivered = sum(run["window"]["delivered"] for run in runs)
    return sum(map(value, runs)) / delivered if delivered else None


# The figures that only an idle run has.
IDLE = {
    "wire_total_bytes_both_per_second_per_subscriber": lambda summary: summary["per_second"]["both"]["wire_total"] / summary["subscribers"],
    "server_cpu_ms_per_second_per_1000_subscribers":
        lambda summary: summary["server_per_second"] and 1e6 * summary["server_cpu_share_of_core"] / summary["subscribers"],
    "server_resident_bytes_per_idle_subscriber": lambda summary: summary["server_idle_subscriber"] and summary["server_idle_subscriber"]["resident_bytes"],
}


def intervals(runs, foreign_server):
    """The range of the single runs: what the bootstrap over three makes of them."""
    alone = [summarise([run], foreign_server) for run in runs]

    def interval(value):
        values = [found for summary in alone if (found := value(summary)) is not None]
        return [min(values), max(values)] if len(runs) > 1 and values else None

    def per_delivered_bytes(part):
        return interval(lambda summary: summary["bytes_per_delivered"] and summary["bytes_per_delivered"]["both"][part])

    ages = ("mean", "p50", "p90", "p99", "p999", "max")
    same = ("lost", "duplicated", "out_of_order", "requests_per_delivered", "connections_per_delivered",
            "server_cpu_ms_per_1000_delivered", "server_peak_resident_bytes")
    return {
        **{f"age_{which}_us": interval(lambda summary, which=which: summary["age_us"][which]) for which in ages},
        **{key: interval(lambda summary, key=key: summary[key]) for key in same},
        **{key: interval(lambda summary, value=value: value(summary) if not summary["published"] else None) for key, value in IDLE.items()},
        "empty_share": interval(lambda summary: summary["empty_share"]),
        "service_time_p50_us": interval(lambda summary: summary["service_time_us"]["p50"] if summary["service_time_us"]["count"] else None),
        "first_message_mean_us": interval(lambda summary: summary["first_message_us"]["mean"]),
        "delivered_share": interval(lambda summary: summary["delivered"] / summary["expected"] if summary["expected"] else None),
        "application_total_bytes_both_per_delivered": per_delivered_bytes("application_total"),
        "wire_total_bytes_both_per_delivered": per_delivered_bytes("wire_total"),
    }


def summarise(runs, foreign_server):
    def samples(which):
        return [bucket for run in runs for bucket, count in run[which]["buckets"] for _ in range(count)]

    def merged(which):
        return histogram(samples(which), with_buckets=False)

    def expected(which):
        return of_expected(merged(which), samples(which), messages["lost"])

    def parts(*directions):
        return {key: per_delivered(runs, lambda run: sum(run["bytes"][way][key] for way in directions))
                for key in runs[0]["bytes"]["out"]}

    def per_second(value):
        return sum(map(value, runs)) / sum(run["window"]["duration_s"] for run in runs)

    def of_server(value):
        return None if foreign_server else value()

    def idle_subscriber():
        idle = [run["server"]["idle_subscribers"] for run in runs]
        count = sum(one["count"] for one in idle)
        return {key: None if idle[0][key] is None else sum(one[key] for one in idle) / count
                for key in ("connections", "resident_bytes", "socket_buffer_bytes", "kernel_bytes")}

    requests = sum(run["window"]["requests"] for run in runs)
    messages = {key: sum(run["messages"][key] for run in runs)
                for key in ("delivered", "expected", "lost", "duplicated", "out_of_order")}
    return {
        "runs": len(runs), **judgement([run["messages"]["lost"] for run in runs]), **messages,
        "subscribers": runs[0]["subscribers"], "published": sum(run["messages"]["published"] for run in runs),
        "per_second": {
            **{key: per_second(lambda run, key=key: run["window"][key]) for key in ("requests", "empty_answers", "connections_opened")},
            **{way: {key: per_second(lambda run, key=key, ways=ways: sum(run["bytes"][one][key] for one in ways))
                     for key in runs[0]["bytes"]["out"]}
               for way, ways in (("out", ("out",)), ("in", ("in",)), ("both", ("out", "in")))},
        },
        "censored": censored(messages["lost"]), "age_of_expected_us": expected("age_us"),
        "age_from_send_of_expected_us": expected("age_from_send_us"),
        **{which: merged(which) for which in ("age_us", "age_from_send_us", "service_time_us", "schedule_lag_us", "first_message_us")},
        "requests_per_delivered": per_delivered(runs, lambda run: run["window"]["requests"]),
        "connections_per_delivered": per_delivered(runs, lambda run: run["window"]["connections_opened"]),
        "connections_per_request":
            sum(run["window"]["connections_opened"] for run in runs) / requests if requests else None,
        "empty_share": sum(run["window"]["empty_answers"] for run in runs) / requests if requests else None,
        "bytes_per_delivered": None if not messages["delivered"] else {
            "out": parts("out"), "in": parts("in"), "both": parts("out", "in"),
        },
        "server_cpu_ms_per_1000_delivered": of_server(lambda: per_delivered(runs, lambda run: run["server"]["cpu_total_us"])),
        "server_cpu_user_ms_per_1000_delivered": None, "server_cpu_system_ms_per_1000_delivered": None,
        "publishing_alone_cpu_ms_per_1000_delivered":
            of_server(lambda: per_delivered(runs, lambda run: 41.0 * run["messages"]["published"])),
        "server_cpu_share_of_core": of_server(lambda: runs[0]["server"]["cpu_share_of_core"]),
        "server_per_second": of_server(lambda: {
            key: per_second(lambda run, key=key: run["server"][key])
            for key in ("requests", "connections_accepted", "pings", "timeouts", "voluntary_context_switches", "involuntary_context_switches")}),
        "server_peak_resident_bytes": of_server(lambda: runs[0]["server"]["peak_resident_bytes"]),
        "server_open_descriptors": of_server(lambda: runs[0]["server"]["open_descriptors"]),
        "server_idle_subscriber": of_server(idle_subscriber),
        "witnesses_disagreeing": 0, "generator_cpu_share_of_core": runs[0]["generator"]["cpu_share_of_core"],
    }


def predicted(transport, options):
    """Theory at no round trip, of messages at a constant gap; none of replays and idle runs."""
    if options.replay or not options.rate:
        return None
    polled = transport in POLLED
    wait_us = 1000 * options.interval if polled else 0
    per_answer = options.rate * options.interval / 1000 if polled else 1
    asked = 0 if transport == "websocket" else 1 / per_answer
    empty = max(0, 1 - per_answer) if polled else 0
    application = options.payload + 3 + (4 + ENVELOPE_BYTES if not asked else
                                         asked * (REQUEST_HEADER_BYTES + RESPONSE_HEADER_BYTES + ENVELOPE_BYTES))
    segments = {"short-poll": 8, "websocket": 2}.get(transport, 3) * (asked or 1)
    return {
        "round_trip_us": 0, "age_mean_us": wait_us / 2, "age_p50_us": wait_us / 2, "age_p99_us": 0.99 * wait_us, "age_max_us": wait_us,
        "age_transit_us": 0, "age_wait_min_us": 0, "age_wait_us": wait_us, "age_waiting_share": 1 if polled else 0, "requests_per_delivered": asked,
        "connections_per_delivered": asked if transport == "short-poll" else 0, "empty_share": empty if asked else None,
        "application_total_bytes_both_per_delivered": application,
        "wire_total_bytes_both_per_delivered": application + 52 * segments + (16 * asked if transport == "short-poll" else 0),
    }


def link_configuration(rtt_ms):
    return rtt_ms and {"rtt_ms": rtt_ms, "jitter_ms": 0, "reorder": False, "loss_share": 0, "bandwidth_bits_per_second": None,
                       "queue_bytes": None, "drop_segments": [], "cut_at_ms": None, "relay_cpu": 1}


def link_record():
    packets = {"packets": 900, "bytes": 80_000, "data_segments": 300, "syns": 10, "fins": 10, "rsts": 0, "retransmissions": 0,
               "retransmitted_bytes": 0, "delivered": 900, "delivered_bytes": 80_000, "lost": 0, "queue_full": 0, "drop_segment": 0,
               "cut": 0}
    late_us = {"count": 1800, "min": 1, "mean": 60, "p50": 50, "p90": 90, "p99": 130, "p999": 300, "max": 400, "clamped": 0}
    return {"up": packets, "down": dict(packets), "relay_added_us": late_us, "relay_cpu_us": 40_000, "relay_realtime": True, "packets_not_taken": 0}


def make(options):
    draw = random.Random(options.seed)
    runs = []
    for round_number in range(1, options.rounds + 1):
        order = draw.sample(options.transports, len(options.transports))
        runs += [make_run(name, round_number, place, options, draw) for place, name in enumerate(order, 1)]
    summary = {}
    for name in options.transports if runs else ():
        its_runs = [run for run in runs if run["transport"] == name]
        summary[name] = {**summarise(its_runs, options.foreign_server), "intervals": intervals(its_runs, options.foreign_server),
                         "predicted": predicted(name, options)}
    return {
        "schema": "wirelab.result/2", "created_utc": "2026-01-02T03:04:05Z", "command": ["wirelab", "compare"],
        "configuration": {
            "transports": options.transports, "rounds": options.rounds, "url": None, "server_program": None,
            "subscribers": options.subscribers, "channels": 1, "threads": 1, "rate_per_second": options.rate, "arrivals": "constant",
            "payload_bytes": options.payload, "messages_max": 0, "sources": [],
            "replay": {"file": "chat.ndjson", "messages": 1377, "speed": 60} if options.replay else None,
            "publish_via": "post", "tls": False, "headers": "minimal", "lanes_max": 64, "poll_interval_ms": options.interval,
            "poll_timer": "fixed-rate", "hold_s": 25, "long_poll_reconnects": False,
            "warm_up_ms": 500, "duration_ms": options.duration_ms, "seed": options.seed, "server_cpu": 0,
            "generator_cpu": 1, "link": link_configuration(options.rtt_ms),
        },
        "host": HOST, "doctor": None,
        "versions": {"wirelab": "0.1.0", "libwebsockets": "4.1.6", "libcurl": "7.88.1"},
        "git_revision": "0123456789ab", "runs": runs,
        "publishing_alone": publishing_alone(runs[0]) if runs and runs[0]["server"] and options.rate else None,
        "summary": summary,
    }


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transports", type=lambda text: text.split(","), default=list(TRANSPORTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--payload", type=int, default=128)
    parser.add_argument("--interval", type=int, default=250, help="of the polls, in ms")
    parser.add_argument("--duration-ms", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lost", type=int, default=0, help="deliveries lost in each long-poll run")
    parser.add_argument("--rtt-ms", type=float, help="over an emulated link of this round trip")
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--nothing-delivered", action="store_true")
    parser.add_argument("--no-root", action="store_true", help="the kernel's structures are not told")
    parser.add_argument("--foreign-server", action="store_true", help="one whose load could not be read")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(json.dumps(make(parse())))
