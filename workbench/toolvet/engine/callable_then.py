"""What could be called at a moment: the log, folded up to then.

The fold is the one that serving and auditing use. Walls are not in it: which tier a host held is on
record with each call and release, and a release that its host's walls refused is listed all the same.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from toolvet.audit.deeds import DEEDS
from toolvet.audit.entries import parse_entry
from toolvet.audit.ledger import Ledger
from toolvet.audit.releases import Pointer
from toolvet.engine.audit import may_audit
from toolvet.engine.moments import end_of
from toolvet.engine.services import Services
from toolvet.engine.standing import documents_of, envelope_of
from toolvet.storage import View
from toolvet_reviews import permissions
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller, Grant
from toolvet_reviews.review_views import CallableThen
from toolvet_reviews.values import EFFECT_KINDS, Digest

KEPT = 4
"""Folds kept in memory: an auditor asks about the same day again."""
_NEEDLESS = {Verb.TOKEN_ISSUE, Verb.TOKEN_REVOKE, Verb.LOGIN_OPEN}
_FOLDED = DEEDS.keys() - _NEEDLESS
"""Sessions are the most of what a quiet log holds, and decide nothing of this."""


@dataclass(frozen=True)
class Then:
    """What could be called."""

    at: str
    """Just past the moment that was asked for: what is older counts."""
    size: int
    """Of the log."""
    items: tuple[CallableThen, ...]


class Folds:
    """The newest folds that were asked for, by the root of the log they are of."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Ledger] = OrderedDict()
        self._turn = threading.Lock()

    def at(self, view: View, size: int) -> Ledger:
        """Fold the first `size` entries, or give the fold of before."""
        key = view.root(size) if size else b""
        with self._turn:
            found = self._kept.pop(key, None) or fold(view, size)
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found


_FOLDS = Folds()


async def callable_then(services: Services, caller: Caller, at: str) -> Then:
    """List what could be called at a moment.

    Args:
        at: RFC 3339, or a day: its end.

    Raises:
        ForbiddenError: The caller may not read the log.
        MomentError: `at` is no time.
    """
    may_audit(caller)
    moment = end_of(at)
    return await services.store.query(lambda view: _then(services, view, moment))


def fold(view: View, size: int) -> Ledger:
    """Fold the first `size` entries of the log, those that decide nothing left out."""
    ledger = Ledger()
    for row in view.entries(0, size, verbs=_FOLDED):
        ledger.pass_over(row.index, row.time)
        entry = parse_entry(row.leaf)
        act = envelope_of(view, entry.act) if entry.act else None
        ledger.apply(entry, act=act, documents=documents_of(view, entry.index))
    return ledger


def _then(services: Services, view: View, moment: str) -> Then:
    size = view.history.size_before(moment, view.log_size())
    ledger = _FOLDS.at(view, size)
    served = ledger.serving(services.catalogue.name_of)
    items = [
        _one(view, ledger, at, pointer, moment)
        for at, pointer in sorted(served.items())
        if not _is_over(ledger, pointer.release, moment)
    ]
    return Then(moment, size, tuple(items))


def _is_over(ledger: Ledger, release: Digest, moment: str) -> bool:
    """Tell whether it leant on a waiver that had run out, under a policy that stops it then."""
    if ledger.policy is not None and ledger.policy.expired_waiver != "stop":
        return False
    lapses = ledger.lapses(release)
    return lapses is not None and lapses < moment


def _one(
    view: View, ledger: Ledger, at: tuple[str, str, str], pointer: Pointer, moment: str
) -> CallableThen:
    toolset, name, channel = at
    since = view.entry(pointer.entry)
    return CallableThen(
        toolset=toolset,
        name=name,
        version=pointer.version,
        channel=channel,
        release_digest=pointer.release,
        kind=ledger.releases[pointer.release].kind,
        since=since.time if since else "",
        grants=_who(ledger, (toolset, name), pointer.release, moment),
    )


def _who(ledger: Ledger, tool: tuple[str, str], release: Digest, moment: str) -> tuple[str, ...]:
    """Say who could call it: one line for each grant that reached it."""
    kind = ledger.releases[release].kind
    found: list[str] = []
    for grant in ledger.grants():
        reaches = permissions.matches(grant.tool, *tool) and _allows(grant, kind)
        if not reaches or permissions.is_expired(grant.expires, moment):
            continue
        owner = ledger.principals.get(grant.to)
        if not grant.to.startswith("role:") and (owner is None or not owner.active):
            continue
        found.append(f"{owner.name or owner.id if owner else grant.to} up to {grant.up_to}")
    return tuple(sorted(set(found)))


def _allows(grant: Grant, kind: str) -> bool:
    return EFFECT_KINDS.index(grant.up_to) >= [*EFFECT_KINDS].index(kind)
