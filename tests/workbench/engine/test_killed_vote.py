"""kill -9 in the middle of a vote: it counts whole or not at all, and handing it in again is harmless."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import house
import pytest
from furniture import Furnished
from house import House

from toolvet.audit.entries import parse_entry
from toolvet.engine import look
from toolvet.engine.bulk import Item, Order, bulk
from toolvet_reviews.events import Verb
from toolvet_reviews.views import ProposalView

OpenCopy = Callable[[Path], AbstractAsyncContextManager[House]]

VOTER = """
import asyncio, os, signal, sys, threading
from pathlib import Path
from toolvet.config import Settings
from toolvet.engine import authenticate, vote
from toolvet.wiring.services import open_services

home, config, proposal, token, when = sys.argv[1:]
envelope = sys.stdin.buffer.read()

def die(*_):
    os.kill(os.getpid(), 9)

async def main():
    settings = Settings(home=Path(home), config_dir=Path(config))
    async with open_services(settings) as services:
        caller = await authenticate.authenticate(services, token, "cli")
        held, let_go = threading.Event(), threading.Event()
        def hold(unit):
            held.set()
            let_go.wait()
        services.store.submit(hold)
        await asyncio.to_thread(held.wait)
        queued, submit = asyncio.Event(), services.store.submit
        def noted(step):
            queued.set()
            return submit(step)
        services.store.submit = noted
        casting = asyncio.create_task(vote.vote(services, caller, proposal, envelope))
        await queued.wait()
        if when == "before":
            services.store.submit(die)
        else:
            services.store.on_commit(die)
        let_go.set()
        await casting

asyncio.run(main())
"""


async def _looked(home: House, proposal: str) -> ProposalView:
    return await look.show(home.services, await home.caller(home.person), proposal)


@pytest.mark.parametrize(("when", "counts"), [("before", False), ("after", True)])
def test_a_vote_that_the_service_dies_in_counts_whole_or_not_at_all(
    open_copy: OpenCopy, furnished: Furnished, tmp_path: Path, when: str, counts: bool
) -> None:
    proposal, settings = furnished.proposals["multiply"], house.settings_in(tmp_path)

    async def sign() -> tuple[bytes, str, str]:
        async with open_copy(tmp_path) as home:
            ada = home.members["ada"]
            view = await _looked(home, proposal)
            ballot = await asyncio.to_thread(home.ballot, ada, proposal)
            return ballot, ada.token, view.release_digest or ""

    async def again(ballot: bytes, digest: str) -> None:
        async with open_copy(tmp_path) as home:
            after = await _looked(home, proposal)
            assert (after.state, len(after.votes)) == (
                ("published", 1) if counts else ("reviewing", 0)
            )
            assert ("multiply" in home.services.catalogue.snapshot.served) == counts
            order = Order("approve", (Item(proposal, digest, ballot),))
            caller = await home.caller(home.members["ada"])
            for _ in range(2):
                [answer] = (await bulk(home.services, caller, order)).items
                assert answer.done, answer
            assert (await _looked(home, proposal)).state == "published"
            found = home.services.store.query_sync(
                lambda view: view.entries(verbs=(Verb.VOTE_APPROVE,))
            )
            acts = [parse_entry(one.leaf).act for one in found]
            assert len(acts) == len(set(acts))
            assert not home.services.standing.ledger.problems

    ballot, token, digest = asyncio.run(sign())
    words = [str(settings.home), str(settings.config_dir), proposal, token, when]
    died = subprocess.run(
        [sys.executable, "-c", VOTER, *words],
        input=ballot,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    asyncio.run(again(ballot, digest))
