"""A person at a pseudo-terminal: reads what is asked and types answers."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str
    screen: str
    """Everything the terminal showed."""


def run_alone(arguments: Sequence[str], env: Mapping[str, str], *, stdin: str = "") -> Said:
    """Run a command without any terminal, as an agent's harness does."""
    done = subprocess.run(
        [sys.executable, "-m", "toolvet.cli", *arguments],
        env=dict(env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        start_new_session=True,  # no controlling terminal
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr, "")


def run_at_terminal(
    arguments: Sequence[str], env: Mapping[str, str], answers: Sequence[tuple[str, str]]
) -> Said:
    """Run a command at a terminal; type each answer once its question is on the screen.

    Args:
        answers: Text to wait for, and what to type then.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _UNDER_PTY, *arguments],
        env={**env, "TERM": "dumb"},
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(slave)
    screen = ""
    try:
        for question, answer in answers:
            screen = _read_until(master, screen, question)
            os.write(master, answer.encode() + b"\n")
        stdout, stderr = process.communicate(timeout=_PATIENCE_S)
        screen += _rest(master)
    except BaseException as error:  # left running, it would fail whatever test comes next
        process.kill()
        error.add_note(f"it said: {process.communicate()[1].decode(errors='replace')}")
        raise
    finally:
        os.close(master)
    return Said(process.returncode, stdout.decode(), stderr.decode(), screen)


_UNDER_PTY = (
    "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "from toolvet.cli.app import main; main()"
)


def _read_until(master: int, screen: str, question: str) -> str:
    deadline = time.monotonic() + _PATIENCE_S
    start = len(screen)
    while question not in screen[start:]:
        ready, _, _ = select.select([master], [], [], 1.0)
        if ready:
            try:
                screen += os.read(master, 4096).decode(errors="replace")
            except OSError as error:  # the command ended
                raise AssertionError(f"never asked {question!r}; saw {screen!r}") from error
        assert time.monotonic() < deadline, f"never asked {question!r}; saw {screen!r}"
    return screen


def _rest(master: int) -> str:
    rest = ""
    while select.select([master], [], [], 0)[0]:
        try:
            more = os.read(master, 4096)
        except OSError:
            break
        if not more:
            break
        rest += more.decode(errors="replace")
    return rest
