"""The head of an HTTP/1.1 request, held against a grammar stricter than RFC 9112. Pure; no I/O."""

import re
from collections import Counter

from toolvet.sandbox.broker.errors import Reason, RefusedError

_REQUEST_LINE = re.compile(rb"[A-Z]{1,20} [!-~]{1,8192} HTTP/1\.1\Z")
_HEADER_LINE = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]{1,200}:[\t -~\x80-\xff]*\Z")
_DIGITS = re.compile(r"[0-9]{1,18}\Z")
_ONCE = ("host", "content-length", "transfer-encoding", "content-type", "expect", "authorization")
_CONNECTION = {"", "close", "keep-alive", "te"}


def check_head(head: bytes) -> None:
    """Look at a head, without the empty line that ends it.

    Raises:
        RefusedError: Two parsers could read it in two ways, or it asks for another protocol.
    """
    first, *lines = head.split(b"\r\n")
    if not _REQUEST_LINE.match(first):
        raise RefusedError(Reason.MALFORMED, "not a request line of HTTP/1.1")
    if not all(_HEADER_LINE.match(line) for line in lines):
        raise RefusedError(Reason.MALFORMED, "a header line of another form")
    pairs = [line.decode("latin-1").split(":", 1) for line in lines]
    names = [name.lower() for name, _ in pairs]
    counts = Counter(names)
    for name in _ONCE:
        if counts[name] > 1:
            raise RefusedError(Reason.FRAMING, f"{name} is there {counts[name]} times")
    if counts["host"] != 1:
        raise RefusedError(Reason.HOST, "the request names no host")
    said = [value for name, value in pairs if name.lower() == "connection"]
    if not {word.strip().lower() for word in ",".join(said).split(",")} <= _CONNECTION:
        raise RefusedError(Reason.FRAMING, "the connection header names other headers")
    _check_framing({name: value.strip() for name, (_, value) in zip(names, pairs, strict=True)})


def _check_framing(headers: dict[str, str]) -> None:
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if length is not None and coding is not None:
        raise RefusedError(Reason.FRAMING, "both a length and a transfer coding")
    if length is not None and not _DIGITS.match(length):
        raise RefusedError(Reason.FRAMING, "a length that is no number")
    if coding is not None and coding.lower() != "chunked":
        raise RefusedError(Reason.FRAMING, "a transfer coding other than chunked")
    if "upgrade" in headers or "http2-settings" in headers:
        raise RefusedError(Reason.UPGRADE, "no upgrade to another protocol")
