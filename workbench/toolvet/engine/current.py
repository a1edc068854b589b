"""What serves now under the name of a revision, made ready to be run beside it."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from toolvet.checks import shown, unpacked
from toolvet.checks.published import Published, RecordedCall
from toolvet.engine import bundles, recorded
from toolvet.engine.verdict import VerifierParts
from toolvet.errors import KNOWN
from toolvet.sandbox import Environment
from toolvet.storage import View
from toolvet_reviews import canonical, manifest
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.lock import LOCK_FILE, parse_lock
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.policy_asks import Recorded
from toolvet_reviews.redaction import Redactor
from toolvet_reviews.values import Json


@dataclass(frozen=True)
class _Serving:
    """The release that the log says is served, read from checked bytes."""

    manifest: Manifest
    version: int
    bundle: Bundle
    calls: tuple[RecordedCall, ...]
    store: dict[str, dict[str, Json]]


@contextlib.asynccontextmanager
async def published_for(
    parts: VerifierParts, toolset: str, name: str
) -> AsyncGenerator[Published | None]:
    """Give the release that serves, its files unpacked for as long as the body runs.

    Args:
        parts: Of the service.
        toolset: Of the tool.
        name: Of the tool.

    Raises:
        StorageError: The database or the disk says no; a release that cannot be read is one too.
    """
    rule = recorded.in_force(parts.standing.ledger.policy)
    is_redacted = rule.calls and rule.redact != "none"
    secret = await recorded.secret_of(parts.store) if is_redacted else None
    called = (toolset, name)
    serving = await parts.store.query(lambda view: _serving(parts, view, called, rule, secret))
    if serving is None:
        yield None
        return
    with unpacked(shown(serving.bundle.files)) as folder:
        environment, trouble = await _packages(parts, serving)
        try:
            yield Published(
                serving.manifest,
                serving.version,
                serving.bundle,
                folder,
                environment=environment,
                calls=serving.calls,
                kept=bool(rule.calls),
                store=serving.store,
                trouble=trouble,
            )
        finally:
            parts.pool.forget(folder)


def _serving(
    parts: VerifierParts,
    view: View,
    name: tuple[str, str],
    rule: Recorded,
    secret: bytes | None,
) -> _Serving | None:
    """Read what serves.

    Args:
        secret: To redact with; None leaves what is kept as it is.
    """
    # which releases have the name is for the tables to say, which of them serves for the log
    named = {row.digest for row in view.releases.versions(*name)}
    serving = parts.standing.ledger.serving(lambda release: name if release in named else None)
    pointer = serving.get((*name, "stable"))
    if pointer is None:
        return None
    read = manifest.from_json(canonical.parse(view.blob(pointer.release)))
    bundle = bundles.of(bundles.load(view, read.revision))
    calls: tuple[RecordedCall, ...] = ()
    store: dict[str, dict[str, Json]] = {}
    if rule.calls:
        calls = recorded.calls_of(view, pointer.release, rule, parts.clock())
        redactor = Redactor(secret, _known(bundle)) if secret is not None else None
        store = recorded.records_of(view, "/".join(name), bundle.spec.effects.store, redactor)
    return _Serving(read, pointer.version, bundle, calls, store)


def _known(bundle: Bundle) -> Callable[[str], bool]:
    return functools.partial(recorded.says, recorded.source_of(bundle.files))


async def _packages(parts: VerifierParts, serving: _Serving) -> tuple[Environment | None, str]:
    """Have the packages of the release at hand; or say why they are not."""
    digest, store = serving.manifest.environment, parts.toolchain.environments
    if digest is None:
        return None, ""
    environment = Environment(store.approved(digest), digest, approved=True)
    try:
        lock = parse_lock(serving.bundle.files[LOCK_FILE])
        await asyncio.to_thread(store.hold, environment, lambda: lock, parts.tier)
    except KNOWN as error:
        return None, f"its packages are not at hand: {error}"
    return environment, ""
