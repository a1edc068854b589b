"""The fast reader of entries reads what the rules read, and nothing they refuse."""

import json
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolvet.audit import grammar
from toolvet.audit.entries import parse_entry, read_by_rules, seal
from toolvet.audit.errors import EntryError
from toolvet_reviews import digests
from toolvet_reviews.events import FACTS, EntryDraft, Outcome, Verb
from toolvet_reviews.values import AuthMethod, PrincipalKind, Seat, Tier

WORDS = st.text("azAZ09._:+/=-", max_size=12)
NAMES = st.sampled_from(["a", "b", "key", "key_2", "status"])
DIGESTS = st.binary(min_size=1, max_size=4).map(digests.sha256)
ITEMS = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), WORDS)


@st.composite
def drafts(draw: st.DrawFn) -> EntryDraft:
    verb = draw(st.sampled_from(Verb))
    names = sorted(FACTS[verb])
    values = ITEMS | st.lists(ITEMS, max_size=4)
    facts: dict[str, Any] = {}
    if names:
        facts = draw(st.dictionaries(st.sampled_from(names), values, max_size=4))
    return EntryDraft(
        verb,
        draw(WORDS),
        draw(st.sampled_from(get_args(PrincipalKind))),
        draw(st.sampled_from(get_args(AuthMethod))),
        draw(st.sampled_from(get_args(Seat))),
        draw(WORDS),
        draw(WORDS),
        on_behalf_of=draw(st.none() | WORDS),
        digest=draw(st.none() | DIGESTS),
        outcome=draw(st.sampled_from(get_args(Outcome))),
        code=draw(WORDS),
        policy=draw(st.none() | DIGESTS),
        evidence=tuple(draw(st.lists(DIGESTS, max_size=3))),
        tier=draw(st.none() | st.sampled_from(get_args(Tier))),
        act=draw(st.none() | DIGESTS),
        facts=facts,
        payloads=draw(st.dictionaries(NAMES, st.integers(0, 9), max_size=3)),
    )


DRAFTS = drafts()
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOMENT = "2026-11-21T11:42:14.123456Z"
BITS = rb"""" \ \u0061 , : { } [ ] -0 1.0 1e3 NaN null true 00 99999999999999999 "a":1, "a": """
PIECES = st.sampled_from([*BITS.split(), b" ", b"\n", b"\xff", "ü".encode()])


def sealed(draft: EntryDraft, index: int = 7) -> bytes:
    return seal(draft, index, MOMENT, dict.fromkeys(draft.payloads, bytes(32))).leaf


def by_rules(leaf: bytes) -> Any:
    try:
        return read_by_rules(leaf)
    except EntryError:
        return None


@unhurried
@given(DRAFTS, st.integers(0, 2**53 - 1))
def test_every_entry_that_is_written_is_read_alike(draft: EntryDraft, index: int) -> None:
    leaf = sealed(draft, index)

    assert parse_entry(leaf) == read_by_rules(leaf)


@unhurried
@given(st.data())
def test_a_damaged_entry_is_read_as_the_rules_read_it_or_refused(data: st.DataObject) -> None:
    leaf = sealed(data.draw(DRAFTS))
    start = data.draw(st.integers(0, len(leaf)))
    end = data.draw(st.integers(start, min(len(leaf), start + 4)))
    damaged = leaf[:start] + data.draw(PIECES) + leaf[end:]

    found = grammar.read(damaged.decode("latin-1"))

    expected = by_rules(damaged)
    assert found is None or (expected is not None and found == vars(expected))


@unhurried
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
