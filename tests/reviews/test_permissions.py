"""Permissions: calling is granted, never implied; the matcher cannot be made to crawl."""

import fnmatch
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.errors import ReviewError
from toolvet_reviews.permissions import (
    glob,
    is_expired,
    may_call,
    may_see_proposal,
    require_role,
)
from toolvet_reviews.principals import Caller, Grant, Principal
from toolvet_reviews.values import EFFECT_KINDS, EffectKind, Role

NOW = "2026-11-21T12:00:00.000000Z"
AGENT = Principal("agent-1", "bot", "agent", frozenset({"author", "caller"}), sponsor="ann")
GRANT = Grant("g1", "agent-1", "growth/send_*", "write")


def calls(
    grant: Grant, toolset: str = "growth", name: str = "send_mail", kind: EffectKind = "write"
) -> bool:
    return may_call(AGENT, [grant], toolset, name, kind, NOW)


def test_without_a_grant_the_answer_is_no():
    assert not may_call(AGENT, [], "default", "anything", "pure", NOW)


def test_a_grant_lets_call_what_it_names_up_to_its_kind():
    assert [calls(GRANT, kind=kind) for kind in EFFECT_KINDS] == [True, True, True, False]


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, to="agent-2"),
        replace(GRANT, to="role:reviewer"),
        replace(GRANT, to="role:agent-1"),
        replace(GRANT, to=""),
        replace(GRANT, tool="growth/read_*"),
        replace(GRANT, tool="*"),
        replace(GRANT, tool="*/*/*"),
        replace(GRANT, tool=""),
        replace(GRANT, expires="2026-11-21T12:00:00Z"),
        replace(GRANT, expires="2026-11-21T13:00:00+02:00"),
        replace(GRANT, expires="tomorrow"),
        replace(GRANT, expires="2027-01-01T00:00:00"),
    ],
)
def test_a_grant_that_does_not_fit_grants_nothing(grant: Grant):
    assert not calls(grant)


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, to="role:caller"),
        replace(GRANT, tool="*/*"),
        replace(GRANT, tool="gro*/send_????"),
        replace(GRANT, expires="2026-11-21T12:00:00.000001Z"),
    ],
)
def test_a_grant_that_fits_grants(grant: Grant):
    assert calls(grant)


def test_a_pattern_without_a_slash_is_about_the_default_toolset():
    everything = replace(GRANT, tool="*")

    assert may_call(AGENT, [everything], "default", "summary", "pure", NOW)
    assert not may_call(AGENT, [everything], "growth", "summary", "pure", NOW)


def test_a_principal_that_was_revoked_calls_nothing():
    gone = replace(AGENT, active=False)

    assert not may_call(gone, [replace(GRANT, tool="*/*")], "growth", "a", "pure", NOW)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_the_matcher_answers_like_the_standard_library(pattern: str, text: str):
    assert glob(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_many_stars_do_not_make_it_crawl():
    assert not glob("*a" * 200 + "b", "a" * 5000)


@given(st.text(max_size=30))
def test_a_time_that_cannot_be_read_has_come(text: str):
    assert is_expired(text, NOW) in (True, False)
    assert is_expired(text + "x", NOW)


@pytest.mark.parametrize(
    ("who", "roles", "sees"),
    [
        ("author-1", ["author"], True),
        ("sponsor-1", [], True),
        ("author-2", ["author", "caller"], False),
        ("x", ["reviewer"], True),
        ("x", ["auditor"], True),
        ("x", ["operator"], True),
        ("x", ["caller"], False),
    ],
)
def test_an_author_sees_only_its_own_proposals(who: str, roles: list[Role], sees: bool):
    caller = Caller(Principal(who, who, "human", frozenset(roles)), "token", "http")

    assert may_see_proposal(caller, "author-1", "sponsor-1") is sees


def test_a_missing_role_is_refused_with_a_code():
    caller = Caller(AGENT, "token", "mcp")

    require_role(caller, "author", "reviewer")
    with pytest.raises(ReviewError) as caught:
        require_role(caller, "reviewer", "operator")

    assert caught.value.code == "auth.role"
