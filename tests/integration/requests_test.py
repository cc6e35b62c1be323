"""Strangers, requests and blocked people on real processes, in a realm where strangers are asked about."""
import os
import unittest

from chat import PATIENCE, ChatTest, wait_until
from rpc_client import Connection

ASK = {"workers": 2, "broker_args": ["--strangers", "ask"]}


class RequestsTest(ChatTest):
    CLUSTER = ASK
    PEOPLE = ()

    def requests(self, person):
        return {r["with"]: r for r in person.run("requests", "--json").json()}

    def standings(self, person):
        return {c["user"]: c["standing"] for c in person.run("contacts", "--json").json()}

    def state_of(self, sender, text, to):
        return next(m["state"] for m in sender.history(to) if m["text"] == text)

    def test_a_stranger_waits_until_the_answer(self):
        amy, ben = self.chat.people("amy", "ben")
        amy.send("ben", "hello, I am amy")
        self.assertEqual("ask", ben.run("strangers", "--json").json()[0]["strangers"])
        asked = self.requests(ben)
        self.assertEqual(["amy"], list(asked))
        self.assertEqual((1, "hello, I am amy"), (asked["amy"]["messages"], asked["amy"]["text"]))
        self.assertIn("1 message: hello, I am amy", ben.run("requests").out)
        # The stranger learns nothing of the reader.
        ben.run("history", "amy")
        amy.run("status", "--ping")
        self.assertEqual("queued", self.state_of(amy, "hello, I am amy", "ben"))
        ben.run("accept", "amy")
        self.assertEqual({}, self.requests(ben))
        self.assertEqual("accepted", self.standings(ben)["amy"])
        self.assertEqual("accepted", self.standings(amy)["ben"], "writing accepts")
        ben.send("amy", "welcome")
        self.assertEqual(["welcome"], amy.texts(1))
        amy.send("ben", "thank you")
        first, second = ben.receive(2)
        self.assertEqual(["hello, I am amy", "thank you"], [first["text"], second["text"]])
        self.assertNotIn("request", second)

    def test_the_fourth_message_of_a_stranger_and_a_file_fail(self):
        cid, dan = self.chat.people("cid", "dan")
        for number in range(3):
            cid.send("dan", f"please {number}")
        done = cid.run("send", "dan", "and again", code=1)
        self.assertIn("dan has not accepted your request yet: send this again after an answer", done.err)
        self.assertEqual("failed", self.state_of(cid, "and again", "dan"))
        picture = os.path.join(self.chat.folder, "picture")
        with open(picture, "wb") as f:
            f.write(b"x" * 1000)
        done = cid.run("send", "dan", "--file", picture, code=1)  # and does not try for ever
        self.assertIn("takes no files until then", done.err)
        dan.run("requests")
        dan.run("accept", "cid")
        cid.send("dan", "and again")
        self.assertEqual(["please 0", "please 1", "please 2", "and again"], dan.texts(4))

    def test_a_declined_stranger_may_ask_again_and_a_blocked_one_is_refused(self):
        eve, fay = self.chat.people("eve", "fay")
        eve.send("fay", "buy this")
        self.assertEqual(["eve"], list(self.requests(fay)))
        fay.run("decline", "eve")
        self.assertEqual([], fay.history("eve"))
        self.assertEqual([], fay.run("conversations", "--json").json())
        self.assertIn("eve is no request", fay.run("decline", "eve", code=1).err)
        eve.send("fay", "buy that")
        self.assertEqual("buy that", self.requests(fay)["eve"]["text"])
        fay.run("block", "eve")
        self.assertEqual("blocked", self.standings(fay)["eve"])
        self.assertIn("blocked", fay.run("contacts").out)
        done = eve.run("send", "fay", "buy both", code=1)
        self.assertIn("fay takes no messages from you", done.err)
        self.assertIn("you blocked eve", fay.run("send", "eve", "no", code=1).err)
        fay.run("unblock", "eve")
        eve.send("fay", "hello")
        self.assertEqual(["eve"], list(self.requests(fay)))

    def test_refused_strangers_hear_the_same_as_blocked_ones(self):
        gil, hal = self.chat.people("gil", "hal")
        hal.run("strangers", "refuse")
        self.assertEqual("refuse\n", hal.run("strangers").out)
        done = gil.run("send", "hal", "hello", code=1)
        self.assertIn("hal takes no messages from you", done.err)
        hal.run("accept", "gil")
        gil.send("hal", "hello again")
        self.assertEqual(["hello again"], [m["text"] for m in hal.receive(1)])

    def test_two_devices_agree(self):
        ida, jon = self.chat.people("ida", "jon")
        other = jon.another_device()
        ida.send("jon", "hello")
        self.assertEqual(["ida"], list(self.requests(jon)))
        self.assertEqual(["ida"], list(self.requests(other)))
        jon.run("decline", "ida")
        wait_until(lambda: self.requests(other) == {}, PATIENCE, "the other device deletes the request")
        other.run("block", "ida")
        other.run("status", "--ping")
        wait_until(lambda: jon.run("status", "--ping") and self.standings(jon).get("ida") == "blocked", PATIENCE,
                   "the block on the first device")

    def test_a_strangers_group_is_an_invitation(self):
        kim, leo = self.chat.people("kim", "leo")
        kim.run("group", "create", "trap", "leo")
        kim.send("#trap", "surprise")
        wait_until(lambda: "#trap" in self.requests(leo), PATIENCE, "the invitation")
        self.assertEqual("kim", self.requests(leo)["#trap"]["from"])
        leo.run("decline", "#trap")
        self.assertNotIn("#trap", self.requests(leo))
        self.assertEqual([], leo.run("group", "list").out.splitlines())
        kim.run("group", "create", "club", "leo")
        wait_until(lambda: "#club" in self.requests(leo), PATIENCE, "the other invitation")
        leo.run("accept", "#club")
        self.assertNotIn("#club", self.requests(leo))
        leo.send("#club", "thank you")

    def test_an_answer_without_a_server_is_sent_later(self):
        max_, ned = self.chat.people("max", "ned")
        max_.send("ned", "hello")
        self.assertEqual(["max"], list(self.requests(ned)))
        broker, workers = "broker1", ("worker1", "worker2")
        for part in (broker, *workers):
            self.chat.cluster.kill(part)
        try:
            done = ned.run("block", "max")
            self.assertIn("the server hears of it with the next connection", done.err)
        finally:
            for part in (broker, *workers):
                self.chat.cluster.start_part(part)
        ned.run("status", "--ping")
        self.assertIn("takes no messages from you", max_.run("send", "ned", "hello?", code=1).err)

    def test_by_json_rpc(self):
        oda, pam = self.chat.people("oda", "pam")
        oda.send("pam", "hello")
        holder = pam.start("daemon")
        try:
            def listed():
                try:
                    with Connection(pam.data_dir) as rpc:
                        return rpc.call("requests")
                except OSError:  # the holder is not there yet
                    return None
            wait_until(listed, PATIENCE, "the request")
            with Connection(pam.data_dir) as rpc:
                self.assertEqual("hello", rpc.call("requests")[0]["text"])
                self.assertEqual({"strangers": "ask"}, rpc.call("strangers"))
                self.assertIsNone(rpc.call("accept", name="oda"))
                self.assertEqual([], rpc.call("requests"))
                self.assertEqual("accepted", rpc.call("contacts")[0]["standing"])
        finally:
            self.assertClean(holder.interrupt())


if __name__ == "__main__":
    unittest.main()
