"""Every attack of the table, in the strongest tier that holds here and in tier C, as root and as a user.

Both users' sieges of a tier run side by side, in programs of their own; tests read what came of them.
"""

import os
import re
from pathlib import Path

import pytest
from hostile_probes import PROBES
from hostile_scenarios import SCENARIOS
from hostile_sieges import Sieges
from hostile_walls import strongest, walls_of

import toolvet.sandbox
from toolvet_reviews.values import Tier

USERS = ("root", "an ordinary user") if os.getuid() == 0 else ("an ordinary user",)
GROUPS = (*dict.fromkeys(probe.group for probe in PROBES), "from call to call", "afterwards")
SECURITY = Path(toolvet.sandbox.__file__).parents[3] / "docs" / "security.md"
"""Not there where an installed wheel is tested."""


def _tier(asked: str) -> Tier:
    tier: Tier = "C" if asked == "C" else strongest()
    if tier == "none" or walls_of(tier).tier == "none":
        pytest.skip(f"no walls of this kind hold here: {walls_of(tier).reason}")
    return tier


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("asked", ["the strongest", "C"])
@pytest.mark.parametrize("group", GROUPS)
def test_every_attack_ends_as_the_tier_promises(
    sieges: Sieges, group: str, asked: str, user: str
) -> None:
    tier = _tier(asked)
    for each in USERS:
        sieges.begin(tier if each == "root" else _of_a_user(tier), each)

    found = sieges.found(tier if user == "root" else _of_a_user(tier), user)

    mine = {name: how for name, how in found.items() if name.startswith(f"{group}:")}
    assert mine
    assert {name: how for name, how in mine.items() if how} == {}


def _of_a_user(tier: Tier) -> Tier:
    """Walls that a user can build; a cgroup is rarely theirs."""
    return "B" if tier == "A" and os.getuid() == 0 else tier


def test_the_table_is_as_large_as_it_says() -> None:
    names = [(probe.group, probe.name) for probe in PROBES]

    assert len(set(names)) == len(names)
    assert len(names) + len(SCENARIOS) > 300


@pytest.mark.skipif(not SECURITY.exists(), reason="the page is not part of a wheel")
def test_what_tier_c_does_not_stop_is_said_on_the_page() -> None:
    page = re.sub(r"\s+", " ", SECURITY.read_text())
    said = {probe.not_in_c for probe in PROBES if probe.not_in_c not in ("", "-")}

    assert {words for words in said if words not in page} == set()
