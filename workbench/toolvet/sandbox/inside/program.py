"""One program in the walls: a small process 1 that starts it, reaps orphans and tells how it ended."""

import os
import re
import signal
import socket
from typing import NoReturn

from toolvet.sandbox.inside import linux, network
from toolvet.sandbox.inside.config import DEPS, SDK, TOOL, Config
from toolvet.sandbox.inside.confine import confine, filter_of

_STANDARD = (0, 1, 2)
_REPORT_VARIABLE = "TOOLVET_REPORT_FD"
_CANNOT_RUN = 127
_INSIDE_PATH = re.compile(rf"(?<![^=:,])({TOOL}|{SDK}|{DEPS})(?=/|$|:|,)")


def _seen(config: Config, text: str) -> str:
    """Without a mount namespace, put the real folder where a text names ours."""
    if config.namespaces:
        return text
    folders = {TOOL: config.tool_root, SDK: config.sdk_root, DEPS: config.deps_root}
    return _INSIDE_PATH.sub(lambda match: folders[match[1]] or match[1], text)


def _origin(program: str) -> str:
    """Return the folder that `$ORIGIN` in a program's library paths stands for.

    The loader asks /proc/self/exe, which is not there; this variable is what it asks next.
    """
    with open(program, "rb") as handle:
        head = handle.read(256)
    if head.startswith(b"#!"):
        program = os.fsdecode(head[2:].split()[0])
    return os.path.dirname(os.path.realpath(program))


def _environment(config: Config, report: int) -> dict[str, str]:
    base = {
        "LD_ORIGIN_PATH": _origin(config.argv[0]),
        "PATH": "/usr/bin:/bin",
        "HOME": config.scratch,
        "TMPDIR": config.scratch,
        "LANG": "C.UTF-8",
        _REPORT_VARIABLE: str(report),
    }
    given = {name: _seen(config, value) for name, value in config.env}
    return base | config.environment | given


def _become(config: Config, report: int) -> NoReturn:
    """Confine and execute; says why on standard error when it cannot."""
    try:
        environment = _environment(config, report)
        argv = [_seen(config, word) for word in config.argv]
        os.set_inheritable(report, True)  # noqa: FBT003 - takes no keyword
        lines = filter_of(config)
        confine(config, lines, config.scratch)
        os.execve(argv[0], argv, environment)  # noqa: S606 - behind the walls, no shell
    except OSError as error:
        os.write(2, f"cannot run {config.argv[0]}: {error.strerror}\n".encode())
    os._exit(_CANNOT_RUN)


def _wait_for(child: int) -> int:
    """Reap whatever ends until the program itself does; returns its code as a shell has it."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code


def _descendants() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as handle:
        return [int(word) for word in handle.read().split()]


def _end_all() -> None:
    """Kill what is left. With a pid namespace its end does this by itself."""
    while True:
        for process in _descendants():
            os.kill(process, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _end_all_and_exit(*_: object) -> NoReturn:
    _end_all()
    os._exit(1)


def run_here(config: Config, control: socket.socket) -> NoReturn:
    """Run the program of the orders and report its exit code on the control socket.

    The orders come with one descriptor more than the control socket: where the report goes.
    """
    report = int(control.recv(16))
    if not config.namespaces:
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        signal.signal(signal.SIGTERM, _end_all_and_exit)
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGTERM)
    if config.endpoints:
        network.hand_out(control, network.listeners(config))
    runner = os.getpid()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        linux.die_with_parent(runner)
        linux.close_all_but([report])
        _become(config, report)
    os.close(report)
    for descriptor in _STANDARD:
        os.close(descriptor)
    code = _wait_for(child)
    if not config.namespaces:
        _end_all()
    control.send(str(code).encode())
    os._exit(0)
