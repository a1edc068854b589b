"""Whether a request's target is what it seems: one path, read the same way by every parser. Pure.

A filter on path prefixes is worth as much as its agreement with the server behind it. So nothing is
normalised here: a path that some server might read as another one is refused.
"""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from toolvet.sandbox.broker.errors import Reason, RefusedError

_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DECODINGS = 4
"""Servers behind servers decode again; more often than this is refused."""


def check_target(target: str) -> str:
    """Give the path of a request's target.

    Raises:
        RefusedError: It is not in origin form, or another parser may read another path.
    """
    if not target.startswith("/"):
        raise RefusedError(Reason.MALFORMED, "only /path?query can be asked for")
    if "#" in target:
        raise RefusedError(Reason.PATH, "a fragment is never sent")
    path = target.partition("?")[0]
    if path.startswith("//"):
        raise RefusedError(Reason.PATH, "a path that starts like a host")
    if _ESCAPE.search(path):
        raise RefusedError(Reason.PATH, "a percent sign without two digits")
    _check_layers(path)
    return path


def matches(path: str, prefixes: Sequence[str]) -> bool:
    """Tell whether a checked path lies under one of the prefixes, by whole segments."""
    return "//" not in path and any(_is_under(path, prefix) for prefix in prefixes)


def _is_under(path: str, prefix: str) -> bool:
    if prefix.endswith("/"):
        return path.startswith(prefix) or path == prefix[:-1]
    return path == prefix or path.startswith(f"{prefix}/")


def _check_layers(path: str) -> None:
    for _ in range(_DECODINGS):
        _check_segments(path)
        decoded = _decode(path)
        if decoded == path:
            return
        path = decoded
    raise RefusedError(Reason.PATH, "a path that is encoded again and again")


def _decode(path: str) -> str:
    try:
        return unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise RefusedError(Reason.PATH, "a path that is not UTF-8") from None


def _check_segments(path: str) -> None:
    folded = unicodedata.normalize("NFKC", path)
    if "\\" in folded:
        raise RefusedError(Reason.PATH, "a backslash")
    if any(ord(mark) < 0x20 or ord(mark) == 0x7F for mark in folded):
        raise RefusedError(Reason.PATH, "a control character")
    for segment in folded.split("/"):
        if segment.partition(";")[0].strip() in (".", ".."):
            raise RefusedError(Reason.PATH, "a dot segment")
