"""Entries as bytes: one spelling, ids and digests only, payloads committed to beside them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.audit.entries import MAX_ENTRY_SIZE, matches, parse_entry, seal
from toolvet.audit.errors import EntryError, EntryTooLargeError
from toolvet.errors import LogError
from toolvet_reviews import canonical, digests
from toolvet_reviews.events import EntryDraft, Verb

TIME = "2026-11-21T11:42:14.123456Z"
DIGEST = digests.sha256(b"x")
DRAFT = EntryDraft(
    Verb.CALL_RUN,
    "018f0000-0000-7000-8000-00000000000c",
    "agent",
    "token",
    "mcp",
    "tool",
    "default/greet",
    on_behalf_of="018f0000-0000-7000-8000-00000000000a",
    digest=DIGEST,
    evidence=(DIGEST, DIGEST),
    tier="B",
    facts={"status": "done", "duration_us": 12, "replayed": False, "key": None},
)


def leaf(**changes: Any) -> bytes:
    return seal(replace(DRAFT, **changes), 3, TIME, {}).leaf


def test_an_entry_is_read_as_it_was_written() -> None:
    entry = parse_entry(leaf())

    assert (entry.index, entry.time, entry.verb) == (3, TIME, Verb.CALL_RUN)
    assert entry.facts == DRAFT.facts
    assert entry.evidence == DRAFT.evidence
    assert entry.on_behalf_of == DRAFT.on_behalf_of
    assert entry.payloads == {}


def test_an_entry_is_canonical_json() -> None:
    assert canonical.dumps(json.loads(leaf())) == leaf()


def test_words_stay_outside_the_leaf() -> None:
    payloads = {"arguments": {"name": "Grüße"}}
    sealed = seal(replace(DRAFT, payloads=payloads), 3, TIME, {"arguments": bytes(range(32))})
    (part,) = sealed.payloads

    assert "Grüße".encode() not in sealed.leaf
    assert parse_entry(sealed.leaf).payloads == {"arguments": part.commitment}
    assert part.body == '{"name":"Grüße"}'.encode()
    assert matches(part.commitment, part.salt, part.body)
    assert not matches(part.commitment, part.salt, b'{"name":"Grusse"}')
    assert not matches(part.commitment, part.salt, part.body + b" ")
    assert not matches(part.commitment, bytes(32), part.body)
    assert not matches(part.commitment, b"", part.body)


def test_a_payload_without_its_salt_is_not_sealed() -> None:
    with pytest.raises(EntryError):
        seal(replace(DRAFT, payloads={"text": "hello"}), 3, TIME, {})


NO_FACTS: dict[str, Any] = {
    "a sentence": {"status": "it went well"},
    "a letter beyond ASCII": {"status": "größer"},
    "a float": {"duration_us": 1.5},
    "an integral float": {"duration_us": 1.0},
    "a number beyond 2^53": {"duration_us": 2**53},
    "an object": {"status": {}},
    "a list of lists": {"status": [["x"]]},
    "a long list": {"status": ["x"] * 17},
    "a long word": {"status": "x" * 121},
    "a newline at the end": {"status": "done\n"},
}


@pytest.mark.parametrize("facts", NO_FACTS.values(), ids=NO_FACTS)
def test_facts_hold_ids_enums_and_numbers_only(facts: dict[str, Any]) -> None:
    with pytest.raises(LogError):
        leaf(facts=facts)


NO_FIELDS: dict[str, dict[str, Any]] = {
    "an actor with a space": {"actor": "some body"},
    "a target with words": {"target_id": "the best tool"},
    "a digest of another kind": {"digest": "md5:00"},
    "no digest": {"digest": DIGEST[:-1]},
    "an empty digest": {"digest": ""},
    "empty evidence": {"evidence": (DIGEST, "")},
    "two digests in one": {"digest": f"{DIGEST}\n{DIGEST}"},
    "two words in one": {"actor": "a\nb"},
    "a number for a word": {"target_id": 7},
    "evidence without digests": {"evidence": ("x",)},
    "an unknown seat": {"seat": "sofa"},
    "an unknown outcome": {"outcome": "perhaps"},
    "an unknown tier": {"tier": "Z"},
    "an unknown kind": {"actor_kind": "cat"},
    "words for a code": {"code": "it broke"},
}


@pytest.mark.parametrize("changes", NO_FIELDS.values(), ids=NO_FIELDS)
def test_fields_hold_what_they_are_for(changes: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        leaf(**changes)


@pytest.mark.parametrize("time", ["2026-11-21T11:42:14Z", "2026-11-21 11:42:14.123456Z", "now", ""])
def test_a_time_is_utc_with_microseconds(time: str) -> None:
    with pytest.raises(EntryError):
        seal(DRAFT, 3, time, {})


def test_an_entry_over_four_kibibytes_is_refused() -> None:
    with pytest.raises(EntryTooLargeError):
        leaf(evidence=(DIGEST,) * 60)
    with pytest.raises(EntryTooLargeError):
        parse_entry(b" " * (MAX_ENTRY_SIZE + 1))


def changed(**fields: Any) -> bytes:
    return canonical.dumps({**json.loads(leaf()), **fields})


SPELLINGS: dict[str, bytes] = {
    "a space": leaf() + b" ",
    "a newline": leaf() + b"\n",
    "a key twice": leaf()[:-1] + b',"verb":"call:run"}',
    "an escape": leaf().replace(b'"done"', b'"don\\u0065"'),
    "another order": json.dumps(dict(reversed(json.loads(leaf()).items())), separators=(",", ":")).encode(),
    "an integral float": leaf().replace(b'"index":3', b'"index":3.0'),
    "an exponent": leaf().replace(b":12,", b":1.2e1,"),
    "no number": leaf().replace(b":12,", b":NaN,"),
    "true for an index": changed(index=True),
    "a negative index": changed(index=-1),
    "a field more": changed(more=1),
    "an unknown verb": changed(verb="call:stop"),
    "a verb that is a list": changed(verb=[]),
    "another schema": changed(schema="toolvet/entry/v2"),
    "no facts": changed(facts=None),
    "facts in a list": changed(facts=[]),
    "no payloads": changed(payloads=None),
    "a payload without a commitment": changed(payloads={"text": "x"}),
    "evidence that is a word": changed(evidence=DIGEST),
    "a list": b"[]",
    "nothing": b"",
    "no UTF-8": b"\xff",
    "deep": b"[" * 4000,
}  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_an_entry_has_one_spelling(text: bytes) -> None:
    with pytest.raises(EntryError):
        parse_entry(text)


@given(st.binary(max_size=200))
def test_reading_anything_fails_with_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(EntryError):
        parse_entry(data)


@given(
    st.dictionaries(
        st.sampled_from(["status", "duration_us", "key", "attempt"]),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-(2**53) + 1, 2**53 - 1),
            st.from_regex(r"[A-Za-z0-9._:+/=-]{0,60}", fullmatch=True),
            st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), max_size=16),
        ),
    )
)
def test_every_allowed_fact_survives(facts: dict[str, Any]) -> None:
    assert parse_entry(leaf(facts=facts)).facts == facts
