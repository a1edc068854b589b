"""The tree of RFC 6962, as a whole, in tiles, and in proofs."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolvet.audit.errors import ProofError, TileError
from toolvet.audit.merkle import (
    EMPTY_ROOT,
    MemoryTree,
    leaf_hash,
    left_size,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from toolvet.audit.tiles import MemoryTiles, Tree

# The eight leaves of Certificate Transparency's tests, and the root that tree is known by.
REFERENCE_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
REFERENCE_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def naive_root(leaves: list[bytes]) -> bytes:
    """Hash by the recursive definition of RFC 6962, 2.1."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    middle = left_size(len(leaves))
    return node_hash(naive_root(leaves[:middle]), naive_root(leaves[middle:]))


def numbered(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def tree_of(leaves: list[bytes]) -> Tree:
    tree = Tree(MemoryTiles())
    tree.append(0, leaves)
    return tree


def refused(check: Callable[[], object]) -> bool:
    try:
        check()
    except ProofError:
        return True
    return False


def test_the_reference_tree_has_its_published_root() -> None:
    leaves = [leaf_hash(leaf) for leaf in REFERENCE_LEAVES]

    assert root_of(leaves).hex() == REFERENCE_ROOT
    assert tree_of(leaves).root(8).hex() == REFERENCE_ROOT


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == tree_of([]).root(0) == MemoryTree().root(0) == EMPTY_ROOT


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_every_way_to_the_root_is_the_recursive_definition(data: list[bytes]) -> None:
    leaves = [leaf_hash(item) for item in data]
    memory = MemoryTree()
    for leaf in leaves:
        memory.append(leaf)

    roots = [naive_root(leaves[:size]) for size in range(len(leaves) + 1)]
    assert root_of(leaves) == roots[-1]
    assert [memory.root(size) for size in range(len(leaves) + 1)] == roots
    assert memory.root(len(leaves) + 1) is None


@settings(max_examples=30)
@given(st.integers(1, 40), st.data())
def test_every_proof_of_a_small_tree_holds_and_no_changed_one(
    size: int, data: st.DataObject
) -> None:
    leaves = numbered(size)
    tree = tree_of(leaves)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    inclusion, consistency = tree.inclusion_proof(index, size), tree.consistency_proof(old, size)
    root, old_root = naive_root(leaves), naive_root(leaves[:old])

    verify_inclusion(index, size, leaves[index], inclusion, root)
    verify_consistency(old, size, old_root, root, consistency)
    for at in range(len(inclusion)):
        changed = [*inclusion[:at], leaf_hash(b"other"), *inclusion[at + 1 :]]
        assert refused(lambda c=changed: verify_inclusion(index, size, leaves[index], c, root))
    for at in range(len(consistency)):
        changed = [*consistency[:at], leaf_hash(b"other"), *consistency[at + 1 :]]
        assert refused(lambda c=changed: verify_consistency(old, size, old_root, root, c))


def test_tiles_agree_with_the_definition_across_their_edges() -> None:
    leaves, rng = numbered(1300), random.Random(7)
    tiles = MemoryTiles()
    done = 0
    while done < len(leaves):
        batch = leaves[done : done + rng.choice([1, 3, 50, 255, 256, 257])]
        Tree(tiles).append(done, batch)
        done += len(batch)

    tree = Tree(tiles)
    for size in (1, 2, 255, 256, 257, 511, 512, 513, 1024, 1299, 1300):
        root = naive_root(leaves[:size])
        assert tree.root(size) == root
        for index in rng.sample(range(size), min(size, 8)):
            verify_inclusion(index, size, leaves[index], tree.inclusion_proof(index, size), root)
        for old in rng.sample(range(1, size + 1), min(size, 8)):
            proof = tree.consistency_proof(old, size)
            verify_consistency(old, size, naive_root(leaves[:old]), root, proof)


def test_a_full_tile_is_never_written_again() -> None:
    tiles = MemoryTiles()
    Tree(tiles).append(0, numbered(256))
    before = tiles.tiles[0, 0]
    Tree(tiles).append(256, numbered(10))

    assert tiles.tiles[0, 0] == before
    assert len(tiles.tiles[1, 0]) == 32


def test_a_missing_or_short_tile_is_an_error_of_ours() -> None:
    tiles = MemoryTiles()
    Tree(tiles).append(0, numbered(10))

    with pytest.raises(TileError):
        Tree(tiles).root(11)
    tiles.tiles[0, 0] = tiles.tiles[0, 0][:33]
    with pytest.raises(TileError):
        Tree(tiles).root(10)
    with pytest.raises(TileError):
        Tree(MemoryTiles()).append(5, numbered(1))


INCLUSION = [(0, 8), (5, 8), (2, 3), (1, 5)]
CONSISTENCY = [(1, 8), (6, 8), (2, 5), (4, 8), (3, 7)]
"""Positions for which the public vectors of transparency-dev/merkle hold a happy path."""


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_is_refused_as_the_public_vectors_ask(index: int, size: int) -> None:
    leaves = [leaf_hash(leaf) for leaf in REFERENCE_LEAVES[:size]]
    tree, root, other = tree_of(leaves), root_of(leaves), leaf_hash(b"x")
    proof, leaf = tree.inclusion_proof(index, size), leaves[index]
    wrong: dict[str, tuple[int, int, bytes, list[bytes], bytes]] = {
        "index + 1": (index + 1, size, leaf, proof, root),
        "index - 1": (index - 1, size, leaf, proof, root),
        "index xor 2": (index ^ 2, size, leaf, proof, root),
        "size * 2": (index, size * 2, leaf, proof, root),
        "size / 2": (index, size // 2, leaf, proof, root),
        "wrong leaf": (index, size, other, proof, root),
        "empty leaf": (index, size, b"", proof, root),
        "wrong root": (index, size, leaf, proof, other),
        "empty root": (index, size, leaf, proof, EMPTY_ROOT),
        "trailing garbage": (index, size, leaf, [*proof, b""], root),
        "trailing root": (index, size, leaf, [*proof, root], root),
        "preceding garbage": (index, size, leaf, [b"", *proof], root),
        "preceding root": (index, size, leaf, [root, *proof], root),
        "truncated": (index, size, leaf, proof[:-1], root),
        "empty": (index, size, leaf, [], root),
    }

    verify_inclusion(index, size, leaf, proof, root)
    accepted = [
        name for name, case in wrong.items() if not refused(lambda c=case: verify_inclusion(*c))
    ]
    assert accepted == []


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_is_refused_as_the_public_vectors_ask(old: int, new: int) -> None:
    leaves = [leaf_hash(leaf) for leaf in REFERENCE_LEAVES[:new]]
    first, second, other = root_of(leaves[:old]), root_of(leaves), leaf_hash(b"x")
    proof = tree_of(leaves).consistency_proof(old, new)
    wrong: dict[str, tuple[int, int, bytes, bytes, list[bytes]]] = {
        "old - 1": (old - 1, new, first, second, proof),
        "old + 1": (old + 1, new, first, second, proof),
        "old xor 2": (old ^ 2, new, first, second, proof),
        "new * 2": (old, new * 2, first, second, proof),
        "new / 2": (old, new // 2, first, second, proof),
        "from nothing": (0, new, EMPTY_ROOT, second, []),
        "swapped roots": (old, new, second, first, proof),
        "wrong old root": (old, new, other, second, proof),
        "wrong new root": (old, new, first, other, proof),
        "empty": (old, new, first, second, []),
        "trailing garbage": (old, new, first, second, [*proof, b""]),
        "trailing old root": (old, new, first, second, [*proof, first]),
        "trailing new root": (old, new, first, second, [*proof, second]),
        "preceding garbage": (old, new, first, second, [b"", *proof]),
        "preceding old root": (old, new, first, second, [first, *proof]),
        "preceding new root": (old, new, first, second, [second, *proof]),
        "truncated": (old, new, first, second, proof[:-1]),
    }

    verify_consistency(old, new, first, second, proof)
    accepted = [
        name for name, case in wrong.items() if not refused(lambda c=case: verify_consistency(*c))
    ]
    assert accepted == []


def test_one_tree_is_consistent_with_itself_by_an_empty_proof_only() -> None:
    root = root_of(numbered(3))
    verify_consistency(3, 3, root, root, [])

    assert refused(lambda: verify_consistency(3, 3, root, root, [root]))
    assert refused(lambda: verify_consistency(3, 3, root, leaf_hash(b"x"), []))
    assert refused(lambda: verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, []))
