"""Where the value of a secret comes from: a prompt, a file or a pipe. Never an argument."""

import sys
from pathlib import Path
from typing import IO

from toolvet.cli.exits import UsageError
from toolvet.cli.output import say
from toolvet.client import private, terminal
from toolvet.client.errors import NoTerminalError
from toolvet_reviews.secret import MAX_SECRET_BYTES, Secret, SecretValueError

_TRIES = 3
_MOST_TYPED = 4000
"""Bytes; a terminal drops what is beyond 4095 of a line, and says nothing."""
_PIPE = Path("-")
_ROOM = MAX_SECRET_BYTES + 2
"""The longest value, and its line break; more is read as far as it takes to see that it is more."""


def read_value(name: str, file: Path | None) -> Secret:
    """Read a value: from the file, else from a pipe, else from whoever sits at the terminal.

    One line break at its end is not part of it.

    Raises:
        SecretValueError: No secret can have it.
        UsageError: The file cannot be read.
        NoTerminalError: There is nobody to ask.
    """
    from toolvet.audit.keys import protect_process

    protect_process()
    if file is not None and file != _PIPE:
        return _text(_from_file(file))
    if file is None and sys.stdin.isatty():
        return _asked(name)
    return _text(_from_pipe(sys.stdin.buffer))


def _from_file(file: Path) -> bytes:
    try:
        data, state = private.read_plain(file, _ROOM + 1)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    if state.st_mode & private.OTHERS:
        say(f"Others can read {file}: remove it, or `chmod 600` it.")
    return data


def _from_pipe(stream: IO[bytes]) -> bytes:
    return stream.read(_ROOM + 1)


def _text(data: bytes) -> Secret:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise SecretValueError("the secret is no text", hint="UTF-8, without NUL.") from None
    return Secret(text.removesuffix("\r\n" if text.endswith("\r\n") else "\n"))


def _asked(name: str) -> Secret:
    """Ask twice: a mistyped value would only be noticed by the tool."""
    for _ in range(_TRIES):
        value = terminal.ask_secret(f"Value of {name}: ")
        if not value:
            terminal.say("It is empty.")
        elif len(value.encode("utf-8", "surrogateescape")) > _MOST_TYPED:
            terminal.say("A terminal may cut off what is that long: give it by --file.")
        elif terminal.ask_secret("Once more: ") == value:
            return Secret(value)
        else:
            terminal.say("They differ.")
    raise NoTerminalError("no value was given", hint="Try again; or give it by --file.")
