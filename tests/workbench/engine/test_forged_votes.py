"""A program of the same user, with everything a shell has: it reads, and decides nothing."""

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from furniture import Furnished
from house import House

from toolvet.audit import envelopes
from toolvet.audit.keys import PersonKey
from toolvet.client.errors import RemoteError
from toolvet.engine import look, person_keys
from toolvet_reviews import statements

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def forgeries(home: House, proposal: str, elsewhere: str) -> dict[str, bytes]:
    """Votes that a shell can make up: it sees what people are shown, and holds no key of theirs."""
    ada, own = home.members["ada"], PersonKey(Ed25519PrivateKey.generate())
    honest = home.ballot(ada, elsewhere)
    said = statements.parse(envelopes.payload_of(home.ballot(ada, proposal)))
    fresh = replace(said, nonce=secrets.token_hex(32))
    signed = json.loads(envelopes.sign(statements.build(fresh), own))
    borrowed = {**signed, "signatures": json.loads(honest)["signatures"]}
    claimed = [
        {**one, "keyid": ada.key.fingerprint if ada.key else ""} for one in signed["signatures"]
    ]
    return {
        "its own key": json.dumps(signed).encode(),
        "the name of a key that counts": json.dumps({**signed, "signatures": claimed}).encode(),
        "a signature from elsewhere": json.dumps(borrowed).encode(),
        "a vote for another proposal": honest,
        "no signature": json.dumps({**signed, "signatures": []}).encode(),
        "the local token": home.client.token.encode(),
    }


def test_no_vote_that_a_shell_can_make_up_counts(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        proposal, elsewhere = (furnished.proposals[name] for name in ("multiply", "dispatch"))
        person = await home.caller(home.person)
        view = await look.show(home.services, person, proposal)
        made = await asyncio.to_thread(forgeries, home, proposal, elsewhere)
        for what, envelope in made.items():
            with pytest.raises(RemoteError) as refused:
                await asyncio.to_thread(home.client.vote, proposal, envelope)
            assert refused.value.status in (400, 403, 409), what
            item = {
                "proposal": proposal, "digest": view.release_digest, "envelope": envelope.decode(),
            }  # fmt: skip
            result = await asyncio.to_thread(home.client.bulk, "approve", [item])
            assert [one.done for one in result.items] == [False], what
        after = await look.show(home.services, person, proposal)
        assert (after.state, after.votes) == ("reviewing", ())
        assert not home.services.standing.ledger.problems

    run(play())


@pytest.mark.parametrize(
    "act", ["approve", "request_changes", "reject", "assign", "claim", "snooze"]
)
def test_the_local_token_does_nothing_in_bulk(
    home: House, run: Run, furnished: Furnished, act: Any
) -> None:
    async def play() -> None:
        proposal = furnished.proposals["multiply"]
        view = await look.show(home.services, await home.caller(home.person), proposal)
        items = [{"proposal": proposal, "digest": view.revision_digest}]
        result = await asyncio.to_thread(
            lambda: home.client.bulk(act, items, words="no", person="ada", until=None)
        )
        [answer] = result.items
        assert not answer.done
        assert answer.code in (
            "vote.not_a_person", "auth.session_needed", "auth.forbidden", "bulk.unsigned",
            "vote.stale", "proposal.not_found",
        )  # fmt: skip

    run(play())


def test_a_key_that_was_revoked_votes_no_more_and_its_session_is_over(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        gina, proposal = await home.human("gina"), furnished.proposals["multiply"]
        ballot = await asyncio.to_thread(home.ballot, gina, proposal)
        person = await home.caller(home.person)
        assert gina.key is not None
        await person_keys.revoke_key(home.services, person, gina.key.fingerprint, "lost")
        with pytest.raises(RemoteError) as refused:  # whoever carries it
            await asyncio.to_thread(home.of(home.members["ada"]).vote, proposal, ballot)
        assert refused.value.code == "act.signature"
        for act in (
            lambda: home.of(gina).vote(proposal, ballot),
            lambda: home.of(gina).lift(proposal),
            lambda: home.of(gina).sit(proposal, 1),
        ):
            with pytest.raises(RemoteError) as refused:
                await asyncio.to_thread(act)
            assert refused.value.status == 401

    run(play())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("votes", {"envelope": "{}", "approve": True}),
        ("votes", {"envelope": "{}", "drafts": ["d"] * 201}),
        ("request-changes", {"digest": "d", "note": "n", "force": True}),
        ("reject", {"digest": "d", "note": "n", "similar": 1}),
        ("lift", {"person": "ada"}),
        ("sitting", {"revision": 0}),
        ("sitting", {"revision": 1, "looked_s": -1}),
        ("sitting", {"revision": 1, "looked_s": 1e9}),
        ("sitting", {"revision": 1, "parts": ["p"] * 201}),
        ("try", {"arguments": []}),
        ("cases", {"name": "n", "arguments": {}, "expected": 1, "waive": True}),
    ],
)
def test_a_body_with_more_or_other_than_it_may_hold_is_refused(
    home: House, run: Run, furnished: Furnished, path: str, body: dict[str, Any]
) -> None:
    async def play() -> None:
        http = home.of(home.members["ada"])._http  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(RemoteError) as refused:
            await asyncio.to_thread(
                http.post, dict, f"/proposals/{furnished.proposals['multiply']}/{path}", body
            )
        assert refused.value.status in (400, 422)

    run(play())
