"""Submitting: the same bytes twice, names, caps, and what intake refuses."""

import asyncio
from collections.abc import Callable
from typing import Any

import furniture
import pytest
from furniture import Furnished
from house import House

from toolvet.client.acts import Signed
from toolvet.engine import audit, decide, dossier, look, queue, revise, submit, withdraw
from toolvet.engine.policies import apply_policy
from toolvet.errors import BusyError, ForbiddenError, NameTakenError, ProposalNotFoundError
from toolvet_reviews.errors import IntakeError, MoveRefusedError, NotYoursError, ReviewError
from toolvet_reviews.policy import preset

Run = Callable[[Any], Any]


def sent(files: dict[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def test_the_same_bytes_of_the_same_author_are_the_same_proposal(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        bot = await home.caller(home.members["bot"])
        size = home.services.standing.ledger.size
        view = await submit.submit(home.services, bot, sent(furniture.MULTIPLY))
        assert (view.id, view.state) == (furnished.proposals["multiply"], "reviewing")
        assert home.services.standing.ledger.size == size

    run(play())


def test_published_bytes_answer_with_what_was_published(home: House, run: Run) -> None:
    async def play() -> None:
        bot = await home.caller(home.members["bot"])
        view = await submit.submit(home.services, bot, sent(furniture.CLIP))
        assert view.state == "published"
        assert view.release_digest == home.services.catalogue.snapshot.served["clip"].digest

    run(play())


def test_closed_bytes_answer_with_the_reason_and_again_opens_a_linked_proposal(
    home: House, run: Run
) -> None:
    files = furniture.renamed("closed", furniture.BROKEN)

    async def play() -> None:
        services = home.services
        bot, ada = [await home.caller(home.members[name]) for name in ("bot", "ada")]
        first = await home.submit(home.members["bot"], files)
        assert first.state == "changes_wanted"
        await decide.reject(services, ada, first.id, first.revision_digest, "we have a sum already")
        answer = await submit.submit(services, bot, sent(files))
        assert (answer.id, answer.state) == (first.id, "rejected")
        assert answer.reason == "we have a sum already"
        second = await submit.submit(services, bot, sent(files), again=True)
        assert (second.follows, second.state) == (first.id, "verifying")
        assert (await home.verdict(second.id)).state == "changes_wanted"

    run(play())


def test_a_name_of_another_author_is_taken_while_open_and_when_published(
    home: House, run: Run
) -> None:
    async def play() -> None:
        other = await home.caller(home.members["other"])
        changed = {**furniture.MULTIPLY, "notes.md": "mine"}
        with pytest.raises(NameTakenError) as open_one:
            await submit.submit(home.services, other, sent(changed))
        assert open_one.value.code == "tool.name_taken"
        bot = await home.caller(home.members["bot"])
        with pytest.raises(submit.OpenProposalError, match="P-") as own:
            await submit.submit(home.services, bot, sent(changed))
        assert "Revise" in own.value.hint

    run(play())


def test_an_agent_of_another_sponsor_cannot_update_a_published_tool(home: House, run: Run) -> None:
    async def play() -> None:
        ada = home.members["ada"]
        stranger = await home.agent("stranger", sponsor=ada.id)
        with pytest.raises(NameTakenError, match="published by another"):
            await submit.submit(
                home.services,
                await home.caller(stranger),
                sent({**furniture.ADD, "notes.md": "mine"}),
            )

    run(play())


def test_submitting_needs_the_role_author(home: House, run: Run) -> None:
    async def play() -> None:
        with pytest.raises(ForbiddenError):
            await submit.submit(
                home.services, await home.caller(home.members["ada"]), sent(furniture.ADD)
            )

    run(play())


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, None),
        ({"../../x": "1"}, None),
        ({"tool.toml": "[[" * 500}, None),
        ({"tool.toml": "-" * 60_000}, None),
        ({"tool.toml": "a\x00b"}, None),
        ({**furniture.ADD, "conftest.py": ""}, None),
        ({**furniture.ADD, "json.py": ""}, None),
        (
            {**furniture.ADD, "tool.toml": furniture.ADD["tool.toml"].replace("summary", "sumary")},
            "spec.unknown_field",
        ),
    ],
)
def test_what_intake_refuses_leaves_the_queue_alone_and_is_on_record(
    home: House, run: Run, files: dict[str, str], code: str | None
) -> None:
    async def play() -> None:
        services, author = home.services, await home.agent(f"clumsy-{abs(hash(str(files)))}")
        caller = await home.caller(author)
        person = await home.caller(home.person)
        before = [item.id for item in (await queue.queue(services, person))[0]]
        served = services.catalogue.snapshot
        with pytest.raises(ReviewError) as refused:
            await submit.submit(services, caller, sent(files))
        assert refused.value.code
        assert code in (None, refused.value.code)
        assert [item.id for item in (await queue.queue(services, person))[0]] == before
        assert services.catalogue.snapshot is served
        [newest] = await audit.log_page(services, person, limit=1)
        assert '"refused"' in str(newest["leaf"])
        assert refused.value.code in str(newest["leaf"])
        assert caller.id in str(newest["leaf"])

    run(play())


def test_a_file_that_is_not_text_is_refused(home: House, run: Run) -> None:
    async def play() -> None:
        bot = await home.caller(home.members["bot"])
        for data in ("hé".encode("utf-16"), b"\x00", b"x" * 50_000_000):
            with pytest.raises(IntakeError):
                await submit.submit(home.services, bot, {**sent(furniture.ADD), "add.py": data})

    run(play())


def test_only_the_author_revises_and_only_what_is_open(
    home: House, run: Run, furnished: Furnished
) -> None:
    proposal = furnished.proposals["broken"]

    async def play() -> None:
        services = home.services
        other, ada, bot = [
            await home.caller(home.members[name]) for name in ("other", "ada", "bot")
        ]
        good = furniture.renamed("broken")
        with pytest.raises(ProposalNotFoundError):
            await revise.revise(services, other, proposal, sent(good))
        with pytest.raises(NotYoursError):
            await revise.revise(services, ada, proposal, sent(good))
        with pytest.raises(NameTakenError):
            await revise.revise(services, bot, proposal, sent(furniture.ADD))
        with pytest.raises(ProposalNotFoundError):
            await revise.revise(services, bot, "P-999999", sent(good))
        view = await revise.revise(services, bot, proposal, sent(good))
        assert (view.id, view.revision, view.state) == (proposal, 2, "verifying")
        view = await home.verdict(proposal)
        assert (view.revision, view.state) == (2, "reviewing")
        with pytest.raises(NotYoursError):
            await withdraw.withdraw(services, ada, proposal)
        closed = await withdraw.withdraw(services, bot, proposal, "not needed")
        assert (closed.state, closed.reason, closed.turn) == ("withdrawn", "not needed", "nobody")
        for move in (
            revise.revise(services, bot, proposal, sent(furniture.renamed("broken"))),
            withdraw.withdraw(services, bot, proposal),
        ):
            with pytest.raises(MoveRefusedError):
                await move

    run(play())


def test_an_author_sees_only_its_own_proposals(home: House, run: Run, furnished: Furnished) -> None:
    async def play() -> None:
        services, other = home.services, await home.caller(home.members["other"])
        assert await queue.queue(services, other) == ([], None)
        for look_at in (look.show, dossier.files, dossier.diff, dossier.dossier):
            with pytest.raises(ProposalNotFoundError):
                await look_at(services, other, furnished.proposals["multiply"])
        with pytest.raises(ForbiddenError):
            await dossier.blob(services, other, "sha256:" + "0" * 64)
        bot = await home.caller(home.members["bot"])
        with pytest.raises(ForbiddenError):
            await dossier.dossier(services, bot, furnished.proposals["multiply"])

    run(play())


def test_the_queue_pages_without_losing_or_repeating_anything(home: House, run: Run) -> None:
    async def play() -> None:
        person = await home.caller(home.person)
        whole, _ = await queue.queue(home.services, person)
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page, cursor = await queue.queue(home.services, person, cursor=cursor, limit=1)
            seen += [item.id for item in page]
            if cursor is None:
                break
        assert sorted(seen) == sorted(item.id for item in whole)
        assert len(set(seen)) == len(seen) > 1

    run(play())


def test_a_full_queue_pushes_back_with_a_time_to_come_again(home: House, run: Run) -> None:
    text = preset("solo").replace("max_open_per_author = 50", "max_open_per_author = 1")

    async def play() -> None:
        services, person = home.services, await home.caller(home.person)
        act: Signed = await home.sign(home.person, "apply_policy", text)
        await apply_policy(services, person, act.envelope, text)
        bot = await home.caller(home.members["bot"])
        with pytest.raises(BusyError) as full:
            await submit.submit(services, bot, sent(furniture.renamed("one_more")))
        assert full.value.retry_after_s
        assert full.value.status == 429
        again = await submit.submit(services, bot, sent(furniture.MULTIPLY))
        assert again.state == "reviewing"

    run(play())


def test_many_submissions_at_once_of_the_same_bytes_make_one_proposal(
    home: House, run: Run
) -> None:
    async def play() -> None:
        eager = await home.caller(await home.agent("eager"))
        files = sent(furniture.renamed("eager", furniture.BROKEN))
        views = await asyncio.gather(
            *(submit.submit(home.services, eager, files) for _ in range(8))
        )
        assert len({view.id for view in views}) == 1
        await home.verdict(views[0].id)

    run(play())
