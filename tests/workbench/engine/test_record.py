"""The record: refusals, exports that verify elsewhere, erasure, and what a closed log leads to."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import furniture
import pytest
from furniture import Furnished
from house import House

from toolvet.audit.entries import Entry, parse_entry
from toolvet.audit.notes import Checkpoint, open_checkpoint
from toolvet.audit.verify import ExportRecord, Report, StateRows, verify_log
from toolvet.engine import audit, authenticate, decide, disable, look, people, submit
from toolvet.errors import (
    KNOWN,
    ForbiddenError,
    NotFoundError,
    ProposalNotFoundError,
    StorageError,
    UnauthenticatedError,
)
from toolvet.storage import Unit
from toolvet_reviews.events import Verb
from toolvet_reviews.values import JsonObject

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def entries(home: House, start: int = 0) -> list[Entry]:
    rows = await home.services.store.query(lambda view: view.entries(start))
    return [parse_entry(row.leaf) for row in rows]


def size(home: House) -> int:
    return home.services.standing.ledger.size


async def exported(home: House) -> tuple[list[JsonObject], str, StateRows]:
    """Take everything away as an auditor does: the note first, and exactly what it signs."""
    services, person = home.services, await home.caller(home.person)
    note = await audit.checkpoint(services)
    end = open_checkpoint(note, services.log_key.verifier_key).size
    rows = await audit.state(services, person)
    last = await audit.record_export(services, person, 0, end)
    assert last == end
    return list(audit.export(services, 0, last)), note, rows


def verified(
    home: House,
    taken: tuple[list[JsonObject], str, StateRows],
    *,
    seen: Checkpoint | None = None,
) -> Report:
    stream, note, rows = taken
    return verify_log(
        cast("list[ExportRecord]", stream),
        log_key=home.services.log_key.verifier_key,
        note=note,
        pinned_key=home.services.standing.ledger.pinned_key,
        seen=seen,
        rows=rows,
    )


# --- refusals ------------------------------------------------------------------------------------


def test_a_flood_of_refusals_adds_few_entries_and_loses_no_count(home: House, run: Run) -> None:
    async def play() -> None:
        services, other = home.services, await home.caller(home.members["other"])
        before = size(home)
        for number in range(500):
            with pytest.raises(ProposalNotFoundError):
                await decide.reject(services, other, f"P-{number + 1000}", "", "no")
        assert size(home) - before <= 6
        await asyncio.to_thread(services.refusals.flush)
        new = await entries(home, before)
        singles = [one for one in new if one.outcome == "refused"]
        [sums] = [one for one in new if one.verb is Verb.REFUSALS_AGGREGATE]
        assert {one.code for one in singles} == {"proposal.not_found"}
        assert len(singles) + int(str(sums.facts["count"])) == 500
        assert sums.target_id == other.id

    run(play())


@pytest.mark.parametrize("name", ["no such thing", "Jane Doe", "P-1; drop", "\ud800", "é" * 300])
def test_a_refusal_about_a_text_is_answered_as_such_and_keeps_the_text_beside_the_leaf(
    home: House, run: Run, name: str
) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        before = size(home)
        with pytest.raises(KNOWN):
            await decide.reject(services, person, name, "", "no")
        with pytest.raises(KNOWN):
            await disable.disable(services, person, name, "no")
        with pytest.raises(KNOWN) as unknown:
            await people.revoke_principal(services, person, name, "no")
        new = await entries(home, before)
        assert {one.target_id for one in new} == {"named"}
        assert getattr(unknown.value, "code", "") == new[-1].code

    run(play())


def test_a_token_that_does_not_stand_is_a_refusal_on_record(home: House, run: Run) -> None:
    async def play() -> None:
        before = size(home)
        with pytest.raises(UnauthenticatedError):
            await authenticate.authenticate(home.services, "tv_stolen", "http")
        [entry] = await entries(home, before)
        assert (entry.outcome, entry.code, entry.verb) == (
            "refused",
            "auth.token",
            Verb.LOGIN_OPEN,
        )

    run(play())


def test_refusals_while_the_log_is_closed_are_entered_first_when_it_is_back(
    home: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        member = await home.agent("unlucky")
        caller = await home.caller(member)
        before, missed = size(home), services.refusals.unrecorded

        def full(_step: object) -> None:
            raise StorageError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(services.store, "submit", full)
            for _ in range(3):
                with pytest.raises(ForbiddenError):
                    await submit.submit(services, await home.caller(home.members["ada"]), {})
            with pytest.raises(StorageError):
                await home.call(home.members["bot"], "deliver", _campaign())
        assert services.refusals.unrecorded == missed + 4
        assert size(home) == before
        with pytest.raises(ProposalNotFoundError):
            await decide.reject(services, caller, "P-4711", "", "no")
        new = await entries(home, before)
        assert [one.verb for one in new][-1] is Verb.PROPOSAL_REJECT
        sums = {one.facts["refused"]: one.facts["count"] for one in new[:-1]}
        assert sums == {"auth.forbidden": 3, "storage.unavailable": 1}
        assert person

    run(play())


def _campaign() -> JsonObject:
    return {"campaign": "never", "recipients": ["a"], "broken": []}


def test_an_act_that_cannot_be_stored_changes_nothing(
    home: House, run: Run, monkeypatch: pytest.MonkeyPatch, furnished: Furnished
) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        before = services.catalogue.snapshot

        def full(*_: object) -> None:
            raise StorageError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(Unit, "append", full)
            with pytest.raises(KNOWN):
                await disable.disable(services, person, "add", "no")
        assert services.catalogue.snapshot is before
        view = await look.show(services, person, furnished.proposals["multiply"])
        assert view.state == "reviewing"

    run(play())


def test_a_code_of_the_tools_own_cannot_spoil_the_records_of_others(home: House, run: Run) -> None:
    files = furniture.renamed("rude")
    files["add.py"] = files["add.py"].replace(
        "    return first + second",
        '    if first > 9:\n        raise ToolError("no", code="Jane Doe\\n" * 99)\n'
        "    return first + second",
    ).replace('"""Add numbers."""', '"""Add numbers."""\n\nfrom toolvet.sdk import ToolError')  # fmt: skip

    async def play() -> None:
        services, bot = home.services, home.members["bot"]
        await home.publish(bot, files)
        good = await home.call(bot, "add", {"first": 1, "second": 1})
        rude = await home.call(bot, "rude", {"first": 10, "second": 1})
        assert (rude.status, rude.code) == ("failed", "tool.raised")
        await services.recorder.flush()

        def read(unit: Unit) -> list[object]:
            return [unit.calls.get(good.id), unit.calls.get(rude.id)]

        assert None not in await services.store.query(read)  # type: ignore[arg-type]

    run(play())


# --- the log, elsewhere --------------------------------------------------------------------------


def test_an_export_verifies_against_note_pin_and_tables(home: House, run: Run) -> None:
    async def play() -> None:
        report = verified(home, await exported(home))
        assert report.problems == ()
        assert report.service_id == home.services.service_id
        assert report.checkpoint is not None
        later = verified(home, await exported(home), seen=report.checkpoint)
        assert later.problems == ()
        assert later.entries == report.entries + 1
        assert Verb.EXPORT_AUDIT in {one.verb for one in await entries(home, report.entries)}

    run(play())


def test_an_export_that_was_tampered_with_says_where(home: House, run: Run) -> None:
    async def play() -> None:
        stream, note, rows = await exported(home)
        for change in (stream[:-1], stream[:3] + stream[4:], stream[:2] + stream[3:1:-1]):
            assert verified(home, (change, note, rows)).problems
        without = [dict(one) for one in stream]
        voted = next(one for one in without if '"vote:approve"' in str(one["leaf"]))
        voted["act"] = None
        codes = {one.code for one in verified(home, (without, note, rows)).problems}
        assert "act.unsigned" in codes
        extra: JsonObject = {"id": "g", "to": "me", "tool": "*/*"}
        more: StateRows = {**rows, "grants": [*rows["grants"], extra]}
        codes = {one.code for one in verified(home, (stream, note, more)).problems}
        assert codes == {"row.differs"}

    run(play())


def test_an_erased_payload_is_gone_and_every_proof_holds(home: House, run: Run) -> None:
    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        answer = await home.call(home.members["bot"], "add", {"first": 31337, "second": 1})
        await services.recorder.flush()
        rows = await services.store.query(lambda view: view.entries_about(answer.id))
        index = rows[0].index
        assert "31337" in str(await audit.log_page(services, person, end=index + 1, limit=1))
        bot = await home.caller(home.members["bot"])
        with pytest.raises(ForbiddenError):
            await audit.erase(services, bot, index, "arguments", "mine")
        await audit.erase(services, person, index, "arguments", "asked by the customer")
        with pytest.raises(NotFoundError):
            await audit.erase(services, person, index, "arguments", "again")
        with pytest.raises(NotFoundError):
            await audit.erase(services, person, 10**9, "arguments", "nothing there")
        taken = await exported(home)
        assert "31337" not in str(taken[0])
        report = verified(home, taken)
        assert report.problems == ()
        assert report.erased == ((index, "arguments"),)

    run(play())


def test_only_those_who_may_read_the_log(home: House, run: Run) -> None:
    async def play() -> None:
        services, bot = home.services, await home.caller(home.members["bot"])
        with pytest.raises(ForbiddenError):
            await audit.log_page(services, bot)
        with pytest.raises(ForbiddenError):
            await audit.state(services, bot)
        with pytest.raises(ForbiddenError):
            await audit.record_export(services, bot, 0, 0)
        with pytest.raises(ForbiddenError):
            await audit.inclusion(services, bot, 0, 1)
        for old, new in ((0, 1), (2, 1), (1, 10**9)):
            with pytest.raises(NotFoundError):
                await audit.consistency(services, old, new)

    run(play())
