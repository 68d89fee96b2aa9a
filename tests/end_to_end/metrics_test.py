"""GET /metrics, read by the Prometheus project's own parser and held against the rules that `promtool check metrics` has
(prometheus/client_golang, testutil/promlint): help and type for each, counters end in _total, base units, names in snake case
that repeat neither type nor unit abbreviations, and no series twice."""

import collections
import re
import unittest

from lab import Server, curl, publish
from prometheus_client.parser import text_string_to_metric_families

NOT_BASE = ("milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "kilobytes", "kibibytes", "megabytes",
            "mebibytes", "bits", "percent")
ABBREVIATIONS = ("s", "ms", "us", "ns", "sec", "b", "kb", "mb")
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
SUFFIXES_OF_OTHERS = ("_bucket", "_count", "_sum")

# Both describe one moment; the keys that have a metric of another name.
KEY_OF = {
    "wirelab_connections_accepted_total": "connections_accepted", "wirelab_connections_open": "connections_open",
    "wirelab_requests_total": "requests", "wirelab_messages_published_total": "messages_in",
    "wirelab_messages_delivered_total": "messages_out", "wirelab_messages_kept": "messages_kept",
    "wirelab_kept_bytes": "bytes_kept", "wirelab_channels": "channels", "wirelab_pings_total": "pings",
    "wirelab_timeouts_total": "timeouts", "wirelab_late_requests_total": "late_requests",
    "wirelab_connections_refused_total": "connections_refused", "wirelab_slow_peers_cut_total": "slow_peers_cut",
    "wirelab_buffered_bytes": "buffered_bytes", "wirelab_memory_bound_bytes": "memory_bound_bytes",
}


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with Server() as server:
            publish(server.url, "one", channel="a")
            publish(server.url, "two", channel="b")
            for transport in ("short-poll", "keep-alive"):
                curl(f"{server.url}/{transport}/a?after=earliest")
            cls.load = server.load()
            cls.reply = curl(f"{server.url}/metrics")
            cls.more = [curl(f"{server.url}/metrics").body for _ in range(5)]
        cls.families = list(text_string_to_metric_families(cls.reply.body))

    def samples(self):
        return {sample.name: sample.value for family in self.families for sample in family.samples if not sample.labels}

    def test_is_announced_as_the_text_format(self):
        self.assertEqual(self.reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertTrue(self.reply.body.endswith("\n"))

    def test_every_line_is_part_of_a_family_with_help_and_type(self):
        self.assertGreater(len(self.families), 10)
        for family in self.families:
            self.assertTrue(family.documentation.endswith("."), family.name)
            self.assertIn(family.type, ("counter", "gauge"), family.name)
            self.assertTrue(family.samples, family.name)
        lines = [line for line in self.reply.body.splitlines() if not line.startswith("#")]
        self.assertEqual(len(lines), sum(len(family.samples) for family in self.families))
        for kind in ("HELP", "TYPE"):
            named = re.findall(rf"^# {kind} (\S+) ", self.reply.body, re.MULTILINE)
            self.assertEqual(len(named), len(set(named)), f"a second {kind}")
            self.assertEqual(len(named), len(self.families))

    def test_counters_end_in_total_and_nothing_else_does(self):
        # As it is written: the parser gives every counter's samples that ending, whether they had it or not.
        types = re.findall(r"^# TYPE (\S+) (\S+)$", self.reply.body, re.MULTILINE)
        for name, kind in types:
            self.assertEqual(name.endswith("_total"), kind == "counter", name)
            self.assertFalse(name.endswith(SUFFIXES_OF_OTHERS), name)
        written = {re.match(r"[^ {]+", line).group(0) for line in self.reply.body.splitlines() if not line.startswith("#")}
        self.assertEqual(written, {name for name, _ in types})
        for family in self.families:
            for sample in family.samples:
                self.assertGreaterEqual(sample.value, 0, sample.name)

    def test_names_are_in_snake_case_with_base_units_and_no_types(self):
        for family in self.families:
            self.assertRegex(family.name, r"^(wirelab|process)_[a-z0-9_]+$")
            words = family.name.split("_")
            for word in words:
                self.assertNotIn(word, (*NOT_BASE, *ABBREVIATIONS, *TYPES), family.name)
            for unit in ("seconds", "bytes"):
                self.assertTrue(unit not in words or words[-1] == unit, f"{family.name}: the unit comes last")

    def test_no_series_is_there_twice(self):
        series = collections.Counter((sample.name, tuple(sorted(sample.labels.items())))
                                     for family in self.families for sample in family.samples)
        self.assertEqual([one for one, times in series.items() if times > 1], [])

    def test_says_what_load_says(self):
        samples = self.samples()
        for name, key in KEY_OF.items():
            asked_meanwhile = 1 if key in ("connections_accepted", "requests") else 0
            self.assertEqual(samples[name], self.load[key] + asked_meanwhile, name)
        self.assertEqual(samples["wirelab_messages_published_total"], 2)
        self.assertEqual(samples["wirelab_messages_delivered_total"], 2)
        self.assertGreater(samples["wirelab_sent_bytes_total"], self.load["bytes_out"])
        self.assertGreaterEqual(samples["process_cpu_seconds_total"], self.load["cpu_total_us"] / 1e6)

    def test_a_number_has_all_its_digits(self):
        """Six are not enough: a server that has spent two minutes would grow in steps of a millisecond."""
        text = re.search(r"^process_resident_memory_bytes (\S+)$", self.reply.body, re.MULTILINE).group(1)
        self.assertEqual(int(text) % 4096, 0)
        seconds = [re.search(r"^process_cpu_seconds_total (\S+)$", body, re.MULTILINE).group(1) for body in self.more]
        digits = max(len(text.replace(".", "").lstrip("0")) for text in seconds)  # one may end in a nought
        self.assertGreater(digits, 6, f"{seconds}: it is read in nanoseconds")


if __name__ == "__main__":
    unittest.main(verbosity=2)
