"""Messages between people who are online, who are away, and who have several devices; texts that are too large."""
import unittest

from chat import PATIENCE, ChatTest, text_lines
from fastchat_cluster import wait_until

BUS = "fastchat_worker_bus_deliveries_total"
INSERTED = "fastchat_worker_queue_rows_inserted_total"
MAX_TEXT = 16 * 1024
ALL = range(1, 201)


class DeliveryTest(ChatTest):
    PEOPLE = ("alice", "bob")

    def exchange(self, together):
        """Sends 200 messages between two live clients; returns the uses of the bus and of the queue meanwhile."""
        (sender, _), (listener, _) = self.chat.placed(
            lambda: self.alice.send_lines("bob"), lambda: self.bob.listen(len(ALL) + 1), together)
        sender.feed("first\n")
        sender.wait_lines(1)
        before = [self.chat.total(name) for name in (BUS, INSERTED)]
        sender.feed(text_lines(ALL))
        sender.end_of_input()
        sent = sender.wait()
        self.assertClean(sent)
        heard = listener.wait()
        self.assertClean(heard)
        self.assertTexts(["first", *ALL], heard.json())
        self.assertEqual({"delivered"}, {m["state"] for m in sent.json()})
        self.assertEqual([m["id"] for m in heard.json()], [m["id"] for m in sent.json()])
        self.assertEqual(0, self.alice.status()["outbox"])
        return [self.chat.total(name) - was for name, was in zip((BUS, INSERTED), before)]

    def test_on_one_worker_neither_bus_nor_database_is_used(self):
        self.assertEqual([0, 0], self.exchange(together=True))

    def test_across_workers_each_message_takes_the_bus(self):
        bus, inserted = self.exchange(together=False)
        self.assertEqual(len(ALL), bus)
        self.assertEqual(0, inserted)

    def test_waits_for_somebody_who_is_away_and_comes_in_order(self):
        self.chat.nobody_attached()
        sent = self.alice.run("send", "bob", "--lines", "--json", stdin=text_lines(ALL)).json()
        self.assertEqual({"queued"}, {m["state"] for m in sent})
        self.assertEqual(len(ALL), int(self.cluster.psql("SELECT count(*) FROM queue")))
        self.assertEqual([len(ALL), 0], [self.alice.status()[k] for k in ("outbox", "unaccepted")])
        got = self.bob.receive(len(ALL))
        self.assertTexts(ALL, got)
        self.assertEqual([m["id"] for m in sent], [m["id"] for m in got])
        self.assertNothingWaits(self.bob)
        self.alice.empty_outbox()
        self.assertLessEqual({m["state"] for m in self.alice.history("bob")[-len(ALL):]}, {"delivered", "read"})

    def test_text_of_16_kib_passes_one_byte_more_is_refused_and_loses_nothing(self):
        largest = "a" * (MAX_TEXT - 3) + "\u20ac"
        refused = self.alice.run("send", "bob", largest + "b", code=1)
        self.assertEqual("", refused.out)
        self.assertRegex(refused.err, r"^fastchat: .*too large.*16384.*\n$")
        self.alice.send("bob", largest)
        # In a stream of lines the command ends at that text. Messages accepted before stay accepted, the others are not
        # sent.
        stream = self.alice.start("send", "bob", "--lines", "--json", "--timeout", "120")
        stream.feed("before\n")
        stream.wait_lines(1)
        stream.feed("c" * (MAX_TEXT + 1) + "\n")
        ended = stream.wait()
        self.assertClean(ended, 1)
        self.assertRegex(ended.err, r"^fastchat: .*too large.*\n$")
        self.alice.send("bob", "after")
        self.assertTexts([largest, "before", "after"], self.bob.receive(3))
        self.alice.empty_outbox()


class DevicesTest(ChatTest):
    PEOPLE = ("alice", "bob")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice2 = cls.alice.another_device()

    def test_second_terminal_gets_what_waits_and_the_identity(self):
        self.alice.run("send", "bob", "--lines", stdin=text_lines(ALL))
        bob2 = self.bob.another_device()
        mine, other = self.bob.status(), bob2.status()
        self.assertEqual(mine["fingerprint"], other["fingerprint"])
        self.assertNotEqual(mine["device"], other["device"])
        ids = [m["id"] for m in bob2.receive(len(ALL))]
        self.assertTexts(ALL, bob2.history("alice"))
        # The first device has lost nothing to the second.
        self.assertEqual(ids, [m["id"] for m in self.bob.receive(len(ALL))])
        # The sender's own second device has all the messages, as sent ones.
        copies = self.alice2.start("listen", "--json")
        copies.wait_lines(len(ALL))
        self.assertClean(copies.interrupt())
        self.assertTexts(ALL, copies.json())
        self.assertEqual({("sent", "alice", "bob")}, {(m["event"], m["from"], m["to"]) for m in copies.json()})

        # Both of bob's devices, online at once on two workers, get everything; so does alice's second device, live.
        self.chat.nobody_attached()
        first, worker1 = self.chat.attached(lambda: self.bob.listen(len(ALL)))
        second, worker2 = self.chat.attached(lambda: bob2.listen(len(ALL)))
        third, _ = self.chat.attached(self.alice2.listen)
        self.assertNotEqual(worker1, worker2)
        self.alice.run("send", "bob", "--lines", stdin=text_lines(ALL))
        for listener in (first, second):
            heard = listener.wait()
            self.assertClean(heard)
            self.assertTexts(ALL, heard.json())
        third.wait_lines(len(ALL))
        self.assertClean(third.interrupt())
        self.assertTexts(ALL, third.json())
        self.assertNothingWaits(self.bob, bob2, self.alice2)

        # A message that a second device writes is alice's, and her first device sees it.
        self.alice2.send("bob", "from the other terminal")
        self.assertEqual([("alice", "from the other terminal")], [(m["from"], m["text"]) for m in self.bob.receive(1)])
        copy = self.alice.start("listen", "--json")
        written = lambda: [[m[k] for k in ("event", "text")] for m in copy.json() if m["event"] != "device"]
        wait_until(written, PATIENCE, "the copy")
        self.assertClean(copy.interrupt())
        self.assertEqual(["sent", "from the other terminal"], written()[0])


if __name__ == "__main__":
    unittest.main()
