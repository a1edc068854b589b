"""An auditor with an export, a pinned key and a last checkpoint finds what was done to a log."""

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from toolvet.audit.notes import Checkpoint
from toolvet.audit.verify import compare_rows
from toolvet_reviews import digests
from toolvet_reviews.events import EntryDraft, Verb

ANNA = "018f0000-0000-7000-8000-00000000000a"
AGENT = "018f0000-0000-7000-8000-00000000000c"


@pytest.fixture
def busy(town: Any) -> Any:
    """A town with two releases of one tool, one of another, and a comment."""
    first = town.publish("P-1", "greet")
    town.publish("P-2", "greet", version=2, previous=first)
    town.publish("P-3", "count")
    town.write(
        town.by_person(
            Verb.COMMENT_ADD, ("proposal", "P-1"), auth="token", payloads={"text": "why 7?"}
        )
    )
    return town


def erase(town: Any, index: int, name: str) -> None:
    town.records[index]["payloads"] = {name: None}
    town.write(
        town.by_person(
            Verb.PAYLOAD_ERASE,
            ("entry", str(index)),
            auth="token",
            facts={"index": index, "payload": name},
        )
    )


def test_an_untouched_log_verifies(busy: Any) -> None:
    report = busy.check()

    assert report.problems == ()
    assert report.ok
    assert report.entries == busy.tree.size
    assert report.checkpoint == Checkpoint(
        "example.org/log", busy.tree.size, busy.tree.root(busy.tree.size)
    )


def test_an_untouched_log_verifies_after_a_trip_through_json(busy: Any) -> None:
    assert busy.check(json.loads(json.dumps(busy.records))).ok


def edit_leaf(records: list[Any]) -> None:
    records[6]["leaf"] = records[6]["leaf"].replace('"P-1"', '"P-7"')


def edit_payload(records: list[Any]) -> None:
    records[-1]["payloads"]["text"]["body"] = '"why not 7?"'


def respell_payload(records: list[Any]) -> None:
    records[-1]["payloads"]["text"]["body"] += " "


def edit_salt(records: list[Any]) -> None:
    records[-1]["payloads"]["text"]["salt"] = "00" * 32


def forget_payload(records: list[Any]) -> None:
    records[-1]["payloads"] = {}


def invent_payload(records: list[Any]) -> None:
    records[-1]["payloads"]["more"] = {"salt": "00" * 32, "body": "1"}


def remove_last(records: list[Any]) -> None:
    del records[-1]


def remove_middle(records: list[Any]) -> None:
    del records[6]


def swap(records: list[Any]) -> None:
    records[5], records[6] = records[6], records[5]


def spoil_leaf(records: list[Any]) -> None:
    records[6]["leaf"] += " "


def lose_act(records: list[Any]) -> None:
    next(record for record in records if record["act"])["act"] = None


def swap_acts(records: list[Any]) -> None:
    signed = [record for record in records if record["act"]]
    signed[0]["act"], signed[1]["act"] = signed[1]["act"], signed[0]["act"]


def edit_manifest(records: list[Any]) -> None:
    record = next(r for r in records if r.get("manifest"))
    record["manifest"] = record["manifest"].replace("greet", "greed")


def lose_manifest(records: list[Any]) -> None:
    next(
        r
        for r in records
        if r.get("manifest") and r["act"] is None and '"release:publish"' in r["leaf"]
    )["manifest"] = None


def no_record(records: list[Any]) -> None:
    records[6] = {"index": 6}


def odd_act(records: list[Any]) -> None:
    next(record for record in records if record["act"])["act"] = "\ud800"


DAMAGE: dict[str, tuple[Callable[[list[Any]], None], set[str]]] = {
    "a leaf was edited": (edit_leaf, {"log.root"}),
    "a payload was edited": (edit_payload, {"payload.edited"}),
    "a payload was spelled in another way": (respell_payload, {"payload.edited"}),
    "a salt was edited": (edit_salt, {"payload.edited"}),
    "a payload is gone": (forget_payload, {"payload.missing"}),
    "a payload was invented": (invent_payload, {"payload.unknown"}),
    "the last entry is gone": (remove_last, {"log.size"}),
    "an entry in the middle is gone": (remove_middle, {"log.order", "log.size"}),
    "two entries changed places": (swap, {"log.order", "log.root"}),
    "a leaf is no entry": (spoil_leaf, {"entry.malformed", "log.root"}),
    "an envelope is gone": (lose_act, {"act.unsigned", "release.votes"}),
    "two envelopes changed places": (swap_acts, {"act.other_envelope"}),
    "a manifest is gone": (lose_manifest, {"release.lost"}),
    "a line is no record": (no_record, {"log.record", "log.size"}),
    "an envelope is no text": (odd_act, {"act.other_envelope"}),
    "a manifest was edited": (edit_manifest, {"release.edited"}),
}


@pytest.mark.parametrize(("damage", "codes"), DAMAGE.values(), ids=DAMAGE)
def test_what_was_done_to_a_log_is_named(
    busy: Any, damage: Callable[[list[Any]], None], codes: set[str]
) -> None:
    records = copy.deepcopy(busy.records)
    damage(records)

    assert codes <= busy.check_codes(records)


def test_an_entry_put_in_with_the_service_stopped_is_not_signed(busy: Any) -> None:
    note = busy.note()
    release = busy.release("evil")
    busy.submit("P-9")
    busy.verified("P-9", release)
    busy.write(busy.publication("P-9", release))

    assert {"log.size", "release.votes"} <= busy.check_codes(note=note)


def test_a_log_signed_by_another_key_is_not_trusted(busy: Any, new_town: Any) -> None:
    other = new_town()

    assert "audit.note" in busy.check_codes(note=other.note())


def test_a_log_rewritten_and_signed_again_is_not_the_one_seen_before(
    busy: Any, new_town: Any
) -> None:
    seen = Checkpoint("example.org/log", busy.tree.size, busy.tree.root(busy.tree.size))
    other = new_town()
    other.log_key = busy.log_key
    shorter = other.check_codes(seen=seen)
    while other.tree.size < busy.tree.size:
        other.submit(f"P-{other.tree.size}")

    assert "log.shrunk" in shorter
    assert "audit.inconsistent" in other.check_codes(seen=seen)


def test_a_log_that_grew_is_consistent_with_the_one_seen_before(busy: Any) -> None:
    seen = Checkpoint("example.org/log", busy.tree.size, busy.tree.root(busy.tree.size))
    busy.publish("P-4", "sort")

    assert busy.check(seen=seen).ok


def test_another_first_key_than_the_pinned_one_is_named(busy: Any) -> None:
    busy.anna = busy.ben

    assert busy.check_codes() == {"key.pin_differs"}


def test_an_erased_payload_is_reported_as_erased(busy: Any) -> None:
    index = busy.tree.size - 1
    erase(busy, index, "text")
    report = busy.check()

    assert report.ok
    assert report.erased == ((index, "text"),)


def test_a_payload_said_to_be_erased_and_still_there_is_named(busy: Any) -> None:
    index = busy.tree.size - 1
    kept = dict(busy.records[index]["payloads"])
    erase(busy, index, "text")
    busy.records[index]["payloads"] = kept

    assert busy.check_codes() == {"payload.not_erased"}


def rows_of(town: Any) -> dict[str, list[Any]]:
    """Dump what an honest service's tables hold."""
    ledger = town.ledger
    return {
        "principals": [
            {
                "id": one.id,
                "kind": one.kind,
                "roles": sorted(one.roles),
                "sponsor": one.sponsor,
                "active": one.active,
            }
            for one in ledger.principals.values()
        ],
        "keys": [
            {"fingerprint": key.fingerprint, "principal": key.principal, "state": "active"}
            for key in ledger.keys.values()
        ],
        "grants": [],
        "policy": [{"digest": ledger.policy_digest}],
        "votes": [
            {
                "entry": vote.entry,
                "release_digest": vote.release,
                "voter": vote.voter,
                "verdict": "approve",
                "envelope": vote.envelope,
            }
            for vote in ledger.all_votes()
        ],
        "releases": [
            {
                "digest": one.digest,
                "version": one.version,
                "proposal": one.proposal,
                "stopped": False,
            }
            for one in ledger.releases.values()
        ],
        "channels": [
            {
                "toolset": toolset,
                "name": name,
                "channel": channel,
                "release_digest": pointer.release,
                "version": pointer.version,
                "entry": pointer.entry,
            }
            for (toolset, name, channel), pointer in ledger.serving(town.name_of).items()
        ],
        "waivers": [],
        "consents": [],
    }


def test_honest_tables_say_what_the_log_says(busy: Any) -> None:
    assert compare_rows(busy.ledger, rows_of(busy)) == []
    assert busy.check(rows=rows_of(busy)).ok


def promote(rows: dict[str, list[Any]]) -> None:
    next(row for row in rows["principals"] if row["id"] == AGENT)["roles"] = ["reviewer"]


def add_key(rows: dict[str, list[Any]]) -> None:
    rows["keys"].append(
        {"fingerprint": digests.sha256(b"mine"), "principal": ANNA, "state": "active"}
    )


def add_grant(rows: dict[str, list[Any]]) -> None:
    rows["grants"].append({"id": "g", "to": AGENT, "up_to": "destructive", "expires": None})


def other_policy(rows: dict[str, list[Any]]) -> None:
    rows["policy"] = [{"digest": digests.sha256(b"lax")}]


def add_vote(rows: dict[str, list[Any]]) -> None:
    rows["votes"].append({**rows["votes"][0], "entry": 99})


def add_release(rows: dict[str, list[Any]]) -> None:
    rows["releases"].append({**rows["releases"][0], "digest": digests.sha256(b"evil")})


def unstop(rows: dict[str, list[Any]]) -> None:
    rows["releases"][0]["stopped"] = True


def move_back(rows: dict[str, list[Any]]) -> None:
    first = rows["releases"][0]["digest"]
    row = next(row for row in rows["channels"] if row["name"] == "greet")
    row["release_digest"] = first


def drop_channel(rows: dict[str, list[Any]]) -> None:
    rows["channels"].pop()


def add_waiver(rows: dict[str, list[Any]]) -> None:
    rows["waivers"].append({"release_digest": "x", "fingerprint": "f", "voter": ANNA})


def add_consent(rows: dict[str, list[Any]]) -> None:
    rows["consents"].append({"tier": "C", "entry": 3})


CHANGES: dict[str, tuple[Callable[[dict[str, list[Any]]], None], str]] = {
    "a role was added": (promote, "principals"),
    "a key was put in": (add_key, "keys"),
    "a grant was put in": (add_grant, "grants"),
    "the policy was exchanged": (other_policy, "policy"),
    "a vote was put in": (add_vote, "votes"),
    "a release was put in": (add_release, "releases"),
    "a release was stopped": (unstop, "releases"),
    "a channel was moved back": (move_back, "channels"),
    "a channel is gone": (drop_channel, "channels"),
    "a waiver was put in": (add_waiver, "waivers"),
    "a consent was put in": (add_consent, "consents"),
}


@pytest.mark.parametrize(("change", "table"), CHANGES.values(), ids=CHANGES)
def test_a_row_changed_past_the_log_is_named(
    busy: Any, change: Callable[[dict[str, list[Any]]], None], table: str
) -> None:
    rows = rows_of(busy)
    change(rows)

    assert {found.table for found in compare_rows(busy.ledger, rows)} == {table}
    assert busy.check_codes(rows=rows) == {"row.differs"}


def test_a_key_that_only_waits_for_enrolment_differs_from_nothing(busy: Any) -> None:
    rows = rows_of(busy)
    rows["keys"].append({"fingerprint": "sha256:x", "principal": ANNA, "state": "pending"})

    assert compare_rows(busy.ledger, rows) == []


def test_five_thousand_calls_verify_in_a_moment(town: Any) -> None:
    for number in range(5_000):
        town.write(
            EntryDraft(
                Verb.CALL_RUN,
                AGENT,
                "agent",
                "token",
                "mcp",
                "tool",
                "default/greet",
                digest=town.policy,
                facts={"status": "done", "duration_us": number, "version": 1},
                payloads={"arguments": {"name": "x"}, "result": {"text": "hello"}},
            )
        )
    began = time.process_time()
    report = town.check()
    took = time.process_time() - began

    assert report.ok
    assert took < 2.0, f"{took:.2f} s"
