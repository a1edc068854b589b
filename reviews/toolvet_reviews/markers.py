"""Environment markers of a hash lock, read strictly and written one way. Pure; no I/O.

Source: PEP 508, without `extra` and without the old spellings with dots.
"""

import re
from collections.abc import Sequence

MAX_LENGTH = 1000
MAX_DEPTH = 8

VARIABLES = frozenset(
    {"python_version", "python_full_version", "os_name", "sys_platform", "platform_release"}
    | {"platform_system", "platform_version", "platform_machine", "implementation_name"}
    | {"platform_python_implementation", "implementation_version"}
)
_COMPARISONS = frozenset({"==", "!=", "<=", ">=", "<", ">", "~=", "in", "not in"})
_TOKEN = re.compile(
    r"\s*(?P<token>[()]|===|==|!=|<=|>=|~=|<|>|[a-z_]+|'[^'\"\\]{0,100}'|\"[^'\"\\]{0,100}\")"
)


class MarkerError(Exception):
    """Text that is no marker; never leaves this package."""


def canonical(text: str) -> str:
    """Write a marker in its one form.

    Raises:
        MarkerError: It is not one.
    """
    if not text or len(text) > MAX_LENGTH:
        raise MarkerError(f"must have 1 to {MAX_LENGTH} characters")
    reader = _Reader(_tokens(text))
    written = reader.alternatives(0)
    reader.end()
    return written


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise MarkerError(f"cannot be read at {text[at : at + 20]!r}")
        found.append(match["token"])
        at = match.end()
    return found


class _Reader:
    """Recursive descent: `or` of `and` of comparisons."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def end(self) -> None:
        """Expect nothing more."""
        if self._peek():
            raise MarkerError(f"does not end before {self._peek()[:20]!r}")

    def alternatives(self, depth: int) -> str:
        """Read `a or b or …`."""
        parts = [self._all(depth)]
        while self._peek() == "or":
            self._take()
            parts.append(self._all(depth))
        return " or ".join(parts)

    def _all(self, depth: int) -> str:
        parts = [self._one(depth)]
        while self._peek() == "and":
            self._take()
            parts.append(self._one(depth))
        return " and ".join(parts)

    def _one(self, depth: int) -> str:
        if self._peek() != "(":
            return self._comparison()
        if depth >= MAX_DEPTH:
            raise MarkerError("is nested too deeply")
        self._take()
        inner = self.alternatives(depth + 1)
        if self._take() != ")":
            raise MarkerError("has an open parenthesis")
        return f"({inner})"

    def _comparison(self) -> str:
        left, operator = self._operand(), self._take()
        if operator == "not":
            operator = f"not {self._take()}"
        if operator not in _COMPARISONS:
            raise MarkerError(f"compares with {operator[:20]!r}")
        right = self._operand()
        if (left[0] == "'") == (right[0] == "'"):
            raise MarkerError("must compare a variable with a text")
        return f"{left} {operator} {right}"

    def _operand(self) -> str:
        token = self._take()
        if token[:1] in ("'", '"'):
            return f"'{token[1:-1]}'"
        if token not in VARIABLES:
            raise MarkerError(f"names {token[:40]!r}, which it may not")
        return token
