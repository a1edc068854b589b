"""A desk at a canned service that serves tools and has a history: for the screens that look back."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import cast

from canned_client import CannedClient
from canned_desk import HOSTILE, NOW, QUEUE, CannedDesk, ago, manifest_of, review_of

from toolvet.client.acts import Pen, Signed
from toolvet.client.client import Client
from toolvet.client.dead import ReplayedLetter
from toolvet.client.errors import LockedError, RemoteError
from toolvet.client.proof import Proof
from toolvet.client.review_shapes import CallableList, HistoryPage
from toolvet.client.shapes import CallItem, CallList, Done, ReleaseItem
from toolvet.config import stamp
from toolvet_reviews import manifest
from toolvet_reviews.review_views import CallableThen, CheckedDecision, HistoryLine
from toolvet_reviews.rubric import CRITERIA
from toolvet_reviews.values import Digest
from toolvet_reviews.views import CallStatus, CallView, DeadView, ToolView

SERVED = "invoices_send_reminders"
"""As advertised."""
OLD = replace(
    manifest_of(review_of(QUEUE[0]).view), effects={"kind": "read", "store": ["reminded"]}
)
NEW = manifest_of(review_of(QUEUE[0]).view)
OLD_DIGEST, NEW_DIGEST = manifest.digest(OLD), manifest.digest(NEW)
BLOBS = {OLD_DIGEST: manifest.to_bytes(OLD), NEW_DIGEST: manifest.to_bytes(NEW)}
RELEASES = (
    ReleaseItem(1, OLD_DIGEST, "P-3", ago(days=20), stopped=False, current=False),
    ReleaseItem(2, "sha256:" + "2" * 64, "P-6", ago(days=9), stopped=True, current=False),
    ReleaseItem(3, NEW_DIGEST, "P-8", ago(days=2), stopped=False, current=True),
)


def served(toolset: str, name: str, **more: object) -> ToolView:
    """A tool as it is served."""
    made = ToolView(
        toolset, name, f"{toolset}_{name}" if toolset != "default" else name, 3, NEW_DIGEST,
        "stable", "write", f"Does {name.replace('_', ' ')}.\n\nAnd more.", served=True,
        input_schema={"properties": {"customer": {}, "invoices": {}}}, published_at=ago(days=2),
    )  # fmt: skip
    return replace(made, **more)  # pyright: ignore[reportArgumentType]


TOOLS = (
    served("invoices", "send_reminders"),
    served("default", "parse_iban", kind="pure", version=1),
    served("default", "hostile", kind="read", description=HOSTILE, version=1),
    served(
        "default",
        "drop_index",
        kind="destructive",
        served=False,
        reason="stopped by ada",
        version=2,
    ),
)


def called(number: int, name: str, status: CallStatus = "succeeded", code: str = "") -> CallItem:
    """A call of a tool."""
    toolset = "invoices" if name == "send_reminders" else "default"
    return CallItem(f"c{number}", toolset, name, NEW_DIGEST, "agent", status, code,
                    ago(minutes=number), 40.0 + number, "B")  # fmt: skip


CALLS = (
    *(
        called(number, "send_reminders", *(("failed", "tool.http") if number % 7 == 2 else ()))  # pyright: ignore[reportArgumentType]
        for number in range(1, 40)
    ),
    called(41, "parse_iban"),
    called(42, "parse_iban", "in_progress"),
)


def letter(number: int, tool: str = "invoices/send_reminders", **more: object) -> DeadView:
    """A letter that waits."""
    made = DeadView(
        f"01a1fea2-0000-7000-8000-00000000000{number}", tool, "open", ago(hours=number), f"c{number}",
        "claude", "tool.http", f"The mail service answered 502.\n{HOSTILE}", 3, is_item=False,
        key="2026-11", release_digest=NEW_DIGEST, serving=NEW_DIGEST,
        arguments={"customer": "acme", "invoices": ["A-1", "A-2"]},
    )  # fmt: skip
    return replace(made, **more)  # pyright: ignore[reportArgumentType]


LETTERS = (
    letter(3),
    letter(2, "default/parse_iban", is_item=True, attempts=None, item={"number": "A-7"}),
    letter(1, blocked="the caller has no grant any more"),
)


def line(index: int, verb: str, tool: str, actor: str = "ada", **more: object) -> HistoryLine:
    """A line of the history."""
    made = HistoryLine(
        index, ago(hours=48 - index), verb, actor, "human", tool, f"P-{index}", NEW_DIGEST, "ok",
        pace="plausible", said="The host is named in the source now.",
    )  # fmt: skip
    return replace(made, **more)  # pyright: ignore[reportArgumentType]


HISTORY = (
    line(42, "channel:move", "invoices/send_reminders", "bob", said="502 from the mail service"),
    line(40, "release:publish", "invoices/send_reminders", "toolvet", actor_kind="service", said="", pace=""),
    line(39, "vote:approve", "invoices/send_reminders"),
    line(37, "vote:approve", "default/parse_iban", "bob", pace="fast", said=""),
    line(35, "proposal:request_changes", "invoices/send_reminders", "ada", said="Name the host."),
    line(33, "vote:approve", "default/weather", "mallory", outcome="refused", code="vote.forbidden"),
    line(31, "proposal:reject", "default/hostile", "ada", said=HOSTILE),
    line(28, "channel:stop", "default/drop_index", "ada", said="It dropped the wrong one."),
    line(20, "policy:apply", "", "ada", proposal="", said=""),
)  # fmt: skip
THEN = (
    CallableThen("default", "parse_iban", 1, "stable", NEW_DIGEST, "pure", ago(days=9),
                 ("role:caller up to read",)),
    CallableThen("invoices", "send_reminders", 3, "stable", NEW_DIGEST, "write", ago(days=2),
                 ("claude up to write", "role:caller up to write")),
)  # fmt: skip


def decision(index: int) -> CheckedDecision:
    """A decision in full."""
    found = next(one for one in HISTORY if one.index == index)
    return CheckedDecision(
        index, found.verb, found.time, found.actor, found.actor_kind, found.tool, found.proposal, 2,
        found.digest, f"{found.said}\nSecond line. {HOSTILE}", "sha256:" + "7" * 64, "B", found.pace,
        rubric=dict(zip(CRITERIA, ["met"] * 5 + ["unknown"], strict=True)),
        evidence=("tests passed: 4 tests passed", "semgrep warned: 1 warning"),
        waived=("semgrep.host-from-parameter until 2026-12-01",),
    )  # fmt: skip


def proof(index: int) -> Proof:
    """What was found out about it."""
    return Proof(
        signature_ok=True, signer="ada sha256:abababababab", in_log=True,
        checkpoint="toolvet.example/01a1fea2 43 kq3bW0w2Zv4=", index=index,
        statement=("act: vote:approve", f"subject: {NEW_DIGEST}", "verdict: approve"),
    )  # fmt: skip


class CannedServed(CannedClient):
    """Answers about what is served, and about what was."""

    def __init__(self, desk: "ServedDesk", *, is_person: bool) -> None:
        super().__init__(desk, desk.canned, is_person=is_person)
        self._served = desk
        self._may = is_person or desk.agents_may

    def history(
        self,
        *,
        words: str = "",
        verb: str = "",
        tool: str = "",
        person: str = "",
        since: str = "",
        until: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> HistoryPage:
        self._allowed()
        self._served.asked.append((words, verb, tool, person, since, until))
        found = [
            one
            for one in self._served.lines
            if one.verb.startswith(verb) and tool in one.tool and person in ("", one.actor)
            and all(word in f"{one.tool} {one.said} {one.actor}" for word in words.split())
        ]  # fmt: skip
        start = int(cursor or 0)
        end = start + min(limit, self._served.page)
        return HistoryPage(tuple(found[start:end]), str(end) if end < len(found) else None)

    def decision(self, index: int) -> CheckedDecision:
        self._allowed()
        return decision(index)

    def callable_at(self, at: str) -> CallableList:
        self._allowed()
        return CallableList(at, 43, THEN if at > "2026-11-12" else ())

    def tools(self, *, everything: bool = False) -> list[ToolView]:
        self._served.fail()
        return list(self._served.tools)

    def releases(self, name: str) -> list[ReleaseItem]:
        return list(RELEASES)

    def blob(self, digest: str) -> bytes:
        return BLOBS[Digest(digest)]

    def calls(self, limit: int = 50) -> CallList:
        self._allowed()
        return CallList(CALLS[:limit])

    def all_dead_letters(self, *, everything: bool = False) -> Iterator[DeadView]:
        self._allowed()
        bare = [replace(one, arguments=None, item=None) for one in self._served.letters]
        return iter(one for one in bare if everything or one.state == "open")

    def dead_letter(self, letter: str) -> DeadView:
        return next(one for one in self._served.letters if one.id == letter)

    def rollback(
        self, name: str, envelope: bytes, reason: dict[str, str] | None = None
    ) -> ToolView:
        self._told("rollback", name, envelope.decode(), (reason or {}).get("text", ""))
        return served("invoices", "send_reminders", version=1)

    def disable(self, name: str, reason: str) -> Done:
        if refusal := self._served.refuses.get("disable"):
            raise refusal
        self._told("disable", name, reason)
        return Done()

    def replay_dead(self, letter: str, envelope: bytes, document: bytes) -> ReplayedLetter:
        self._told("replay", letter, envelope.decode())
        done = self._settle(letter, "replayed")
        answer = CallView("c99", done.tool, 3, NEW_DIGEST, "succeeded")
        return ReplayedLetter(done, answer)

    def discard_dead(self, letter: str, reason: str = "") -> DeadView:
        self._told("discard", letter, reason)
        return self._settle(letter, "discarded")

    def _settle(self, letter: str, state: str) -> DeadView:
        settled = replace(
            self.dead_letter(letter), state=state, settled_at=stamp(NOW), settled_by="ada",
            arguments=None,
        )  # fmt: skip
        kept = [settled if one.id == letter else one for one in self._served.letters]
        self._served.letters = kept
        return settled

    def _allowed(self) -> None:
        self._served.fail()
        if not self._may:
            raise RemoteError("forbidden", "only people may read the log", status=403)


class CannedPen:
    """Signs nothing, and says what it was asked to."""

    def rollback(self, approved: object, release: str, current: str | None, words: object) -> bytes:
        return f"{release} instead of {current}".encode()

    def replay(self, letter: DeadView) -> Signed:
        return Signed(f"replay {letter.id}".encode(), b"{}")


@dataclass
class ServedDesk(CannedDesk):
    """A desk where there is something to look back at."""

    lines: tuple[HistoryLine, ...] = HISTORY
    tools: tuple[ToolView, ...] = TOOLS
    letters: list[DeadView] = field(default_factory=lambda: [*LETTERS])
    agents_may: bool = True
    """False: the history is for people only."""
    asked: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    refuses: dict[str, RemoteError] = field(default_factory=dict[str, RemoteError])
    """What the service answers to an act instead of doing it."""

    @property
    def reader(self) -> Client:
        return CannedServed(self, is_person=False)

    @property
    def person(self) -> Client:
        if self.seconds_left <= 0:
            raise LockedError("the key is locked")
        return CannedServed(self, is_person=True)

    def pen(self) -> Pen:
        if self.seconds_left <= 0:
            raise LockedError("the key is locked")
        return cast("Pen", CannedPen())
