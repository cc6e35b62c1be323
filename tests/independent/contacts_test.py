"""Contacts and strangers over the real wire: what a sender learns, what a stranger fills, and older versions beside
version 4 (proto/PROTOCOL.md, "Contacts"). Tests 33 and 34 go on with the adversary's list."""
import os
import time
import unittest

import suite1
from fastchat_cluster import wait_until
from hostile import HostileTest, Thin, client
from link import Broker, LinkDown, ServerError, Session, new_device

NONE, ACCEPTED, BLOCKED = client.NONE, client.ACCEPTED, client.BLOCKED
STREAM = b"s" * 16
STRANGERS, OF_ONE, QUEUED = 100, 3, 20  # the bounds
ACCOUNTS = 1_000
FILE = {"size": 1_081, "chunks": 1}


class Person(Thin):
    """An account of version 4 (or an earlier one), with one device. Sessions are kept by the test."""

    def __init__(self, invite, user, version=4):
        super().__init__(invite, user)
        self.version = version
        self.ref = 0

    def sign_up(self, blob=None, vault=None):
        broker = self.broker()
        verifier = suite1.h(suite1.label("verifier") + self.auth)
        broker.sign_up(self.user, os.urandom(422), blob or os.urandom(200), vault or os.urandom(200), verifier)
        broker.close()
        return self

    def broker(self):
        """A link to a broker. A broker under load may end one that waited."""
        for _ in range(4):
            try:
                return Broker(self.invite, version=self.version)
            except LinkDown:
                continue
        return Broker(self.invite, version=self.version)

    def session(self, device=None, signals=False):
        device = device or self.device
        broker = self.broker()
        try:
            _, assignment = broker.log_in(self.user, self.auth, device)
        finally:
            broker.close()
        session = Session(assignment, device, broker.keys, signals, version=self.version)
        session.contacts_changed = 0
        take = session._take

        def take_more(frame):
            body = frame.WhichOneof("body")
            if body == "contacts_changed":
                session.contacts_changed += 1
            elif body != "group_changed":
                take(frame)
        session._take = take_more
        session.until_drained()
        return session

    def next(self, to, text=b"hello"):
        self.ref += 1
        return self.ref, to, STREAM, self.ref, text


def put(session, *contacts, strangers=client.STRANGERS_NOT_SET):
    """contacts: (user, standing), or (32 bytes, standing) for a group."""
    rows = [client.Contact(group=who, standing=how) if isinstance(who, bytes) else client.Contact(user=who, standing=how)
            for who, how in contacts]
    session.call(put_contacts=client.PutContacts(contacts=rows, strangers=strangers))


class ContactsTest(HostileTest):
    CLUSTER = {"broker_args": ("--strangers", "ask")}

    def person(self, user, version=4):
        return Person(self.invite, user, version).sign_up()

    def online(self, person, **options):
        return self.keep(person.session(**options))

    def leave(self, session):
        session.link.send(client.ClientFrame(bye=client.Bye()))
        with self.assertRaises(LinkDown):
            while True:
                session.pump()

    def pair(self, a, b):
        """Returns two people of version 4 and their sessions."""
        people = self.person(a), self.person(b)
        return (*people, *(self.online(p) for p in people))

    def refused(self, code, what, *args, **kwargs):
        with self.assertRaises(ServerError) as caught:
            what(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def held(self):
        """Returns how many receipts are held back."""
        return int(self.cluster.psql("select count(*) from receipts where held_by is not null"))

    def count_of(self, user):
        """Returns how many messages wait in the queues of a user."""
        return int(self.cluster.psql(
            f"select count(*) from queue join devices using (did) join users using (uid) where users.name = '{user}'"))


class Adversary(ContactsTest):
    def frames_of(self, sender, session, to):
        """Sends what a sender can send, and returns every answer of the server, with its order."""
        seen = []
        take = session._take_traffic

        def note(traffic):
            row = [(client.ErrorCode.Name(r.code), r.retry_after_ms) for r in traffic.rejected]
            seen.append((len(traffic.queued), len(traffic.delivered), len(traffic.stored), len(traffic.deliveries), row))
            take(traffic)
        session._take_traffic = note
        for _ in range(OF_ONE + 2):
            send = sender.next(to)
            session.send(send)
            session.receipt(send[0])
        try:
            session.call(open_upload=client.OpenUpload(file_id=os.urandom(16), to=to, **FILE))
        except ServerError as error:
            seen.append((error.code, str(error), error.retry_after_ms))
        states = session.query(*((ref, STREAM, ref) for ref in range(1, sender.ref + 1)))
        seen.append(sorted(states.values()))
        session.link.send(client.ClientFrame(traffic=client.Upstream(signals=[client.Signal(to=to, envelope=b"typing")])))
        session.call(ping=client.Ping())
        session._take_traffic = take
        return seen

    def test_33_a_blocked_sender_learns_nothing(self):
        """Blocked by somebody who asks or takes, and refused by somebody who takes no strangers: one and the same.
        Proven with a worker that answers NOT_ALLOWED to a blocked sender, and REFUSED to the others."""
        answers = []
        for n, (standing, policy) in enumerate([(BLOCKED, client.ASK), (BLOCKED, client.TAKE), (BLOCKED, client.REFUSE),
                                                (NONE, client.REFUSE)]):
            _, mallory, online, session = self.pair(f"victim{n}", f"mallory{n}")
            put(online, (mallory.user, standing), strangers=policy)
            answers.append(self.frames_of(mallory, session, f"victim{n}"))
            self.assertEqual(self.count_of(f"victim{n}"), 0)
            self.assertEqual(online.deliveries, [])
        for other in answers[1:]:
            self.assertEqual(answers[0], other)
        self.assertEqual([a for a in answers[0] if isinstance(a, tuple) and a[0] == 0][0][4], [("REFUSED", 0)])

    def test_33_a_blocked_sender_hears_nothing_of_what_he_sent_before(self):
        """Another device of the victim comes, and acknowledges what the first one had before the block. Proven with a
        worker that tells the sender of that acknowledgement."""
        victim, mallory = self.person("victim"), self.person("mallory")
        phone, tablet, session = self.online(victim), new_device(), self.online(mallory)
        self.leave(self.online(victim, device=tablet))
        put(phone, ("mallory", ACCEPTED))
        send = mallory.next("victim")
        session.send(send)
        phone.send(ack_upto=phone.next_delivery().tag)
        self.assertEqual(session.receipt(send[0]), "delivered")
        before = dict(session.history), len(session.stored)
        put(phone, ("mallory", BLOCKED))
        asked = send[0], STREAM, send[3]
        self.assertEqual(session.query(asked), {send[0]: "QUEUED"})
        online = self.online(victim, device=tablet)
        self.assertEqual(len(online.deliveries), 1, "it waited for the tablet")
        online.send(ack_upto=online.next_delivery().tag)
        wait_until(lambda: self.count_of("victim") == 0, 30, "the acknowledgement is stored")
        session.call(ping=client.Ping())
        self.assertEqual((session.history, len(session.stored)), before)
        again = self.online(mallory)  # a login reads the receipts that are stored
        again.call(ping=client.Ping())
        self.assertEqual((again.stored, again.history), ([], {}))
        self.assertEqual(again.query(asked), {send[0]: "QUEUED"}, "as before the tablet came")

    def test_33_a_stranger_is_answered_alike_whoever_is_there(self):
        """With a device that is live and acknowledges at once, one that is away, and none at all. Proven with a worker
        that gives a stranger's message to live devices before it is queued, and with one that holds no receipt back."""
        answers, held = [], self.held()
        for n in range(3):
            victim, mallory = self.person(f"seen{n}"), self.person(f"seer{n}")
            session = self.online(mallory)
            if n < 2:
                online = self.online(victim)
            if n == 1:
                self.leave(online)
            seen = []
            for _ in range(OF_ONE):
                send = mallory.next(victim.user)
                session.send(send)
                seen.append(session.receipt(send[0]))
                if n == 0:
                    delivery = online.next_delivery()
                    online.send(ack_upto=delivery.tag)
                    online.call(ping=client.Ping())
            self.assertEqual(seen, ["queued"] * OF_ONE)
            if n == 0:
                wait_until(lambda: self.held() == held + OF_ONE, 30, "the acknowledgements are stored")
            states = session.query(*((ref, STREAM, ref) for ref in range(1, OF_ONE + 1)))
            self.assertEqual(set(states.values()), {"QUEUED"})
            again = self.online(mallory)  # and after another login
            states = again.query(*((ref, STREAM, ref) for ref in range(1, OF_ONE + 1)))
            self.assertEqual(set(states.values()), {"QUEUED"})
            self.assertEqual(again.stored, [])
            answers.append((seen, session.history, len(session.stored)))
        for other in answers[1:]:
            self.assertEqual(answers[0], other)

    def test_34_a_thousand_accounts_fill_nothing_but_the_bound(self):
        """Proven with a worker that counts no messages of strangers: all thousand are queued."""
        victim, friend = self.person("crowded"), self.person("old-friend")
        online = self.online(victim)
        put(online, ("old-friend", ACCEPTED))
        self.leave(online)
        codes = {}
        for n in range(ACCOUNTS):
            stranger = self.person(f"crowd-{n}")
            session = stranger.session()
            send = stranger.next("crowded")
            session.send(send)
            code = session.receipt(send[0])
            codes[code] = codes.get(code, 0) + 1
            session.close()
        self.assertEqual(codes, {"queued": QUEUED, "NOT_ACCEPTED_YET": ACCOUNTS - QUEUED})
        self.assertEqual(self.count_of("crowded"), QUEUED)
        uid = "(select uid from users where name = 'crowded')"
        self.assertEqual(int(self.cluster.psql(f"select count(*) from requests where uid = {uid}")), QUEUED)
        for table in ("contacts", "contact_groups", "cards"):
            self.assertLessEqual(int(self.cluster.psql(f"select count(*) from {table} where uid = {uid}")), 1)
        friends, send = self.online(friend), friend.next("crowded")
        friends.send(send)
        self.assertEqual(friends.receipt(send[0]), "queued", "a friend's message has its place")
        online = self.online(victim)
        online.until(lambda: len(online.deliveries) == QUEUED + 1, "all that waited")
        online.send(ack_upto=QUEUED + 1)
        self.assertEqual(friends.receipt(send[0], ("delivered",)), "delivered")


class Requests(ContactsTest):
    def test_a_stranger_has_three_messages_until_he_is_accepted(self):
        _, ben, ann_online, ben_online = self.pair("ann", "ben")
        states = []
        for _ in range(OF_ONE + 1):
            send = ben.next("ann")
            ben_online.send(send)
            states.append(ben_online.receipt(send[0]))
        self.assertEqual(states, ["queued"] * OF_ONE + ["NOT_ACCEPTED_YET"])
        ann_online.until(lambda: len(ann_online.deliveries) == OF_ONE, "the request")
        ann_online.send(ack_upto=OF_ONE)
        self.refused("NOT_ACCEPTED_YET", ben_online.call,
                     open_upload=client.OpenUpload(file_id=os.urandom(16), to="ann", **FILE))
        ann_online.call(ping=client.Ping())
        put(ann_online, ("ben", ACCEPTED))
        for ref in range(1, OF_ONE + 1):
            self.assertEqual(ben_online.receipt(ref, ("delivered",)), "delivered", "ann has them, and accepted ben")
        send = ben.next("ann")
        ben_online.send(send)
        ann_online.until(lambda: len(ann_online.deliveries) == OF_ONE + 1, "a friend's message")
        ann_online.send(ack_upto=OF_ONE + 1)
        self.assertEqual(ben_online.receipt(send[0], ("delivered",)), "delivered")
        self.assertEqual(ben_online.history[send[0]], ["delivered"], "at once")
        ben_online.call(open_upload=client.OpenUpload(file_id=os.urandom(16), to="ann", **FILE))

    def test_a_block_counts_from_when_it_is_stored(self):
        strict, mallory, online, session = self.pair("strict", "pest")
        put(online, ("pest", ACCEPTED))
        send = mallory.next("strict")
        session.send(send)
        online.send(ack_upto=online.next_delivery().tag)
        self.assertEqual(session.receipt(send[0]), "delivered")
        self.leave(online)
        waits = mallory.next("strict")
        session.send(waits)
        self.assertEqual(session.receipt(waits[0]), "queued")
        self.assertEqual(self.count_of("strict"), 1)
        tablet = self.online(strict, device=new_device())  # gets the message as well, and does not acknowledge it
        put(tablet, ("pest", BLOCKED))
        self.assertEqual(self.count_of("strict"), 0, "no device has it")
        self.assertEqual(session.query((waits[0], STREAM, waits[3])), {waits[0]: "QUEUED"})
        send = mallory.next("strict")
        session.send(send)
        self.assertEqual(session.receipt(send[0]), "REFUSED")

    def test_a_list_roams_and_its_changes_are_told(self):
        person = self.person("lister")
        for name in ("aaa", "bbb", "ccc"):
            self.person(name)
        phone, tablet = self.online(person), self.online(person, device=new_device())
        group = os.urandom(32)
        put(phone, ("aaa", ACCEPTED), ("bbb", BLOCKED), ("nobody-at-all", ACCEPTED), (group, ACCEPTED))
        tablet.until(lambda: tablet.contacts_changed >= 1, "the other device is told")
        self.assertEqual(phone.contacts_changed, 0)
        got = tablet.call(get_contacts=client.GetContacts())
        self.assertEqual(got.strangers, client.ASK)
        self.assertEqual([(c.user, c.group, c.standing) for c in got.contacts],
                         [("aaa", b"", ACCEPTED), ("bbb", b"", BLOCKED), ("", group, ACCEPTED)])
        self.assertFalse(got.more)
        rest = tablet.call(get_contacts=client.GetContacts(after="aaa")).contacts
        self.assertEqual([c.user for c in rest], ["bbb", ""])
        self.assertEqual(list(tablet.call(get_contacts=client.GetContacts(after_group=group)).contacts), [])
        told = tablet.contacts_changed
        for _ in range(3):
            put(phone, ("aaa", ACCEPTED), ("bbb", BLOCKED), ("ccc", NONE), (group, ACCEPTED), strangers=client.ASK)
        put(phone, ("ccc", ACCEPTED))
        tablet.until(lambda: tablet.contacts_changed > told, "the other device is told")
        tablet.call(ping=client.Ping())
        self.assertEqual(tablet.contacts_changed, told + 1, "nobody is told of a put that changes nothing")
        put(tablet, ("aaa", NONE), ("ccc", NONE), (group, NONE), strangers=client.REFUSE)
        got = phone.call(get_contacts=client.GetContacts())
        self.assertEqual(([c.user for c in got.contacts], got.strangers), (["bbb"], client.REFUSE))


class Invitations(ContactsTest):
    def test_a_group_of_a_stranger_is_an_invitation(self):
        ann, ben, ann_online, ben_online = self.pair("founder", "invited")
        group = os.urandom(32)
        ann_online.call(put_group=client.PutGroup(group_id=group, epoch=1, name="invites", admin="founder",
                                                  members=["founder", "invited"], state=b"s"))
        receipts = []
        take = ann_online._take_traffic

        def note(traffic):
            receipts.extend((r.ref, r.delivered, r.queued, len(r.waiting)) for r in traffic.group)
            take(traffic)
        ann_online._take_traffic = note

        def send(ref):
            row = client.Send(ref=ref, group=group, epoch=1, stream=STREAM, seq=ref, envelope=b"to all")
            ann_online.link.send(client.ClientFrame(traffic=client.Upstream(sends=[row])))
        send(1)
        ben_online.send(ack_upto=ben_online.next_delivery().tag)
        ann_online.until(lambda: receipts, "the receipt")
        self.assertEqual(receipts.pop(), (1, 0, 1, 1), "queued, however near")
        ben_online.call(ping=client.Ping())
        self.assertEqual(ann_online.query((1, STREAM, 1)), {1: "QUEUED"})
        self.assertEqual(len(ben_online.call(list_groups=client.ListGroups()).groups), 1, "the client can show it")
        put(ben_online, (group, ACCEPTED))
        ann_online.until(lambda: ann_online.receipts.get(1) == "delivered", "the receipt that was held back")
        refs = iter(range(2, 1_000))

        def counted_as_delivered():  # another worker may use its members for 2 s
            send(next(refs))
            ben_online.send(ack_upto=ben_online.next_delivery().tag)
            ann_online.until(lambda: receipts, "the receipt")
            return receipts.pop()[1] == 1
        wait_until(counted_as_delivered, 30, "a member who accepted is reached at once")


class Cards(ContactsTest):
    def hash_of(self, token):
        return suite1.h(suite1.label("card") + token)

    def test_a_card_makes_two_contacts_once(self):
        _, bearer, makers, bearers = self.pair("maker", "bearer")
        token, later = os.urandom(16), int(time.time() * 1000) + 3_600_000
        makers.call(put_card=client.PutCard(token_hash=self.hash_of(token), until_ms=later))
        self.refused("NOT_ALLOWED", makers.call, put_card=client.PutCard(token_hash=os.urandom(32), until_ms=1_000))
        for user, wrong in (("maker", os.urandom(16)), ("bearer", token), ("nobody-here", token), ("no name", token)):
            self.refused("BAD_INVITE", bearers.call, redeem_card=client.RedeemCard(user=user, token=wrong))
        bearers.call(redeem_card=client.RedeemCard(user="maker", token=token))
        makers.until(lambda: makers.contacts_changed == 1, "the maker is told")
        for session, other in ((makers, "bearer"), (bearers, "maker")):
            rows = session.call(get_contacts=client.GetContacts()).contacts
            self.assertEqual([(c.user, c.standing) for c in rows], [(other, ACCEPTED)])
        thief = self.online(self.person("thief"))
        self.refused("BAD_INVITE", thief.call, redeem_card=client.RedeemCard(user="maker", token=token))
        send = bearer.next("maker")
        bearers.send(send)
        makers.send(ack_upto=makers.next_delivery().tag)
        self.assertEqual(bearers.receipt(send[0], ("delivered",)), "delivered")

    def test_guesses_are_throttled(self):
        self.person("rich")
        guesser = self.online(self.person("guesser"))
        for _ in range(10):
            self.refused("BAD_INVITE", guesser.call, redeem_card=client.RedeemCard(user="rich", token=os.urandom(16)))
        error = self.refused("THROTTLED", guesser.call,
                             redeem_card=client.RedeemCard(user="rich", token=os.urandom(16)))
        self.assertGreater(error.retry_after_ms, 0)


class Versions(ContactsTest):
    def test_version_3_is_as_it_was(self):
        """Accounts of version 3 take everything, know no requests, and are told codes that they know."""
        old, older = self.person("old", 3), self.person("older", 3)
        sessions = self.online(old), self.online(older)
        send = old.next("older")
        sessions[0].send(send)
        sessions[1].send(ack_upto=sessions[1].next_delivery().tag)
        self.assertEqual(sessions[0].receipt(send[0]), "delivered")
        for body in ({"get_contacts": client.GetContacts()}, {"put_contacts": client.PutContacts(strangers=client.ASK)},
                     {"put_card": client.PutCard(token_hash=b"h" * 32, until_ms=1)},
                     {"redeem_card": client.RedeemCard(user="older", token=b"t" * 16)}):
            self.refused("NOT_ALLOWED", sessions[0].call, **body)
        new = self.person("newer")
        online = self.online(new)
        states = []
        for _ in range(OF_ONE + 1):
            send = old.next("newer")
            sessions[0].send(send)
            states.append(sessions[0].receipt(send[0]))
        self.assertEqual(states, ["queued"] * OF_ONE + ["RECIPIENT_FULL"])
        self.refused("NOT_ALLOWED", sessions[0].call,  # a code at which the upload ends
                     open_upload=client.OpenUpload(file_id=os.urandom(16), to="newer", **FILE))
        put(online, ("old", BLOCKED))
        send = old.next("newer")
        sessions[0].send(send)
        self.assertEqual(sessions[0].receipt(send[0]), "NOT_ALLOWED")
        self.refused("NOT_ALLOWED", sessions[0].call,
                     open_upload=client.OpenUpload(file_id=os.urandom(16), to="newer", **FILE))
        tablet = self.keep(Thin.session(old, new_device()))  # a session of version 1 beside it
        tablet.call(ping=client.Ping())


if __name__ == "__main__":
    unittest.main()
