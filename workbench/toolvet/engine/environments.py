"""Packages of releases: where they lie, that they are what was approved, and when they may go."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from toolvet.checks.environment import digest_in
from toolvet.engine import bundles
from toolvet.engine.services import Services
from toolvet.errors import KNOWN
from toolvet.sandbox import Environment
from toolvet.sandbox.environments import Kept, address_of
from toolvet.sandbox.environments.errors import EnvironmentChangedError
from toolvet.storage import View
from toolvet.storage.proposals import OPEN_STATES
from toolvet_reviews import canonical, manifest
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Evidence
from toolvet_reviews.lock import LOCK_FILE, Lock, parse_lock
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.values import Digest
from toolvet_reviews.views import DoctorLine

_log = logging.getLogger(__name__)

AREA = "packages"
COLLECT_S = 86_400.0
"""How often what nothing refers to is removed."""
_MIB = 1 << 20
_MOST_OPEN = 100_000


def environment_of(services: Services, release: Manifest) -> Environment | None:
    """Say which packages a release is served with; None when it has none. Reads no package.

    Whoever makes an image of it has `hold` called before a zygote loads it.
    """
    digest = release.environment
    if digest is None:
        return None
    if _is_approved(services, release):
        folder = services.toolchain.environments.approved(digest)
        return Environment(folder, digest, approved=True)
    with services.store.read() as view:
        return _quarantined(services, digest, _read_lock(view, release.revision))


def drafted(services: Services, bundle: Bundle, evidence: Evidence | None) -> Environment | None:
    """Say which packages a revision runs with that nobody approved yet; None when it has none."""
    digest = digest_in(evidence)
    if digest is None or LOCK_FILE not in bundle.files:
        return None
    return _quarantined(services, digest, parse_lock(bundle.files[LOCK_FILE]))


def hold(services: Services, revision: Digest, environment: Environment | None) -> None:
    """See to it that the packages of a revision are there, byte for byte as verified; blocks.

    Raises:
        EnvironmentChangedError: They are not, and cannot be made so.
        ToolvetError: They are missing and cannot be built.
    """
    if environment is None:
        return

    def lock() -> Lock:
        with services.store.read() as view:
            return _read_lock(view, revision)

    services.toolchain.environments.hold(environment, lock, services.tier)


def look(services: Services) -> list[DoctorLine]:
    """Say what lies in the store, what could go, and what is not as it was approved; blocking."""
    kept = services.toolchain.environments.kept()
    used = _used(services)
    size = sum(one.bytes for one in kept) // _MIB
    idle = [one for one in kept if one.name not in used]
    said = f"{len(kept)} environments, {size} MiB"
    if idle:
        spare = sum(one.bytes for one in idle) // _MIB
        said += f"; {len(idle)} of them ({spare} MiB) go once nobody asked for them for a day"
    return [*_not_at_hand(services), DoctorLine(AREA, ok=True, message=said)]


def collect(services: Services, *, now: float | None = None) -> list[Kept]:
    """Remove environments that no open proposal and no release that may be served refers to."""
    removed = services.toolchain.environments.collect(_used(services), now=now)
    if removed:
        size = sum(one.bytes for one in removed) // _MIB
        _log.info("%d environments that nothing refers to were removed, %d MiB", len(removed), size)
    return removed


def make_ready(services: Services) -> None:
    """Have the packages of everything served at hand, so that no caller waits for them; blocks."""
    for name, served in services.catalogue.snapshot.served.items():
        try:
            environment = environment_of(services, served.manifest)
            hold(services, served.manifest.revision, environment)
        except KNOWN as error:
            _log.warning("the packages of %s are not at hand: %s (%s)", name, error, error.code)


async def run(services: Services) -> None:
    """Make ready what is served whenever that changes, and collect once a day, until the end."""
    collected = -COLLECT_S
    async with services.feed.subscribe() as changes:
        while not services.stopping.is_set():
            await _guarded(make_ready, services)
            if services.loop.time() - collected >= COLLECT_S:
                collected = services.loop.time()
                await _guarded(collect, services)
            with contextlib.suppress(TimeoutError, StopAsyncIteration):
                async with asyncio.timeout(COLLECT_S):
                    while not (await anext(changes)).catalogue:
                        pass


async def _guarded(work: Callable[[Services], object], services: Services) -> None:
    try:
        await asyncio.to_thread(work, services)
    except Exception:  # noqa: BLE001 - outermost of a task that must go on
        _log.exception("packages could not be looked after")


def _quarantined(services: Services, digest: Digest, lock: Lock) -> Environment:
    folder = services.toolchain.environments.quarantined(address_of(lock))
    return Environment(folder, digest, approved=False)


def _is_approved(services: Services, release: Manifest) -> bool:
    """Tell whether the log says that a person approved a release with these packages."""
    served = services.catalogue.snapshot.served.get(release.definition.name)
    if served is not None and served.manifest is release:
        return True
    ledger = services.standing.ledger
    digest = manifest.digest(release)
    return digest in ledger.releases and digest not in ledger.stopped


def _read_lock(view: View, revision: Digest) -> Lock:
    files = bundles.load(view, revision)
    if LOCK_FILE not in files:
        raise EnvironmentChangedError(f"{revision} names packages and has no {LOCK_FILE}")
    return parse_lock(files[LOCK_FILE])


def _used(services: Services) -> set[str]:
    """Name what must stay: digests of every release's packages, addresses of open proposals'."""
    ledger = services.standing.ledger
    with services.store.read() as view:
        digests = {
            release.environment
            for name in ledger.releases
            if name not in ledger.stopped and (release := _manifest(view, name)) is not None
        }
        open_ones = {
            address
            for row in view.proposals.list(OPEN_STATES, limit=_MOST_OPEN)
            if (address := _address(view, row.revision_digest)) is not None
        }
    return {digest for digest in digests if digest is not None} | open_ones


def _manifest(view: View, digest: Digest) -> Manifest | None:
    try:
        return manifest.from_json(canonical.parse(view.blob(digest)))
    except KNOWN:
        return None


def _address(view: View, revision: str) -> str | None:
    try:
        files = bundles.load(view, Digest(revision))
        return address_of(parse_lock(files[LOCK_FILE])) if LOCK_FILE in files else None
    except KNOWN:
        return None


def _not_at_hand(services: Services) -> list[DoctorLine]:
    """Name served tools whose packages are made anew at the next call, which takes an index."""
    store = services.toolchain.environments
    lines: list[DoctorLine] = []
    for name, served in services.catalogue.snapshot.served.items():
        digest = served.manifest.environment
        if digest is None:
            continue
        folder = store.approved(digest)
        if not folder.exists():
            said = f"the packages of {name} are not here; its next call makes them"
            lines.append(DoctorLine(AREA, ok=True, message=said))
        elif not store.is_intact(Environment(folder, digest, approved=True)):
            said = f"the packages of {name} were changed on disk; its next call makes them anew"
            hint = "Let the service alone write under `toolchain` of the home."
            code = EnvironmentChangedError.code
            lines.append(DoctorLine(AREA, ok=False, message=said, hint=hint, code=code))
    return lines
