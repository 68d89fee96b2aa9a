"""Each fault once with a real server in a process of its own, over real sockets, with the real clients. How hard it was hit
is in the record, too: a fault that was not injected proves nothing. tests/faults/faults_test.cpp plays hundreds of
schedules, simulated."""

import unittest
from concurrent.futures import ThreadPoolExecutor

import fault_runs

RUNS = {("killed", "long-poll"): 4, ("killed", "websocket"): 4, ("stopped", "websocket"): 1, ("cut", "keep-alive"): 2,
        ("cut", "websocket"): 2, ("half-open", "websocket"): 1, ("lossy", "long-poll"): 1}  # seconds


def setUpModule():
    """All at once: they wait most of the time."""
    global under_way
    with ThreadPoolExecutor(len(RUNS)) as together:
        under_way = {(fault, transport): together.submit(fault_runs.with_processes, fault, transport, "--seconds", seconds)
                     for (fault, transport), seconds in RUNS.items()}


class Processes(unittest.TestCase):
    def deliver(self, fault, transport, least=1):
        record = under_way[fault, transport].result()
        self.assertEqual({}, {key: record[key] for key in fault_runs.WRONG if record[key]}, record["sentences"])
        self.assertTrue(record["clean"], record)
        self.assertGreaterEqual(record["injected"], least)
        self.assertGreater(record["published"], 0)
        self.assertEqual(0, record["server_exit_code"], "the server that was left stops when it is told to")
        return record

    def test_killed_and_started_again_each_second(self):
        for transport in ("long-poll", "websocket"):
            with self.subTest(transport):
                record = self.deliver("killed", transport, least=2)
                self.assertGreaterEqual(record["gaps"], 2 * 6, "each subscriber is told of each lost memory")

    def test_stopped_for_three_seconds(self):
        record = self.deliver("stopped", "websocket")
        self.assertEqual(0, record["gaps"], "nothing was lost, so there is nothing to announce")

    def test_cut_within_frames_and_bodies(self):
        for transport in ("keep-alive", "websocket"):
            with self.subTest(transport):
                record = self.deliver("cut", transport, least=10)
                self.assertGreater(record["retried"], 0, "some publishing was cut off before its answer")

    def test_half_open_peers_are_noticed_by_both_sides(self):
        record = self.deliver("half-open", "websocket")
        self.assertGreater(record["server_noticed_within_ms"], 0)
        self.assertGreater(record["clients_noticed_within_ms"], 0)

    def test_five_in_a_hundred_segments_lost(self):
        try:
            record = self.deliver("lossy", "long-poll", least=5)
        except fault_runs.NoRights as missing:
            self.skipTest(str(missing))
        self.assertEqual(0, record["gaps"])

    def test_a_seed_is_a_schedule(self):
        records = [fault_runs.simulated("cut", "websocket", "--seeds", 2, "--seed", 7) for _ in range(2)]
        self.assertEqual(*records)


if __name__ == "__main__":
    unittest.main()
