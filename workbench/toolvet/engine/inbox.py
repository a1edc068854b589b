"""The inbox: a folder for agents that only write files. What is moved in is submitted, once.

It speaks as the home's local agent, through the same use cases as every face. It remembers nothing:
after a crash the folder, the verdicts in it and the proposals say what is still to do.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import watchfiles

from toolvet.client.connect import local_token
from toolvet.engine import authenticate, inbox_verdict, look
from toolvet.engine.drops import SETTLE_S, Drop, Drops, InboxError, Item
from toolvet.engine.hand_in import hand_in
from toolvet.engine.services import Services
from toolvet.engine.submit import OpenProposalError
from toolvet.errors import KNOWN, HomeError, ToolvetError, UnauthenticatedError
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest

_log = logging.getLogger(__name__)

IDLE_S = 2.0
"""How often the folder is looked at when nothing says that it changed."""
LONGEST_PAUSE_S = 60.0
SHORTEST_PAUSE_S = 2.0
NEWS = frozenset({"proposal", "revision", "vote", "release", "comment", "secret", "mount"})
"""Subjects of log entries that may change what a verdict says."""
_SOON = 0.02
"""A timer may be early: what held still for a moment is not looked at just before that is over."""


class InboxFailedError(ToolvetError):
    """A mistake of the service while it took a file from the inbox."""

    code: ClassVar[str] = "inbox.failed"
    status: ClassVar[int] = 500
    hint = "Its log has the reason. The file is taken again when the service starts next."


@dataclass
class _Followed:
    """A proposal whose verdict lies beside an item."""

    item: Item
    input: Digest
    proposal: str
    written: bytes


class Inbox:
    """The worker behind the folder.

    Args:
        services: Of the home.
        clock: Monotonic seconds.
    """

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._drops = Drops(services.paths.inbox, clock)
        self._clock = clock
        self._wake = asyncio.Event()
        self._is_news = False
        self._paused_until = 0.0
        self._renew_after = 0.0
        self._said = ""
        self._followed: dict[str, _Followed] = {}

    async def run(self) -> None:
        """Look after the inbox until the service stops."""
        with suppress(*KNOWN):
            await self._look()  # first: the folder must be there to be watched
        watchers = [asyncio.create_task(one) for one in (self._watch_log(), self._watch_folder())]
        try:
            while not self._services.stopping.is_set():
                pause = await self._guarded()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)
                self._wake.clear()
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)

    async def turn(self) -> float:
        """Take what is new, and renew verdicts; return how long nothing needs to be done.

        Raises:
            InboxError: The folder cannot be used.
        """
        is_news = self._is_news and self._clock() >= self._renew_after
        if is_news:
            await self._renew()
        if self._clock() < self._paused_until and not is_news:
            return self._paused_until - self._clock()
        drops = await self._look()
        self._followed = {k: one for k, one in self._followed.items() if k in self._drops.keys}
        for drop in drops:
            if self._services.stopping.is_set() or not await self._take(drop):
                break
        if self._clock() < self._paused_until:
            return self._paused_until - self._clock()
        return SETTLE_S + _SOON if self._drops.unsettled else IDLE_S

    def hear(self, kinds: tuple[str, ...]) -> None:
        """Be told which kinds of entries came to the log."""
        if not NEWS.isdisjoint(kind.partition(":")[0] for kind in kinds):
            self._is_news = True
            self._wake.set()

    async def _guarded(self) -> float:
        try:
            pause = await self.turn()
        except KNOWN as error:
            self._say_once(f"the inbox waits: {error} [{error.code}]")
            return LONGEST_PAUSE_S if isinstance(error, HomeError) else SHORTEST_PAUSE_S
        except Exception:  # noqa: BLE001 - the worker's outermost loop
            _log.exception("the inbox met something unforeseen")
            return LONGEST_PAUSE_S
        if not self._is_news:
            self._said = ""
        return pause

    async def _look(self) -> list[Drop]:
        caps = self._services.standing.rules.intake
        return await asyncio.to_thread(self._drops.look, caps)

    async def _take(self, drop: Drop) -> bool:
        """Bring one item to its verdict; False when no other can be taken now either."""
        name, known = drop.item.names[0], _known(drop)
        self._drops.take(drop.item)
        if known == "refused":
            return True
        if drop.problem is not None:
            return await self._turn_away(drop, drop.problem)
        if known != "submitted":
            await self._write(drop.item, inbox_verdict.pending(name, drop.input, None))
        before = drop.earlier.proposal if drop.earlier and known == "submitted" else ""
        try:
            caller = await self._caller()
            view = await hand_in(self._services, caller, drop.files, drop.examples, before=before)
        except KNOWN as error:
            if _may_pass(error):
                return await self._wait(drop, error)
            return await self._refuse(drop, error)
        except Exception:  # noqa: BLE001 - outermost of one item: the others go on
            _log.exception("the inbox met something unforeseen with %a", drop.item.key)
            failed = InboxFailedError("something went wrong in the service")
            await self._write(drop.item, inbox_verdict.pending(name, drop.input, failed))
            return True
        verdict = inbox_verdict.of(name, drop.input, view)
        self._followed[drop.item.key] = _Followed(drop.item, drop.input, view.id, verdict)
        await self._write(drop.item, verdict)
        return True

    async def _turn_away(self, drop: Drop, problem: ToolvetError) -> bool:
        """Refuse what is not even read, and have the log say so."""
        try:
            caller = await self._caller()
        except UnauthenticatedError as error:
            return await self._wait(drop, error)
        target = ("proposal", "new")
        self._services.refusals.record(caller, Verb.PROPOSAL_SUBMIT, target, problem)
        return await self._refuse(drop, problem)

    async def _refuse(self, drop: Drop, error: ReviewError | ToolvetError) -> bool:
        verdict = inbox_verdict.refused(drop.item.names[0], drop.input, error)
        self._followed.pop(drop.item.key, None)
        await self._write(drop.item, verdict)
        return True

    async def _wait(self, drop: Drop, error: ReviewError | ToolvetError) -> bool:
        wanted = getattr(error, "retry_after_s", None) or SHORTEST_PAUSE_S
        pause = min(max(wanted, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
        self._paused_until = self._clock() + pause
        self._drops.give_back(drop.item)
        if _known(drop) != "submitted":  # else what the verdict says is as true as before
            name = drop.item.names[0]
            await self._write(drop.item, inbox_verdict.pending(name, drop.input, error))
        return False

    async def _renew(self) -> None:
        """Write the verdicts again whose proposals changed; a minute later, if it cannot be now."""
        self._is_news = False
        followed = list(self._followed.values())
        if not followed:
            return
        try:
            caller = await self._caller()
            for one in followed:
                view = await look.show(self._services, caller, one.proposal)
                await self._follow(one, inbox_verdict.of(one.item.names[0], one.input, view))
        except KNOWN as error:
            self._is_news, self._renew_after = True, self._clock() + LONGEST_PAUSE_S
            self._say_once(f"the inbox's verdicts are not renewed: {error} [{error.code}]")

    async def _follow(self, one: _Followed, verdict: bytes) -> None:
        if verdict != one.written:
            one.written = verdict
            await self._write(one.item, verdict)

    async def _write(self, item: Item, verdict: bytes) -> None:
        """Write a verdict; where that cannot be, the proposal stands all the same."""
        try:
            await asyncio.to_thread(self._drops.write, item, verdict)
        except (OSError, InboxError) as error:
            _log.warning("the verdict on %a cannot be written: %s", item.key, error)

    async def _caller(self) -> Caller:
        """Be the home's local agent, as long as its token counts."""
        return await authenticate.authenticate(
            self._services, await asyncio.to_thread(self._token), "inbox"
        )

    def _token(self) -> str:
        try:
            return local_token(self._services.paths)
        except HomeError:  # not to be read: then nobody speaks here
            return ""

    def _say_once(self, words: str) -> None:
        if words != self._said:
            self._said = words
            _log.warning("%s", words)

    async def _watch_log(self) -> None:
        async with self._services.feed.subscribe() as changes:
            async for change in changes:
                self.hear(change.kinds)
        self._wake.set()  # the service ends

    async def _watch_folder(self) -> None:
        """Look at once when something is moved in; where nothing can be watched, in a while."""
        folder = self._services.paths.inbox
        try:
            async for _ in watchfiles.awatch(  # pyright: ignore[reportUnknownMemberType] - trio
                folder, watch_filter=None, recursive=False, debounce=100, step=20
            ):
                self._wake.set()
        except (OSError, RuntimeError) as error:
            _log.info("the inbox is not watched, only looked at: %s", error)


def _known(drop: Drop) -> str:
    """Tell how these very files were answered before: `submitted`, `refused`, or not yet."""
    earlier = drop.earlier
    if earlier is None or earlier.input != drop.input:
        return ""
    if earlier.proposal:
        return "submitted"
    return "refused" if earlier.verdict == "refused" else ""


def _may_pass(error: ReviewError | ToolvetError) -> bool:
    """Tell whether the same files may be taken a little later."""
    if isinstance(error, ReviewError):
        return False
    if isinstance(error, (UnauthenticatedError, OpenProposalError)):
        return True
    return error.status >= 500 or error.retry_after_s is not None
