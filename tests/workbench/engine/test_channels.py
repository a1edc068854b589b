"""Channels: rolled back by a signature, stopped by a login, the same after a restart."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import house
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import House

from toolvet.audit.keys import PersonKey, prove_possession
from toolvet.engine import claims, disable, notary, person_keys, tools
from toolvet.engine.doctor import doctor
from toolvet.errors import KNOWN, CallInProgressError, HomeError, ToolNotFoundError
from toolvet_reviews.values import JsonObject

OpenCopy = Callable[[Path], AbstractAsyncContextManager[House]]


def test_rolling_back_and_disabling_follow_each_other_and_survive_a_restart(
    open_copy: OpenCopy, tmp_path: Path
) -> None:
    async def before() -> None:
        async with open_copy(tmp_path) as home:
            services, person = home.services, await home.caller(home.person)
            bot, served = home.members["bot"], services.catalogue.snapshot.served
            assert served["add"].version == 2
            view = await home.rollback("add", 1, said="the second was slower")
            assert (view.version, view.served, view.kind) == (1, True, "pure")
            assert view.description
            assert services.catalogue.snapshot.served["add"].version == 1
            assert (await home.call(bot, "add", {"first": 1, "second": 1})).version == 1
            await disable.disable(services, person, "add", "broken")
            with pytest.raises(ToolNotFoundError):
                await home.call(bot, "add", {"first": 1, "second": 1})
            with pytest.raises(ToolNotFoundError):
                await disable.disable(services, person, "add", "again")
            await home.rollback("add", 2)
            assert (await home.call(bot, "add", {"first": 1, "second": 1})).version == 2
            await disable.disable(services, person, "add", "for good", what="release")
            with pytest.raises(KNOWN) as stopped:
                await home.rollback("add", 2)
            assert getattr(stopped.value, "code", "") == "release.stopped"
            await home.rollback("add", 1)
            kind = (await home.rollback("deliver", 1)).kind
            assert kind == "write"

    async def after() -> None:
        async with open_copy(tmp_path) as home:
            services, person = home.services, await home.caller(home.person)
            assert services.catalogue.snapshot.served["add"].version == 1
            assert not [line for line in await doctor(services, person) if not line.ok]
            assert not services.standing.ledger.channel_problems(services.catalogue.name_of)
            shown = await tools.tools(services, person, everything=True)
            assert {one.name for one in shown} >= {"add", "clip", "deliver"}

    asyncio.run(before())
    asyncio.run(after())


def test_what_is_served_follows_also_while_no_checkpoint_can_be_written(
    open_copy: OpenCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            services, person = home.services, await home.caller(home.person)
            with monkeypatch.context() as patch:
                patch.setattr(notary, "_replace", full)
                await disable.disable(services, person, "add", "broken")
                assert "add" not in services.catalogue.snapshot.served
            await disable.disable(services, person, "clip", "too")
            await asyncio.to_thread(services.standing.settle)
            signed = services.standing.signed
            assert signed is not None
            assert signed.size == services.standing.ledger.size

    asyncio.run(play())


def test_what_a_crash_left_running_may_run_again_at_once(
    open_copy: OpenCopy, tmp_path: Path
) -> None:
    """A claim of a process that is gone is released at start, not when its lease ends."""
    asked: JsonObject = {"campaign": "crashed", "recipients": ["a"], "broken": []}

    async def before() -> None:
        async with open_copy(tmp_path) as home:
            services, bot = home.services, await home.caller(home.members["bot"])
            served = services.catalogue.snapshot.served["deliver"]
            wanted = claims.operation(served, bot, asked, None)
            moment = services.clock().timestamp()
            await services.store.write(
                lambda unit: claims.claim(unit, wanted, now=moment, lease_s=900.0, owner="dead")
            )
            with pytest.raises(CallInProgressError):
                await home.call(home.members["bot"], "deliver", asked)

    async def after() -> None:
        async with open_copy(tmp_path) as home:
            answer = await home.call(home.members["bot"], "deliver", asked)
            assert (answer.status, answer.replayed) == ("succeeded", False)

    asyncio.run(before())
    asyncio.run(after())


@pytest.mark.parametrize("preset", ["team", "regulated"])
def test_a_home_of_another_preset_starts_with_its_policy_and_nothing_served(
    tmp_path: Path, preset: str
) -> None:
    async def play() -> None:
        async with house.new_house(tmp_path, preset) as home:
            assert home.services.standing.rules.preset == preset
            assert not home.services.catalogue.snapshot.served
            person = await home.caller(home.person)
            assert not [line for line in await doctor(home.services, person) if not line.ok]

    asyncio.run(play())


def test_a_second_first_key_is_refused_and_a_home_is_made_once(tmp_path: Path) -> None:
    async def play() -> None:
        async with house.new_house(tmp_path) as home:
            key = PersonKey(Ed25519PrivateKey.generate())
            proof = prove_possession(key, home.services.service_id)
            caller = await home.caller(home.person)
            with pytest.raises(person_keys.KeyPinnedError):
                await person_keys.pin_first_key(home.services, caller, key.public.hex(), proof)

    asyncio.run(play())
    with pytest.raises(HomeError):
        house.init_home(
            house.settings_in(tmp_path),
            preset_name="solo",
            person_name="me",
            progress=lambda _: None,
        )
