"""Clients that do not keep to proto/PROTOCOL.md: each gets exactly the code the page promises, and the link lives or not."""
import base64
import os
import unittest

import wire
import zmq
from fastchat_cluster import wait_until
from hostile import HELLO, NOT_LOGGED_IN, PING, HostileTest, Thin, client, frame, with_unknown_field
from link import Broker, Link, LinkDown, ServerError, attach_of, new_device, zmq_key

MIB = 1 << 20
DROPPED = "fastchat_broker_dropped_messages"


def log_in(request, user, auth, device):
    return frame(request, log_in=client.LogIn(user=user, auth=auth, device=device, device_name="t"))


def sign_up(request=3, **changes):
    fields = {"user": "zed", "public_key": b"k" * 422, "identity_blob": b"b", "vault": b"v", "verifier": b"v" * 32, **changes}
    return frame(request, sign_up=client.SignUp(**fields))


def send(**changes):
    return client.Send(**{"ref": 1, "to": "nobody-here", "stream": b"s" * 16, "seq": 1, "envelope": b"e", **changes})


def traffic(*sends, **more):
    return frame(traffic=client.Upstream(sends=sends, **more))


def signal(to="ann", envelope=b"e", **fields):
    return client.Signal(to=to, envelope=envelope, **fields)


def signals(*rows):
    return frame(traffic=client.Upstream(signals=rows))


class AtTheBroker(HostileTest):
    def test_frames_that_break_the_encoding_end_the_link(self):
        bad = {"garbage": b"\xff\xff\xff", "empty": b"", "no body": frame(3), "no request": frame(**HELLO),
               "unknown field": with_unknown_field(frame(1, **HELLO)),
               "unknown field inside": b"\x08\x01\x12\x03\xf8\x07\x01",
               "not UTF-8": b"\x08\x01\x12\x07\x08\x01\x10\x01\x1a\x01\xff",
               "agent over 128 bytes": frame(1, hello=client.Hello(version_min=1, version_max=1, agent="a" * 129))}
        for name, data in bad.items():
            with self.subTest(name):
                self.expect_refused(self.broker_link(), data)
                self.expect_refused(self.ready(), data)

    def test_a_closed_link_may_begin_anew_with_hello(self):
        link = self.ready()
        self.expect_refused(link, b"\xff")
        self.assertEqual(link.call(**HELLO).realm, self.invite.realm)
        self.expect_alive(link)

    def test_nothing_comes_before_hello(self):
        for body in (PING, {"log_in": client.LogIn(user="ann", auth=b"a" * 32, device=b"d" * 16)},
                     {"traffic": client.Upstream()}):
            with self.subTest(body):
                self.expect_refused(self.broker_link(), frame(7, **body), NOT_LOGGED_IN, 7)

    def test_versions_without_a_common_one(self):
        for low, high in ((6, 7), (0, 0), (3, 1)):
            hello = frame(1, hello=client.Hello(version_min=low, version_max=high))
            self.expect_refused(self.broker_link(), hello, "UNSUPPORTED_VERSION", 1)
        self.assertEqual(self.broker_link().call(hello=client.Hello(version_min=0, version_max=9)).version, 5)

    def test_a_frame_out_of_place_is_not_allowed_and_the_link_lives(self):
        link = self.ready()
        link.send(frame(9, **HELLO))
        self.expect_error(link, 9, "NOT_ALLOWED")
        self.expect_alive(link)

    def test_a_worker_request_ends_a_broker_link(self):
        attach = client.Attach(version_min=1, version_max=1, session_epoch=1, device=b"d" * 16)
        for body in ({"attach": attach}, {"get_vault": client.GetVault()}):
            self.expect_refused(self.ready(), frame(9, **body), NOT_LOGGED_IN, 9)

    def test_fields_of_sign_up_and_log_in_outside_their_lengths(self):
        device = {"user": "ann", "auth": b"a" * 32, "device": b"d" * 16}
        bad = [sign_up(verifier=b"v" * 31), sign_up(public_key=b""), sign_up(public_key=b"k" * 1025),
               sign_up(identity_blob=b""), sign_up(identity_blob=bytes(65537)), sign_up(vault=b""),
               sign_up(vault=bytes(896 * 1024 + 1)), sign_up(invite="i" * 129),
               *(frame(4, log_in=client.LogIn(**{**device, **change})) for change in
                 ({"auth": b"a" * 31}, {"device": b"d" * 15}, {"device": bytes(16)}, {"resume": b"r"},
                  {"device_name": "n" * 129}))]
        for number, data in enumerate(bad):
            with self.subTest(number):
                self.expect_refused(self.ready(), data)

    def test_names_that_are_not_allowed_or_taken_leave_the_link_alive(self):
        self.account("taken")
        link = self.ready()
        for user, code in (("Zed", "NAME_NOT_ALLOWED"), ("zz", "NAME_NOT_ALLOWED"), ("z" * 33, "NAME_NOT_ALLOWED"),
                           ("-zed", "NAME_NOT_ALLOWED"), ("", "NAME_NOT_ALLOWED"), ("admin", "NAME_NOT_ALLOWED"),
                           ("mailbox", "NAME_NOT_ALLOWED"), ("taken", "NAME_TAKEN")):
            link.send(sign_up(user=user))
            self.expect_error(link, 3, code)
        self.expect_alive(link)

    def test_a_peer_that_chose_its_routing_id_is_not_heard(self):
        before = self.cluster.metrics("broker1")[DROPPED]
        for number, routing_id in enumerate((b"me", b"abcde", b"\x01" * 5), 1):
            link = self.broker_link(routing_id=routing_id)
            self.assertTrue(link.handshake())
            link.send(frame(1, **HELLO))
            wait_until(lambda n=number: self.cluster.metrics("broker1")[DROPPED] == before + n, 30, "a frame dropped")
            self.assertFalse(link.socket.poll(0))

    def test_a_message_of_two_parts_is_not_heard(self):
        link = self.ready()
        link.socket.send_multipart([frame(8, **PING).SerializeToString(), b""])
        link.send(frame(9, **PING))
        self.assertEqual(link.receive().request, 9)

    def test_a_frame_of_1_mib_is_answered_and_one_byte_more_cuts_the_link(self):
        link = self.ready()
        self.expect_refused(link, b"\xff" * MIB)
        link.call(**HELLO)
        link.send(b"\xff" * (MIB + 1))
        with self.assertRaises(LinkDown):
            link.receive()

    def test_the_largest_account_signs_up_grows_and_logs_in(self):
        blob, vault = os.urandom(64 * 1024), os.urandom(896 * 1024)
        link = self.ready()
        link.send(sign_up(user="large", vault=vault[:16 * 1024 + 1]))
        self.expect_error(link, 3, "TOO_LARGE")
        self.expect_alive(link)
        large = Thin(self.invite, "large").sign_up(blob, vault[:16 * 1024])
        self.live(large).call(put_vault=client.PutVault(version=2, blob=vault))
        broker = self.keep(Broker(self.invite))
        logged_in, _ = broker.log_in("large", large.auth, large.device)
        self.assertEqual((logged_in.identity_blob, logged_in.vault, logged_in.vault_version), (blob, vault, 2))

    def test_an_unknown_user_and_a_wrong_password_get_the_same_bytes(self):
        known = self.account("known")
        answers = []
        for user in ("known", "unknown"):
            link = self.ready()
            link.send(log_in(5, user, os.urandom(32), known.device))
            answers.append(link.receive_bytes())
            self.expect_alive(link)
        self.assertEqual(answers[0], answers[1])
        answer = wire.parse_frame(client.ServerFrame, answers[0])
        self.assertEqual((answer.request, answer.error.code), (5, client.BAD_CREDENTIALS))

    def test_failures_are_throttled_alike_for_known_and_unknown_names(self):
        self.account("guessed")
        seen = []
        for user in ("guessed", "never-was"):
            link, codes = self.ready(), []
            for number in range(7):
                link.send(log_in(number + 1, user, os.urandom(32), new_device()))
                error = link.receive().error
                codes.append((client.ErrorCode.Name(error.code), error.retry_after_ms > 0))
            seen.append(codes)
        self.assertEqual(seen[0], [("BAD_CREDENTIALS", False)] * 6 + [("THROTTLED", True)],
                         "each answer comes a second later, when the first wait is over")
        self.assertEqual(seen[0], seen[1])


class AtAWorker(HostileTest):
    def test_traffic_before_attach(self):
        account = self.account("early")
        for data, request in ((traffic(send()), 0), (frame(5, **PING), 5), (frame(5, get_vault=client.GetVault()), 5)):
            self.expect_refused(self.worker_link(*account.log_in()), data, NOT_LOGGED_IN, request)

    def test_attach_that_does_not_match_the_grant(self):
        mallory, victim = self.account("mallory"), self.account("victim")
        theirs, _ = victim.log_in()
        mine, _ = mallory.log_in()
        wrong_epoch = attach_of(mine, mallory.device)
        wrong_epoch.session_epoch += 1
        for attach in (attach_of(theirs, victim.device), attach_of(mine, victim.device), wrong_epoch):
            assignment, keys = mallory.log_in()
            if attach is wrong_epoch:
                attach.session_epoch = assignment.session_epoch + 1
            link = self.worker_link(assignment, keys)
            self.expect_refused(link, frame(1, attach=attach), NOT_LOGGED_IN, 1)

    def test_a_grant_serves_only_the_key_it_was_given_to(self):
        account = self.account("owner")
        assignment, keys = account.log_in()
        self.assertFalse(self.worker_link(assignment, zmq.curve_keypair()).handshake())
        link = self.worker_link(assignment, keys)
        self.assertTrue(link.handshake())
        self.assertEqual(link.call(attach=attach_of(assignment, account.device)).version, 1)

    def test_a_grant_serves_once(self):
        account = self.account("once")
        assignment, keys = account.log_in()
        self.worker_link(assignment, keys).call(attach=attach_of(assignment, account.device))
        self.assertFalse(self.worker_link(assignment, keys).handshake())

    def test_frames_that_break_the_protocol_end_the_session(self):
        account = self.account("breaker")
        bad = {"garbage": b"\xff\xff", "unknown field": with_unknown_field(frame(1, **PING)), "no body": frame(3),
               "unknown field in traffic": b"\x32\x03\xf8\x07\x01", "no request": frame(get_vault=client.GetVault()),
               "no envelope": traffic(send(envelope=b"")), "ref 0": traffic(send(ref=0)), "seq 0": traffic(send(seq=0)),
               "seq over 2^63 - 1": traffic(send(seq=2**63)), "stream of 15": traffic(send(stream=b"s" * 15)),
               "not a name": traffic(send(to="Nobody")),
               "1,025 sends": traffic(*(send(ref=n, seq=n) for n in range(1, 1026))),
               "4,097 queries": frame(2, query=client.Query(open=[client.Query.Open(ref=n, stream=b"s" * 16, seq=n)
                                                                  for n in range(1, 4098)])),
               "a signal without envelope": signals(signal(envelope=b"")),
               "a signal of 4,097 bytes": signals(signal(envelope=bytes(4097))),
               "a signal for nobody": signals(signal(to="")), "a signal for two": signals(signal(group=b"g" * 32, epoch=1)),
               "17 signals": signals(*[signal()] * 17),
               "129 names": frame(2, get_users=client.GetUsers(names=["ann"] * 129)),
               "no names": frame(2, get_users=client.GetUsers()),
               "device of 15": frame(2, remove_device=client.RemoveDevice(device=b"d" * 15)),
               "no vault": frame(2, put_vault=client.PutVault(version=2)),
               "vault version 1": frame(2, put_vault=client.PutVault(version=1, blob=b"v")),
               "vault too large": frame(2, put_vault=client.PutVault(version=2, blob=bytes(896 * 1024 + 1)))}
        for name, data in bad.items():
            with self.subTest(name):
                self.expect_refused(self.live(account), data)

    def test_garbage_in_a_signal_reaches_who_asked_and_nobody_else_and_is_owed_to_nobody(self):
        ears, deaf, mouth = self.account("ears"), self.account("deaf"), self.account("mouth")
        listening, not_asked, sender = (self.keep(a.session(signals=s)).link for a, s in ((ears, True), (deaf, False), (mouth, True)))
        junk = os.urandom(4096)
        for _ in range(40):
            sender.send(signals(signal(to="ears", envelope=junk), signal(to="deaf", envelope=junk), signal(to="no-such-user")))
        got = listening.receive()
        self.assertEqual(list(got.traffic.signals)[0], junk)
        self.expect_alive(sender)
        self.expect_alive(not_asked)  # nothing came before the pong
        not_asked.send(signals(signal(to="ears", envelope=b"from who did not ask")))
        self.expect_alive(not_asked)
        heard = len(got.traffic.signals)
        while listening.socket.poll(500):
            frame_ = listening.receive()
            self.assertNotIn(b"from who did not ask", frame_.traffic.signals)
            heard += len(frame_.traffic.signals)
        self.assertLessEqual(heard, 8)  # of 40; the others were over the limit
        self.expect_alive(listening)

    def test_an_envelope_over_its_limit_is_too_large_and_the_session_lives(self):
        account = self.account("wordy")
        session = self.keep(account.session())
        rows = [(1, "nobody-here", b"s" * 16, 1, bytes(24577)), (2, "wordy", b"s" * 16, 2, bytes(24576)),
                (3, "nobody-here", b"s" * 16, 3, b"e")]
        session.send(*rows)
        self.assertEqual([session.receipt(ref) for ref in (1, 2, 3)], ["TOO_LARGE", "delivered", "UNKNOWN_USER"])
        self.expect_alive(session.link)

    def test_1024_sends_in_a_frame_are_taken(self):
        session = self.keep(self.account("busy").session())
        session.send(*((n, "nobody-here", b"s" * 16, n, b"e") for n in range(1, 1025)))
        session.until(lambda: len(session.receipts) == 1024, "1,024 receipts")
        self.assertEqual(set(session.receipts.values()), {"UNKNOWN_USER"})

    def test_requests_of_the_wrong_kind_are_not_allowed_and_the_session_lives(self):
        account = self.account("mixed")
        assignment, keys = account.log_in()
        link = self.worker_link(assignment, keys)
        link.call(attach=attach_of(assignment, account.device))
        self.assertEqual(link.receive().WhichOneof("body"), "drained")
        for data in (frame(9, **HELLO), frame(9, attach=attach_of(assignment, account.device)), sign_up(9),
                     log_in(9, "mixed", account.auth, account.device)):
            link.send(data)
            self.expect_error(link, 9, "NOT_ALLOWED")
        self.expect_alive(link)

    def test_acknowledging_what_was_never_delivered_changes_nothing(self):
        hasty, writer = self.account("hasty"), self.account("writer")
        reader, author = self.keep(hasty.session()), self.keep(writer.session())
        reader.send(ack_upto=2**63, receipt_acks=[77])
        reader.call(**PING)
        author.send((1, "hasty", b"s" * 16, 1, b"e"))
        delivery = reader.next_delivery()
        self.assertEqual(author.query((1, b"s" * 16, 1)), {1: "PENDING"})
        reader.send(ack_upto=delivery.tag)
        self.assertEqual(author.receipt(1), "delivered")

    def test_sending_one_identity_twice_delivers_once(self):
        reader_account = self.account("calm")
        author = self.keep(self.account("twice").session())
        author.send((1, "calm", b"s" * 16, 1, b"e"), (2, "calm", b"s" * 16, 1, b"e"), (3, "calm", b"t" * 16, 1, b"f"))
        self.assertEqual([author.receipt(ref) for ref in (1, 2, 3)], ["queued"] * 3)
        reader = self.keep(reader_account.session())
        self.assertEqual(sorted(d.envelope for d in reader.deliveries), [b"e", b"f"])

    def test_errors_of_requests_leave_the_session_alive(self):
        link = self.live(self.account("asker"))
        for code, body in (("UNKNOWN_DEVICE", {"remove_device": client.RemoveDevice(device=b"q" * 16)}),
                           ("CONFLICT", {"put_vault": client.PutVault(version=9, blob=b"v")})):
            with self.assertRaises(ServerError) as caught:
                link.call(**body)
            self.assertEqual(caught.exception.code, code)
        self.assertEqual(link.call(put_vault=client.PutVault(version=2, blob=bytes(896 * 1024))).version, 2)
        users = link.call(get_users=client.GetUsers(names=["nobody-here", "asker", "No Name"])).users
        self.assertEqual([user.name for user in users], ["asker"])

    def test_a_second_login_of_a_device_ends_the_first(self):
        account = self.account("moved")
        first = self.keep(account.session())
        second = self.keep(account.session())
        self.expect_error(first.link, 0, "SUPERSEDED")
        self.expect_closed(first.link)
        self.expect_alive(second.link)

    def test_another_device_ends_nothing(self):
        account = self.account("roamer")
        first = self.keep(account.session())
        second = self.keep(account.session(new_device()))
        self.expect_alive(first.link)
        self.expect_alive(second.link)

    def test_a_frame_over_1_mib_cuts_the_link(self):
        link = self.live(self.account("heavy"))
        link.send(b"\xff" * (MIB + 1))
        with self.assertRaises(LinkDown):
            link.receive()


class AtTheClustersOwnSockets(HostileTest):
    def test_a_key_that_is_not_the_clusters_gets_no_handshake(self):
        with open(os.path.join(self.cluster.keys, "cluster.key"), encoding="ascii") as file:
            secret = self.secret_of(file.read().strip())
        public = zmq.curve_public(secret)
        for part in ("broker1", "worker1", "worker2"):
            kind = zmq.DEALER if part == "broker1" else zmq.SUB
            endpoint = f"tcp://{self.cluster.address}:{self.cluster.ports.given[part + '.inner']}"
            with self.subTest(part):
                self.assertFalse(self.keep(Link(endpoint, public, zmq.curve_keypair(), kind=kind)).handshake())
                self.assertTrue(self.keep(Link(endpoint, public, (public, secret), kind=kind)).handshake())

    def test_the_brokers_own_key_opens_neither(self):
        key = zmq_key(self.invite.key)
        endpoint = f"tcp://{self.cluster.address}:{self.cluster.ports.given['broker1.inner']}"
        self.assertFalse(self.keep(Link(endpoint, key, zmq.curve_keypair())).handshake())

    def test_a_wrong_server_key_gets_no_handshake(self):
        other, _ = zmq.curve_keypair()
        self.assertFalse(self.keep(Link(self.invite.endpoint, other, zmq.curve_keypair())).handshake())

    @staticmethod
    def secret_of(text):
        """Returns the secret key that the file holds in base64url."""
        return zmq_key(base64.urlsafe_b64decode(text + "="))


if __name__ == "__main__":
    unittest.main()
