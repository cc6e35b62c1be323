"""The holder of a profile serves it: each command prints, ends and fails beside a holder as it does alone, and each
method answers as docs/rpc.schema.json states."""
import os
import re
import signal
import stat
import unittest

from chat import PATIENCE, wait_until
from rpc_client import SCHEMA, WINDOW_FORMAT, Connection, Holding, RpcError, served


LOGIN = re.compile(r'"last_login_ms":\d+,')  # without a holder, a command that connects logs in


class RpcTest(Holding):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    # Commands

    @staticmethod
    def compared(bob):
        """Yields commands that print the same on every run, and their exit status."""
        message = bob.history("anna")[0]["id"]
        got = next(m for m in bob.history("anna") if m["kind"] == "file")["id"]
        for command in (["status"], ["history", "anna"], ["history", "anna", "--limit", "2"], ["search", "hello"],
                        ["quarantine"], ["files"], ["verify", "anna"], ["group", "list"], ["group", "info", "team"],
                        ["history", "#team"], ["fetch", got], ["devices"]):
            yield command, 0
            yield [*command, "--json"], 0
        for command in (["send", "nobody-at-all", "x"], ["send", "bert\x01", "x"], ["send", "anna", ""],
                        ["send", "#nogroup", "x"], ["send", "anna", "x" * 20000], ["edit", message, "not mine"],
                        ["edit", "0" * 32, "x"], ["delete", "zz"], ["react", message, "x" * 70], ["vote", message, "1"],
                        ["history", "#nogroup"], ["fetch", "0" * 32], ["files", "--cancel", "nothing"],
                        ["verify", "nobody-at-all"], ["group", "info", "nogroup"], ["group", "leave", "nogroup"],
                        ["send", "anna", "--file", "/nowhere/at/all"], ["devices", "remove", "00"],
                        ["send", "anna", "x", "--reply-to", "0" * 32], ["verify", "anna", "--keep"],
                        ["poll", "anna", "one?", "a"]):
            yield command, 1
            yield [*command, "--json"], 1

    def test_commands_beside_a_holder_are_those_alone(self):
        alice, bob = self.chat.people("anna", "bert")
        alice.send("bert", "hello, bob")
        path = os.path.join(self.chat.folder, "a file.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("what is in it\n")
        alice.run("send", "bert", "--file", path)
        alice.run("group", "create", "team", "bert")
        bob.run("listen", "--count", "2", "--save-files")
        bob.run("group", "list")
        bob.send("#team", "hello, team")
        bob.send("anna", "hello, alice")
        bob.run("send", "anna", "--me", "waves")
        alice.run("listen", "--count", "3")
        bob.empty_outbox()
        alone = [(command, code, bob.run(*command, code=code)) for command, code in self.compared(bob)]
        holder = self.daemon(bob)
        for command, code, before in alone:
            with self.subTest(command=command):
                beside = bob.run(*command, code=code)
                self.assertEqual((before.code, LOGIN.sub("", before.out), before.err),
                                 (beside.code, LOGIN.sub("", beside.out), beside.err))
        self.assertClean(holder.interrupt())
        self.assertFalse(os.path.exists(os.path.join(bob.data_dir, "socket")))

    def test_commands_that_change_something_change_it_through_the_holder(self):
        alice, bob = self.chat.people("ada", "ben")
        holder = self.daemon(bob)
        sent = bob.send("ada", "one")
        self.assertEqual(bob.run("send", "ada", "two", stdin="").out, "")
        self.assertEqual(bob.run("send", "ada", stdin="from\nstandard input\n").out, "")
        lines = bob.run("send", "ada", "--lines", "--json", stdin="a\n\nb\nc").json()
        self.assertEqual(len({line["id"] for line in lines}), 3)
        bob.run("edit", sent["id"], "one, edited")
        bob.run("react", sent["id"], "\U0001F44D")
        poll = bob.run("poll", "ada", "when?", "now", "later", "--json").json()[0]
        bob.run("vote", poll["id"], "2")
        bob.run("send", "ada", "mine", "--id", "key 1")
        bob.run("send", "ada", "other words", "--id", "key 1")
        path = os.path.join(self.chat.folder, "sent.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("bytes")
        # A path is relative to the caller's folder, whatever folder the holder runs in.
        bob.run("send", "ada", "--file", os.path.relpath(path))
        bob.run("group", "create", "crew", "ada")
        bob.run("send", "#crew", "hello, crew")
        bob.run("verify", "ada", "--mark")
        self.assertClean(holder.interrupt())
        history = bob.history("ada")
        texts = [m["text"] for m in history if m["kind"] == "text"]
        self.assertEqual(texts, ["one, edited", "two", "from\nstandard input", "a", "b", "c", "mine"])
        self.assertEqual(history[0]["reactions"], [{"from": "ben", "emoji": "\U0001F44D"}])
        self.assertEqual([o["votes"] for m in history if m["kind"] == "poll" for o in m["options"]], [[], ["ben"]])
        self.assertEqual(bob.run("verify", "ada", "--json").json()[0]["trust"], "verified")
        received = alice.receive(9)
        self.assertIn("mine", [m["text"] for m in received])

    def test_listen_serves_and_is_served(self):
        self.bob.run("listen", "--timeout", "1")
        holder = self.hold(self.bob, "listen", "--json")
        beside = self.bob.start("listen", "--json", "--count", "2")
        self.alice.send("bob", "for both")
        holder.wait_lines(1)
        beside.wait_lines(1)
        self.bob.send("alice", "beside listen")
        self.alice.send("bob", "the last")
        self.assertEqual([m["text"] for m in beside.wait().json()], ["for both", "the last"])
        holder.wait_lines(2)
        # An interrupted command ends as without a holder, and the holder goes on.
        third = self.bob.start("listen")
        self.alice.send("bob", "a third")
        third.wait_lines(1)
        self.assertEqual(third.interrupt().code, 0)
        self.assertTrue(holder.running())
        self.assertEqual(holder.interrupt().code, 0)

    def test_a_profile_has_one_holder_and_logout_ends_it(self):
        olga, = self.chat.people("olga")
        holder = self.daemon(olga)
        for command in (["daemon"], ["login", "olga"], ["signup", "olga"]):
            done = olga.run(*command, code=7, FASTCHAT_PASSWORD=olga.password)
            self.assertRegex(done.err, rf"^fastchat: profile in use by process {holder.pid}\b[^\n]*\n$")
        olga.run("logout")
        self.assertEqual(holder.wait().code, 0)
        self.assertFalse(olga.status()["remembered"])

    def test_the_password_changes_through_the_holder(self):
        carol, = self.chat.people("carol")
        holder = self.daemon(carol)
        wrong = carol.run("passwd", code=1, FASTCHAT_PASSWORD="not the password", FASTCHAT_NEW_PASSWORD="harbour kite 77")
        self.assertEqual(wrong.err, "fastchat: wrong password: try again\n")
        carol.run("passwd", FASTCHAT_PASSWORD=carol.password, FASTCHAT_NEW_PASSWORD="harbour kite 77 lantern")
        carol.send("alice", "still here")
        self.assertClean(holder.interrupt())
        carol.password = "harbour kite 77 lantern"
        carol.another_device()

    def test_a_holder_that_ends_answers_first(self):
        for n in range(8):
            holder = self.hold(self.bob, "listen")
            client = self.bob.start("send", "alice", "--lines")
            client.feed(f"before the end {n}\n")
            wait_until(lambda: self.bob.history("alice")[-1:] and
                       self.bob.history("alice")[-1]["text"] == f"before the end {n}", PATIENCE, "the line is there")
            holder.signal(signal.SIGINT)
            client.end_of_input()
            self.assertClean(client.wait())
            self.assertEqual(holder.wait().code, 0)

    def test_commands_at_a_time_without_a_holder(self):
        """Each command waits for the one before: none serves the others, and none is refused."""
        clients = [self.bob.start("send", "alice", f"at a time {n}") for n in range(4)]
        for client in clients:
            self.assertClean(client.wait())
        texts = [m["text"] for m in self.bob.history("alice")]
        self.assertEqual(sorted(t for t in texts if t.startswith("at a time")), [f"at a time {n}" for n in range(4)])

    def test_a_holder_that_has_just_begun(self):
        """Runs a command that finds the profile free, held, or served, and is never refused."""
        for n in range(10):
            holder = self.bob.start("daemon")
            self.assertClean(self.bob.run("send", "alice", f"early {n}"))
            wait_until(lambda: served(self.bob) or not holder.running(), PATIENCE, "the daemon")
            self.assertClean(holder.interrupt())

    def test_a_killed_holder_leaves_nothing_in_the_way(self):
        holder = self.daemon(self.bob)
        waiting = self.bob.start("listen", "--json")
        self.alice.send("bob", "before the kill")
        waiting.wait_lines(1)
        holder.kill()
        self.assertEqual(waiting.wait().code, 2)
        self.assertIn("ended before it answered", waiting.errors())
        self.assertTrue(os.path.exists(os.path.join(self.bob.data_dir, "socket")))
        self.bob.send("alice", "alone")
        holder = self.daemon(self.bob)
        self.bob.send("alice", "beside the next")
        self.assertClean(holder.interrupt())

    def test_a_holder_waits_for_a_server_that_is_away(self):
        self.cluster.kill("broker1")
        holder = self.hold(self.bob, "daemon")
        with Connection(self.bob.data_dir) as rpc:
            wait_until(lambda: rpc.call("connection").get("retry_after_ms"), PATIENCE, "a try that failed")
        self.assertIn("cannot be reached", self.bob.run("send", "alice", "x", code=3).err)
        self.assertEqual(self.bob.run("history", "alice").code, 0)
        self.chat.heal()
        self.bob.run("send", "alice", "y", "--timeout", PATIENCE)
        self.assertClean(holder.interrupt())

    def test_a_long_path_and_the_rights_of_the_socket(self):
        dora = self.chat.stranger("dora")
        dora.data_dir = os.path.join(dora.data_dir, *["a folder with a long name"] * 12)
        dora.sign_up()
        holder = self.daemon(dora)
        status = os.stat(os.path.join(dora.data_dir, "socket"))
        self.assertEqual((stat.S_IMODE(status.st_mode), stat.S_ISSOCK(status.st_mode)), (0o600, True))
        self.assertEqual(stat.S_IMODE(os.stat(dora.data_dir).st_mode), 0o700)
        dora.send("alice", "from far below")
        self.assertClean(holder.interrupt())

    # Methods

    def test_every_method_answers_as_the_schema_says(self):
        path = os.path.join(self.chat.folder, "method.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("bytes")
        eve, frank = self.chat.people("eve", "frank")
        holder = self.daemon(eve)
        frank.send("eve", "hello")
        with Connection(eve.data_dir) as rpc:
            wait_until(lambda: rpc.call("conversations"), PATIENCE, "the message")
            sent = rpc.call("send", to="frank", text="hi")
            self.assertEqual(rpc.call("send", to="frank", file=[path], text="with it")[0]["to"], "frank")
            rpc.call("edit", id=sent["id"], text="hi there")
            rpc.call("react", id=sent["id"], emoji="x")
            poll = rpc.call("poll", to="frank", question="?", options=["a", "b"])
            rpc.call("vote", id=poll["id"], number=1)
            rpc.call("delete", id=sent["id"])
            history = rpc.call("history", peer="frank", limit=100)
            self.assertEqual(history[0]["text"], "hello")
            self.assertEqual([m["text"] for m in rpc.call("listen", count=1)], ["hello"])
            self.assertEqual([m["text"] for m in rpc.call("search", words=["hello"])], ["hello"])
            self.assertEqual(rpc.call("verify", peer="frank")["user"], "frank")
            self.assertIsNone(rpc.call("verify", peer="frank", mark=True))
            rpc.call("group.create", group="club", users=["frank"])
            rpc.call("group.rename", group="club", name="clan")
            rpc.call("group.remove", group="clan", users="frank")
            rpc.call("group.add", group="clan", users=["frank"])
            self.assertEqual([g["name"] for g in rpc.call("group.list")], ["clan"])
            self.assertEqual(rpc.call("group.info", group="clan")["members"], ["eve", "frank"])
            rpc.call("group.handover", group="clan", user="frank")
            rpc.call("group.leave", group="clan")
            rpc.call("group.create", group="brief")
            rpc.call("group.delete", group="brief")
            file_id = next(m["id"] for m in history if m["kind"] == "file")
            self.assertTrue(os.path.isabs(rpc.call("fetch", id=file_id)["path"]))
            archive = self.chat.new_dir("archive")
            self.assertEqual({"frank", "#clan"} - {"#clan"}, {o["with"] for o in rpc.call("export", to=archive, peers="frank")})
            for method in ("files", "quarantine", "devices", "status", "version", "connection", "conversations"):
                rpc.call(method)
            self.assertEqual([(c["user"], c["trust"]) for c in rpc.call("contacts")], [("frank", "verified")])
            self.assertTrue(rpc.call("audit")["root_holds"])
            subscription = rpc.call("subscribe", since="0", ack=True)["subscription"]
            rpc.call("ack", subscription=subscription, cursor=rpc.event("message")["cursor"])
            rpc.call("unsubscribe", subscription=subscription)
            rpc.call("mark", to="frank")
            self.assertEqual(rpc.call("requests"), [])
            rpc.call("strangers")
            for method in ("block", "unblock", "accept"):
                self.assertIsNone(rpc.call(method, name="frank"))
            with self.assertRaises(RpcError):
                rpc.call("decline", name="frank")
            self.assertIn("fastchat-card:eve:", rpc.call("card")["card"])
            self.assertEqual(rpc.call("passwd", password=eve.password, new_password="violet anchor 33 mist"),
                             {"devices": 0})
            self.assertEqual(rpc.call("rekey", password="violet anchor 33 mist"),
                             {"fingerprint": rpc.call("status")["fingerprint"], "devices": 0})
            rpc.call("devices.rename", id=rpc.call("status")["device"], name="desk")
            stream = rpc.ask("send", to="frank", lines=True, stream=True)
            rpc.wait_told("wants_input")
            rpc.call("input", id=stream, text="a line\nanother\n")
            rpc.tell("input", id=stream)
            self.assertIsNone(rpc.answer(stream))
            rpc.tell("cancel", id=rpc.ask("listen"))
            self.assertEqual(rpc.answer(rpc.next), [])
            waiting = rpc.ask("listen")
            rpc.call("cancel", id=waiting)
            with self.assertRaises(RpcError) as refused:
                rpc.call("devices.remove", id="0" * 32)
            self.assertEqual((refused.exception.code, refused.exception.data), (1, {"name": "UNKNOWN_DEVICE"}))
            rpc.call("logout")
            called = set(rpc.methods.values()) - {"stream"} | {"input"}
        self.assertEqual(holder.wait().code, 0)
        judy = self.chat.stranger("judy").sign_up()
        holder = self.daemon(judy)
        with Connection(judy.data_dir) as rpc:
            rpc.call("account.delete", password=judy.password, yes=True)
            called.add("account.delete")
        self.assertIn("deleted", holder.wait().err)
        self.assertEqual(called, set(SCHEMA["$defs"]["results"]))

    def test_a_window_is_answered_as_the_schema_says(self):
        gail, hugh = self.chat.people("gail", "hugh")
        holder = self.daemon(gail)
        with Connection(gail.data_dir) as rpc, Connection(gail.data_dir) as other:
            version = rpc.call("version")["version"]
            for code, params in ((-32602, {"format": "x"}), (3, {"version": "0.0.0", "format": 1}),
                                 (3, {"version": version, "format": 0})):
                with self.assertRaises(RpcError) as refused:
                    rpc.call("window", **params)
                self.assertEqual(refused.exception.code, code)
            with self.assertRaises(RpcError) as refused:
                rpc.call("window.history", peer="hugh", limit=1)
            self.assertEqual(refused.exception.code, -32602)
            for window in (rpc, other):
                self.assertEqual(window.call("window", version=version, format=WINDOW_FORMAT)["user"], "gail")
            self.assertEqual(rpc.wait_told("window.front"), {"front": False})
            rpc.call("window.used")
            self.assertEqual(rpc.wait_told("window.front"), {"front": True})

            def told(window, kind):
                while (params := window.wait_told("window.event"))["event"] != kind:
                    pass
                return params["value"]

            rpc.call("window.send", to="hugh", text="hello", name="window-1")
            rpc.call("window.send", to="hugh", text="hello", name="window-1")
            message = told(other, "message")["message"]
            self.assertEqual(message["text"], "hello")
            self.assertEqual([m["text"] for m in rpc.call("window.history", peer="hugh", limit=32)["items"]], ["hello"])
            rpc.call("window.change_message", what=0, id=message["id"], text="hello there")
            self.assertEqual(told(other, "changed")["message"]["text"], "hello there")
            rpc.call("window.change_message", what=2, id=message["id"], text="x")
            rpc.call("window.vote", id=message["id"], choice=1)
            self.assertIn("poll", rpc.wait_told("window.line")["text"])
            rpc.call("window.send", to="nobody-at-all", text="lost?", name="window-2")
            self.assertEqual(told(rpc, "send_failed")["text"], "lost?")
            rpc.call("window.took_back", to="nobody-at-all", text="lost?")
            hugh.send("gail", "read me")
            told(other, "message")
            rpc.call("window.mark_read", peer="hugh")
            self.assertEqual(told(other, "marked_read"), {"peer": "hugh"})
            rpc.call("window.set_setting", name="draft:hugh", text="half a thought")
            self.assertEqual(other.call("window.setting", name="draft:hugh"), {"text": "half a thought"})
            rpc.call("window.typing", peer="hugh")
            rpc.call("window.search", words=["read"], limit=5)
            self.assertEqual([m["text"] for m in told(rpc, "found")["part"]["found"]], ["read me"])
            rpc.call("window.search")
            rpc.call("window.change_group", what=0, name="den", edit={"add": ["hugh"]})
            told(other, "group")
            rpc.call("window.send_file", to="hugh", path="/nothing/there")
            rpc.call("window.fetch_file", what=2, id="upload-7")
            rpc.call("window.key", what=0, user="hugh")
            self.assertEqual(told(rpc, "key")["value"]["user"], "hugh")
            rpc.call("window.devices")
            self.assertEqual(len(told(rpc, "devices")["value"]["items"]), 1)
            rpc.call("window.account", what=2, password="wrong", next="violet anchor 33 mist")
            told(rpc, "request_failed")
            self.assertEqual(rpc.call("window.info", id=message["id"])["items"][0]["message"]["text"], "hello there")
            self.assertEqual(rpc.call("window.place", peer="hugh", position=message["position"] + 1),
                             {"before": 1, "all": 2})
            contacts = rpc.call("window.contacts")["items"]
            self.assertEqual([(c["user"], c["trust"]) for c in contacts], [("hugh", 1)])
            for method in ("conversations", "groups", "transfers", "quarantine", "device_choices"):
                rpc.call("window." + method)
            rpc.call("window.requests")
            rpc.call("window.set_strangers", policy=rpc.call("window.strangers")["policy"])
            rpc.call("window.answer_request", what=0, peer="hugh")
            rpc.call("window.make_card")
            self.assertIn("fastchat-card:gail:", told(rpc, "card")["value"]["line"])
            rpc.call("window.use_card", line="fastchat-card:")
            called = {method for window in (rpc, other) for method in window.methods.values()
                      if method.startswith("window")}
            self.assertEqual(called, set(SCHEMA["$defs"]["window_results"]))
            rpc.call("window.account", what=4)
            other.wait_told("window.end")
        self.assertEqual(holder.wait().code, 0)

    def test_a_holder_that_stands_still_costs_a_command_no_more_than_its_time(self):
        holder = self.daemon(self.bob)
        os.kill(holder.pid, signal.SIGSTOP)
        try:
            done = self.bob.run("send", "alice", "hm", "--timeout", "0.1", code=6)
            self.assertRegex(done.err, r"^fastchat: [^\n]*does not answer[^\n]*\n$")
        finally:
            os.kill(holder.pid, signal.SIGCONT)
        self.assertClean(holder.interrupt())

    def test_refusals_have_their_codes(self):
        holder = self.daemon(self.bob)
        with Connection(self.bob.data_dir) as rpc:
            for code, method, params in (
                    (-32601, "shout", {}), (-32601, "", {}), (-32601, "group", {}), (-32601, "group.", {}),
                    (-32601, "send.create", {}), (-32602, "send", {}), (-32602, "send", {"to": "alice", "text": 1.5, "x": 1}),
                    (-32602, "send", {"to": ["alice"], "text": "x"}), (-32602, "send", {"to": None, "text": "x"}),
                    (-32602, "send", {"to": "alice", "text": "x", "lines": 1}), (-32602, "send", {"text": "x"}),
                    (-32602, "send", {"to": "alice", "file": "relative"}), (-32602, "history", {"peer": "a", "limit": "x"}),
                    (-32602, "send", {"to": "alice", "text": "x", "data_dir": "/"}), (-32602, "status", {"json": "yes"}),
                    (-32602, "send", {"to": "alice", "text": "x", "timeout": -1}), (-32602, "status", {"help": True}),
                    (-32602, "subscribe", {"since": "abc"}), (-32602, "subscribe", {"since": "999999"}),
                    (-32602, "subscribe", {"name": "#team"}), (-32602, "subscribe", {"ack": "yes"}),
                    (-32602, "ack", {}), (-32602, "unsubscribe", {"subscription": 99}), (-32602, "mark", {}),
                    (-32602, "cancel", {"id": 77}), (-32602, "input", {}), (-32602, "version", {"x": 1}),
                    (7, "signup", {"name": "x"}), (7, "login", {"name": "x"}), (7, "daemon", {}), (7, "rpc", {}),
                    (1, "send", {"to": "alice"}), (1, "send", {"to": "nobody-at-all", "text": "x"})):
                with self.subTest(method=method, params=params):
                    with self.assertRaises(RpcError) as refused:
                        rpc.call(method, **params)
                    self.assertEqual(refused.exception.code, code, refused.exception)
        self.assertClean(holder.interrupt())

    # On standard input and output

    def test_rpc_is_a_holder_or_joins_one(self):
        ask = '{"jsonrpc":"2.0","id":"a","method":"status"}\n{"jsonrpc":"2.0","id":2,"method":"send",' \
              '"params":{"to":"alice","text":"by rpc"}}\n'
        for beside in (False, True):
            holder = self.daemon(self.bob) if beside else None
            done = self.bob.run("rpc", stdin=ask)
            answers = {line["id"]: line.get("result", line) for line in done.json()}
            self.assertEqual((answers["a"]["user"], answers[2]["to"]), ("bob", "alice"))
            self.assertEqual(done.err, "")
            if holder:
                self.assertClean(holder.interrupt())
        self.assertEqual([m["text"] for m in self.bob.history("alice")[-2:]], ["by rpc", "by rpc"])

    def test_a_signal_ends_rpc(self):
        rpc = self.hold(self.bob, "rpc")
        self.assertEqual(self.bob.run("status", "--json").json()[0]["user"], "bob")
        rpc.signal(signal.SIGTERM)
        self.assertEqual(rpc.wait().code, 0)


if __name__ == "__main__":
    unittest.main()
