"""The notary: signs behind the log's back, never a log that was changed, and tells when it cannot."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from house import House

from toolvet.audit.deeds import DEEDS
from toolvet.audit.keys import LogKey
from toolvet.audit.notes import open_checkpoint
from toolvet.config import now
from toolvet.engine import authenticate, call, disable, notary
from toolvet.engine.notary import Notary
from toolvet.engine.standing import BULK_VERBS, Standing
from toolvet.errors import LogError, StorageError
from toolvet.storage import Store, open_store
from toolvet_reviews.events import ACTS, EntryDraft, Verb

OpenCopy = Callable[[Path], AbstractAsyncContextManager[House]]
CALL = EntryDraft(Verb.CALL_RUN, "a", "agent", "token", "mcp", "call", "b")
TOKEN = EntryDraft(
    Verb.TOKEN_ISSUE, "a", "human", "token", "cli", "token", "t1", facts={"principal": "p1"}
)


@dataclass
class Desk:
    """A log, its key, and where the note is kept."""

    store: Store
    key: LogKey
    file: Path

    def notary(self) -> Notary:
        return Notary(self.store, self.key, self.file)

    def grow(self, *drafts: EntryDraft) -> int:
        return 1 + max(self.store.write_sync(lambda unit: [unit.append(one) for one in drafts]))

    def written(self) -> int:
        return open_checkpoint(self.file.read_text("utf-8"), self.key.verifier_key).size


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Desk]:
    store = open_store(f"sqlite:///{tmp_path}/toolvet.db", clock=now)
    yield Desk(store, LogKey.generate("example.org/log"), tmp_path / "checkpoint")
    store.close()


def test_the_newest_size_is_signed_soon_and_kept_outside_the_database(desk: Desk) -> None:
    signing = desk.notary()

    signing.follow(desk.grow(CALL, CALL, CALL))
    signing.settle()

    assert signing.signed is not None
    assert signing.signed.checkpoint.size == desk.written() == 3
    assert signing.signed.note == desk.file.read_text("utf-8")
    assert signing.is_settled
    signing.stop()


def test_sizes_between_two_signatures_are_passed_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []

    def keep(_path: Path, text: str) -> None:
        notes.append(text)

    monkeypatch.setattr(notary, "_replace", keep)
    monkeypatch.setattr(notary, "PAUSE_S", 60.0)
    signing = desk.notary()
    for _ in range(20):
        signing.follow(desk.grow(CALL))

    signing.settle()  # whoever waits for it does not wait for the pause

    sizes = [open_checkpoint(note, desk.key.verifier_key).size for note in notes]
    assert len(sizes) <= 3
    assert sizes[-1] == 20
    signing.stop()


def test_what_is_left_is_signed_at_the_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notary, "PAUSE_S", 60.0)
    signing = desk.notary()
    signing.follow(desk.grow(CALL))
    signing.settle()
    signing.follow(desk.grow(CALL, CALL))

    signing.stop()
    signing.follow(desk.grow(CALL))

    assert desk.written() == 3


def test_a_log_that_does_not_extend_what_was_signed_is_refused_for_good(desk: Desk) -> None:
    desk.grow(CALL, CALL)
    desk.file.write_text(desk.key.sign_checkpoint(2, bytes(32)), encoding="utf-8")
    signing = desk.notary()
    signing.recall()
    signing.check()

    signing.follow(desk.grow(CALL))

    for look in (signing.settle, signing.check, signing.settle):
        with pytest.raises(LogError, match="does not extend"):
            look()
    signing.stop()
    assert desk.written() == 2


def test_a_full_disk_stops_the_service_until_there_is_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_room, signed = threading.Event(), threading.Event()

    def keep(_path: Path, _text: str) -> None:
        if not has_room.is_set():
            raise OSError(28, "No space left on device")
        signed.set()

    monkeypatch.setattr(notary, "_replace", keep)
    monkeypatch.setattr(notary, "RETRY_S", 0.01)
    signing = desk.notary()
    signing.follow(desk.grow(CALL))

    with pytest.raises(LogError, match="No space left"):
        signing.settle()
    with pytest.raises(LogError, match="No space left"):
        signing.check()
    has_room.set()
    assert signed.wait(10)
    signing.stop()

    signing.check()
    assert signing.is_settled


def test_a_database_that_cannot_be_read_is_no_reason_to_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_self: Store) -> None:
        raise StorageError("gone", hint="Bring it back.")

    size = desk.grow(CALL)
    monkeypatch.setattr(Store, "read", unreadable)
    signing = desk.notary()
    signing.follow(size)

    with pytest.raises(LogError, match="gone") as refused:
        signing.settle()
    assert refused.value.hint == "Bring it back."
    signing.stop()


def test_nobody_comes_in_and_nothing_is_decided_while_nothing_can_be_signed(
    open_copy: OpenCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            services, person = home.services, await home.caller(home.person)
            bot = await home.caller(home.members["bot"])
            with monkeypatch.context() as patch:
                patch.setattr(notary, "_replace", full)
                await disable.disable(services, person, "clip", "broken")
                with pytest.raises(LogError):
                    await asyncio.to_thread(services.standing.settle)
                with pytest.raises(LogError):
                    await authenticate.authenticate(services, home.person.token, "cli")
                with pytest.raises(LogError):
                    await call.call(services, bot, "add", {"first": 1, "second": 1})
                with pytest.raises(LogError):
                    _ = services.standing.policy

    asyncio.run(play())


# --- what is signed is what is folded ------------------------------------------------------------


def test_following_the_log_leads_to_what_reading_it_leads_to(desk: Desk) -> None:
    followed = Standing(desk.store, desk.key, desk.file)
    heard: list[tuple[int, frozenset[Verb]]] = []
    followed.on_change(lambda size, verbs: heard.append((size, verbs)))
    desk.store.on_commit(followed.catch_up)

    desk.grow(CALL, CALL)
    desk.grow(CALL, TOKEN, CALL)
    followed.stop()

    loaded = Standing(desk.store, desk.key, desk.file)
    loaded.load()
    assert followed.ledger.size == loaded.ledger.size == 5
    assert "t1" in followed.ledger.tokens
    assert followed.ledger.tokens == loaded.ledger.tokens
    assert followed.ledger.problems == loaded.ledger.problems
    assert heard == [(2, {Verb.CALL_RUN}), (5, {Verb.CALL_RUN, Verb.TOKEN_ISSUE})]


def test_what_somebody_else_appended_is_read_and_not_passed_over(
    desk: Desk, tmp_path: Path
) -> None:
    followed = Standing(desk.store, desk.key, desk.file)
    desk.store.on_commit(followed.catch_up)
    desk.grow(CALL)
    other = open_store(f"sqlite:///{tmp_path}/toolvet.db", clock=now)
    other.write_sync(lambda unit: unit.append(TOKEN))
    other.close()

    desk.grow(CALL)
    followed.stop()

    assert followed.ledger.size == 3
    assert "t1" in followed.ledger.tokens


def test_nothing_is_passed_over_that_the_ledger_decides_by() -> None:
    assert BULK_VERBS.isdisjoint(ACTS.union(DEEDS))
