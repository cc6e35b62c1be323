"""suite1.py, suite2.py, groups.py and envelope.py against tests/e2e/vectors.json: two implementations, one page."""
import json
import os
import unittest

import envelope
import keylog
import suite1
import suite2
import wire
from groups import State, epoch_fingerprint, group_id, key_is_accepted
from suite1 import Refused

with open(os.path.join(wire.SOURCE, "tests", "e2e", "vectors.json"), encoding="utf-8") as file:
    VECTORS = json.load(file)
REALM = b"R" * 16


def vector(name):
    """Returns the vector's fields, and a function that returns the bytes of a field."""
    fields = VECTORS[name]
    return fields, lambda field: bytes.fromhex(fields[field])


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


class Person:
    """A person whose private keys (DER, newest first) are known."""

    def __init__(self, user, *pkcs8s):
        self.realm, self.user = REALM, user
        self.privates = [suite1.load_pkcs8(der) for der in pkcs8s]
        self.spki = suite1.spki_of(self.privates[0].public_key())
        self.fpr = suite1.fingerprint(REALM, user, self.spki)


class Primitives(unittest.TestCase):
    def test_label(self):
        fields, raw = vector("label")
        self.assertEqual(suite1.label(fields["name"]), raw("label"))

    def test_seal_is_reproduced_with_the_salt_of_the_box(self):
        _, raw = vector("seal")
        box = raw("box")
        self.assertEqual(suite1.open_box(raw("key"), raw("context"), box), raw("plaintext"))
        self.assertEqual(suite1.seal(raw("key"), raw("context"), raw("plaintext"), box[1:33]), box)

    def test_open_refuses_every_changed_byte_context_key_and_length(self):
        _, raw = vector("seal")
        key, context, box = raw("key"), raw("context"), raw("box")
        for at in range(len(box)):
            with self.assertRaises(Refused, msg=at):
                suite1.open_box(key, context, flipped(box, at))
        for bad in (box[:80], box[:-1], box + b"\0", b""):
            self.assertRaises(Refused, suite1.open_box, key, context, bad)
        self.assertRaises(Refused, suite1.open_box, key, context + b"\0", box)
        self.assertRaises(Refused, suite1.open_box, flipped(key, 31), context, box)

    def test_wrap(self):
        _, raw = vector("wrap")
        private = suite1.load_pkcs8(raw("pkcs8"))
        self.assertEqual(suite1.unwrap(private, raw("wrapped")), raw("key"))
        self.assertRaises(Refused, suite1.unwrap, private, flipped(raw("wrapped"), 200))
        self.assertRaises(Refused, suite1.unwrap, private, raw("wrapped")[1:])

    def test_each_signature_holds_for_its_own_type_only(self):
        kinds = ("msg", "group", "rekey", "receipt", "rekeyed", "prekey")
        for kind in kinds:
            _, raw = vector("sign_" + kind)
            public = suite1.load_spki(raw("spki"))
            holds = [k for k in kinds if suite1.verifies(public, k, raw("m"), raw("sig"))]
            self.assertEqual(holds, [kind])
            self.assertFalse(suite1.verifies(public, kind, raw("m") + b"\0", raw("sig")))
            self.assertFalse(suite1.verifies(public, kind, raw("m"), raw("sig") + b"\0"))

    def test_local(self):
        fields, raw = vector("local")
        key = suite1.local_key(raw("vault_key"))
        self.assertEqual(key, raw("local_key"))
        self.assertEqual(suite1.open_box(key, suite1.local_context(fields["place"]), raw("box")), raw("plaintext"))

    def test_password(self):
        fields, raw = vector("password")
        keys = suite1.PasswordKeys(fields["password"], raw("realm"), fields["user"])
        self.assertEqual((keys.salt, keys.auth, keys.wrap, keys.verifier),
                         tuple(map(raw, ("salt", "auth", "wrap", "verifier"))))

    def test_words_fingerprint_and_safety_number(self):
        fields, raw = vector("passphrase_words")
        self.assertEqual(suite1.words(raw("bytes"), "-"), fields["words"])
        fields, raw = vector("fingerprint")
        self.assertEqual(suite1.fingerprint(raw("realm"), fields["user"], raw("spki")), raw("fpr"))
        fields, raw = vector("safety_number")
        expected = fields["digits"], fields["words"]
        self.assertEqual(suite1.safety_number(raw("fpr_a"), raw("fpr_b")), expected)
        self.assertEqual(suite1.safety_number(raw("fpr_b"), raw("fpr_a")), expected)

    def test_card(self):
        fields, raw = vector("card")
        self.assertEqual(suite1.card(fields["user"], raw("fpr"), raw("token")),
                         (fields["line"], raw("server_token"), raw("server_hash"), raw("open_hash")))

    def test_log_of_keys(self):
        fields, raw = vector("log_leaf")
        leaf = keylog.leaf_hash(fields["user"], raw("fpr"), int(fields["counter"]), int(fields["ms"]))
        self.assertEqual(leaf, raw("hash"))
        fields, raw = vector("log_head")
        signed = [REALM, int(fields["size"]), raw("root"), int(fields["ms"])]
        self.assertTrue(keylog.head_holds(raw("key"), *signed, raw("signature")))
        for at, other in ((0, b"S" * 16), (1, signed[1] + 1), (2, flipped(signed[2], 0)), (3, signed[3] + 1)):
            changed = signed[:at] + [other] + signed[at + 1:]
            self.assertFalse(keylog.head_holds(raw("key"), *changed, raw("signature")))

        def path_of(text):
            return [bytes.fromhex(part) for part in text.split()]
        fields, raw = vector("log_inclusion")
        index, size, path = int(fields["index"]), int(fields["size"]), path_of(fields["path"])
        self.assertEqual(keylog.root_of_inclusion(raw("leaf"), index, size, path), raw("root"))
        for at in range(len(path)):
            bad = path[:at] + [flipped(path[at], 3)] + path[at + 1:]
            self.assertNotEqual(keylog.root_of_inclusion(raw("leaf"), index, size, bad), raw("root"))
        fields, raw = vector("log_consistency")
        first, size, path = int(fields["from"]), int(fields["size"]), path_of(fields["path"])
        roots = raw("from_root"), raw("root")
        self.assertEqual(keylog.roots_of_consistency(first, size, path), roots)
        for at in range(len(path)):
            bad = path[:at] + [flipped(path[at], 3)] + path[at + 1:]
            self.assertNotEqual(keylog.roots_of_consistency(first, size, bad), roots)

    def test_keys_that_are_not_of_the_suite_are_refused(self):
        _, raw = vector("sign_msg")
        spki = raw("spki")
        for bad in (spki[:-1], spki + b"\0", spki[:-1] + b"\x03", flipped(spki, 0), b""):
            self.assertRaises(Refused, suite1.load_spki, bad)
        small = suite1.rsa.generate_private_key(65537, 2048)
        self.assertRaises(Refused, suite1.load_pkcs8, suite1.pkcs8_of(small))
        _, raw = vector("wrap")
        self.assertRaises(Refused, suite1.load_pkcs8, raw("pkcs8") + b"\0")
        self.assertRaises(Refused, suite1.load_pkcs8, flipped(raw("pkcs8"), 900))

    def test_text_of_others_loses_what_could_deceive(self):
        self.assertEqual(suite1.sanitise(b"a\r\nb\rc\td\x1b[31m"), "a\nb\nc\td[31m")
        self.assertEqual(suite1.sanitise(b"\xe2\x82A\xff"), "\ufffd\ufffdA\ufffd")
        self.assertEqual(suite1.sanitise("\u202eevil\U000e0041 x\ufffe".encode()), "evil x")
        self.assertEqual(suite1.sanitise("  two\nlines\u00a0 ".encode(), one_line=True), "two lines\u00a0")


class Account(unittest.TestCase):
    def test_identity_blob(self):
        fields, raw = vector("identity_blob")
        vault_key, privates, fpr = suite1.open_blob(raw("wrap"), raw("realm"), fields["user"], raw("blob"))
        self.assertEqual(vault_key, raw("vault_key"))
        self.assertEqual([suite1.pkcs8_of(k) for k in privates], [raw("pkcs8_new"), raw("pkcs8_old")])
        self.assertEqual(fpr, raw("fpr"))

    def test_identity_blob_of_another_user_realm_or_fingerprint_is_refused(self):
        _, raw = vector("identity_blob")
        blob = raw("blob")
        for realm, user, data in ((REALM, "alicia", blob), (b"S" * 16, "alice", blob), (REALM, "alice", flipped(blob, 0)),
                                  (REALM, "alice", flipped(blob, len(blob) - 1)), (REALM, "alice", blob[:112])):
            self.assertRaises(Refused, suite1.open_blob, raw("wrap"), realm, user, data)

    def test_vault(self):
        fields, raw = vector("vault")
        version = int(fields["version"])
        vault = suite1.open_vault(raw("vault_key"), fields["user"], version, raw("box"))
        self.assertEqual(vault.SerializeToString(deterministic=True), raw("content"))
        self.assertRaises(Refused, suite1.open_vault, raw("vault_key"), fields["user"], version - 1, raw("box"))
        self.assertRaises(Refused, suite1.open_vault, raw("vault_key"), fields["user"], version, raw("box"), version + 1)

    def test_vault_in_parts(self):
        fields, raw = vector("vault_head")
        version = int(fields["version"])
        head = suite1.open_head(raw("vault_key"), fields["user"], version, raw("box"))
        self.assertEqual(head.SerializeToString(deterministic=True), raw("content"))
        self.assertRaises(Refused, suite1.open_head, raw("vault_key"), fields["user"], version - 1, raw("box"))
        self.assertRaises(Refused, suite1.open_vault, raw("vault_key"), fields["user"], version, raw("box"))
        fields, raw = vector("vault_part")
        entry = head.parts[0]
        self.assertEqual((entry.kind, entry.bucket, entry.key, entry.hash),
                         (int(fields["kind"]), int(fields["bucket"]), raw("key"), raw("hash")))
        part = suite1.open_part(fields["user"], entry, raw("box"))
        self.assertEqual(part.SerializeToString(deterministic=True), raw("content"))
        self.assertRaises(Refused, suite1.open_part, "alicia", entry, raw("box"))
        self.assertRaises(Refused, suite1.open_part, fields["user"], entry, flipped(raw("box"), 90))
        other = suite1.wire.content.VaultPartEntry(kind=entry.kind, bucket=3, hash=entry.hash, key=entry.key)
        self.assertRaises(Refused, suite1.open_part, fields["user"], other, raw("box"))
        again, box = suite1.seal_part(fields["user"], 1, 2, part)
        self.assertEqual(suite1.open_part(fields["user"], again, box), part)

    def test_rekey(self):
        fields, raw = vector("rekey")
        rekey = wire.parse_strict(wire.content.Rekey, raw("rekey"), envelope.MAX_CONTENT)
        accepted = (rekey, raw("realm"), fields["user"], raw("old_spki"))
        self.assertEqual(rekey.counter, int(fields["counter"]))
        self.assertEqual(rekey.new_spki, raw("new_spki"))
        self.assertTrue(suite1.accepts_rekey(*accepted, rekey.counter - 1))
        self.assertFalse(suite1.accepts_rekey(*accepted, rekey.counter))
        self.assertFalse(suite1.accepts_rekey(rekey, raw("realm"), fields["user"], raw("new_spki"), 0))
        rekey.new_fpr = bytes(32)
        self.assertFalse(suite1.accepts_rekey(*accepted, 0))

    def test_rekey_line(self):
        fields, raw = vector("rekey_line")
        rekeys = [wire.parse_strict(wire.content.Rekey, raw(f"rekey_{n}"), envelope.MAX_CONTENT) for n in (1, 2)]
        first = (raw("realm"), fields["user"], raw("first_spki"))
        self.assertEqual([raw("first_spki"), raw("spki_1"), raw("spki_2")], suite1.line(*first, rekeys))
        for twisted in (rekeys[1:], rekeys[::-1], [rekeys[0], rekeys[0]]):
            self.assertIsNone(suite1.line(*first, twisted))
        for field in ("sig", "new_sig"):
            broken = wire.content.Rekey.FromString(raw("rekey_2"))
            setattr(broken, field, getattr(rekeys[0], field))
            self.assertIsNone(suite1.line(*first, [rekeys[0], broken]), field)


class Messages(unittest.TestCase):
    def check_header(self, name, data):
        fields, raw = vector(name)
        _, header = envelope.parse_envelope(data)
        self.assertEqual(suite1.h(data), raw("hash"))
        for field in ("from_fpr", "stream", "prev", "to_fpr", "realm"):
            self.assertEqual(getattr(header, field), raw(field), field)
        self.assertEqual((header.from_user, header.seq, header.sent_ms),
                         (fields["from_user"], int(fields["seq"]), int(fields["sent_ms"])))
        self.assertEqual(header.to_user, fields["to_user"])

    def reader(self, name, recipient, **options):
        fields, raw = vector(name)
        me = Person(recipient, raw("recipient_pkcs8"))
        return envelope.Reader(me, {fields["from_user"]: raw("sender_spki")}, **options)

    def test_direct_opens_with_both_wraps(self):
        fields, raw = vector("message_direct")
        self.check_header("message_direct", raw("envelope"))
        for reader in (self.reader("message_direct", "bob"), envelope.Reader(Person("alice", raw("sender_pkcs8")))):
            opened = reader.receive(raw("envelope"))
            self.assertEqual((opened.kind, opened.content.text), (1, fields["text"]))

    def test_file_follows_its_stream_and_its_chunk_opens(self):
        fields, raw = vector("message_file")
        self.check_header("message_file", raw("envelope"))
        first = bytes.fromhex(VECTORS["message_direct"]["envelope"])
        reader = self.reader("message_file", "bob")
        reader.receive(first)
        opened = reader.receive(raw("envelope"))
        self.assertFalse(opened.after_hole)
        file = opened.content
        self.assertEqual((file.file_id, file.key, file.sha256), (raw("file_id"), raw("key"), raw("sha256")))
        self.assertEqual((file.size, file.name, file.media_type), (int(fields["size"]), fields["name"], fields["media_type"]))
        plain = suite1.open_box(file.key, suite1.file_context(file.file_id, 0, 1), raw("chunk"))
        self.assertEqual(plain, raw("plaintext"))
        self.assertEqual(suite1.h(plain), file.sha256)
        self.assertTrue(self.reader("message_file", "bob").receive(raw("envelope")).after_hole)

    def test_read_receipt(self):
        fields, raw = vector("receipt")
        reader = envelope.Reader(Person("alice", raw("recipient_pkcs8")), {"bob": raw("reader_spki")})
        receipt = reader.receive(raw("envelope")).content
        self.assertEqual((receipt.reader_fpr, receipt.read_ms, receipt.sig),
                         (raw("reader_fpr"), int(fields["read_ms"]), raw("sig")))
        self.assertEqual([e.hash for e in receipt.entries], [raw("hash_1"), raw("hash_2")])
        public = suite1.load_spki(raw("reader_spki"))
        self.assertTrue(suite1.verifies(public, "receipt", envelope.receipt_message(receipt), receipt.sig))

    def test_what_speaks_of_a_message(self):
        for name, kind, field in (("message_reply", 1, "text"), ("message_edit", 8, "text"), ("message_reaction", 10, "emoji"),
                                  ("message_delete", 9, None)):
            fields, raw = vector(name)
            self.check_header(name, raw("envelope"))
            opened = self.reader(name, "bob").receive(raw("envelope"))
            self.assertEqual(opened.kind, kind, name)
            of = opened.content.reply_to if kind == 1 else opened.content.of
            self.assertEqual((of.from_fpr, of.stream, of.seq), (raw("of_from_fpr"), raw("of_stream"), int(fields["of_seq"])))
            if field:
                self.assertEqual(getattr(opened.content, field), fields[field])

    def test_a_poll_and_a_vote(self):
        fields, raw = vector("message_poll")
        opened = self.reader("message_poll", "bob").receive(raw("envelope"))
        self.assertEqual((11, fields["question"], ["soup", "salad"]),
                         (opened.kind, opened.content.question, list(opened.content.options)))
        fields, raw = vector("message_vote")
        opened = self.reader("message_vote", "bob").receive(raw("envelope"))
        self.assertEqual((12, int(fields["choice"]), raw("of_stream")),
                         (opened.kind, opened.content.choice, opened.content.of.stream))

    def test_head(self):
        fields, raw = vector("message_head")
        opened = self.reader("message_head", "bob").receive(raw("envelope"))
        self.assertEqual((14, int(fields["size"]), raw("root"), int(fields["ms"]), raw("signature")),
                         (opened.kind, opened.content.size, opened.content.root, opened.content.ms,
                          opened.content.signature))

    def group(self):
        _, raw = vector("group")
        return [State(raw("state_1")), State(raw("state_2"))], raw

    def test_group_states_and_their_chain(self):
        (one, two), raw = self.group()
        admin = suite1.load_spki(raw("admin_spki"))
        self.assertEqual((one.hash, two.hash), (raw("hash_1"), raw("hash_2")))
        self.assertEqual(group_id(raw("admin_fpr"), raw("nonce")), raw("group_id"))
        self.assertTrue(one.signed_by(admin))
        self.assertTrue(two.follows(one, admin))
        self.assertFalse(one.follows(two, admin))
        self.assertEqual(two.fingerprint, raw("epoch_fpr_2"))
        self.assertNotEqual(epoch_fingerprint(raw("group_id"), 1, two.message.epoch_spki), two.fingerprint)
        two.fits(raw("epoch_pkcs8_2"))
        self.assertRaises(Refused, one.fits, raw("epoch_pkcs8_2"))

    def test_group_key(self):
        _, raw = vector("message_group_key")
        self.check_header("message_group_key", raw("envelope"))
        opened = self.reader("message_group_key", "carol").receive(raw("envelope"))
        key = opened.content
        self.assertEqual((key.group_id, key.state_hash, key.pkcs8), (raw("group_id"), raw("state_hash"), raw("pkcs8")))
        (_, two), group = self.group()
        carol = Person("carol", raw("recipient_pkcs8"))
        admin = group("admin_fpr")
        self.assertTrue(key_is_accepted(key, two, admin, opened.header.from_fpr, ("carol", carol.fpr)))
        self.assertFalse(key_is_accepted(key, two, admin, carol.fpr, ("carol", carol.fpr)))
        self.assertFalse(key_is_accepted(key, two, admin, admin, ("dave", carol.fpr)))

    def test_group_message(self):
        fields, raw = vector("message_group")
        self.check_header("message_group", raw("envelope"))
        (one, two), _ = self.group()
        carol = Person("carol", bytes.fromhex(VECTORS["message_group_key"]["recipient_pkcs8"]))
        key = two.fits(raw("epoch_pkcs8"))
        pins = {"alice": raw("sender_spki")}

        def reader(*states):
            return envelope.Reader(carol, pins, group_states={two.message.group_id: list(states)} if states else {})
        opened = reader((one, None), (two, key)).receive(raw("envelope"))
        self.assertEqual((opened.kind, opened.content.text), (1, fields["text"]))
        again = vector("message_group_anew")[1]("envelope")
        for taken in (True, False):
            both = reader((one, None), (two, key))
            if taken:
                both.receive(raw("envelope"))
            self.assertEqual(both.receive(again).known, taken)
        for states in ((), ((one, None),), ((two, None),)):
            self.assertRaises(envelope.Waits, reader(*states).receive, raw("envelope"))


class Receiving(unittest.TestCase):
    """Each reason of section 6, by a sender who has the keys to try it."""

    @classmethod
    def setUpClass(cls):
        _, raw = vector("message_direct")
        cls.alice = Person("alice", raw("sender_pkcs8"))
        cls.bob = Person("bob", raw("recipient_pkcs8"))
        cls.carol = Person("carol", bytes.fromhex(VECTORS["message_group_key"]["recipient_pkcs8"]))

    def header(self, seq=1, prev=suite1.ZERO_HASH, **changes):
        header = envelope.direct_header(self.alice, "bob", self.bob.spki, b"s" * 16, seq, prev, 1750000000000)
        for field, value in changes.items():
            setattr(header, field, value)
        return header

    def seal(self, header, kind=1, content=None, text="hi", signer=None, keys=None):
        content = content if content is not None else wire.content.Text(text=text)
        keys = keys or [self.bob.privates[0].public_key(), self.alice.privates[0].public_key()]
        return envelope.seal_envelope(header, kind, content, signer or self.alice.privates[0], keys)

    def reader(self):
        return envelope.Reader(self.bob, {"alice": self.alice.spki})

    def refused(self, reason, data, reader=None):
        with self.assertRaises(Refused) as caught:
            (reader or self.reader()).receive(data)
        self.assertEqual(str(caught.exception), reason)

    def test_what_was_sealed_here_opens_here(self):
        for text in ("x", "\u00e4" * 8192, "y" * 250, "y" * 251):
            self.assertEqual(self.reader().receive(self.seal(self.header(), text=text)).content.text, text)

    def test_malformed(self):
        good = self.seal(self.header())
        parsed = wire.content.Envelope.FromString(good)
        self.refused("too-large", good + bytes(envelope.MAX_ENVELOPE))
        self.refused("malformed", good + b"\x28\x01")
        self.refused("malformed", good[:-1])
        self.refused("unknown-suite", b"")
        self.refused("unknown-suite", self.seal(self.header(suite=3)))
        self.refused("malformed", self.seal(self.header(suite=2)))
        for changes in ({"from_user": "Alice"}, {"stream": b"s" * 15}, {"epoch": 1}, {"type": 2}, {"sent_ms": -1}, {"seq": 2},
                        {"prev": b"p" * 32}, {"to_group": b"g" * 32}, {"state_hash": b"h" * 32}):
            self.refused("malformed", self.seal(self.header(**changes)))
        del parsed.wraps[1]
        self.refused("malformed", envelope.encode(parsed))

    def test_wrong_realm_key_and_signature(self):
        self.refused("wrong-realm", self.seal(self.header(realm=b"S" * 16)))
        self.refused("key-changed", self.seal(self.header(from_fpr=self.carol.fpr)))
        self.refused("key-changed", self.seal(self.header(from_user="bob")))
        self.refused("bad-signature", self.seal(self.header(), signer=self.carol.privates[0]))
        for field in ("body", "sig"):
            parsed = wire.content.Envelope.FromString(self.seal(self.header()))
            setattr(parsed, field, flipped(getattr(parsed, field), 70))
            self.refused("bad-signature", envelope.encode(parsed))

    def test_an_unknown_sender_is_looked_up_and_pinned(self):
        asked = []

        def look_up(user):
            asked.append(user)
            return self.alice.spki if len(asked) > 1 else None
        reader = envelope.Reader(self.bob, look_up=look_up)
        data = self.seal(self.header())
        self.assertRaises(envelope.Waits, reader.receive, data)
        self.assertEqual(reader.receive(data).content.text, "hi")
        self.assertEqual(reader.pins["alice"], self.alice.spki)
        self.assertEqual(asked, ["alice"] * 2)

    def test_not_for_me(self):
        self.refused("not-for-me", self.seal(self.header(to_user="carol")))
        self.refused("not-for-me", self.seal(self.header(to_fpr=self.carol.fpr)))

    def test_duplicate_alarm_and_fork(self):
        reader = self.reader()
        first = self.seal(self.header())
        reader.receive(first)
        self.assertRaises(envelope.Duplicate, reader.receive, first)
        self.assertRaises(envelope.Alarm, reader.receive, self.seal(self.header()))
        forked = self.seal(self.header(2, b"p" * 32))
        self.refused("forked", forked, reader)
        self.assertRaises(envelope.Duplicate, reader.receive, forked)
        self.assertFalse(reader.receive(self.seal(self.header(3, suite1.h(forked)))).after_hole)
        self.assertTrue(reader.receive(self.seal(self.header(5, suite1.h(first)))).after_hole)

    def test_cannot_unwrap_and_cannot_open(self):
        alice, carol = (p.privates[0].public_key() for p in (self.alice, self.carol))
        self.refused("cannot-unwrap", self.seal(self.header(), keys=[carol, alice]))
        parsed = wire.content.Envelope.FromString(self.seal(self.header()))
        parsed.body = flipped(parsed.body, len(parsed.body) - 1)
        signed = suite1.lp(parsed.header) + suite1.u8(2) + b"".join(map(suite1.lp, parsed.wraps)) + suite1.lp(parsed.body)
        parsed.sig = suite1.sign(self.alice.privates[0], "msg", signed)
        self.refused("cannot-open", envelope.encode(parsed))

    def test_bad_content(self):
        self.refused("bad-content", self.seal(self.header(), text=""))
        self.refused("bad-content", self.seal(self.header(), text="x" * 16385))
        self.refused("bad-content", self.seal(self.header(), 7, wire.content.GroupLeave(group_id=b"g" * 31)))
        self.refused("bad-content", self.seal(self.header(), 13, wire.content.CardUse(token=b"t" * 15)))
        head = dict(size=1, root=b"r" * 32, ms=0, signature=b"s" * 64)
        for bad in (dict(size=0), dict(size=2**62 + 1), dict(root=b"r" * 31), dict(ms=-1), dict(signature=b"s" * 65)):
            self.refused("bad-content", self.seal(self.header(), 14, wire.content.Head(**{**head, **bad})))
        self.refused("bad-content", self.seal(self.header(), 15))
        self.refused("bad-content", self.seal(self.header(), 3))

    def test_what_speaks_of_a_message_keeps_its_rules(self):
        content = wire.content
        mine = content.MessageRef(from_fpr=self.alice.fpr, stream=b"t" * 16, seq=1)
        other = content.MessageRef(from_fpr=self.carol.fpr, stream=b"t" * 16, seq=1)
        short = content.MessageRef(from_fpr=self.alice.fpr, stream=b"t" * 15, seq=1)
        for kind, good in ((8, content.Edit(of=mine, text="x")), (9, content.Delete(of=mine)),
                           (10, content.Reaction(of=other)), (11, content.Poll(question="q", options=["a", "b"])),
                           (12, content.Vote(of=other, choice=1)), (12, content.Vote(of=mine)), (1, content.Text(text="x", reply_to=other))):
            self.assertEqual(self.reader().receive(self.seal(self.header(), kind, good)).kind, kind)
        for kind, bad in ((8, content.Edit(of=other, text="x")), (9, content.Delete(of=other)), (9, content.Delete(of=short)),
                          (8, content.Edit(of=mine)), (8, content.Edit(text="x")), (9, content.Delete()),
                          (11, content.Poll(question="q", options=["a"])), (11, content.Poll(options=["a", "b"])),
                          (12, content.Vote(of=mine, choice=11)), (12, content.Vote(choice=1)),
                          (10, content.Reaction(of=mine, emoji="x" * 65)), (10, content.Reaction(emoji="x")),
                          (1, content.Text(text="x", replaces=mine)), (1, content.Text(text="x", reply_to=short))):
            self.refused("bad-content", self.seal(self.header(), kind, bad))


class Suite2(unittest.TestCase):
    """Section 15. suite2_test.py has its rules."""

    @classmethod
    def setUpClass(cls):
        _, raw = vector("message_suite2")
        cls.alice = Person("alice", raw("sender_pkcs8"))
        cls.bob = Person("bob", raw("recipient_pkcs8"))

    def test_prekeys(self):
        for name, person in (("prekey", self.bob), ("prekey_sender", self.alice)):
            fields, raw = vector(name)
            prekey = suite2.parse_prekey(raw("prekey"))
            self.assertTrue(suite2.accepts_prekey(prekey, raw("realm"), fields["user"], raw("spki")))
            self.assertEqual((prekey.fpr, prekey.x25519), (raw("fpr"), raw("x25519")))
            self.assertEqual((prekey.n, prekey.from_ms, prekey.until_ms),
                             tuple(int(fields[f]) for f in ("n", "from_ms", "until_ms")))
            self.assertEqual(suite2.prekey_hash(prekey), raw("hash"))
            self.assertEqual(suite2.x25519(raw("secret"), suite2.BASE), raw("x25519"))
            again, _ = suite2.make_prekey(person, prekey.n, prekey.from_ms, raw("secret"))
            self.assertEqual(suite2.prekey_hash(again), raw("hash"))
            self.assertTrue(suite2.accepts_prekey(again, raw("realm"), fields["user"], raw("spki")))

    def test_wrap(self):
        _, raw = vector("prekey_wrap")
        self.assertEqual(suite2.x25519(raw("eph_secret"), suite2.BASE), raw("eph"))
        self.assertEqual(suite2.x25519(raw("eph_secret"), raw("x25519")), raw("dh"))
        self.assertEqual(suite2.x25519(raw("secret"), raw("eph")), raw("dh"))
        kek = suite2.wrap_key(raw("k"), raw("dh"), raw("eph"), raw("header"))
        self.assertEqual(kek, raw("kek"))
        for i in (1, 2):
            box, context = raw(f"box_{i}"), suite2.wrap_context(raw("header"), i)
            self.assertEqual(suite1.open_box(kek, context, box), raw("key"))
            self.assertEqual(suite1.seal(kek, context, raw("key"), box[1:33]), box)
            self.assertRaises(Refused, suite1.open_box, kek, suite2.wrap_context(raw("header"), 3 - i), box)

    def test_ratchet(self):
        _, raw = vector("vault_key_ratchet")
        self.assertEqual(suite2.next_vault_key(raw("vault_key")), raw("second"))
        self.assertEqual(suite2.next_vault_key(raw("second")), raw("third"))

    def test_messages_open_with_both_wraps(self):
        for name, person, secret in (("message_suite2", self.bob, "recipient_prekey_secret"),
                                     ("message_suite2", self.alice, "sender_prekey_secret"),
                                     ("message_suite2_self", self.alice, "recipient_prekey_secret")):
            fields, raw = vector(name)
            which = "own_prekey_" if person is self.alice else "prekey_"
            prekeys = {(person.fpr, int(fields[which + "n"])): {raw(which + "hash"): raw(secret)}}
            reader = envelope.Reader(person, {"alice": self.alice.spki}, prekeys=prekeys)
            opened = reader.receive(raw("envelope"))
            self.assertEqual((opened.kind, opened.content.text), (1, fields["text"]))
            self.assertEqual((opened.header.eph, opened.header.prekey_hash, opened.header.own_prekey_hash),
                             (raw("eph"), raw("prekey_hash"), raw("own_prekey_hash")))
            self.assertEqual(reader.seen_prekeys, {self.alice.fpr: (int(fields["own_prekey_n"]), raw("own_prekey_hash"))})
            self.assertEqual(suite1.h(raw("envelope")), raw("hash"))

    def test_both_wraps_of_a_message_hold_one_key(self):
        for name in ("message_suite2", "message_suite2_self"):
            _, raw = vector(name)
            sealed, header = envelope.parse_envelope(raw("envelope"))
            keys = [suite2.unwrap_with(suite1.load_pkcs8(raw(who + "_pkcs8")), raw(who + "_prekey_secret"), header.eph,
                                       sealed.header, i, sealed.wraps[i - 1])
                    for i, who in enumerate(("recipient", "sender"), 1)]
            self.assertEqual(keys[0], keys[1], name)
            self.assertEqual(len(keys[0]), 32)


if __name__ == "__main__":
    unittest.main()
