"""Workers end in the middle of a burst, by kill -9 or by SIGTERM; the others go on."""
import signal
import unittest

from burst import BurstTest


class KillWorkersTest(BurstTest):
    def test_kill_of_the_senders_worker(self):
        self.burst(lambda: self.cluster.kill(self.sender_worker, signal.SIGKILL))
        self.aftermath()

    def test_kill_of_the_recipients_worker(self):
        self.burst(lambda: self.cluster.kill(self.listener_worker, signal.SIGKILL))
        self.aftermath()

    def test_kill_of_the_worker_of_both(self):
        self.burst(lambda: self.cluster.kill(self.sender_worker, signal.SIGKILL), together=True)
        self.aftermath()


class StopWorkersTest(BurstTest):
    def stop(self, name):
        self.assertTrue(self.cluster.stop_part(name), f"{name} did not end by itself with status 0")
        # The worker's clients went to other workers by themselves.
        self.assertTrue(self.sender.running() and self.listener.running())

    def test_shutdown_of_the_senders_worker(self):
        self.burst(lambda: self.stop(self.sender_worker))
        self.aftermath()

    def test_shutdown_of_the_recipients_worker(self):
        self.burst(lambda: self.stop(self.listener_worker))
        self.aftermath()


if __name__ == "__main__":
    unittest.main()
