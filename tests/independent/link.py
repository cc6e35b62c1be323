"""The links of proto/PROTOCOL.md as a client sees them: invite line, CURVE DEALER, broker session, worker session.

One thread. The module contains nothing of suite 1: blobs, vaults and envelopes are bytes. Every wait has a deadline and
fails loudly.
"""
import atexit
import base64
import binascii
import hashlib
import itertools
import os
import re
import time

import zmq
import zmq.utils.z85
from zmq.utils.monitor import recv_monitor_message

import wire

DEADLINE_S = 30
PING_AFTER_S = 10
VERSION = 1
_counter = itertools.count()
AGENT = "independent/1"
UP = zmq.EVENT_HANDSHAKE_SUCCEEDED
DOWN = (zmq.EVENT_DISCONNECTED, zmq.EVENT_CLOSED, zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
        zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_CONNECT_RETRIED)


class LinkDown(Exception):
    """Raised when the link is over: refused in the handshake, broken, or closed by the server."""


class ServerError(Exception):
    """Raised for an Error frame. code: its name."""

    def __init__(self, error):
        super().__init__(f"{wire.client.ErrorCode.Name(error.code)}: {error.text}")
        self.code = wire.client.ErrorCode.Name(error.code)
        self.retry_after_ms = error.retry_after_ms
        self.devices = list(error.devices)
        self.groups = list(error.groups)


class Invite:
    """A parsed invite line: endpoint (of ZeroMQ), key, realm, and the log's key or None. Raises ValueError for any other
    text."""

    LINE = re.compile(r"fastchat://(\[[0-9A-Fa-f:.]+\]|[^\s/?#:@\[\]]+):([0-9]{1,5})/\?key=([\w-]{43})&realm=([\w-]{22})"
                      r"(?:&log=([\w-]{43}))?", re.ASCII)

    def __init__(self, line):
        match = self.LINE.fullmatch(line)
        if match is None or not 1 <= int(match[2]) <= 65535:
            raise ValueError("not an invite line")
        self.endpoint = f"tcp://{match[1]}:{int(match[2])}"
        self.key, self.realm = self._decode(match[3], 32), self._decode(match[4], 16)
        self.log_key = self._decode(match[5], 32) if match[5] else None

    @staticmethod
    def _decode(text, size):
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except binascii.Error:
            raise ValueError("not base64url") from None
        if len(data) != size or base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
            raise ValueError("not canonical base64url")
        return data


# The links that were not closed. The set keeps them from garbage collection: when the end of a monitor goes first,
# libzmq's thread waits for a reader of the next event, and no socket of the process works any more.
_open = set()


class Link:
    """One DEALER. keys: (public, secret) in Z85, as zmq.curve_keypair() makes them."""

    def __init__(self, endpoint, server_key, keys, routing_id=None, kind=zmq.DEALER):
        self.socket = zmq.Context.instance().socket(kind)
        self.socket.linger = 0
        self.socket.ipv6 = True
        self.socket.curve_publickey, self.socket.curve_secretkey = keys
        self.socket.curve_serverkey = server_key
        self.socket.reconnect_ivl = -1
        if routing_id is not None:
            self.socket.routing_id = routing_id
        self.monitor = self._watch()
        self.up = self.down = False
        self.requests = 0
        self.last_sent = time.monotonic()
        self.socket.connect(endpoint)
        _open.add(self)

    def _watch(self):
        address = f"inproc://monitor-{next(_counter)}"
        self.socket.monitor(address, zmq.EVENT_ALL)
        monitor = zmq.Context.instance().socket(zmq.PAIR)
        monitor.linger = 0
        monitor.connect(address)
        return monitor

    def close(self, linger_ms=0):
        _open.discard(self)
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(linger_ms)

    def _look_at_monitor(self):
        while self.monitor.poll(0):
            event = recv_monitor_message(self.monitor)["event"]
            self.up |= event == UP
            self.down |= event in DOWN

    def handshake(self, timeout=DEADLINE_S):
        """Returns True once the CURVE handshake is done, False when the server refused it."""
        end = time.monotonic() + timeout
        while True:
            self._look_at_monitor()
            if self.up or self.down:
                return self.up
            if time.monotonic() > end:
                raise TimeoutError("neither a handshake nor a refusal")
            self.monitor.poll(100)

    def send(self, frame):
        """Sends a ClientFrame, or bytes as they are."""
        self.last_sent = time.monotonic()
        self.socket.send(frame if isinstance(frame, bytes) else frame.SerializeToString())

    def ask(self, **body):
        """Sends a request under a new number; returns the number."""
        self.requests += 1
        self.send(wire.client.ClientFrame(request=self.requests, **body))
        return self.requests

    def receive_bytes(self, timeout=DEADLINE_S):
        """Returns the next frame's bytes. Raises LinkDown when the link is over."""
        end = time.monotonic() + timeout
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLIN)
        poller.register(self.monitor, zmq.POLLIN)
        while True:
            self._look_at_monitor()
            try:
                parts = self.socket.recv_multipart(zmq.NOBLOCK)
                if len(parts) != 1:
                    raise ValueError(f"a message of {len(parts)} parts")
                return parts[0]
            except zmq.Again:
                pass
            if self.down:
                raise LinkDown()
            if time.monotonic() > end:
                raise TimeoutError(f"no frame came; handshake {'done' if self.up else 'not done'}")
            if time.monotonic() - self.last_sent > PING_AFTER_S:
                self.ask(ping=wire.client.Ping())
            poller.poll(min(1000, max(1, int((end - time.monotonic()) * 1000))))

    def receive(self, timeout=DEADLINE_S):
        return wire.parse_frame(wire.client.ServerFrame, self.receive_bytes(timeout))

    def answer(self, request, others=None):
        """Returns the answer; raises ServerError for an error. Frames that answer nothing go to others(frame)."""
        while True:
            frame = self.receive()
            body = frame.WhichOneof("body")
            if frame.request == request:
                if body == "error":
                    raise ServerError(frame.error)
                return getattr(frame, body)
            if body == "error" and frame.request == 0:
                raise ServerError(frame.error)
            if body == "pong":
                continue
            if others is None:
                raise ValueError(f"{body} came, nobody asked")
            others(frame)

    def call(self, **body):
        return self.answer(self.ask(**body))


class Broker:
    """A broker session: hello at once, then sign_up() and log_in(). Logins by secret need version 2."""

    def __init__(self, invite, keys=None, version=VERSION):
        self.keys = keys or zmq.curve_keypair()
        self.link = Link(invite.endpoint, zmq_key(invite.key), self.keys)
        reply = self.link.call(hello=wire.client.Hello(version_min=version, version_max=version, agent=AGENT))
        if reply.version != version or reply.realm != invite.realm:
            raise ValueError("another version or realm than the invite's")
        self.registration, self.log_key = reply.registration, reply.log_key

    def sign_up(self, user, public_key, blob, vault, verifier, invite=""):
        self.link.call(sign_up=wire.client.SignUp(user=user, public_key=public_key, identity_blob=blob, vault=vault,
                                                  verifier=verifier, invite=invite))

    def log_in(self, user, auth, device, name="terminal", **more):
        """Returns (LoggedIn, Assignment), or raises ServerError. more: secret_hash, replaces."""
        return self._log_in(wire.client.LogIn(user=user, auth=auth, device=device, device_name=name, **more))

    def log_in_by_secret(self, user, secret, device, name="terminal"):
        return self._log_in(wire.client.LogIn(user=user, secret=secret, device=device, device_name=name))

    def _log_in(self, body):
        request = self.link.ask(log_in=body)
        logged_in = self.link.answer(request)
        return logged_in, self.link.answer(request)

    def vault_parts(self, hashes):
        """Reads parts of the vault, after log_in() on a link of version 5. Returns {hash: part}."""
        parts = {}
        while hashes:
            answer = self.link.call(get_vault_parts=wire.client.GetVaultParts(hashes=hashes[:256]))
            parts.update({hashlib.sha256(part).digest(): part for part in answer.parts})
            hashes = hashes[answer.looked:]
        return parts

    def change_password(self, auth, verifier, blob, vault, vault_version):
        """Changes the password, after log_in() on the same link. Returns the number of other devices that need the new
        password."""
        return self.link.call(change_password=wire.client.ChangePassword(
            auth=auth, verifier=verifier, identity_blob=blob, vault=vault, vault_version=vault_version)).devices

    def change_key(self, auth, verifier, blob, vault, vault_version, public_key, rekeys, rekey):
        """Changes the key, as change_password() changes the password. rekeys: encoded; rekey: number of the last."""
        self.link.call(change_password=wire.client.ChangePassword(
            auth=auth, verifier=verifier, identity_blob=blob, vault=vault, vault_version=vault_version,
            public_key=public_key, rekeys=rekeys, rekey=rekey))

    def delete_account(self, auth):
        """Deletes the account, after log_in() on the same link of version 3."""
        self.link.call(delete_account=wire.client.DeleteAccount(auth=auth))

    def close(self):
        self.link.close()


class Session:
    """A worker session, attached; pump() takes frames in. The caller acknowledges a message once it has stored it;
    receipts are acknowledged at once."""

    def __init__(self, assignment, device, keys, signals=False, version=VERSION):
        self.link = Link(assignment.endpoint, zmq_key(assignment.key), keys)
        self.devices_changed = 0
        self.deliveries, self.stored = [], []
        self.receipts, self.history = {}, {}
        self.drained = False
        self.vault_version = 0
        attach = attach_of(assignment, device, signals, version)
        self.attached = self.link.answer(self.link.ask(attach=attach), self._take)

    def _take(self, frame):
        body = frame.WhichOneof("body")
        if body == "drained":
            self.drained = True
        elif body == "vault_changed":
            self.vault_version = frame.vault_changed.version
        elif body == "devices_changed":
            self.devices_changed += 1
        elif body == "traffic":
            self._take_traffic(frame.traffic)
        elif body != "pong":
            raise ValueError(f"{body} came, nobody asked")

    def _take_traffic(self, traffic):
        self.deliveries += traffic.deliveries
        self.stored += traffic.stored
        news = [(ref, "queued") for ref in traffic.queued] + [(ref, "delivered") for ref in traffic.delivered]
        news += [(r.ref, "delivered") for r in traffic.stored]
        news += [(r.ref, wire.client.ErrorCode.Name(r.code)) for r in traffic.rejected]
        for ref, state in news:
            if self.receipts.get(ref) != state:
                self.history.setdefault(ref, []).append(state)
            self.receipts[ref] = state
        if traffic.stored:
            self.send(receipt_acks=[r.id for r in traffic.stored])

    def pump(self, timeout=DEADLINE_S):
        """Takes in one frame. Raises ServerError for an error that answers nothing."""
        frame = self.link.receive(timeout)
        if frame.WhichOneof("body") == "error":
            raise ServerError(frame.error)
        self._take(frame)

    def until(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"in vain waited for: {what}")
            self.pump(max(0.1, end - time.monotonic()))

    def until_drained(self):
        self.until(lambda: self.drained, "drained")

    def send(self, *sends, ack_upto=0, receipt_acks=()):
        """Sends messages and acknowledgements. sends: (ref, to, stream, seq, envelope)."""
        rows = [wire.client.Send(ref=r, to=to, stream=stream, seq=seq, envelope=e) for r, to, stream, seq, e in sends]
        self.link.send(wire.client.ClientFrame(
            traffic=wire.client.Upstream(sends=rows, ack_upto=ack_upto, receipt_acks=receipt_acks)))

    def receipt(self, ref, among=None):
        """Waits for a receipt of ref, or for one of those in `among`; returns the receipt."""
        self.until(lambda: self.receipts.get(ref) in among if among else ref in self.receipts, f"receipt of {ref}")
        return self.receipts[ref]

    def next_delivery(self):
        self.until(lambda: self.deliveries, "a delivery")
        return self.deliveries.pop(0)

    def call(self, **body):
        return self.link.answer(self.link.ask(**body), self._take)

    def query(self, *opens):
        """Asks for the states of messages. opens: (ref, stream, seq). Returns {ref: name of the state}."""
        rows = [wire.client.Query.Open(ref=ref, stream=stream, seq=seq) for ref, stream, seq in opens]
        reply = self.call(query=wire.client.Query(open=rows))
        return {s.ref: wire.client.MessageState.Name(s.state) for s in reply.status}

    def bye(self):
        """Sends Bye and closes the link; libzmq still has 2 s to send it."""
        self.link.send(wire.client.ClientFrame(bye=wire.client.Bye()))
        self.link.close(linger_ms=2000)

    def close(self):
        self.link.close()


@atexit.register
def close_all():
    for link in list(_open):
        link.close()


def zmq_key(raw):
    """Returns 32 bytes in the form of ZeroMQ's options."""
    return zmq.utils.z85.encode(raw)


def attach_of(assignment, device, signals=False, version=VERSION):
    return wire.client.Attach(version_min=version, version_max=version, session_epoch=assignment.session_epoch, device=device,
                              agent=AGENT, signals=signals)


def new_device():
    return os.urandom(16)
