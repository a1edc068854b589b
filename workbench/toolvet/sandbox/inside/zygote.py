"""The fork server: everything paid once, then one fork per call into namespaces of its own.

Nothing of the tool runs here: its files are compiled, not executed, and only modules of the
standard library are imported ahead of time.
"""

import array
import gc
import os
import signal
import socket
import sys
from typing import NoReturn

from toolvet.sandbox.inside import harness, landlock, linux, modules, mounts, seccomp
from toolvet.sandbox.inside.config import READY, Config
from toolvet.sandbox.inside.confine import confine, filter_of, readable_paths

CALL_DESCRIPTOR = 3
"""The only descriptor beyond standard ones that a call keeps."""

_MESSAGE_MAX = 4096
_DESCRIPTORS = socket.CMSG_SPACE(2 * array.array("i").itemsize)


def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    message, ancillary, _, _ = control.recvmsg(_MESSAGE_MAX, _DESCRIPTORS)
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return message, list(descriptors)


def _send_descriptor(control: socket.socket, message: bytes, descriptor: int) -> None:
    rights = array.array("i", [descriptor])
    control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _take_descriptors(call: int, output: int) -> None:
    """Put the call's descriptors where they belong and close all others."""
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if call != CALL_DESCRIPTOR:
        os.dup2(call, CALL_DESCRIPTOR)
    linux.close_all_but([CALL_DESCRIPTOR])


def _begin(config: Config, lines: seccomp.Program, scratch: str, zygote: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if config.namespaces:
        linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC)
        mounts.mount_scratch(config, scratch)
    else:
        linux.die_with_parent(zygote)
    confine(config, lines, scratch)


def _child(
    config: Config, lines: seccomp.Program, scratch: str, call: int, output: int, zygote: int
) -> NoReturn:
    try:
        _take_descriptors(call, output)
        _begin(config, lines, scratch, zygote)
    except OSError as error:
        harness.report_broken(CALL_DESCRIPTOR, f"confine: {error}")
        os._exit(1)
    os.environ.update(
        {"HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8", "TOOLVET_SCRATCH": scratch}
    )
    harness.serve_one_call(config, CALL_DESCRIPTOR)


def _fork(own_pidns: int | None) -> int:
    """Fork; with namespaces the child is process 1 of a new pid namespace."""
    if own_pidns is None:
        return os.fork()
    linux.unshare(linux.CLONE_NEWPID)
    child = -1
    try:
        child = os.fork()
    finally:
        if child:  # a second unshare fails unless this process first steps back into its own
            linux.setns(own_pidns, linux.CLONE_NEWPID)
    return child


def _order(
    control: socket.socket, config: Config, lines: seccomp.Program, own_pidns: int | None
) -> None:
    message, descriptors = _receive(control)
    if not message:
        os._exit(0)  # the supervisor is gone: everything here dies too
    if message[:1] == b"f" and len(descriptors) == 2:
        call, output = descriptors
        scratch = message[1:].decode() or config.scratch
        zygote = os.getpid()
        child = _fork(own_pidns)
        if child == 0:
            control.close()
            _child(config, lines, scratch, call, output, zygote)
        pidfd = os.pidfd_open(child)
        _send_descriptor(control, b"p", pidfd)
        descriptors.append(pidfd)
    for descriptor in descriptors:
        os.close(descriptor)
    _reap()  # only after the pidfd is out: it could name another process otherwise


def _prepare(config: Config) -> seccomp.Program:
    if not config.namespaces:
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        landlock.enclose(readable_paths(config), [config.scratch, "/dev/null"])
    modules.prepare(config)
    lines = filter_of(config)
    gc.collect()
    gc.freeze()
    return lines


def serve(config: Config, control: socket.socket, own_pidns: int | None) -> NoReturn:
    """Fork calls until the supervisor hangs up."""
    os.umask(0o077)
    linux.close_all_but([control.fileno(), *([] if own_pidns is None else [own_pidns])])
    try:
        lines = _prepare(config)
    except Exception as error:  # noqa: BLE001 - the outermost frame; the supervisor logs it
        control.send(f"prepare: {type(error).__name__}: {error}".encode()[:1000])
        sys.exit(1)
    control.send(READY)
    while True:
        _order(control, config, lines, own_pidns)
