"""The effect ledger: what is declared held against what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import effect_ledger
from toolvet_reviews.bundle import Credential, Effects, FileMount, NetworkRule
from toolvet_reviews.effect_ledger import Entry, Ledger, Observed

EFFECTS = Effects(
    kind="write",
    network=(
        NetworkRule("mail.example.com", 587, "smtp", credential=Credential("M", "smtp-login")),
    ),
    files=(FileMount("traces", "read"),),
    store=("sent",),
)


def reconcile(*observed: Observed) -> Ledger:
    return effect_ledger.reconcile(
        effect_ledger.declared(EFFECTS), observed, watched_by="strace", runs=2
    )


def by_name(ledger: Ledger) -> dict[str, Entry]:
    return {entry.name: entry for entry in ledger.entries}


def test_everything_declared_is_in_the_ledger_whether_or_not_it_was_seen() -> None:
    found = by_name(reconcile(Observed("store", "sent", "put")))

    assert {name: entry.verdict for name, entry in found.items()} == {
        "mail.example.com:587": "unseen",
        "traces": "unseen",
        "sent": "seen",
    }


def test_what_is_not_declared_names_the_line_that_asked_for_it_and_comes_first() -> None:
    first = reconcile(
        Observed("store", "sent", "put"),
        Observed("files", "/etc/passwd", "read", refused=True, path="tool.py", line=12),
    ).entries[0]

    assert (first.verdict, first.name, first.path, first.line) == (
        "undeclared", "/etc/passwd", "tool.py", 12,
    )  # fmt: skip
    assert effect_ledger.in_words(first) == ("file /etc/passwd: read (once, refused) at tool.py:12")


def test_the_same_name_in_another_area_is_another_effect() -> None:
    verdicts = {
        (entry.area, entry.name): entry.verdict
        for entry in reconcile(Observed("tools", "sent")).entries
    }

    assert verdicts["tools", "sent"] == "undeclared"
    assert verdicts["store", "sent"] == "unseen"


def test_an_attempt_that_no_line_asked_for_is_unclear_until_a_line_is_known() -> None:
    habit = Observed("files", "/etc/gshadow", "read", refused=True, is_certain=False)
    asked = Observed("files", "/etc/gshadow", "read", refused=True, path="tool.py", line=3)

    assert by_name(reconcile(habit))["/etc/gshadow"].verdict == "unclear"
    assert by_name(reconcile(habit, asked))["/etc/gshadow"].verdict == "undeclared"
    assert by_name(reconcile(asked, habit))["/etc/gshadow"].verdict == "undeclared"


def test_what_happens_often_is_counted_and_its_ways_are_named_once() -> None:
    put = Observed("store", "sent", "put")

    entry = by_name(reconcile(put, put, Observed("store", "sent", "get", count=3)))["sent"]

    assert (entry.count, entry.ways) == (5, ("put", "get"))


def test_a_flood_of_effects_keeps_the_worst_and_counts_the_rest() -> None:
    names = [Observed("files", f"/x/{number}", "read") for number in range(500)]

    ledger = reconcile(*names)

    assert len(ledger.entries) == effect_ledger.MOST_ENTRIES
    assert ledger.left_out > 0
    assert {entry.verdict for entry in ledger.entries} == {"undeclared"}


TEXT = st.text(max_size=60)
OBSERVED = st.builds(
    Observed,
    st.sampled_from(["network", "files", "store", "tools", "secrets", "processes", "system"]),
    TEXT,
    TEXT,
    st.booleans(),
    TEXT,
    st.integers(0, 10_000),
    st.booleans(),
    st.integers(1, 100),
)


@given(st.lists(OBSERVED, max_size=20))
def test_ledgers_and_observations_are_read_back_as_they_were_written(seen: list[Observed]) -> None:
    gathered = effect_ledger.gathered(seen)
    ledger = reconcile(*seen)

    written = [effect_ledger.observed_to_json(one) for one in gathered]
    assert effect_ledger.observed_from_json([*written]) == gathered
    assert effect_ledger.from_json(effect_ledger.to_json(ledger)) == ledger


@given(st.lists(OBSERVED, max_size=20))
def test_nothing_observed_is_ever_lost_or_excused(seen: list[Observed]) -> None:
    entries = {(entry.area, entry.name): entry for entry in reconcile(*seen).entries}
    promised = set(effect_ledger.declared(EFFECTS))

    for one in seen:
        verdict = entries[one.area, one.name].verdict
        assert verdict == "seen" if (one.area, one.name) in promised else verdict != "seen"
        if (one.area, one.name) not in promised and one.is_certain:
            assert verdict == "undeclared"


@pytest.mark.parametrize("value", [None, [], {}, {"schema": "toolvet/effects/v2"}, {"entries": 1}])
def test_what_is_no_ledger_is_read_as_none(value: None) -> None:
    assert effect_ledger.from_json(value) is None
