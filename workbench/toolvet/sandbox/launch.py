"""Starting a launcher process with its orders."""

import asyncio
import os
import socket
import stat
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from toolvet.sandbox import interpreter
from toolvet.sandbox.errors import ImageError
from toolvet.sandbox.inside.config import SCRATCH, Config
from toolvet.sandbox.model import Limits
from toolvet_reviews.values import Tier

SERVING_UID = 64001
"""Who runs code on the host when the service itself is root."""

_SCRATCH_BESIDE_BINDS = "/scratch"
_NOTHING_ELSE = subprocess.DEVNULL

# A launcher dies with the thread that started it (PR_SET_PDEATHSIG), so that thread must live as
# long as this process does.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="toolvet-starter")


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


def _check_readable(folder: Path) -> None:
    """Refuse a tool that the serving user could not read, where the reason can still be told."""
    for place, folders, names in os.walk(folder):
        for name, wanted in [*((n, 0o005) for n in folders), *((n, 0o004) for n in names)]:
            mode = os.lstat(os.path.join(place, name)).st_mode
            if not stat.S_ISLNK(mode) and mode & wanted != wanted:
                raise ImageError(f"{name} is not readable by everybody")


def make_config(
    mode: str,
    tier: Tier,
    limits: Limits,
    *,
    folder: Path | None,
    binds: Sequence[Path] = (),
    scratch: str = "",
    network: bool = False,
    entry: str = "",
    typed: bool = True,
    preload: tuple[str, ...] = (),
    argv: Sequence[str] = (),
    env: dict[str, str] | None = None,
) -> Config:
    """Put a launcher's orders together.

    Raises:
        ImageError: A path to show is not there.
    """
    asked = [Path(os.path.normpath(path.absolute())) for path in binds]
    for path in [*asked, *([folder] if folder else [])]:
        if not path.exists():
            raise ImageError(f"there is no {path}")
    shown = interpreter.without_nested([*interpreter.visible_paths(), *asked])
    sdk = interpreter.staged_sdk() if tier == "C" else interpreter.SDK
    reached = [*shown, sdk, *([folder] if folder else [])]
    if not scratch:
        scratch = SCRATCH if mode == "program" else _scratch_inside(shown)
    uid = _serving_uid(tier, reached)
    if uid is not None and folder is not None:
        _check_readable(folder)
    return Config(
        mode=mode,
        namespaces=tier in ("A", "B"),
        uid=uid,
        binds=[[str(path), str(path)] for path in shown],
        links=[list(link) for link in interpreter.top_links()],
        tool=str(folder.absolute()) if folder else "",
        sdk=str(sdk),
        scratch=scratch,
        scratch_mib=limits.scratch_mib,
        memory_mib=limits.memory_mib,
        cpu_s=limits.cpu_s,
        open_files=limits.open_files,
        processes=limits.processes,
        frame_bytes=limits.result_kib << 10,
        network=network,
        entry=entry,
        typed=typed,
        preload=preload,
        argv=tuple(argv),
        env=tuple((env or {}).items()),
    )


def _start(config: Config, streams: tuple[int, int, int], report: int | None) -> Launched:
    control, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with remote:
        kept = [remote.fileno(), *([] if report is None else [report])]
        try:
            control.send(config.to_bytes())
            if report is not None:
                control.send(str(report).encode())
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                [
                    interpreter.executable(),
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
            )
        except BaseException:
            control.close()
            raise
    control.settimeout(0)
    return Launched(process, control)


async def start(
    config: Config,
    streams: tuple[int, int, int] = (_NOTHING_ELSE, _NOTHING_ELSE, _NOTHING_ELSE),
    report: int | None = None,
) -> Launched:
    """Start a launcher.

    Args:
        config: Its orders.
        streams: Descriptors of standard input, output and error.
        report: A descriptor that a program may write to besides.
    """
    return await asyncio.wrap_future(_starter.submit(_start, config, streams, report))
