"""Group states of docs/e2e.md section 7: valid states, valid successors, and the keys of epochs."""
import wire
from suite1 import (MAX_COUNTER, SPKI_BYTES, ZERO_HASH, Refused, h, is_user, label, load_pkcs8, load_spki, lp, require,
                    sanitise, spki_of, u64, verifies)

MAX_SIGNED_STATE = 128 * 1024
MAX_MEMBERS = 1024


def group_id(creator_fpr, nonce):
    return h(label("group") + creator_fpr + nonce)


def epoch_fingerprint(group, epoch, spki):
    return h(label("epoch") + group + u64(epoch) + lp(spki))


class State:
    """A valid SignedGroupState; `message` is the GroupState, `hash` that of its bytes. The signature is not checked here."""

    def __init__(self, signed_bytes):
        signed = wire.parse_strict(wire.content.SignedGroupState, signed_bytes, MAX_SIGNED_STATE)
        require(signed is not None and len(signed.sig) == 384, "group state")
        self.bytes, self.signature = signed.state, signed.sig
        self.hash = h(self.bytes)
        self.message = wire.parse_strict(wire.content.GroupState, self.bytes, MAX_SIGNED_STATE)
        require(self.message is not None, "group state")
        self._check()

    def _check(self):
        m = self.message
        require(m.suite == 1 and len(m.group_id) == 32 and 1 <= m.epoch <= MAX_COUNTER, "group state")
        users = [member.user for member in m.members]
        prints = [member.fpr for member in m.members]
        require(1 <= len(users) <= MAX_MEMBERS and all(map(is_user, users)), "group members")
        require(all(a < b for a, b in zip(users, users[1:])) and len(set(prints)) == len(prints), "group members")
        require(all(len(fpr) == 32 for fpr in prints) and m.admin_fpr in prints, "group members")
        require(len(m.epoch_spki) == SPKI_BYTES, "group key")
        load_spki(m.epoch_spki)
        name = m.name.encode()
        require(1 <= len(name) <= 64 and sanitise(name, one_line=True) == m.name, "group name")
        require(len(m.prev_hash) == 32, "group chain")
        if m.epoch == 1:
            require(m.prev_hash == ZERO_HASH and len(m.nonce) == 16, "group chain")
            require(m.group_id == group_id(m.admin_fpr, m.nonce), "group id")
        else:
            require(m.prev_hash != ZERO_HASH and not m.nonce, "group chain")

    @property
    def fingerprint(self):
        return epoch_fingerprint(self.message.group_id, self.message.epoch, self.message.epoch_spki)

    def lists(self, user, fpr):
        return any(member.user == user and member.fpr == fpr for member in self.message.members)

    def signed_by(self, public):
        return verifies(public, "group", self.bytes, self.signature)

    def follows(self, old, old_admin_public):
        """Returns True when this state is the change that the old state's admin made."""
        new, held = self.message, old.message
        if not self.signed_by(old_admin_public) or new.epoch != held.epoch + 1 or new.prev_hash != old.hash:
            return False
        if new.group_id != held.group_id or new.epoch_spki == held.epoch_spki:
            return False
        if new.admin_fpr != held.admin_fpr:
            return {(m.user, m.fpr) for m in new.members} <= {(m.user, m.fpr) for m in held.members}
        return True

    def fits(self, private_der):
        """Returns the epoch's private key; raises Refused for another key."""
        private = load_pkcs8(private_der)
        require(spki_of(private.public_key()) == self.message.epoch_spki, "group key")
        return private


def key_is_accepted(key, state, signer_fpr, sender_fpr, reader):
    """Returns whether a GroupKey message fits a held state, by section 7's last rule. reader: (user, fpr)."""
    if sender_fpr not in (signer_fpr, state.message.admin_fpr) or not state.lists(*reader):
        return False
    if (key.group_id, key.epoch, key.state_hash) != (state.message.group_id, state.message.epoch, state.hash):
        return False
    try:
        state.fits(key.pkcs8)
    except Refused:
        return False
    return True
