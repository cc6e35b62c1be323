"""Suite 2 of docs/e2e.md, section 15: each rule and each reason, by a sender who has the keys to try it. The people and
their prekeys are those of tests/e2e/vectors.json."""
import unittest

import envelope
import suite1
import suite2
import wire
from suite1 import Refused
from vectors_test import REALM, Person, flipped, vector


class Suite2(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        _, raw = vector("message_suite2")
        cls.alice = Person("alice", raw("sender_pkcs8"))
        cls.bob = Person("bob", raw("recipient_pkcs8"))
        cls.bobs, cls.alices = (staticmethod(vector(name)[1]) for name in ("prekey", "prekey_sender"))
        cls.eph_secret = bytes(range(32))

    def test_prekeys_that_are_not_accepted(self):
        prekey = suite2.parse_prekey(self.bobs("prekey"))
        pinned = (REALM, "bob", self.bobs("spki"))
        self.assertFalse(suite2.accepts_prekey(prekey, b"S" * 16, *pinned[1:]))
        self.assertFalse(suite2.accepts_prekey(prekey, REALM, "alice", self.bobs("spki")))
        self.assertFalse(suite2.accepts_prekey(prekey, REALM, "bob", self.alices("spki")))
        for field, value in (("n", 8), ("x25519", bytes(31) + b"\x01"), ("from_ms", 1), ("until_ms", prekey.until_ms + 1),
                             ("sig", flipped(prekey.sig, 7))):
            changed = wire.content.Prekey.FromString(self.bobs("prekey"))
            setattr(changed, field, value)
            self.assertFalse(suite2.accepts_prekey(changed, *pinned), field)
        for field, value in (("n", 0), ("fpr", bytes(31)), ("x25519", b"\xff" * 32), ("until_ms", prekey.from_ms),
                             ("until_ms", prekey.from_ms + 30 * suite2.DAY_MS + 1), ("sig", bytes(383)), ("user", "Bob")):
            changed = wire.content.Prekey.FromString(self.bobs("prekey"))
            setattr(changed, field, value)
            self.assertRaises(Refused, suite2.parse_prekey, envelope.encode(changed))

    def test_points_of_low_order(self):
        order_8 = ("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                   "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")
        points = [n.to_bytes(32, "little") for n in (0, 1, suite2.PRIME - 1, suite2.PRIME, suite2.PRIME + 1)]
        for point in points + [bytes.fromhex(p) for p in order_8]:
            for encoding in (point, point[:31] + bytes([point[31] | 0x80])):
                self.assertRaises(Refused, suite2.x25519, self.eph_secret, encoding)
                prekey, _ = suite2.make_prekey(self.bob, 7, 1)
                prekey.x25519 = encoding
                prekey.sig = suite1.sign(self.bob.privates[0], "prekey", suite2.prekey_message(prekey))
                self.assertFalse(suite2.accepts_prekey(prekey, REALM, "bob", self.bob.spki))

    def test_what_was_seen_of_prekeys(self):
        for afresh in (True, False):
            self.assertEqual(suite2.see_served((0, b""), 3, b"x", afresh), (3, b"x"))
            self.assertEqual(suite2.see_served((3, b"x"), 4, b"y", afresh), (4, b"y"))
            self.assertEqual(suite2.see_served((3, b"x"), 3, b"x", afresh), (3, b"x"))
            with self.assertRaisesRegex(Refused, "prekey-swapped"):
                suite2.see_served((3, b"x"), 3, b"y", afresh)
        self.assertIsNone(suite2.see_served((3, b"x"), 2, b"w", False))
        with self.assertRaisesRegex(Refused, "prekey-older"):
            suite2.see_served((3, b"x"), 2, b"w", True)

    def test_there_is_no_way_back_for_a_sender(self):
        T, F = True, False
        for state, suite in (((T, T, T, T), 2), ((T, T, F, T), 2), ((T, T, T, F), None), ((T, F, T, T), None),
                             ((T, F, F, T), None), ((T, F, T, F), None), ((T, T, F, F), 1), ((T, F, F, F), 1),
                             ((F, F, T, T), 1), ((F, F, F, F), 1)):
            self.assertEqual(suite2.suite_to_seal(*state), suite, state)

    def header(self, **changes):
        header = envelope.direct_header(self.alice, "bob", self.bob.spki, b"s" * 16, 1, suite1.ZERO_HASH, 1750000000000)
        header.suite, header.eph = 2, suite2.x25519(self.eph_secret, suite2.BASE)
        header.prekey_n, header.prekey_hash = 7, self.bobs("hash")
        header.own_prekey_n, header.own_prekey_hash = 3, self.alices("hash")
        for field, value in changes.items():
            setattr(header, field, value)
        return header

    def seal(self, header, turned=False):
        order = -1 if turned else 1
        keys = [p.privates[0].public_key() for p in (self.bob, self.alice)][::order]
        points = [self.bobs("x25519"), self.alices("x25519")][::order]
        return envelope.seal_envelope(header, 1, wire.content.Text(text="hi"), self.alice.privates[0], keys,
                                      self.eph_secret, points)

    def held(self, secret=None, n=7, fpr=None, digest=None):
        """Returns the prekeys of a bob who holds one: his number 7, or what is given."""
        return {(fpr or self.bob.fpr, n): {digest or self.bobs("hash"): secret or self.bobs("secret")}}

    def refused(self, reason, data, **options):
        options.setdefault("prekeys", self.held())
        with self.assertRaises(Refused) as caught:
            envelope.Reader(self.bob, {"alice": self.alice.spki}, **options).receive(data)
        self.assertEqual(str(caught.exception), reason)

    def test_each_reason(self):
        good = self.seal(self.header())
        reader = envelope.Reader(self.bob, {"alice": self.alice.spki}, prekeys=self.held())
        self.assertEqual(reader.receive(good).content.text, "hi")
        self.refused("unknown-suite", good, prekeys=None)
        self.refused("no-prekey", good, prekeys=self.held(n=6))
        self.refused("no-prekey", good, prekeys=self.held(fpr=self.alice.fpr))
        self.refused("other-prekey", good, prekeys=self.held(digest=bytes(32)))
        self.refused("other-prekey", self.seal(self.header(prekey_hash=bytes(32))))
        self.refused("cannot-unwrap", good, prekeys=self.held(self.alices("secret")))
        self.refused("cannot-unwrap", self.seal(self.header(), turned=True))
        self.refused("cannot-unwrap", self.seal(self.header(eph=suite2.BASE)))
        self.refused("cannot-unwrap", self.seal(self.header(eph=bytes(32))))
        for changes in ({"eph": b""}, {"eph": b"\xff" * 32}, {"eph": bytes(33)}, {"prekey_n": 0}, {"own_prekey_n": 0},
                        {"prekey_n": 2**63}, {"own_prekey_n": 2**63}, {"own_prekey_hash": b""},
                        {"own_prekey_hash": bytes(33)}, {"prekey_hash": b""}, {"prekey_hash": bytes(31)}, {"suite": 1}, {"to_user": "alice"}, {"type": 2}):
            self.refused("malformed", self.seal(self.header(**changes)))

    def test_a_message_that_names_a_swapped_prekey_opens_and_is_told(self):
        for seen, after, swapped in (((3, bytes(32)), (3, bytes(32)), True), ((2, bytes(32)), (3, self.alices("hash")), False),
                                     ((4, bytes(32)), (4, bytes(32)), False)):
            reader = envelope.Reader(self.bob, {"alice": self.alice.spki}, prekeys=self.held())
            reader.seen_prekeys[self.alice.fpr] = seen
            opened = reader.receive(self.seal(self.header()))
            self.assertEqual((opened.content.text, opened.prekey_swapped), ("hi", swapped))
            self.assertEqual(reader.seen_prekeys[self.alice.fpr], after)

    def test_the_wait_for_a_prekey_leaves_no_mark_and_the_refusal_does(self):
        good, waiting = self.seal(self.header()), [True]
        prekeys = self.held(digest=bytes(32))  # another device's number 7
        reader = envelope.Reader(self.bob, {"alice": self.alice.spki}, prekeys=prekeys,
                                 awaits_prekey=lambda fpr, n: waiting[0] and (fpr, n) == (self.bob.fpr, 7))
        for _ in range(2):
            self.assertRaises(envelope.Waits, reader.receive, good)
        prekeys[self.bob.fpr, 7][self.bobs("hash")] = self.bobs("secret")
        self.assertEqual(reader.receive(good).content.text, "hi")
        self.assertRaises(envelope.Duplicate, reader.receive, good)

        late = self.seal(self.header(stream=b"t" * 16))
        prekeys.clear()
        self.assertRaises(envelope.Waits, reader.receive, late)
        waiting[0] = False
        with self.assertRaisesRegex(Refused, "no-prekey"):
            reader.receive(late)
        self.assertRaises(envelope.Duplicate, reader.receive, late)

    def test_suite_1_where_only_suite_2_is_taken(self):
        header = envelope.direct_header(self.alice, "bob", self.bob.spki, b"s" * 16, 1, suite1.ZERO_HASH, 1750000000000)
        keys = [p.privates[0].public_key() for p in (self.bob, self.alice)]
        old = envelope.seal_envelope(header, 1, wire.content.Text(text="hi"), self.alice.privates[0], keys)
        self.refused("downgrade", old, only_suite_2=lambda header: header.from_user == "alice")


if __name__ == "__main__":
    unittest.main()
