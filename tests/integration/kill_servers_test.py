"""kill -9 of the broker and of PostgreSQL in the middle of a burst; the chat between live sessions does not stop."""
import signal
import unittest

from burst import BurstTest


class KillServersTest(BurstTest):
    CLUSTER = {"workers": 2}

    def test_kill_of_the_broker(self):
        self.burst(lambda: self.cluster.kill("broker1", signal.SIGKILL))
        self.aftermath()

    def test_kill_of_the_broker_and_then_of_a_worker_until_a_broker_is_back(self):
        def disaster():
            self.cluster.kill("broker1", signal.SIGKILL)
            self.cluster.kill(self.sender_worker, signal.SIGKILL)
            self.cluster.start_part("broker1")
        self.burst(disaster)
        self.aftermath()

    def test_kill_of_postgresql(self):
        def disaster():
            self.cluster.kill("postgres", signal.SIGKILL)
            self.progress()  # goes on without a database
            self.cluster.start_part("postgres")
        self.burst(disaster)
        self.aftermath()

    def test_kill_of_postgresql_while_messages_are_queued(self):
        """The recipient is away, so every message goes through the database that dies."""
        self.chat.nobody_attached()
        self.numbers = range(1, 2001)
        inserted = "fastchat_worker_queue_rows_inserted_total"
        before = self.chat.total(inserted)
        self.sender = self.alice.send_lines("bob")
        self.sender.feed("".join(f"{n}\n" for n in self.numbers))
        self.sender.end_of_input()
        self.sender.wait_lines(300)
        self.cluster.kill("postgres", signal.SIGKILL)
        self.assertLess(self.sender.count(), len(self.numbers))
        self.cluster.start_part("postgres")
        sent = self.sender.wait()
        self.assertClean(sent)
        self.assertEqual(len(self.numbers), len(sent.json()))
        self.assertGreaterEqual(self.chat.total(inserted) - before, len(self.numbers))
        self.assertTexts(self.numbers, self.bob.receive(len(self.numbers)))
        self.aftermath()


if __name__ == "__main__":
    unittest.main()
