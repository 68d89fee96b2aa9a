#!/usr/bin/python3
"""bench/peers without any server: what runs come to, and how it is shown."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from string import Template

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/peers"), str(ROOT / "scripts")]

import figures
import peers_chart
import servers


def run_of(cpu_us, delivered=1000, buckets=((1000, 980), (9000, 20)), count=1000, transport="websocket"):
    """A run as wirelab.result has it, as far as it is looked at."""
    return {"transport": transport, "verdict": "VALID", "reasons": [],
            "window": {"delivered": delivered, "requests": 2 * delivered},
            "server": {"cpu_total_us": cpu_us, "cpu_share_of_core": 0.1,
                       "idle_subscribers": {"count": count, "resident_bytes": 4096 * count}},
            "generator": {"cpu_share_of_core": 0.2}, "age_us": {"buckets": [list(bucket) for bucket in buckets]}}


def runs(*cpus_us, **other):
    return [figures.of_run(run_of(cpu_us, **other)) for cpu_us in cpus_us]


class Figures(unittest.TestCase):
    def test_a_run_is_divided_by_what_it_delivered(self):
        figure = figures.of_run(run_of(5000))
        self.assertEqual(5, figure["cpu_us_per_delivered"])
        self.assertEqual(4096, figure["resident_bytes_per_subscriber"])
        self.assertIsNone(figure["cpu_us_per_request"], "nobody polls")
        self.assertEqual(2.5, figures.of_run(run_of(5000, transport="keep-alive"))["cpu_us_per_request"])

    def test_few_subscribers_say_nothing_of_memory(self):
        self.assertIsNone(figures.of_run(run_of(5000, count=100))["resident_bytes_per_subscriber"])

    def test_percentiles_are_of_all_samples_together(self):
        many = runs(1, buckets=((1, 900), (2, 100))) + runs(1, buckets=((2, 100), (7, 900)))
        self.assertEqual(2, figures.value_of("age_p50_us", many))
        self.assertEqual(7, figures.value_of("age_p99_us", many))

    def test_a_percentile_needs_samples_beyond_it(self):
        self.assertIsNone(figures.percentile([[1, 999]], 0.99))
        self.assertEqual(1, figures.percentile([[1, 1000]], 0.99))

    def test_the_ratio_is_ours_over_theirs(self):
        made = figures.compare(runs(4000, 4000), runs(5000, 5000))
        figure = made["figures"]["cpu_us_per_delivered"]
        self.assertEqual((4, 5, 0.8, [0.8, 0.8]), (figure["wirelab"], figure["peer"], figure["ratio"], figure["interval"]))
        self.assertNotIn("requests_per_second", made["figures"])
        self.assertNotIn("age_us", made["runs"]["peer"][0], "thousands of lines")

    def test_what_a_round_does_to_both_is_not_in_the_interval(self):
        made = figures.compare(runs(4000, 8000, 16000), runs(5000, 10000, 20000))
        low, high = made["figures"]["cpu_us_per_delivered"]["interval"]
        self.assertAlmostEqual(0.8, low)
        self.assertAlmostEqual(0.8, high)

    def test_what_differs_between_rounds_is(self):
        made = figures.compare(runs(4000, 5000, 6000), runs(5000, 5000, 5000))
        self.assertEqual([0.8, 1.2], made["figures"]["cpu_us_per_delivered"]["interval"])

    def test_one_round_has_no_interval(self):
        self.assertIsNone(figures.compare(runs(1), runs(2))["figures"]["cpu_us_per_delivered"]["interval"])

    def test_many_rounds_are_drawn_at_random_but_the_same_each_time(self):
        self.assertEqual(27, len(list(figures.draws(3))))
        self.assertEqual(list(figures.draws(9)), list(figures.draws(9)))

    def test_wrk_s_report(self):
        said = ("Running 3s test @ http://127.0.0.1:1/\n  1 threads and 64 connections\n  30000 requests in 3.00s, 4.5MB read\n"
                "Requests/sec:  10000.50\nTransfer/sec:      1.5MB\n")
        figure = figures.of_wrk(said, 1.5, 3)
        self.assertEqual((10000.5, 50, 0.5, "VALID"), (figure["requests_per_second"], figure["cpu_us_per_request"],
                                                       figure["server_cpu_share_of_core"], figure["verdict"]))
        errors = said + "  Socket errors: connect 0, read 3, write 0, timeout 0\n"
        self.assertEqual("ERRORS", figures.of_wrk(errors, 1.5, 3)["verdict"])


def made():
    ours, theirs = runs(4000, 4100), runs(5000, 5200)
    theirs[0]["verdict"], theirs[0]["reasons"] = "NOISY", ["apart"]
    rows = [{"case": "steady", "transport": transport, "subscribers": 1000, **figures.compare(ours, theirs)}
            for transport in ("long-poll", "websocket")]
    return {"schema": "wirelab.peers/1", "created_utc": "2026-01-31T12:00:00Z", "peer": "nchan", "quick": False, "rounds": 2,
            "seed": 1, "burst_messages": 20, "versions": {"wirelab": "wirelab 0.1.0", "nchan": "nchan 1.3.6"},
            "host": {"cpu_model": "AMD EPYC", "cores": 2, "kernel": "6.1", "load_average_before": 0.1}, "server_cpu": 0,
            "generator_cpu": 1, "rows": rows}


class Shown(unittest.TestCase):
    def test_the_table_has_both_and_the_ratio_with_its_interval(self):
        text = figures.table(made())
        self.assertRegex(text, r"websocket +1,000 +server CPU per delivered, µs +4\.05 +5\.1 +0\.79 \[0\.79, 0\.80\]")
        self.assertIn("! steady long-poll 1,000 nchan: NOISY apart", text)

    def test_the_chart_draws_every_ratio(self):
        with tempfile.TemporaryDirectory() as folder:
            file, target = Path(folder) / "peers.json", Path(folder) / "peers.svg"
            file.write_text(json.dumps(made()), encoding="utf-8")
            peers_chart.main([str(file)])
            text = target.read_text(encoding="utf-8")
        self.assertEqual(6, text.count('id="interval"'), "two transports, three figures")

    def test_the_chart_refuses_another_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"schema": "wirelab.result/2"}')
            file.flush()
            with self.assertRaisesRegex(SystemExit, "bench/peers/run"):
                peers_chart.read(file.name)


class Configured(unittest.TestCase):
    def test_nothing_of_nginx_s_configuration_is_left_to_fill_in(self):
        template = Template((ROOT / "bench/peers/nginx.conf").read_text(encoding="utf-8"))
        text = template.substitute(module="m", port=1, folder="f", descriptors=2, connections=3)
        self.assertIn("location ~ ^/poll/(.+)$ {", text)
        self.assertIn("nchan_channel_id $1;", text)

    def test_the_processor_time_of_a_tree_grows(self):
        import os
        before = servers.cpu_s(os.getpid())
        sum(range(100_000))
        self.assertGreater(servers.cpu_s(os.getpid()), before)


if __name__ == "__main__":
    unittest.main()
