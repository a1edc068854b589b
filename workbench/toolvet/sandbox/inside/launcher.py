"""From the host to the inside: read the orders, leave the host, become the zygote or the program."""

import os
import select
import socket
import sys
from typing import NoReturn

from toolvet.sandbox.inside import linux, mounts, namespaces
from toolvet.sandbox.inside.config import CONTROL_MAX, Config
from toolvet.sandbox.inside.program import run_here
from toolvet.sandbox.inside.zygote import serve


def _stand_in_for(child: int) -> NoReturn:
    """Wait for process 1 of the namespace, as nobody, and end as it ended."""
    namespaces.become_mapped_user()
    _end_with(child)


def _end_with(child: int) -> NoReturn:
    """Idle, without a right or a descriptor, until a child ends; end as it did."""
    linux.empty_bounding_set()
    linux.drop_capabilities()
    linux.close_all_but([])
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _be_second() -> None:
    """Go on as process 2 of the namespace; process 1 stays behind.

    Calls are process 1 of namespaces of their own. Libraries know a fork by another process id
    (OpenSSL its random numbers, for one): with equal ids all calls would draw the same keys.
    """
    child = os.fork()
    if child:
        _end_with(child)
    linux.die_with_parent()


def _enter(config: Config) -> int:
    """Go inside; returns a descriptor of the own pid namespace, in the child only."""
    namespaces.leave_host(config.uid)
    child = os.fork()
    if child:
        _stand_in_for(child)
    linux.die_with_parent()
    own_pidns = namespaces.own_pid_namespace()
    trees = mounts.open_trees(config)
    namespaces.become_mapped_user()
    mounts.enter_new_root(config, trees)
    if config.mode == "zygote":
        _be_second()
    return own_pidns


def _end_if_alone(control: socket.socket) -> None:
    """End here when the supervisor hung up.

    It may have died before this process asked to die with it, or between two changes of
    credentials, which forget that wish.
    """
    poller = select.poll()
    poller.register(control, 0)
    if poller.poll(0):
        os._exit(1)


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def launch(control_descriptor: int) -> None:
    """Run a launcher's life; never returns to the caller's stack in a useful way."""
    control = socket.socket(fileno=control_descriptor)
    config = Config.from_bytes(control.recv(CONTROL_MAX))
    linux.die_with_parent()
    sys.dont_write_bytecode = True
    os.environ.clear()
    own_pidns: int | None = None
    try:
        if config.namespaces:
            own_pidns = _enter(config)
            config = config.inside()
        elif config.uid is not None:
            _become(config.uid)
            linux.die_with_parent()
    except Exception as error:  # noqa: BLE001 - the outermost frame; the supervisor tells it
        control.send(f"{type(error).__name__}: {error}".encode()[:1000])
        os._exit(1)
    linux.empty_bounding_set()
    _end_if_alone(control)
    if config.mode == "program":
        run_here(config, control)
    serve(config, control, own_pidns)
