"""Where this process may make control groups, if anywhere.

Version 2 when it was delegated, as systemd does with `Delegate=yes`; else version 1, which only root
may use. Everything is made below the group that the service is in, so that what caps the service
caps its calls too.

Source: Linux `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/`, systemd's
`CGROUP_DELEGATION.md`.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "toolvet-"
_DELEGATED = ("user.delegate", "trusted.delegate")
_WANTED = ("memory", "pids")


@dataclass(frozen=True)
class Hierarchy:
    """Folders below which groups of one process are made; one for each controller of version 1."""

    version: int
    memory: Path
    pids: Path | None = None
    """Of version 1 only, and only when it is there."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder, memory first."""
        return (self.memory, self.pids) if self.pids else (self.memory,)


class NoHierarchyError(Exception):
    """Control groups cannot be made here; the message says why."""


def _start_time(process: int) -> str:
    """Tell when a process started; with its id that names it for ever.

    Raises:
        OSError: There is no such process.
    """
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]


def own_name() -> str:
    """Name the folder of this process."""
    return f"{_PREFIX}{os.getpid()}-{_start_time(os.getpid())}"


def is_left_over(name: str) -> bool:
    """Tell whether a folder is that of a process which is gone."""
    process, _, started = name.removeprefix(_PREFIX).partition("-")
    if not name.startswith(_PREFIX) or not (process.isdigit() and started.isdigit()):
        return False
    try:
        return _start_time(int(process)) != started
    except OSError:
        return True


def _mounts(text: str) -> Iterator[tuple[str, str, str]]:
    """Read mountinfo: controllers (empty for version 2), the group mounted, and where."""
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(maxsplit=2)
        root, place = left.split()[3:5]
        if kind == "cgroup2":
            yield "", root, place
        elif kind == "cgroup":
            yield options, root, place


def _own_groups(text: str) -> dict[str, str]:
    """Read /proc/PID/cgroup: the path of each controller; that of version 2 is named by nothing."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return {name: path for _, names, path in lines for name in names.split(",")}


def _place(mounts: list[tuple[str, str, str]], groups: dict[str, str], controller: str) -> Path:
    for options, root, place in mounts:
        is_it = controller in options.split(",") if controller else not options
        if is_it and controller in groups:
            path = Path(groups[controller])
            if path.is_relative_to(root):
                return Path(place) / path.relative_to(root)
    raise NoHierarchyError(f"no {controller or 'version 2'} hierarchy is mounted")


def _is_delegated(folder: Path) -> bool:
    """Tell whether somebody gave this group away to us: groups of systemd are its own."""
    wanted = [folder / name for name in ("cgroup.procs", "cgroup.subtree_control")]
    if not all(os.access(path, os.W_OK) for path in (folder, *wanted)):
        return False
    if os.getuid() != 0 or not Path("/run/systemd/system").exists():
        return True
    for name in _DELEGATED:
        with contextlib.suppress(OSError):
            if os.getxattr(folder, name).strip(b"\0") == b"1":
                return True
    return False


def _find_second(mounts: list[tuple[str, str, str]], groups: dict[str, str]) -> Hierarchy:
    folder = _place(mounts, groups, "")
    if "memory" not in (folder / "cgroup.controllers").read_text().split():
        raise NoHierarchyError("version 2 caps no memory here")
    if not _is_delegated(folder):
        raise NoHierarchyError("the service's control group was not delegated to it")
    return Hierarchy(2, folder)


def _find_first(mounts: list[tuple[str, str, str]], groups: dict[str, str]) -> Hierarchy:
    memory = _place(mounts, groups, "memory")
    if not os.access(memory, os.W_OK):
        raise NoHierarchyError("control groups of version 1 are root's")
    try:
        pids = _place(mounts, groups, "pids")
    except NoHierarchyError:
        pids = None
    return Hierarchy(1, memory, pids if pids and os.access(pids, os.W_OK) else None)


def find(proc: Path = Path("/proc/self")) -> Hierarchy:
    """Return where groups can be made; makes none.

    Raises:
        NoHierarchyError: Nowhere.
    """
    try:
        mounts = list(_mounts((proc / "mountinfo").read_text()))
        groups = _own_groups((proc / "cgroup").read_text())
    except OSError as error:
        raise NoHierarchyError(f"no control groups: {error.strerror}") from error
    reasons: list[str] = []
    for look in (_find_second, _find_first):
        try:
            return look(mounts, groups)
        except NoHierarchyError as error:
            reasons.append(str(error))
        except OSError as error:
            reasons.append(f"{error.strerror}: {error.filename}")
    raise NoHierarchyError("; ".join(reasons))


def occupy(hierarchy: Hierarchy) -> Hierarchy:
    """Make this process's own folders, with the controllers on, and return them.

    Version 2 caps no group that has processes and groups below it, so the service steps aside
    into a group of its own first. It does so only when it is alone.

    Raises:
        NoHierarchyError: Others live in this group, or the kernel would not.
    """
    name = own_name()
    try:
        if hierarchy.version == 2:
            _step_aside(hierarchy.memory, name)
        made = [folder / name for folder in hierarchy.folders]
        for folder in made:
            folder.mkdir(exist_ok=True)
        if hierarchy.version == 2:
            _switch_on(made[0])
    except OSError as error:
        raise NoHierarchyError(f"{error.strerror}: {error.filename}") from error
    return Hierarchy(hierarchy.version, made[0], made[1] if len(made) > 1 else None)


def _switch_on(folder: Path) -> None:
    """Let groups below a folder be capped."""
    there = (folder / "cgroup.controllers").read_text().split()
    wanted = " ".join(f"+{name}" for name in _WANTED if name in there)
    (folder / "cgroup.subtree_control").write_text(wanted)


def _step_aside(folder: Path, name: str) -> None:
    members = [int(word) for word in (folder / "cgroup.procs").read_text().split()]
    if not (folder / "cgroup.type").exists():
        members = []  # the root of all groups may have both
    others = [process for process in members if process != os.getpid()]
    if others:
        raise NoHierarchyError(f"{len(others)} other processes live in the service's control group")
    if members:
        aside = folder / f"{name}.service"
        aside.mkdir(exist_ok=True)
        (aside / "cgroup.procs").write_text(str(os.getpid()))
    _switch_on(folder)


def sweep(hierarchy: Hierarchy) -> None:
    """Remove what services that are gone left, here and in the groups beside this one."""
    for parent in hierarchy.folders:
        for folder in [*parent.glob(f"{_PREFIX}*"), *parent.parent.glob(f"*/{_PREFIX}*")]:
            if is_left_over(folder.name.removesuffix(".service")):
                remove(folder)


def remove(folder: Path) -> None:
    """Remove a group and those below it, as far as nobody lives there."""
    with contextlib.suppress(OSError):
        for below in folder.iterdir():
            if below.is_dir():
                remove(below)
        folder.rmdir()
