"""What a tier of walls may serve: a table of hosts, approvals and consents."""

from typing import Any

import pytest

from toolvet_reviews import tiers
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.values import TIERS, Digest, Tier

DIGEST = Digest("sha256:" + "0" * 64)


def release(lowest: Tier, network: list[Any] | None = None, processes: int = 0) -> Manifest:
    definition = ToolDefinition("add", "Add", "Add.", {}, {}, {})
    effects: dict[str, Any] = {"kind": "pure", "network": network or []}
    limits: dict[str, Any] = {"processes": processes}
    return Manifest(
        "default",
        "default",
        "add",
        "add:add",
        DIGEST,
        None,
        definition,
        effects,
        None,
        limits,
        {},
        lowest,
        "1",
    )


@pytest.mark.parametrize(
    ("approved", "held", "consents", "code"),
    [
        ("B", "B", [], ""),
        ("B", "A", [], ""),
        ("C", "A", [], ""),
        ("A", "B", [], "tool.tier_too_low"),
        ("B", "C", [], "tool.tier_too_low"),
        ("A", "B", ["B"], ""),
        ("A", "B", ["C"], ""),
        ("A", "C", ["B"], "tool.tier_too_low"),
        ("A", "C", ["A"], "tool.tier_too_low"),
        ("B", "C", ["B", "C"], ""),
        ("C", "none", ["C"], "tool.tier_too_low"),
        ("C", "none", ["none"], "tool.tier_too_low"),
    ],
)
def test_a_release_is_served_where_walls_are_as_strong_or_weaker_ones_were_consented_to(
    approved: Tier, held: Tier, consents: list[Tier], code: str
) -> None:
    why = tiers.refusal(release(approved), held, consents)

    assert (why.code if why else "") == code


@pytest.mark.parametrize("held", TIERS)
def test_what_tier_c_cannot_show_is_not_served_there_whatever_was_consented_to(held: Tier) -> None:
    why = tiers.refusal(release("C", network=[{"host": "a.example"}]), held, ["C"])

    assert (why.code if why else "") == {
        "none": "tool.tier_too_low",
        "C": "sandbox.tier",
    }.get(held, "")


@pytest.mark.parametrize("held", TIERS)
def test_processes_of_ones_own_need_a_cap_of_them_all(held: Tier) -> None:
    why = tiers.refusal(release("C", processes=2), held, ["C"])

    assert (why.code if why else "") == {"none": "tool.tier_too_low", "A": ""}.get(
        held, "sandbox.tier_processes"
    )


def test_a_refusal_names_the_command_that_would_consent() -> None:
    why = tiers.refusal(release("A"), "B", [])

    assert why is not None
    assert "`toolvet consent B`" in why.hint


def test_nothing_is_to_be_consented_to_where_no_walls_hold() -> None:
    why = tiers.refusal(release("A"), "none", [])

    assert why is not None
    assert "consent" not in why.hint
