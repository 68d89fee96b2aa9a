"""scripts/soak, for twenty seconds and with a hundred subscribers; and how growth is judged, without any server."""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
SCRIPT = Path(__file__).resolve().parents[2] / "scripts/soak"
loader = importlib.machinery.SourceFileLoader("soak", str(SCRIPT))
soak = importlib.util.module_from_spec(importlib.util.spec_from_loader("soak", loader))
loader.exec_module(soak)

GIVE_UP_S = 400  # a sanitized build on a busy machine; nothing is measured by it


def samples(resident, descriptors, life=0):
    return [{"at_s": float(i), "life": life, "resident_bytes": resident(i), "open_descriptors": descriptors(i)}
            for i in range(600)]


class Growth(unittest.TestCase):
    def grew(self, resident=lambda _: 50 << 20, descriptors=lambda _: 1000):
        return {key: found["grew"] for key, found in soak.growth(samples(resident, descriptors)).items()}

    def test_flat_is_flat_though_it_wavers_and_fills_up_at_first(self):
        self.assertEqual({"resident_bytes": False, "open_descriptors": False},
                         self.grew(lambda i: (50 << 20) + (i % 7 << 20) - (max(0, 100 - i) << 18), lambda i: 1000 + 500 * (i % 20 == 0)))

    def test_a_slow_leak_is_growth(self):
        self.assertTrue(self.grew(resident=lambda i: (50 << 20) + i * (32 << 10))["resident_bytes"])
        self.assertTrue(self.grew(descriptors=lambda i: 1000 + i // 2)["open_descriptors"])

    def test_of_the_last_life_alone_and_of_a_short_one_nothing_is_said(self):
        flat = samples(lambda _: 50 << 20, lambda _: 10, life=1)
        self.assertFalse(soak.growth(samples(lambda _: 1 << 20, lambda _: 1) + flat)["resident_bytes"]["grew"])
        self.assertIsNone(soak.growth(flat[:100]))
        self.assertIsNone(soak.growth([]))

    def test_a_violation_or_growth_is_not_good(self):
        good = {"clean": True, "growth": None}
        self.assertTrue(soak.is_good(good))
        self.assertFalse(soak.is_good({**good, "clean": False}))
        self.assertFalse(soak.is_good({"clean": True, "growth": {"resident_bytes": {"grew": True}}}))


class TwentySeconds(unittest.TestCase):
    def test_faults_are_injected_and_nothing_is_lost(self):
        with tempfile.TemporaryDirectory() as folder:
            build = Path(os.environ["FAULT_RUN"]).parent
            page, results = Path(folder, "page.md"), Path(folder, "results/today-soak")
            page.write_text("before\n<!-- soak: nowhere yet -->\nold\n<!-- end of soak -->\nafter\n", encoding="utf-8")
            done = subprocess.run([SCRIPT, str(20 / 60), "--subscribers", "25", "--build", build, "-o", results, "--page", page, "--seed", "3"],
                                  capture_output=True, text=True, timeout=GIVE_UP_S, check=False)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            record = json.loads((results / "soak.json").read_text(encoding="utf-8"))
            self.assertTrue((results / "soak.svg").exists())
            written = page.read_text(encoding="utf-8")
        for part in ("before\n<!-- soak: results/today-soak -->", "| websocket |", "violations of the contract: 0", "(results/today-soak/soak.json)",
                     "<!-- end of soak -->\nafter\n"):
            self.assertIn(part, written)
        self.assertNotIn("old", written)
        self.assertEqual(0, record["violations"], record["sentences"])
        self.assertEqual(160, record["published"])
        for name, found in record["transports"].items():
            self.assertGreater(found["delivered"] + found["gone"], 25 * 40 - 25, name)
        kinds = {fault["fault"] for fault in record["faults"]}
        self.assertLessEqual({"killed", "cut", "stalled"}, kinds)
        self.assertGreater(record["connections_cut"], 0)
        self.assertGreaterEqual(record["all"]["gaps"], 100, "each subscriber is told of the memory that was lost")
        self.assertGreaterEqual(len(record["samples"]), 10)
        self.assertIsNone(record["growth"], "too short")


if __name__ == "__main__":
    unittest.main()
