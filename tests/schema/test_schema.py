#!/usr/bin/python3
"""docs/*.schema.json: sound by themselves, explained in full, and what the committed and the synthetic results are."""

import copy
import json
import re
import sys
import unittest
from pathlib import Path

from jsonschema import Draft202012Validator

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "charts")]
sys.dont_write_bytecode = True

import schema  # noqa: E402
import synthetic_capacity  # noqa: E402
import synthetic_experiment  # noqa: E402
import synthetic_ladder  # noqa: E402
import synthetic_result  # noqa: E402
import synthetic_series  # noqa: E402
import synthetic_sweep  # noqa: E402

UNIT_OF_ENDING = {"_us": "us", "_ms": "ms", "_ns": "ns", "_s": "s", "_bytes": "B", "_share": "share", "_share_of_core": "share",
                  "_per_second": "1/s", "_bits_per_second": "bit/s"}
PAGE = (schema.DOCS / "03-result-format.md").read_text(encoding="utf-8")


def synthetic(*flags):
    return synthetic_result.make(synthetic_result.parse(["--subscribers", "5", "--duration-ms", "1000", *flags]))


def is_number(part):
    """Or a list of numbers."""
    kinds = part.get("type", [])
    inner = part.get("prefixItems", []) + [part["items"]] if "items" in part else part.get("prefixItems", [])
    return any(map(is_number, inner)) or bool({"number", "integer"} & set([kinds] if isinstance(kinds, str) else kinds))


class Itself(unittest.TestCase):
    def test_is_a_schema(self):
        for name in schema.FORMATS:
            Draft202012Validator.check_schema(schema.read(name))

    def test_every_key_says_what_it_is_and_every_number_in_what_unit(self):
        for name in schema.FORMATS:
            for place, part in schema.objects(schema.read(name)):
                for key, its in part["properties"].items():
                    with self.subTest(format=name, place=place, key=key):
                        self.assertTrue(its.get("description"))
                        self.assertEqual(is_number(its), "unit" in its)
                        ending = max((end for end in UNIT_OF_ENDING if key.endswith(end)), key=len, default=None)
                        if ending and "unit" in its:
                            per_second = "/s" if place.endswith("PerSecond") else ""
                            self.assertEqual(UNIT_OF_ENDING[ending] + per_second, its["unit"])

    def test_requires_nothing_that_it_does_not_name(self):
        for name in schema.FORMATS:
            for place, part in schema.objects(schema.read(name)):
                self.assertEqual(set(), set(part["required"]) - set(part["properties"]), f"{name}: {place}")

    def test_every_key_of_a_result_is_on_the_page_that_explains_them(self):
        explained = set(re.findall(r"`(\w+)(?:\[\])?`", PAGE))
        for name in ("result", "sweep", "capacity", "series", "experiment"):
            for place, part in schema.objects(schema.read(name)):
                for key in part["properties"]:
                    self.assertIn(key, explained, f"{name}, {place}: docs/03-result-format.md does not explain it")


class Documents(unittest.TestCase):
    def test_synthetic_results(self):
        for flags in ((), ("--replay",), ("--foreign-server",), ("--nothing-delivered",), ("--rounds", "1"), ("--rtt-ms", "50"), ("--rate", "0", "--no-root")):
            with self.subTest(flags=flags):
                self.assertEqual([], schema.problems(synthetic(*flags)))

    def test_synthetic_sweeps(self):
        for flags in ((), ("--failed", "websocket"), ("--over", "payload=64,128")):
            made = synthetic_sweep.make(synthetic_sweep.parse(["--over", "clients=1,5", "--duration-ms", "500", *flags]))
            with self.subTest(flags=flags):
                self.assertEqual([], schema.problems(made, "sweep"))

    def test_synthetic_series(self):
        for line in synthetic_series.make(synthetic(), lost_ms=(100,)):
            self.assertEqual([], schema.problems(line, "series"))

    def test_synthetic_capacities(self):
        for flags in ((), ("--of", "rate", "--from", "5", "--to", "900", "--limit", "websocket=1"), ("--end", "long-poll=not-carried-out")):
            made = synthetic_capacity.make(synthetic_capacity.parse(["--duration-ms", "500", "--rounds", "1", *flags]))
            with self.subTest(flags=flags):
                self.assertEqual([], schema.problems(made, "capacity"))

    def test_committed_sweeps_and_capacities(self):
        for name in ("sweep", "capacity", "experiment"):
            for path in sorted((schema.DOCS / "results").glob(f"*/{name}.json")):
                with self.subTest(path=f"{path.parent.name}/{path.name}"):
                    self.assertEqual([], schema.problems(json.loads(path.read_text(encoding="utf-8")), name, complete=False))

    def test_synthetic_experiments(self):
        for flags in ({}, {"rounds": 1}, {"variants": ("rtt=0", "rtt=50ms")}):
            with self.subTest(flags=flags):
                self.assertEqual([], schema.problems(synthetic_experiment.make(**flags), "experiment"))
        self.assertEqual([], schema.problems(synthetic_experiment.make_with_strips(), "experiment"))

    def test_synthetic_ladders(self):
        for made in (synthetic_ladder.make(), synthetic_ladder.make(pcap="long-poll.pcap")):
            self.assertEqual([], schema.problems(made, "ladder"))

    def test_committed_ladders(self):
        for path in sorted((schema.DOCS / "results").glob("*/ladder.json")):
            with self.subTest(ladder=path.parent.name):
                self.assertEqual([], schema.problems(json.loads(path.read_text(encoding="utf-8")), "ladder", complete=False))

    def test_committed_results(self):
        documents = {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted((schema.DOCS / "results").glob("*/*.json"))}
        results = {path: document for path, document in documents.items() if document.get("schema", "").startswith("wirelab.result/")}
        self.assertTrue(results)
        for path, document in results.items():
            with self.subTest(result=f"{path.parent.name}/{path.name}"):
                self.assertEqual([], schema.problems(document, complete=False))


class Complaints(unittest.TestCase):
    """What the others see when source and schema part company."""

    def problem(self, change, complete=True):
        document = synthetic()
        change(document)
        return schema.problems(document, complete=complete)

    def test_a_key_that_only_the_source_has_is_named(self):
        def change(document):
            document["runs"][1]["server"]["weather"] = 1
        self.assertEqual(["runs.1.server: weather: not in docs/result.schema.json; add it there, with what it is and its unit"],
                         self.problem(change))
        self.assertEqual(1, len(self.problem(change, complete=False)))

    def test_a_key_that_only_the_schema_has_is_named(self):
        def change(document):
            del document["summary"]["websocket"]["bytes_per_delivered"]["both"]["envelope"]
        self.assertEqual(["summary.websocket.bytes_per_delivered.both: envelope: in docs/result.schema.json but not in the file"],
                         self.problem(change))

    def test_an_older_file_need_not_have_what_was_added_since(self):
        kept = schema.read
        grown = copy.deepcopy(kept("result"))
        grown["$defs"]["MessageCounts"]["properties"]["added"] = {"type": "integer"}
        schema.read = lambda _: grown
        self.addCleanup(setattr, schema, "read", kept)
        document = synthetic()
        self.assertEqual([], schema.problems(document, complete=False))
        self.assertIn("messages: added: in docs", schema.problems(document)[0])

    def test_a_value_of_another_kind_is_named(self):
        def change(document):
            document["runs"][0]["server"]["open_descriptors"] = "many"
        self.assertEqual(["runs.0.server.open_descriptors: 'many' is not of type 'integer'"], self.problem(change))

        def clear(document):
            document["runs"][0]["server"] = 7
        self.assertIn("runs.0.server: 7 is not of type 'object'", self.problem(clear))


if __name__ == "__main__":
    unittest.main()
