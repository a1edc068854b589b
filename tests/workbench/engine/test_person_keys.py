"""People's keys in daily use: codes for colleagues, a change of keys, and keys that were taken back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import PASSPHRASE, House, Member

from toolvet.audit.errors import WrongPassphraseError
from toolvet.audit.keys import PersonKey, prove_possession, rotation_code
from toolvet.client import proof, shown
from toolvet.client.acts import Pen
from toolvet.client.client import Client
from toolvet.client.connect import Connection
from toolvet.client.errors import RemoteError
from toolvet.client.keys import KeyRing
from toolvet.client.rotation import rotate
from toolvet_reviews.values import Digest

Run = Callable[[Any], Any]


def new_key() -> PersonKey:
    return PersonKey(Ed25519PrivateKey.generate())


def code_of(work: Callable[[], object], run: Run) -> str:
    with pytest.raises(RemoteError) as refused:
        run(asyncio.to_thread(work))
    return refused.value.code


def change(
    home: House, member: Member, new: PersonKey, *, proof_by: PersonKey | None = None
) -> Any:
    """Change a member's key over the API, as `rotate` does."""
    client = home.client
    old = member.key
    assert old is not None
    pen = Pen(client.service(), old, member.id)
    signed = pen.rotate_key(new.public)
    words = rotation_code(client.service().service_id, old.fingerprint)
    return client.rotate_key(
        signed.envelope, signed.document, prove_possession(proof_by or new, words)
    )


def person(home: House, run: Run, name: str) -> Member:
    found: Member = run(home.human(name))
    return found


def test_after_a_change_only_the_new_key_signs_and_sessions_of_the_old_one_end(
    home: House, run: Run
) -> None:
    cy, new = person(home, run, "cy"), new_key()
    proposal = waiting_for(home, run, "multiply")

    view = run(asyncio.to_thread(change, home, cy, new))

    assert cy.key is not None
    assert view.keys == (new.fingerprint,)
    assert code_of(lambda: home.of(cy).show(proposal), run) == "auth.token"
    fresh = Member("cy", cy.id, "", new)
    renewed = run(asyncio.to_thread(home.log_in, fresh))
    assert run(asyncio.to_thread(lambda: home.of(renewed).show(proposal))).id == proposal
    ballot = run(asyncio.to_thread(stale_ballot, home, cy, proposal))
    assert code_of(lambda: home.client.vote(proposal, ballot), run) == "act.signature"


def waiting_for(home: House, run: Run, tool: str) -> str:
    items = run(asyncio.to_thread(home.client.queue)).items
    return next(item.id for item in items if item.tool == tool)


def stale_ballot(home: House, member: Member, proposal: str) -> bytes:
    """Sign with a key whatever it counts for."""
    assert member.key is not None
    service = home.client.service()
    return Pen(service, member.key, member.id).vote(shown.fetch(home.client, service, proposal))


def test_a_change_needs_the_new_key_in_hand_and_happens_once(home: House, run: Run) -> None:
    dan, new = person(home, run, "dan"), new_key()

    def stolen() -> Any:
        return change(home, dan, new, proof_by=new_key())

    assert code_of(stolen, run) == "act.envelope"
    run(asyncio.to_thread(change, home, dan, new))
    assert code_of(lambda: change(home, dan, new_key()), run) == "act.signature"
    again = Member("dan", dan.id, "", new)
    assert code_of(lambda: change(home, again, new), run) == "key.known"


def test_nobody_changes_the_key_of_somebody_else(home: House, run: Run) -> None:
    eve, fay = person(home, run, "eve"), person(home, run, "fay")
    assert eve.key is not None
    assert fay.key is not None

    def forge(replaced: Digest, owner: str) -> Any:
        service, new = home.client.service(), new_key()
        pen = Pen(service, eve.key or new, owner)
        statements = pen._statements  # pyright: ignore[reportPrivateUsage]
        act = statements.rotate_key(new.public, replaced)
        signed = pen._signed(act)  # pyright: ignore[reportPrivateUsage]
        words = prove_possession(new, rotation_code(service.service_id, replaced))
        return home.client.rotate_key(signed.envelope, signed.document, words)

    assert code_of(lambda: forge(fay.key.fingerprint, fay.id), run) == "act.signature"  # type: ignore[union-attr]
    assert code_of(lambda: forge(fay.key.fingerprint, eve.id), run) == "act.signature"  # type: ignore[union-attr]
    keys = home.services.standing.ledger.active_keys()
    assert {eve.key.fingerprint, fay.key.fingerprint} <= set(keys)


def test_a_vote_with_a_revoked_key_is_refused_and_the_old_one_stays_and_says_so(
    home: House, run: Run
) -> None:
    gus = person(home, run, "gus")
    assert gus.key is not None
    proposal = waiting_for(home, run, "multiply")
    ballot = run(asyncio.to_thread(stale_ballot, home, gus, proposal))
    key, client = gus.key.fingerprint, home.of(home.person)
    voted = run(asyncio.to_thread(voted_by, home, gus))
    run(asyncio.to_thread(lambda: client.revoke_key(key, "lost")))

    assert code_of(lambda: home.client.vote(proposal, ballot), run) == "act.signature"
    found = run(asyncio.to_thread(lambda: proof.check(client, client.service(), voted)))
    assert found.ok
    assert "revoked since" in found.signer
    refused = run(asyncio.to_thread(lambda: client.history(verb="vote", limit=5))).items[0]
    assert (refused.outcome, refused.proposal) == ("refused", proposal)


def voted_by(home: House, member: Member) -> int:
    """Have somebody approve what waits, and answer the entry."""
    client = home.of(member)
    waiting = next(item.id for item in client.queue().items if item.tool == "dispatch")
    client.vote(waiting, home.ballot(member, waiting))
    return client.history(verb="vote:approve", person=member.name).items[0].index


def test_a_colleague_gets_another_code_from_an_operator_only(home: House, run: Run) -> None:
    hal = person(home, run, "hal")
    client = home.of(home.person)

    code = run(asyncio.to_thread(lambda: client.new_code("hal")))
    new = new_key()
    asked = run(
        asyncio.to_thread(
            lambda: home.client.request_key(code, new.public.hex(), prove_possession(new, code))
        )
    )

    assert (asked.name, asked.fingerprint) == ("hal", new.fingerprint)
    assert new.fingerprint not in home.services.standing.ledger.active_keys()
    assert code_of(lambda: home.of(hal).new_code("hal"), run) == "auth.forbidden"
    assert code_of(lambda: home.client.new_code("hal"), run) == "auth.forbidden"
    assert code_of(lambda: client.new_code("bot"), run) == "not_found"
    assert code_of(lambda: client.new_code("nobody"), run) == "not_found"


def test_a_change_of_the_key_in_the_folder_leaves_one_that_counts(home: House, run: Run) -> None:
    connection: Connection = run(home.sit("iris"))
    ring = KeyRing.of(connection.settings)
    [old] = ring.fingerprints()

    with pytest.raises(WrongPassphraseError):
        run(asyncio.to_thread(rotate, connection, "not the passphrase", "another passphrase"))
    assert ring.fingerprints() == [old]
    changed = run(asyncio.to_thread(rotate, connection, PASSPHRASE, "another passphrase"))

    assert (changed.replaced, changed.name) == (old, "iris")
    ring.unseal(changed.fingerprint, "another passphrase")
    owner = run(asyncio.to_thread(lambda: home.client.key_owner(changed.fingerprint)))
    assert owner.state == "active"


def test_a_refused_change_leaves_the_old_key_and_no_other(home: House, run: Run) -> None:
    connection: Connection = run(home.sit("jo"))
    ring = KeyRing.of(connection.settings)
    before = ring.fingerprints()

    class Refusing(Client):
        def rotate_key(self, envelope: bytes, document: bytes, proof: str) -> Any:
            raise RemoteError("act.other_policy", "the policy changed", status=409)

    honest = connection.client
    refusing = Refusing(honest._http.transport, honest.token, "cli")  # pyright: ignore[reportPrivateUsage]
    there = Connection(refusing, connection.service, connection.settings)

    assert (
        code_of(lambda: rotate(there, PASSPHRASE, "another passphrase"), run) == "act.other_policy"
    )
    assert ring.fingerprints() == before
