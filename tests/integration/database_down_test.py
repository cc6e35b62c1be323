"""PostgreSQL is away for a while: live people chat on, and messages to others stay in the outboxes of their senders."""
import unittest

from chat import PATIENCE, ChatTest, text_lines
from fastchat_cluster import wait_until

AFTER = range(2, 52)
REJECTED = "fastchat_worker_rejected_total"


class DatabaseDownTest(ChatTest):
    PEOPLE = ("alice", "bob", "carol", "dave", "erin")

    def test_live_chat_goes_on_and_the_rest_waits_in_outboxes(self):
        (to_bob, _), (listener, _) = self.chat.placed(
            lambda: self.alice.send_lines("bob"), lambda: self.bob.listen(2 + len(AFTER)), together=False)
        patient, hasty = self.dave.send_lines("carol"), self.erin.send_lines("carol")
        for client in (to_bob, patient, hasty):
            client.feed("1\n")
            client.wait_lines(1)
        self.assertEqual("queued", patient.json()[0]["state"])

        self.assertTrue(self.cluster.stop_part("postgres"))
        rejected = {w: self.cluster.metrics(w)[REJECTED] for w in self.cluster.worker_names}
        for client in (to_bob, patient, hasty):
            client.feed(text_lines(AFTER))
        # Live sessions, on two workers.
        to_bob.wait_lines(1 + len(AFTER))
        listener.wait_lines(1 + len(AFTER))
        self.assertEqual({"delivered"}, {m["state"] for m in to_bob.json()})
        # Every message to carol has been refused at least once as busy; none counts as accepted.
        wait_until(lambda: self.chat.total(REJECTED) >= sum(rejected.values()) + 2 * len(AFTER), PATIENCE, "busy for everything")
        self.assertEqual([1, 1], [patient.count(), hasty.count()])
        self.assertTrue(patient.running() and hasty.running())
        # A worker that refused a message becomes unready at once, the other one after its next probe.
        refused_at = [w for w in self.cluster.worker_names if self.cluster.metrics(w)[REJECTED] > rejected[w]]
        self.assertTrue(refused_at)
        for worker in refused_at:
            health, why = self.cluster.health(worker)
            self.assertFalse(health)
            self.assertIn("database", why)
        wait_until(lambda: not any(self.cluster.health(w)[0] for w in self.cluster.worker_names), PATIENCE, "unwell")

        # One of the two gives up: its program names the messages that stay, and the outbox on disk has them.
        gave_up = hasty.interrupt()
        self.assertClean(gave_up, 2)
        self.assertRegex(gave_up.err, r"^fastchat: interrupted: 50 not accepted yet; the outbox keeps them[^\n]*\n$")
        self.assertEqual([51, 50], [self.erin.status()[k] for k in ("outbox", "unaccepted")])
        # Nobody logs in meanwhile; one error line reports that.
        refused = self.erin.run("send", "carol", "now?", "--timeout", "60", code=None)
        self.assertIn(refused.code, (3, 6), refused)
        self.assertRegex(refused.err, r"^fastchat: [^\n]+\n$")

        self.cluster.start_part("postgres")
        patient.wait_lines(1 + len(AFTER))
        patient.end_of_input()
        self.assertClean(patient.wait())
        self.assertEqual(0, self.dave.status()["unaccepted"])
        self.erin.run("devices")  # any command that connects sends the outbox
        wait_until(lambda: self.erin.run("listen", "--timeout", "1") and self.erin.status()["unaccepted"] == 0, PATIENCE,
                   "the outbox has gone out")

        got = self.carol.receive(2 * (1 + len(AFTER)))
        for person in ("dave", "erin"):
            self.assertTexts([1, *AFTER], [m for m in got if m["from"] == person])
        to_bob.feed("last\n")
        to_bob.end_of_input()
        self.assertClean(to_bob.wait())
        heard = listener.wait()
        self.assertClean(heard)
        self.assertTexts([1, *AFTER, "last"], heard.json())
        for person in (self.alice, self.dave, self.erin):
            person.empty_outbox()
        self.assertNothingWaits(self.bob, self.carol)


if __name__ == "__main__":
    unittest.main()
