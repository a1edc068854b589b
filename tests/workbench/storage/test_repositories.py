"""What each repository keeps and finds: people, grants, proposals, releases, policies."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from toolvet.storage import Store, Unit
from toolvet.storage.errors import ConstraintError
from toolvet.storage.rows import (
    ChannelRow,
    CommentRow,
    ConsentRow,
    EnrolmentRow,
    EvidenceRow,
    KeyRow,
    MountRow,
    ProposalRow,
    ReleaseRow,
    RevisionRow,
    SecretRow,
    TokenRow,
    VoteRow,
    WaiverRow,
)
from toolvet_reviews.events import EntryDraft
from toolvet_reviews.principals import Grant, Principal
from toolvet_reviews.values import Digest

AT = "2026-11-21T12:00:00.000000Z"
ADA = Principal("p1", "ada", "human", frozenset({"reviewer", "operator"}))
BOT = Principal("p2", "bot", "agent", frozenset({"author"}), sponsor="p1")


def digest_of(letter: str) -> Digest:
    return Digest("sha256:" + letter * 64)


def proposal_row(tool: str = "slugify", **changes: Any) -> ProposalRow:
    row = ProposalRow(
        number=0,
        workspace="default",
        toolset="default",
        tool=tool,
        state="verifying",
        author="p2",
        sponsor="p1",
        kind=None,
        revision=1,
        revision_digest=digest_of("a"),
        release_digest=None,
        base_release=None,
        created_at=AT,
        updated_at=AT,
    )
    return replace(row, **changes)


def revision_row(proposal: int, number: int = 1, letter: str = "a") -> RevisionRow:
    return RevisionRow(proposal, number, digest_of(letter), AT, "verifying")


def release_row(letter: str, version: int, proposal: int) -> ReleaseRow:
    made_of = digest_of("a")
    return ReleaseRow(
        digest_of(letter), "default", "default", "slugify", version, made_of, proposal, AT
    )


def write(store: Store, *steps: Callable[[Unit], object]) -> None:
    for step in steps:
        store.write_sync(step)


@pytest.fixture
def with_people(store: Store) -> Store:
    write(store, lambda u: u.principals.add(ADA), lambda u: u.principals.add(BOT))
    return store


@pytest.fixture
def with_proposal(with_people: Store) -> Store:
    write(with_people, lambda u: u.proposals.create(proposal_row()))
    return with_people


def test_principals_are_found_by_id_and_name_with_their_roles(with_people: Store) -> None:
    with with_people.read() as view:
        assert view.principals.get("p1") == ADA
        assert view.principals.by_name("bot") == BOT
        assert view.principals.all() == [ADA, BOT]
        assert view.principals.get("p3") is None


def test_a_principal_without_roles_has_none(store: Store) -> None:
    nobody = Principal("p3", "nobody", "service", frozenset())
    write(store, lambda u: u.principals.add(nobody))

    with store.read() as view:
        assert view.principals.get("p3") == nobody


def test_a_name_is_taken_for_good(with_people: Store) -> None:
    assert with_people.write_sync(lambda u: u.principals.deactivate("p1"))
    assert not with_people.write_sync(lambda u: u.principals.deactivate("p1"))

    with pytest.raises(ConstraintError):
        write(with_people, lambda u: u.principals.add(replace(ADA, id="p9")))

    with with_people.read() as view:
        assert view.principals.by_name("ada") == replace(ADA, active=False)


def test_keys_belong_to_a_principal_and_change_state(with_people: Store) -> None:
    key = KeyRow("sha256:k", "p1", b"\x01" * 32, "pending")
    write(with_people, lambda u: u.principals.add_key(key))
    assert with_people.write_sync(lambda u: u.principals.set_key_state("sha256:k", "active"))
    assert not with_people.write_sync(lambda u: u.principals.set_key_state("other", "active"))

    with with_people.read() as view:
        assert view.principals.key("sha256:k") == replace(key, state="active")
        assert view.principals.keys("p2") == []
        assert view.principals.keys() == [replace(key, state="active")]


def test_a_key_of_nobody_is_refused(store: Store) -> None:
    with pytest.raises(ConstraintError):
        write(store, lambda u: u.principals.add_key(KeyRow("f", "p9", b"", "pending")))


def test_a_token_is_found_by_its_hash_and_revoked_once(with_people: Store) -> None:
    token = TokenRow("t1", "p2", "hash", AT, expires_at=AT, label="laptop")
    write(with_people, lambda u: u.principals.add_token(token))
    assert with_people.write_sync(lambda u: u.principals.revoke_token("t1", AT))
    assert not with_people.write_sync(lambda u: u.principals.revoke_token("t1", AT))

    with with_people.read() as view:
        assert view.principals.token_by_hash("hash") == replace(token, revoked_at=AT)
        assert view.principals.token("t1") == replace(token, revoked_at=AT)
        assert view.principals.tokens("p1") == []
        assert len(view.principals.tokens()) == 1


def test_an_enrolment_code_works_once(with_people: Store) -> None:
    write(with_people, lambda u: u.principals.add_enrolment(EnrolmentRow("code", "p1", AT)))

    assert with_people.write_sync(lambda u: u.principals.use_enrolment("code", AT))
    assert not with_people.write_sync(lambda u: u.principals.use_enrolment("code", AT))
    with with_people.read() as view:
        assert view.principals.enrolment("code") == EnrolmentRow("code", "p1", AT, AT)
        assert view.principals.enrolment("other") is None


def test_a_nonce_counts_once(store: Store) -> None:
    assert store.write_sync(lambda u: u.principals.add_nonce("n1", AT))
    assert not store.write_sync(lambda u: u.principals.add_nonce("n1", AT))

    with store.read() as view:
        assert view.principals.nonce_seen("n1")
        assert not view.principals.nonce_seen("n2")


def test_a_revoked_grant_is_gone(store: Store) -> None:
    grants = [
        Grant("g1", "role:caller", "default/*", "pure"),
        Grant("g2", "p2", "a/b", "write", AT),
    ]
    store.write_sync(lambda u: [u.grants.add(grant) for grant in grants])

    assert store.write_sync(lambda u: u.grants.revoke("g1"))
    assert not store.write_sync(lambda u: u.grants.revoke("g1"))
    with store.read() as view:
        assert view.grants.get("g1") is None
        assert view.grants.all() == [grants[1]]


def test_proposals_are_numbered_from_1_without_gaps(with_people: Store) -> None:
    rows = [with_people.write_sync(lambda u: u.proposals.create(proposal_row())) for _ in range(3)]

    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[2].id == "P-3"
    with with_people.read() as view:
        assert view.proposals.get(2) == rows[1]
        assert view.proposals.get(4) is None


def test_a_saved_proposal_replaces_the_old_one(with_proposal: Store) -> None:
    changed = proposal_row(
        number=1,
        state="published",
        kind="write",
        release_digest=digest_of("b"),
        reason="approved",
        follows=1,
    )
    write(with_proposal, lambda u: u.proposals.save(changed))

    with with_proposal.read() as view:
        assert view.proposals.list() == [changed]


def test_proposals_are_listed_by_state_author_and_page(with_people: Store) -> None:
    rows = [
        proposal_row("a"),
        proposal_row("b", state="reviewing"),
        proposal_row("b", state="rejected", author="p1"),
        proposal_row("c", state="reviewing"),
    ]
    with_people.write_sync(lambda u: [u.proposals.create(row) for row in rows])

    with with_people.read() as view:
        proposals = view.proposals
        assert [row.number for row in proposals.list(["reviewing"])] == [2, 4]
        assert [row.number for row in proposals.list(author="p1")] == [3]
        assert [row.number for row in proposals.list(after=1, limit=2)] == [2, 3]
        assert [row.number for row in proposals.list(after=3)] == [4]
        assert proposals.list([]) == []
        assert [row.number for row in proposals.open_for("default", "b")] == [2]
        assert proposals.open_by_author("p2") == 3
        assert proposals.open_by_author("p1") == 0


def test_an_author_finds_proposals_that_ever_held_the_same_files(with_proposal: Store) -> None:
    write(
        with_proposal,
        lambda u: u.proposals.add_revision(revision_row(1, 1, "a")),
        lambda u: u.proposals.add_revision(revision_row(1, 2, "b")),
    )

    with with_proposal.read() as view:
        assert [row.number for row in view.proposals.by_revision("p2", digest_of("a"))] == [1]
        assert view.proposals.by_revision("p1", digest_of("a")) == []
        assert view.proposals.by_revision("p2", digest_of("c")) == []


def test_revisions_wait_until_they_have_a_verdict(with_proposal: Store) -> None:
    first, second = revision_row(1, 1), revision_row(1, 2, "b")
    passed = replace(first, state="passed", release_digest=digest_of("c"), dossier=digest_of("d"))
    write(
        with_proposal,
        lambda u: u.proposals.add_revision(first),
        lambda u: u.proposals.add_revision(second),
        lambda u: u.proposals.save_revision(passed),
    )

    with with_proposal.read() as view:
        assert view.proposals.unverified() == [second]
        assert view.proposals.revisions(1) == [passed, second]
        assert view.proposals.revision(1, 1) == passed
        assert view.proposals.revision(2, 1) is None


def test_a_revision_of_no_proposal_is_refused(with_people: Store) -> None:
    with pytest.raises(ConstraintError):
        write(with_people, lambda u: u.proposals.add_revision(revision_row(7)))


def test_evidence_is_kept_per_check_and_found_by_its_inputs(with_proposal: Store) -> None:
    old = EvidenceRow(1, 1, "ruff", "failed", digest_of("1"), digest_of("e"), AT)
    new = replace(old, status="passed", digest=digest_of("2"), at=AT.replace("00.0", "01.0"))
    other = replace(old, revision=2, check="mypy", digest=digest_of("3"))
    write(
        with_proposal,
        lambda u: u.proposals.put_evidence(old),
        lambda u: u.proposals.put_evidence(new),
        lambda u: u.proposals.put_evidence(other),
    )

    with with_proposal.read() as view:
        assert view.proposals.evidence(1, 1) == [new]
        assert view.proposals.evidence_by_inputs("ruff", digest_of("e")) == new
        assert view.proposals.evidence_by_inputs("ruff", digest_of("f")) is None


def test_votes_are_found_by_release_and_by_proposal(with_proposal: Store) -> None:
    vote = VoteRow(7, 1, digest_of("c"), "p1", "approve", digest_of("d"), AT, as_sponsor=True)
    write(with_proposal, lambda u: u.proposals.add_vote(vote))

    with with_proposal.read() as view:
        assert view.proposals.votes(digest_of("c")) == [vote]
        assert view.proposals.votes_of(1) == [vote]
        assert view.proposals.votes(digest_of("e")) == []


def test_comments_keep_any_text_in_order_of_time(with_proposal: Store) -> None:
    odd = "nul \x00, half-width ｱ, \U0001f4a9, \u202e"
    late = CommentRow("c1", 1, 1, "p1", odd, "slugify.py", 3, AT.replace("12:", "13:"))
    early = CommentRow("c2", 1, 1, "p2", "hello", "", 0, AT)
    write(
        with_proposal,
        lambda u: u.proposals.add_comment(late),
        lambda u: u.proposals.add_comment(early),
    )

    with with_proposal.read() as view:
        assert view.proposals.comments(1) == [early, late]
        assert view.proposals.comments(2) == []


def test_releases_have_versions_names_and_can_be_stopped(with_proposal: Store) -> None:
    first, second = release_row("b", 1, 1), release_row("c", 2, 1)
    write(
        with_proposal,
        lambda u: u.releases.add(second),
        lambda u: u.releases.add(first),
    )
    assert with_proposal.write_sync(lambda u: u.releases.stop(digest_of("b")))

    with with_proposal.read() as view:
        assert view.releases.versions("default", "slugify") == [
            replace(first, stopped=True),
            second,
        ]
        assert view.releases.names() == [("default", "slugify")]
        assert view.releases.get(digest_of("c")) == second


def test_a_version_is_given_once(with_proposal: Store) -> None:
    write(with_proposal, lambda u: u.releases.add(release_row("b", 1, 1)))

    with pytest.raises(ConstraintError):
        write(with_proposal, lambda u: u.releases.add(release_row("c", 1, 1)))


def test_a_channel_points_to_one_release_or_to_none(store: Store) -> None:
    served = ChannelRow("default", "default", "slugify", "stable", digest_of("b"), 1, 5)
    stopped = replace(served, release_digest=None, version=None, entry=6)
    write(
        store,
        lambda u: u.releases.set_channel(served),
        lambda u: u.releases.set_channel(stopped),
    )

    with store.read() as view:
        assert view.releases.channel("default", "slugify", "stable") == stopped
        assert view.releases.channel("default", "slugify", "canary") is None
        assert view.releases.channels() == [stopped]


def test_the_policy_in_force_is_the_one_applied_last(store: Store) -> None:
    with store.read() as view:
        assert view.policies.current() is None
    write(
        store,
        lambda u: u.policies.apply(digest_of("b"), "second", 9),
        lambda u: u.policies.apply(digest_of("a"), "first", 3),
    )

    with store.read() as view:
        assert view.policies.current() == (digest_of("b"), "second")
        assert view.policies.by_digest(digest_of("a")) == "first"
        assert view.policies.by_digest(digest_of("c")) is None


def test_waivers_consents_and_facts_are_kept(store: Store) -> None:
    waiver = WaiverRow(digest_of("b"), "f1", "a false alarm", AT, "p1", digest_of("e"))
    write(
        store,
        lambda u: u.waivers.add(waiver),
        lambda u: u.consents.add("C", 4),
        lambda u: u.facts.set("service_id", "old"),
        lambda u: u.facts.set("service_id", "new"),
    )

    with store.read() as view:
        assert view.waivers.for_release(digest_of("b")) == [waiver]
        assert view.waivers.for_release(digest_of("c")) == []
        assert view.consents.all() == [ConsentRow("C", 4)]
        assert view.facts.get("service_id") == "new"
        assert view.facts.get("missing") is None


def test_bindings_are_replaced_by_name_and_deleted_once(store: Store) -> None:
    sealed = SecretRow("KEY", b"\0sealed", ["a/*"], [""], AT, 1)
    folder = MountRow("traces", "/data/traces", "read", ["a/*"], AT, 2)
    write(
        store,
        lambda u: u.secrets.set(sealed),
        lambda u: u.secrets.set(replace(sealed, sealed=b"other", entry=3)),
        lambda u: u.mounts.set(folder),
        lambda u: u.mounts.set(replace(folder, mode="write", entry=4)),
    )

    with store.read() as view:
        assert view.secrets.get("KEY") == replace(sealed, sealed=b"other", entry=3)
        assert view.secrets.get("OTHER") is None
        assert view.mounts.all() == [replace(folder, mode="write", entry=4)]
    gone = [
        store.write_sync(lambda u: (u.secrets.delete("KEY"), u.mounts.delete("traces")))
        for _ in range(2)
    ]
    assert gone == [(True, True), (False, False)]


def test_the_auditors_dump_names_every_table_and_only_json(
    with_proposal: Store, draft: Callable[..., EntryDraft]
) -> None:
    vote = VoteRow(0, 1, digest_of("b"), "p1", "approve", digest_of("d"), AT)
    write(
        with_proposal,
        lambda u: u.append(draft()),
        lambda u: u.principals.add_key(KeyRow("f1", "p1", b"k", "active")),
        lambda u: u.grants.add(Grant("g1", "p2", "default/*", "pure")),
        lambda u: u.policies.apply(digest_of("a"), "text", 1),
        lambda u: u.proposals.add_vote(vote),
        lambda u: u.proposals.add_vote(replace(vote, entry=1, revoked=True)),
        lambda u: u.releases.add(release_row("b", 1, 1)),
        lambda u: u.releases.set_channel(
            ChannelRow("default", "default", "slugify", "stable", digest_of("b"), 1, 2)
        ),
        lambda u: u.waivers.add(WaiverRow(digest_of("b"), "f", "why", AT, "p1", digest_of("e"))),
        lambda u: u.consents.add("C", 3),
        lambda u: u.secrets.set(SecretRow("KEY", b"sealed", ["a/*"], ["", "b.example"], AT, 4)),
        lambda u: u.mounts.set(MountRow("traces", "/data/\u00e9", "read", ["a/*"], AT, 5)),
    )

    with with_proposal.read() as view:
        rows = view.state_rows()
    assert rows["principals"][0] == {
        "id": "p1",
        "kind": "human",
        "roles": ["operator", "reviewer"],
        "sponsor": None,
        "active": True,
    }
    assert rows["policy"] == [{"digest": digest_of("a")}]
    assert [row["entry"] for row in rows["votes"]] == [0]
    assert rows["releases"] == [
        {"digest": digest_of("b"), "version": 1, "proposal": "P-1", "stopped": False}
    ]
    assert rows["channels"][0]["toolset"] == "default"
    assert {name: len(found) for name, found in rows.items()} == {
        "principals": 2,
        "keys": 1,
        "grants": 1,
        "policy": 1,
        "votes": 1,
        "releases": 1,
        "channels": 1,
        "waivers": 1,
        "consents": 1,
        "secrets": 1,
        "mounts": 1,
    }
