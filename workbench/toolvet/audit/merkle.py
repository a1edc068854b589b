"""Merkle tree hashes and proofs of RFC 6962 and RFC 9162. Pure; no I/O.

The verifiers follow RFC 9162, 2.1.3.2 and 2.1.4.2, and refuse what the public vectors of
transparency-dev/merkle ask to refuse: a proof from the empty tree, an empty leaf hash, a tail.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from toolvet.audit.errors import ProofError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Hash one log entry.

    Args:
        entry: The entry as written to the log, any length.

    Returns:
        32 bytes.
    """
    return sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children of 32 bytes each."""
    return sha256(NODE_PREFIX + left + right).digest()


def left_size(size: int) -> int:
    """Return the largest power of two below `size`: how many leaves the left subtree has."""
    return 1 << ((size - 1).bit_length() - 1)


def fold(hashes: Sequence[bytes]) -> bytes:
    """Hash a complete subtree from its bottom row, whose length is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def join(subtrees: Sequence[bytes]) -> bytes:
    """Hash complete subtrees of falling height into the root above them."""
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Compute the root in one pass, keeping one hash per level.

    Args:
        leaf_hashes: In log order, 32 bytes each.

    Returns:
        32 bytes; the hash of the empty string when there are no leaves.
    """
    stack: list[bytes] = []
    for index, leaf in enumerate(leaf_hashes):
        current, left = leaf, index
        while left & 1:
            current = node_hash(stack.pop(), current)
            left >>= 1
        stack.append(current)
    return join(stack)


class MemoryTree:
    """A growing tree that knows the root at every size it ever had; 64 bytes a leaf."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0]) // HASH_SIZE

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash, and every subtree that it completes."""
        index, current = self.size, leaf
        self._levels[0] += leaf
        level = 0
        while index & 1:
            current = node_hash(bytes(self._levels[level][-2 * HASH_SIZE : -HASH_SIZE]), current)
            index >>= 1
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += current

    def root(self, size: int) -> bytes | None:
        """Return the root of the first `size` leaves, or None when there are not that many."""
        if not 0 <= size <= self.size:
            return None
        subtrees: list[bytes] = []
        start = 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                at = (start >> level) * HASH_SIZE
                subtrees.append(bytes(self._levels[level][at : at + HASH_SIZE]))
                start += 1 << level
        return join(subtrees)


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Compute the root that an inclusion proof stands for.

    Args:
        index: Position of the entry, from 0.
        size: Number of entries in the tree.
        leaf: Leaf hash, 32 bytes.
        proof: Sibling hashes, lowest first, 32 bytes each.

    Returns:
        32 bytes.

    Raises:
        ProofError: The proof cannot belong to that index and size.

    Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not in a tree of {size}")
    _check_hashes([leaf, *proof])
    at, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            at, last = _rise(at, last)
        else:
            root = node_hash(root, sibling)
        at >>= 1
        last >>= 1
    if last:
        raise ProofError("the proof is too short")
    return root


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf hash is entry `index` of the tree with that root.

    Raises:
        ProofError: It is not, or the proof is malformed.
    """
    if root_from_inclusion(index, size, leaf, proof) != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the new tree extends the old one.

    A proof from the empty tree proves nothing and is refused, also for two empty trees.

    Raises:
        ProofError: It does not, or the proof is malformed.

    Source: RFC 9162, 2.1.4.2.
    """
    if old_size <= 0 or new_size < old_size:
        raise ProofError(f"a tree of {new_size} cannot extend one of {old_size}")
    _check_hashes([old_root, new_root, *proof])
    if old_size == new_size:
        if proof or old_root != new_root:
            raise ProofError("trees of one size must have one root and an empty proof")
        return
    if not proof:
        raise ProofError("the proof is empty")
    if _consistent_roots(old_size, new_size, old_root, proof) != (old_root, new_root):
        raise ProofError("the proof leads to another root")


def _consistent_roots(
    old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    is_complete = old_size & (old_size - 1) == 0  # then the old root is its own first hash
    path = [old_root, *proof] if is_complete else list(proof)
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if at & 1 or at == last:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            at, last = _rise(at, last)
        else:
            new = node_hash(new, sibling)
        at >>= 1
        last >>= 1
    if last:
        raise ProofError("the proof is too short")
    return old, new


def _rise(at: int, last: int) -> tuple[int, int]:
    while at and not at & 1:
        at >>= 1
        last >>= 1
    return at, last


def _check_hashes(hashes: Sequence[bytes]) -> None:
    for found in hashes:
        if len(found) != HASH_SIZE:
            raise ProofError(f"expected hashes of {HASH_SIZE} bytes, got {len(found)}")
