"""Decide against: request changes, or reject. It takes nothing but a reviewer's own session.

A request for changes stands until its author lifts it: it holds back later revisions, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolvet.config import stamp
from toolvet.engine import (
    after,
    counting,
    entry,
    look,
    reading,
    remark_drafts,
    seated,
    sittings,
    stored,
)
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, ForbiddenError, NotFoundError
from toolvet.storage import Unit
from toolvet.storage.review_rows import ObjectionRow
from toolvet.storage.rows import ChannelRow, ProposalRow
from toolvet_reviews import moves
from toolvet_reviews.errors import NotAPersonError, StaleVoteError
from toolvet_reviews.events import Fact, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.reading_pace import Load
from toolvet_reviews.values import Digest, Json
from toolvet_reviews.views import ProposalView

Against = Literal["request_changes", "reject"]
_VERBS: dict[Against, Verb] = {
    "request_changes": Verb.PROPOSAL_REQUEST_CHANGES,
    "reject": Verb.PROPOSAL_REJECT,
}


class WordsNeededError(ConflictError):
    """A decision against needs words the author can act on."""

    code = "decide.words_needed"
    hint = "Say what would have to change."


class SimilarToolError(NotFoundError):
    """The tool that should be extended instead is not served."""

    code = "decide.no_such_tool"
    hint = "Name a served tool as TOOLSET/NAME; `toolvet tools` lists them."


@dataclass(frozen=True)
class Word:
    """A decision against, as it is handed in."""

    move: Against
    digest: str
    """Of the revision or release that was looked at."""
    note: str
    similar: str | None = None
    """A served tool that should be extended instead."""
    drafts: Sequence[str] = ()
    """Remarks that are published with it, or not at all."""
    batch: str | None = None
    """Id of the bulk that it is part of."""


async def request_changes(
    services: Services,
    caller: Caller,
    proposal: str,
    digest: str,
    note: str,
    *,
    drafts: Sequence[str] = (),
) -> ProposalView:
    """Give the proposal back to its author, with words; that stands until it is lifted.

    Args:
        digest: The revision digest that was looked at.
        drafts: Remarks to publish in the same transaction.

    Raises:
        StaleVoteError: A newer revision is there.
        WordsNeededError: The note is empty.
        SessionNeededError: No key of a person opened the session.
    """
    await say(services, caller, proposal, Word("request_changes", digest, note, drafts=drafts))
    return await look.show(services, caller, proposal)


async def reject(
    services: Services,
    caller: Caller,
    proposal: str,
    digest: str,
    note: str,
    *,
    similar: str | None = None,
    drafts: Sequence[str] = (),
) -> ProposalView:
    """Close the proposal, with words.

    Args:
        similar: A served tool that should be extended instead, `toolset/name`.

    Raises:
        SimilarToolError: That is not served.
    """
    word = Word("reject", digest, note, similar, drafts)
    await say(services, caller, proposal, word)
    return await look.show(services, caller, proposal)


async def say(services: Services, caller: Caller, proposal: str, word: Word) -> None:
    """Decide against, without looking afterwards."""
    verb = _VERBS[word.move]
    with services.refusals.recorded(caller, verb, ("proposal", proposal)):
        loads = await reading.load_for(services, proposal, caller.id)
        await services.store.write(lambda unit: _say(services, unit, caller, proposal, word, loads))


def _say(
    services: Services,
    unit: Unit,
    caller: Caller,
    proposal: str,
    word: Word,
    loads: Mapping[int, Load],
) -> None:
    row = stored.find(unit, caller, proposal)
    _check(caller, row, word)
    if _is_said(services, unit, caller, row, word):
        return
    state = moves.apply(stored.facts(row), word.move, caller.principal)
    served = _served(services, unit, row, word.similar) if word.similar else None
    remark_drafts.publish_in(services, unit, caller, row, word.drafts)
    pace = sittings.decided(services, unit, row, caller.id, word.move, loads)
    index = unit.append(
        entry.by(
            caller,
            _VERBS[word.move],
            ("proposal", proposal),
            digest=Digest(row.revision_digest),
            facts=_facts(row, word, pace, served),
            payloads=_payloads(word, served),
        )
    )
    moment = stamp(services.clock())
    if word.move == "request_changes":
        unit.objections.add(ObjectionRow(index, row.number, row.revision, caller.id, moment))
    reason = _reason(word, served)[:2000]
    unit.proposals.save(replace(row, state=state, reason=reason, updated_at=moment))
    what = "objected" if word.move == "request_changes" else "rejected"
    after.happened(unit, row.number, what, caller.id)


def _check(caller: Caller, row: ProposalRow, word: Word) -> None:
    if caller.principal.kind != "human":
        raise NotAPersonError("only a person decides")
    if not caller.has("reviewer"):
        raise ForbiddenError("deciding needs the role reviewer")
    seated.need_person(caller, "deciding")
    if not word.note.strip():
        raise WordsNeededError("a decision against needs a note")
    if word.digest not in (row.revision_digest, row.release_digest):
        raise StaleVoteError(f"P-{row.number} is at revision {row.revision_digest}")


def _is_said(services: Services, unit: Unit, caller: Caller, row: ProposalRow, word: Word) -> bool:
    """Tell whether a bulk comes twice: by itself a person may well say more than once why not."""
    mine = counting.said_against(services, unit, row).get(caller.id)
    is_repeated = mine is not None and mine.revision == row.revision
    return word.batch is not None and word.move == "request_changes" and is_repeated


def _served(services: Services, unit: Unit, row: ProposalRow, similar: str) -> ChannelRow:
    """Find the tool that should be extended; who may call what is none of this."""
    toolset, _, name = similar.partition("/")
    found = unit.releases.channel(toolset, name, "stable") if name else None
    digest = found.release_digest if found else None
    ledger = services.standing.ledger
    is_served = digest is not None and Digest(digest) in ledger.releases
    if found is None or not is_served or Digest(digest or "") in ledger.stopped:
        raise SimilarToolError(f"no tool {similar[:80]!r} is served")
    if (toolset, name) == (row.toolset, row.tool):
        raise SimilarToolError(f"{similar[:80]!r} is what P-{row.number} extends already")
    return found


def _facts(row: ProposalRow, word: Word, pace: str, served: ChannelRow | None) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "proposal": f"P-{row.number}",
        "revision": row.revision,
        "pace": pace,
    }
    if word.move == "request_changes":
        facts["stands"] = True
    if served is not None:
        facts["similar"] = served.release_digest
    if word.batch:
        facts["batch"] = word.batch
    return facts


def _payloads(word: Word, served: ChannelRow | None) -> dict[str, Json]:
    payloads: dict[str, Json] = {"note": word.note}
    if served is not None:
        payloads["similar"] = f"{served.toolset}/{served.name}"
    return payloads


def _reason(word: Word, served: ChannelRow | None) -> str:
    if served is None:
        return word.note
    similar = f"{served.toolset}/{served.name}"
    return f"Extend {similar} (version {served.version}), which is served already. {word.note}"
