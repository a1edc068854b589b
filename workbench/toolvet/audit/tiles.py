"""The tree of the log as tiles of 256 hashes (C2SP tlog-tiles, height 8).

A full tile never changes; the partial tile at the right edge of each level is written again.
Knows nothing of where tiles are kept: that is a `TileStore`.
"""

from collections.abc import Sequence
from typing import Protocol

from toolvet.audit.errors import ProofError, TileError
from toolvet.audit.merkle import HASH_SIZE, fold, join, left_size

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_SIZE = TILE_WIDTH * HASH_SIZE


class TileReader(Protocol):
    """Where tiles are read from."""

    def read(self, level: int, n: int) -> bytes | None:
        """Return the tile, 1 to 256 hashes of 32 bytes joined, or None when there is none."""
        ...


class TileStore(TileReader, Protocol):
    """Where tiles are kept.

    All writes of one `Tree.append` belong in one transaction with the entries they stand for.
    """

    def write(self, level: int, n: int, data: bytes) -> None:
        """Write a tile, replacing a shorter one of that place."""
        ...


class MemoryTiles:
    """Tiles in a dictionary."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, n: int) -> bytes | None:
        """Return the tile, or None."""
        return self.tiles.get((level, n))

    def write(self, level: int, n: int, data: bytes) -> None:
        """Keep the tile."""
        self.tiles[level, n] = data


class TreeReader:
    """Roots and proofs from tiles; for one snapshot, as tiles read are remembered."""

    def __init__(self, tiles: TileReader) -> None:
        self._tiles = tiles
        self._seen: dict[tuple[int, int], bytes] = {}

    def root(self, size: int) -> bytes:
        """Compute the root of the first `size` entries.

        Raises:
            TileError: A tile is missing or too short for that size.
        """
        return self._range_hash(0, size)

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """Prove that entry `index` is in the tree of the first `size` entries.

        Returns:
            Sibling hashes, lowest first.

        Raises:
            ProofError: There is no such entry in a tree of that size.
            TileError: A tile is missing or too short for that size.
        """
        if not 0 <= index < size:
            raise ProofError(f"entry {index} is not in a tree of {size}")
        proof: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + left_size(end - start)
            if index < middle:
                proof.append(self._range_hash(middle, end))
                end = middle
            else:
                proof.append(self._range_hash(start, middle))
                start = middle
        return proof[::-1]

    def consistency_proof(self, old_size: int, new_size: int) -> list[bytes]:
        """Prove that the tree of `new_size` entries extends that of `old_size`.

        Returns:
            Hashes, lowest first; empty for equal sizes.

        Raises:
            ProofError: Sizes that no proof exists for; the empty tree proves nothing.
            TileError: A tile is missing or too short for that size.
        """
        if not 0 < old_size <= new_size:
            raise ProofError(f"no proof leads from {old_size} to {new_size} entries")
        proof: list[bytes] = []
        start, end, is_whole = 0, new_size, True
        while old_size != end:
            middle = start + left_size(end - start)
            if old_size <= middle:
                proof.append(self._range_hash(middle, end))
                end = middle
            else:
                proof.append(self._range_hash(start, middle))
                start, is_whole = middle, False
        if not is_whole:
            proof.append(self._range_hash(start, end))
        return proof[::-1]

    def _range_hash(self, start: int, end: int) -> bytes:
        """Hash entries [start, end), for ranges that occur in the RFC 6962 recursion."""
        subtrees: list[bytes] = []
        while start < end:
            height = (end - start).bit_length() - 1
            if start:
                height = min(height, (start & -start).bit_length() - 1)
            subtrees.append(self._subtree_hash(height, start >> height))
            start += 1 << height
        return join(subtrees)

    def _subtree_hash(self, height: int, k: int) -> bytes:
        """Hash the k-th complete subtree of that height, counted from the left."""
        level, rows = divmod(height, TILE_HEIGHT)
        n, offset = divmod(k << rows, TILE_WIDTH)
        return fold(_cut(self._tile(level, n, offset + (1 << rows)), offset, 1 << rows))

    def _tile(self, level: int, n: int, width: int) -> bytes:
        tile = self._seen.get((level, n))
        if tile is None or len(tile) < width * HASH_SIZE:
            tile = _checked(self._tiles.read(level, n), level, n, width)
            self._seen[level, n] = tile
        return tile


class Tree(TreeReader):
    """The tree of a log that also grows. Use one per transaction."""

    def __init__(self, tiles: TileStore) -> None:
        super().__init__(tiles)
        self._store = tiles

    def append(self, start: int, leaf_hashes: Sequence[bytes]) -> None:
        """Write the tiles for new entries.

        Args:
            start: Size of the log before them.
            leaf_hashes: One per new entry, in order, 32 bytes each.

        Raises:
            TileError: The tiles at the right edge do not belong to a log of that size.
        """
        level, hashes = 0, list(leaf_hashes)
        while hashes:
            start, hashes = self._append_level(level, start, hashes)
            level += 1

    def _append_level(self, level: int, start: int, hashes: list[bytes]) -> tuple[int, list[bytes]]:
        """Write one level; return place and hashes of the tiles that became full."""
        full: list[bytes] = []
        done = 0
        while done < len(hashes):
            n, offset = divmod(start + done, TILE_WIDTH)
            part = hashes[done : done + TILE_WIDTH - offset]
            edge = self._tile(level, n, offset)[: offset * HASH_SIZE] if offset else b""
            data = edge + b"".join(part)
            self._store.write(level, n, data)
            self._seen[level, n] = data
            if len(data) == TILE_SIZE:
                full.append(fold(_cut(data, 0, TILE_WIDTH)))
            done += len(part)
        return start // TILE_WIDTH, full


def _cut(tile: bytes, offset: int, count: int) -> list[bytes]:
    return [tile[i * HASH_SIZE : (i + 1) * HASH_SIZE] for i in range(offset, offset + count)]


def _checked(tile: bytes | None, level: int, n: int, width: int) -> bytes:
    if tile is None:
        raise TileError(f"tile {level}/{n} is missing")
    if len(tile) % HASH_SIZE or not width * HASH_SIZE <= len(tile) <= TILE_SIZE:
        raise TileError(f"tile {level}/{n} has {len(tile)} bytes, needs {width * HASH_SIZE}")
    return tile
