"""The catalogue as a caller sees it."""

from toolvet.config import stamp
from toolvet.engine.catalogue import Served
from toolvet.engine.services import Services
from toolvet.errors import ToolNotFoundError
from toolvet.storage import View
from toolvet_reviews.manifest import ToolDefinition
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import ToolView


async def tools(services: Services, caller: Caller, *, everything: bool = False) -> list[ToolView]:
    """List the tools a caller may call, by advertised name.

    Args:
        everything: Also what is published and not callable by this caller, and what the log points
            to but cannot be served, with the reason; for people, auditors and operators.
    """
    snapshot = services.catalogue.snapshot
    callable_now = services.catalogue.visible(caller.principal, stamp(services.clock()))
    if not everything or not (
        caller.principal.kind == "human" or caller.has("auditor", "operator")
    ):
        return [tool_view(release) for release in callable_now]
    shown = [tool_view(release) for release in snapshot.served.values()]
    broken = [
        ToolView(
            toolset="",
            name=problem.name,
            advertised_name=problem.name,
            version=0,
            release_digest=problem.digest,
            channel="stable",
            kind="pure",
            description="",
            served=False,
            reason=f"{problem.code}: {problem.reason}",
        )
        for problem in snapshot.problems
    ]
    known = {view.release_digest for view in (*shown, *broken)}
    return shown + broken + await services.store.query(lambda view: _stopped(view, known))


def _stopped(view: View, known: set[str]) -> list[ToolView]:
    """List tools that were published once and are not served, by their newest release."""
    stopped: list[ToolView] = []
    for toolset, name in view.releases.names():
        newest = view.releases.versions(toolset, name)[-1]
        current = view.releases.channel(toolset, name, "stable")
        if (current is not None and current.release_digest in known) or newest.digest in known:
            continue
        stopped.append(
            ToolView(
                toolset=toolset,
                name=name,
                advertised_name=name if toolset == "default" else f"{toolset}__{name}",
                version=newest.version,
                release_digest=newest.digest,
                channel="stable",
                kind="pure",
                description="",
                served=False,
                reason="tool.stopped: a person stopped it; `toolvet rollback` serves it again",
            )
        )
    return stopped


async def tool(services: Services, caller: Caller, name: str) -> ToolView:
    """Show one tool with its schemas.

    Raises:
        ToolNotFoundError: None of that name that the caller may see.
    """
    for shown in await tools(services, caller, everything=True):
        if shown.advertised_name == name:
            return shown
    raise ToolNotFoundError(f"no tool {name[:80]!r}")


def definition(services: Services, release_digest: str) -> ToolDefinition:
    """Give the definition that was approved under a release digest that is being served.

    Raises:
        ToolNotFoundError: It is not served any more.
    """
    for release in services.catalogue.snapshot.served.values():
        if release.digest == release_digest:
            return release.manifest.definition
    raise ToolNotFoundError("the release is not served any more")


def tool_view(release: Served) -> ToolView:
    """Show a served release."""
    approved = release.manifest.definition
    return ToolView(
        toolset=release.manifest.toolset,
        name=release.manifest.name,
        advertised_name=release.name,
        version=release.version,
        release_digest=release.digest,
        channel=release.channel,
        kind=release.kind,
        description=approved.description,
        served=True,
        input_schema=approved.input_schema,
        output_schema=approved.output_schema,
    )
