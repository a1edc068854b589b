"""The last step before untrusted code: limits, no privileges, Landlock, seccomp. No way back."""

import os
import resource
from dataclasses import replace

from toolvet.sandbox.inside import landlock, linux, seccomp
from toolvet.sandbox.inside.config import DEVICES, Config
from toolvet.sandbox.inside.numbers import here

_MIB = 1 << 20
_NO_CORE = 1
"""The kernel takes 0 for no file, and still feeds a crash to a program of the host (core(5))."""
_MAX_SIGNALS = 256
"""Waiting; timers count as such."""
_THREADS = 32
"""Threads count as processes; a tool that declares none may still have these."""


def profile_of(config: Config) -> seccomp.Profile:
    """Return the system calls a run is given.

    Unix sockets are for programs only, test runners above all: a tool could reach those of the
    host with them, in a folder it was given.
    """
    return seccomp.Profile(
        processes=config.processes > 0,
        local=config.mode == "program" and config.namespaces,
        declared=bool(config.endpoints),
        metadata=config.namespaces,
    )


def _filter(profile: seccomp.Profile) -> seccomp.Filter:
    architecture = here()
    if architecture is None:
        raise OSError("no system call table for this machine")
    return seccomp.Filter(seccomp.program(architecture, profile))


def filter_of(config: Config) -> seccomp.Filter:
    """Return the system call filter of a run.

    Raises:
        OSError: No table for this machine.
    """
    return _filter(profile_of(config))


def confine_template(config: Config) -> None:
    """Confine the process that forks calls, before it imports anything that is not ours.

    It keeps its capabilities in its own user namespace, without which it could give a call no
    namespaces; of the kernel it keeps what a call has, and what builds a call's walls.

    Raises:
        OSError: No table for this machine, or the kernel would not.
    """
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if not config.namespaces:
        landlock.enclose(readable_paths(config), writable_paths(config, config.scratch))
    if config.memory_mib:
        _limit(resource.RLIMIT_AS, config.memory_mib * _MIB)
    _limit(resource.RLIMIT_CORE, _NO_CORE)
    _filter(replace(profile_of(config), template=True)).install()


def set_limits(config: Config) -> None:
    """Cap what one process may use."""
    limits = {
        resource.RLIMIT_CPU: config.cpu_s,
        resource.RLIMIT_FSIZE: config.scratch_mib * _MIB,
        resource.RLIMIT_NOFILE: config.open_files,
        resource.RLIMIT_CORE: _NO_CORE,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_SIGPENDING: _MAX_SIGNALS,
    }
    if config.memory_mib:
        limits[resource.RLIMIT_AS] = config.memory_mib * _MIB
    if config.namespaces:  # outside a namespace it would count every process of that user
        limits[resource.RLIMIT_NPROC] = _THREADS + config.processes
    for kind, value in limits.items():
        _limit(kind, value)


def _limit(kind: int, value: int) -> None:
    _, hardest = resource.getrlimit(kind)
    value = value if hardest == resource.RLIM_INFINITY else min(value, hardest)
    resource.setrlimit(kind, (value, value))


def readable_paths(config: Config) -> list[str]:
    """List what tier C leaves readable."""
    paths = [source for source, _ in config.binds]
    paths += [config.sdk_root, *DEVICES, config.tool, config.deps]
    return [*filter(None, paths), *config.mounted.values()]


def writable_paths(config: Config, scratch: str) -> list[str]:
    """List what a run may write to."""
    mounted = config.mounted
    return [scratch, "/dev/null", *(mounted[n] for n, _, mode in config.mounts if mode == "write")]


def _reach(config: Config, scratch: str) -> None:
    if config.namespaces:  # they hold without it
        ports = [int(port) for _, port, _ in config.endpoints]
        landlock.reinforce(writable_paths(config, scratch), ports)
        return
    landlock.enclose(readable_paths(config), writable_paths(config, scratch))


def confine(config: Config, lines: seccomp.Filter, scratch: str) -> None:
    """Confine this process for good."""
    os.chdir(scratch)
    set_limits(config)
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    _reach(config, scratch)
    lines.install()
