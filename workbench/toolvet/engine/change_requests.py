"""What an author is asked to settle, gathered from threads, rubric, kept cases and objections.

Whoever asks reads it in the words that they may know: an author learns nothing here that its view of
the verdict holds back.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from toolvet.engine import kept_cases, objections, remarks, review_state, stored, waivers
from toolvet.engine.remarks import Remark
from toolvet.engine.services import Services
from toolvet.engine.verdict_shown import ShownVerdict, shown_verdict
from toolvet.errors import ConflictError
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import ThreadRow
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews import change_requests as requests
from toolvet_reviews.change_requests import Similar
from toolvet_reviews.moves import CLOSED
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import Anchor, CaseView, ChangeRequest, ChangeRequests, ThreadView

_ABOUT_ALL = ("objection", "similar")
"""Requests about the whole proposal; what is answered to one is kept under its id."""


class Answer(NamedTuple):
    """An author's answer to one request."""

    request: str
    """Its id."""
    words: str


class Answered(NamedTuple):
    """An answer beside what was asked."""

    request: ChangeRequest
    words: str


class UnknownRequestError(ConflictError):
    """An answer to what nobody asks, or not any more."""

    code = "proposal.unknown_request"
    hint = "toolvet_status, or `toolvet requests PROPOSAL`, lists what is asked for."


async def change_requests(services: Services, caller: Caller, proposal: str) -> ChangeRequests:
    """List what is to be settled in the next revision.

    Raises:
        ProposalNotFoundError: None such, or not the caller's.
    """
    return await services.store.query(
        lambda view: of_proposal(services, view, caller, stored.find(view, caller, proposal))
    )


def of_proposal(services: Services, view: View, caller: Caller, row: ProposalRow) -> ChangeRequests:
    """List what is to be settled in the next revision of one proposal, what blocks first."""
    items = _asked(services, view, caller, row)
    ordered = sorted(items, key=lambda one: not one.blocking)
    return ChangeRequests(f"P-{row.number}", row.revision, tuple(ordered))


def _asked(services: Services, view: View, caller: Caller, row: ProposalRow) -> list[ChangeRequest]:
    newest = stored.revision_of(view.proposals.revisions(row.number), row, None)
    threads = review_state.threads_of(view, caller, row, newest)
    answers = _answers(threads, row)
    if row.state in CLOSED:
        return [requests.of_similar(one, answers) for one in _similar(view, row)]
    verdict = _verdict(services, view, caller, row, newest)
    cases = kept_cases.of_proposal(view, row)
    causes = {one.check: one.findings for one in verdict.evidence}
    return [
        *requests.of_threads(threads, row.author),
        *requests.of_cases(cases, _failed(view, row, cases), answers),
        *requests.of_objections(objections.of_proposal(services, view, row), answers),
        *requests.of_rubric(verdict.rubric, causes, answers),
    ]


def matched(
    services: Services, view: View, caller: Caller, row: ProposalRow, answers: Iterable[Answer]
) -> list[Answered]:
    """Find what each answer is about.

    Raises:
        UnknownRequestError: Nobody asks for it, or it is answered twice.
        CommentError: An answer says nothing, or too much.
    """
    given = list(answers)
    if not given:
        return []
    asked = {one.id: one for one in of_proposal(services, view, caller, row).items}
    found: list[Answered] = []
    for answer in given:
        remarks.checked(Remark(answer.words))
        request = asked.pop(answer.request, None)
        if request is None:
            raise UnknownRequestError(f"nobody asks for {answer.request[:80]!r}")
        found.append(Answered(request, answer.words))
    return found


def answer_in(
    services: Services, unit: Unit, caller: Caller, row: ProposalRow, answers: Sequence[Answered]
) -> None:
    """Put an author's answers beside what was asked, within the write of its revision.

    Args:
        row: With the new revision.
        answers: From `matched`, of the proposal as it was before.
    """
    for asked, words in answers:
        remark = Remark(words)
        place = _place_of(asked)
        thread = unit.threads.get(asked.id) if place is None else _thread_at(unit, row, place)
        if thread is not None:
            if _last_of(unit, thread, caller) != words:
                remarks.say(services, unit, caller, row, thread, remark, kind="answer")
        elif place is not None:
            remarks.begin_at(services, unit, caller, row, place, remark, kind="answer")


def _place_of(asked: ChangeRequest) -> Anchor | None:
    """Say where the thread of an answer is; None when it is the thread that asks."""
    if asked.kind == "thread":
        return None
    return requests.place_of_answer(asked.id) if asked.kind in _ABOUT_ALL else asked.place


def _thread_at(unit: Unit, row: ProposalRow, place: Anchor) -> ThreadRow | None:
    for thread in reversed(unit.threads.of(row.number)):
        is_there = (thread.kind, thread.name) == (place.kind, place.name)
        if thread.author == row.author and is_there and not thread.resolved:
            return thread
    return None


def _last_of(unit: Unit, thread: ThreadRow, caller: Caller) -> str | None:
    said = [one.text for one in unit.threads.remarks(thread.id) if one.author == caller.id]
    return said[-1] if said else None


def _answers(threads: Sequence[ThreadView], row: ProposalRow) -> dict[Anchor, str]:
    """Read what an author said last in the threads that it opened to answer."""
    found: dict[Anchor, str] = {}
    for thread in threads:
        said = [one for one in thread.said if one.author_id == row.author and one.kind == "answer"]
        if said and thread.said[0].author_id == row.author:
            found[Anchor(thread.anchor.kind, name=thread.anchor.name)] = said[-1].text
    return found


def _verdict(
    services: Services, view: View, caller: Caller, row: ProposalRow, newest: RevisionRow
) -> ShownVerdict:
    return shown_verdict(
        services,
        caller,
        row,
        newest,
        stored.load_evidence(view, row.number, newest.number),
        services.standing.rules,
        waived=frozenset(waivers.leaned_on(view, newest.dossier)),
    )


def _similar(view: View, row: ProposalRow) -> list[Similar]:
    tool = objections.similar_of(view, row) if row.state == "rejected" else ""
    return [Similar(tool, row.reason)] if tool else []


def _failed(view: View, row: ProposalRow, cases: Sequence[CaseView]) -> dict[str, str]:
    """Say what came of kept cases instead of what they ask for, by id.

    Reviewers keep them for the author to see: nothing of these findings is held back.
    """
    if not cases:
        return {}
    said = [
        finding.message
        for evidence, _ in stored.load_evidence(view, row.number, row.revision)
        for finding in evidence.findings
        if finding.category == requests.KEPT_CASE and not finding.hidden
    ]
    return {
        case.id: wrong
        for case in cases
        for message in said
        if (wrong := requests.wrong_of(case, message)) is not None
    }
