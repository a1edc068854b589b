"""Both sides of one comparison, read within one snapshot: trees, bytes of what differs, evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolvet.engine import bundles, revision_side, seen
from toolvet.engine.differences import Pair
from toolvet.engine.services import Services
from toolvet.engine.stored import find, revision_of
from toolvet.storage import View
from toolvet.storage.review_rows import SeenRow
from toolvet.storage.rows import ProposalRow, ReleaseRow, RevisionRow
from toolvet_reviews import comparison
from toolvet_reviews.bundle import Files
from toolvet_reviews.comparison import NOTHING, Side, Thing
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import ThingChanged
from toolvet_reviews.values import Digest


@dataclass(frozen=True)
class Compared:
    """Two file trees, with the bytes of what differs."""

    proposal: str
    old: str
    """`published`, `revision N`, `seen` or `nothing`."""
    new: str
    old_tree: Mapping[str, Digest]
    new_tree: Mapping[str, Digest]
    old_files: Files
    """Of the files that differ; the rest is equal."""
    new_files: Files
    seen: frozenset[Thing]
    """Files that the caller has seen as they are now, or as gone."""
    first_look: bool

    def pair(self, path: str) -> Pair:
        """Give one file on both sides."""
        return Pair(
            path,
            self.old_files.get(path),
            self.new_files.get(path),
            self.old_tree.get(path),
            self.new_tree.get(path),
        )

    @property
    def differing(self) -> list[Pair]:
        """List every file that differs, by path."""
        paths = sorted(self.old_tree.keys() | self.new_tree.keys())
        pairs = (self.pair(path) for path in paths)
        return [pair for pair in pairs if pair.old_digest != pair.new_digest]

    def is_seen(self, path: str) -> bool:
        """Tell whether the caller has looked at a file with exactly its new bytes, or as gone."""
        return ("file", path) in self.seen


def start(
    services: Services, view: View, caller: Caller, proposal: str, from_: str, to: int | None
) -> "Start":
    """Find both sides.

    Args:
        from_: `published`, `seen` or a revision's number.
        to: A revision; None is the newest.

    Raises:
        NotFoundError: There is no such revision.
        ProposalNotFoundError: None such, or not the caller's.
    """
    row = find(view, caller, proposal)
    new = revision_of(view.proposals.revisions(row.number), row, to)
    marks = view.seen.of(caller.id, row.number) if seen.is_person(caller) else []
    return Start(_Reader(services, view, caller, row), from_, new, marks)


class Start:
    """Both sides of one comparison within one snapshot."""

    def __init__(
        self, reader: "_Reader", from_: str, new: RevisionRow, marks: Sequence[SeenRow]
    ) -> None:
        self._reader = reader
        self._from = "published" if from_ == "seen" and not marks else from_
        self._first_look = self._from != from_
        self._new = new
        self._marks = marks

    def files(self, also: str = "") -> Compared:
        """Read both trees, and the bytes of what differs."""
        label, old = self._old_tree()
        new = bundles.tree(self._reader.view, self._new.digest)
        wanted = [path for path in old.keys() | new.keys() if old.get(path) != new.get(path)]
        wanted += [also] if also not in wanted else []
        blob = self._reader.view.blob
        now = revision_side.of_files(new)
        now |= {("file", path): "" for path in old if path not in new}
        return Compared(
            proposal=self._reader.row.id,
            old=label,
            new=f"revision {self._new.number}",
            old_tree=old,
            new_tree=new,
            old_files={path: blob(old[path]) for path in wanted if path in old},
            new_files={path: blob(new[path]) for path in wanted if path in new},
            seen=seen.things_seen(self._marks, now),
            first_look=self._first_look,
        )

    def things(self) -> tuple[ThingChanged, ...]:
        """Compare everything that is not files."""
        new = self._reader.side(self._new)
        now = revision_side.of_side(new)
        now |= revision_side.of_files(bundles.tree(self._reader.view, self._new.digest))
        return comparison.things(self._old_side(), new, seen.things_seen(self._marks, now))

    def _old_tree(self) -> tuple[str, Mapping[str, Digest]]:
        if self._from == "published":
            release, tree = self._reader.published_tree()
            return "nothing" if release is None else "published", tree
        if self._from != "seen":
            revision = self._reader.revision(int(self._from))
            return f"revision {revision.number}", bundles.tree(self._reader.view, revision.digest)
        tree = dict(self._reader.published_tree()[1])
        for mark in self._marks:
            if mark.kind == "file" and mark.digest:
                tree[mark.name] = Digest(mark.digest)
            elif mark.kind == "file":
                tree.pop(mark.name, None)
        return "seen", tree

    def _old_side(self) -> Side:
        if self._from == "published":
            return self._reader.published_side()
        if self._from != "seen":
            return self._reader.side(self._reader.revision(int(self._from)))
        then = {
            (mark.kind, mark.name): self._reader.side(self._reader.revision(mark.revision))
            for mark in self._marks
            if mark.kind != "file"
        }
        return comparison.as_seen(self._reader.published_side(), then)


class _Reader:
    """Reads revisions of one proposal, and its base, within one snapshot; each once."""

    def __init__(self, services: Services, view: View, caller: Caller, row: ProposalRow) -> None:
        self._services = services
        self.view = view
        self._caller = caller
        self.row = row
        self._sides: dict[int, Side] = {}

    def revision(self, number: int) -> RevisionRow:
        """Find a revision.

        Raises:
            NotFoundError: There is none of that number.
        """
        return revision_of(self.view.proposals.revisions(self.row.number), self.row, number)

    def side(self, revision: RevisionRow) -> Side:
        """Read what one revision says and what was found."""
        if revision.number not in self._sides:
            self._sides[revision.number] = self._read(self.row, revision)
        return self._sides[revision.number]

    def published_tree(self) -> tuple[ReleaseRow | None, Mapping[str, Digest]]:
        """Read the release that the proposal starts from; none for a new tool."""
        base = self.row.base_release
        release = self.view.releases.get(base) if base is not None else None
        tree = bundles.tree(self.view, release.revision_digest) if release else {}
        return release, tree

    def published_side(self) -> Side:
        """Read what was approved of that release, and what was found then."""
        release = self.published_tree()[0]
        row = self.view.proposals.get(release.proposal) if release else None
        if release is None or row is None:
            return NOTHING
        revisions = self.view.proposals.revisions(row.number)
        approved = [one for one in revisions if one.release_digest == release.digest]
        return self._read(row, approved[-1]) if approved else NOTHING

    def _read(self, row: ProposalRow, revision: RevisionRow) -> Side:
        return revision_side.read(self._services, self.view, self._caller, row, revision)
