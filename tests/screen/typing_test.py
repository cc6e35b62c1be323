"""Typing signals between two screens at two workers, for users who switched them on, and for nobody else."""
import unittest

from client import ScreenTest
from fastchat_cluster import wait_until

CHOSE = {"FASTCHAT_TYPING": "true"}


class Typing(ScreenTest):
    PEOPLE = ("alice", "bob", "carol")

    def signals(self):
        return sum(self.cluster.metrics(f"worker{n}")["fastchat_worker_signals_total"] for n in (1, 2))

    def meet(self, screen, other):
        screen.wait_for("connected, worker")
        screen.type(f"/msg {other}")
        screen.press("Enter")

    def test_is_seen_by_who_chose_so_and_goes_away(self):
        self.fastchat("alice", "send", "bob", text="hello")
        self.fastchat("alice", "send", "carol", text="hello")
        with self.client("alice", env=CHOSE) as alice, self.client("bob", env=CHOSE) as bob:
            self.meet(alice, "bob")
            self.meet(bob, "alice")
            bob.wait_for("alice: hello")
            alice.wait_until(lambda s: "delivered" in s or " read" in s)
            workers = {next(w for w in ("worker1", "worker2") if w in s.screen()) for s in (alice, bob)}
            self.assertEqual(workers, {"worker1", "worker2"})  # round-robin, so the signals cross the bus
            alice.type("I am")
            bob.wait_for("─ alice is typing ─")
            self.assertNotIn("is typing", alice.screen())
            alice.type(" here")
            alice.press("Enter")
            bob.wait_for("alice: I am here")
            bob.wait_until(lambda s: "is typing" not in s)
            # The next signal comes 5 s after the last. Then nobody types, and the line goes away by itself.
            bob.type("and")
            alice.wait_for("─ bob is typing ─")
            alice.wait_until(lambda s: "is typing" not in s)
            bob.press("C-u")
            with self.client("carol") as carol:  # carol did not switch signals on
                self.meet(carol, "alice")
                carol.wait_for("hello")
                before = self.signals()
                carol.type("psst")
                self.meet(alice, "carol")
                alice.type("for carol")
                wait_until(lambda: self.signals() == before + 1, 30, "alice's signal")  # only alice's signal
                carol.type("!")
                carol.press("Enter")
                alice.wait_for("carol: psst!")
                self.assertNotIn("is typing", carol.screen())
                self.assertEqual(self.signals(), before + 1)
                carol.press("C-c")
                carol.wait_until_ended()
            for screen in (alice, bob):
                screen.press("C-c")
                screen.wait_until_ended()
        for name in ("worker1", "worker2"):
            self.assertEqual(self.cluster.metrics(name)["fastchat_worker_malformed_total"], 0)


if __name__ == "__main__":
    unittest.main()
