"""A house in which verification costs nothing, for tests of what people say about a proposal.

Only intake, environment and interface really look; every other check brings what a test plants.
"""

import asyncio
import itertools
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import furniture
import pytest
from house import House, Member, new_house

from toolvet.checks import CHECKS, verify_bundle
from toolvet.checks.local import Verified
from toolvet.client.client import Client
from toolvet.engine import look, revise, verify
from toolvet.engine.change_requests import Answer
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import Digest
from toolvet_reviews.views import ProposalView

_REAL = ("intake", "environment", "interface")


@dataclass
class Planted:
    """What checks bring from now on, by name; the rest passes."""

    found: dict[str, Evidence] = field(default_factory=dict[str, Evidence])

    def of(self, check: str, tier: Any) -> Evidence:
        said = {"repeat_equal": True, "log_events": 1, "rollback_rehearsed": True}
        good = Evidence(check, "passed", "canned", tier=tier, measurements={**said})
        return replace(self.found.get(check, good), tier=tier, inputs=Digest(f"{check}-canned"))


@contextmanager
def planted() -> Generator[Planted]:
    """Plant what checks bring, in every house that is opened meanwhile."""
    now = Planted()

    async def planting(*arguments: Any, **options: Any) -> Verified:
        chosen = tuple(check for check in CHECKS if check.name in _REAL)
        found = await verify_bundle(*arguments, **{**options, "checks": chosen})
        for check in CHECKS:
            if check.name not in _REAL:
                await options["store"](now.of(check.name, options["tier"]))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "verify_bundle", planting)
        yield now


def called(name: str, files: dict[str, str]) -> dict[str, str]:
    """The same tool under another name, with a last line of its own: nobody submits files twice."""
    named = furniture.renamed(name, files)
    return {**named, "add.py": f"{named['add.py']}# {name.encode().hex()}\n"}


@dataclass
class Talk:
    """A house, its author `bot`, the reviewers `ada` and `ben`, the reviewing agent `critic`."""

    home: House
    planted: Planted
    runner: asyncio.Runner
    names: Iterator[int]

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def member(self, name: str) -> Member:
        return self.home.person if name == "person" else self.home.members[name]

    def ask(self, name: str, what: str, *words: Any, **options: Any) -> Any:
        """Have somebody use a method of the client."""
        client: Client = self.home.client if name == "local" else self.home.of(self.member(name))
        return self.run(asyncio.to_thread(getattr(client, what), *words, **options))

    def proposal(self, files: dict[str, str] | None = None) -> ProposalView:
        """Submit the usual tool under a name of its own."""
        name = f"tool{next(self.names)}"
        return self.run(self.home.submit(self.member("bot"), called(name, files or furniture.ADD)))

    def revised(
        self, view: ProposalView, files: dict[str, str], *, answers: tuple[Answer, ...] = ()
    ) -> ProposalView:
        """Hand in other files for a proposal, and wait for the verdict."""

        async def send() -> ProposalView:
            caller = await self.home.caller(self.member("bot"))
            sent = {path: text.encode() for path, text in called(view.tool, files).items()}
            services = self.home.services
            await revise.revise(services, caller, view.id, sent, answers=answers)
            return await self.home.verdict(view.id)

        return self.run(send())

    def shown(self, name: str, proposal: str) -> ProposalView:
        """What somebody sees of a proposal."""

        async def go() -> ProposalView:
            caller = await self.home.caller(self.member(name))
            return await look.show(self.home.services, caller, proposal)

        return self.run(go())


@contextmanager
def talk(folder: Path) -> Generator[Talk]:
    """Open such a house."""
    with planted() as now, asyncio.Runner() as runner:
        opened = new_house(folder)
        home = runner.run(opened.__aenter__())
        try:
            runner.run(home.agent("bot"))
            runner.run(home.agent("critic", ("reviewer",)))
            for name in ("ada", "ben"):
                runner.run(home.human(name))
            yield Talk(home, now, runner, itertools.count(1))
        finally:
            runner.run(opened.__aexit__(None, None, None))
