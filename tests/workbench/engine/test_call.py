"""Calling: grants, schemas both ways, both levels of idempotency, and what a crash leaves."""

import asyncio
import itertools
import os
import stat
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import furniture
import pytest
from house import House

from toolvet.config import now, stamp
from toolvet.engine import call, grants, images, people, tokens
from toolvet.engine.authenticate import authenticate
from toolvet.engine.services import Services
from toolvet.errors import (
    ArgumentsError,
    CallInProgressError,
    ForbiddenError,
    KeyMismatchError,
    NotFoundError,
    StorageError,
    ToolNotFoundError,
    UnauthenticatedError,
)
from toolvet.sandbox import Pool
from toolvet.storage import Unit
from toolvet_reviews.errors import CanonicalError, ReviewError
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import CallView

Run = Callable[[Coroutine[Any, Any, Any]], Any]
_campaigns = itertools.count(1)


@pytest.fixture
def campaign() -> str:
    """An operation nobody else is about."""
    return f"campaign-{next(_campaigns)}"


def to(campaign: str, *recipients: str, broken: tuple[str, ...] = ()) -> JsonObject:
    return {"campaign": campaign, "recipients": [*recipients], "broken": [*broken]}


def counts(answer: CallView) -> tuple[Any, Any]:
    assert isinstance(answer.result, dict), answer
    return answer.result["sent"], answer.result["skipped"]


class Gate:
    """Holds a tool at its first progress until it is opened."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def __call__(self, done: float, total: float | None, message: str) -> None:
        self.reached.set()
        await self.open.wait()


def later(services: Services, by: timedelta) -> Services:
    """The same service when some time has passed."""
    return replace(services, clock=lambda: now() + by)


# --- grants and tokens ---------------------------------------------------------------------------


def test_calling_without_a_grant_is_like_calling_what_does_not_exist(home: House, run: Run) -> None:
    async def play() -> None:
        messages: list[str] = []
        for member, name in (("other", "add"), ("bot", "nothing"), ("person", "add")):
            with pytest.raises(ToolNotFoundError) as refused:
                await home.call(home.members[member], name, {"first": 1, "second": 2})
            messages.append(str(refused.value).replace(name, "?"))
        assert len(set(messages)) == 1

    run(play())


def test_a_grant_counts_until_it_expires_or_is_taken_back(home: House, run: Run) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        guest = await home.agent("guest", ["caller"])
        soon = stamp(now() + timedelta(minutes=5))
        await home.grant(guest, "default/add", "pure", soon)
        caller = await home.caller(guest)
        asked: JsonObject = {"first": 1, "second": 2}
        assert (await call.call(services, caller, "add", asked)).result == 3
        with pytest.raises(ToolNotFoundError):
            await call.call(later(services, timedelta(minutes=6)), caller, "add", asked)
        with pytest.raises(ToolNotFoundError):
            await call.call(services, caller, "clip", {"value": 1})
        [mine] = await grants.grants(services, caller)
        with pytest.raises(ForbiddenError):
            await grants.revoke_grant(services, caller, mine.id, "mine")
        await grants.revoke_grant(services, person, mine.id, "done")
        with pytest.raises(ToolNotFoundError):
            await call.call(services, caller, "add", asked)
        with pytest.raises(NotFoundError):
            await grants.revoke_grant(services, person, mine.id, "again")

    run(play())


def test_a_grant_up_to_pure_does_not_reach_a_write(home: House, run: Run, campaign: str) -> None:
    async def play() -> None:
        reader = await home.agent("reader", ["caller"])
        await home.grant(reader, "*/*", "pure")
        assert (await home.call(reader, "add", {"first": 1, "second": 2})).result == 3
        with pytest.raises(ToolNotFoundError):
            await home.call(reader, "deliver", to(campaign, "a"))

    run(play())


def test_a_grant_to_a_role_reaches_who_holds_it(home: House, run: Run) -> None:
    async def play() -> None:
        group = await home.grant("role:auditor", "default/clip", "pure")
        holder = await home.agent("holder", ["auditor"])
        assert (await home.call(holder, "clip", {"value": 7})).result == 7
        assert group.to == "role:auditor"

    run(play())


@pytest.mark.parametrize("expires", ["tomorrow", "2026-01-01", ""])
def test_a_grant_with_a_time_nobody_can_read_is_refused(
    home: House, run: Run, expires: str
) -> None:
    async def play() -> None:
        act = await home.sign(home.person, "add_grant", "role:caller", "*/*", "pure", expires)
        person = await home.caller(home.person)
        with pytest.raises(ReviewError):
            await grants.add_grant(home.services, person, act.envelope, act.document)

    run(play())


def test_a_token_with_a_time_nobody_can_read_is_not_issued(home: House, run: Run) -> None:
    async def play() -> None:
        person = await home.caller(home.person)
        with pytest.raises(tokens.ExpiryError):
            await tokens.issue_token(home.services, person, "bot", "next week")

    run(play())


def test_a_token_ends_when_it_expires_is_revoked_or_its_principal_is(home: House, run: Run) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        short = await home.agent("short")
        expires = stamp(now() + timedelta(minutes=5))
        _, timed = await tokens.issue_token(services, person, "short", expires)
        assert (await authenticate(services, timed, "http")).id == short.id
        with pytest.raises(UnauthenticatedError):
            await authenticate(later(services, timedelta(minutes=6)), timed, "http")
        caller = await home.caller(short)
        bot = await home.caller(home.members["bot"])
        with pytest.raises(ForbiddenError):
            await tokens.revoke_token(services, bot, caller.token)
        await tokens.revoke_token(services, person, caller.token)
        for token in (short.token, "", None, "tv_unknown", "\ud800"):
            with pytest.raises(UnauthenticatedError) as refused:
                await authenticate(services, token, "http")
            assert refused.value.status == 401
        assert (await authenticate(services, timed, "http")).id == short.id
        await people.revoke_principal(services, person, "short", "left")
        with pytest.raises(UnauthenticatedError):
            await authenticate(services, timed, "http")

    run(play())


# --- schemas -------------------------------------------------------------------------------------


def test_whole_numbers_written_as_floats_are_whole_numbers(home: House, run: Run) -> None:
    async def play() -> None:
        answer = await home.call(home.members["bot"], "add", {"first": 1.0, "second": 2e0})
        assert (answer.status, answer.result, type(answer.result)) == ("succeeded", 3, int)

    run(play())


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        {},
        [],
        "text",
        {"first": 1},
        {"first": 1, "second": "2"},
        {"first": 1, "second": 2, "third": 3},
        {"first": 1.5, "second": 2},
        {"first": True, "second": 2},
        {"first": None, "second": 2},
    ],
)
def test_arguments_that_do_not_fit_are_refused_with_where_and_what(
    home: House, run: Run, arguments: Any
) -> None:
    async def play() -> None:
        with pytest.raises(ArgumentsError) as refused:
            await home.call(home.members["bot"], "add", arguments)
        assert (refused.value.code, refused.value.status) == ("call.arguments", 422)
        assert refused.value.hint

    run(play())


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", object(), {1: 2}]
)
def test_what_is_not_canonical_json_is_refused(home: House, run: Run, value: Any) -> None:
    async def play() -> None:
        with pytest.raises(CanonicalError):
            await home.call(home.members["bot"], "add", {"first": value, "second": 1})

    run(play())


def test_arguments_nested_too_deep_are_refused(home: House, run: Run) -> None:
    async def play() -> None:
        deep: Any = 1
        for _ in range(5000):
            deep = [deep]
        with pytest.raises(CanonicalError):
            await home.call(home.members["bot"], "add", {"first": deep, "second": 1})

    run(play())


def test_a_result_that_does_not_fit_is_not_passed_on(home: House, run: Run) -> None:
    async def play() -> None:
        answer = await home.call(home.members["bot"], "clip", {"value": 4711})
        assert (answer.status, answer.code, answer.result) == ("failed", "result.type", None)
        assert (await home.call(home.members["bot"], "clip", {"value": 10})).result == 10

    run(play())


# --- keys ----------------------------------------------------------------------------------------


def test_a_finished_operation_is_replayed_and_marked(home: House, run: Run, campaign: str) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        first = await home.call(bot, "deliver", to(campaign, "a", "b"))
        again = await home.call(bot, "deliver", to(campaign, "a", "b"))
        assert (first.replayed, again.replayed) == (False, True)
        assert counts(first) == counts(again) == (2, 0)
        assert first.key == again.key != ""

    run(play())


def test_the_tools_key_holds_across_callers(home: House, run: Run, campaign: str) -> None:
    async def play() -> None:
        second = await home.agent("second", ["caller"])
        await home.grant(second)
        await home.call(home.members["bot"], "deliver", to(campaign, "a"))
        again = await home.call(second, "deliver", to(campaign, "a"))
        assert again.replayed

    run(play())


def test_a_callers_own_key_belongs_to_caller_and_tool(home: House, run: Run) -> None:
    async def play() -> None:
        bot, third = home.members["bot"], await home.agent("third", ["caller"])
        await home.grant(third)
        asked: JsonObject = {"first": 1, "second": 2}
        assert not (await home.call(bot, "add", asked, key="mine")).replayed
        assert (await home.call(bot, "add", asked, key="mine")).replayed
        assert not (await home.call(bot, "add", asked, key="other")).replayed
        assert not (await home.call(bot, "clip", {"value": 1}, key="mine")).replayed
        assert not (await home.call(third, "add", asked, key="mine")).replayed
        with pytest.raises(KeyMismatchError):
            await home.call(bot, "add", {"first": 1, "second": 3}, key="mine")
        with pytest.raises(KeyMismatchError):
            await home.call(bot, "add", asked, key="k" * 256)

    run(play())


def test_a_key_with_other_arguments_is_an_error(home: House, run: Run, campaign: str) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        await home.call(bot, "deliver", to(campaign, "a"))
        with pytest.raises(KeyMismatchError) as refused:
            await home.call(bot, "deliver", to(campaign, "a", broken=("z",)))
        assert refused.value.code == "call.key_mismatch"

    run(play())


def test_an_operation_that_grew_runs_again_and_repeats_no_effect(
    home: House, run: Run, campaign: str
) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        assert counts(await home.call(bot, "deliver", to(campaign, "a"))) == (1, 0)
        grown = await home.call(bot, "deliver", to(campaign, "a", "b", "c"))
        assert (counts(grown), grown.replayed) == ((2, 1), False)
        assert (await home.call(bot, "deliver", to(campaign, "a", "b", "c"))).replayed

    run(play())


def test_an_incomplete_batch_runs_again_under_its_key(home: House, run: Run, campaign: str) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        asked = to(campaign, "a", "b", broken=("b",))
        first = await home.call(bot, "deliver", asked, key=campaign)
        assert (first.status, counts(first)) == ("incomplete", (1, 0))
        again = await home.call(bot, "deliver", asked, key=campaign)
        assert (again.status, again.replayed, counts(again)) == ("incomplete", False, (0, 1))

    run(play())


def test_a_run_in_progress_is_a_conflict_with_a_time_to_come_again(
    home: House, run: Run, campaign: str
) -> None:
    async def play() -> None:
        services, bot = home.services, await home.caller(home.members["bot"])
        gate = Gate()
        asked = to(campaign, "a")
        running = asyncio.create_task(call.call(services, bot, "deliver", asked, progress=gate))
        await gate.reached.wait()
        with pytest.raises(CallInProgressError) as conflict:
            await call.call(services, bot, "deliver", asked)
        assert conflict.value.code == "call.in_progress"
        assert conflict.value.retry_after_s is not None
        assert 0 < conflict.value.retry_after_s <= 15
        gate.open.set()
        assert counts(await running) == (1, 0)
        assert (await call.call(services, bot, "deliver", asked)).replayed

    run(play())


def test_many_at_once_run_once(home: House, run: Run, campaign: str) -> None:
    async def play() -> None:
        bot = await home.caller(home.members["bot"])
        asked = to(campaign, "a", "b", "c")
        answers = await asyncio.gather(
            *(call.call(home.services, bot, "deliver", asked) for _ in range(10)),
            return_exceptions=True,
        )
        ran = [one for one in answers if isinstance(one, CallView) and not one.replayed]
        waited = [one for one in answers if isinstance(one, CallInProgressError)]
        assert (len(ran), len(ran) + len(waited)) == (1, 10)

    run(play())


def test_a_cancelled_call_is_on_record_and_gives_its_key_back(
    home: House, run: Run, campaign: str
) -> None:
    async def play() -> None:
        services, bot = home.services, await home.caller(home.members["bot"])
        gate = Gate()
        asked = to(campaign, "a")
        running = asyncio.create_task(call.call(services, bot, "deliver", asked, progress=gate))
        await gate.reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        [row] = await services.store.query(lambda view: view.calls.recent(1))
        assert (row.name, row.status, row.code) == ("deliver", "failed", "call.cancelled")
        assert not (await call.call(services, bot, "deliver", asked)).replayed

    run(play())


def test_an_image_that_cannot_be_unpacked_gives_the_key_back(
    home: House, run: Run, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        bot = home.members["bot"]

        def broken(*_: object) -> None:
            raise StorageError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(call, "image_of", broken)
            with pytest.raises(StorageError):
                await home.call(bot, "deliver", to(campaign, "a"))
        assert counts(await home.call(bot, "deliver", to(campaign, "a"))) == (1, 0)

    run(play())


def test_code_changed_on_disk_while_the_service_runs_is_never_loaded(
    home: House, run: Run, campaign: str
) -> None:
    async def play() -> None:
        services, bot = home.services, home.members["bot"]
        assert counts(await home.call(bot, "deliver", to(campaign, "a"))) == (1, 0)
        served = services.catalogue.snapshot.served["deliver"]
        folder = images.image_of(services, served).folder
        for source in folder.glob("*.py"):
            source.write_text("raise SystemExit('other code')")
        (folder / "extra.py").write_text("")

        fresh = replace(services, pool=Pool(services.tier))  # whose zygote is yet to start
        try:
            caller = await authenticate(fresh, bot.token, "http")
            answer = await call.call(fresh, caller, "deliver", to(campaign, "a", "b"))
        finally:
            await fresh.pool.close()

        assert counts(answer) == (1, 1)
        assert not (folder / "extra.py").exists()

    run(play())


@pytest.mark.parametrize("by", ["a link", "a second name", "a mode", "a pipe", "a linked folder"])
def test_files_that_could_change_after_they_were_read_are_written_anew(
    home: House, run: Run, campaign: str, tmp_path: Path, by: str
) -> None:
    async def play() -> None:
        services, bot = home.services, home.members["bot"]
        assert counts(await home.call(bot, "deliver", to(campaign, "a"))) == (1, 0)
        image = images.image_of(services, services.catalogue.snapshot.served["deliver"])
        source = min(image.folder.glob("*.py"))
        _exchange(image.folder, source, tmp_path / "elsewhere", by)

        assert image.prepare is not None
        await asyncio.to_thread(image.prepare)

        assert not image.folder.is_symlink()
        found = [path.lstat() for path in image.folder.rglob("*")]
        assert {stat.filemode(one.st_mode) for one in found} == {"-rw-r--r--", "drwxr-xr-x"}
        assert not source.is_symlink()
        assert source.stat().st_nlink == 1

    run(play())


def _exchange(folder: Path, source: Path, elsewhere: Path, by: str) -> None:
    """Leave every byte as it is, and be able to change it later."""
    if by == "a linked folder":
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere)
    elif by == "a link":
        source.rename(elsewhere)
        source.symlink_to(elsewhere)
    elif by == "a second name":
        elsewhere.hardlink_to(source)
    elif by == "a mode":
        source.chmod(0o666)
    else:
        os.mkfifo(folder / "pipe")


def test_an_overtaken_run_writes_nothing_and_answers_nothing(
    home: House, run: Run, campaign: str
) -> None:
    async def play() -> None:
        services, bot = home.services, await home.caller(home.members["bot"])
        gate = Gate()
        asked = to(campaign, "a")
        slow = asyncio.create_task(call.call(services, bot, "deliver", asked, progress=gate))
        await gate.reached.wait()
        overtaking = await call.call(
            later(services, timedelta(hours=1)), bot, "deliver", to(campaign, "a", "b")
        )
        assert counts(overtaking) == (2, 0)
        gate.open.set()
        with pytest.raises(call.OvertakenError):
            await slow
        replayed = await call.call(services, bot, "deliver", to(campaign, "a", "b"))
        assert (replayed.replayed, counts(replayed)) == (True, (2, 0))

    run(play())


# --- records -------------------------------------------------------------------------------------


def test_every_call_leaves_a_record_and_an_entry(home: House, run: Run, campaign: str) -> None:
    async def play() -> None:
        services, bot = home.services, home.members["bot"]
        pure = await home.call(bot, "add", {"first": 40, "second": 2})
        write = await home.call(bot, "deliver", to(campaign, "a"))
        await services.recorder.flush()

        def read(unit: Unit) -> list[Any]:
            return [
                (unit.calls.get(answer.id), unit.entries_about(answer.id))
                for answer in (pure, write)
            ]

        for row, entries in await services.store.write(read):
            assert (row.status, row.caller, len(entries)) == ("succeeded", bot.id, 1)
            assert b"campaign-" not in entries[0].leaf

    run(play())


def test_no_pure_call_is_answered_while_the_log_cannot_be_written(
    home: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        services, bot = home.services, await home.caller(home.members["bot"])
        asked: JsonObject = {"first": 1, "second": 2}
        await services.recorder.flush()

        async def full(_step: object) -> None:
            raise StorageError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(services.store, "write", full)
            for _ in range(3):
                try:
                    await call.call(services, bot, "add", asked)
                except StorageError:
                    break
                await services.recorder.flush()
            else:
                pytest.fail("calls were answered while nothing could be recorded")
            for _ in range(3):
                with pytest.raises(StorageError):
                    await call.call(services, bot, "add", asked)
        assert (await call.call(services, bot, "add", asked)).result == 3
        await services.recorder.flush()
        assert services.recorder.broken is None

    run(play())


def test_the_furniture_is_what_it_says() -> None:
    assert furniture.ADD["add.py"] != furniture.ADD_AGAIN["add.py"]
    assert datetime.now(UTC) <= now() + timedelta(seconds=1)
