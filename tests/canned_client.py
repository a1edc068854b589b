"""A client that answers from memory: what the screens ask of a service beside the desk's own words.

It remembers in `done` what it was asked to do, and keeps threads, drafts, marks and claims as a
service would, as far as a screen can tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from toolvet.client.client import Client
from toolvet.client.comparing import Whitespace
from toolvet.client.deciding import BulkAct
from toolvet.client.errors import RemoteError
from toolvet.client.queues import Order, Whose
from toolvet.client.review_shapes import NoticeList, SittingView
from toolvet.client.shapes import Done, QueuePage
from toolvet.client.transport import HttpTransport
from toolvet_reviews.review_views import (
    Anchor,
    AssignedView,
    BulkAnswer,
    BulkResult,
    CaseView,
    Comparison,
    DraftRemark,
    FileComparison,
    QueueHealth,
    ReviewState,
    Said,
    SeenMark,
    ThreadView,
    TryView,
)
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import PrincipalView, ProposalView

if TYPE_CHECKING:
    from canned_desk import CannedDesk

ME = "ada"
WHEN = "2026-11-21T12:00:00.000000Z"


@dataclass
class Canned:
    """What the canned service holds; shared by the reader and the person."""

    states: dict[str, ReviewState] = field(default_factory=dict[str, ReviewState])
    """By proposal; others have an empty one."""
    comparisons: dict[tuple[str, str], Comparison] = field(
        default_factory=dict[tuple[str, str], Comparison]
    )
    """By proposal and `from`."""
    seen: dict[str, list[SeenMark]] = field(default_factory=dict[str, list[SeenMark]])
    tries: list[TryView] = field(default_factory=list[TryView])
    """Given one after the other; the last again and again."""
    bulk_codes: dict[str, str] = field(default_factory=dict[str, str])
    """Proposals whose part of a bulk is refused, and the code."""
    calls: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    """What it was asked to do, in order; not what it was asked to tell."""

    def state(self, proposal: str) -> ReviewState:
        """The conversation about a proposal."""
        return self.states.get(proposal, ReviewState(proposal))

    def keep(self, state: ReviewState) -> ReviewState:
        """Keep it, with its counts."""
        unsettled = [one for one in state.threads if not one.resolved]
        counted = replace(
            state,
            open_threads=len(unsettled),
            blocking_threads=sum(one.blocking for one in unsettled),
        )
        self.states[state.proposal] = counted
        return counted

    def thread(self, found: str) -> tuple[ReviewState, ThreadView]:
        """Find a thread wherever it is."""
        for state in self.states.values():
            for one in state.threads:
                if one.id == found:
                    return state, one
        raise RemoteError("thread.not_found", f"there is no thread {found}", status=404)


class CannedClient(Client):
    """Answers from memory.

    Args:
        desk: Whose queue and reviews it tells.
        canned: What it holds.
    """

    def __init__(self, desk: "CannedDesk", canned: Canned, *, is_person: bool) -> None:
        super().__init__(HttpTransport.url("http://127.0.0.1:9"), "token", "tui")
        self._desk = desk
        self._canned = canned
        self._is_person = is_person

    def principals(self) -> list[PrincipalView]:
        return [
            PrincipalView(name, name, "human", ("reviewer",), None, active=True)
            for name in (ME, "bob")
        ]

    # --- the queue ----------------------------------------------------------------------------

    def queue(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        order: Order = "rank",
        whose: Whose = "everybody",
        words: str = "",
    ) -> QueuePage:
        return self._desk.queue(cursor, order=order, whose=whose)

    def queue_health(self) -> QueueHealth:
        waiting = sum(one.state == "reviewing" for one in self._desk.items)
        return QueueHealth(len(self._desk.items), waiting, 7200.0, 3600.0, 1, 0, 0, 2, 1, 1)

    def assign(self, proposal: str, person: str, *, off: bool = False) -> ReviewState:
        self._told("assign", proposal, person, "off" if off else "on")
        state = self._canned.state(proposal)
        others = tuple(one for one in state.assigned if one.person != person)
        made = () if off else (AssignedView(person, "p", claimed=False, by=ME, at=WHEN),)
        return self._canned.keep(replace(state, assigned=(*others, *made)))

    def claim(self, proposal: str, *, give_back: bool = False) -> ReviewState:
        self._told("claim", proposal, "back" if give_back else "take")
        by = "" if give_back else ME
        self._desk.change(proposal, claimed_by=by)
        state = self._canned.state(proposal)
        others = tuple(one for one in state.assigned if not one.claimed)
        mine = () if give_back else (AssignedView(ME, "p", claimed=True, by=ME, at=WHEN),)
        return self._canned.keep(replace(state, assigned=(*others, *mine)))

    def snooze(self, proposal: str, until: str | None) -> ReviewState:
        self._told("snooze", proposal, until or "")
        self._desk.change(proposal, snoozed_until=until)
        return self._canned.keep(replace(self._canned.state(proposal), snoozed_until=until))

    def notices(self, *, unread: bool = True, limit: int = 50) -> NoticeList:
        return NoticeList((), 0)

    # --- the conversation ---------------------------------------------------------------------

    def show(self, proposal: str, revision: int | None = None) -> ProposalView:
        return self._desk.look(proposal)

    def review_state(self, proposal: str, revision: int | None = None) -> ReviewState:
        self._desk.fail()
        return self._canned.state(proposal)

    def open_thread(
        self,
        proposal: str,
        anchor: Anchor,
        text: str,
        *,
        suggestion: str | None = None,
        blocking: bool = False,
        revision: int | None = None,
        flag: bool = False,
    ) -> ReviewState:
        self._told("open_thread", proposal, text, f"{anchor.path}:{anchor.line}")
        state = self._canned.state(proposal)
        number = sum(len(one.threads) for one in self._canned.states.values()) + 1
        said = Said(f"s{number}", ME, "p", "human", text, WHEN, revision or 1, suggestion)
        made = ThreadView(
            f"t{number}", anchor, revision or 1, anchor, "here", blocking, resolved=False,
            said=(said,),
        )  # fmt: skip
        return self._canned.keep(replace(state, threads=(*state.threads, made)))

    def reply(self, thread: str, text: str, *, suggestion: str | None = None) -> ReviewState:
        self._told("reply", thread, text)
        return self._say(thread, "remark", text, suggestion=suggestion)

    def resolve(self, thread: str, text: str = "") -> ReviewState:
        self._told("resolve", thread, text)
        return self._say(thread, "resolve", text, resolved=True)

    def reopen(self, thread: str, text: str = "") -> ReviewState:
        self._told("reopen", thread, text)
        return self._say(thread, "reopen", text, resolved=False)

    def drafts_of_remarks(self, proposal: str) -> list[DraftRemark]:
        return list(self._canned.state(proposal).drafts)

    def keep_draft(self, proposal: str, draft: DraftRemark) -> DraftRemark:
        self._told("keep_draft", proposal, draft.id, draft.text)
        state = self._canned.state(proposal)
        others = tuple(one for one in state.drafts if one.id != draft.id)
        self._canned.keep(replace(state, drafts=(*others, draft)))
        return draft

    def drop_draft(self, proposal: str, draft: str) -> Done:
        self._told("drop_draft", proposal, draft)
        state = self._canned.state(proposal)
        left = tuple(one for one in state.drafts if one.id != draft)
        self._canned.keep(replace(state, drafts=left))
        return Done()

    def publish_drafts(self, proposal: str, drafts: list[str]) -> ReviewState:
        self._told("publish_drafts", proposal, *drafts)
        state = self._canned.state(proposal)
        for one in state.drafts:
            if one.id in drafts and one.thread:
                self.reply(one.thread, one.text, suggestion=one.suggestion)
            elif one.id in drafts:
                more = {"suggestion": one.suggestion, "blocking": one.blocking}
                self.open_thread(proposal, one.anchor, one.text, **more)  # pyright: ignore[reportArgumentType]
        left = tuple(one for one in state.drafts if one.id not in drafts)
        return self._canned.keep(replace(self._canned.state(proposal), drafts=left))

    # --- comparing ----------------------------------------------------------------------------

    def compare(
        self, proposal: str, *, from_: str = "published", to: int | None = None
    ) -> Comparison:
        self._desk.fail()
        found = self._canned.comparisons.get((proposal, from_))
        return found or Comparison(proposal, from_, f"revision {to or 1}", (), ())

    def compare_file(
        self,
        proposal: str,
        path: str,
        *,
        from_: str = "published",
        to: int | None = None,
        whitespace: Whitespace = "exact",
        context: int = 3,
        offset: int = 0,
        limit: int = 1000,
    ) -> FileComparison:
        for one in self.compare(proposal, from_=from_, to=to).files:
            if one.path == path:
                return one
        raise RemoteError("not_found", f"there is no file {path}", status=404)

    def seen(self, proposal: str) -> list[SeenMark]:
        return list(self._canned.seen.get(proposal, ()))

    def mark_seen(
        self, proposal: str, marks: Sequence[SeenMark], *, off: bool = False
    ) -> list[SeenMark]:
        self._told("unmark_seen" if off else "mark_seen", proposal, *(one.name for one in marks))
        named = {(one.kind, one.name) for one in marks}
        before = self._canned.seen.get(proposal, [])
        kept = [one for one in before if (one.kind, one.name) not in named]
        self._canned.seen[proposal] = kept if off else [*kept, *marks]
        return self.seen(proposal)

    # --- deciding -----------------------------------------------------------------------------

    def lift(self, proposal: str, note: str = "") -> ReviewState:
        self._told("lift", proposal, note)
        state = self._canned.state(proposal)
        lifted = tuple(
            replace(one, lifted_at=WHEN) if one.person == ME else one for one in state.objections
        )
        return self._canned.keep(replace(state, objections=lifted))

    def bulk(
        self,
        act: BulkAct,
        items: Sequence[Mapping[str, object]],
        *,
        words: str = "",
        person: str = "",
        until: str | None = None,
    ) -> BulkResult:
        ids = [str(one["proposal"]) for one in items]
        self._told("bulk", act, *ids)
        answers: list[BulkAnswer] = []
        for one in ids:
            code = self._canned.bulk_codes.get(one, "")
            answers.append(BulkAnswer(one, not code, code, "it changed" if code else ""))
            if not code and act in ("approve", "request_changes", "reject"):
                self._desk.remove(one)
        return BulkResult(tuple(answers))

    def try_out(
        self, proposal: str, arguments: JsonObject, *, revision: int | None = None
    ) -> TryView:
        self._told("try_out", proposal, str(arguments))
        tries = self._canned.tries or [TryView("r1", "succeeded", {"sent": 1}, duration_ms=12.0)]
        return tries.pop(0) if len(tries) > 1 else tries[0]

    def keep_case(
        self,
        proposal: str,
        name: str,
        arguments: JsonObject,
        expected: Json,
        *,
        code: str = "",
        note: str = "",
    ) -> ReviewState:
        self._told("keep_case", proposal, name, note)
        state = self._canned.state(proposal)
        made = CaseView(f"k{len(state.cases) + 1}", name, arguments, expected, code, ME, WHEN, note)
        return self._canned.keep(replace(state, cases=(*state.cases, made)))

    def drop_case(self, proposal: str, case: str) -> ReviewState:
        self._told("drop_case", proposal, case)
        state = self._canned.state(proposal)
        left = tuple(one for one in state.cases if one.id != case)
        return self._canned.keep(replace(state, cases=left))

    def sit(
        self,
        proposal: str,
        revision: int,
        *,
        sitting: str | None = None,
        looked_s: float = 0.0,
        parts: Sequence[str] = (),
    ) -> SittingView:
        self._told("sit", proposal, *parts)
        return SittingView(sitting or "sitting", looked_s)

    # --- inside -------------------------------------------------------------------------------

    def _told(self, *what: str) -> None:
        self._desk.fail()
        if not self._is_person and what[0] != "try_out":
            raise RemoteError("forbidden", "only a person does this", status=403)
        self._canned.calls.append(what)

    def _say(
        self,
        thread: str,
        kind: str,
        text: str,
        *,
        suggestion: str | None = None,
        resolved: bool | None = None,
    ) -> ReviewState:
        state, found = self._canned.thread(thread)
        said = Said(
            f"{thread}-{len(found.said) + 1}", ME, "p", "human", text, WHEN, found.revision,
            suggestion, kind,  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
        settled = found.resolved if resolved is None else resolved
        changed = replace(found, said=(*found.said, said), resolved=settled)
        threads = tuple(changed if one.id == thread else one for one in state.threads)
        return self._canned.keep(replace(state, threads=threads))
