"""Suite 2 of docs/e2e.md, section 15, written from that page alone: prekeys, the wraps of direct messages, the vault key.

Pure functions of their arguments and of the system's random bytes. Input that the page does not allow raises Refused.
"""
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import wire
from suite1 import (MAX_COUNTER, MAX_TIME_MS, SIGNATURE_BYTES, WRAP_BYTES, Refused, fingerprint, h, hkdf_expand, is_user,
                    label, load_spki, open_box, require, seal, sign, u8, u64, unwrap, verifies, wrap)

MAX_PREKEY = 1024
WRAP2_BYTES = 497
DAY_MS = 24 * 3600 * 1000
PRIME = 2**255 - 19
BASE = (9).to_bytes(32, "little")


# The curve

def is_point(data):
    return len(data) == 32 and int.from_bytes(data, "little") < PRIME


def x25519(secret, point):
    require(len(secret) == len(point) == 32, "point")
    try:
        out = X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError:
        raise Refused("point") from None
    require(out != bytes(32), "point")
    return out


def is_low_order(point):
    """Returns whether the point gives zeros. Each secret is a multiple of 8, so one stands for all."""
    try:
        x25519(bytes(32), point)
        return False
    except Refused:
        return True


# Prekeys

def prekey_message(prekey):
    """Returns the bytes that the signature of a Prekey covers."""
    return (prekey.user.encode() + prekey.fpr + u64(prekey.n) + prekey.x25519 + u64(prekey.from_ms) + u64(prekey.until_ms))


def prekey_hash(prekey):
    return h(label("prekey") + prekey_message(prekey))


def make_prekey(person, n, from_ms, secret=None):
    """Returns a signed Prekey and its secret. person: user, fpr, privates (newest first)."""
    secret = secret or os.urandom(32)
    prekey = wire.content.Prekey(user=person.user, fpr=person.fpr, n=n, x25519=x25519(secret, BASE), from_ms=from_ms,
                                 until_ms=from_ms + 7 * DAY_MS)
    prekey.sig = sign(person.privates[0], "prekey", prekey_message(prekey))
    return prekey, secret


def parse_prekey(data):
    prekey = wire.parse_strict(wire.content.Prekey, data, MAX_PREKEY)
    require(prekey is not None, "prekey")
    require(is_user(prekey.user) and (len(prekey.fpr), len(prekey.sig)) == (32, SIGNATURE_BYTES), "prekey")
    require(1 <= prekey.n <= MAX_COUNTER and is_point(prekey.x25519), "prekey")
    require(0 <= prekey.from_ms < prekey.until_ms < MAX_TIME_MS, "prekey")
    require(prekey.until_ms - prekey.from_ms <= 30 * DAY_MS, "prekey")
    return prekey


def accepts_prekey(prekey, realm, user, pinned_spki):
    """Returns whether a parsed Prekey is one of the holder of pinned_spki."""
    return (prekey.user == user and prekey.fpr == fingerprint(realm, user, pinned_spki) and
            verifies(load_spki(pinned_spki), "prekey", prekey_message(prekey), prekey.sig) and
            is_point(prekey.x25519) and not is_low_order(prekey.x25519))


def is_swapped(seen, n, digest):
    """Returns whether another prekey was seen under this number. seen: (n, hash), (0, b"") at first."""
    return n == seen[0] and digest != seen[1]


def see_served(seen, n, digest, afresh):
    """Returns what was seen once the server shows prekey n with this hash; None when the prekey is not used and asked for
    once more. afresh: it was asked for past every cache."""
    require(not is_swapped(seen, n, digest), "prekey-swapped")
    require(n >= seen[0] or not afresh, "prekey-older")
    return (n, digest) if n >= seen[0] else None


def suite_to_seal(own_ever, own_here, line_shown, usable):
    """Returns 1 or 2, or None when the message waits: has the user ever made a prekey, is the pair of the newest here, has
    the contact's line shown one, and may the one that the server shows be used."""
    if own_ever and own_here and usable:
        return 2
    return None if own_ever and (line_shown or usable) else 1


# Messages

def header_fields_hold(header):
    """Returns whether the fields of suite 2 are as the header's suite says. The header holds the other rules."""
    to, own = (header.to_fpr, header.prekey_n, header.prekey_hash), (header.from_fpr, header.own_prekey_n, header.own_prekey_hash)
    if header.suite == 1:
        return not any((header.eph, *to[1:], *own[1:]))
    return (header.type == wire.content.DIRECT and is_point(header.eph) and len(to[2]) == len(own[2]) == 32 and
            1 <= to[1] <= MAX_COUNTER and 1 <= own[1] <= MAX_COUNTER and
            (header.from_user != header.to_user or to == own))


def wrap_key(k, dh, eph, head):
    """Returns the key that seals K. head: the bytes of the header."""
    return HKDF(hashes.SHA256(), 32, eph, label("wrap2") + h(head)).derive(k + dh)


def wrap_context(head, i):
    return b"wrap2" + h(head) + u8(i)


def wrap_for(public, prekey_point, eph_secret, head, i, key):
    """Returns wrap i of K: 1 for the recipient, 2 for the sender."""
    k = os.urandom(32)
    kek = wrap_key(k, x25519(eph_secret, prekey_point), x25519(eph_secret, BASE), head)
    return wrap(public, k) + seal(kek, wrap_context(head, i), key)


def unwrap_with(private, prekey_secret, eph, head, i, wrapped):
    require(len(wrapped) == WRAP2_BYTES, "malformed")
    k = unwrap(private, wrapped[:WRAP_BYTES])
    try:
        kek = wrap_key(k, x25519(prekey_secret, eph), eph, head)
        return open_box(kek, wrap_context(head, i), wrapped[WRAP_BYTES:])
    except Refused:
        raise Refused("cannot-unwrap") from None


# The vault key

def next_vault_key(vault_key):
    return hkdf_expand(vault_key, label("ratchet"), 32)
