#!/usr/bin/python3
"""`wirelab load` against servers of known misbehaviour: the report names what was injected and counts it exactly.

Times are checked from below only, which no busy machine can spoil: what was held back for 50 ms is never younger than
that. How near they come from above is for a quiet machine: table.py. tests/mutants/faults_test.cpp has the same to the
nanosecond, on a clock that does not run."""

import json
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True

import mutants
import slowed
import table
from mutants import TRANSPORTS, measure

SUBSCRIBERS = 3
MESSAGES = 200
DRAIN_US = 5e6  # how long a run waits for what was sent
PAYLOAD_BYTES = 128
# One POST at a time: the order in which messages are published is the one in which they are due.
COUNTED = ("-c", str(SUBSCRIBERS), "-n", str(MESSAGES), "-R", "200", "-d", "1s", "--warm-up", "0", "--lanes", "1",
           "--poll-interval", "50ms")
SPARSE = ("-c", str(SUBSCRIBERS), "-R", "8", "-d", "1s", "--warm-up", "0", "--poll-interval", "100ms")
FROZEN_RATE, FROZEN_S = 100, 4
FROZEN = ("-c", str(SUBSCRIBERS), "-R", str(FROZEN_RATE), "-d", f"{FROZEN_S}s", "--warm-up", "0")

PLANS = {
    **{(fault, transport): COUNTED for fault in ("none", "drop", "duplicate", "reorder", "slow-cpu") for transport in TRANSPORTS},
    **{("delay", transport): SPARSE for transport in TRANSPORTS},
    **{("drip", transport): SPARSE for transport in ("long-poll", "websocket")},
    **{("freeze", transport): FROZEN for transport in ("long-poll", "websocket")},
    ("freeze, one POST at a time", "websocket"): (*FROZEN, "--lanes", "1"),
    ("drop, in frames", "websocket"): (*COUNTED, "--publish-via", "native"),
}


def measure_all():
    """Several at a time: nothing here is spoilt by company."""
    longest_first = sorted(PLANS.items(), key=lambda plan: plan[1] is not FROZEN and "drop" not in plan[0][0])
    with ThreadPoolExecutor(6) as pool:
        runs = {name: pool.submit(measure, name[0].split(",")[0], name[1], "--no-doctor", "--series", "-", *flags) for name, flags in longest_first}
        return {name: run.result() for name, run in runs.items()}


class Mutants(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.measured = measure_all()

    def each(self, check, *faults):
        found = [(name, measured) for name, measured in self.measured.items() if name[0] in faults]
        self.assertTrue(found)
        for (fault, transport), measured in found:
            with self.subTest(fault=fault, transport=transport):
                check(measured)

    def assert_messages(self, measured, **wrong):
        """Everything arrived once and in order, but for what is named."""
        messages = measured["messages"]
        self.assertEqual(SUBSCRIBERS * messages["published"], messages["expected"])
        self.assertEqual(messages["expected"] - messages["lost"], messages["delivered"])
        self.assertEqual(messages["delivered"], measured["age_us"]["count"])
        counts = {key: messages[key] for key in ("lost", "duplicated", "out_of_order", "gaps", "foreign", "publish_failures")}
        self.assertEqual({**dict.fromkeys(counts, 0), **wrong}, counts)

    def assert_lossy(self, measured, reason):
        self.assertEqual(4, measured.exit_code)
        self.assertEqual("LOSSY", measured["verdict"])
        self.assertIn(reason, measured["reasons"])
        report = measured.report()
        self.assertIn(f"{measured.transport} LOSSY", report)
        self.assertIn(reason, report)

    def hit(self, measured, what):
        """How many deliveries a fault in every hundredth message must cost, in the mutant's count and in theory."""
        self.assertEqual(MESSAGES, measured["messages"]["published"])
        self.assertEqual(MESSAGES, measured.ledger["messages"])
        self.assertEqual(MESSAGES // mutants.EVERY, measured.ledger[what])
        return MESSAGES // mutants.EVERY * SUBSCRIBERS

    def test_without_a_fault_nothing_is_found(self):
        def check(measured):
            self.assertEqual(MESSAGES, measured["messages"]["published"])
            self.assert_messages(measured)
            self.assertNotEqual("LOSSY", measured["verdict"])

        self.each(check, "none")

    def test_every_hundredth_is_lost(self):
        def check(measured):
            lost = self.hit(measured, "dropped")
            self.assert_messages(measured, lost=lost)
            self.assert_lossy(measured, f"{lost} of {MESSAGES * SUBSCRIBERS} deliveries did not come")
            self.assertEqual(lost, measured["censored"]["count"])
            self.assertGreaterEqual(measured["censored"]["age_min_us"], DRAIN_US)
            self.assertGreaterEqual(measured["censored"]["age_from_send_min_us"], DRAIN_US)
            self.assertRegex(measured.report(), r"\n  max +≥ \d,\d+ lost\n")

        self.each(check, "drop", "drop, in frames")

    def test_every_hundredth_comes_twice(self):
        def check(measured):
            duplicated = self.hit(measured, "duplicated")
            self.assert_messages(measured, duplicated=duplicated)
            self.assert_lossy(measured, f"{duplicated} came more than once")

        self.each(check, "duplicate")

    def test_every_hundredth_overtakes_the_one_before(self):
        def check(measured):
            out_of_order = self.hit(measured, "reordered")
            self.assert_messages(measured, out_of_order=out_of_order)
            self.assert_lossy(measured, f"{out_of_order} came out of order")

        self.each(check, "reorder")

    def test_what_leaves_50_ms_later_is_never_younger(self):
        def check(measured):
            self.assert_messages(measured)
            pushed = measured.transport == "websocket"
            for distribution in ("age_us", "publish_time_us", *([] if pushed else ["service_time_us"])):
                self.assertGreaterEqual(measured[distribution]["min"], mutants.DELAY_US, distribution)
            # Held back was every answer, and every frame: one a message and the first envelope.
            ledger, delivered = measured.ledger, measured["messages"]["delivered"]
            self.assertEqual(delivered + SUBSCRIBERS if pushed else 0, ledger["frames_delayed"])
            self.assertGreaterEqual(ledger["answers_delayed"], measured["messages"]["published"])
            self.assertLessEqual(ledger["answers"], ledger["answers_delayed"])

        self.each(check, "delay")

    def test_a_frozen_second_is_in_the_ages_of_all_that_was_due_in_it(self):
        def check(measured):
            self.assert_messages(measured)
            self.assertGreaterEqual(measured.ledger["frozen_us"], mutants.FREEZE_US)
            # Due in the first half of the freeze: older than its second half.
            waited = mutants.at_least(measured["age_us"], mutants.FREEZE_US / 2)
            self.assertGreaterEqual(waited, (FROZEN_RATE / 2 - 1) * SUBSCRIBERS)
            self.assertGreaterEqual(measured["age_us"]["max"], mutants.FREEZE_US - 1e6 / FROZEN_RATE)

        self.each(check, "freeze", "freeze, one POST at a time")

    def test_the_series_says_which_messages_were_lost(self):
        def check(measured):
            # The 100th and the 200th of a message each 5 ms: due at 495 and 995 ms, however slow the machine.
            lost = {line["start_ms"]: line["expected"] - line["delivered"] for line in measured.series}
            self.assertEqual({100 * tenth: SUBSCRIBERS if tenth in (4, 9) else 0 for tenth in range(10)}, lost)

        self.each(check, "drop", "drop, in frames")

    def test_the_series_says_which_second_was_frozen(self):
        def check(measured):
            self.assertEqual(10 * FROZEN_S, len(measured.series))
            frozen = [line for line in measured.series if line["start_ms"] >= 1e3 * mutants.FREEZE_AFTER_S - 100]
            # Old is what was due in its first half; and in each tenth of a second that is wholly in it nothing arrives.
            self.assertGreaterEqual(sum((line["age_max_us"] or 0) >= mutants.FREEZE_US / 2 for line in frozen), 5)
            self.assertGreaterEqual(sum(line["arrived"] == 0 for line in frozen), 8)

        self.each(check, "freeze", "freeze, one POST at a time")

    def test_a_publisher_that_waits_for_answers_omits_the_frozen_second(self):
        def check(measured):
            due = mutants.at_least(measured["age_us"], mutants.FREEZE_US / 2)
            sent = mutants.at_least(measured["age_from_send_us"], mutants.FREEZE_US / 2)
            self.assertLess(sent, due / 4, "one message was under way, the others had not been sent yet")

        self.each(check, "freeze, one POST at a time")

    def test_a_byte_at_a_time_takes_as_long_as_there_are_bytes(self):
        def check(measured):
            self.assert_messages(measured)
            least = mutants.envelope_bytes(1, PAYLOAD_BYTES)
            self.assertGreaterEqual(measured["age_us"]["min"], least * mutants.BYTE_TIME_US)
            self.assertGreaterEqual(measured.ledger["bytes_dripped"], measured["messages"]["delivered"] * least)

        self.each(check, "drip")

    def test_burnt_processor_time_is_charged_to_the_server(self):
        def check(measured):
            self.assert_messages(measured)
            delivered = measured["messages"]["delivered"]
            self.assertEqual(delivered, measured.ledger["deliveries_burnt"])
            self.assertGreaterEqual(measured.ledger["burnt_us"], delivered * mutants.BURN_US)
            self.assertGreaterEqual(measured["server"]["cpu_total_us"], measured["window"]["delivered"] * mutants.BURN_US)

        self.each(check, "slow-cpu")


class Compared(unittest.TestCase):
    def test_a_mutant_may_be_what_is_compared(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([mutants.WIRELAB, "compare", "--transports", "long-poll,websocket", "--rounds", "1", *COUNTED,
                                   "--server-program", f"{mutants.MUTANT_SERVER} --fault duplicate", "--no-charts", "-o", folder],
                                  capture_output=True, text=True, timeout=mutants.GIVE_UP_S, check=False)
            self.assertEqual(4, done.returncode, done.stderr)
            result = json.loads((Path(folder) / "result.json").read_text())
        self.assertEqual(["LOSSY"] * 2, [run["verdict"] for run in result["runs"]])
        self.assertEqual([MESSAGES // mutants.EVERY * SUBSCRIBERS] * 2, [run["messages"]["duplicated"] for run in result["runs"]])
        self.assertIn("--fault duplicate", result["configuration"]["server_program"])


class Theory(unittest.TestCase):
    def test_the_ages_of_a_window_with_a_freeze(self):
        # By hand: 10 s with 1 s of freeze in it. A tenth waits, U(0, 1 s).
        self.assertEqual(0, mutants.frozen_quantile_us(0.5, 10))
        self.assertEqual(0, mutants.frozen_quantile_us(0.9, 10))
        self.assertAlmostEqual(500_000, mutants.frozen_quantile_us(0.95, 10), delta=1)
        self.assertAlmostEqual(900_000, mutants.frozen_quantile_us(0.99, 10), delta=1)
        self.assertAlmostEqual(1_000_000, mutants.frozen_quantile_us(1, 10), delta=1)
        # Sent one at a time, each taking a tenth of the time to the next: the queue takes a ninth of a second more.
        self.assertEqual(0, mutants.frozen_quantile_us(1 - 0.1 / 0.9, 10, busy=0.1))
        self.assertAlmostEqual(910_000, mutants.frozen_quantile_us(0.99, 10, busy=0.1), delta=1)
        # By drawing it: a message each millisecond, the first thousand of them frozen.
        ages = sorted([1_000_000 - 1_000 * due for due in range(1_000)] + [0] * 3_000)
        self.assertAlmostEqual(ages[int(0.9 * len(ages))], mutants.frozen_quantile_us(0.9, 4), delta=1_000)

    def test_bytes_of_an_envelope_and_its_frame(self):
        self.assertEqual(len('{"cursor":"1-17","messages":["abc"]}'), mutants.envelope_bytes(17, 3))
        self.assertEqual([127, 130, 65535 + 4, 65536 + 10], [mutants.frame_bytes(size) for size in (125, 126, 65535, 65536)])

    def test_quantiles_of_buckets(self):
        made = {"count": 4, "max": 29, "buckets": [[10, 1], [20, 2], [30, 1]]}
        self.assertEqual([10, 20, 20, 29], [mutants.quantile_us(made, share) for share in (0.25, 0.5, 0.75, 1)])
        self.assertEqual([4, 3, 1, 0], [mutants.at_least(made, value) for value in (0, 20, 21, 31)])


class Table(unittest.TestCase):
    MEASURED = mutants.Measured("delay", "websocket", ("-c", "1"), '{"runs": [{}]}', 0, {})

    def row(self, reported, expected):
        return table.Row(self.MEASURED, "late", "age p50, ms", reported, expected, "because")

    def test_a_figure_may_be_two_per_cent_off(self):
        for reported, good in ((102, True), (98, True), (102.1, False), (97.9, False)):
            self.assertEqual(good, self.row(reported, 100).good, reported)

    def test_a_count_may_not(self):
        self.assertTrue(self.row((1000, 0), (1000, 0)).good)
        self.assertFalse(self.row((1000, 1), (1000, 0)).good)

    def test_it_prints_and_records_both(self):
        text = table.text_of([self.row(1_234.56, 1_200), self.row((3, 0), (3, 1))])
        self.assertIn("1,234.6   1,200.0     +2.88", text)
        self.assertIn("3 / 0     3 / 1     WRONG", text)
        self.assertEqual(2.88, self.row(1_234.56, 1_200).record()["off_by_percent"])


class Slowed(unittest.TestCase):
    DIFF = """differs: server program: ./mutant_server --fault none before, ./mutant_server --fault slow-cpu after
5 of 64 figures changed:
  short-poll   server CPU, ms per 1,000 delivered   28.89 [27.98, 30.47] -> 51.82 [51.06, 52.98]  x1.79
  keep-alive   server CPU, ms per 1,000 delivered   23.3 [21.86, 24.75] -> 40.74 [37.32, 44.16]  x1.75
  long-poll    server CPU, ms per 1,000 delivered   32.33 [31.36, 33.3] -> 51.56 [50.78, 52.31]  x1.59
  websocket    age p50, ms                          1.1 [1, 1.2] -> 1.6 [1.5, 1.7]  x1.45
  websocket    server CPU, ms per 1,000 delivered   10.09 [9.936, 10.19] -> 36.04 [34.76, 37.27]  x3.57
"""

    @staticmethod
    def result(cpu_ms):
        return {"summary": {transport: {"server_cpu_ms_per_1000_delivered": cpu_ms} for transport in TRANSPORTS}}

    def faults(self, text, more_ms=20):
        return slowed.faults_in_slowed(slowed.changes_in(text), self.result(10), self.result(10 + more_ms))

    def test_what_was_slowed_and_nothing_else(self):
        self.assertEqual([], self.faults(self.DIFF))

    def test_what_was_not_found(self):
        self.assertIn("keep-alive, server CPU", self.faults(self.DIFF.replace("  keep-alive   server", "  keep-alive   sewer"))[0])
        self.assertEqual(4, len(self.faults(self.DIFF, more_ms=15)))

    def test_what_had_no_reason_to_change(self):
        faults = self.faults(self.DIFF.replace("  websocket    age p50, ms  ", "  short-poll   age p50, ms  "))
        self.assertEqual(["short-poll, age p50, ms: found to have changed, and had no reason to"], faults)

    def test_between_two_of_one_server_nothing_may_change(self):
        self.assertEqual([], slowed.faults_in_again(slowed.changes_in("No change beyond noise in 64 figures.\n")))
        self.assertEqual(5, len(slowed.faults_in_again(slowed.changes_in(self.DIFF))))


if __name__ == "__main__":
    unittest.main(verbosity=2)
