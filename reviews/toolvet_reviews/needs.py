"""What a release needs from an operator before it can run: secrets and named mounts. Pure; no I/O."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from toolvet_reviews.bindings import VISIBLE, MountBinding, SecretBinding, covers_tool
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import Need


@dataclass(frozen=True)
class SecretWanted:
    """A secret that effects name, and everywhere it goes."""

    name: str
    hosts: tuple[str, ...]
    """Sorted; the empty one means that the tool itself sees it."""


@dataclass(frozen=True)
class MountWanted:
    """A mount that effects name."""

    name: str
    writes: bool


def secrets_wanted(effects: JsonObject) -> tuple[SecretWanted, ...]:
    """List the secrets that effects name, by name."""
    hosts: dict[str, set[str]] = {}
    for name in _texts(effects.get("visible_secrets")):
        hosts.setdefault(name, set()).add(VISIBLE)
    for rule in _objects(effects.get("network")):
        credential = rule.get("credential")
        if isinstance(credential, dict):
            hosts.setdefault(str(credential["secret"]), set()).add(str(rule["host"]))
    return tuple(SecretWanted(name, tuple(sorted(hosts[name]))) for name in sorted(hosts))


def mounts_wanted(effects: JsonObject) -> tuple[MountWanted, ...]:
    """List the mounts that effects name, in their order."""
    return tuple(
        MountWanted(str(one["name"]), one["mode"] == "write")
        for one in _objects(effects.get("files"))
    )


def missing(
    tool: str,
    effects: JsonObject,
    secrets: Mapping[str, SecretBinding],
    mounts: Mapping[str, MountBinding],
) -> tuple[Need, ...]:
    """List what is not bound yet, each with the command that binds it.

    Args:
        tool: `toolset/name`.
        effects: As its manifest declares them.
        secrets: Those in force, by name.
        mounts: Those in force, by name.
    """
    found = [
        secret_need(tool, wanted, secrets.get(wanted.name)) for wanted in secrets_wanted(effects)
    ]
    found += [
        mount_need(tool, wanted, mounts.get(wanted.name)) for wanted in mounts_wanted(effects)
    ]
    return tuple(need for need in found if need is not None)


def secret_need(tool: str, wanted: SecretWanted, bound: SecretBinding | None) -> Need | None:
    """Say what is missing of one secret; None when nothing is.

    Authors read it: of a scope in force it tells only that this tool is outside. The command then
    names no scope, and the command line proposes the one in force, made wide enough.
    """
    lacking = [host for host in wanted.hosts if bound is None or not bound.covers(tool, host)]
    if not lacking:
        return None
    words = [f"toolvet secret set {wanted.name}"]
    if bound is None:
        why = "is not set"
        words += _scope(tool, wanted.hosts)
    elif not covers_tool(bound.tools, tool):
        why = f"is not for {tool}"
    else:
        why = f"may not go to {' and '.join(host or 'the tool itself' for host in lacking)}"
    return Need(tool, "secret", wanted.name, why, " ".join(words), wanted.hosts)


def mount_need(tool: str, wanted: MountWanted, bound: MountBinding | None) -> Need | None:
    """Say what is missing of one mount; None when nothing is: bound for reading is bound."""
    if bound is not None and bound.covers(tool):
        return None
    command = f"toolvet mount bind {wanted.name}"
    if bound is not None:
        return Need(tool, "mount", wanted.name, f"is not for {tool}", command)
    command += f" FOLDER{' --write' * wanted.writes} --tool {shlex.quote(tool)}"
    return Need(tool, "mount", wanted.name, "is not bound", command, writes=wanted.writes)


def _scope(tool: str, hosts: tuple[str, ...]) -> Iterator[str]:
    yield f"--tool {shlex.quote(tool)}"
    for host in hosts:
        yield "--visible" if host == VISIBLE else f"--host {shlex.quote(host)}"


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, list):
        yield from (str(item) for item in value)


def _objects(value: Json) -> Iterator[JsonObject]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
