"""Subscriptions: every line at least once, in order, whichever side is killed. Subscriptions mark nothing as read."""
import unittest

from chat import PATIENCE, wait_until
from rpc_client import Connection, Holding, RpcError


class SubscribeTest(Holding):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def test_lines_come_from_a_cursor_on_in_order(self):
        holder = self.daemon(self.bob)
        with Connection(self.bob.data_dir) as rpc:
            start = rpc.call("subscribe")["cursor"]
            self.alice.run("send", "bob", "--lines", stdin="".join(f"{n}\n" for n in range(150)))
            wait_until(lambda: rpc.call("status")["unread"] >= 150, PATIENCE, "all are here")
        with Connection(self.bob.data_dir) as rpc:
            rpc.call("subscribe", since=start, events=["message"])
            events = [rpc.event() for _ in range(150)]
            self.assertEqual([e["event"]["text"] for e in events], [str(n) for n in range(150)])
            cursors = [int(e["cursor"]) for e in events]
            self.assertEqual(cursors, sorted(set(cursors)))
            with Connection(self.bob.data_dir) as other:
                other.call("subscribe", since=events[99]["cursor"])
                self.assertEqual(other.event()["event"]["text"], "100")
            # Nobody has read anything, neither here nor as the sender sees it.
            self.assertGreaterEqual(rpc.call("status")["unread"], 150)
            rpc.call("mark", to="alice", receipts=False)
            wait_until(lambda: rpc.call("status")["unread"] == 0, PATIENCE, "marked")
        self.assertClean(holder.interrupt())
        states = {m["state"] for m in self.alice.history("bob") if m["event"] == "sent" and m["text"].isdigit()}
        self.assertNotIn("read", states)

    def test_a_name_goes_on_at_what_was_acknowledged(self):
        holder = self.daemon(self.bob)
        first = Connection(self.bob.data_dir)
        number = first.call("subscribe", name="bot", ack=True, events=["message"])["subscription"]
        self.alice.run("send", "bob", "--lines", stdin="".join(f"n{n}\n" for n in range(100)))
        events = [first.event() for _ in range(32)]
        self.assertEqual([e["event"]["text"] for e in events], [f"n{n}" for n in range(32)])
        # The 33rd message waits for an acknowledgement.
        first.call("status")
        self.assertEqual(list(first.told), [])
        first.call("ack", subscription=number, cursor=events[9]["cursor"])
        self.assertEqual(first.event()["event"]["text"], "n32")
        # Both are killed: messages that were not acknowledged come again.
        holder.kill()
        first.socket.close()
        holder = self.daemon(self.bob)
        with Connection(self.bob.data_dir) as rpc:
            number = rpc.call("subscribe", name="bot", ack=True, events=["message"])["subscription"]
            again = rpc.event()
            self.assertEqual((again["event"]["text"], int(again["cursor"]) > int(events[9]["cursor"])), ("n10", True))
            # A second subscriber with the same name takes over.
            with Connection(self.bob.data_dir) as rival:
                rival.call("subscribe", name="bot", events=["message"])
                self.assertEqual(rival.event()["event"]["text"], "n10")
                rpc.wait_told("ended")
                with self.assertRaises(RpcError):
                    rpc.call("ack", subscription=number, cursor=again["cursor"])
                other = rival.call("subscribe", name="other")
                self.assertGreaterEqual(int(other["cursor"]), int(again["cursor"]))
        self.assertClean(holder.interrupt())

    def test_events_of_what_happens(self):
        alice_holder, bob_holder = self.daemon(self.alice), self.daemon(self.bob)
        with Connection(self.alice.data_dir) as alice, Connection(self.bob.data_dir) as bob:
            bob.call("subscribe")
            alice.call("subscribe")
            sent = alice.call("send", to="bob", text="first")
            self.assertEqual(alice.event("sent")["event"]["text"], "first")
            self.assertEqual(alice.event("receipt")["event"]["id"], sent["id"])
            got = bob.event("message")
            self.assertEqual((got["event"]["id"], got["event"]["text"]), (sent["id"], "first"))
            alice.call("edit", id=sent["id"], text="better")
            self.assertEqual(bob.event("changed")["event"]["text"], "better")
            bob.call("react", id=sent["id"], emoji="y")
            self.assertEqual(alice.event("changed")["event"].get("reactions"), None)  # alice's own edit
            self.assertEqual(alice.event("changed")["event"]["reactions"], [{"from": "bob", "emoji": "y"}])
            bob.call("mark", to="alice")
            while alice.event("receipt")["event"]["state"] != "read":
                pass
            bob.call("group.create", group="events", users=["alice"])
            self.assertEqual(alice.event("group")["event"]["name"], "events")
            self.cluster.kill("worker1")
            self.assertNotEqual(bob.event("connection")["event"]["connection"]["state"], "live")
            self.chat.heal()
            while bob.event("connection")["event"]["connection"]["state"] != "live":
                pass
        self.assertClean(alice_holder.interrupt())
        self.assertClean(bob_holder.interrupt())

    def test_many_subscribers_and_the_bound(self):
        holder = self.daemon(self.bob)
        with Connection(self.bob.data_dir) as rpc:
            for _ in range(64):
                rpc.call("subscribe", events=["message"])
            with self.assertRaises(RpcError) as refused:
                rpc.call("subscribe")
            self.assertEqual(refused.exception.code, -32000)
            self.alice.send("bob", "to all")
            self.assertEqual([rpc.event()["event"]["text"] for _ in range(64)], ["to all"] * 64)
        with Connection(self.bob.data_dir) as rpc:  # the connection is gone, and so are its subscriptions
            wait_until(lambda: "subscription" in self.subscribed(rpc), PATIENCE, "room for another")
        self.assertClean(holder.interrupt())

    @staticmethod
    def subscribed(rpc):
        try:
            return rpc.call("subscribe")
        except RpcError:
            return {}


if __name__ == "__main__":
    unittest.main()
