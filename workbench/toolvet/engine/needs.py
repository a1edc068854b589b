"""What releases need and nobody bound yet, from what the log says is bound."""

from typing import ClassVar, Literal

from toolvet.engine.services import Services
from toolvet.errors import KNOWN, ToolvetError
from toolvet.storage import View
from toolvet_reviews import manifest, needs
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.views import Need

_MOST_OPEN = 1000
"""Proposals up for review whose needs are listed."""
_MOST_KNOWN = 2000
_KNOWN: dict[str, Manifest] = {}
"""Manifests by their digest, which they cannot change under: a page of the queue reads fifty."""


class UnboundError(ToolvetError):
    """A tool cannot run before an operator bound what it declares; the hint is the command."""

    status: ClassVar[int] = 409

    def __init__(self, need: Need) -> None:
        super().__init__(
            f"{need.tool} needs the {need.kind} {need.name}, which {need.why}",
            hint=f"An operator runs: {need.command}",
        )


class SecretMissingError(UnboundError):
    """A declared secret is not set, or not for this tool and host."""

    code: ClassVar[str] = "secret.missing"


class MountUnboundError(UnboundError):
    """A declared mount has no folder for this tool."""

    code: ClassVar[str] = "mount.missing"


def needs_of(services: Services, release: Manifest) -> tuple[Need, ...]:
    """List what a release declares and nobody bound for it yet."""
    ledger = services.standing.ledger
    return needs.missing(
        tool_of(release),
        release.effects,
        {name: bound.binding for name, bound in ledger.secrets.items()},
        {name: bound.binding for name, bound in ledger.mounts.items()},
    )


def tool_of(release: Manifest) -> str:
    """Name a tool as bindings do: `toolset/name`."""
    return f"{release.toolset}/{release.name}"


def require(services: Services, release: Manifest) -> None:
    """Refuse to begin a run that could not finish.

    Raises:
        SecretMissingError: A declared secret is not there for the tool and every host.
        MountUnboundError: A declared mount is not bound for the tool.
    """
    for need in needs_of(services, release):
        raise unbound(need)


def unbound(need: Need) -> UnboundError:
    """Say a need as the error it leads to."""
    return SecretMissingError(need) if need.kind == "secret" else MountUnboundError(need)


def needs_of_digest(services: Services, view: View, release: str | None) -> tuple[Need, ...]:
    """List what a release declares and nobody bound yet; nothing of one that cannot be read."""
    if release is None:
        return ()
    try:
        return needs_of(services, _manifest(view, release))
    except KNOWN:
        return ()


def _manifest(view: View, release: str) -> Manifest:
    found = _KNOWN.get(release)
    if found is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        found = _KNOWN[release] = manifest.from_bytes(view.blob(release))
    return found


async def everywhere(services: Services, kind: Literal["secret", "mount"]) -> tuple[Need, ...]:
    """List what is still needed by tools that are served, or up for review."""

    def read(view: View) -> list[Need]:
        served = services.catalogue.snapshot.served.values()
        found = [need for release in served for need in needs_of(services, release.manifest)]
        for row in view.proposals.list(states=("reviewing",), limit=_MOST_OPEN):
            found += needs_of_digest(services, view, row.release_digest)
        return found

    found = await services.store.query(read)
    return tuple(dict.fromkeys(need for need in found if need.kind == kind))
