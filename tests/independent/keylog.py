"""The log of keys of docs/e2e.md section 12: hashes, heads and proofs, by the recursive definitions of RFC 9162.

Pure functions. A proof is checked by computing the roots that it proves, from the definition of the proof and not from
the walk that the RFC describes for verifiers, so a mistake in that walk shows.
"""
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suite1 import label, lp, u64

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(user, fpr, counter, ms):
    return hashlib.sha256(b"\0" + lp(user.encode("ascii")) + lp(fpr) + u64(counter) + u64(ms)).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(size):
    """Returns the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def root_of(hashes):
    """Returns the root over hashes of leaves."""
    if len(hashes) < 2:
        return hashes[0] if hashes else EMPTY_ROOT
    left = _split(len(hashes))
    return node_hash(root_of(hashes[:left]), root_of(hashes[left:]))


def root_of_inclusion(leaf, index, size, path):
    """Returns the root that the path leads to; None for a path of another length."""
    if size == 1:
        return leaf if not path else None
    if not path:
        return None
    left = _split(size)
    below = (root_of_inclusion(leaf, index, left, path[:-1]) if index < left else
             root_of_inclusion(leaf, index - left, size - left, path[:-1]))
    if below is None:
        return None
    return node_hash(below, path[-1]) if index < left else node_hash(path[-1], below)


def _subproof(first, size, path, whole):
    """Returns (root of the first leaves, root of all) of a subtree; None for the first root of a whole earlier tree."""
    if first == size:
        if whole:
            return (None, None) if not path else ()
        return (path[0], path[0]) if len(path) == 1 else ()
    if not path:
        return ()
    left = _split(size)
    if first <= left:
        below = _subproof(first, left, path[:-1], whole)
        return below and (below[0], (below[1], path[-1]))
    below = _subproof(first - left, size - left, path[:-1], False)
    return below and (node_hash(path[-1], below[0]), (path[-1], below[1]))


def _fold(tree, earlier):
    """Returns the root over nested pairs, in which None stands for the earlier root."""
    if tree is None:
        return earlier
    return tree if isinstance(tree, bytes) else node_hash(_fold(tree[0], earlier), _fold(tree[1], earlier))


def roots_of_consistency(first, size, path, first_root=None):
    """Returns the roots that a proof leads to, 0 < first < size; () for a path of another length. A proof from a size
    that is a power of two does not have the first root: `first_root` is used."""
    found = _subproof(first, size, path, True)
    if not found:
        return ()
    earlier = found[0] or first_root
    return earlier, _fold(found[1], earlier)


def head_holds(key, realm, size, root, ms, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, label("log-head") + realm + u64(size) + root + u64(ms))
    except InvalidSignature:
        return False
    return True
