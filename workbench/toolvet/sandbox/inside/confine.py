"""The last step before untrusted code: limits, no privileges, Landlock, seccomp. No way back."""

import os
import resource

from toolvet.sandbox.inside import landlock, linux, seccomp
from toolvet.sandbox.inside.config import DEVICES, Config
from toolvet.sandbox.inside.numbers import here

_MIB = 1 << 20
_THREADS = 32
"""Threads count as processes; a tool that declares none may still have these."""


def profile_of(config: Config) -> seccomp.Profile:
    """Return the system calls a run is given."""
    sockets: seccomp.Sockets = "pairs"
    if config.network:
        sockets = "internet"
    elif config.processes and config.namespaces:
        sockets = "local"
    return seccomp.Profile(
        processes=config.processes > 0, sockets=sockets, metadata=config.namespaces
    )


def filter_of(config: Config) -> seccomp.Program:
    """Return the system call filter of a run.

    Raises:
        OSError: No table for this machine.
    """
    architecture = here()
    if architecture is None:
        raise OSError("no system call table for this machine")
    return seccomp.program(architecture, profile_of(config))


def set_limits(config: Config) -> None:
    """Cap what one process may use."""
    limits = {
        resource.RLIMIT_CPU: config.cpu_s,
        resource.RLIMIT_FSIZE: config.scratch_mib * _MIB,
        resource.RLIMIT_NOFILE: config.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if config.memory_mib:
        limits[resource.RLIMIT_AS] = config.memory_mib * _MIB
    if config.namespaces:  # outside a namespace it would count every process of that user
        limits[resource.RLIMIT_NPROC] = _THREADS + config.processes
    for kind, value in limits.items():
        _, hardest = resource.getrlimit(kind)
        value = value if hardest == resource.RLIM_INFINITY else min(value, hardest)
        resource.setrlimit(kind, (value, value))


def readable_paths(config: Config) -> list[str]:
    """List what tier C leaves readable."""
    paths = [source for source, _ in config.binds]
    paths += [config.sdk_root, *DEVICES]
    return [*paths, config.tool] if config.tool else paths


def _reach(config: Config, scratch: str) -> None:
    if config.namespaces:
        landlock.scope()  # the namespaces hold without it; the probes say whether it is there
        return
    landlock.enclose(readable_paths(config), [scratch, "/dev/null"], network=config.network)


def confine(config: Config, lines: seccomp.Program, scratch: str) -> None:
    """Confine this process for good."""
    os.chdir(scratch)
    set_limits(config)
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    _reach(config, scratch)
    seccomp.install(lines)
