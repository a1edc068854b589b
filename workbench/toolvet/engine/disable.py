"""Stop serving a tool, or one release of it for good. It only takes away: no signature."""

from typing import Literal

from toolvet.engine import after, entry
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError, ToolNotFoundError
from toolvet.storage import Unit
from toolvet.storage.rows import ChannelRow
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest


async def disable(
    services: Services,
    caller: Caller,
    name: str,
    reason: str,
    *,
    what: Literal["tool", "release"] = "tool",
) -> None:
    """Stop a tool: its channel serves nothing until a person moves it again.

    Args:
        name: Advertised name.
        what: `release` also keeps the release from ever being served again.

    Raises:
        ToolNotFoundError: Nothing of that name is served.
        ForbiddenError: The caller is not a person with the role reviewer or operator.
    """

    def stop(unit: Unit) -> None:
        if caller.principal.kind != "human" or not caller.has("reviewer", "operator"):
            raise ForbiddenError("stopping a tool needs a person: reviewer or operator")
        toolset, _, bare = name.rpartition("__")
        channel = unit.releases.channel(toolset or "default", bare, "stable")
        if channel is None or channel.release_digest is None:
            raise ToolNotFoundError(f"nothing is served as {name[:80]!r}")
        release = Digest(channel.release_digest)
        if what == "release":
            unit.releases.stop(release)
            draft = entry.by(
                caller,
                Verb.RELEASE_STOP,
                ("release", release),
                digest=release,
                payloads={"reason": reason},
            )
            unit.append(draft)
        index = unit.append(
            entry.by(
                caller,
                Verb.CHANNEL_STOP,
                ("release", release),
                digest=release,
                facts={"channel": "stable", "version": channel.version},
                payloads={"reason": reason},
            )
        )
        unit.releases.set_channel(
            ChannelRow(
                channel.workspace, channel.toolset, channel.name, "stable", None, None, index
            )
        )
        after.base_moved(unit, channel.toolset, channel.name)

    with services.refusals.recorded(caller, Verb.CHANNEL_STOP, ("tool", name[:80])):
        await services.store.write(stop)
