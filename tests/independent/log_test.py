"""The log of keys over the real wire, with the hashing of RFC 9162 written anew: heads, proofs, all leaves, requests that
break the protocol, and older versions beside version 5 (proto/PROTOCOL.md, "The log of keys")."""
import os
import unittest

import suite1
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hostile import HostileTest, Thin, client, frame
from link import Broker, ServerError, Session

EMPTY = suite1.h(b"")


def leaf_hash(leaf):
    return suite1.h(b"\0" + suite1.lp(leaf.user.encode()) + suite1.lp(leaf.fpr) + leaf.counter.to_bytes(8, "big")
                    + leaf.ms.to_bytes(8, "big"))


def node(left, right):
    return suite1.h(b"\1" + left + right)


def split(n):
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def root_of(hashes):
    """MTH of RFC 9162, section 2.1.1."""
    if not hashes:
        return EMPTY
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return node(root_of(hashes[:k]), root_of(hashes[k:]))


def inclusion(index, hashes):
    """PATH of RFC 9162, section 2.1.3.1."""
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if index < k:
        return inclusion(index, hashes[:k]) + [root_of(hashes[k:])]
    return inclusion(index - k, hashes[k:]) + [root_of(hashes[:k])]


def consistency(m, hashes, whole=True):
    """SUBPROOF of RFC 9162, section 2.1.4.1."""
    if m == len(hashes):
        return [] if whole else [root_of(hashes)]
    k = split(len(hashes))
    if m <= k:
        return consistency(m, hashes[:k], whole) + [root_of(hashes[k:])]
    return consistency(m - k, hashes[k:], False) + [root_of(hashes[:k])]


class Member(Thin):
    """An account whose key is known to the test."""

    def __init__(self, invite, user, version=5):
        super().__init__(invite, user)
        self.version, self.spki = version, os.urandom(422)

    def verifier(self):
        return suite1.h(suite1.label("verifier") + self.auth)

    def sign_up(self, blob=None, vault=None):
        broker = Broker(self.invite, version=self.version)
        broker.sign_up(self.user, self.spki, b"blob", b"vault", self.verifier())
        broker.close()
        return self

    def broker(self, version=None):
        """A link that has logged in with the password, and the assignment."""
        broker = Broker(self.invite, version=version or self.version)
        _, assignment = broker.log_in(self.user, self.auth, self.device)
        return broker, assignment

    def session(self, device=None, signals=False, version=None):
        broker, assignment = self.broker(version)
        broker.close()
        session = Session(assignment, self.device, broker.keys, version=version or self.version)
        session.until_drained()
        return session

    def rekey(self, number):
        broker, _ = self.broker()
        self.spki = os.urandom(422)
        broker.change_key(self.auth, self.verifier(), b"blob %d" % number, b"vault", number + 1, self.spki, [b"change"],
                          number)
        broker.close()

    def end(self):
        broker, _ = self.broker()
        broker.delete_account(self.auth)
        broker.close()


class LogTest(HostileTest):
    def member(self, user):
        return Member(self.invite, user).sign_up()

    def online(self, member, **options):
        return self.keep(member.session(**options))

    def verify(self, head):
        signed = (suite1.label("log-head") + self.invite.realm + head.size.to_bytes(8, "big") + head.root
                  + head.ms.to_bytes(8, "big"))
        Ed25519PublicKey.from_public_bytes(self.invite.log_key).verify(head.signature, signed)
        return head

    def growth(self, session, *sizes):
        reply = session.call(get_log_head=client.GetLogHead(**{"from": sizes}))
        self.assertEqual(len(reply.paths), len(sizes))
        return self.verify(reply.head), [list(p.hashes) for p in reply.paths]

    def proofs(self, session, *users):
        reply = session.call(get_log_proofs=client.GetLogProofs(users=users))
        self.verify(reply.head)
        return reply

    def leaves(self, session):
        """Reads the whole log and checks the root of its head."""
        leaves = []
        while True:
            page = session.call(get_log_leaves=client.GetLogLeaves(**{"from": len(leaves)}))
            self.verify(page.head)
            leaves += page.leaves
            if len(leaves) >= page.head.size:
                self.assertEqual(root_of([leaf_hash(leaf) for leaf in leaves]), page.head.root)
                return leaves

    def refused(self, session, code, **body):
        with self.assertRaises(ServerError) as caught:
            session.call(**body)
        self.assertEqual(caught.exception.code, code)


class Log(LogTest):
    def test_a_key_is_in_the_log_before_its_sign_up_is_answered(self):
        ann = self.member("ann-first")
        session = self.online(ann)
        proof, = self.proofs(session, "ann-first").proofs
        self.assertEqual(proof.leaf.fpr, suite1.fingerprint(self.invite.realm, ann.user, ann.spki))
        self.assertEqual(proof.leaf.counter, 0)
        self.assertEqual(Broker(self.invite, version=5).log_key, self.invite.log_key)

    def test_all_leaves_make_the_root_and_every_proof_is_the_one_of_the_rfc(self):
        members = [self.member(f"rfc-{i}") for i in range(9)]
        session = self.online(members[0])
        members[3].rekey(1)
        members[3].rekey(2)
        members[5].end()
        leaves = self.leaves(session)
        hashes = [leaf_hash(leaf) for leaf in leaves]
        self.assertEqual([leaf.ms for leaf in leaves], sorted(leaf.ms for leaf in leaves))
        mine = [(leaf.user, leaf.counter) for leaf in leaves if leaf.user in ("rfc-3", "rfc-5")]
        self.assertEqual(mine, [("rfc-3", 0), ("rfc-5", 0), ("rfc-3", 1), ("rfc-3", 2), ("rfc-5", 1)])
        users = sorted(m.user for m in members)
        reply = self.proofs(session, *users)
        self.assertEqual([p.leaf.user for p in reply.proofs], users)
        for proof in reply.proofs:
            newest = max(i for i, leaf in enumerate(leaves) if leaf.user == proof.leaf.user)
            self.assertEqual((proof.index, proof.leaf), (newest, leaves[newest]))
            self.assertEqual(list(proof.path.hashes), inclusion(newest, hashes), proof.leaf.user)
        self.assertEqual(reply.proofs[3].leaf.fpr, suite1.fingerprint(self.invite.realm, "rfc-3", members[3].spki))
        self.assertEqual(reply.proofs[5].leaf.fpr, b"", "deleted")
        size = len(leaves)
        for first in range(0, size + 1, 16):
            sizes = range(first, min(first + 16, size + 1))
            head, paths = self.growth(session, *sizes)
            self.assertEqual((head.size, head.root), (size, root_of(hashes)))
            for m, path in zip(sizes, paths):
                self.assertEqual(path, consistency(m, hashes) if m else [], m)

    def test_what_is_not_there_has_no_proof(self):
        session = self.online(self.member("edge"))
        head, paths = self.growth(session, 0, 2 ** 63 - 1)
        self.assertEqual(paths, [[], []])
        self.assertEqual(self.growth(session, head.size + 1, head.size)[1], [[], []])
        self.assertEqual([p.leaf.user for p in self.proofs(session, "aaa-nobody", "edge", "zzz-nobody").proofs], ["edge"])
        self.assertEqual(len(self.proofs(session, "nobody-at-all").proofs), 0)
        for index in (head.size, head.size + 1, 2 ** 63 - 1):
            page = session.call(get_log_leaves=client.GetLogLeaves(**{"from": index}))
            self.assertEqual((len(page.leaves), page.head.size), (0, head.size))

    def test_requests_that_break_the_protocol_end_the_session(self):
        member = self.member("breaker")
        many = [f"user{i}" for i in range(1000, 1065)]
        for what, body in {
                "17 sizes": {"get_log_head": client.GetLogHead(**{"from": range(17)})},
                "a size of 2^63": {"get_log_head": client.GetLogHead(**{"from": [2 ** 63]})},
                "nobody": {"get_log_proofs": client.GetLogProofs()},
                "65 names": {"get_log_proofs": client.GetLogProofs(users=many)},
                "names out of order": {"get_log_proofs": client.GetLogProofs(users=["bob", "ann"])},
                "a name twice": {"get_log_proofs": client.GetLogProofs(users=["ann", "ann"])},
                "no name": {"get_log_proofs": client.GetLogProofs(users=["No Name"])},
                "an index of 2^63": {"get_log_leaves": client.GetLogLeaves(**{"from": 2 ** 63})},
                "no request number": {"request": 0, "get_log_leaves": client.GetLogLeaves()}}.items():
            with self.subTest(what):
                session = self.online(member)
                number = body.pop("request", 77)
                self.expect_refused(session.link, frame(number, **body))

    def test_a_session_has_few_pages_under_way_and_each_is_answered(self):
        session = self.online(self.member("hasty"))
        outcome = {"leaves": 0, "busy": 0}
        for _ in range(10):  # a quick database may answer each page of a round before the next one is asked for
            asked = {session.link.ask(get_log_leaves=client.GetLogLeaves()) for _ in range(40)}
            while asked:
                reply = session.link.receive()
                body = reply.WhichOneof("body")
                asked.remove(reply.request)
                self.assertIn(body, ("log_leaves", "error"))
                if body == "error":
                    self.assertEqual(client.ErrorCode.Name(reply.error.code), "BUSY")
                outcome["leaves" if body == "log_leaves" else "busy"] += 1
            if outcome["busy"]:
                break
        self.assertGreaterEqual(outcome["leaves"], 4)
        self.assertGreater(outcome["busy"], 0, "no bound on pages under way")
        self.leaves(session)

    def test_older_sessions_go_on_and_hear_nothing_of_the_log(self):
        old = Member(self.invite, "older", version=4).sign_up()
        self.assertEqual(Broker(self.invite, version=4).log_key, b"")
        session = self.online(old)
        for body in ({"get_log_head": client.GetLogHead()}, {"get_log_proofs": client.GetLogProofs(users=["older"])},
                     {"get_log_leaves": client.GetLogLeaves()}):
            self.refused(session, "NOT_ALLOWED", **body)
        new = self.member("newer")
        other = self.online(new)
        session.send((1, "newer", b"s" * 16, 1, b"hello"))
        self.assertEqual(other.next_delivery().envelope, b"hello")
        self.assertEqual(len(self.proofs(other, "older").proofs), 1, "older clients' keys are in the log, too")

    def test_a_signature_of_another_head_does_not_verify(self):
        session = self.online(self.member("forger"))
        head, _ = self.growth(session)
        head.size += 1
        with self.assertRaises(InvalidSignature):
            self.verify(head)


class LogOutages(LogTest):
    def test_the_head_is_the_same_after_every_program_was_killed(self):
        session = self.online(self.member("before"))
        head, _ = self.growth(session)
        for part in ("broker1", "worker1", "worker2"):
            self.cluster.kill(part)
            self.cluster.start_part(part)
        after = self.online(self.member("after"))
        newer, (path,) = self.growth(after, head.size)
        self.assertEqual(newer.size, head.size + 1)
        hashes = [leaf_hash(leaf) for leaf in self.leaves(after)]
        self.assertEqual(root_of(hashes[:head.size]), head.root)
        self.assertEqual(path, consistency(head.size, hashes))


class NoLog(LogTest):
    def test_a_server_without_the_key_works_and_keeps_no_log(self):
        self.cluster.kill("broker1")
        self.cluster.psql("truncate log_leaves, log_nodes, log_head")
        os.rename(os.path.join(self.cluster.keys, "log.key"), os.path.join(self.cluster.keys, "away"))
        self.cluster.start_part("broker1")
        self.assertEqual(Broker(self.invite, version=5).log_key, b"")
        ann = self.member("ann")
        session = self.online(ann)
        self.refused(session, "NOT_ALLOWED", get_log_head=client.GetLogHead())
        self.cluster.kill("broker1")
        os.rename(os.path.join(self.cluster.keys, "away"), os.path.join(self.cluster.keys, "log.key"))
        self.cluster.start_part("broker1")
        self.assertEqual(Broker(self.invite, version=5).log_key, self.invite.log_key)
        leaf, = self.leaves(session)
        self.assertEqual(leaf.fpr, suite1.fingerprint(self.invite.realm, "ann", ann.spki), "caught up before it served")


if __name__ == "__main__":
    unittest.main()
