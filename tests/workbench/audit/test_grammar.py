"""The fast reader of entries reads what the rules read, and nothing they refuse."""

import json
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from toolvet.audit import grammar
from toolvet.audit.entries import parse_entry, read_by_rules, seal
from toolvet.audit.errors import EntryError
from toolvet_reviews import digests
from toolvet_reviews.events import EntryDraft, Outcome, Verb
from toolvet_reviews.values import AuthMethod, PrincipalKind, Seat, Tier

WORDS = st.from_regex(r"[A-Za-z0-9._:+/=-]{0,120}", fullmatch=True)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
DIGESTS = st.binary(min_size=1, max_size=4).map(digests.sha256)
ITEMS = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), WORDS)
DRAFTS = st.builds(
    EntryDraft,
    verb=st.sampled_from(Verb),
    actor=WORDS,
    actor_kind=st.sampled_from(get_args(PrincipalKind)),
    auth=st.sampled_from(get_args(AuthMethod)),
    seat=st.sampled_from(get_args(Seat)),
    target_kind=WORDS,
    target_id=WORDS,
    on_behalf_of=st.none() | WORDS,
    digest=st.none() | DIGESTS,
    outcome=st.sampled_from(get_args(Outcome)),
    code=WORDS,
    policy=st.none() | DIGESTS,
    evidence=st.lists(DIGESTS, max_size=3).map(tuple),
    tier=st.none() | st.sampled_from(get_args(Tier)),
    act=st.none() | DIGESTS,
    facts=st.dictionaries(NAMES, ITEMS | st.lists(ITEMS, max_size=4), max_size=4),
    payloads=st.dictionaries(NAMES, st.integers(0, 9), max_size=3),
)
MOMENT = "2026-11-21T11:42:14.123456Z"
PIECES = st.sampled_from(
    [b'"', b"\\", b"\\u0061", b",", b":", b"{", b"}", b"[", b"]", b" ", b"\n", b"-0", b"1.0", b"1e3"]
    + [b"NaN", b"null", b"true", b"00", b"9" * 17, b'"a":1,', b'"a":', b"\xff", "ü".encode()]
)  # fmt: skip


def sealed(draft: EntryDraft, index: int = 7) -> bytes:
    return seal(draft, index, MOMENT, dict.fromkeys(draft.payloads, bytes(32))).leaf


def by_rules(leaf: bytes) -> Any:
    try:
        return read_by_rules(leaf)
    except EntryError:
        return None


@given(DRAFTS, st.integers(0, 2**53 - 1))
def test_every_entry_that_is_written_is_read_alike(draft: EntryDraft, index: int) -> None:
    leaf = sealed(draft, index)

    assert parse_entry(leaf) == read_by_rules(leaf)


@given(st.data())
def test_a_damaged_entry_is_read_as_the_rules_read_it_or_refused(data: st.DataObject) -> None:
    leaf = sealed(data.draw(DRAFTS))
    start = data.draw(st.integers(0, len(leaf)))
    end = data.draw(st.integers(start, min(len(leaf), start + 4)))
    damaged = leaf[:start] + data.draw(PIECES) + leaf[end:]

    found = grammar.read(damaged.decode("latin-1"))

    expected = by_rules(damaged)
    assert found is None or (expected is not None and found == vars(expected))


@given(DRAFTS, st.sampled_from(["facts", "payloads"]), st.data())
def test_keys_in_disorder_and_keys_there_twice_are_refused(
    draft: EntryDraft, field: str, data: st.DataObject
) -> None:
    entry = json.loads(sealed(draft))
    pairs = [f'"{name}":{json.dumps(value, separators=(",", ":"))}' for name, value in entry[field].items()]  # fmt: skip
    mixed = data.draw(st.permutations(pairs + data.draw(st.lists(st.sampled_from(pairs or [""])))))
    mark = f'"{field}":{{'
    before, _, rest = sealed(draft).decode().partition(mark)
    leaf = (before + mark + ",".join(mixed) + rest[len(",".join(pairs)) :]).encode()

    found = grammar.read(leaf.decode("latin-1"))

    expected = by_rules(leaf)
    assert found is None or (expected is not None and found == vars(expected))


def test_the_usual_entry_is_read_the_fast_way() -> None:
    facts = {"status": "succeeded", "duration_us": 1500, "version": 1, "replayed": False}
    draft = EntryDraft(Verb.CALL_RUN, "a", "agent", "token", "mcp", "call", "b", facts=facts)

    assert grammar.read(sealed(draft).decode()) is not None
