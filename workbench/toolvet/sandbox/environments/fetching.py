"""Fetching one wheel from the address that uv named, with the credential that uv was given for it."""

import base64
import hashlib
import netrc
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from toolvet.sandbox.environments.errors import PackageIndexError, PackagesTooLargeError
from toolvet_reviews.lock import Pin

FETCH_TIMEOUT_S = 60
MAX_WHEEL_MIB = 1024
_CHUNK = 1 << 20
_ADDRESS = re.compile(r"\b(?:https?|file)://[^\s`'\"]+")
_INDEX_NAME = re.compile(r"^[A-Za-z0-9_.-]+=")
"""uv lets an index have a name before its address."""
_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")


def visible_words(text: str) -> str:
    """Cut what uv said, and leave out addresses: they may hold a credential."""
    return _ADDRESS.sub("(address)", " ".join(text.split()))[:600]


def download(address: str, target: Path, pin: Pin) -> str:
    """Fetch one file; gives its hash."""
    try:
        with _open(address) as answer, target.open("xb") as handle:
            seen, size = hashlib.sha256(), 0
            while data := answer.read(_CHUNK):
                size += len(data)
                if size > MAX_WHEEL_MIB << 20:
                    raise PackagesTooLargeError(f"{pin.name} is larger than {MAX_WHEEL_MIB} MiB")
                seen.update(data)
                handle.write(data)
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
        reason = visible_words(str(getattr(error, "reason", error)))
        raise PackageIndexError(f"{pin.name} {pin.version} cannot be fetched: {reason}") from error
    return seen.hexdigest()


def _open(address: str):
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in ("https", "http", "file"):
        raise ValueError("neither http nor a file")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    request = urllib.request.Request(bare.geturl())  # noqa: S310 - the scheme was looked at
    credential = _credential(parts)
    if credential:
        encoded = base64.b64encode(":".join(credential).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return urllib.request.urlopen(request, timeout=FETCH_TIMEOUT_S)  # noqa: S310 - the same


def _credential(parts: urllib.parse.SplitResult) -> tuple[str, str] | None:
    """Find name and password for a host: in the address, in uv's variables, in the netrc file.

    What uv was given for one host and scheme goes to no other.
    """
    named = [urllib.parse.urlsplit(_INDEX_NAME.sub("", word)) for word in _index_words()]
    for known in (parts, *named):
        is_same = (known.scheme, known.hostname) == (parts.scheme, parts.hostname)
        if is_same and known.username:
            unquote = urllib.parse.unquote
            return unquote(known.username), unquote(known.password or "")
    if parts.scheme != "https":
        return None
    try:
        found = netrc.netrc().authenticators(parts.hostname or "")
    except (OSError, netrc.NetrcParseError):
        return None
    return (found[0], found[2] or "") if found else None


def _index_words() -> list[str]:
    return [word for name in _INDEX_VARIABLES for word in os.environ.get(name, "").split()]
