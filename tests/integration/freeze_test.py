"""A worker that stands still for 12 s (SIGSTOP, as on a suspended machine) and then goes on."""
import signal
import time
import unittest

from burst import BurstTest
from fastchat_cluster import wait_until

FROZEN_S = 12


class FreezeTest(BurstTest):
    def freeze(self, name):
        oversleeps = self.cluster.metrics(name)["fastchat_worker_oversleeps_total"]
        thawed_at = time.monotonic() + FROZEN_S
        self.cluster.kill(name, signal.SIGSTOP)
        # The broker notices. This case needs the time itself.
        wait_until(lambda: self.cluster.metrics("broker1")["fastchat_broker_workers"] == 2, 30, "it is taken for dead")
        wait_until(lambda: time.monotonic() >= thawed_at, FROZEN_S + 30)
        self.assertTrue(self.cluster.running(name))
        self.cluster.kill(name, signal.SIGCONT)
        wait_until(lambda: self.cluster.metrics(name)["fastchat_worker_oversleeps_total"] > oversleeps, 60,
                   "it noticed that it slept")

    def test_freeze_of_the_senders_worker(self):
        self.burst(lambda: self.freeze(self.sender_worker))
        self.aftermath()

    def test_freeze_of_the_recipients_worker(self):
        self.burst(lambda: self.freeze(self.listener_worker))
        self.aftermath()


if __name__ == "__main__":
    unittest.main()
