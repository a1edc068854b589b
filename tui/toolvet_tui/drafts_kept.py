"""What a person is writing, kept on this machine at each pause, before the service has it.

One file a draft, replaced whole: two apps at once cannot write over each other, and a process that
is killed leaves the words as they were at the last pause. The words are the person's own, so the
files are theirs alone to read. A file that cannot be read is set aside, and that is said.
"""

import contextlib
import json
import os
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, cast, get_args

from toolvet.client import private
from toolvet.errors import ToolvetError
from toolvet_reviews.review_views import Anchor, AnchorKind, DraftRemark

SCHEMA = "toolvet/tui-draft/v1"
MOST = 200
"""Drafts of one proposal, as many as the service takes."""
LONGEST = 20_000
"""Characters of a draft, as many as the service takes."""
_MOST_BYTES = 8 * LONGEST
_ASIDE = ".unreadable"
_ANCHORS = frozenset(get_args(AnchorKind))


class DraftError(ToolvetError):
    """Words that could not be kept on this machine."""

    code: ClassVar[str] = "tui.draft"
    hint = "What you write is on the screen only; set TOOLVET_CONFIG to a folder of your own."


class _NoDraftError(Exception):
    """A file that holds no draft; the words say why."""


class DraftsKept:
    """Drafts of one person at one service.

    Args:
        config_dir: The person's configuration folder.
        service: Which service they are for; an address or an id.
        person: Whose they are, when more than one person signs from this folder.
    """

    def __init__(self, config_dir: Path, service: str = "", person: str = "") -> None:
        self._folder = config_dir / "drafts" / _name(f"{service}\n{person}")
        self._troubles: list[str] = []

    def put(self, proposal: str, draft: DraftRemark) -> None:
        """Keep a draft, over the one of the same id; it is on the disk when this returns.

        Raises:
            DraftError: It is too long, there are too many, or it cannot be written.
        """
        if len(draft.text) > LONGEST or len(draft.suggestion or "") > LONGEST:
            raise DraftError(
                f"a remark has at most {LONGEST:,} characters", hint="Say it in several remarks."
            )
        path = self._path(proposal, draft.id)
        if not path.exists() and len(self._files(proposal)) >= MOST:
            raise DraftError(
                f"{MOST} drafts of {proposal} are kept already", hint="Publish some, or drop some."
            )
        document = {"schema": SCHEMA, "proposal": proposal, **asdict(draft)}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Escaped: a lone surrogate that was pasted must not keep the rest from being written.
            private.replace(path, json.dumps(document, indent=1).encode("ascii"), 0o600)
            _settle(path.parent)
        except OSError as error:
            raise DraftError(f"cannot keep the draft: {error.strerror or error}") from error

    def all(self, proposal: str) -> tuple[DraftRemark, ...]:
        """Give every draft of a proposal, the oldest change first; `troubles` says what is lost."""
        found = [self._read(path, proposal) for path in self._files(proposal)]
        drafts = [draft for draft in found if draft is not None]
        return tuple(sorted(drafts, key=lambda one: (one.updated_at, one.id)))

    def get(self, proposal: str, draft: str) -> DraftRemark | None:
        """Give one draft, if it is kept."""
        path = self._path(proposal, draft)
        return self._read(path, proposal) if path.exists() else None

    def drop(self, proposal: str, draft: str) -> None:
        """Forget a draft: it was published, or is not wanted.

        Raises:
            DraftError: It cannot be removed.
        """
        try:
            self._path(proposal, draft).unlink(missing_ok=True)
        except OSError as error:
            raise DraftError(f"cannot drop the draft: {error.strerror or error}") from error

    def troubles(self) -> tuple[str, ...]:
        """Say which files were set aside since this was asked last, one sentence each."""
        said, self._troubles = tuple(self._troubles), []
        return said

    def _read(self, path: Path, proposal: str) -> DraftRemark | None:
        try:
            data, _ = private.read_plain(path, _MOST_BYTES + 1)
            return _draft(data, proposal)
        except FileNotFoundError:
            return None
        except (OSError, _NoDraftError) as error:
            why = str(error)
            self._set_aside(path, why)
            return None

    def _set_aside(self, path: Path, why: str) -> None:
        aside = path.with_suffix(_ASIDE)
        try:
            os.replace(path, aside)
        except OSError as error:
            self._troubles.append(f"a draft cannot be read: {why} ({path}: {error.strerror})")
            return
        self._troubles.append(f"a draft cannot be read ({why}); it was set aside as {aside}")

    def _files(self, proposal: str) -> list[Path]:
        try:
            return sorted(self._of(proposal).glob("*.json"))
        except OSError:
            return []

    def _of(self, proposal: str) -> Path:
        return self._folder / _name(proposal)

    def _path(self, proposal: str, draft: str) -> Path:
        return self._of(proposal) / f"{_name(draft)}.json"


def _draft(data: bytes, proposal: str) -> DraftRemark:
    if len(data) > _MOST_BYTES:
        raise _NoDraftError("it is too long")
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError):
        raise _NoDraftError("it is not JSON") from None
    fields = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    if fields.get("schema") != SCHEMA or fields.get("proposal") != proposal:
        raise _NoDraftError("it is not a draft of this proposal")
    return DraftRemark(
        id=_text(fields, "id"),
        anchor=_anchor(fields.get("anchor")),
        text=_text(fields, "text"),
        updated_at=_text(fields, "updated_at"),
        thread=_perhaps(fields, "thread"),
        suggestion=_perhaps(fields, "suggestion"),
        blocking=fields.get("blocking") is True,
    )


def _anchor(found: object) -> Anchor:
    fields = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    kind = fields.get("kind")
    if kind not in _ANCHORS:
        raise _NoDraftError("it has no place")
    return Anchor(
        kind=cast("AnchorKind", kind),
        path=_text(fields, "path"),
        line=_number(fields, "line"),
        end_line=_number(fields, "end_line"),
        name=_text(fields, "name"),
    )


def _text(fields: dict[str, object], name: str) -> str:
    found = fields.get(name)
    if not isinstance(found, str) or len(found) > LONGEST:
        raise _NoDraftError(f"its {name} is no text")
    return found


def _perhaps(fields: dict[str, object], name: str) -> str | None:
    return None if fields.get(name) is None else _text(fields, name)


def _number(fields: dict[str, object], name: str) -> int:
    found = fields.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise _NoDraftError(f"its {name} is no line")
    return found


def _settle(folder: Path) -> None:
    """Have the name of the new file on the disk too, where folders can be synced."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # some file systems of a network cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(text: str) -> str:
    # Ids and addresses come from elsewhere: hashed, so that they cannot name another file.
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
