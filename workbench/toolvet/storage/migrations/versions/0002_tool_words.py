"""The words of tools, to search by: FTS5 on SQLite, a tsvector on PostgreSQL.

Neither can be said in the terms of both databases, so this table is in no `MetaData`.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SQLITE = """
    CREATE VIRTUAL TABLE tool_words USING fts5(
        digest UNINDEXED, name, description, parameters, examples,
        tokenize = 'porter unicode61 remove_diacritics 2'
    )
"""
_POSTGRESQL = """
    CREATE TABLE tool_words (
        digest TEXT COLLATE "C" PRIMARY KEY,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        parameters TEXT NOT NULL,
        examples TEXT NOT NULL,
        words TSVECTOR NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('pg_catalog.english', name), 'A')
            || setweight(to_tsvector('pg_catalog.english', description), 'B')
            || setweight(to_tsvector('pg_catalog.english', parameters), 'C')
            || setweight(to_tsvector('pg_catalog.english', examples), 'D')
        ) STORED
    )
"""


def upgrade() -> None:
    """Apply it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE)
        return
    op.execute(_POSTGRESQL)
    op.execute("CREATE INDEX ix_tool_words_words ON tool_words USING gin (words)")
