"""Accounts without cryptography, links that may be misused, and the checks that a link lives or is closed."""
import os
import unittest

import suite1
import wire
import zmq
from fastchat_cluster import Cluster
from link import Broker, Invite, Link, LinkDown, Session, new_device, zmq_key

client = wire.client
NOT_LOGGED_IN = "NOT_LOGGED_IN"


def frame(request=0, **body):
    return client.ClientFrame(request=request, **body)


HELLO = {"hello": client.Hello(version_min=1, version_max=1, agent="hostile")}
PING = {"ping": client.Ping()}


class Thin:
    """An account whose key, blob and vault are random bytes. Servers cannot detect that."""

    def __init__(self, invite, user):
        self.invite, self.user, self.auth, self.device = invite, user, os.urandom(32), new_device()

    def sign_up(self, blob=None, vault=None):
        broker = Broker(self.invite)
        verifier = suite1.h(suite1.label("verifier") + self.auth)
        broker.sign_up(self.user, os.urandom(422), blob or os.urandom(200), vault or os.urandom(200), verifier)
        broker.close()
        return self

    def log_in(self, device=None):
        """Returns (Assignment, CURVE keys): a grant that nobody has used yet."""
        broker = Broker(self.invite)
        _, assignment = broker.log_in(self.user, self.auth, device or self.device)
        broker.close()
        return assignment, broker.keys

    def session(self, device=None, signals=False):
        assignment, keys = self.log_in(device)
        session = Session(assignment, device or self.device, keys, signals)
        session.until_drained()
        return session


class HostileTest(unittest.TestCase):
    """One cluster for the tests of a class; links are closed after each test. CLUSTER: options of that cluster."""

    CLUSTER = {}

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster.temporary(workers=2, **cls.CLUSTER)
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        cls.cluster.start()
        cls.invite = Invite(cls.cluster.invite)

    def account(self, user):
        return Thin(self.invite, user).sign_up()

    def keep(self, link):
        self.addCleanup(link.close)
        return link

    def broker_link(self, **options):
        return self.keep(Link(self.invite.endpoint, zmq_key(self.invite.key), zmq.curve_keypair(), **options))

    def ready(self):
        """Returns a link that has sent hello."""
        link = self.broker_link()
        link.call(**HELLO)
        return link

    def worker_link(self, assignment, keys):
        return self.keep(Link(assignment.endpoint, zmq_key(assignment.key), keys))

    def live(self, account):
        return self.keep(account.session()).link

    def expect_error(self, link, request, code):
        """Checks that the next frame is this error, as an answer to request."""
        got = link.receive()
        self.assertEqual(got.WhichOneof("body"), "error", got)
        self.assertEqual((got.request, client.ErrorCode.Name(got.error.code)), (request, code))

    def expect_alive(self, link):
        link.call(**PING)

    def expect_closed(self, link):
        """Checks that later frames are answered NOT_LOGGED_IN, until the server ends the connection as well."""
        try:
            link.send(frame(4711, **PING))
            self.expect_error(link, 4711, NOT_LOGGED_IN)
        except (LinkDown, zmq.Again):
            pass

    def expect_refused(self, link, data, code="MALFORMED", request=0):
        """Checks that data gets this code and that the link is closed."""
        link.send(data)
        self.expect_error(link, request, code)
        self.expect_closed(link)


def with_unknown_field(message):
    """Returns the bytes of a frame with one more field, number 127, that no message has."""
    return message.SerializeToString() + b"\xf8\x07\x01"
