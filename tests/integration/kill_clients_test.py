"""kill -9 of the clients in the middle of a burst."""
import unittest

from burst import BurstTest
from chat import BURST, PATIENCE, text_lines
from fastchat_cluster import wait_until

# The number of lines of `listen` that may be printed again: one turn of its loop had printed them, and had not marked
# them on disk.
A_TURN = 200


class KillClientsTest(BurstTest):
    CLUSTER = {"workers": 2}

    def test_kill_of_the_sender(self):
        """Messages printed as accepted arrive. Messages in the outbox go out later, once. No others arrive."""
        self.begin()
        self.strike(self.sender.kill)
        accepted = [m["id"] for m in self.sender.json()]
        self.assertGreater(len(accepted), 0)
        self.assertEqual(len(accepted), len(set(accepted)))
        self.alice.empty_outbox()
        self.alice.send("bob", "again")

        # bob still waits for 2,000; his output ends with that word. The messages on alice's disk are a prefix.
        stored = len(self.alice.history("bob")) - self.before[0] - 1
        self.assertGreaterEqual(stored, len(accepted))
        self.assertLess(stored, BURST)
        self.listener.wait_lines(stored + 1)
        heard = self.listener.interrupt()
        self.assertClean(heard)
        self.numbers = [*range(1, stored + 1), "again"]
        self.assertTexts(self.numbers, heard.json())
        self.assertLessEqual(set(accepted), {m["id"] for m in heard.json()})
        self.aftermath()

        # alice sends the other lines again; they arrive behind the prefix, once.
        self.before = [len(self.alice.history("bob")), len(self.bob.history("alice"))]
        self.numbers = range(stored + 1, BURST + 1)
        self.alice.run("send", "bob", "--lines", stdin=text_lines(self.numbers))
        self.assertTexts(self.numbers, self.bob.receive(len(self.numbers)))
        self.aftermath()

    def test_kill_of_the_listener(self):
        self.begin()
        self.strike(self.listener.kill)
        first = self.listener.json()
        again = self.bob.start("listen", "--json")
        sent = self.sender.wait()
        self.assertClean(sent)
        self.assertEqual(BURST, len(sent.json()))
        self.alice.send("bob", "last")
        self.alice.empty_outbox()

        # The kill comes between printing a line and marking it. The last lines of the first run may come twice on the
        # screen, never in the conversation. No earlier line comes twice.
        def complete():
            return again.count() > 0 and again.json()[-1]["text"] == "last"
        wait_until(complete, PATIENCE, "the last message is printed")
        self.assertClean(again.interrupt())
        second = again.json()
        twice = int(first[-1]["text"]) - int(second[0]["text"]) + 1
        self.assertTrue(0 <= twice <= A_TURN, f"{twice} lines came twice")
        self.numbers = [*range(1, BURST + 1), "last"]
        self.assertTexts(self.numbers, first[:len(first) - twice] + second)
        self.assertEqual({m["id"] for m in sent.json()}, {m["id"] for m in [*first, *second][:-1]})
        self.aftermath()


if __name__ == "__main__":
    unittest.main()
