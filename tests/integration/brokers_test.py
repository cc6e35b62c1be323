"""Two brokers with one key: either lets people in, and the death of one disturbs nobody for long."""
import signal
import subprocess
import unittest

from chat import PATIENCE, ChatTest, ClusterError, text_lines, wait_until


class BrokersTest(ChatTest):
    CLUSTER = {"workers": 2, "brokers": 2}
    PEOPLE = ("alice", "bob", "carol", "dave")

    def invite_of(self, broker):
        address = f"{self.cluster.address}:{self.cluster.ports.given[broker + '.clients']}"
        return subprocess.run([self.cluster.program("fastchat-broker"), "invite", "--keys", self.cluster.keys,
                               "--address", address], check=True, capture_output=True, text=True).stdout.strip()

    def test_either_broker_lets_people_in_while_the_other_is_dead(self):
        first, second = self.invite_of("broker1"), self.invite_of("broker2")
        self.assertEqual(first, self.cluster.invite)
        self.assertNotEqual(first, second)
        self.assertEqual(first.partition("?")[2], second.partition("?")[2])  # one key, one realm

        # A running chat does not notice; a new terminal and a known one come in through the other broker.
        listener, _ = self.chat.attached(lambda: self.bob.listen(4))
        sender, _ = self.chat.attached(lambda: self.alice.send_lines("bob"))
        sender.feed(text_lines([1]))
        listener.wait_lines(1)
        self.cluster.kill("broker1", signal.SIGKILL)
        sender.feed(text_lines([2]))
        listener.wait_lines(2)
        sender.end_of_input()
        self.assertClean(sender.wait())
        alice2 = self.alice.another_device(server=second)
        alice2.send("bob", "3")
        self.alice.run("send", "bob", "4", server=second)
        heard = listener.wait()
        self.assertClean(heard)
        self.assertTexts([1, 2, 3, 4], heard.json())

        # A profile remembers every broker that a server has named.
        self.alice.run("send", "bob", "5")
        self.chat.heal()
        self.cluster.kill("broker2", signal.SIGKILL)
        self.alice.run("send", "bob", "6")
        alice2.run("send", "bob", "7", server=first)
        bob2 = self.bob.another_device(server=first)
        self.assertTexts([5, 6, 7], bob2.receive(3))
        self.assertTexts([5, 6, 7], self.bob.receive(3))

    def test_a_profile_that_knows_one_dead_broker_says_so(self):
        self.cluster.kill("broker1", signal.SIGKILL)
        refused = self.bob.run("send", "alice", "hello", code=3)
        self.assertRegex(refused.err, r"^fastchat: [^\n]*cannot be reached[^\n]*\n$")
        self.assertEqual(0, self.bob.status()["outbox"])
        self.chat.heal()
        self.bob.run("send", "alice", "hello")
        self.assertTexts(["hello"], self.alice.receive(1))

    def test_with_one_broker_dead_and_the_database_gone_live_chat_goes_on(self):
        """Each of these two has one device, so nothing has to be kept for another one.

        A worker that hears nothing of a broker for two seconds has to drop its cache, and a busy machine can cause such
        a silence. Then the database has to come back before a message passes, and the test tries once more.
        """
        tries, a_try = 5, 20
        total = 2 + tries * a_try
        listener, _ = self.chat.attached(lambda: self.dave.listen(total))
        sender, _ = self.chat.attached(lambda: self.carol.send_lines("dave"))
        sender.feed(text_lines([1]))
        listener.wait_lines(1)
        self.cluster.kill("broker2", signal.SIGKILL)
        workers = self.cluster.worker_names

        def metric(name):
            return {self.cluster.metrics(w)[name] for w in workers}
        wait_until(lambda: metric("fastchat_worker_brokers_heard") == {1}, PATIENCE, "it is known to be silent")
        self.assertEqual({2}, metric("fastchat_worker_brokers"))
        wait_until(lambda: metric("fastchat_worker_directory_trusted") == {1}, PATIENCE, "it is known not to run")
        # The cache may be void by now. The worker looks the users up once while the database is there.
        sender.feed(text_lines([2]))
        listener.wait_lines(2)
        sent, went_on = 2, False
        while not went_on and sent < total:
            self.assertTrue(self.cluster.stop_part("postgres"))
            sender.feed(text_lines(range(sent + 1, sent + a_try + 1)))
            went_on = self.comes_within(10, sender, sent + a_try)
            if went_on:
                self.assertEqual({"delivered"}, {m["state"] for m in sender.json()[sent:]})
            self.cluster.start_part("postgres")
            sent += a_try
            sender.wait_lines(sent)
        self.assertTrue(went_on, "messages pass while the database is away")
        sender.feed(text_lines(range(sent + 1, total + 1)))
        sender.end_of_input()
        self.assertClean(sender.wait())
        heard = listener.wait()
        self.assertTexts(range(1, total + 1), heard.json())

    def comes_within(self, seconds, command, lines):
        try:
            command.wait_lines(lines, seconds)
        except ClusterError:
            return False
        return True


if __name__ == "__main__":
    unittest.main()
