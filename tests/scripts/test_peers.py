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
sys.path[:0] = [str(ROOT / "bench/peers"), str(ROOT / "scripts"), str(ROOT / "tests/schema")]

import figures
import page
import peers_chart
import schema
import servers


def run_of(cpu_us, delivered=1000, buckets=((1000, 980), (9000, 20)), count=1000, transport="websocket"):
    """A run as wirelab.result has it, as far as it is looked at."""
    return {"transport": transport, "subscribers": count, "verdict": "VALID", "reasons": [],
            "window": {"delivered": delivered, "requests": 2 * delivered},
            "server": {"cpu_total_us": cpu_us, "cpu_share_of_core": 0.1, "peak_resident_bytes": 8 << 20,
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
    rows = [{"case": "steady", "transport": transport, "subscribers": 1000, "peer": peer, **figures.compare(ours, theirs)}
            for transport, peer in (("long-poll", "nchan"), ("websocket", "nchan"), ("websocket", "socket.io"))]
    wrk = [figures.of_wrk("30000 requests in 3.00s\nRequests/sec:  10000.50\n", 1.5, 3)] * 2
    rows.append({"case": "saturation", "transport": "keep-alive", "subscribers": 64, "peer": "nchan", **figures.compare(wrk, wrk)})
    return {"schema": "wirelab.peers/1", "created_utc": "2026-01-31T12:00:00Z", "command": ["bench/peers/run"], "quick": False, "rounds": 2,
            "seed": 1, "burst_messages": 20, "versions": {"wirelab": "wirelab 0.1.0", "nchan": "nchan 1.3.6", "socket.io": "socket.io 4.8.1"},
            "host": {"cpu_model": "AMD EPYC", "cores": 2, "kernel": "6.1", "load_average_before": 0.1}, "server_cpu": 0,
            "generator_cpu": 1, "targets": figures.targets(rows), "rows": rows}


class Shown(unittest.TestCase):
    def test_the_table_has_both_and_the_ratio_with_its_interval(self):
        text = figures.table(made())
        self.assertRegex(text, r"websocket +1,000 +server CPU per delivered, µs +nchan +4\.05 +5\.1 +0\.79 \[0\.79, 0\.80\]")
        self.assertIn("! steady long-poll 1,000 nchan: NOISY apart", text)

    def test_a_target_is_met_or_missed(self):
        found = {(one["figure"], one["transport"]): one for one in made()["targets"]}
        self.assertEqual({("cpu_us_per_delivered", "long-poll"), ("cpu_us_per_delivered", "websocket"),
                          ("requests_per_second", "keep-alive")}, set(found), "Socket.IO is nobody's target")
        self.assertTrue(found["cpu_us_per_delivered", "websocket"]["met"])
        self.assertTrue(found["requests_per_second", "keep-alive"]["met"], "1.0 is enough")
        rows = [{"case": "steady", "transport": "websocket", "subscribers": 1000, "peer": "nchan", **figures.compare(runs(4100), runs(5000))}]
        missed = figures.targets(rows)
        self.assertFalse(missed[0]["met"])
        self.assertEqual("missed pushed, websocket, 1,000: 0.82, to be at most 0.8", figures.target_text(missed[0]))

    def test_the_chart_draws_every_ratio(self):
        with tempfile.TemporaryDirectory() as folder:
            file, target = Path(folder) / "peers.json", Path(folder) / "peers.svg"
            file.write_text(json.dumps(made()), encoding="utf-8")
            peers_chart.main([str(file)])
            text = target.read_text(encoding="utf-8")
        drawn = {key for key, _ in peers_chart.PANELS}
        self.assertEqual(sum(len(drawn & set(row["figures"])) for row in made()["rows"]), text.count('id="interval"'))

    def test_the_chart_refuses_another_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"schema": "wirelab.result/2"}')
            file.flush()
            with self.assertRaisesRegex(SystemExit, "bench/peers/run"):
                peers_chart.read(file.name)


class Page(unittest.TestCase):
    def test_the_tables_go_between_the_marks(self):
        with tempfile.TemporaryDirectory() as name:
            folder, file = Path(name) / "results" / "today-peers", Path(name) / "internals" / "peers.md"
            folder.mkdir(parents=True)
            file.parent.mkdir()
            (folder / "peers.json").write_text(json.dumps(made()), encoding="utf-8")
            file.write_text(f"Before.\n\n{page.BEGIN.format('not measured')}\nOld.\n{page.END}\n\nAfter.\n", encoding="utf-8")
            page.write(folder, file)
            text = file.read_text(encoding="utf-8")
            self.assertEqual(f"Before.\n\n{page.block(folder, file)}\n\nAfter.\n", text)
            self.assertIn("(../results/today-peers/peers.svg)", text)
            self.assertIn("| steady | websocket | 1,000 | socket.io | 4.05 | 5.1 | 0.79 [0.79, 0.80] |", text)
            self.assertIn("| server CPU per delivered, pushed | websocket | 1,000 | at most 0.8 | 0.79 [0.79, 0.80] | met |", text)
            page.write(folder, file)
            self.assertEqual(text, file.read_text(encoding="utf-8"), "once more changes nothing")
            file.write_text("No marks.", encoding="utf-8")
            with self.assertRaisesRegex(SystemExit, "must be one"):
                page.write(folder, file)

    def test_the_page_says_what_the_newest_result_says(self):
        file, folders = ROOT / "docs/internals/peers.md", sorted((ROOT / "docs/results").glob("*-peers"))
        text = file.read_text(encoding="utf-8")
        if folders:
            self.assertTrue(page.block(folders[-1], file) in text, f"make it again: bench/peers/page.py {folders[-1].relative_to(ROOT)} "
                            f"{file.relative_to(ROOT)}")
        else:
            self.assertIn(page.BEGIN.format("not measured"), text)


class Format(unittest.TestCase):
    def test_what_is_made_has_every_key_of_the_schema_and_no_other(self):
        self.assertEqual([], schema.problems(made(), "peers", complete=False))
        strange = made()
        strange["rows"][0]["figures"]["age_p50_us"]["median"] = 1
        self.assertIn("median: not in docs/peers.schema.json", schema.problems(strange, "peers", complete=False)[0])

    def test_every_figure_is_in_the_schema(self):
        known = schema.read("peers")["$defs"]["PeersRow"]["properties"]["figures"]["properties"]
        self.assertEqual(set(figures.FIGURES), set(known))

    def test_committed_results_are_of_the_schema(self):
        for file in (ROOT / "docs/results").glob("*-peers/peers.json"):
            self.assertEqual([], schema.problems(json.loads(file.read_text(encoding="utf-8")), "peers", complete=False), file)


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
