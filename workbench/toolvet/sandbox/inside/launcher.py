"""From the host to the inside: read the orders, leave the host, become the zygote or the program."""

import os
import select
import socket
import sys

from toolvet.sandbox.inside import linux, mounts, namespaces
from toolvet.sandbox.inside.config import CONTROL_MAX, Config
from toolvet.sandbox.inside.program import run_here
from toolvet.sandbox.inside.zygote import serve

Descriptors = dict[str, int]


def _stand_in_for(child: int) -> None:
    """Wait for process 1 of the namespace, as nobody, and end as it ended."""
    namespaces.become_mapped_user()
    linux.close_all_but([])
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _enter(config: Config) -> int:
    """Go inside; returns a descriptor of the own pid namespace, in the child only."""
    namespaces.leave_host(config.uid, network=config.network)
    child = os.fork()
    if child:
        _stand_in_for(child)
    linux.die_with_parent()
    own_pidns = namespaces.own_pid_namespace()
    trees = mounts.open_trees(config)
    namespaces.become_mapped_user()
    mounts.enter_new_root(config, trees)
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
        elif config.uid is not None:
            _become(config.uid)
            linux.die_with_parent()
    except OSError as error:
        control.send(f"{error.strerror or ''} {error}".encode()[:1000])
        os._exit(1)
    _end_if_alone(control)
    if config.mode == "program":
        run_here(config, control)
    serve(config, control, own_pidns)
