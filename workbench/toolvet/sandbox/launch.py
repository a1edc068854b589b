"""Starting a launcher process with its orders."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolvet.sandbox import apparmor, interpreter
from toolvet.sandbox.cgroups import Slot
from toolvet.sandbox.errors import ImageError, ZygoteStartError
from toolvet.sandbox.fitting import check, check_mount, check_readable, check_shown
from toolvet.sandbox.inside.config import SCRATCH, Config
from toolvet.sandbox.model import Endpoint, Environment, Image, Limits, Mount
from toolvet_reviews.values import Tier

SERVING_UID = 64001
"""Who runs code on the host when the service itself is root."""

_SCRATCH_BESIDE_BINDS = "/scratch"
_NOTHING_ELSE = subprocess.DEVNULL

# A launcher dies with the thread that started it (PR_SET_PDEATHSIG), so that thread must live as
# long as this process does.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="toolvet-starter")


@dataclass(frozen=True)
class Reach:
    """What a run is given besides its own files."""

    environment: Environment | None = None
    mounts: tuple[Mount, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    ca: Path | None = None


_NOTHING = Reach()


@dataclass(frozen=True)
class Launched:
    """A launcher that has its orders."""

    process: subprocess.Popen[bytes]
    control: socket.socket


def _serving_uid(tier: Tier, shown: Sequence[Path]) -> int | None:
    """Choose the user on the host; None is the caller's own.

    In tier C nothing is mounted, so a user who cannot reach the interpreter or the tool is of no
    use: then root stays, without a single capability and behind Landlock.
    """
    if os.getuid() != 0:
        return None
    if tier == "C" and not all(map(interpreter.readable_by_everybody, shown)):
        return None
    return SERVING_UID


def _scratch_inside(shown: Sequence[Path]) -> str:
    """Choose where a call's own folder is mounted: not over something it must see."""
    hidden = any(path.is_relative_to(SCRATCH) for path in shown)
    return _SCRATCH_BESIDE_BINDS if hidden else SCRATCH


def config_of(image: Image, limits: Limits, tier: Tier, scratch: str = "") -> Config:
    """Put the orders of a zygote together.

    Args:
        image: What it serves.
        limits: Of each call.
        tier: Which walls it builds.
        scratch: In tier C, the folder below which calls write.

    Raises:
        ImageError: Something it names cannot be shown, or not in this tier.
    """
    check(image, limits, tier)
    return make_config(
        "zygote",
        tier,
        limits,
        folder=image.folder,
        scratch=scratch,
        entry=image.entry,
        typed=image.typed,
        preload=image.preload,
        watch=image.watch,
        reach=Reach(image.environment, image.mounts, image.endpoints, image.ca),
    )


def _shown(tier: Tier, binds: Sequence[Path], given: Sequence[Path]) -> tuple[Path, ...]:
    """List what is shown at its own place, once each.

    Raises:
        ImageError: A path to show is not there.
    """
    asked = [Path(os.path.normpath(path.absolute())) for path in binds]
    for path in [*asked, *given]:
        if not path.exists():
            raise ImageError(f"there is no {path}")
    return interpreter.without_nested([*interpreter.visible_paths(), *asked])


def _reached(reach: Reach, uid: int | None) -> dict[str, Any]:
    """Write what a run was given besides its own files."""
    for mount in reach.mounts:
        check_mount(mount, uid)
    environment = reach.environment
    return {
        "deps": str(environment.folder.absolute()) if environment else "",
        "deps_ahead": environment is not None and environment.approved,
        "mounts": [
            [mount.name, str(mount.folder.absolute()), "write" if mount.writable else "read"]
            for mount in reach.mounts
        ],
        "endpoints": [[e.host, str(e.port), e.address] for e in reach.endpoints],
        "certificates": str(reach.ca.absolute()) if reach.ca else "",
    }


def make_config(
    mode: str,
    tier: Tier,
    limits: Limits,
    *,
    folder: Path | None,
    binds: Sequence[Path] = (),
    scratch: str = "",
    entry: str = "",
    typed: bool = True,
    preload: tuple[str, ...] = (),
    watch: bool = False,
    argv: Sequence[str] = (),
    env: dict[str, str] | None = None,
    reach: Reach = _NOTHING,
) -> Config:
    """Put a launcher's orders together.

    Raises:
        ImageError: A path to show is not there, or a name or address is not one.
    """
    check_shown(tier, reach.mounts, reach.endpoints)
    own = [folder] if folder else []
    if reach.environment:
        own.append(reach.environment.folder)
    shown = _shown(tier, binds, [*own, *([reach.ca] if reach.ca else [])])
    sdk = interpreter.staged_sdk() if tier == "C" else interpreter.SDK
    if not scratch:
        scratch = SCRATCH if mode == "program" else _scratch_inside(shown)
    uid = _serving_uid(tier, [*shown, sdk, *own])
    if uid is not None and folder is not None:
        check_readable(folder)
    return Config(
        mode=mode,
        namespaces=tier in ("A", "B"),
        uid=uid,
        binds=[[str(path), str(path)] for path in shown],
        links=[list(link) for link in interpreter.top_links()],
        masked=[str(path) for path in interpreter.masked_paths()] if mode == "zygote" else [],
        tool=str(folder.absolute()) if folder else "",
        sdk=str(sdk),
        scratch=scratch,
        scratch_mib=limits.scratch_mib,
        memory_mib=limits.memory_mib,
        cpu_s=limits.cpu_s,
        open_files=limits.open_files,
        processes=limits.processes,
        frame_bytes=limits.result_kib << 10,
        capped=tier == "A" and mode == "zygote",
        entry=entry,
        typed=typed,
        preload=preload,
        watch=watch,
        argv=tuple(argv),
        env=tuple((env or {}).items()),
        **_reached(reach, uid),
    )


def _start(
    config: Config,
    streams: tuple[int, int, int],
    report: int | None,
    wrap: Sequence[str],
    slot: Slot | None,
) -> Launched:
    control, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with remote:
        kept = [remote.fileno(), *([] if report is None else [report])]
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                [
                    *wrap,
                    apparmor.launcher(interpreter.executable()),
                    "-I",
                    "-S",
                    "-X",
                    "utf8",
                    str(interpreter.MAIN),
                    str(remote.fileno()),
                ],
                pass_fds=kept,
                stdin=streams[0],
                stdout=streams[1],
                stderr=streams[2],
                env={},
                cwd="/",
                start_new_session=True,  # no terminal, and none of its signals
            )
        except BaseException:
            control.close()
            raise
    try:
        if slot is not None:  # it waits for its orders, so all it starts is born in there
            slot.enter(process.pid)
        control.send(config.to_bytes())
        if report is not None:
            control.send(str(report).encode())
    except OSError as error:
        process.kill()
        process.wait()
        control.close()
        raise ZygoteStartError(f"the launcher did not take its orders: {error}") from error
    control.settimeout(0)
    return Launched(process, control)


async def start(
    config: Config,
    streams: tuple[int, int, int] = (_NOTHING_ELSE, _NOTHING_ELSE, _NOTHING_ELSE),
    report: int | None = None,
    wrap: Sequence[str] = (),
    slot: Slot | None = None,
) -> Launched:
    """Start a launcher.

    Args:
        config: Its orders.
        streams: Descriptors of standard input, output and error.
        report: A descriptor that a program may write to besides.
        wrap: A program, with its arguments, that the launcher is started under: an observer.
        slot: The control group that it lives in, with all it starts.

    Raises:
        ZygoteStartError: It ended before it had its orders, or the group would not have it.
    """
    starting = _starter.submit(_start, config, streams, report, wrap, slot)
    try:
        return await asyncio.wrap_future(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(_discard)  # at once, or when the thread is through with it
        raise


def _discard(starting: Future[Launched]) -> None:
    """End a launcher that nobody waits for any more."""
    if starting.cancelled() or starting.exception() is not None:
        return
    launched = starting.result()
    launched.process.kill()
    launched.process.wait()
    launched.control.close()
