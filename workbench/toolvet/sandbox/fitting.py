"""Whether a tier can give what an image asks for. Checked before anything is started."""

import ipaddress
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from toolvet.sandbox.errors import ImageError
from toolvet.sandbox.model import Endpoint, Image, Limits, Mount
from toolvet_reviews.values import Tier

MOST_ENDPOINTS = 32
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_MOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TAKEN = ipaddress.IPv4Address("127.0.0.1")
_READ, _WRITE = 0o5, 0o2


class AddressError(ImageError):
    """A declared host cannot be given an address inside the walls."""

    code: ClassVar[str] = "network.address"
    hint = "Declare the host by its name; of addresses only IPv4 ones can be used as they are."


class TierError(ImageError):
    """The walls of this tier cannot give the tool what it declares."""

    code: ClassVar[str] = "sandbox.tier"
    hint = "Hosts need a network namespace (tiers A and B); `toolvet doctor` says what is missing."


class TierProcessesError(TierError):
    """A tool declares processes where nothing caps the memory of all of them together."""

    code: ClassVar[str] = "sandbox.tier_processes"
    hint = "Give the service a cgroup it may write to (tier A); `toolvet doctor` says how."


class MountError(ImageError):
    """A folder that was bound to a name cannot be shown to a run."""

    code: ClassVar[str] = "mount.unreadable"


def check(image: Image, limits: Limits, tier: Tier) -> None:
    """Refuse what the walls of a tier cannot give.

    Raises:
        TierError: The tier has no network namespace, or no cap on several processes.
        AddressError: A host cannot be given an address.
        ImageError: A name is not one.
    """
    if limits.processes > 0 and tier != "A":
        raise TierProcessesError(f"the tool declares {limits.processes} processes, in tier {tier}")
    check_shown(tier, image.mounts, image.endpoints)


def check_shown(tier: Tier, mounts: Sequence[Mount], endpoints: Sequence[Endpoint]) -> None:
    """Refuse names and addresses that a run cannot be shown.

    Raises:
        TierError: The tier has no network namespace.
        AddressError: A host cannot be given an address.
        ImageError: A name is not one.
    """
    if endpoints and tier not in ("A", "B"):
        raise TierError(f"the tool declares hosts, and tier {tier} cannot keep it to them")
    if len(endpoints) > MOST_ENDPOINTS:
        raise AddressError(f"{len(endpoints)} hosts and ports, at most {MOST_ENDPOINTS} are served")
    for endpoint in endpoints:
        _check_endpoint(endpoint)
    if len({(endpoint.address, endpoint.port) for endpoint in endpoints}) < len(endpoints):
        raise AddressError("two declared hosts share an address and a port")
    for mount in mounts:
        if not _MOUNT.fullmatch(mount.name):
            raise ImageError(f"{mount.name!r:.80} is no name for a folder")
    if len({mount.name for mount in mounts}) < len(mounts):
        raise ImageError("two folders have the same name")


def _check_endpoint(endpoint: Endpoint) -> None:
    host = endpoint.host
    if not _HOST.fullmatch(host) or not 0 < endpoint.port < 1 << 16:
        raise AddressError(f"{host!r:.80} at port {endpoint.port} is no host")
    try:
        address = ipaddress.IPv4Address(endpoint.address)
    except ValueError as error:
        raise AddressError(f"{endpoint.address!r:.80} is no IPv4 address") from error
    if host == endpoint.address:
        if address.is_unspecified or address.is_multicast or address.is_reserved:
            raise AddressError(f"nothing can listen at {host}")
    elif host.replace(".", "").isdigit():
        raise AddressError(f"the address {host} can stand for itself only")
    elif not address.is_loopback or address == _TAKEN:
        raise AddressError(f"{endpoint.address} cannot stand for {host}")


def check_mount(mount: Mount, uid: int | None) -> None:
    """Refuse a folder that the serving user could not use, where the reason can still be told.

    Args:
        mount: What is to be shown.
        uid: Who runs code on the host, when it is not the service's own user.

    Raises:
        MountError: It is not there, is no folder, or is closed to that user.
    """
    try:
        found = os.stat(mount.folder, follow_symlinks=False)
    except OSError as error:
        raise MountError(f"the folder of {mount.name} is not there", hint=_bound(mount)) from error
    if not stat.S_ISDIR(found.st_mode):
        raise MountError(f"what is bound to {mount.name} is no folder", hint=_bound(mount))
    wanted = _READ | (_WRITE if mount.writable else 0)
    if uid is None or _grants(found, uid) & wanted == wanted:
        return
    do = "write to" if mount.writable else "read"
    hint = f"The service runs code as user {uid}: let that user {do} {mount.folder}."
    raise MountError(f"the folder of {mount.name} is closed to runs", hint=hint)


def _grants(found: os.stat_result, uid: int) -> int:
    if found.st_uid == uid:
        return found.st_mode >> 6 & 0o7
    if found.st_gid == uid:  # runs have one group, of the same number
        return found.st_mode >> 3 & 0o7
    return found.st_mode & 0o7


def _bound(mount: Mount) -> str:
    return f"`toolvet mount bind {mount.name} FOLDER` binds another one."


def check_readable(folder: Path) -> None:
    """Refuse a folder of ours that another user could not read, where the reason can still be told.

    Raises:
        ImageError: Something in it is closed.
    """
    for place, folders, names in os.walk(folder):
        for name, wanted in [*((n, 0o005) for n in folders), *((n, 0o004) for n in names)]:
            mode = os.lstat(os.path.join(place, name)).st_mode
            if not stat.S_ISLNK(mode) and mode & wanted != wanted:
                raise ImageError(f"{name} is not readable by everybody")
