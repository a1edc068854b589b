"""Named mounts: folders of this host that a signed act binds to a name, for some tools.

What is bound is what the log says. Every call looks again that the folder is still a real one:
nothing that was put in its place later is shown to a tool.
"""

import os
from pathlib import Path
from typing import ClassVar

from toolvet.audit.bindings import BoundMount
from toolvet.config import default_config_dir
from toolvet.engine import acts, entry
from toolvet.engine.acts import UnsettledError
from toolvet.engine.needs import MountUnboundError, tool_of
from toolvet.engine.people import needs_operator
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError, NotFoundError, ToolvetError
from toolvet.sandbox import Mount
from toolvet.storage import Unit
from toolvet.storage.rows import MountRow
from toolvet_reviews import bindings, canonical, digests, needs, statements
from toolvet_reviews.bindings import MountBinding
from toolvet_reviews.events import Fact, Verb
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import MountView

_VERBS = (Verb.MOUNT_BIND, Verb.MOUNT_UNBIND)

_NEVER_WITHIN = ("/proc", "/sys", "/dev", "/boot", "/etc", "/run/secrets")
"""Kernel, devices and configuration of the host: not even a folder of theirs."""
_NEVER_ITSELF = frozenset(
    (
        *("/", "/bin", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/root"),
        *("/run", "/sbin", "/srv", "/tmp", "/usr", "/var"),  # noqa: S108 - refused, not used
    )
)
"""Too much at once; a folder inside may be bound."""
_NEVER_NAMED = frozenset({".ssh", ".gnupg", ".aws", ".kube", ".docker"})
"""Where people keep their keys."""


class MountFolderError(ToolvetError):
    """A folder that is not there any more, or that no tool may be given."""

    code: ClassVar[str] = "mount.folder"
    status: ClassVar[int] = 409


async def mounts(services: Services, caller: Caller) -> list[MountView]:
    """List the folders in force, by name.

    Raises:
        ForbiddenError: The caller only submits or calls.
    """
    if caller.principal.kind != "human" and not caller.has("auditor", "operator"):
        raise ForbiddenError("mounts are listed for people, auditors and operators")
    bound = services.standing.ledger.mounts
    return [mount_view(services, bound[name]) for name in sorted(bound)]


def mount_view(services: Services, bound: BoundMount) -> MountView:
    """Show a folder."""
    person = services.standing.ledger.principals.get(bound.actor)
    binding = bound.binding
    return MountView(
        id=binding.id,
        name=binding.name,
        folder=binding.folder,
        mode=binding.mode,
        tools=binding.tools,
        bound_at=bound.time,
        bound_by=person.name if person else bound.actor,
    )


async def bind_mount(
    services: Services, caller: Caller, envelope: bytes, document: bytes
) -> MountView:
    """Bind a folder to a name, signed by an operator; one of the same name is replaced.

    Args:
        document: Canonical bytes with id, name, folder, mode, tools; the act's subject.

    Raises:
        MountFolderError: It is no real folder, or one that no tool may be given.
    """
    binding = bindings.read_mount(statements.parse_document(document, "mount"))
    target, subject = ("mount", binding.id), digests.sha256(document)

    def bind(unit: Unit) -> BoundMount:
        _check_settled(services, unit)
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.MOUNT_BIND,
            target=target,
            subject=subject,
            seat=caller.seat,
        )
        # after the signature: what lies on this host is told to nobody else
        check_folder(services, binding)
        index = unit.append(
            entry.by(
                accepted.actor,
                Verb.MOUNT_BIND,
                target,
                digest=subject,
                act=accepted.envelope,
                policy=services.standing.policy,
                facts={"mode": binding.mode, **_replaced(services, binding)},
                payloads={"document": canonical.parse(document)},
            )
        )
        unit.mounts.set(
            MountRow(
                name=binding.name,
                folder=binding.folder,
                mode=binding.mode,
                tools=[*binding.tools],
                bound_at=accepted.statement.time,
                entry=index,
            )
        )
        return BoundMount(binding, index, accepted.statement.time, accepted.actor.id)

    with services.refusals.recorded(caller, Verb.MOUNT_BIND, target):
        return mount_view(services, await services.store.write(bind))


def _replaced(services: Services, binding: MountBinding) -> dict[str, Fact]:
    """Name the mount that another one of its name replaces; stays when both are erased."""
    before = services.standing.ledger.mounts.get(binding.name)
    return {} if before is None else {"mount": before.binding.id}


async def unbind_mount(services: Services, caller: Caller, name: str, reason: str) -> None:
    """Take a folder away; from the next call on no tool is given it.

    Raises:
        NotFoundError: None of that name.
    """
    bound = services.standing.ledger.mounts.get(name)
    target = ("mount", bound.binding.id if bound else name[:80])

    def unbind(unit: Unit) -> None:
        needs_operator(caller)
        _check_settled(services, unit)
        is_stored = unit.mounts.delete(name)
        if bound is None and not is_stored:
            raise NotFoundError(f"no mount {name[:80]!r}", hint="`toolvet mount list`")
        unit.append(entry.by(caller, Verb.MOUNT_UNBIND, target, payloads={"reason": reason}))

    with services.refusals.recorded(caller, Verb.MOUNT_UNBIND, target):
        await services.store.write(unbind)


def _check_settled(services: Services, unit: Unit) -> None:
    """Refuse while the ledger has not taken in what a step before this one entered."""
    if unit.entries(services.standing.ledger.size, verbs=_VERBS):
        raise UnsettledError("mounts are changing right now", retry_after_s=0.1)


def mounts_of(services: Services, manifest: Manifest) -> tuple[Mount, ...]:
    """Give a release the folders it declares: read-only unless it declares and was granted more.

    Raises:
        MountUnboundError: One is not bound for this tool.
        MountFolderError: One is not the folder any more that was bound.
    """
    wanted = needs.mounts_wanted(manifest.effects)
    return tuple(_mount(services, tool_of(manifest), one) for one in wanted)


def _mount(services: Services, tool: str, wanted: needs.MountWanted) -> Mount:
    bound = services.standing.ledger.mounts.get(wanted.name)
    need = needs.mount_need(tool, wanted, bound.binding if bound else None)
    if need is not None:
        raise MountUnboundError(need)
    assert bound is not None  # noqa: S101 - an unbound one is a need
    if _problem(services, bound.binding.folder):  # which it is, callers need not know
        raise MountFolderError(
            f"the folder of the mount {wanted.name} is not what was bound",
            hint="`toolvet doctor` says why.",
        )
    writable = wanted.writes and bound.binding.mode == "write"
    return Mount(wanted.name, Path(bound.binding.folder), writable)


def check_folder(services: Services, binding: MountBinding) -> None:
    """Check that a folder may be given to tools, as it is now.

    Raises:
        MountFolderError: It may not, and why.
    """
    problem = _problem(services, binding.folder)
    if problem:
        raise MountFolderError(
            f"the mount {binding.name} cannot be {binding.folder}: {problem}",
            hint=f"Name another: toolvet mount bind {binding.name} FOLDER",
        )


def _problem(services: Services, folder: str) -> str:
    path = Path(folder)
    within = next((top for top in _NEVER_WITHIN if path.is_relative_to(top)), None)
    if within is not None:
        return f"nothing of {within} is given to a tool"
    if folder in _NEVER_ITSELF:
        return "that is too much; bind a folder inside"
    if _NEVER_NAMED.intersection(path.parts):
        return "keys lie there"
    own = (services.paths.home, services.vault.key_file, default_config_dir())
    if any(_overlaps(path, Path(os.path.realpath(one))) for one in own):
        return "the service's own files lie there"
    if os.path.realpath(folder) != folder:
        return f"it leads through a link, to {os.path.realpath(folder)}"
    if not path.is_dir():
        return "there is no such folder"
    if not os.access(path, os.R_OK | os.X_OK):
        return "the service may not read it"
    return ""


def _overlaps(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
