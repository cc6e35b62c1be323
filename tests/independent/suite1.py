"""Suite 1 of docs/e2e.md, written from that page alone: primitives, keys, password, identity blob, vault, words.

Pure functions of their arguments and of the system's random bytes. Input that the page does not allow raises Refused.
"""
import base64
import hashlib
import hmac
import os
import re
import struct
import unicodedata

import nacl.pwhash.argon2id as argon2id
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

import wire

SEAL_OVERHEAD = 81
WRAP_BYTES = SIGNATURE_BYTES = 384
SPKI_BYTES = 422
MAX_PKCS8 = 2048
MAX_BLOB = 64 * 1024
MAX_BLOB_KEYS = 16
MAX_VAULT_BOX = 896 * 1024
MAX_VAULT_PART = 256 * 1024
MAX_COUNTER = 2**63 - 1
MAX_TIME_MS = 253402300800000
ZERO_HASH = bytes(32)
USER = re.compile(r"[a-z0-9][a-z0-9_-]{2,31}")


class Refused(Exception):
    """Raised for input that the page does not allow; the text is the reason of section 6 where there is one."""


def require(condition, reason):
    if not condition:
        raise Refused(reason)


def h(data):
    return hashlib.sha256(data).digest()


def label(name):
    return b"FastChat/1/" + name.encode("ascii") + b"\0"


def u8(n):
    return struct.pack(">B", n)


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    require(0 <= n <= MAX_COUNTER, "counter")
    return struct.pack(">Q", n)


def lp(data):
    """Returns L(x) of section 1."""
    return u32(len(data)) + data


def is_user(name):
    return USER.fullmatch(name) is not None


# Section 2: SEAL, WRAP, SIGN

def hkdf_expand(prk, info, size):
    return HKDFExpand(hashes.SHA256(), size, info).derive(prk)


def _seal_keys(key, salt, context):
    require(len(key) == 32, "key")
    okm = HKDF(hashes.SHA256(), 76, salt, label("seal") + h(context)).derive(key)
    return okm[:32], okm[32:44], okm[44:]


def seal(key, context, plaintext, salt=None):
    salt = salt or os.urandom(32)
    aes, iv, commit = _seal_keys(key, salt, context)
    return b"\x01" + salt + commit + AESGCM(aes).encrypt(iv, plaintext, None)


def open_box(key, context, box):
    require(len(box) >= SEAL_OVERHEAD and box[0] == 1, "cannot-open")
    aes, iv, commit = _seal_keys(key, box[1:33], context)
    require(hmac.compare_digest(commit, box[33:65]), "cannot-open")
    try:
        return AESGCM(aes).decrypt(iv, box[65:], None)
    except InvalidTag:
        raise Refused("cannot-open") from None


def _oaep():
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label("oaep"))


def _pss():
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def wrap(public, key):
    require(len(key) == 32, "key")
    return public.encrypt(key, _oaep())


def unwrap(private, wrapped):
    require(len(wrapped) == WRAP_BYTES, "cannot-unwrap")
    try:
        key = private.decrypt(wrapped, _oaep())
    except ValueError:
        raise Refused("cannot-unwrap") from None
    require(len(key) == 32, "cannot-unwrap")
    return key


def sign(private, kind, message):
    return private.sign(label("sig/" + kind) + message, _pss(), hashes.SHA256())


def verifies(public, kind, message, signature):
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        public.verify(signature, label("sig/" + kind) + message, _pss(), hashes.SHA256())
        return True
    except InvalidSignature:
        return False


# Section 2: keys

def _is_suite_key(numbers):
    return numbers.n.bit_length() == 3072 and numbers.e == 65537


def generate_key():
    return rsa.generate_private_key(65537, 3072)


def spki_of(public):
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def pkcs8_of(private):
    return private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def load_spki(der):
    require(len(der) == SPKI_BYTES, "public key")
    try:
        key = serialization.load_der_public_key(der)
    except ValueError:
        raise Refused("public key") from None
    require(isinstance(key, rsa.RSAPublicKey) and _is_suite_key(key.public_numbers()) and spki_of(key) == der, "public key")
    return key


def load_pkcs8(der):
    require(0 < len(der) <= MAX_PKCS8, "private key")
    try:
        key = serialization.load_der_private_key(der, None)
    except (ValueError, TypeError):
        raise Refused("private key") from None
    require(isinstance(key, rsa.RSAPrivateKey) and _is_suite_key(key.private_numbers().public_numbers), "private key")
    require(pkcs8_of(key) == der, "private key")
    return key


def fingerprint(realm, user, spki):
    return h(label("id") + lp(realm) + lp(user.encode()) + lp(spki))


# Section 2: local sealing; section 3: password

def local_key(vault_key):
    return hkdf_expand(vault_key, label("local"), 32)


def local_context(place):
    return b"local" + lp(place.encode())


class PasswordKeys:
    """Keys of a password: salt, auth (for the broker), wrap (for the blob), verifier (for sign-up). Takes 256 MiB."""

    def __init__(self, password, realm, user):
        self.salt = h(label("salt") + lp(realm) + lp(user.encode()))[:16]
        master = argon2id.kdf(32, password.encode("utf-8"), self.salt, opslimit=3, memlimit=256 * 1024 * 1024)
        self.auth = hkdf_expand(master, label("auth"), 32)
        self.wrap = hkdf_expand(master, label("wrap"), 32)
        self.verifier = h(label("verifier") + self.auth)


def word(number):
    consonants, vowels = "bdfghjklmnprstvz", "aiou"
    return (consonants[number >> 12] + vowels[number >> 10 & 3] + consonants[number >> 6 & 15] + vowels[number >> 4 & 3] +
            consonants[number & 15])


def words(data, separator):
    require(len(data) % 2 == 0, "words")
    return separator.join(word(n) for n, in struct.iter_unpack(">H", data))


# Section 4: identity blob

def _blob_context(realm, user, fpr):
    return b"identity" + lp(realm) + lp(user.encode()) + fpr


def make_blob(wrap_key, realm, user, vault_key, privates):
    """Seals an identity blob. privates: newest first."""
    require(len(vault_key) == 32 and 1 <= len(privates) <= MAX_BLOB_KEYS, "blob")
    fpr = fingerprint(realm, user, spki_of(privates[0].public_key()))
    inner = vault_key + b"".join(lp(pkcs8_of(k)) for k in privates)
    blob = fpr + seal(wrap_key, _blob_context(realm, user, fpr), inner)
    require(len(blob) <= MAX_BLOB, "blob")
    return blob


def open_blob(wrap_key, realm, user, blob):
    """Opens an identity blob. Returns (vault_key, [private key, newest first], fpr)."""
    require(32 + SEAL_OVERHEAD <= len(blob) <= MAX_BLOB, "blob")
    fpr = blob[:32]
    inner = open_box(wrap_key, _blob_context(realm, user, fpr), blob[32:])
    require(len(inner) > 32, "blob")
    vault_key, rest, privates = inner[:32], inner[32:], []
    while rest:
        require(len(rest) >= 4 and len(privates) < MAX_BLOB_KEYS, "blob")
        size, = struct.unpack(">I", rest[:4])
        require(size <= len(rest) - 4, "blob")
        privates.append(load_pkcs8(rest[4:4 + size]))
        rest = rest[4 + size:]
    require(privates and fingerprint(realm, user, spki_of(privates[0].public_key())) == fpr, "blob of another key")
    return vault_key, privates, fpr


# Section 5: vault

def _vault_context(user, version):
    require(version >= 1, "vault version")
    return b"vault" + lp(user.encode()) + u64(version)


def seal_vault(vault_key, user, vault):
    box = seal(vault_key, _vault_context(user, vault.version), vault.SerializeToString(deterministic=True))
    require(len(box) <= MAX_VAULT_BOX, "vault")
    return box


def open_vault(vault_key, user, version, box, highest_seen=0):
    require(len(box) <= MAX_VAULT_BOX and version >= highest_seen, "vault")
    inner = open_box(vault_key, _vault_context(user, version), box)
    vault = wire.parse_strict(wire.content.Vault, inner, MAX_VAULT_BOX)
    require(vault is not None and vault.version == version, "vault")
    for pin in vault.pins:
        require(is_user(pin.user) and len(pin.fpr) == 32 and len(pin.spki) == SPKI_BYTES and pin.trust != 0, "vault pin")
        require(0 <= pin.since_ms < MAX_TIME_MS and len(pin.offered_spki) in (0, SPKI_BYTES), "vault pin")
    for mark in vault.marks:
        require((len(mark.from_fpr), len(mark.stream), len(mark.hash)) == (32, 16, 32) and mark.seq >= 1, "vault mark")
    return vault


def _head_context(user, version):
    return b"vault-head" + lp(user.encode()) + u64(version)


def seal_head(vault_key, user, head):
    return seal(vault_key, _head_context(user, head.version), head.SerializeToString(deterministic=True))


def open_head(vault_key, user, version, box, highest_seen=0):
    require(len(box) <= MAX_VAULT_BOX and version >= highest_seen, "vault head")
    inner = open_box(vault_key, _head_context(user, version), box)
    head = wire.parse_strict(wire.content.VaultHead, inner, MAX_VAULT_BOX)
    require(head is not None and head.version == version and len(head.parts) <= 4096, "vault head")
    places = [(entry.kind, entry.bucket) for entry in head.parts]
    require(places == sorted(set(places)), "vault head: places")
    for entry in head.parts:
        require(entry.kind and entry.bucket and len(entry.hash) == 32 and len(entry.key) == 32, "vault head: entry")
    return head


def _part_context(user, kind, bucket):
    return b"vault-part" + lp(user.encode()) + u32(kind) + u32(bucket)


def seal_part(user, kind, bucket, part):
    """Returns the entry of the head, and the box."""
    key = os.urandom(32)
    box = seal(key, _part_context(user, kind, bucket), part.SerializeToString(deterministic=True))
    return wire.content.VaultPartEntry(kind=kind, bucket=bucket, hash=hashlib.sha256(box).digest(), key=key), box


def open_part(user, entry, box):
    require(len(box) <= MAX_VAULT_PART and hashlib.sha256(box).digest() == entry.hash, "vault part: hash")
    inner = open_box(entry.key, _part_context(user, entry.kind, entry.bucket), box)
    part = wire.parse_strict(wire.content.VaultPart, inner, MAX_VAULT_PART)
    require(part is not None, "vault part")
    sizes = [len(part.pins), len(part.contacts), len(part.groups), len(part.marks), len(part.cards)]
    require([kind for kind, size in enumerate(sizes, 1) if size] == [entry.kind], "vault part: kind")
    return part


# Section 8: files; section 9: key changes and safety numbers

def file_context(file_id, index, count):
    return b"file" + file_id + u32(index) + u32(count)


def rekey_message(rekey):
    return rekey.user.encode() + rekey.old_fpr + rekey.new_fpr + u64(rekey.counter)


def accepts_rekey(rekey, realm, user, pinned_spki, last_counter):
    """Returns True when a Rekey moves the pin of user from pinned_spki to rekey.new_spki."""
    if rekey.user != user or rekey.old_fpr != fingerprint(realm, user, pinned_spki) or rekey.counter <= last_counter:
        return False
    if not verifies(load_spki(pinned_spki), "rekey", rekey_message(rekey), rekey.sig):
        return False
    if not verifies(load_spki(rekey.new_spki), "rekeyed", rekey_message(rekey), rekey.new_sig):
        return False
    return fingerprint(realm, user, rekey.new_spki) == rekey.new_fpr


def line(realm, user, first_spki, rekeys):
    """Returns the SPKIs of all keys of user, the oldest first, or None when a change does not hold. rekeys: parsed."""
    spkis, counter = [first_spki], 0
    for rekey in rekeys:
        if not accepts_rekey(rekey, realm, user, spkis[-1], counter) or rekey.new_spki in spkis:
            return None
        counter = rekey.counter
        spkis.append(rekey.new_spki)
    return spkis


def safety_number(fpr_a, fpr_b):
    """Returns (60 digits, twelve words)."""
    sides = []
    for fpr in (fpr_a, fpr_b):
        d = h(label("sn") + fpr)
        digits = "".join(f"{int.from_bytes(d[5 * i:5 * i + 5], 'big') % 100000:05}" for i in range(6))
        sides.append((digits, words(d[:12], " ")))
    sides.sort()
    return sides[0][0] + sides[1][0], sides[0][1] + " " + sides[1][1]


# Contact cards

def card(user, fpr, token):
    """Returns the line, the server's token, and the hashes by which the server and the maker know the card."""
    server = h(label("card-server") + token)[:16]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (fpr, token)]
    return ":".join(["fastchat-card", user, *encoded]), server, h(label("card") + server), h(label("card-open") + token)


# Section 10: text from others

_REMOVED = [(0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
            (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164),
            (0xFDD0, 0xFDEF), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x13430, 0x1345F),
            (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)]


def _removed(code):
    return code & 0xFFFE == 0xFFFE or any(low <= code <= high for low, high in _REMOVED)


def decode(data):
    """Decodes bytes to text, with U+FFFD for each byte from which no valid character starts."""
    text, rest = "", data
    while True:
        try:
            return text + rest.decode("utf-8")
        except UnicodeDecodeError as error:
            text += rest[:error.start].decode("utf-8") + "\ufffd"
            rest = rest[error.start + 1:]


def sanitise(data, one_line=False):
    text = re.sub("\r\n|[\r\n\x85\u2028\u2029]", " " if one_line else "\n", decode(data))
    if one_line:
        return "".join(c for c in text.replace("\t", " ") if not _removed(ord(c))).strip(" ")
    text = "".join(c for c in text if c in "\n\t\u200c\u200d" or not _removed(ord(c)))
    text = re.sub("([\u200c\u200d])[\u200c\u200d]*", r"\1", text)
    letter = lambda i: 0 <= i < len(text) and unicodedata.category(text[i]) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc")
    return "".join(c for i, c in enumerate(text) if c not in "\u200c\u200d" or (letter(i - 1) and letter(i + 1)))
