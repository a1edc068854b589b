"""What time alone does to the queue: claims and snoozes end, old proposals go back, people leave.

The log and the tables are looked at in short writes, so that nobody waits for it; a round that is
cut off is done again.
"""

import asyncio
import logging
from datetime import timedelta

from toolvet.config import parse_stamp, stamp
from toolvet.engine import attend, listing, notices, stale
from toolvet.engine.after import happened
from toolvet.engine.services import Services
from toolvet.errors import StorageError
from toolvet.storage import Unit, View
from toolvet_reviews import canonical
from toolvet_reviews.events import Verb
from toolvet_reviews.values import Tier

_log = logging.getLogger(__name__)

EVERY_S = 30.0
AT_ONCE = 50
"""Proposals looked at in one write."""
WALLS = "queue_tier"
"""Name of the fact that says in which tier everything that waits was verified."""
_PEOPLE = frozenset(
    {
        Verb.PRINCIPAL_ADD,
        Verb.PRINCIPAL_REVOKE,
        Verb.GRANT_ADD,
        Verb.GRANT_REVOKE,
        Verb.POLICY_APPLY,
    }
)
"""After these another set of people may decide or call: every line is looked at again."""


class Upkeep:
    """Looks after the queue of an open service."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._everything = False
        self._walls_known = False
        self._rebased: set[tuple[int, int]] = set()
        self._seen = services.standing.ledger.size
        self._wake = asyncio.Event()

    def changed(self, size: int, verbs: frozenset[Verb]) -> None:
        """Take note of a commit; called on the writer's thread."""
        if verbs & _PEOPLE:
            self._everything = True
        if verbs & _PEOPLE or Verb.PROPOSAL_REBASE in verbs:
            self._services.loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Look after it until the service stops."""
        while not self._services.stopping.is_set():
            try:
                await self.round()
            except StorageError as error:
                _log.warning("the queue is looked after later: %s", error)
            try:
                async with asyncio.timeout(2.0 if self._rebased else EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def round(self) -> None:
        """Do what is due now."""
        if not self._walls_known:
            await self._behind_other_walls()
            self._walls_known = True
        await self._verify_again()
        store, now = self._services.store, stamp(self._services.clock())
        while await store.query(lambda view: bool(view.listing.missing(1))):
            await store.write(listing.rebuild)
        numbers = set(await store.query(lambda view: due(view, now)))
        if self._everything:
            self._everything = False
            numbers |= set(await store.query(_everything))
        await self._look_at(sorted(numbers), now)
        await store.write(lambda unit: notices.forget_old(unit, now))

    async def _behind_other_walls(self) -> None:
        """Have verified again what waits and was verified in another tier: no vote on it counts."""
        store, tier = self._services.store, self._services.tier.tier
        if await store.query(lambda view: view.facts.get(WALLS)) == tier:
            return
        numbers, now = await store.query(_everything), stamp(self._services.clock())
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            await store.write(lambda unit, some=some: verify_in(unit, some, tier, now))
        await store.write(lambda unit: unit.facts.set(WALLS, tier))

    async def _look_at(self, numbers: list[int], now: str) -> None:
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            await self._services.store.write(
                lambda unit, some=some: bring_up_to_date(unit, some, now)
            )

    async def _verify_again(self) -> None:
        """Start what was rebased; what still runs for the old base is started when it has ended."""
        services = self._services
        start, self._seen = self._seen, services.standing.ledger.size
        self._rebased |= await services.store.query(lambda view: _rebased(view, start, self._seen))
        for proposal, revision in sorted(self._rebased):
            found = await services.store.query(
                lambda view, p=proposal, r=revision: view.proposals.revision(p, r)
            )
            if found is None or found.state != "verifying":
                self._rebased.discard((proposal, revision))
                continue
            await asyncio.to_thread(services.verifier.again, proposal, revision)


def verify_in(unit: Unit, numbers: list[int], tier: Tier, now: str) -> None:
    """Put proposals that wait and were verified in another tier than this up for verification."""
    for row in unit.proposals.some(numbers):
        revision = unit.proposals.revision(row.number, row.revision)
        if row.state != "reviewing" or revision is None or revision.dossier is None:
            continue
        dossier = canonical.parse_object(unit.blob(revision.dossier, "dossier"))
        if dossier.get("tier") != tier:
            service = attend.service_id(unit)
            happened(unit, row.number, stale.rebase(unit, row, now), service)


def _rebased(view: View, start: int, end: int) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for entry in view.entries(start, end, verbs=(Verb.PROPOSAL_REBASE,)):
        row = view.proposals.get(int(entry.target_id.removeprefix("P-")))
        if row is not None:
            found.add((row.number, row.revision))
    return found


def due(view: View, now: str) -> list[int]:
    """Name the proposals that time has changed."""
    over = {one.proposal for one in view.turns.snoozes_over(now)}
    begun = stamp(parse_stamp(now) - attend.CLAIM_LASTS)
    over |= {
        one.proposal
        for one in view.turns.claims_before(begun)
        if attend.has_run_out(view, one, now)
    }
    over |= set(view.turns.of_inactive())
    over |= set(view.figures.moved_bases())
    return sorted(over | set(_too_old(view, now)))


def _too_old(view: View, now: str) -> list[int]:
    days = _days(view)
    if not days:
        return []
    idle = view.figures.idle_since(stamp(parse_stamp(now) - timedelta(days=days)))
    rows = view.proposals.some(idle)
    return [row.number for row in rows if stale.is_idle(view, row, days, now)]


def _days(view: View) -> int:
    policy = attend.rules_in(view)
    return policy.review.ttl_days if policy else 0


def _everything(view: View) -> list[int]:
    return [row.number for row in view.proposals.list(states=("reviewing",), limit=100_000)]


def bring_up_to_date(unit: Unit, numbers: list[int], now: str) -> None:
    """Bring some proposals up to date, in one write."""
    service, days = attend.service_id(unit), _days(unit)
    for number in numbers:
        row = unit.proposals.get(number)
        if row is None:
            continue
        for claim in unit.turns.assigned(number):
            if claim.claimed and attend.has_run_out(unit, claim, now):
                unit.turns.unassign(number, claim.person)
        for snooze in unit.turns.snoozes(number):
            if snooze.until <= now:
                unit.turns.wake(number, snooze.person)
        if days and stale.is_idle(unit, row, days, now):
            stale.expire(unit, row, days, now)
            happened(unit, number, "stale", service)
            continue
        happened(unit, number, "woken", service)
