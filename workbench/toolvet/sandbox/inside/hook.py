"""Which line asked for it: the interpreter's audit events of a watched run, with the tool's own place.

Whoever runs in this process can blind it or make it lie. It explains what others saw, and is never
believed for itself. Standard library only, and nothing of ours: test runners load it by its path.

Source: Python's table of audit events.
"""

import inspect
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

MOST = 300
"""Different claims of one run."""
_LONGEST = 400
_MOST_FRAMES = 200
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_claims: dict[tuple[str, str, str, int], None] = {}
_busy = threading.local()
_root = ""
_quiet: tuple[str, ...] = ()


def install(root: str, quiet: tuple[str, ...]) -> None:
    """Note what happens from now on; there is no way back.

    Args:
        root: The tool's folder.
        quiet: Folders whose files matter to nobody.
    """
    global _root, _quiet
    _root = root.rstrip("/") + "/"
    _quiet = tuple(f"{folder.rstrip('/')}/" for folder in (root, *quiet) if folder)
    sys.addaudithook(_on_event)


def note(kind: str, target: str) -> None:
    """Note one thing, at the innermost line of the tool that led here; only in a watched run."""
    if not _root or len(_claims) >= MOST:
        return
    place, line = _place(inspect.currentframe())
    if place:
        _claims[kind, _plain(target), _plain(place), line] = None


def _plain(text: str) -> str:
    """Cut a text, and put a question mark where a file name is not UTF-8: it goes out as JSON."""
    return text[:_LONGEST].encode("utf-8", "replace").decode()


def claims() -> list[list[str | int]]:
    """List what was noted: kind, target, file in the bundle, line."""
    return [list(claim) for claim in list(_claims)]


def _place(frame: FrameType | None) -> tuple[str, int]:
    for _ in range(_MOST_FRAMES):
        if frame is None:
            break
        path = frame.f_code.co_filename
        if path.startswith(_root):
            return path[len(_root) :][:_LONGEST], frame.f_lineno
        frame = frame.f_back
    return "", 0


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    reading = _READINGS.get(event)
    if reading is None or getattr(_busy, "is_so", False):
        return
    _busy.is_so = True
    try:
        for kind, target in reading(arguments):
            note(kind, target)
    except Exception:  # noqa: BLE001, S110 - the tool chose the values; an explanation is missing, no more
        pass
    finally:
        _busy.is_so = False


_Said = list[tuple[str, str]]


def _path(kind: str, path: Any) -> _Said:
    if isinstance(path, os.PathLike):
        path = str(path)  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(path, str | bytes):
        return []
    whole = os.path.abspath(os.fsdecode(path))
    return [] if f"{whole}/".startswith(_quiet) else [(kind, whole)]


def _open(arguments: tuple[Any, ...]) -> _Said:
    path, _, flags = arguments[:3]
    writes = isinstance(flags, int) and bool(flags & _WRITE_FLAGS)
    return _path("write" if writes else "read", path)


def _reads(arguments: tuple[Any, ...]) -> _Said:
    return _path("read", arguments[0])


def _changes(arguments: tuple[Any, ...]) -> _Said:
    return _path("write", arguments[0])


def _moves(arguments: tuple[Any, ...]) -> _Said:
    return _path("write", arguments[0]) + _path("write", arguments[1])


def _program(arguments: tuple[Any, ...]) -> _Said:
    said = arguments[0] if arguments else "fork"
    return [("process", os.fsdecode(said) if isinstance(said, str | bytes) else str(said))]


def _address(value: Any) -> str:
    """Write an address; empty for one of another form."""
    if isinstance(value, tuple):
        parts: list[Any] = [*value]
        if len(parts) >= 2:
            host = str(parts[0])
            return f"[{host}]:{parts[1]}" if ":" in host else f"{host}:{parts[1]}"
    return f"unix:{os.fsdecode(value)}" if isinstance(value, str | bytes) else ""


def _connect(arguments: tuple[Any, ...]) -> _Said:
    place = _address(arguments[1])
    return [("connect", place)] if place else []


def _bind(arguments: tuple[Any, ...]) -> _Said:
    return [("socket", f"bind {_address(arguments[1])}")]


def _socket(arguments: tuple[Any, ...]) -> _Said:
    family, kind = arguments[1], arguments[2]
    return [("socket", f"{_name(family)} {_name(kind)}")]


def _name(value: Any) -> str:
    return str(getattr(value, "name", value))


def _lookup(arguments: tuple[Any, ...]) -> _Said:
    host = arguments[0]
    name = os.fsdecode(host) if isinstance(host, str | bytes) else ""
    return [("lookup", name)] if name else []


def _request(arguments: tuple[Any, ...]) -> _Said:
    data = arguments[1]
    first = bytes(data[:2000]).split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    is_one = len(first) == 3 and first[2].startswith("HTTP/")
    return [("http", f"{first[0]} {first[1]}")] if is_one else []


_READINGS: dict[str, Callable[[tuple[Any, ...]], _Said]] = {
    "open": _open,
    "os.listdir": _reads,
    "os.scandir": _reads,
    "sqlite3.connect": _changes,
    **dict.fromkeys(
        ("os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown", "os.utime"),
        _changes,
    ),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), _moves),
    **dict.fromkeys(
        ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"),
        _program,
    ),
    "socket.__new__": _socket,
    "socket.connect": _connect,
    "socket.sendto": _connect,
    "socket.sendmsg": _connect,
    "socket.bind": _bind,
    "socket.getaddrinfo": _lookup,
    "socket.gethostbyname": _lookup,
    "http.client.send": _request,
}
