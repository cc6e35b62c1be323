"""Messages of docs/e2e.md section 6: sealing an envelope, and the receiving steps in their order."""
import os

import suite2
import wire
from suite1 import (MAX_COUNTER, MAX_TIME_MS, WRAP_BYTES, ZERO_HASH, Refused, fingerprint, h, is_user, load_spki, lp,
                    open_box, require, seal, sign, spki_of, u8, u32, u64, unwrap, verifies, wrap)

MAX_ENVELOPE = 24576
MAX_HEADER = 512
MAX_CONTENT = 16640
MAX_TEXT = 16384
KINDS = {1: wire.content.Text, 2: wire.content.File, 3: wire.content.GroupKey, 4: wire.content.ReadReceipt,
         5: wire.content.Rekey, 6: wire.content.GroupKeyRequest, 7: wire.content.GroupLeave, 8: wire.content.Edit,
         9: wire.content.Delete, 10: wire.content.Reaction,
         11: wire.content.Poll, 12: wire.content.Vote, 13: wire.content.CardUse, 14: wire.content.Head}
IN_GROUPS = (1, 2, 8, 9, 10, 11, 12, 14)
EPOCHS_KEPT = 16


def encode(message):
    return message.SerializeToString(deterministic=True)


def _signed_part(header, wraps, body):
    return lp(header) + u8(len(wraps)) + b"".join(map(lp, wraps)) + lp(body)


def seal_envelope(header, kind, content, signing_key, wrapping_keys, eph_secret=None, points=None):
    """Returns the envelope bytes. header: a Header message; content: the message of that kind; wrapping_keys: public,
    in order; in suite 2 also the secret of header.eph, and the points of the prekeys in the same order."""
    head, inner = encode(header), encode(content)
    plain = u8(kind) + lp(inner)
    plain += bytes(-len(plain) % 256)
    key = os.urandom(32)
    if points is None:
        wraps = [wrap(public, key) for public in wrapping_keys]
    else:
        wraps = [suite2.wrap_for(public, point, eph_secret, head, i, key)
                 for i, (public, point) in enumerate(zip(wrapping_keys, points), 1)]
    body = seal(key, b"msg" + h(head), plain)
    signature = sign(signing_key, "msg", _signed_part(head, wraps, body))
    data = encode(wire.content.Envelope(header=head, wraps=wraps, body=body, sig=signature))
    require(len(data) <= MAX_ENVELOPE and len(head) <= MAX_HEADER and len(inner) <= MAX_CONTENT, "too-large")
    return data


def direct_header(person, to_user, to_spki, stream, seq, prev, sent_ms):
    return wire.content.Header(
        suite=1, realm=person.realm, type=wire.content.DIRECT, from_user=person.user, from_fpr=person.fpr, to_user=to_user,
        to_fpr=fingerprint(person.realm, to_user, to_spki), stream=stream, seq=seq, prev=prev, sent_ms=sent_ms)


def receipt_message(receipt):
    """Returns the bytes that the signature of a ReadReceipt covers."""
    entries = b"".join(e.from_fpr + e.stream + u64(e.seq) + e.hash for e in receipt.entries)
    return receipt.reader_fpr + u64(receipt.read_ms) + u32(len(receipt.entries)) + entries


# The rules of each kind

def _refs_hold(m, *names):
    """Returns whether each present MessageRef field has its sizes."""
    refs = [getattr(m, name) for name in names if m.HasField(name)]
    return all((len(r.from_fpr), len(r.stream)) == (32, 16) and 1 <= r.seq <= MAX_COUNTER for r in refs)


def _text_rules(m):
    return 1 <= len(m.text.encode()) <= MAX_TEXT and _refs_hold(m, "reply_to", "replaces")


def _edit_rules(m):
    return m.HasField("of") and 1 <= len(m.text.encode()) <= MAX_TEXT and _refs_hold(m, "of", "replaces")


def _delete_rules(m):
    return m.HasField("of") and _refs_hold(m, "of", "replaces")


def _reaction_rules(m):
    return m.HasField("of") and len(m.emoji.encode()) <= 64 and _refs_hold(m, "of", "replaces")


def _poll_rules(m):
    return (1 <= len(m.question.encode()) <= 1024 and 2 <= len(m.options) <= 10 and _refs_hold(m, "replaces") and
            all(1 <= len(o.encode()) <= 256 for o in m.options))


def _vote_rules(m):
    return m.HasField("of") and m.choice <= 10 and _refs_hold(m, "of", "replaces")


def _file_rules(m):
    return ((len(m.file_id), len(m.key), len(m.sha256)) == (16, 32, 32) and m.size <= 2**40 and
            1 <= len(m.name.encode()) <= 255 and len(m.media_type.encode()) <= 127 and
            _refs_hold(m, "reply_to", "replaces"))


def _group_key_rules(m):
    return (len(m.group_id), len(m.state_hash)) == (32, 32) and 1 <= m.epoch <= MAX_COUNTER and 1 <= len(m.pkcs8) <= 2048


def _receipt_rules(m):
    entries_hold = all((len(e.from_fpr), len(e.stream), len(e.hash)) == (32, 16, 32) and 1 <= e.seq <= MAX_COUNTER
                       for e in m.entries)
    return (len(m.reader_fpr) == 32 and 0 <= m.read_ms < MAX_TIME_MS and 1 <= len(m.entries) <= 100 and entries_hold and
            len(m.sig) == 384)


def _rekey_rules(m):
    sizes = (len(m.old_fpr), len(m.new_fpr), len(m.new_spki), len(m.sig), len(m.new_sig))
    return is_user(m.user) and sizes == (32, 32, 422, 384, 384) and 1 <= m.counter <= MAX_COUNTER


def _head_rules(m):
    return (1 <= m.size <= 2**62 and (len(m.root), len(m.signature)) == (32, 64) and 0 <= m.ms < MAX_TIME_MS and
            _refs_hold(m, "replaces"))


_RULES = {1: _text_rules, 2: _file_rules, 3: _group_key_rules, 4: _receipt_rules, 5: _rekey_rules,
          6: lambda m: len(m.group_id) == 32 and 1 <= m.epoch <= MAX_COUNTER, 7: lambda m: len(m.group_id) == 32,
          8: _edit_rules, 9: _delete_rules, 10: _reaction_rules, 11: _poll_rules, 12: _vote_rules,
          13: lambda m: len(m.token) == 16, 14: _head_rules}


def _fits_sender(kind, message, sender, in_group):
    if kind in IN_GROUPS and message.HasField("replaces") and (not in_group or message.replaces.from_fpr != sender):
        return False
    return kind not in (8, 9) or message.of.from_fpr == sender


def _content_of(plain, in_group, sender):
    require(len(plain) % 256 == 0 and len(plain) >= 256, "bad-content")
    kind, size = plain[0], int.from_bytes(plain[1:5], "big")
    require(kind in KINDS and (not in_group or kind in IN_GROUPS), "bad-content")
    require(size <= len(plain) - 5 and len(plain) - 5 - size <= 255 and not any(plain[5 + size:]), "bad-content")
    message = wire.parse_strict(KINDS[kind], plain[5:5 + size], MAX_CONTENT)
    require(message is not None and _RULES[kind](message), "bad-content")
    require(_fits_sender(kind, message, sender, in_group), "bad-content")
    return kind, message


def parse_envelope(data):
    """Makes step 1 without the realm: returns (Envelope, Header), or raises Refused."""
    require(len(data) <= MAX_ENVELOPE, "too-large")
    envelope = wire.parse_strict(wire.content.Envelope, data, MAX_ENVELOPE)
    require(envelope is not None, "malformed")
    header = wire.parse_strict(wire.content.Header, envelope.header, MAX_HEADER)
    require(header is not None, "malformed")
    require(header.suite in (1, 2), "unknown-suite")
    require((len(header.realm), len(header.from_fpr), len(header.to_fpr)) == (16, 32, 32), "malformed")
    require((len(header.stream), len(header.prev)) == (16, 32) and is_user(header.from_user), "malformed")
    require(1 <= header.seq <= MAX_COUNTER and (header.seq == 1) == (header.prev == ZERO_HASH), "malformed")
    require(0 <= header.sent_ms < MAX_TIME_MS, "malformed")
    if header.type == wire.content.DIRECT:
        require(header.WhichOneof("to") == "to_user" and is_user(header.to_user), "malformed")
        require(header.epoch == 0 and not header.state_hash and len(envelope.wraps) == 2, "malformed")
    else:
        require(header.type == wire.content.GROUP and header.WhichOneof("to") == "to_group", "malformed")
        require((len(header.to_group), len(header.state_hash)) == (32, 32) and len(envelope.wraps) == 1, "malformed")
        require(1 <= header.epoch <= MAX_COUNTER, "malformed")
    require(suite2.header_fields_hold(header), "malformed")
    wrap_bytes = WRAP_BYTES if header.suite == 1 else suite2.WRAP2_BYTES
    require(all(len(w) == wrap_bytes for w in envelope.wraps) and len(envelope.sig) == 384, "malformed")
    require(len(envelope.body) > 81 and (len(envelope.body) - 81) % 256 == 0, "malformed")
    return envelope, header


class Opened:
    """A received message. after_hole: an earlier message of its stream is missing. known: the message was received
    before, under the identity that it replaces; nothing is shown. prekey_swapped: the header names another prekey of the
    sender under a number that was seen."""

    def __init__(self, header, digest, kind, content, after_hole, known, prekey_swapped):
        self.header, self.hash, self.kind, self.content = header, digest, kind, content
        self.after_hole, self.known, self.prekey_swapped = after_hole, known, prekey_swapped


class Waits(Exception):
    """Raised when a key, a prekey or a group state has to come first. The message is not refused and leaves no mark."""


class Duplicate(Exception):
    """Raised for a message that was received before. The caller acknowledges the message again and does not show it."""


class Alarm(Exception):
    """Raised when the sender signed two messages under one number."""


class Reader:
    """The receiving steps for one device. person: realm, user, fpr, privates (newest first). pins: {user: spki}.

    look_up(user) gives the SPKI that the server has, or None; it is asked only for names without a pin. group_states:
    {group_id: [(State, private key or None), ...]}, ascending by epoch, the current one last. prekeys: {(fpr, n): {hash:
    secret}} of the person, or None for a reader that does not know suite 2. awaits_prekey(fpr, n) says whether the vault
    may still bring one. only_suite_2(header) says whose suite 1 is refused.
    """

    def __init__(self, person, pins=None, look_up=lambda user: None, group_states=None, prekeys=None,
                 only_suite_2=lambda header: False, awaits_prekey=lambda fpr, n: False):
        self.person = person
        self.pins = dict(pins or {})
        self.look_up = look_up
        self.groups = group_states or {}
        self.taken = {}
        self.prekeys, self.only_suite_2, self.awaits_prekey = prekeys, only_suite_2, awaits_prekey
        self.seen_prekeys = {}  # {fpr: (n, hash)}
        self.former = {}  # {user: SPKIs of the keys before the pinned one, which still count}

    def receive(self, data):
        """Returns an Opened. Raises Refused, Waits, Duplicate or Alarm. A message past step 5 leaves a mark, Refused or
        not."""
        envelope, header = parse_envelope(data)
        require(header.suite == 1 or self.prekeys is not None, "unknown-suite")
        require(header.realm == self.person.realm, "wrong-realm")
        public = self._sender_key(header)
        signed = _signed_part(envelope.header, envelope.wraps, envelope.body)
        require(verifies(public, "msg", signed, envelope.sig), "bad-signature")
        in_group = header.type == wire.content.GROUP
        which, private = self._group_wrap(header) if in_group else self._direct_wrap(header)
        digest = h(data)
        self._refuse_replay(header, digest)
        swapped = header.suite == 2 and suite2.is_swapped(self._seen(header), header.own_prekey_n, header.own_prekey_hash)
        try:
            hole, key = self._hole_before(header), self._message_key(envelope, header, which, private)
        except Refused:
            self.note(header, digest)
            raise
        self.note(header, digest)
        if header.suite == 2 and not swapped:
            self.seen_prekeys[header.from_fpr] = max(self._seen(header), (header.own_prekey_n, header.own_prekey_hash))
        plain = open_box(key, b"msg" + h(envelope.header), envelope.body)
        kind, message = _content_of(plain, in_group, header.from_fpr)
        first = message.replaces if kind in IN_GROUPS and message.HasField("replaces") else None
        known = first is not None and (first.from_fpr, first.stream, first.seq) in self.taken
        return Opened(header, digest, kind, message, hole, known, swapped)

    def note(self, header, digest):
        """Marks a message as taken in. A device also calls it for its own sent messages."""
        self.taken[header.from_fpr, header.stream, header.seq] = digest

    def _sender_key(self, header):
        person = self.person
        if header.from_user == person.user:
            require(header.from_fpr == person.fpr, "key-changed")
            return person.privates[0].public_key()
        spki = self.pins.get(header.from_user)
        if spki is None:
            spki = self.look_up(header.from_user)
            if spki is None:
                raise Waits("the sender's key")
            load_spki(spki)
            self.pins[header.from_user] = spki
        for key in (spki, *self.former.get(header.from_user, ())):
            if fingerprint(person.realm, header.from_user, key) == header.from_fpr:
                return load_spki(key)
        raise Refused("key-changed")

    def _message_key(self, envelope, header, which, private):
        """Holds a direct message to the rules of suite 2, and returns its key."""
        if header.suite == 1:
            require(header.type == wire.content.GROUP or not self.only_suite_2(header), "downgrade")
            return unwrap(private, envelope.wraps[which])
        secret = self._prekey_secret(header, which)
        return suite2.unwrap_with(private, secret, header.eph, envelope.header, which + 1, envelope.wraps[which])

    def _seen(self, header):
        return self.seen_prekeys.get(header.from_fpr, (0, b""))

    def _prekey_secret(self, header, which):
        name, digest = (((header.to_fpr, header.prekey_n), header.prekey_hash) if which == 0 else
                        ((header.from_fpr, header.own_prekey_n), header.own_prekey_hash))
        held = self.prekeys.get(name, {})
        if digest not in held:
            if self.awaits_prekey(*name):
                raise Waits("the vault")
            raise Refused("other-prekey" if held else "no-prekey")
        return held[digest]

    def _direct_wrap(self, header):
        person = self.person
        if header.to_user == person.user:
            for private in person.privates:
                if fingerprint(person.realm, person.user, spki_of(private.public_key())) == header.to_fpr:
                    return 0, private
        elif header.from_user == person.user:
            return 1, person.privates[0]
        raise Refused("not-for-me")

    def _group_wrap(self, header):
        held = self.groups.get(header.to_group)
        if not held or header.epoch > held[-1][0].message.epoch:
            raise Waits("the group's state")
        current = held[-1][0]
        here = [(s, k) for s, k in held if s.message.epoch == header.epoch]
        require(current.message.epoch - header.epoch <= EPOCHS_KEPT, "stale-epoch")
        require(here, "stale-epoch")
        state, private = here[0]
        if private is None:
            raise Waits("the epoch's key")
        require(header.state_hash == state.hash and header.to_fpr == state.fingerprint, "wrong-state")
        sender = (header.from_user, header.from_fpr)
        require(state.lists(*sender) and current.lists(*sender), "not-member")
        require(current.lists(self.person.user, self.person.fpr), "not-member")
        return 0, private

    def _refuse_replay(self, header, digest):
        known = self.taken.get((header.from_fpr, header.stream, header.seq))
        if known is not None:
            raise Duplicate() if known == digest else Alarm()

    def _hole_before(self, header):
        """Returns True when the envelope before this one is not known."""
        if header.seq == 1:
            return False
        before = self.taken.get((header.from_fpr, header.stream, header.seq - 1))
        require(before in (None, header.prev), "forked")
        return before is None
