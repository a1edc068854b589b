"""Walls weaker than those a release was approved in: not served without a person's word in the log."""

import asyncio
import json
from pathlib import Path

import house
import pytest
from furniture import Furnished
from house import House

from toolvet.engine.doctor import doctor
from toolvet.errors import KNOWN, ToolNotFoundError
from toolvet.sandbox import TierReport, probe
from toolvet_reviews.values import TIERS, JsonObject, Tier
from toolvet_reviews.views import DoctorLine

ADD: JsonObject = {"first": 1, "second": 1}


def weaker(furnished_on: Tier) -> TierReport:
    """Walls that hold here and are weaker than those of the furnished home."""
    for tier in ("C", "B"):
        if TIERS.index(tier) < TIERS.index(furnished_on):
            report = probe(force=tier)
            if report.tier == tier:
                return report
    pytest.skip("no weaker walls hold here")


async def _log_in(home: House, furnished: Furnished) -> None:
    for name, member in furnished.members.items():
        known = await asyncio.to_thread(home.log_in, member) if member.key else member
        home.members[name] = known


async def _consent(home: House, tier: Tier) -> None:
    def sign() -> None:
        signed = home.pen(home.person).consent(tier)
        home.of(home.person).consent(signed.envelope, signed.document)

    await asyncio.to_thread(sign)


def _codes(lines: list[DoctorLine]) -> set[str]:
    return {line.code for line in lines if not line.ok}


def test_a_release_is_served_in_weaker_walls_only_after_a_signed_consent(
    furnished: Furnished, tmp_path: Path
) -> None:
    settings = house.copy_home(furnished.settings, tmp_path)
    walls = weaker(probe().tier)
    tier = walls.tier

    async def before() -> None:
        async with house.enter(settings, furnished.members["person"], tier=walls) as home:
            await _log_in(home, furnished)
            services, bot = home.services, home.members["bot"]
            person = await home.caller(home.person)
            assert services.catalogue.snapshot.served == {}
            with pytest.raises(ToolNotFoundError):
                await home.call(bot, "add", ADD)
            ill = [line for line in await doctor(services, person) if not line.ok]
            assert _codes(ill) >= {"tool.tier_too_low"}
            told = next(line for line in ill if line.code == "tool.tier_too_low")
            assert f"`toolvet consent {tier}`" in told.hint
            await _consent(home, tier)
            assert "add" in services.catalogue.snapshot.served
            called = await home.call(bot, "add", ADD)
            assert (called.status, called.result, called.tier) == ("succeeded", 2, tier)
            lines = await doctor(services, person)
            assert "tool.tier_too_low" not in _codes(lines)
            assert any(f"consented to, in the log: tier {tier}" in line.message for line in lines)

    async def after() -> None:
        async with house.enter(settings, furnished.members["person"], tier=walls) as home:
            await _log_in(home, furnished)
            called = await home.call(home.members["bot"], "add", ADD)
            assert (called.status, called.tier) == ("succeeded", tier)

    asyncio.run(before())
    asyncio.run(after())


def test_nobody_but_a_person_with_a_key_and_the_role_consents(
    furnished: Furnished, tmp_path: Path
) -> None:
    settings = house.copy_home(furnished.settings, tmp_path)
    walls = weaker(probe().tier)

    async def play() -> None:
        async with house.enter(settings, furnished.members["person"], tier=walls) as home:
            await _log_in(home, furnished)
            size = home.services.standing.ledger.consents
            assert size == {}

            def sign(name: str) -> None:
                signed = home.pen(home.members[name]).consent(walls.tier)
                home.of(home.members[name]).consent(signed.envelope, signed.document)

            def borrow() -> None:
                signed = home.pen(home.person).consent("B" if walls.tier == "C" else "C")
                other = home.pen(home.person).consent(walls.tier)
                home.of(home.person).consent(signed.envelope, other.document)

            for attempt in (lambda: sign("ada"), borrow):
                with pytest.raises(KNOWN):
                    await asyncio.to_thread(attempt)
            # a row without its act counts for nothing: what is served follows from the log
            await home.services.store.write(lambda unit: unit.consents.add(walls.tier, 1))
            home.services.catalogue.rebuild(home.services.standing.ledger.size)
            assert home.services.catalogue.snapshot.served == {}
            person = await home.caller(home.person)
            assert "tool.tier_too_low" in _codes(await doctor(home.services, person))

    asyncio.run(play())


def test_where_no_walls_hold_nothing_is_served_whatever_was_consented_to(
    furnished: Furnished, tmp_path: Path
) -> None:
    settings = house.copy_home(furnished.settings, tmp_path)
    nowhere = TierReport("none", (), "no walls here", "build some")

    async def play() -> None:
        async with house.enter(settings, furnished.members["person"], tier=nowhere) as home:
            await _consent(home, "C")
            assert home.services.catalogue.snapshot.served == {}
            person = await home.caller(home.person)
            lines = await doctor(home.services, person)
            told = next(line for line in lines if line.code == "sandbox.unavailable")
            assert (told.message, told.hint) == ("no walls here", "build some")

    asyncio.run(play())


def test_a_dossier_and_a_call_name_the_walls(furnished: Furnished, tmp_path: Path) -> None:
    settings = house.copy_home(furnished.settings, tmp_path)

    async def play() -> None:
        async with house.enter(settings, furnished.members["person"]) as home:
            await _log_in(home, furnished)
            held = home.services.tier.tier
            waiting = furnished.proposals["multiply"]
            shown = await asyncio.to_thread(home.client.show, waiting)
            dossier = json.loads(await asyncio.to_thread(home.client.dossier, waiting))
            assert {one.tier for one in shown.evidence if one.tier} == {held}
            assert dossier["tier"] == held
            assert (await home.call(home.members["bot"], "add", ADD)).tier == held

    asyncio.run(play())
