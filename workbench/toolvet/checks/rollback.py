"""The check `rollback`: the way back is walked before anybody needs it.

The release is published, rolled back and withdrawn in a scratch registry. Of a tool that writes, the
stores matter as well: what the new version wrote must be readable for the one that serves now, which
would find it there after a rollback, and the other way about. Read means: the calls that each
version answers over its own records, it answers over the other's too, without failing and without
sending again what was sent.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from toolvet.checks.base import RUN, Check, CheckContext, Inputs, conclude, unknown
from toolvet.checks.environment import digest_in, is_settled
from toolvet.checks.interface import Interface, interface_of
from toolvet.checks.manifest_build import derive_manifest
from toolvet.checks.published import Published
from toolvet.checks.rehearsal import Rehearsed, rehearse
from toolvet.checks.versions import (
    BUDGET_S,
    Asked,
    Player,
    Records,
    examples_of,
    failure,
    player,
    recorded_of,
    served,
    submitted,
)
from toolvet.sdk import __version__ as sdk_version
from toolvet_reviews import canonical
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

NAME = "rollback"
MOST_REPLAYED = 16
"""Calls that each version answers over the other's records."""


@dataclass
class _Read:
    """How one version got on with the records of the other."""

    replayed: int = 0
    troubles: list[str] = field(default_factory=list[str])
    """What went wrong, the first call first."""
    is_hidden: bool = False
    """Whether production data had a part in it, so that its author may not read it."""
    is_certain: bool = False
    """Whether an example showed it: redacted calls may fail for what redaction made of them."""
    late: int = 0
    """Calls for which there was no time."""

    def note(self, call: Asked, trouble: str, *, is_hidden: bool) -> None:
        """Write down one call."""
        self.replayed += 1
        if trouble:
            self.troubles.append(f"{_short(call.arguments)}: {trouble}")
            self.is_hidden |= is_hidden
            self.is_certain |= not is_hidden


@dataclass(frozen=True)
class _Stores:
    """What became of calls over the records of somebody else."""

    back: _Read
    """Of the version that serves, over those of the new one."""
    forth: _Read
    """Of the new version, over those of the one that serves."""
    there: _Read
    """Of the new version, over a copy of what is stored in earnest."""

    @property
    def all(self) -> tuple[_Read, ...]:
        """Every one of them."""
        return self.back, self.forth, self.there


async def run(context: CheckContext) -> Evidence:
    """Rehearse the way back."""
    interface = interface_of(context.earlier.get("interface"))
    packages = context.earlier.get("environment")
    if interface is None or not is_settled(context.bundle, packages):
        return unknown(NAME, "not run: what would be published is not known")
    published = context.published
    rehearsed = _rehearsed(context, interface, published)
    if rehearsed.trouble:
        return unknown(NAME, f"the rehearsal failed: {rehearsed.trouble}")
    if published is None or not _keeps_records(context, published):
        return _concluded(context, rehearsed)
    if published.trouble:
        return unknown(NAME, f"the version that serves cannot be run here: {published.trouble}")
    return _concluded(context, rehearsed, await _stores(context, interface, published))


CHECK = Check(
    NAME,
    run,
    Inputs(
        "tool",
        ("python", "platform"),
        runs=True,
        spec=(*RUN, "rollback", "tool"),
        asked=("redact",),
        published=True,
    ),
    needs=("intake", "environment", "interface"),
)


def _rehearsed(
    context: CheckContext, interface: Interface, published: Published | None
) -> Rehearsed:
    release: Manifest = derive_manifest(
        context.bundle,
        interface,
        context.limits,
        context.tier,
        sdk_version,
        environment=digest_in(context.earlier.get("environment")),
    )
    kind = context.bundle.spec.effects.kind
    if published is None:
        return rehearse(release, None, kind, 0)
    return rehearse(release, published.manifest, kind, published.version)


def _keeps_records(context: CheckContext, published: Published) -> bool:
    """Tell whether there are records that both versions know."""
    new, old = context.bundle.spec.effects, published.bundle.spec.effects
    writes = {"write", "destructive"} & {new.kind, old.kind}
    return bool(writes and set(new.store) & set(old.store))


# --- the stores ----------------------------------------------------------------------------------


async def _stores(context: CheckContext, interface: Interface, published: Published) -> _Stores:
    old, new = served(context, published), submitted(context, interface)
    asked = [*examples_of(old.bundle), *examples_of(new.bundle), *recorded_of(published)]
    both = {
        canonical.dumps(one.arguments): one
        for one in reversed(asked)
        if old.takes.is_valid(one.arguments) and new.takes.is_valid(one.arguments)
    }
    calls = [*both.values()][::-1][:MOST_REPLAYED]
    with player(old, context.pool) as before, player(new, context.pool) as after:
        back = await _read(before, after, calls)
        forth = await _read(after, before, calls)
        there = await _read_copy(after, calls, published.store)
    return _Stores(back, forth, there)


async def _read(reader: Player, writer: Player, calls: Sequence[Asked]) -> _Read:
    """Let one version answer calls over the records of the other, and over its own."""
    found = _Read()
    end = time.monotonic() + BUDGET_S / 2
    for call in calls:
        if time.monotonic() > end:
            found.late += 1
            continue
        own = await _over(reader, call, await _written(reader, call))
        others = await _over(reader, call, await _written(writer, call))
        found.note(call, _trouble(own, others), is_hidden=call.source == "recorded")
    return found


async def _read_copy(reader: Player, calls: Sequence[Asked], copy: Records) -> _Read:
    """Let the new version answer calls over a copy of what is stored in earnest.

    What was done at most once is not copied, so that only failures say something here.
    """
    found = _Read()
    if not any(copy.values()):
        return found
    for call in calls:
        own = await _over(reader, call, _Kept({}, {}))
        others = await _over(reader, call, _Kept(copy, {}))
        found.note(call, _failure(own, others), is_hidden=True)
    return found


@dataclass(frozen=True)
class _Kept:
    """What a version left for whoever comes next."""

    records: Records
    once: dict[str, JsonObject]


async def _written(version: Player, call: Asked) -> _Kept:
    stage = version.stage(files=call.files)
    await stage.set_up()
    await version.run(stage, call.arguments)
    return _Kept(stage.host.store, stage.host.once)


@dataclass(frozen=True)
class _Answered:
    """What a version made of a call over somebody's records."""

    failed: str
    mails: int
    sent: str


async def _over(version: Player, call: Asked, kept: _Kept) -> _Answered:
    stage = version.stage(kept.records, call.files)
    stage.host.once = dict(kept.once)
    await stage.set_up()
    outcome = await version.run(stage, call.arguments)
    return _Answered(failure(outcome), len(stage.world.mails), stage.world.state())


def _failure(own: _Answered, others: _Answered) -> str:
    if others.failed and others.failed != own.failed:
        return f"fails with {one_line(others.failed, 80)}"
    return ""


def _trouble(own: _Answered, others: _Answered) -> str:
    """Say what the records of the other version did to a call; empty when it took them."""
    failed = _failure(own, others)
    if failed:
        return failed
    if others.mails > own.mails:
        return f"sends {counted(others.mails - own.mails, 'mail')} again"
    if others.sent != own.sent and others.mails == own.mails:
        return "sends something again"
    return ""


# --- what is said --------------------------------------------------------------------------------


def _concluded(
    context: CheckContext, rehearsed: Rehearsed, stores: _Stores | None = None
) -> Evidence:
    findings = [] if stores is None else _findings(context, stores)
    replayed = 0 if stores is None else sum(one.replayed for one in stores.all)
    measurements: dict[str, Json] = {
        "rollback_rehearsed": True,
        "steps": [*rehearsed.steps],
        "store_readable": _is_readable(replayed, stores, findings),
        "said_unreadable": context.bundle.spec.rollback.readable is False,
        "replayed": replayed,
    }
    evidence = conclude(
        NAME,
        findings,
        measurements=measurements,
        tools={"python": context.tools.versions["python"]},
        not_looked_at=_not_looked_at(context, replayed, stores),
        tier=context.tier if replayed else None,
        nothing=_words(context, rehearsed, replayed),
    )
    if not findings:
        return evidence
    # findings may quote recorded calls; a summary is read where they are not
    return replace(evidence, summary="the stores of the two versions do not go together")


def _is_readable(replayed: int, stores: _Stores | None, findings: Sequence[Finding]) -> bool | None:
    """Tell whether the stores go together; None when it was not, or not wholly, tried."""
    if findings:
        return False
    is_whole = replayed and stores is not None and not any(one.late for one in stores.all)
    return True if is_whole else None


def _findings(context: CheckContext, stores: _Stores) -> list[Finding]:
    findings: list[Finding] = []
    is_plain = context.asked.redact == "none"
    if stores.back.troubles:
        is_said = context.bundle.spec.rollback.readable is False
        is_certain = stores.back.is_certain or is_plain
        findings.append(_unreadable(stores.back, is_said=is_said, is_certain=is_certain))
    if stores.forth.troubles:
        is_certain = stores.forth.is_certain or is_plain
        findings.append(_unusable(stores.forth, is_certain=is_certain))
    elif stores.there.troubles:
        findings.append(_unusable(stores.there, is_certain=is_plain))
    return findings


def _words(context: CheckContext, rehearsed: Rehearsed, replayed: int) -> str:
    said = "; ".join(rehearsed.steps)
    if replayed:
        return f"{said}; each version reads what the other stored, in {counted(replayed, 'call')}"
    kind = context.bundle.spec.effects.kind
    if kind in {"pure", "read"}:
        return f"{said}; it changes nothing that would have to be put back"
    return said


def _not_looked_at(context: CheckContext, replayed: int, stores: _Stores | None) -> list[str]:
    if stores is not None and not replayed:
        return ["the stores: no call that both versions take"]
    said: list[str] = []
    late = 0 if stores is None else sum(one.late for one in stores.all)
    if late:
        said.append(f"the stores, in {counted(late, 'call')}: there was no time")
    effects = context.bundle.spec.effects
    if effects.writes and (effects.network or effects.files):
        said.append("what was sent or written elsewhere: no rollback brings it back")
    return said


def _unreadable(read: _Read, *, is_said: bool, is_certain: bool) -> Finding:
    message = (
        "The version that serves now cannot go on with what this one stored: "
        f"{_listed(read.troubles)}."
    )
    rule = "unreadable-said" if is_said else "unreadable"
    severity = "error" if is_certain and not is_said else "warning"
    return Finding(
        f"{NAME}.{rule}", severity, message[:1500], category="rollback", hidden=read.is_hidden,
        why="After a rollback it would find these records, and nothing else.",
        fix="Keep keys and shape of records that are there, and add fields that may be missing; or "
        "say `readable = false` under [rollback] in tool.toml, and let the policy decide.",
    )  # fmt: skip


def _unusable(read: _Read, *, is_certain: bool) -> Finding:
    message = f"This version cannot go on with what is stored already: {_listed(read.troubles)}."
    return Finding(
        f"{NAME}.old-records", "error" if is_certain else "warning", message[:1500], category="rollback", hidden=read.is_hidden,
        why="The records of the version that serves now are all there when this one takes over.",
        fix="Read the old shape of a record too, where it has no new fields yet.",
    )  # fmt: skip


def _listed(troubles: Sequence[str]) -> str:
    more = f" (and {counted(len(troubles) - 3, 'other call')})" if len(troubles) > 3 else ""
    return "; ".join(troubles[:3]) + more


def _short(arguments: JsonObject) -> str:
    return one_line(canonical.dumps(arguments).decode()[:400], 160)
