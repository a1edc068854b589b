"""What a person marked viewed of one revision, by the digests of what was on the screen.

A mark is about bytes: what has another digest now was not viewed, however alike it is called. The
service keeps the marks of a person who is signed in; without a key they last as long as the screen.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from toolvet_reviews.digests import sha256
from toolvet_reviews.review_views import SeenMark
from toolvet_reviews.sides import FileChange, shown_path
from toolvet_tui.review_reading import Reading

Kind = Literal["file", "evidence", "spec", "definition", "tests", "effects", "rubric"]
SPEC_FILE = "tool.toml"

_KINDS: dict[str, tuple[Kind, ...]] = {
    "spec": ("spec", "definition"),
    "tests": ("tests",),
    "effects": ("effects",),
    "findings": ("evidence",),
    "rubric": ("rubric",),
}
"""What the pages show, by their names."""


@dataclass
class Viewed:
    """Marks on one proposal."""

    sent: tuple[SeenMark, ...] = ()
    """As the service keeps them."""
    here: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    """Kind, name and digest of what was marked while the key was locked."""
    gone: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    """Likewise, of marks taken back."""

    def holds(self, mark: SeenMark) -> bool:
        """Tell whether something was viewed exactly as it is."""
        key = (mark.kind, mark.name, mark.digest)
        if key in self.gone:
            return False
        return key in self.here or any((one.kind, one.name, one.digest) == key for one in self.sent)

    def note(self, marks: Iterable[SeenMark], *, off: bool) -> None:
        """Keep marks on this screen."""
        keys = {(one.kind, one.name, one.digest) for one in marks}
        if off:
            self.here -= keys
            self.gone |= keys
        else:
            self.gone -= keys
            self.here |= keys

    def unsent(self, marks: Iterable[SeenMark]) -> list[SeenMark]:
        """Pick the marks that only this screen knows."""
        sent = {(one.kind, one.name, one.digest) for one in self.sent}
        keys = ((one, (one.kind, one.name, one.digest)) for one in marks)
        return [one for one, key in keys if key in self.here and key not in sent]

    def files(self, reading: Reading) -> set[str]:
        """Name the files that were viewed as they are, as their changes write them."""
        marks = file_marks(reading)
        return {path for path, mark in marks.items() if self.holds(mark)}


def file_marks(reading: Reading) -> dict[str, SeenMark]:
    """Give a mark for each file that differs, by its path as the change writes it."""
    shown = reading.review.shown
    files: Mapping[str, bytes] = shown.files if shown is not None else dict[str, bytes]()
    by_shown = {shown_path(path): path for path in files}
    return {
        one.path: _mark(
            reading, "file", by_shown.get(one.path, one.path), _digest(files, by_shown, one)
        )
        for one in reading.files
        if one.status != "same"
    }


def page_marks(reading: Reading, pane: str) -> list[SeenMark]:
    """Give the marks of everything a page shows; none for a page that has no evidence."""
    return [mark for kind in _KINDS.get(pane, ()) for mark in _page(reading, kind)]


def progress(reading: Reading, viewed: Viewed) -> str:
    """Say how far one is."""
    wanted = [one for one in reading.files if one.status != "same"]
    if not wanted:
        return ""
    done = len(viewed.files(reading))
    return f"{done} of {len(wanted)} {'file' if len(wanted) == 1 else 'files'} viewed"


def _page(reading: Reading, kind: Kind) -> Iterator[SeenMark]:
    view, shown = reading.view, reading.review.shown
    if kind == "evidence":
        for one in view.evidence:
            if one.digest:
                yield _mark(reading, "evidence", one.check, one.digest)
    elif kind == "spec" and shown is not None and SPEC_FILE in shown.files:
        yield _mark(reading, "spec", "", sha256(shown.files[SPEC_FILE]))
    elif kind == "definition" and shown is not None:
        yield _mark(reading, "definition", "", shown.release)
    elif kind == "rubric" and shown is not None:
        yield _mark(reading, "rubric", "", shown.dossier)
    elif kind in ("tests", "effects"):
        for one in view.evidence:
            if one.check == kind and one.digest:
                yield _mark(reading, kind, "", one.digest)


def _digest(files: Mapping[str, bytes], by_shown: dict[str, str], change: FileChange) -> str:
    if change.status == "removed":
        return ""
    path = by_shown.get(change.path)
    if path is not None:
        return sha256(files[path])
    # Bytes that were not checked are marked on this screen only: the service knows another digest.
    return sha256((change.new or "").encode("utf-8", "surrogatepass"))


def _mark(reading: Reading, kind: Kind, name: str, digest: str) -> SeenMark:
    return SeenMark(kind, name, digest, "", reading.view.revision)
