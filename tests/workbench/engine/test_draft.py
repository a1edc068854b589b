"""Draft calls: whose, when, against what, how often, and what reviewers and the log are told."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import furniture
import pytest
from furniture import Furnished
from house import House, Member

from toolvet.checks import fake_host
from toolvet.config import now, stamp, uuid7
from toolvet.engine import audit, draft, look, queue, submit, withdraw
from toolvet.errors import (
    ArgumentsError,
    BusyError,
    ConflictError,
    ToolNotFoundError,
    ToolvetError,
)
from toolvet.sandbox import Pool
from toolvet.sandbox.errors import PoolClosedError
from toolvet.storage import Unit
from toolvet.storage.rows import DraftRow
from toolvet_reviews import canonical, drafts
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import CallView, DraftView

Run = Callable[[Coroutine[Any, Any, Any]], Any]

TRIAL = {
    "trial.py": '''"""Answer as it is told."""

from toolvet.sdk import Context, File


def trial(how: str, ctx: Context, text: File | None = None) -> list[str]:
    """Answer as it is told.

    Args:
        how: What to do.
        text: A file to read.

    Returns:
        Words.
    """
    if how == "huge":
        return ["x" * 600_000]
    if how == "hidden":
        return ["\\u202e\\x1b[2J[bold]\\u0000"]
    if how == "raise":
        raise ValueError("not \\u202e this")
    if how == "wait":
        ctx.progress(1, 2)
    if how == "talk":
        for number in range(1000):
            ctx.log.info("said", number=number, words="w" * 1000)
    if how == "write":
        with ctx.once("key"):
            return ["written"]
    if how == "fill":
        for number in range(100):
            ctx.artifacts.put(str(number), b"x" * 1_000_000)
    if how == "read" and text is not None:
        return [text.read_text()]
    return [how]
''',
    "tool.toml": """[tool]
name = "trial"
summary = "Answer as it is told."
entry = "trial:trial"

[effects]
kind = "pure"

[[examples]]
arguments = { how = "hello" }
result = ["hello"]
""",
}


class Gate:
    """Holds a tool at its progress until it is opened."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def __call__(self, done: float, total: float | None, message: str) -> None:
        self.reached.set()
        await self.open.wait()


@pytest.fixture(scope="module")
def trial(home: House, run: Run) -> str:
    """A revision of bot's that waits for reviewers."""
    view = run(home.submit(home.members["bot"], TRIAL))
    assert view.state == "reviewing", [one for one in view.evidence if one.findings]
    return str(view.revision_digest)


@pytest.fixture
def digest_of(home: House, run: Run, furnished: Furnished) -> Callable[[str], str]:
    """Find the revision digest of a furnished proposal."""

    def find(tool: str) -> str:
        view = run(home.verdict(furnished.proposals[tool]))
        return str(view.revision_digest)

    return find


async def drafted(home: House, member: Member, revision: str, arguments: object) -> CallView:
    caller = await home.caller(member)
    return await draft.draft(home.services, caller, revision, arguments)


async def cases(home: House, revision: str) -> list[DraftView]:
    """What a reviewer sees of a revision of bot's."""
    caller = await home.caller(home.person)

    def number(view: Any) -> int:
        return int(view.proposals.by_revision(home.members["bot"].id, revision)[-1].number)

    found = await home.services.store.query(number)
    return list((await look.show(home.services, caller, f"P-{found}")).drafts)


async def pour(home: House, member: Member, count: int, at: str) -> None:
    """Let an author have made draft calls."""

    def add(unit: Unit) -> None:
        for _ in range(count):
            unit.drafts.save(DraftRow(uuid7(), 1, 99, "", member.id, at, 60.0, "gone", "succeeded"))

    await home.services.store.write(add)


async def empty(home: House, member: Member) -> None:
    """Let an author have made none."""

    def forget(unit: Unit) -> None:
        for row in unit.drafts.since(member.id, ""):
            if row.revision == 99:
                unit.drafts.forget(row.id)

    await home.services.store.write(forget)


# --- whose ---------------------------------------------------------------------------------------


def test_an_author_calls_a_revision_that_nobody_approved(
    home: House, run: Run, digest_of: Any
) -> None:
    answer = run(
        drafted(home, home.members["bot"], digest_of("multiply"), {"first": 6, "second": 7.0})
    )

    assert (answer.status, answer.result) == ("succeeded", 42)
    assert (answer.tool, answer.version, answer.reviewed) == ("multiply", 0, False)


def test_a_revision_of_somebody_else_is_like_one_that_does_not_exist(
    home: House, run: Run, digest_of: Any
) -> None:
    revision = digest_of("multiply")

    async def play() -> None:
        said: set[str] = set()
        sibling = await home.agent("sibling")
        for member, asked in (
            (home.members["other"], revision),
            (home.person, revision),
            (sibling, revision),
            (home.members["ada"], revision),
            (home.members["bot"], "sha256:" + "0" * 64),
            (home.members["bot"], "multiply"),
            (home.members["bot"], "\ud800" * 5000),
        ):
            with pytest.raises(ToolNotFoundError) as refused:
                await drafted(home, member, asked, {})
            said.add(f"{refused.value.code} {str(refused.value)[:13]} {refused.value.hint}")
        assert len(said) == 1

    run(play())


def test_a_draft_is_listed_to_nobody(home: House, run: Run, digest_of: Any, trial: str) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        await drafted(home, bot, trial, {"how": "x"})
        caller = await home.caller(bot)
        visible = home.services.catalogue.visible(caller.principal, stamp(now()))
        assert "trial" not in {one.name for one in visible}
        with pytest.raises(ToolNotFoundError):
            await home.call(bot, "trial", {"how": "x"})

    run(play())


# --- when ----------------------------------------------------------------------------------------


def test_a_call_waits_for_the_checks_it_needs_and_for_no_other(home: House, run: Run) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        caller = await home.caller(bot)
        files = {path: text.encode() for path, text in furniture.renamed("early").items()}
        view = await submit.submit(home.services, caller, files)
        with pytest.raises(ConflictError) as refused:
            await draft.draft(home.services, caller, view.revision_digest, {}, wait_s=0)
        assert (refused.value.code, refused.value.retry_after_s) == ("draft.not_ready", 1.0)
        answer = await drafted(home, bot, view.revision_digest, {"first": 1, "second": 1})
        assert answer.result == 2
        assert (await home.verdict(view.id)).draft_count == 1

    run(play())


def test_a_revision_whose_examples_fail_is_tried_out(home: House, run: Run, digest_of: Any) -> None:
    answer = run(drafted(home, home.members["bot"], digest_of("broken"), {"first": 1, "second": 2}))

    assert answer.result == 3


def test_a_revision_that_a_scanner_stopped_never_runs(home: House, run: Run) -> None:
    bad = furniture.renamed("listens")
    bad["add.py"] = bad["add.py"].replace(
        "    return first", "    eval(str(first))\n    return first"
    )

    async def play() -> None:
        view = await home.submit(home.members["bot"], bad)
        with pytest.raises(ConflictError) as refused:
            await drafted(
                home, home.members["bot"], view.revision_digest, {"first": 1, "second": 1}
            )
        assert refused.value.code == "draft.stopped"
        assert view.id in refused.value.hint
        assert (await home.verdict(view.id)).draft_count == 0

    run(play())


def test_what_was_withdrawn_is_called_no_more_until_it_is_open_again(home: House, run: Run) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        caller = await home.caller(bot)
        view = await home.submit(bot, furniture.renamed("fleeting"))
        await withdraw.withdraw(home.services, caller, view.id, "no need")
        with pytest.raises(ConflictError) as refused:
            await drafted(home, bot, view.revision_digest, {"first": 1, "second": 1})
        assert refused.value.code == "draft.closed"
        again = await home.submit(bot, furniture.renamed("fleeting"), again=True)
        answer = await drafted(home, bot, view.revision_digest, {"first": 1, "second": 1})
        assert answer.result == 2
        assert (await home.verdict(again.id)).draft_count == 1
        assert (await home.verdict(view.id)).draft_count == 0

    run(play())


def test_a_released_revision_is_still_a_draft_when_it_is_called_by_digest(
    home: House, run: Run
) -> None:
    async def play() -> None:
        person = await home.caller(home.person)
        [added] = [
            one for one in (await queue.proposals(home.services, person))[0] if one.tool == "add"
        ][:1]
        view = await home.verdict(added.id)
        answer = await drafted(
            home, home.members["bot"], view.revision_digest, {"first": 1, "second": 1}
        )
        assert (answer.reviewed, answer.release_digest) == (False, "")

    run(play())


# --- against what --------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [{"how": 1}, {"hoe": "x"}, {}, [], "x", 5])
def test_arguments_are_held_against_the_schema_and_are_no_call(
    home: House, run: Run, trial: str, arguments: object
) -> None:
    async def play() -> None:
        before = len(await cases(home, trial))
        with pytest.raises(ArgumentsError):
            await drafted(home, home.members["bot"], trial, arguments)
        assert len(await cases(home, trial)) == before

    run(play())


def test_arguments_that_are_no_json_are_refused(home: House, run: Run, trial: str) -> None:
    deep: Json = "x"
    for _ in range(100):
        deep = [deep]

    async def play() -> None:
        for arguments in ({"how": float("nan")}, {"how": "\ud800"}, {"how": deep}, {1: 2}):
            with pytest.raises(CanonicalError):
                await drafted(home, home.members["bot"], trial, arguments)

    run(play())


def test_a_result_that_breaks_its_promise_is_a_failure(home: House, run: Run) -> None:
    files = {
        **furniture.CLIP,
        "tool.toml": furniture.CLIP["tool.toml"].replace('"clip"', '"clip2"'),
    }

    async def play() -> None:
        view = await home.submit(home.members["bot"], files)
        answer = await drafted(home, home.members["bot"], view.revision_digest, {"value": 4711})
        assert (answer.status, answer.code, answer.result) == ("failed", "result.type", None)

    run(play())


def test_a_write_writes_to_fakes_that_are_gone_with_the_call(
    home: House, run: Run, digest_of: Any
) -> None:
    asked: JsonObject = {"campaign": "c", "recipients": ["a", "b"], "broken": []}
    revision = digest_of("dispatch")

    async def play() -> None:
        bot = home.members["bot"]
        for _ in range(2):
            answer = await drafted(home, bot, revision, asked)
            assert isinstance(answer.result, dict), answer
            assert (answer.result["sent"], answer.result["skipped"]) == (2, 0)
            assert [event["event"] for event in answer.log] == ["deliver.started", "deliver.done"]
        kept = await home.services.store.query(
            lambda view: view.calls.store_scan("default/dispatch", "ledger", None, 10)
        )
        assert kept == []
        part = await drafted(home, bot, revision, {**asked, "broken": ["a"]})
        assert (part.status, (await cases(home, revision))[-1].status) == ("incomplete",) * 2

    run(play())


@pytest.mark.parametrize(
    ("how", "code"),
    [("raise", "tool.raised"), ("write", "auth.forbidden"), ("fill", "call.store_full")],
)
def test_a_tools_own_failure_is_an_answer(
    home: House, run: Run, trial: str, how: str, code: str
) -> None:
    answer = run(drafted(home, home.members["bot"], trial, {"how": how}))

    assert (answer.status, answer.reviewed) == ("failed", False)
    assert code in (answer.code, *answer.message.split())


def test_a_file_may_be_sent_along_and_is_kept_nowhere(home: House, run: Run, trial: str) -> None:
    sent: JsonObject = {"how": "read", "text": {"name": "a.txt", "text": "seldom seen words"}}

    async def play() -> None:
        answer = await drafted(home, home.members["bot"], trial, sent)
        assert answer.result == ["seldom seen words"]
        [case] = (await cases(home, trial))[-1:]
        reference = canonical.parse_object(case.arguments)["text"]
        assert isinstance(reference, dict)
        has = await home.services.store.query(lambda view: view.has_blob(str(reference["digest"])))
        assert not has

    run(play())


def test_what_a_tool_says_while_it_works_is_capped(home: House, run: Run, trial: str) -> None:
    answer = run(drafted(home, home.members["bot"], trial, {"how": "talk"}))

    assert answer.result == ["talk"]
    assert 0 < len(answer.log) <= 100
    assert len(canonical.dumps(list(answer.log))) < 100_000


# --- how often -----------------------------------------------------------------------------------


def test_parallel_calls_find_no_room_beyond_the_quota(home: House, run: Run, trial: str) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        try:
            mine = await home.services.store.query(lambda view: view.drafts.since(bot.id, ""))
            await pour(home, bot, drafts.MAX_CALLS - len(mine) - 2, stamp(now()))
            got = await asyncio.gather(
                *(drafted(home, bot, trial, {"how": "x"}) for _ in range(8)), return_exceptions=True
            )
        finally:
            await empty(home, bot)
        refused = [one.code for one in got if isinstance(one, ToolvetError)]
        assert (len(refused), set(refused) <= {"draft.quota", "draft.busy"}) == (6, True)

    run(play())


def test_four_run_at_once_and_a_place_is_given_back(home: House, run: Run, trial: str) -> None:
    async def play() -> None:
        caller = await home.caller(home.members["bot"])
        gates = [Gate() for _ in range(drafts.AT_ONCE)]
        running = [
            asyncio.create_task(
                draft.draft(home.services, caller, trial, {"how": "wait"}, progress=gate)
            )
            for gate in gates
        ]
        await asyncio.gather(*(gate.reached.wait() for gate in gates))
        with pytest.raises(BusyError) as refused:
            await draft.draft(home.services, caller, trial, {"how": "x"})
        assert (refused.value.code, refused.value.retry_after_s) == ("draft.busy", 1.0)
        running[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await running[0]
        assert (await draft.draft(home.services, caller, trial, {"how": "x"})).result == ["x"]
        for gate in gates:
            gate.open.set()
        assert [(await one).result for one in running[1:]] == [["wait"]] * 3
        seen = await cases(home, trial)
        [gone] = [one for one in seen if one.status == "interrupted"]
        assert (gone.code, gone.arguments) == ("draft.interrupted", '{"how":"wait"}')

    run(play())


def test_a_sandbox_that_cannot_start_costs_no_call(home: House, run: Run, trial: str) -> None:
    async def play() -> None:
        caller = await home.caller(home.members["bot"])
        before = await home.services.store.query(lambda view: view.drafts.since(caller.id, ""))
        pool = Pool(home.services.tier)
        await pool.close()
        with pytest.raises(PoolClosedError):
            await draft.draft(replace(home.services, pool=pool), caller, trial, {"how": "x"})
        after = await home.services.store.query(lambda view: view.drafts.since(caller.id, ""))
        assert after == before

    run(play())


def test_calls_that_a_crash_cut_off_are_shown_as_such_and_hold_no_place(
    home: House, run: Run, trial: str
) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        left = [
            DraftRow(uuid7(), 1, 1, trial, bot.id, stamp(now()), 60.0, "another run", "running")
            for _ in range(drafts.AT_ONCE)
        ]

        def leave(unit: Unit) -> None:
            found = unit.proposals.by_revision(bot.id, trial)[-1]
            for row in left:
                unit.drafts.save(replace(row, proposal=found.number))

        await home.services.store.write(leave)
        assert (await drafted(home, bot, trial, {"how": "x"})).result == ["x"]
        lost = {row.id for row in left}
        shown = [one for one in await cases(home, trial) if one.id in lost]
        assert {(one.status, one.arguments, one.by) for one in shown} == {
            ("interrupted", "", "bot")
        }

    run(play())


# --- what is told --------------------------------------------------------------------------------


def test_reviewers_see_what_was_called_and_what_came_of_it(
    home: House, run: Run, trial: str
) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        await drafted(home, bot, trial, {"how": "seen"})
        await drafted(home, bot, trial, {"how": "raise"})
        *_, fine, wrong = await cases(home, trial)
        assert (fine.status, fine.arguments, fine.result) == (
            "succeeded",
            '{"how":"seen"}',
            '["seen"]',
        )
        assert (fine.by, fine.revision, fine.tier) == ("bot", 1, home.services.tier.tier)
        assert (wrong.status, wrong.code, wrong.result) == ("failed", "tool.raised", "")
        assert "<U+202E>" in wrong.message

    run(play())


def test_a_hostile_result_is_cut_and_spelled_out(home: House, run: Run, trial: str) -> None:
    async def play() -> None:
        bot = home.members["bot"]
        huge = await drafted(home, bot, trial, {"how": "huge"})
        await drafted(home, bot, trial, {"how": "hidden"})
        *_, big, odd = await cases(home, trial)
        assert len(str(huge.result)) > 600_000
        assert (len(big.result), big.cut) == (drafts.SHOWN_CHARACTERS, True)
        assert "<U+202E>" in odd.result
        assert odd.result.isprintable()
        rows = await home.services.store.query(lambda view: view.entries_about(big.id))
        bodies = await home.services.store.query(lambda view: view.payloads(rows[0].index))
        kept = {one.name: len(one.body or b"") for one in bodies}
        assert kept["result"] < drafts.KEPT_BYTES + 100

    run(play())


def test_the_log_tells_of_each_call_and_of_each_refusal(home: House, run: Run, trial: str) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        answer = await drafted(home, home.members["bot"], trial, {"how": "logged"})
        [row] = await services.store.query(lambda view: view.entries_about(answer.id))
        assert (row.verb, row.digest, row.actor) == ("draft:run", trial, home.members["bot"].id)
        with pytest.raises(ToolNotFoundError):
            await drafted(home, home.members["other"], trial, {})
        newest = (await audit.log_page(services, person, limit=1))[0]
        assert '"draft:run"' in str(newest["leaf"])
        assert '"refused"' in str(newest["leaf"])

    run(play())


def test_erased_arguments_are_gone_from_every_view(home: House, run: Run, trial: str) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        answer = await drafted(home, home.members["bot"], trial, {"how": "a secret"})
        [row] = await services.store.query(lambda view: view.entries_about(answer.id))
        for name in ("arguments", "result"):
            await audit.erase(services, person, row.index, name, "asked")
        [case] = [one for one in await cases(home, trial) if one.id == answer.id]
        assert (case.erased, case.arguments, case.result) == (True, "", "")
        assert case.status == "succeeded"

    run(play())


def test_the_fakes_share_one_cap(
    monkeypatch: pytest.MonkeyPatch, home: House, run: Run, trial: str
) -> None:
    monkeypatch.setattr(fake_host, "MAX_BYTES", 10)
    sent: JsonObject = {"how": "read", "text": {"name": "a.txt", "text": "more than ten bytes"}}

    with pytest.raises(ToolvetError) as refused:
        run(drafted(home, home.members["bot"], trial, sent))

    assert refused.value.code == "call.store_full"


RATES = {
    "rates.py": '''"""Rates of exchange."""

import http.client
import json


def rate(currency: str) -> float:
    """Look a rate up.

    Args:
        currency: Such as EUR.
    """
    connection = http.client.HTTPSConnection("rates.example.com")
    connection.request("GET", f"/v1/{currency}")
    reply = connection.getresponse()
    return float(json.loads(reply.read())["rate"]) if reply.status == 200 else 0.0
''',
    "cassettes/rates.json": """{"schema": "toolvet/cassette/v1", "exchanges": [
        {"request": {"method": "GET", "url": "https://rates.example.com/v1/EUR"},
         "reply": {"json": {"rate": 1.25}}}]}""",
    "tool.toml": """[tool]
name = "rate"
summary = "Look a rate up."
entry = "rates:rate"

[effects]
kind = "read"
network = [{ host = "rates.example.com", port = 443, protocol = "https" }]

[[examples]]
arguments = { currency = "EUR" }
result = 1.25
""",
}


def test_a_draft_meets_fakes_of_its_hosts_and_is_told_what_nobody_recorded(
    home: House, run: Run
) -> None:
    if home.services.tier.tier == "C":
        pytest.skip("hosts need a network namespace")
    bot = home.members["bot"]
    digest = str(run(home.submit(bot, RATES)).revision_digest)

    known: CallView = run(drafted(home, bot, digest, {"currency": "EUR"}))
    strange: CallView = run(drafted(home, bot, digest, {"currency": "XXX"}))

    assert (known.result, known.log) == (1.25, ())
    [event] = strange.log
    assert (strange.result, event["event"]) == (0, "no cassette answers")
    assert "https://rates.example.com/v1/XXX" in str(event["fields"])
