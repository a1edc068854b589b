"""Opening a home: every part built, crash leftovers cleared, and closed again in order."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from toolvet.audit.keys import LogKey
from toolvet.checks import Toolchain
from toolvet.config import VERSION, Settings, now, uuid7
from toolvet.engine.catalogue import Catalogue
from toolvet.engine.feed import Change, Feed
from toolvet.engine.record import Recorder
from toolvet.engine.recorded import Recordings
from toolvet.engine.refusals import Refusals
from toolvet.engine.services import Services
from toolvet.engine.standing import CATALOGUE_VERBS, Standing
from toolvet.engine.tool_index import ToolIndex
from toolvet.engine.vault import Vault
from toolvet.engine.verdict import VerifierParts
from toolvet.engine.verify import Verifier
from toolvet.errors import HomeError, StorageError
from toolvet.sandbox import Pool, TierReport, probe
from toolvet.storage import Store, Unit, open_store
from toolvet.storage.workflows import WorkflowDatabase
from toolvet.wiring.home import make_folders
from toolvet_reviews.events import EntryDraft, Verb

_log = logging.getLogger(__name__)


@asynccontextmanager
async def open_services(
    settings: Settings, *, tier: TierReport | None = None
) -> AsyncGenerator[Services]:
    """Open a home's services for as long as the block runs.

    Args:
        tier: Walls to use instead of probing for them; for tests of lower tiers.

    Raises:
        HomeError: The home was never made.
        LogError: The log is not what its checkpoint says.
        StorageError: The database cannot be opened.
    """
    paths = settings.paths
    if not paths.log_key.exists():
        raise HomeError(f"{paths.home} is no home", hint="`toolvet init` makes one.")
    make_folders(paths)
    store = open_store(settings.database_url, clock=now)
    try:
        services = await _build(settings, store, tier)
        try:
            await asyncio.to_thread(_start, services)
            yield services
        finally:
            await _stop(services)
    finally:
        store.close()


async def _build(settings: Settings, store: Store, tier: TierReport | None) -> Services:
    paths, loop = settings.paths, asyncio.get_running_loop()
    log_key = LogKey.load(paths.log_key)
    standing = Standing(store, log_key, paths.checkpoint)
    await asyncio.to_thread(standing.load)
    service_id = standing.ledger.service_id
    if service_id is None:
        raise HomeError(f"the log of {paths.home} has no beginning")
    report = tier or await asyncio.to_thread(lambda: probe(allow_c="C" in standing.ledger.consents))
    pool = Pool(report)
    toolchain = Toolchain(paths.toolchain, settings.wheels)
    parts = VerifierParts(paths, store, standing, pool, report, toolchain, now, service_id)
    database = WorkflowDatabase.beside(settings.database_url, paths.workflows)
    return Services(
        paths=paths,
        store=store,
        clock=now,
        service_id=service_id,
        log_key=log_key,
        standing=standing,
        catalogue=Catalogue(store, standing.ledger, report.tier),
        tool_index=ToolIndex(store),
        feed=Feed(loop),
        pool=pool,
        tier=report,
        toolchain=toolchain,
        verifier=Verifier(parts, database, loop),
        recorder=Recorder(store),
        recordings=Recordings(store, lambda: standing.ledger.policy, now),
        refusals=Refusals(store, service_id),
        vault=Vault(settings.secret_key_file or paths.secret_key),
        loop=loop,
        owner=uuid7(),
    )


def _start(services: Services) -> None:
    """Bring the rest up, in a thread: the log's start entry, leftovers of a crash, verification."""
    standing, catalogue, feed = services.standing, services.catalogue, services.feed

    def changed(size: int, verbs: frozenset[Verb]) -> None:
        listed = bool(verbs & CATALOGUE_VERBS)
        if listed:
            catalogue.rebuild(size)
        feed.announce(Change(size, listed, tuple(sorted(verbs))))

    standing.on_change(changed)
    services.store.on_commit(standing.catch_up)
    catalogue.rebuild(standing.ledger.size)

    def begin(unit: Unit) -> None:
        # whatever ran under another owner died with its process: its keys may run again
        for claim in unit.calls.running():
            if claim.owner != services.owner:
                unit.calls.release_owner(claim.owner)
        unit.append(_started(services))

    services.store.write_sync(begin)
    services.recordings.forget_old()
    services.verifier.launch()


def _started(services: Services) -> EntryDraft:
    return EntryDraft(
        verb=Verb.SERVICE_START,
        actor=services.service_id,
        actor_kind="service",
        auth="service",
        seat="service",
        target_kind="service",
        target_id=services.service_id,
        tier=services.tier.tier,
        facts={"version": VERSION},
    )


async def _stop(services: Services) -> None:
    services.stopping.set()
    # first: what is verified right now must not meet a closed pool, and take that for evidence
    await asyncio.to_thread(services.verifier.close)
    await services.verifier.settled()
    services.toolchain.environments.close()
    try:
        await services.recordings.close()
        await services.recorder.close()
        await asyncio.to_thread(services.refusals.flush)
    except StorageError as error:
        _log.critical("what was only counted is lost: %s", error)
    finally:
        await asyncio.to_thread(services.standing.stop)
        await services.pool.close()
