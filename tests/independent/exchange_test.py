"""Two clients that share nothing but the documents, on a private cluster: this one and the program `fastchat`."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import groups
import suite1
import wire
from envelope import encode
from fastchat_cluster import Cluster
from link import Invite, ServerError
from people import Account, Terminal

FASTCHAT = os.environ.get("FASTCHAT_BIN") or os.path.join(os.environ["FASTCHAT_BUILD"], "bin", "fastchat")
PASSWORD = "plum kettle 9 sundial"
cluster = invite = None


def setUpModule():
    global cluster, invite
    cluster = Cluster.temporary(workers=2)
    unittest.addModuleCleanup(cluster.__exit__, None, None, None)
    cluster.start()
    invite = Invite(cluster.invite)


def person(user):
    """Makes a new account; returns its terminal, online."""
    terminal = Terminal(Account(invite, user, PASSWORD).sign_up())
    return terminal.connect()


class TwoOfThisClient(unittest.TestCase):
    def test_a_message_and_its_answer_online(self):
        ann, ben = person("ann"), person("ben")
        ref, _ = ann.send_text("ben", "hello")
        opened = ben.receive()
        self.assertEqual((opened.header.from_user, opened.content.text), ("ann", "hello"))
        self.assertEqual(ann.session.receipt(ref, ("delivered",)), "delivered")
        ben.send_text("ann", "and you")
        self.assertEqual(ann.receive().content.text, "and you")
        for terminal in (ann, ben):
            terminal.disconnect()

    def test_what_was_sent_to_somebody_offline_waits_and_reports_back(self):
        cat, dan = person("cat"), person("dan")
        dan.disconnect()
        refs = [cat.send_text("dan", text)[0] for text in ("one", "two", "three")]
        self.assertEqual([cat.session.receipt(ref) for ref in refs], ["queued"] * 3)
        dan.connect()
        self.assertEqual(sorted(dan.receive().content.text for _ in refs), ["one", "three", "two"])
        for ref in refs:
            self.assertEqual(cat.session.receipt(ref, ("delivered",)), "delivered")
            self.assertEqual(cat.session.history[ref], ["queued", "delivered"])

    def test_a_receipt_that_came_while_the_sender_was_away_is_stored(self):
        eva, fay = person("eva"), person("fay")
        fay.disconnect()
        ref, _ = eva.send_text("fay", "later")
        self.assertEqual(eva.session.receipt(ref), "queued")
        eva.disconnect()
        fay.connect()
        self.assertEqual(fay.receive().content.text, "later")
        fay.session.call(ping=wire.client.Ping())
        fay.disconnect()
        eva.connect()
        eva.session.until(lambda: eva.session.stored, "a stored receipt")
        self.assertEqual([r.ref for r in eva.session.stored], [ref])
        eva.session.call(ping=wire.client.Ping())
        eva.disconnect()
        eva.connect()
        self.assertEqual(eva.session.stored, [])


class Program:
    """The C++ client of one person: a profile folder and one process for each command."""

    def __init__(self, user):
        self.user = user
        self.folder = tempfile.mkdtemp(prefix="fastchat-")
        self.env = {**cluster.env, "FASTCHAT_PASSWORD": PASSWORD}
        self.run("signup", user)

    def command(self, *arguments):
        return [FASTCHAT, "--data-dir", os.path.join(self.folder, "profile"), "--server", cluster.invite, "--json",
                "--timeout", "60", *arguments]

    def run(self, *arguments):
        """Returns the JSON lines that the command prints; the command has to succeed."""
        done = subprocess.run(self.command(*arguments), env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=90)
        if done.returncode != 0:
            raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def start(self, *arguments):
        return subprocess.Popen(self.command(*arguments), env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class WithTheProgram(unittest.TestCase):
    def pair(self, mine, theirs):
        """Returns (Terminal of this client, Program)."""
        program = Program(theirs)
        self.addCleanup(program.remove)
        return person(mine), program

    def test_to_the_program_while_it_is_offline(self):
        me, program = self.pair("gil", "hana")
        texts = ["one", "zw\u00f6lf \u4f60\u597d", "x" * 16384]
        refs = [me.send_text("hana", text)[0] for text in texts]
        self.assertEqual([me.session.receipt(ref) for ref in refs], ["queued"] * 3)
        lines = program.run("listen", "--count", "3")
        self.assertEqual([(line["from"], line["kind"], line["text"]) for line in lines], [("gil", "text", t) for t in texts])
        for ref in refs:
            self.assertEqual(me.session.receipt(ref, ("delivered",)), "delivered")
        self.assertEqual(program.run("quarantine"), [])

    def test_from_the_program_while_this_client_is_offline(self):
        me, program = self.pair("ines", "jon")
        me.disconnect()
        for text in ("first", "second"):
            self.assertEqual([line["state"] for line in program.run("send", "ines", text)], ["queued"])
        me.connect()
        opened = sorted((me.receive(), me.receive()), key=lambda o: o.header.seq)
        self.assertEqual([(o.header.seq, o.header.from_user, o.content.text) for o in opened],
                         [(1, "jon", "first"), (2, "jon", "second")])
        self.assertEqual(opened[1].header.prev, opened[0].hash)

    def test_this_client_changes_its_key(self):
        me, program = self.pair("oda", "per")
        me.version = 3
        me.send_text("per", "under the first key")
        program.run("listen", "--count", "1")
        me.send_text("per", "on its way during the change")
        me.session.until(lambda: me.session.receipts.get(me.ref) == "queued", "a receipt")
        me.rekey()
        program.run("send", "oda", "perhaps for the first key")
        me.connect()
        self.assertEqual(me.receive().content.text, "perhaps for the first key")
        me.send_text("per", "under the second key")
        program.run("listen", "--count", "2")
        texts = [line["text"] for line in program.run("history", "oda") if line["event"] in ("message", "sent")]
        self.assertEqual(["under the first key", "on its way during the change", "perhaps for the first key",
                          "under the second key"], sorted(texts, key=texts.index))
        self.assertEqual(program.run("quarantine"), [])
        self.assertEqual([], [line for line in program.run("contacts") if line.get("key_changed")])

    def test_the_program_changes_its_key(self):
        me, program = self.pair("uma", "vik")
        me.disconnect()
        me.version = 3
        me.connect()
        program.run("send", "uma", "under the first key")
        self.assertEqual(me.receive().content.text, "under the first key")
        for _ in range(2):
            program.run("rekey")
        self.assertTrue(me.follow("vik"))
        self.assertFalse(me.follow("vik"))
        program.run("send", "uma", "under the third key")
        while (text := me.receive().content.text) != "under the third key":
            # A message without its receipt at the change comes again, under the second key.
            self.assertEqual(text, "under the first key")
        me.send_text("vik", "for the third key")
        self.assertEqual(program.run("listen", "--count", "1")[0]["text"], "for the third key")

    def test_a_read_receipt_counts_and_a_forged_one_does_not(self):
        me, program = self.pair("kim", "lev")
        for text in ("believed", "not believed"):
            program.run("send", "kim", text)
        opened = {o.content.text: o for o in (me.receive(), me.receive())}
        good, forged = me.read_receipt(opened["believed"]), me.read_receipt(opened["not believed"])
        forged.sig = me.read_receipt(opened["believed"]).sig
        for receipt in (good, forged):
            me.session.receipt(me.send("lev", 4, receipt)[0])
        me.send_text("lev", "the last")
        self.assertEqual(program.run("listen", "--count", "1")[0]["text"], "the last")
        states = {line["text"]: line["state"] for line in program.run("history", "kim") if line["event"] == "sent"}
        self.assertEqual(states["believed"], "read")
        self.assertNotEqual(states["not believed"], "read")

    def test_a_program_that_listens_gets_what_is_sent_meanwhile(self):
        me, program = self.pair("mia", "noa")
        listening = program.start("listen", "--count", "2")
        self.addCleanup(listening.stdout.close)
        self.addCleanup(listening.stderr.close)
        me.send_text("noa", "are you there")
        self.assertEqual(json.loads(listening.stdout.readline())["text"], "are you there")
        ref, _ = me.send_text("noa", "now you are")
        self.assertEqual(me.session.receipt(ref), "delivered")
        self.assertEqual(json.loads(listening.stdout.readline())["text"], "now you are")
        self.assertEqual(listening.wait(timeout=60), 0)

    def test_the_safety_number_is_the_same_on_both_sides(self):
        me, program = self.pair("ola", "pia")
        me.send_text("pia", "hello")
        program.run("listen", "--count", "1")
        spki = me.spki_of("pia")
        digits, words = suite1.safety_number(me.account.fpr, suite1.fingerprint(invite.realm, "pia", spki))
        shown = json.dumps(program.run("verify", "ola"))
        self.assertIn(digits, shown.replace(" ", ""))
        self.assertIn(words, shown)

    def test_two_terminals_of_one_account_share_a_vault_in_parts(self):
        program = Program("vroni")
        self.addCleanup(program.remove)
        for friend in ("ulla", "wim"):
            person(friend).disconnect()
            program.run("send", friend, "hello")
        terminal = Terminal(Account(invite, "vroni", PASSWORD), version=5)
        terminal.connect()
        account = terminal.account
        self.assertIsNotNone(account.head)
        self.assertEqual({"ulla", "wim"}, {pin.user for pin in account.vault.pins})
        # This terminal verifies ulla, and writes one part.
        place = next(entry for entry in account.head.parts if entry.kind == wire.content.VAULT_PINS)
        part = wire.content.VaultPart(pins=account.vault.pins)
        next(pin for pin in part.pins if pin.user == "ulla").trust = wire.content.VERIFIED
        entry, box = suite1.seal_part("vroni", place.kind, place.bucket, part)
        place.CopyFrom(entry)
        account.head.version += 1
        put = wire.client.PutVault(version=account.head.version,
                                   blob=suite1.seal_head(account.vault_key, "vroni", account.head),
                                   parts=sorted(e.hash for e in account.head.parts))
        with self.assertRaises(ServerError) as refused:
            terminal.session.call(put_vault=put)
        self.assertEqual("MISSING_PART", refused.exception.code)
        terminal.session.call(put_vault_parts=wire.client.PutVaultParts(parts=[box]))
        self.assertEqual(put.version, terminal.session.call(put_vault=put).version)
        terminal.disconnect()
        program.run("devices")  # connects
        trusted = {line["user"]: line["trust"] for line in program.run("contacts")}
        self.assertEqual({"ulla": "verified", "wim": "first contact"}, trusted)

    def test_a_forged_envelope_is_quarantined_with_its_reason(self):
        me, program = self.pair("quin", "rhea")
        _, _, data = me.seal("rhea", 1, wire.content.Text(text="true"))
        del me.streams["rhea"]  # the message's place stays free: the next message begins a stream, which has no hole
        parsed = wire.content.Envelope.FromString(data)
        parsed.sig = bytes(384)
        me.session.send((me.ref + 1, "rhea", b"f" * 16, 1, encode(parsed)), (me.ref + 2, "rhea", b"f" * 16, 2, b"not an envelope"))
        me.ref += 2
        me.send_text("rhea", "the last")
        self.assertEqual(program.run("listen", "--count", "1")[0]["text"], "the last")
        quarantined = json.dumps(program.run("quarantine"))
        for reason in ("signature does not hold", "not a protobuf"):
            self.assertIn(reason, quarantined)

    def make_group(self, me, user, name, handle):
        """Makes a group of two, as an admin's client may that checks nothing: `name` is signed, `handle` is the
        server's."""
        prints = {me.account.user: me.account.fpr, user: suite1.fingerprint(invite.realm, user, me.spki_of(user))}
        key, nonce = suite1.generate_key(), os.urandom(16)
        state = wire.content.GroupState(suite=1, group_id=groups.group_id(me.account.fpr, nonce), epoch=1, prev_hash=bytes(32),
                                        admin_fpr=me.account.fpr, epoch_spki=suite1.spki_of(key.public_key()), name=name,
                                        nonce=nonce)
        for member in sorted(prints):
            state.members.add(user=member, fpr=prints[member])
        data = encode(state)
        signed = wire.content.SignedGroupState(state=data, sig=suite1.sign(me.account.privates[0], "group", data))
        me.session.call(put_group=wire.client.PutGroup(group_id=state.group_id, epoch=1, name=handle, admin=me.account.user,
                                                       members=sorted(prints), state=encode(signed)))
        me.send(user, 3, wire.content.GroupKey(group_id=state.group_id, epoch=1, state_hash=suite1.h(data),
                                               pkcs8=suite1.pkcs8_of(key)))

    def test_a_group_whose_name_would_harm_is_not_taken_in(self):
        me, program = self.pair("sam", "tea")
        self.make_group(me, "tea", "harmless", "harmless")
        for n, name in enumerate(("clear\x1b[2J\x1b]0;owned\x07", "turn\u202eed", "hid\u200bden", "two\nlines", "w" * 65)):
            self.make_group(me, "tea", name, f"group{n}")
        for handle in ("clear\x1b[2J", "turn\u202eed", "../../.bashrc", "Capital"):
            with self.assertRaises(ServerError, msg=repr(handle)) as caught:
                self.make_group(me, "tea", "harmless", handle)
            self.assertEqual(caught.exception.code, "NAME_NOT_ALLOWED")
        me.send_text("tea", "the last")
        self.assertEqual(program.run("listen", "--count", "1")[0]["text"], "the last")
        self.assertEqual([group["name"] for group in program.run("group", "list")], ["harmless"])
        for command in (("group", "list"), ("quarantine",), ("status",)):
            said = json.dumps(program.run(*command), ensure_ascii=False)
            for piece in ("owned", "\u202e", "\u200b", "\x1b", "www"):
                self.assertNotIn(piece, said, command)


if __name__ == "__main__":
    unittest.main()
