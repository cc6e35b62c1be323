"""Commands beside an open screen: they run in the screen's process, the screen shows their effects, and it goes on."""
import json
import os
import time
import unittest

from client import ScreenTest
from fastchat_cluster import wait_until


class Beside(ScreenTest):
    PEOPLE = ("alice", "bob")

    def logins(self):
        return self.cluster.metrics("broker1")['fastchat_broker_events_total{event="logged_in"}']

    def test_send_beside_an_open_screen(self):
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("bob")
            took = []
            for n in range(20):
                began = time.monotonic()
                self.fastchat("alice", "send", "bob", f"beside the screen {n}")
                took.append((time.monotonic() - began) * 1000)
            took.sort()
            print(f"send beside an open screen: {took[0]:.0f} ms at least, {took[10]:.0f} ms in the middle", flush=True)
            screen.wait_for("beside the screen 19")
            self.fastchat("bob", "send", "alice", "an answer")
            screen.wait_for("an answer")
            history = [json.loads(line) for line in self.fastchat("alice", "history", "bob", "--json").splitlines()]
            self.assertEqual([m["text"] for m in history],
                             [f"beside the screen {n}" for n in range(20)] + ["an answer"])
            # The screen holds one connection to the server; a command beside the screen makes none.
            logins = self.logins()
            self.fastchat("alice", "send", "bob", "and one more")
            self.assertEqual(self.logins(), logins)
            screen.wait_for("and one more")
            screen.press("C-c")
        wait_until(lambda: not os.path.exists(os.path.join(self.data_dir("alice"), "socket")), 30, "the socket is gone")

    def test_logout_ends_the_screen(self):
        with self.client("bob") as screen:
            screen.wait_for("connected, worker")
            self.fastchat("bob", "logout")
            wait_until(lambda: not os.path.exists(os.path.join(self.data_dir("bob"), "socket")), 30, "the screen ended")
        self.assertFalse(json.loads(self.fastchat("bob", "status", "--json"))["remembered"])


if __name__ == "__main__":
    unittest.main()
