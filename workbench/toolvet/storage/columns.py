"""Column types that mean the same in SQLite's STRICT tables and in PostgreSQL.

STRICT refuses what SQLAlchemy makes of Boolean, JSON, BigInteger and Float; PostgreSQL sorts text
by the language of the host unless told otherwise.
"""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real = sa.Double[float]().with_variant(sa.REAL(), "sqlite")
Bytes = sa.LargeBinary()
Text = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
"""Sorted by code point on both."""


class Flag(TypeDecorator[bool]):
    """True and False as 1 and 0."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> int | None:
        """Write it."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> bool | None:
        """Read it."""
        return None if value is None else bool(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value as ASCII text: PostgreSQL's text cannot hold the NUL a string may contain."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:
        """Write it; None becomes JSON's null."""
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Read it."""
        return None if value is None else json.loads(value)


class RoleSet(TypeDecorator[frozenset[str]]):
    """A set of words, sorted and joined by a space."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, dialect: sa.Dialect) -> str:
        """Write it."""
        return " ".join(sorted(value or ()))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> frozenset[str]:
        """Read it."""
        return frozenset((value or "").split())


def is_set(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Ask for a flag to be true: plain `== True` would compare with a boolean literal."""
    return column == sa.literal(value=True, type_=Flag())
