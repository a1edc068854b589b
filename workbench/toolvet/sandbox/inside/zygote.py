"""The fork server: everything paid once, then one fork per call into namespaces of its own.

Nothing of the tool runs here: its files are compiled, not executed. Modules of the standard library
are imported ahead of time, and packages of a lock that a person approved.
"""

import array
import gc
import os
import signal
import socket
import sys
from typing import NoReturn

from toolvet.sandbox.inside import harness, linux, modules, mounts, network, seccomp, warming
from toolvet.sandbox.inside.config import READY, Config
from toolvet.sandbox.inside.confine import confine, confine_template, filter_of

CALL_DESCRIPTOR = 3
"""The only descriptor beyond standard ones that a call keeps."""

_MESSAGE_MAX = 4096
_ORDERED = (2, 3, 4)
"""Channel, output, and in tier A the control groups, of which version 1 has two."""
_MOST_DESCRIPTORS = 4
_DESCRIPTORS = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)


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


def _enter_groups(config: Config, groups: list[int]) -> None:
    """Enter the control groups of this call; `0` stands for the process that writes it."""
    if config.capped and not groups:
        raise OSError("the call came without a control group")
    for group in groups:
        os.write(group, b"0")


def _take_descriptors(call: int, output: int) -> None:
    """Put the call's descriptors where they belong and close all others."""
    os.setsid()  # a group of its own: a signal to "my group" must not be one to the zygote's
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if call != CALL_DESCRIPTOR:
        os.dup2(call, CALL_DESCRIPTOR)
    linux.close_all_but([CALL_DESCRIPTOR])


def _connect(config: Config) -> None:
    """Hand out the listeners of the declared hosts, while this process still may make them."""
    channel = socket.socket(fileno=CALL_DESCRIPTOR)
    try:
        network.hand_out(channel, network.listeners(config))
    finally:
        channel.detach()


def _begin(config: Config, lines: seccomp.Filter, scratch: str, zygote: int) -> None:
    if config.namespaces:
        own_network = linux.CLONE_NEWNET if config.endpoints else 0
        linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC | own_network)
        mounts.mount_scratch(config, scratch)
        if config.endpoints:
            _connect(config)
        # A user namespace of its own, where nobody is mapped: it owns none of the namespaces above,
        # and its threads are counted apart from those of other calls.
        linux.unshare(linux.CLONE_NEWUSER)
    else:
        linux.die_with_parent(zygote)
    confine(config, lines, scratch)


def _give_up(call: int, message: str) -> NoReturn:
    harness.report_broken(call, message)
    os._exit(1)


def _child(
    config: Config, lines: seccomp.Filter, scratch: str, descriptors: list[int], zygote: int
) -> NoReturn:
    call, output, *groups = descriptors
    try:
        _enter_groups(config, groups)
    except OSError as error:
        _give_up(call, f"control group: {error}")
    try:
        _take_descriptors(call, output)
        _begin(config, lines, scratch, zygote)
    except OSError as error:
        _give_up(CALL_DESCRIPTOR, f"confine: {error}")
    if scratch != config.scratch:
        os.environ.update(_own(scratch))
    harness.serve_one_call(config, CALL_DESCRIPTOR)


def _own(scratch: str) -> dict[str, str]:
    """Name a call's own folder in its environment."""
    return {"HOME": scratch, "TMPDIR": scratch, "TOOLVET_SCRATCH": scratch}


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
    control: socket.socket, config: Config, lines: seccomp.Filter, own_pidns: int | None
) -> None:
    message, descriptors = _receive(control)
    if not message:
        os._exit(0)  # the supervisor is gone: everything here dies too
    if message[:1] == b"f" and len(descriptors) in _ORDERED:
        scratch = message[1:].decode() or config.scratch
        zygote = os.getpid()
        child = _fork(own_pidns)
        if child == 0:
            control.close()
            _child(config, lines, scratch, descriptors, zygote)
        pidfd = os.pidfd_open(child)
        _send_descriptor(control, b"p%d" % child, pidfd)
        descriptors.append(pidfd)
    for descriptor in descriptors:
        os.close(descriptor)
    _reap()  # only after the pidfd is out: it could name another process otherwise


def _prepare(config: Config) -> seccomp.Filter:
    """Pay once for what every call needs: a call pays for each page of memory that it writes to."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    lines = filter_of(config)
    os.environ.update({"LANG": "C.UTF-8"} | _own(config.scratch) | config.environment)
    confine_template(config)
    modules.prepare(config)
    warming.warm(config)
    gc.collect()
    gc.freeze()
    return lines


def serve(config: Config, control: socket.socket, own_pidns: int | None) -> NoReturn:
    """Fork calls until the supervisor hangs up."""
    sys.argv[:] = sys.orig_argv[:] = []
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
