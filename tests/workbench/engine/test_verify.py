"""Verification goes on where it was, whatever ended the service, and never ends in silence."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Any

import furniture
import house
import pytest
from furniture import Furnished
from house import House

from toolvet.engine import look, submit, verdict, verify, withdraw
from toolvet.errors import StorageError
from toolvet_reviews.views import ProposalView

OpenCopy = Callable[[Path], AbstractAsyncContextManager[House]]


async def sent(home: House, name: str, *, again: bool = False) -> ProposalView:
    files = {path: text.encode() for path, text in furniture.renamed(name).items()}
    bot = await home.caller(home.members["bot"])
    return await submit.submit(home.services, bot, files, again=again)


def test_a_service_that_ends_in_the_middle_leaves_no_verdict_and_goes_on(
    open_copy: OpenCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = verdict.keep
    found = threading.Event()

    def noticed(*what: Any) -> None:
        found.set()
        keep(*what)

    async def begin() -> str:
        async with open_copy(tmp_path) as home:
            monkeypatch.setattr(verify, "keep", noticed)
            view = await sent(home, "interrupted")
            await asyncio.to_thread(found.wait, house.VERDICT_S)
            return view.id

    async def end(proposal: str) -> None:
        async with open_copy(tmp_path) as home:
            view = await home.verdict(proposal)
            assert (view.state, view.reason) == ("reviewing", "")
            assert not home.services.standing.ledger.problems

    asyncio.run(end(asyncio.run(begin())))


KILLED = """
import asyncio, os, sys
from pathlib import Path

import furniture
import house
from toolvet.engine import submit, verdict, verify
from toolvet.engine.authenticate import authenticate
from toolvet.wiring.services import open_services

keep = verify.keep

def deadly(parts, unit, proposal, revision, evidence):
    if evidence.check == "semgrep":
        os.kill(os.getpid(), 9)
    keep(parts, unit, proposal, revision, evidence)

verify.keep = deadly

async def main():
    async with open_services(house.settings_in(Path(sys.argv[1]))) as services:
        bot = await authenticate(services, sys.argv[2], "cli")
        files = {path: text.encode() for path, text in furniture.renamed("killed").items()}
        view = await submit.submit(services, bot, files)
        print(view.id, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_verification_that_was_killed_is_concluded_from_what_was_found(
    furnished: Furnished, open_copy: OpenCopy, tmp_path: Path
) -> None:
    house.copy_home(furnished.settings, tmp_path)
    tests = Path(house.__file__).parent
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), tmp_path, furnished.members["bot"].token],
        cwd=tests,
        env={**os.environ, "PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    proposal = killed.stdout.strip()

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            view = await home.verdict(proposal)
            assert view.state == "reviewing"
            assert "semgrep" in {one.check for one in view.evidence}
            assert (await home.approve(proposal)).state == "published"
            assert not home.services.standing.ledger.problems

    asyncio.run(play())


def test_a_verification_that_fails_is_a_verdict_and_not_silence(
    open_copy: OpenCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            with monkeypatch.context() as patch:
                patch.setattr(verify, "verify_bundle", broken)
                view = await sent(home, "unlucky")
                view = await home.verdict(view.id)
            assert (view.state, view.turn) == ("changes_wanted", "author")
            assert view.reason
            good = await sent(home, "lucky")
            assert (await home.verdict(good.id)).state == "reviewing"

    asyncio.run(play())


def test_evidence_of_the_same_inputs_is_not_looked_for_again(
    open_copy: OpenCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        async with open_copy(tmp_path) as home:
            services, person = home.services, await home.caller(home.person)
            first = await home.verdict((await sent(home, "twice")).id)
            bot = await home.caller(home.members["bot"])
            await withdraw.withdraw(services, bot, first.id)
            second = await home.verdict((await sent(home, "twice", again=True)).id)
            assert second.follows == first.id
            looked = await look.show(services, person, second.id)
            assert [one.digest for one in looked.evidence] == [one.digest for one in first.evidence]

    asyncio.run(play())


def test_a_withdrawn_proposal_stays_withdrawn_when_its_verdict_comes(
    open_copy: OpenCopy, tmp_path: Path
) -> None:
    async def play() -> None:
        async with open_copy(tmp_path) as home:
            bot = await home.caller(home.members["bot"])
            view = await sent(home, "given_up")
            await withdraw.withdraw(home.services, bot, view.id, "changed my mind")
            async with home.services.feed.subscribe() as changes:
                while (await look.show(home.services, bot, view.id)).verdict == "pending":
                    await anext(changes)
            after = await look.show(home.services, bot, view.id)
            assert (after.state, after.reason) == ("withdrawn", "changed my mind")
            assert not home.services.standing.ledger.problems

    asyncio.run(play())


def test_a_database_that_is_older_than_its_workflows_is_verified_again(
    open_copy: OpenCopy, tmp_path: Path
) -> None:
    """A backup was put back: what the workflows think was concluded is still open."""
    database = house.settings_in(tmp_path).paths.database

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            view = await home.verdict((await sent(home, "restored")).id)
            number = int(view.id.removeprefix("P-"))
        with closing(sqlite3.connect(database)) as db, db:
            for table, column in (("proposal", "number"), ("revision", "proposal")):
                db.execute(f"update {table} set state = 'verifying' where {column} = ?", (number,))
            db.execute("delete from evidence where proposal = ?", (number,))
        async with open_copy(tmp_path) as home:
            assert (await home.verdict(view.id)).state == "reviewing"

    asyncio.run(play())


def test_a_disk_that_is_full_for_a_while_costs_nobody_a_verdict(
    open_copy: OpenCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = verdict.keep
    refusals = iter([True, True])

    def full(*what: Any) -> None:
        if next(refusals, False):
            raise StorageError("the disk is full")
        keep(*what)

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            monkeypatch.setattr(verify, "keep", full)
            monkeypatch.setattr(verify, "AGAIN_S", 0.05)
            view = await home.verdict((await sent(home, "patient")).id)
            assert (view.state, view.reason) == ("reviewing", "")

    asyncio.run(play())
