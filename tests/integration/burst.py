"""A burst of 2,000 messages with a failure in the middle, and the checks afterwards."""
from chat import BURST, PATIENCE, ChatTest, text_lines

# The number of messages that the listener has when the failure comes: well inside the burst, whose sealing takes
# seconds.
STRIKE_AT = 300


class BurstTest(ChatTest):
    """Cases strike with burst(disaster); alice sends, bob listens."""
    CLUSTER = {"workers": 3}
    PEOPLE = ("alice", "bob")

    def setUp(self):
        super().setUp()
        # Earlier cases leave a conversation; this case begins behind it.
        self.before = [len(self.alice.history("bob")), len(self.bob.history("alice"))]

    def begin(self, together=False):
        self.numbers = range(1, BURST + 1)
        (self.sender, self.sender_worker), (self.listener, self.listener_worker) = self.chat.placed(
            lambda: self.alice.send_lines("bob"), lambda: self.bob.listen(BURST), together)
        self.sender.feed(text_lines(self.numbers))
        self.sender.end_of_input()
        self.listener.wait_lines(STRIKE_AT)

    def strike(self, disaster):
        for client in (self.sender, self.listener):
            self.assertLess(client.count(), BURST, "the burst was over too soon to prove anything")
        disaster()

    def progress(self, more=300):
        """Waits until the listener has printed `more` lines more than by now."""
        self.listener.wait_lines(min(BURST, self.listener.count() + more))

    def burst(self, disaster, together=False):
        """Runs the burst with both clients surviving; returns (the output of send, the output of listen)."""
        self.begin(together)
        self.strike(disaster)
        sent, heard = self.sender.wait(2 * PATIENCE), self.listener.wait(2 * PATIENCE)
        self.assertClean(sent)
        self.assertClean(heard)
        self.assertEqual("", sent.err)
        self.assertTexts(self.numbers, heard.json())
        self.assertLessEqual({m["state"] for m in sent.json()}, {"delivered", "queued"})
        self.assertEqual(BURST, len(sent.json()))
        self.assertEqual({m["id"] for m in heard.json()}, {m["id"] for m in sent.json()})
        return sent.json(), heard.json()

    def aftermath(self):
        """Checks that the cluster is whole again: another word arrives as the very next message, nothing waits, and
        both histories are the burst and that word, once and in order."""
        self.chat.heal()
        self.alice.send("bob", "the end")
        self.assertTexts(["the end"], self.bob.receive(1))
        self.alice.empty_outbox()
        self.assertNothingWaits(self.bob)
        for person, peer, before in ((self.alice, "bob", self.before[0]), (self.bob, "alice", self.before[1])):
            self.assertTexts([*self.numbers, "the end"], person.history(peer)[before:])
