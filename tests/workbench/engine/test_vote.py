"""Voting: what a person signs is what counts, and every way around it is refused."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import furniture
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from furniture import Furnished
from house import House, Member

from toolvet.audit import envelopes
from toolvet.audit.keys import PersonKey, prove_possession
from toolvet.client.acts import Words
from toolvet.engine import (
    audit,
    decide,
    disable,
    look,
    objections,
    people,
    person_keys,
    revise,
    vote,
)
from toolvet.engine.policies import apply_policy
from toolvet.errors import KNOWN, ReplayedNonceError, ToolvetError
from toolvet_reviews import digests, statements
from toolvet_reviews.errors import NotAPersonError, ReviewError, StaleVoteError
from toolvet_reviews.policy import preset
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import Digest

Run = Callable[[Coroutine[Any, Any, Any]], Any]
OTHER = digests.sha256(b"something else")


@dataclass(frozen=True)
class Booth:
    """A reviewer before an open proposal, and a forger's tools."""

    home: House
    proposal: str
    voter: Member

    async def ballot(self, **words: Any) -> bytes:
        """What the reviewer would sign, with other words, signed by the reviewer's own key."""
        assert self.voter.key is not None
        honest = await asyncio.to_thread(self.home.ballot, self.voter, self.proposal)
        said = statements.parse(envelopes.payload_of(honest))
        return self.signed(replace(said, nonce=secrets.token_hex(32), **words), self.voter.key)

    def signed(self, said: Statement, key: PersonKey) -> bytes:
        return envelopes.sign(statements.build(said), key)

    async def cast(self, envelope: bytes, note: vote.Note | None = None) -> None:
        caller = await self.home.caller(self.voter)
        await vote.vote(self.home.services, caller, self.proposal, envelope, note)

    async def refused(self, envelope: bytes) -> ReviewError | ToolvetError:
        """Hand in, be refused, and find nothing changed but the record of it."""
        services, person = self.home.services, await self.home.caller(self.home.person)
        before = await look.show(services, person, self.proposal)
        served = services.catalogue.snapshot.served
        with pytest.raises(KNOWN) as refusal:
            await self.cast(envelope)
        assert isinstance(refusal.value, KNOWN)
        after = await look.show(services, person, self.proposal)
        assert (after.state, after.votes) == (before.state, before.votes)
        assert services.catalogue.snapshot.served == served
        return refusal.value


@pytest.fixture
def booth(home: House, furnished: Furnished) -> Booth:
    return Booth(home, furnished.proposals["multiply"], home.members["ada"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"service": "01900000-0000-7000-8000-000000000000"}, "act.signature"),
        ({"actor": "01900000-0000-7000-8000-000000000000"}, "act.signature"),
        ({"proposal": "P-1"}, "act.signature"),
        ({"target": Target("proposal", "P-1")}, "act.signature"),
        ({"target": Target("proposal", "P-1"), "proposal": "P-1"}, "act.signature"),
        ({"subject": OTHER}, "act.signature"),
        ({"base": OTHER}, "act.signature"),
        ({"channel": "canary"}, "act.signature"),
        ({"policy": OTHER}, "act.other_policy"),
        ({"dossier": OTHER}, "act.signature"),
        ({"dossier": None}, "act.signature"),
        ({"rubric": None}, "act.signature"),
        ({"rubric": {"correctness": "met"}}, "act.signature"),
        ({"tier": "C"}, "act.signature"),
        ({"note": OTHER}, "act.signature"),
        ({"verdict": None}, "act.signature"),
        ({"checkpoint_size": 10_000_000}, "act.signature"),
        ({"checkpoint_root": b"\x00" * 32}, "act.signature"),
        ({"time": "2020-01-01T00:00:00.000000Z"}, "act.signature"),
        ({"time": "2099-01-01T00:00:00.000000Z"}, "act.signature"),
    ],
)
def test_a_vote_that_was_shown_something_else_is_refused(
    booth: Booth, run: Run, words: dict[str, Any], code: str
) -> None:
    async def play() -> None:
        assert (await booth.refused(await booth.ballot(**words))).code == code

    run(play())


def test_an_act_of_another_kind_is_no_vote(booth: Booth, run: Run) -> None:
    async def play() -> None:
        act = await booth.home.sign(booth.voter, "consent", "C")
        assert (await booth.refused(act.envelope)).code == "act.signature"
        login = await booth.home.sign(booth.voter, "login")
        assert (await booth.refused(login.envelope)).code == "act.signature"

    run(play())


@pytest.mark.parametrize("envelope", [b"", b"{}", b"\xff", b'{"payload":"","signatures":[]}'])
def test_what_is_no_envelope_is_refused(booth: Booth, run: Run, envelope: bytes) -> None:
    run(booth.refused(envelope))


def test_a_signature_of_an_unknown_key_is_refused(booth: Booth, run: Run) -> None:
    async def play() -> None:
        said = statements.parse(envelopes.payload_of(await booth.ballot()))
        forged = booth.signed(said, PersonKey(Ed25519PrivateKey.generate()))
        assert (await booth.refused(forged)).code == "act.signature"

    run(play())


def test_the_key_of_another_person_does_not_sign_for_the_actor(booth: Booth, run: Run) -> None:
    async def play() -> None:
        ben = booth.home.members["ben"]
        assert ben.key is not None
        said = statements.parse(envelopes.payload_of(await booth.ballot()))
        assert (await booth.refused(booth.signed(said, ben.key))).code == "act.signature"

    run(play())


def test_a_vote_about_another_proposal_does_not_count_there(
    booth: Booth, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        elsewhere = replace(booth, proposal=furnished.proposals["dispatch"])
        assert (await elsewhere.refused(await booth.ballot())).code == "act.signature"

    run(play())


def test_somebody_who_is_no_reviewer_does_not_vote(booth: Booth, run: Run) -> None:
    async def play() -> None:
        auditor = await booth.home.human("auditor", ["auditor"])
        outsider = replace(booth, voter=auditor)
        assert (await outsider.refused(await outsider.ballot())).code == "auth.forbidden"

    run(play())


def test_a_key_that_was_asked_for_and_never_enrolled_signs_nothing(booth: Booth, run: Run) -> None:
    async def play() -> None:
        home, key = booth.home, PersonKey(Ed25519PrivateKey.generate())
        act = await home.sign(home.person, "add_principal", "eve", "human", ["reviewer"], None)
        person = await home.caller(home.person)
        added = await people.add_principal(home.services, person, act.envelope, act.document)
        code = added.code or ""
        proof = prove_possession(key, code)
        await person_keys.request_key(home.services, person, code, key.public.hex(), proof)
        said = statements.parse(envelopes.payload_of(await booth.ballot(actor=added.principal.id)))
        assert (await booth.refused(booth.signed(said, key))).code == "act.signature"
        with pytest.raises(person_keys.EnrolmentError):
            await person_keys.request_key(home.services, person, code, key.public.hex(), proof)

    run(play())


def test_a_revoked_key_signs_nothing_more(booth: Booth, run: Run) -> None:
    async def play() -> None:
        home = booth.home
        cleo = await home.human("cleo")
        ballot = await replace(booth, voter=cleo).ballot()
        assert cleo.key is not None
        person = await home.caller(home.person)
        await person_keys.revoke_key(home.services, person, cleo.key.fingerprint, "lost")
        assert (await booth.refused(ballot)).code == "act.signature"

    run(play())


def test_a_revoked_person_signs_nothing_more(booth: Booth, run: Run) -> None:
    async def play() -> None:
        home = booth.home
        dora = await home.human("dora")
        ballot = await replace(booth, voter=dora).ballot()
        person = await home.caller(home.person)
        await people.revoke_principal(home.services, person, "dora", "left")
        assert (await booth.refused(ballot)).code == "act.signature"

    run(play())


def test_a_vote_beside_a_revocation_in_one_transaction_does_not_count(
    booth: Booth, run: Run
) -> None:
    """Both wait for the writer: whatever order they come in, tables and log agree."""

    async def play() -> None:
        home = booth.home
        fred = await home.human("fred")
        ballot = await replace(booth, voter=fred).ballot()
        assert fred.key is not None
        person = await home.caller(home.person)
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(_unit: object) -> None:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()

        held = home.services.store.submit(hold)
        revoking = asyncio.create_task(
            person_keys.revoke_key(home.services, person, fred.key.fingerprint, "lost")
        )
        await asyncio.sleep(0)
        voting = asyncio.create_task(booth.cast(ballot))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.wrap_future(held)
        await revoking
        with pytest.raises(KNOWN):
            await voting
        assert not home.services.standing.ledger.problems

    run(play())


def test_a_newer_revision_makes_a_vote_stale(booth: Booth, run: Run) -> None:
    async def play() -> None:
        home, services = booth.home, booth.home.services
        bot = home.members["bot"]
        first = await home.submit(bot, furniture.renamed("revised"))
        at = replace(booth, proposal=first.id)
        ballot = await at.ballot()
        files = {**furniture.renamed("revised"), "notes.md": "more"}
        sent = {path: text.encode() for path, text in files.items()}
        await revise.revise(services, await home.caller(bot), first.id, sent)
        assert isinstance(await at.refused(ballot), StaleVoteError)
        await home.verdict(first.id)
        assert (await at.refused(ballot)).code == "act.signature"
        with pytest.raises(StaleVoteError):
            await decide.reject(
                services, await home.caller(home.person), first.id, first.revision_digest, "no"
            )

    run(play())


def test_an_agent_decides_nothing(booth: Booth, run: Run, furnished: Furnished) -> None:
    async def play() -> None:
        home, services = booth.home, booth.home.services
        view = await look.show(services, await home.caller(home.person), booth.proposal)
        for name in ("bot", "other"):
            caller = await home.caller(home.members[name])
            for move in (decide.reject, decide.request_changes):
                with pytest.raises(KNOWN) as refused:
                    await move(services, caller, booth.proposal, view.revision_digest, "no")
                assert isinstance(refused.value, NotAPersonError) or name == "other"
            with pytest.raises(KNOWN):
                await disable.disable(services, caller, "add", "mine now")

    run(play())


def test_an_agent_that_reviews_decides_nothing(booth: Booth, run: Run) -> None:
    """With the role it reads and speaks; what decides asks for a person."""

    async def play() -> None:
        home, services = booth.home, booth.home.services
        climber = await home.caller(await home.agent("climber", ["reviewer"]))
        view = await look.show(services, climber, booth.proposal)
        for move in (decide.reject, decide.request_changes):
            with pytest.raises(NotAPersonError):
                await move(services, climber, booth.proposal, view.revision_digest, "no")
        with pytest.raises(NotAPersonError):
            await objections.lift(services, climber, booth.proposal)
        forged = await booth.ballot(actor=climber.id)
        assert (await booth.refused(forged)).code == "act.signature"

    run(play())


def test_an_author_never_votes_on_its_own_work(home: House, run: Run) -> None:
    async def play() -> None:
        writer = await home.human("writer", ["author", "reviewer"])
        view = await home.submit(writer, furniture.renamed("own_work"))
        own = Booth(home, view.id, writer)
        assert (await own.refused(await own.ballot())).code == "vote.own_work"
        assert (await home.approve(view.id, home.members["ben"])).state == "published"

    run(play())


def test_an_act_is_handed_in_once(home: House, run: Run) -> None:
    """Also when the proposal is open again and everything else still holds."""

    async def play() -> None:
        view = await home.submit(home.members["bot"], furniture.renamed("replayed"))
        booth = Booth(home, view.id, home.members["ada"])
        needs_two = preset("solo").replace("people = 1", "people = 2", 1)
        person = await home.caller(home.person)
        act = await home.sign(home.person, "apply_policy", needs_two)
        await apply_policy(home.services, person, act.envelope, needs_two)
        ballot = await booth.ballot()
        await booth.cast(ballot)
        refusal = await booth.refused(ballot)
        assert isinstance(refusal, ReplayedNonceError)
        twice = await asyncio.gather(
            *(booth.cast(again) for again in [await booth.ballot()] * 3), return_exceptions=True
        )
        assert sum(one is None for one in twice) == 1
        shown = await look.show(home.services, person, view.id)
        assert (shown.state, shown.people_needed) == ("reviewing", 1)
        published = await home.approve(view.id, home.members["ben"])
        assert published.state == "published"

    run(play())


def test_a_vote_under_an_earlier_policy_does_not_complete_one_under_a_later(
    home: House, run: Run
) -> None:
    async def play() -> None:
        person = await home.caller(home.person)
        view = await home.submit(home.members["bot"], furniture.renamed("two_policies"))
        for comment in ("# first\n", "# second\n"):
            text = comment + preset("solo").replace("people = 1", "people = 2", 1)
            act = await home.sign(home.person, "apply_policy", text)
            await apply_policy(home.services, person, act.envelope, text)
            if comment == "# first\n":
                await home.approve(view.id, home.members["ada"])
        after = await home.approve(view.id, home.members["ben"])
        assert (after.state, after.people_needed) == ("reviewing", 1)
        assert (await home.approve(view.id, home.members["ada"])).state == "published"

    run(play())


def test_votes_on_a_closed_proposal_do_not_count_for_the_one_that_follows(
    home: House, run: Run
) -> None:
    async def play() -> None:
        person = await home.caller(home.person)
        text = "# third\n" + preset("solo").replace("people = 1", "people = 2", 1)
        act = await home.sign(home.person, "apply_policy", text)
        await apply_policy(home.services, person, act.envelope, text)
        bot, files = home.members["bot"], furniture.renamed("second_try")
        first = await home.submit(bot, files)
        await home.approve(first.id, home.members["ada"])
        closing = (home.services, person, first.id, first.revision_digest, "no")
        await decide.reject(*closing)
        second = await home.submit(bot, files, again=True)
        assert (second.id != first.id, second.people_needed) == (True, 2)
        after = await home.approve(second.id, home.members["ben"])
        assert (after.state, after.people_needed) == ("reviewing", 1)
        assert (await home.approve(second.id, home.members["ada"])).state == "published"

    run(play())


@pytest.mark.parametrize(
    ("name", "proposal", "counts"),
    [("solo", "multiply", True), ("team", "dispatch", False), ("regulated", "dispatch", False)],
)
def test_whether_the_authors_sponsor_counts_is_up_to_the_policy(
    home: House, run: Run, furnished: Furnished, name: str, proposal: str, counts: bool
) -> None:
    async def play() -> None:
        person = await home.caller(home.person)
        text = f"# for {proposal}\n" + preset(name)
        act = await home.sign(home.person, "apply_policy", text)
        await apply_policy(home.services, person, act.envelope, text)
        identity = furnished.proposals[proposal]
        view = await home.approve(identity)
        assert [one.as_sponsor for one in view.votes if one.voter_id == home.person.id] == (
            [True] * len([one for one in view.votes if one.voter_id == home.person.id])
        )
        if counts:
            assert view.state == "published"
            return
        assert view.state == "reviewing"
        if name == "team":
            return
        view = await home.approve(identity, home.members["ada"])
        assert (view.state, view.people_needed) == ("reviewing", 1)
        view = await home.approve(identity, home.members["ben"])
        assert (view.state, view.turn, view.people_needed) == ("published", "nobody", 0)

    run(play())


def test_a_note_lies_beside_the_log_and_the_vote_commits_to_it(home: House, run: Run) -> None:
    async def play() -> None:
        person, ada = await home.caller(home.person), home.members["ada"]
        text = "# notes\n" + preset("solo")
        act = await home.sign(home.person, "apply_policy", text)
        await apply_policy(home.services, person, act.envelope, text)
        view = await home.submit(home.members["bot"], furniture.renamed("noted"))
        words = Words("reads well, runs well")
        ballot = await asyncio.to_thread(home.ballot, ada, view.id, words)
        booth = Booth(home, view.id, ada)
        assert (await booth.refused(ballot)).code == "act.signature"
        with pytest.raises(KNOWN):
            await booth.cast(ballot, vote.Note(words.salt, "reads badly"))
        await booth.cast(ballot, vote.Note(words.salt, words.text))
        log = await audit.log_page(home.services, person, limit=5)
        entry = next(one for one in log if '"vote:approve"' in str(one["leaf"]))
        assert words.text not in str(entry["leaf"])
        assert words.text in str(entry["payloads"])

    run(play())


def test_words_against_are_needed_and_reach_the_author(home: House, run: Run) -> None:
    async def play() -> None:
        services, ada = home.services, await home.caller(home.members["ada"])
        view = await home.submit(home.members["bot"], furniture.renamed("sent_back"))
        with pytest.raises(decide.WordsNeededError):
            await decide.request_changes(services, ada, view.id, view.revision_digest, "  ")
        ballot = await Booth(home, view.id, home.members["ben"]).ballot()
        await decide.request_changes(services, ada, view.id, view.revision_digest, "negatives?")
        seen = await look.show(services, await home.caller(home.members["bot"]), view.id)
        assert (seen.state, seen.turn, seen.reason) == ("changes_wanted", "author", "negatives?")
        refusal = await Booth(home, view.id, home.members["ben"]).refused(ballot)
        assert refusal.code == "proposal.move_refused"

    run(play())


def test_two_at_once_on_one_base_publish_one_and_refuse_the_other(home: House, run: Run) -> None:
    """A vote that was shown another base than what is served now does not count."""

    async def play() -> None:
        bot, ada = home.members["bot"], home.members["ada"]
        view = await home.submit(bot, furniture.renamed("moving"))
        ballots = [await Booth(home, view.id, ada).ballot() for _ in range(2)]
        booth = Booth(home, view.id, ada)
        done = await asyncio.gather(*map(booth.cast, ballots), return_exceptions=True)
        assert sum(one is None for one in done) == 1
        refused = next(one for one in done if one is not None)
        assert isinstance(refused, KNOWN)
        release = home.services.catalogue.snapshot.served["moving"]
        assert release.version == 1
        assert home.services.standing.ledger.releases[Digest(release.digest)].version == 1

    run(play())


def test_everything_that_was_accepted_here_counts_in_the_log(home: House) -> None:
    """Last on purpose: after all the above, no entry is void and no row differs."""
    ledger = home.services.standing.ledger
    assert not ledger.problems
    assert not ledger.channel_problems(home.services.catalogue.name_of)
