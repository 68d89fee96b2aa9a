#!/usr/bin/python3
"""`wirelab load` against servers of known misbehaviour: the report names what was injected and counts it exactly.

Times are checked from below only, which no busy machine can spoil: what was held back for 50 ms is never younger than
that. How near they come from above is for a quiet machine: table.py. tests/mutants/faults_test.cpp has the same to the
nanosecond, on a clock that does not run."""

import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True

import mutants
from mutants import TRANSPORTS, measure

SUBSCRIBERS = 3
MESSAGES = 200
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
        runs = {name: pool.submit(measure, name[0].split(",")[0], name[1], *flags) for name, flags in longest_first}
        return {name: run.result() for name, run in runs.items()}


class Mutants(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.measured = measure_all()

    def each(self, fault):
        for (name, transport), measured in self.measured.items():
            if name == fault:
                with self.subTest(fault=fault, transport=transport):
                    yield measured

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
        self.assertIn(f"verdict: {measured.transport} LOSSY", measured.report)
        self.assertIn(reason, measured.report)

    def hit(self, measured, what):
        """How many deliveries a fault in every hundredth message must cost, in the mutant's count and in theory."""
        self.assertEqual(MESSAGES, measured["messages"]["published"])
        self.assertEqual(MESSAGES, measured.ledger["messages"])
        self.assertEqual(MESSAGES // mutants.EVERY, measured.ledger[what])
        return MESSAGES // mutants.EVERY * SUBSCRIBERS

    def test_without_a_fault_nothing_is_found(self):
        for measured in self.each("none"):
            self.assertEqual(MESSAGES, measured["messages"]["published"])
            self.assert_messages(measured)
            self.assertNotIn("LOSSY", measured.report)

    def test_every_hundredth_is_lost(self):
        for name in ("drop", "drop, in frames"):
            for measured in self.each(name):
                lost = self.hit(measured, "dropped")
                self.assert_messages(measured, lost=lost)
                self.assert_lossy(measured, f"{lost} of {MESSAGES * SUBSCRIBERS} deliveries did not come")

    def test_every_hundredth_comes_twice(self):
        for measured in self.each("duplicate"):
            duplicated = self.hit(measured, "duplicated")
            self.assert_messages(measured, duplicated=duplicated)
            self.assert_lossy(measured, f"{duplicated} came more than once")

    def test_every_hundredth_overtakes_the_one_before(self):
        for measured in self.each("reorder"):
            out_of_order = self.hit(measured, "reordered")
            self.assert_messages(measured, out_of_order=out_of_order)
            self.assert_lossy(measured, f"{out_of_order} came out of order")

    def test_what_leaves_50_ms_later_is_never_younger(self):
        for measured in self.each("delay"):
            self.assert_messages(measured)
            pushed = measured.transport == "websocket"
            self.assertGreaterEqual(measured["age_us"]["min"], mutants.DELAY_US)
            self.assertGreaterEqual(measured["publish_time_us"]["min"], mutants.DELAY_US)
            if not pushed:
                self.assertGreaterEqual(measured["service_time_us"]["min"], mutants.DELAY_US)
            # Held back was every answer, and every frame: one a message and the first envelope.
            ledger, delivered = measured.ledger, measured["messages"]["delivered"]
            self.assertEqual(delivered + SUBSCRIBERS if pushed else 0, ledger["frames_delayed"])
            self.assertGreaterEqual(ledger["answers_delayed"], measured["messages"]["published"])
            self.assertLessEqual(ledger["answers"], ledger["answers_delayed"])

    def test_a_frozen_second_is_in_the_ages_of_all_that_was_due_in_it(self):
        for name in ("freeze", "freeze, one POST at a time"):
            for measured in self.each(name):
                self.assert_messages(measured)
                self.assertGreaterEqual(measured.ledger["frozen_us"], mutants.FREEZE_US)
                # Due in the first half of the freeze: older than its second half.
                waited = mutants.at_least(measured["age_us"], mutants.FREEZE_US / 2)
                self.assertGreaterEqual(waited, (FROZEN_RATE / 2 - 1) * SUBSCRIBERS)
                self.assertGreaterEqual(measured["age_us"]["max"], mutants.FREEZE_US - 1e6 / FROZEN_RATE)

    def test_a_publisher_that_waits_for_answers_omits_the_frozen_second(self):
        for measured in self.each("freeze, one POST at a time"):
            due = mutants.at_least(measured["age_us"], mutants.FREEZE_US / 2)
            sent = mutants.at_least(measured["age_from_send_us"], mutants.FREEZE_US / 2)
            self.assertLess(sent, due / 4, "one message was under way, the others had not been sent yet")

    def test_a_byte_at_a_time_takes_as_long_as_there_are_bytes(self):
        for measured in self.each("drip"):
            self.assert_messages(measured)
            least = mutants.envelope_bytes(1, 128)
            self.assertGreaterEqual(measured["age_us"]["min"], least * mutants.BYTE_TIME_US)
            self.assertGreaterEqual(measured.ledger["bytes_dripped"], measured["messages"]["delivered"] * least)

    def test_burnt_processor_time_is_charged_to_the_server(self):
        for measured in self.each("slow-cpu"):
            self.assert_messages(measured)
            delivered = measured["messages"]["delivered"]
            self.assertEqual(delivered, measured.ledger["deliveries_burnt"])
            self.assertGreaterEqual(measured.ledger["burnt_us"], delivered * mutants.BURN_US)
            self.assertGreaterEqual(measured["server"]["cpu_total_us"], measured["window"]["delivered"] * mutants.BURN_US)


class Theory(unittest.TestCase):
    def test_the_ages_of_a_window_with_a_freeze(self):
        # By hand: 10 s with 1 s of freeze in it. A tenth waits, U(0, 1 s).
        self.assertEqual(0, mutants.frozen_quantile_us(0.5, 10))
        self.assertEqual(0, mutants.frozen_quantile_us(0.9, 10))
        self.assertAlmostEqual(500_000, mutants.frozen_quantile_us(0.95, 10), delta=1)
        self.assertAlmostEqual(900_000, mutants.frozen_quantile_us(0.99, 10), delta=1)
        self.assertAlmostEqual(1_000_000, mutants.frozen_quantile_us(1, 10), delta=1)
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
