"""Files on the screen that take their time: the page of transfers, and a download that a restart interrupts."""
import os
import signal
import unittest

from client import ScreenTest
from fastchat_cluster import wait_until

MIB = 1 << 20


class Files(ScreenTest):
    PEOPLE = ("alice", "bob")

    def signal_workers(self, number):
        for name in ("worker1", "worker2"):
            self.cluster.kill(name, number)

    def test_what_is_on_its_way_is_listed_and_goes_on_after_a_restart(self):
        source = os.path.join(self.folder, "film.bin")
        with open(source, "wb") as out:
            out.write(os.urandom(20 * MIB))
        self.fastchat("alice", "send", "bob", "--file", source)
        with self.client("bob") as bob:
            bob.wait_for("connected, worker")
            bob.press("M-a")
            bob.wait_for("alice: [film.bin")
            self.signal_workers(signal.SIGSTOP)
            self.addCleanup(self.signal_workers, signal.SIGCONT)
            bob.type("/save")
            bob.press("Enter")
            bob.type("/transfers")
            bob.press("Enter")
            bob.wait_for("down  from alice  film.bin")
            bob.wait_for("of 21 MB")
            bob.press("c")
            bob.wait_for("Cancel this transfer?")
            bob.press("n")
            bob.wait_for("C cancels")
        self.signal_workers(signal.SIGCONT)
        here = os.path.join(self.data_dir("bob"), "downloads", "film.bin")
        self.assertFalse(os.path.exists(here))
        with self.client("bob") as bob:
            wait_until(lambda: os.path.exists(here), 60, "it goes on by itself")
            bob.wait_for("connected, worker")
            bob.press("C-c")
            bob.wait_until_ended()
        with open(source, "rb") as sent, open(here, "rb") as got:
            self.assertEqual(sent.read(), got.read())


if __name__ == "__main__":
    unittest.main()
