"""The person at the terminal: questions go to /dev/tty itself, whatever stdin and stdout are.

A passphrase comes from nowhere else. getpass is not used on purpose: without a terminal it reads
stdin, and then a pipe could stand in for the person.
"""

import getpass
import os
from collections.abc import Generator
from contextlib import contextmanager

from toolvet.client.errors import NoTerminalError

try:
    import termios
except ImportError:  # Windows
    termios = None

_MAX_LINE = 4096


def is_there() -> bool:
    """Tell whether there is a terminal to ask on."""
    try:
        with _terminal():
            return True
    except NoTerminalError:
        return False


def say(text: str) -> None:
    """Show a line on the terminal."""
    with _terminal() as descriptor:
        _write(descriptor, text + "\n")


def ask(prompt: str) -> str:
    """Ask a question; the answer is shown as it is typed.

    Raises:
        NoTerminalError: There is nobody to ask.
    """
    with _terminal() as descriptor:
        _write(descriptor, prompt)
        return _read_line(descriptor)


def ask_secret(prompt: str) -> str:
    """Ask for a passphrase; nothing is shown as it is typed.

    Raises:
        NoTerminalError: There is nobody to ask.
    """
    if termios is None:  # reads the console itself
        return getpass.getpass(prompt)
    with _terminal() as descriptor, _silent(descriptor):
        _write(descriptor, prompt)
        answer = _read_line(descriptor)
        _write(descriptor, "\n")
        return answer


def confirm(question: str) -> bool:
    """Ask y or N; anything but yes is no, and what was typed before the question is no answer."""
    with _terminal() as descriptor:
        if termios is not None:
            termios.tcflush(descriptor, termios.TCIFLUSH)
        _write(descriptor, f"{question} [y/N] ")
        return _read_line(descriptor).strip().lower() in ("y", "yes")


@contextmanager
def _terminal() -> Generator[int]:
    name = "/dev/tty" if os.name == "posix" else "CON"
    try:
        descriptor = os.open(name, os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError as error:
        raise NoTerminalError("there is no terminal to ask on") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _silent(descriptor: int) -> Generator[None]:
    if termios is None:
        yield
        return
    before = termios.tcgetattr(descriptor)
    quiet = termios.tcgetattr(descriptor)
    quiet[3] &= ~termios.ECHO
    try:
        # TCSAFLUSH: what was typed before the question is no answer to it.
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, quiet)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _write(descriptor: int, text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(descriptor, data) :]


def _read_line(descriptor: int) -> str:
    read = b""
    while not read.endswith(b"\n") and len(read) < _MAX_LINE:
        more = os.read(descriptor, 1024)
        if not more:
            raise NoTerminalError("the terminal was closed before there was an answer")
        read += more
    return read.rstrip(b"\r\n").decode("utf-8", "replace")
