"""Waivers: a person overrules a finding, for a while; everything else about it stays as strict."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from furniture import BROKEN, renamed
from house import House, Member, new_house

from toolvet.checks import CHECKS, verify_bundle
from toolvet.client import shown
from toolvet.client.acts import Words
from toolvet.client.review import Review, open_review
from toolvet.client.shown import Shown
from toolvet.config import now, stamp
from toolvet.engine import doctor, look, policies, queue, revise, vote, waive, waivers_shown
from toolvet.engine.catalogue import Catalogue
from toolvet.engine.services import Services
from toolvet.engine.vote import Note
from toolvet.errors import KNOWN, ToolNotFoundError
from toolvet_reviews.findings import Finding
from toolvet_reviews.policy import preset
from toolvet_reviews.views import ProposalView

Run = Callable[[Coroutine[Any, Any, Any]], Any]

LEAN = ("intake", "environment", "interface", "tests", "examples", "effects")
"""Checks these tests do with: what is overruled is an example that lies."""


MINUTE = 1 / (24 * 60)
"""Of a day."""


def lean_policy(**changed: str) -> str:
    """A preset that asks for these checks only; words in it may be replaced."""
    names = ", ".join(f'"{name}"' for name in LEAN)
    text = preset("solo").replace('preset = "solo"', 'preset = "custom"')
    text = re.sub(r'(?m)^(\w+) = \["intake".*$', rf"\1 = [{names}]", text, count=4)
    for found, instead in changed.items():
        text = re.sub(rf"(?m)^{found} = .*$", f"{found} = {instead}", text)
    return text


async def apply(home: House, text: str) -> None:
    """Put a policy in force."""
    signed = await home.sign(home.person, "apply_policy", text)
    caller = await home.caller(home.person)
    await policies.apply_policy(home.services, caller, signed.envelope, text)


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """A house with an author and two reviewers that verifies with few checks."""
    checks = tuple(check for check in CHECKS if check.name in LEAN)

    async def settle(home: House) -> House:
        await home.grant(await home.agent("bot"))
        for name in ("ada", "ben"):
            await home.human(name)
        await apply(home, lean_policy())
        return home

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("toolvet.engine.verify.verify_bundle", partial(verify_bundle, checks=checks))
        opened = new_house(tmp_path_factory.mktemp("waiving"))
        yield run(settle(run(opened.__aenter__())))
        run(opened.__aexit__(None, None, None))


@dataclass(frozen=True)
class Desk:
    """A person before a revision that failed."""

    home: House
    proposal: str

    def see(self, who: Member) -> Shown:
        client = self.home.of(who)
        return shown.fetch(client, client.service(), self.proposal)

    async def give(
        self,
        who: Member,
        *,
        finding: Finding | None = None,
        days: float = 7,
        carrier: Member | None = None,
        reason: str = "the example is out of date",
        seen: Shown | None = None,
    ) -> ProposalView:
        """Look, sign and hand in a waiver of the first error."""
        seen = seen or await asyncio.to_thread(self.see, who)
        about = finding or next(one for one in seen.findings if one.severity == "error")
        words = Words(reason)

        def sign() -> bytes:
            return self.home.pen(who).waive(seen, about, stamp(now() + timedelta(days=days)), words)

        envelope = await asyncio.to_thread(sign)
        caller = await self.home.caller(carrier or who)
        note = Note(words.salt, words.text)
        return await waive.waive(self.home.services, caller, self.proposal, envelope, note)

    async def refused(self, who: Member, **words: Any) -> str:
        with pytest.raises(KNOWN) as refusal:
            await self.give(who, **words)
        assert isinstance(refusal.value, KNOWN)
        return refusal.value.code


def later(home: House, days: float) -> Services:
    """The same service, when some time has passed."""
    return replace(home.services, clock=lambda: now() + timedelta(days=days))


async def failed(home: House, name: str) -> Desk:
    view = await home.submit(home.members["bot"], renamed(name, BROKEN))
    assert view.state == "changes_wanted"
    return Desk(home, view.id)


def test_whoever_is_not_told_of_a_waiver_is_asked_to_sign_in_and_not_told_of_a_difference(
    home: House, run: Run
) -> None:
    def looked(proposal: str) -> tuple[Review, Review]:
        service = home.client.service()
        as_person = home.of(home.members["ada"])
        return (
            open_review(home.client, service, proposal),
            open_review(as_person, service, proposal),
        )

    async def play() -> None:
        desk = await failed(home, "leaning")
        await desk.give(home.members["ada"])

        told_less, told = await asyncio.to_thread(looked, desk.proposal)

        assert (told_less.shown, told_less.view.waivers, told_less.withheld) == (None, (), True)
        assert "open your key" in told_less.why_not
        assert told.shown is not None
        assert len(told.shown.overruled) == 1
        assert told.why_not == ""

    run(play())


def test_a_failed_revision_whose_findings_are_overruled_is_reviewed_and_published(
    home: House, run: Run
) -> None:
    async def play() -> None:
        desk, ada = await failed(home, "broken"), home.members["ada"]
        before = await look.show(home.services, await home.caller(ada), desk.proposal)
        assert (before.state, before.verdict) == ("changes_wanted", "failed")
        assert before.release_digest is not None

        view = await desk.give(ada)

        assert (view.state, view.verdict) == ("reviewing", "passed")
        assert view.release_digest == before.release_digest
        assert all(line.mark == "met" for line in view.rubric if line.required)
        correctness = next(line for line in view.rubric if line.criterion == "correctness")
        assert "overruled by people" in correctness.why
        [given] = view.waivers
        assert (given.voter, given.counts, given.reason) == (
            "ada",
            True,
            "the example is out of date",
        )
        published = await home.approve(desk.proposal, home.members["ben"])
        assert published.state == "published"
        assert home.services.standing.ledger.problems == []
        assert "broken" in home.services.catalogue.snapshot.served

    run(play())


def test_a_vote_that_does_not_name_the_waivers_it_leans_on_is_refused(
    home: House, run: Run
) -> None:
    async def play() -> None:
        desk, ada, ben = await failed(home, "unnamed"), home.members["ada"], home.members["ben"]
        await desk.give(ada)
        seen = replace(await asyncio.to_thread(desk.see, ben), overruled=())

        def vote() -> None:
            home.of(ben).vote(desk.proposal, home.pen(ben).vote(seen))

        with pytest.raises(KNOWN) as refusal:
            await asyncio.to_thread(vote)
        assert isinstance(refusal.value, KNOWN)
        assert refusal.value.code == "act.signature"

    run(play())


def test_what_cannot_be_overruled_is_refused_and_changes_nothing(home: House, run: Run) -> None:
    async def play() -> None:
        desk, ada = await failed(home, "stubborn"), home.members["ada"]
        seen = await asyncio.to_thread(desk.see, ada)
        error = next(one for one in seen.findings if one.severity == "error")

        assert await desk.refused(ada, finding=replace(error, message="x", snippet="y")) == (
            "waiver.refused"
        )
        assert await desk.refused(ada, finding=replace(error, rule="examples.other")) in (
            "waiver.refused",
            "act.signature",
        )
        assert await desk.refused(ada, days=91) == "waiver.expires"
        assert await desk.refused(ada, days=-1) == "waiver.expires"
        assert await desk.refused(ada, reason=" ") == "waiver.refused"
        stale = replace(seen, dossier=seen.release)
        assert await desk.refused(ada, seen=stale) == "vote.stale"
        view = await look.show(home.services, await home.caller(ada), desk.proposal)
        assert (view.state, view.waivers) == ("changes_wanted", ())

    run(play())


def test_an_agent_may_carry_a_waiver_and_never_give_one(home: House, run: Run) -> None:
    async def play() -> None:
        desk, ada = await failed(home, "carried"), home.members["ada"]

        view = await desk.give(ada, carrier=home.members["bot"])

        assert view.state == "reviewing"
        assert view.waivers == ()
        entries = await home.services.store.query(
            lambda view: view.entries_about(desk.proposal, ("waiver:add",))
        )
        assert [b'"actor_kind":"human"' in entry.leaf for entry in entries] == [True]

    run(play())


def test_a_new_revision_has_to_be_overruled_anew(home: House, run: Run) -> None:
    async def play() -> None:
        desk, ada = await failed(home, "moving"), home.members["ada"]
        await desk.give(ada)

        changed = renamed("moving", BROKEN)
        changed["add.py"] += "\n\nNOTHING = None\n"
        bot = await home.caller(home.members["bot"])
        files = {path: text.encode() for path, text in changed.items()}
        await revise.revise(home.services, bot, desk.proposal, files)
        view = await home.verdict(desk.proposal)

        assert (view.state, view.waivers) == ("changes_wanted", ())

    run(play())


def test_a_waiver_that_ran_out_stands_in_the_way_of_votes_until_somebody_renews_it(
    home: House, run: Run
) -> None:
    async def play() -> None:
        desk, ada, ben = await failed(home, "brief"), home.members["ada"], home.members["ben"]
        await desk.give(ada, days=2 * MINUTE)
        caller = await home.caller(ben)
        ballot = await asyncio.to_thread(home.ballot, ben, desk.proposal)

        with pytest.raises(KNOWN) as refusal:
            await vote.vote(later(home, 3 * MINUTE), caller, desk.proposal, ballot)
        assert isinstance(refusal.value, KNOWN)
        assert refusal.value.code == "waiver.refused"

        await desk.give(ben)
        published = await vote.vote(later(home, 3 * MINUTE), caller, desk.proposal, ballot)
        assert published.state == "published"

    run(play())


def test_a_served_tool_whose_waiver_ends_is_in_its_owners_queue(home: House, run: Run) -> None:
    async def play() -> None:
        desk, ada = await failed(home, "waning"), home.members["ada"]
        await desk.give(ada, days=20)
        await home.approve(desk.proposal, home.members["ben"])
        owner, other = await home.caller(home.person), await home.caller(ada)

        async def told(days: float, caller: Any) -> list[str]:
            items, _ = await queue.queue(later(home, days), caller)
            return [one.verdict for one in items if one.id == desk.proposal]

        def doctor(days: float) -> list[tuple[bool, str]]:
            lines = waivers_shown.look(later(home, days))
            return [(one.ok, one.code) for one in lines if "waning" in one.message]

        assert (await told(1, owner), doctor(1)) == ([], [])
        assert (await told(10, owner), doctor(10)) == (["waiver_expires"], [(True, "")])
        assert (await told(21, owner), doctor(21)) == (
            ["waiver_expired"],
            [(False, "waiver.lapsed")],
        )
        assert await told(21, other) == []

        await desk.give(ada, days=60)
        assert (await told(21, owner), doctor(21)) == ([], [])

    run(play())


def test_where_the_policy_says_so_a_tool_is_served_until_its_waiver_ends(
    home: House, run: Run
) -> None:
    async def play() -> None:
        await apply(home, lean_policy(expired='"stop"'))
        desk, ada = await failed(home, "stopping"), home.members["ada"]
        await desk.give(ada, days=20)
        await home.approve(desk.proposal, home.members["ben"])
        services, bot = home.services, (await home.caller(home.members["bot"])).principal

        def served(days: float) -> bool:
            moment = stamp(now() + timedelta(days=days))
            listed = [one.name for one in services.catalogue.visible(bot, moment)]
            with contextlib.suppress(ToolNotFoundError):
                return services.catalogue.find(bot, "stopping", moment).name in listed
            return "stopping" in listed

        assert (served(19), served(21)) == (True, False)
        rebuilt = Catalogue(
            services.store, services.standing.ledger, services.tier.tier, later(home, 21).clock
        )
        rebuilt.rebuild(1)
        lapsed = {one.name: one.code for one in rebuilt.snapshot.problems}
        assert lapsed["stopping"] == "waiver.lapsed"
        await desk.give(ada, days=60)
        assert served(21)
        await apply(home, lean_policy())
        assert served(70)

    run(play())


def test_a_second_person_is_asked_for_where_the_policy_wants_two(home: House, run: Run) -> None:
    async def play() -> None:
        await apply(home, lean_policy().replace("people = 1\nnever", "people = 2\nnever"))
        desk, ada, ben = await failed(home, "paired"), home.members["ada"], home.members["ben"]
        assert (await desk.give(ada)).state == "reviewing"

        with pytest.raises(KNOWN) as refusal:
            await home.approve(desk.proposal, ada)
        assert isinstance(refusal.value, KNOWN)
        assert refusal.value.code == "waiver.refused"
        await desk.give(ben)
        assert (await home.approve(desk.proposal, ada)).state == "published"
        await apply(home, lean_policy())

    run(play())


def test_a_sponsor_overrules_nothing_where_a_sponsors_vote_does_not_count(
    home: House, run: Run
) -> None:
    async def play() -> None:
        desk = await failed(home, "sponsored")
        await apply(home, lean_policy(sponsor_counts="false"))
        assert await desk.refused(home.person) == "waiver.own_work"
        await apply(home, lean_policy(never='["examples.*"]'))
        assert await desk.refused(home.members["ada"]) == "waiver.never"
        await apply(home, lean_policy())
        assert (await desk.give(home.person)).state == "reviewing"

    run(play())


def test_everything_overruled_stands_in_the_log_and_in_the_tables(home: House, run: Run) -> None:
    async def play() -> None:
        services = home.services
        lines = await doctor.doctor(services, await home.caller(home.person))
        assert [one.message for one in lines if one.area in ("log", "tables") and not one.ok] == []
        assert services.standing.ledger.problems == []

    run(play())


def test_waivers_are_listed_for_people_who_review_and_for_no_agent(home: House, run: Run) -> None:
    async def play() -> None:
        services = home.services
        listed = await waivers_shown.all_waivers(services, await home.caller(home.members["ada"]))
        assert {one.voter for one in listed} == {"ada", "ben", "person"}
        assert [one.expires for one in listed] == sorted(one.expires for one in listed)
        with pytest.raises(KNOWN) as refusal:
            await waivers_shown.all_waivers(services, await home.caller(home.members["bot"]))
        assert isinstance(refusal.value, KNOWN)
        assert refusal.value.code == "auth.forbidden"

    run(play())
