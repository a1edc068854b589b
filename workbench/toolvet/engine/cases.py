"""Draft calls as a reviewer sees them: what was called, what came of it, capped and spelled out."""

from datetime import datetime

from toolvet.engine.services import Services
from toolvet.engine.stored import name_of
from toolvet.storage import View
from toolvet.storage.rows import DraftRow, PayloadRow
from toolvet_reviews import canonical, drafts
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.views import DraftStatus, DraftView
from toolvet_reviews.words import visible


def became(services: Services, row: DraftRow, now: datetime) -> DraftStatus:
    """Say what became of a draft call."""
    is_ours = row.owner == services.owner
    return drafts.lasting(row.status, row.started_at, now, lease_s=row.lease_s, is_ours=is_ours)


def cases(
    services: Services, view: View, proposal: int, revision: int
) -> tuple[tuple[DraftView, ...], int]:
    """Show the draft calls of a revision.

    Returns:
        The calls to show, oldest first, and how many there were.
    """
    rows = {row.id: row for row in view.drafts.of_revision(proposal, revision)}
    now = services.clock()
    statuses: dict[str, DraftStatus] = {id: became(services, row, now) for id, row in rows.items()}
    chosen = drafts.choose(list(statuses.items()))
    names = {author: name_of(view, author) for author in {rows[id].author for id in chosen}}
    shown = tuple(_case(view, rows[id], statuses[id], names[rows[id].author]) for id in chosen)
    return shown, len(rows)


def _case(view: View, row: DraftRow, status: DraftStatus, by: str) -> DraftView:
    payloads = view.payloads(row.entry) if row.entry is not None else []
    texts = {payload.name: _text(payload) for payload in payloads}
    parts = {name: text.text for name, text in texts.items() if text is not None}
    return DraftView(
        id=row.id,
        revision=row.revision,
        by=by,
        time=row.started_at,
        status=status,
        arguments=_shown(parts.get("arguments", "")),
        result=_shown(parts.get("result", "")),
        code=row.code,
        message=_shown(parts.get("message", "")),
        duration_ms=row.duration_ms,
        tier=row.tier,
        cut=any(text is not None and _is_cut(text) for text in texts.values()),
        erased=None in texts.values(),
    )


def _text(payload: PayloadRow) -> drafts.Kept | None:
    """Read what lies beside the entry; None when it was erased, or is not what was written."""
    if payload.body is None:
        return None
    try:
        value = canonical.parse_object(payload.body)
    except CanonicalError:
        return None
    text, size = value.get("text"), value.get("bytes")
    return drafts.Kept(text, size) if isinstance(text, str) and isinstance(size, int) else None


def _shown(text: str) -> str:
    return visible(text[: drafts.SHOWN_CHARACTERS])


def _is_cut(kept: drafts.Kept) -> bool:
    whole = len(kept.text.encode("utf-8", "replace")) == kept.size
    return not whole or len(kept.text) > drafts.SHOWN_CHARACTERS
