"""history with times and --follow, conversations and contacts, send --wait, names that were mistyped, and the progress
of a file: alone and beside a holder of the profile."""
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time
import unittest

from chat import PATIENCE, dies_with_us, wait_until
from rpc_client import Connection, Holding, served


class HistoryTest(Holding):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def wait_for(self, client, text):
        wait_until(lambda: text in client.text(), PATIENCE, f"{text!r} in {client.text()!r}, {client.errors()!r}")

    def test_a_time_limits_what_is_printed(self):
        alice, bob = self.chat.people("amy", "ben")
        alice.send("ben", "first")
        begun = alice.history("ben")[0]["sent_ms"]
        wait_until(lambda: time.time() * 1000 > begun + 2, PATIENCE, "the clock went on")
        for text in ("second", "third"):
            alice.send("ben", text)
        second = alice.history("ben")[1]["sent_ms"]
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second // 1000)) + f".{second % 1000:03}Z"

        def texts(*options):
            return [m["text"] for m in alice.run("history", "ben", "--json", *options).json()]
        self.assertEqual(["second", "third"], texts("--since", moment))
        self.assertEqual(["first"], texts("--before", moment))
        self.assertEqual(["third"], texts("--since", moment, "--limit", "1"))
        self.assertEqual(["first", "second", "third"], texts("--since", "1h"))
        self.assertEqual([], texts("--before", "1h"))
        self.assertEqual([], texts("--since", "2999-01-01"))
        self.assertEqual(["first", "second", "third"], texts("--since", time.strftime("%Y-%m-%d", time.gmtime(begun / 1000))))
        self.assertEqual(["second", "third"], texts("--limit", "2"))
        self.assertEqual(["third"], [m["text"] for m in alice.run("search", "third", "after:1h", "--json").json()])
        self.assertEqual([], alice.run("search", "third", "before:1h", "--json").json())
        holder = self.daemon(alice)
        self.assertEqual(["second", "third"], texts("--since", moment))
        with Connection(alice.data_dir) as rpc:
            self.assertEqual(["first"], [m["text"] for m in rpc.call("history", peer="ben", before=moment)])
        self.assertClean(holder.interrupt())

    def test_more_lines_than_a_page_come_in_their_order(self):
        alice, bob = self.chat.people("anya", "boris")
        numbers = [str(n) for n in range(450)]
        alice.run("send", "boris", "--lines", stdin="\n".join(numbers))
        self.assertTexts(numbers, alice.history("boris"))
        self.assertTexts(numbers[-201:], alice.history("boris", limit=201))
        self.assertTexts(numbers[-200:], alice.history("boris", limit=200))
        self.assertTexts(numbers[-50:], alice.run("history", "boris", "--json").json())
        self.assertTexts(numbers, alice.run("history", "boris", "--json", "--since", "1h").json())

    def follow(self, beside):
        alice, bob = self.chat.people(*(("ada", "bill") if beside else ("ann", "bert")))
        them = bob.name
        bob.send(alice.name, "before")
        alice.run("listen", "--count", "1")
        holder = self.daemon(alice) if beside else None
        lines = alice.start("history", them, "--follow", "--json")
        text = alice.start("history", them, "--follow") if beside else None
        lines.wait_lines(1)
        # A follower serves the profile: another command sends meanwhile.
        sent = alice.send(them, "mine")
        numbers = [str(n) for n in range(300)]
        bob.run("send", alice.name, "--lines", stdin="\n".join(numbers))
        edited = bob.send(alice.name, "to be changed")
        bob.run("edit", edited["id"], "changed")

        def seen(event):
            return [m for m in lines.json() if m["event"] == event]
        wait_until(lambda: any(m["text"] == "changed" for m in lines.json()), PATIENCE, "the change came")
        bob.run("listen", "--count", "1")
        wait_until(lambda: any(m["id"] == sent["id"] and m["state"] == "delivered" for m in lines.json()),
                   PATIENCE, "the receipt came")
        self.assertEqual(["before", *numbers], [m["text"] for m in seen("message")][:301], "no gap, no repeat")
        self.assertEqual(["mine"], [m["text"] for m in seen("sent")])
        self.assertEqual(len(lines.json()), 303 + len(seen("changed")))
        if beside:
            self.wait_for(text, ": changed\n")
            self.assertClean(text.interrupt())
        self.assertClean(lines.interrupt())
        if holder:
            self.assertClean(holder.interrupt())
        self.assertClean(alice.run("history", them, "--follow", "--timeout", "0.5"))

    def test_follow_alone(self):
        self.follow(False)

    def test_follow_beside_a_holder(self):
        self.follow(True)

    def test_a_slow_reader_stops_nobody_and_misses_nothing(self):
        """A pipe takes 64 KiB. The followers have more lines, and serve the profile while nobody reads."""
        for name, peer, command in (("dora", "dan", ["history", "dan", "--follow", "--json"]), ("eve", "eric", ["listen", "--json"])):
            with self.subTest(command[0]):
                dora, dan = self.chat.people(name, peer)
                slow = subprocess.Popen(dora.command(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        env=self.chat.env, text=True, preexec_fn=dies_with_us())
                try:
                    wait_until(lambda: served(dora), PATIENCE, "the follower serves the profile")
                    texts = [f"{n:03} " + "x" * 1000 for n in range(200)]
                    dan.run("send", name, "--lines", stdin="\n".join(texts))
                    wait_until(lambda: len(dora.history(peer)) == len(texts), PATIENCE, "all messages are here")
                    self.assertEqual(dora.send(peer, "beside")["to"], peer)
                    seen = []
                    while len(seen) < len(texts):
                        line = json.loads(slow.stdout.readline())
                        if line["event"] == "message":
                            seen.append(line["text"])
                    self.assertEqual(seen, texts)
                    slow.send_signal(signal.SIGINT)
                    slow.stdout.read()
                    self.assertEqual(slow.wait(PATIENCE), 0)
                finally:
                    slow.kill()
                    slow.stdout.close()
                    slow.wait()

    def test_the_end_of_a_holder_ends_a_follower(self):
        holder = self.daemon(self.bob)
        beside = self.bob.start("history", "alice", "--follow")
        awaits = self.bob.start("send", "alice", "who reads this?", "--wait", "read", "--json")
        wait_until(lambda: any(m["text"] == "who reads this?" and m["state"] != "sending" for m in self.bob.history("alice")),
                   PATIENCE, "the message is accepted")
        self.assertClean(holder.interrupt())
        for client in (beside, awaits):
            self.assertEqual(2, client.wait().code)

    def test_lists_of_conversations_and_contacts(self):
        alice, bob, carl = self.chat.people("agnes", "bruno", "carl")
        bob.send("agnes", "hello")
        alice.run("send", "carl", "hello")
        alice.run("group", "create", "team", "bruno")
        alice.run("send", "#team", "hello, team")
        alice.run("verify", "carl", "--mark")
        alice.run("listen", "--timeout", "1")
        with self.subTest("alone"):
            alone = [alice.run(*command) for command in (["conversations"], ["conversations", "--json"], ["contacts"],
                                                        ["contacts", "--json"])]
        told = alone[1].json()
        self.assertEqual({"agnes", "bruno", "carl", "#team"} - {"agnes"}, {c["with"] for c in told} - {"agnes"})
        self.assertRegex(alone[0].out, r"(?m)^carl +\d{4}-\d\d-\d\d \d\d:\d\d$")
        self.assertEqual({"bruno": "first contact", "carl": "verified"}, {c["user"]: c["trust"] for c in alone[3].json()})
        self.assertRegex(alone[2].out, r"(?m)^carl   verified       since \d{4}-\d\d-\d\d \d\d:\d\d$")
        holder = self.daemon(alice)
        beside = [alice.run(*command) for command in (["conversations"], ["conversations", "--json"], ["contacts"],
                                                     ["contacts", "--json"])]
        self.assertEqual([d.out for d in alone], [d.out for d in beside])
        self.assertClean(holder.interrupt())

    def test_a_mistyped_name_has_a_suggestion(self):
        alice, bob = self.chat.people("anton", "barbara")
        alice.send("barbara", "hello")
        alice.run("group", "create", "choir", "barbara")
        for command, code, said in (
                (("send", "barbra", "x"), 1, "no such user: barbra: did you mean barbara?"),
                (("send", "#chior", "x"), 1, "no such group: #chior: did you mean #choir?"),
                (("verify", "barbaar"), 1, "no such user: barbaar: did you mean barbara?"),
                (("group", "add", "choir", "barbarra"), 1, "no such user: barbarra: did you mean barbara?"),
                (("group", "leave", "choirs"), 1, "no such group: #choirs: did you mean #choir?"),
                (("history", "barbra"), 0, "no conversation with barbra: did you mean barbara?"),
                (("export", "barbra", "--to", self.chat.new_dir("x")), 1, "no conversation with barbra: did you mean barbara?"),
                (("send", "nobody-at-all", "x"), 1, "no such user: nobody-at-all")):
            self.assertEqual(f"fastchat: {said}\n", alice.run(*command, code=code).err, command)

    def test_send_waits_until_its_message_is_read(self):
        alice, bob = self.chat.people("abby", "basil")
        reads = alice.start("send", "basil", "one", "--wait", "read", "--json")
        wait_until(lambda: [m["state"] for m in alice.history("basil")] == ["queued"], PATIENCE, "it is accepted, and served")
        late = alice.run("send", "basil", "two", "--wait", "delivered", "--json", "--timeout", "1", code=6)
        self.assertEqual("queued", late.json()[0]["state"])
        self.assertEqual("fastchat: timed out: the message is queued, not delivered yet\n", late.err)
        keyed = alice.run("send", "basil", "three", "--wait", "delivered", "--id", "k", "--timeout", "1", code=6)
        self.assertEqual("", keyed.out)
        path = os.path.join(self.chat.folder, "wait.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("bytes")
        files = alice.start("send", "basil", "four", "--file", path, "--wait", "delivered", "--json")
        holder = self.daemon(bob)
        self.assertEqual(["delivered"] * 2, [m["state"] for m in files.wait().json()])
        again = alice.run("send", "basil", "three", "--wait", "delivered", "--id", "k", "--json")
        self.assertEqual("delivered", again.json()[0]["state"])
        self.assertTrue(reads.running())
        with Connection(bob.data_dir) as rpc:
            rpc.call("mark", to="abby")
        self.assertEqual(["read"], [m["state"] for m in reads.wait().json()])
        self.assertEqual(0, reads.wait().code)
        waits = alice.start("send", "basil", "five", "--wait", "read", "--json")
        wait_until(lambda: [m for m in bob.history("abby") if m["text"] == "five"], PATIENCE, "it came")
        ended = waits.interrupt()
        self.assertEqual((2, "delivered"), (ended.code, ended.json()[0]["state"]))
        self.assertClean(holder.interrupt())

    def test_send_to_a_group_waits_for_all_members(self):
        alice, bob, carl = self.chat.people("astrid", "bernd", "claus")
        alice.run("group", "create", "both", "bernd", "claus")
        holder = self.daemon(bob)
        waits = alice.start("send", "#both", "x", "--wait", "delivered", "--json", "--timeout", PATIENCE)
        wait_until(lambda: [m for m in alice.history("#both") if m.get("delivered") == 1], PATIENCE, "one has it")
        self.assertTrue(waits.running())
        carl.run("listen", "--timeout", "1")
        self.assertEqual([("delivered", 2, 2)], [(m["state"], m["members"], m["delivered"]) for m in waits.wait().json()])
        self.assertClean(holder.interrupt())

    def test_a_command_waits_for_the_profile_as_long_as_it_may(self):
        # A command that is stopped holds the profile and serves nobody.
        holder = self.bob.start("send", "alice", "--lines")
        wait_until(lambda: self.bob.run("status", "--timeout", "0.2", code=None).code == 7, PATIENCE, "the profile is held")
        begun = time.monotonic()
        self.assertRegex(self.bob.run("status", "--timeout", "0.2", code=7).err, r"^fastchat: profile in use by process \d+")
        self.assertLess(time.monotonic() - begun, 9, "less than without --timeout")
        waiting = self.bob.start("status", "--json", "--timeout", PATIENCE)
        holder.end_of_input()
        self.assertClean(holder.wait())
        self.assertEqual("bob", waiting.wait().json()[0]["user"])
        holder = self.daemon(self.bob)
        self.bob.run("status", "--timeout", "0.0004")
        self.assertClean(holder.interrupt())

    # Progress

    def on_terminal(self, person, *arguments):
        """Runs a command whose standard error is a terminal; returns what came there."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        running = subprocess.Popen(person.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=theirs, env=self.chat.env, start_new_session=True, preexec_fn=dies_with_us())
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        self.assertEqual(0, running.wait(PATIENCE), shown)
        return shown.decode()

    def test_a_file_shows_its_progress_alone_and_beside_a_holder(self):
        path = os.path.join(self.chat.folder, "large.bin")
        for beside in (False, True):
            with self.subTest(beside=beside):
                with open(path, "wb") as file:
                    file.write(os.urandom(24 << 20))
                holder = self.daemon(self.alice) if beside else None
                shown = self.on_terminal(self.alice, "send", "bob", "--file", path)
                self.assertRegex(shown, r"\r\x1b\[Klarge\.bin  \d+%")
                self.assertTrue(shown.endswith("\r\x1b[K"), "the line is cleared at the end")
                lines = self.alice.run("send", "bob", "--lines", stdin="a\nb")
                self.assertEqual("", lines.err, "no terminal, no progress")
                if holder:
                    self.assertClean(holder.interrupt())


if __name__ == "__main__":
    unittest.main()
