"""Roll back: point a channel to an earlier approved release, by a signed act."""

from toolvet.audit import envelopes
from toolvet.engine import acts, after, entry
from toolvet.engine.audit import may_audit
from toolvet.engine.services import Services
from toolvet.engine.tools import tool_view
from toolvet.engine.vote import Note
from toolvet.errors import ConflictError, NotFoundError, SignatureError, ToolNotFoundError
from toolvet.storage import Unit, View
from toolvet.storage.rows import ChannelRow, ReleaseRow
from toolvet_reviews import statements
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Digest, Json
from toolvet_reviews.views import ToolView


class ReleaseStoppedError(ConflictError):
    """A stopped release is not served again."""

    code = "release.stopped"
    hint = "Roll back to another version, or submit a repaired one."


async def rollback(
    services: Services, caller: Caller, name: str, envelope: bytes, note: Note | None = None
) -> ToolView:
    """Serve an earlier version again.

    Args:
        name: Advertised name.
        envelope: Act `channel:move` whose subject is the release to serve.

    Raises:
        SignatureError: The act does not hold.
        NotFoundError: The release was never published under that name.
        ReleaseStoppedError: It was stopped.
    """

    def move(unit: Unit) -> ReleaseRow:
        release = _meant(envelope)
        row = _published(unit, name, release)
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.CHANNEL_MOVE,
            target=("release", release),
            subject=release,
            seat=caller.seat,
        )
        before = unit.releases.channel(row.toolset, row.name, "stable")
        _check(accepted.statement, before, note)
        _enter(unit, services, accepted, row, before, note)
        return row

    with services.refusals.recorded(caller, Verb.CHANNEL_MOVE, ("tool", name[:80])):
        row = await services.store.write(move)
    return _view(services, name, row)


def _view(services: Services, name: str, row: ReleaseRow) -> ToolView:
    """Show what the channel serves now; a release may be unfit to serve, and then says why."""
    snapshot = services.catalogue.snapshot
    served = snapshot.served.get(name)
    if served is not None and served.digest == row.digest:
        return tool_view(served)
    problem = next((one for one in snapshot.problems if one.digest == row.digest), None)
    return ToolView(
        toolset=row.toolset,
        name=row.name,
        advertised_name=name,
        version=row.version,
        release_digest=row.digest,
        channel="stable",
        kind=services.standing.ledger.releases[row.digest].kind,
        description="",
        served=False,
        reason=f"{problem.code}: {problem.reason}" if problem else "release.not_served",
    )


def _meant(envelope: bytes) -> Digest:
    """Read which release an act is about; `accept` checks the signature afterwards."""
    return statements.parse(envelopes.payload_of(envelope)).subject


def _published(view: View, name: str, release: Digest) -> ReleaseRow:
    row = view.releases.get(release)
    advertised = row and (row.name if row.toolset == "default" else f"{row.toolset}__{row.name}")
    if row is None or advertised != name:
        raise NotFoundError(f"{name!r} has no release {release}")
    if row.stopped:
        raise ReleaseStoppedError(f"version {row.version} of {name!r} was stopped")
    return row


def _check(statement: Statement, before: ChannelRow | None, note: Note | None) -> None:
    if statement.channel != "stable":
        raise SignatureError("the act names another channel")
    if statement.base != (before.release_digest if before else None):
        raise ConflictError("the channel was moved since", hint="Look again, then sign anew.")
    if statement.note != (note.commitment if note else None):
        raise SignatureError("the act names another reason")


def _enter(
    unit: Unit,
    services: Services,
    accepted: acts.Accepted,
    row: ReleaseRow,
    before: ChannelRow | None,
    note: Note | None,
) -> None:
    reason: dict[str, Json] = {"reason": {"salt": note.salt, "text": note.text}} if note else {}
    index = unit.append(
        entry.by(
            accepted.actor,
            Verb.CHANNEL_MOVE,
            ("release", row.digest),
            digest=Digest(row.digest),
            act=accepted.envelope,
            policy=services.standing.policy,
            facts={
                "channel": "stable",
                "version": row.version,
                "previous": before.release_digest if before else None,
            },
            payloads=reason,
        )
    )
    unit.releases.set_channel(
        ChannelRow(row.workspace, row.toolset, row.name, "stable", row.digest, row.version, index)
    )
    after.base_moved(unit, row.toolset, row.name)


async def releases(
    services: Services, caller: Caller, name: str
) -> tuple[list[ReleaseRow], str | None]:
    """List every release of a tool, oldest first, and the digest of the one served now.

    Raises:
        ToolNotFoundError: Nothing was ever published under that name.
    """
    may_audit(caller)
    toolset, _, bare = name.rpartition("__")

    def read(view: View) -> tuple[list[ReleaseRow], str | None]:
        found = view.releases.versions(toolset or "default", bare)
        if not found:
            raise ToolNotFoundError(f"no tool {name[:80]!r}")
        current = view.releases.channel(toolset or "default", bare, "stable")
        return found, current.release_digest if current else None

    return await services.store.query(read)
