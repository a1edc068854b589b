"""Secrets, mounts, and dead letters of whole calls."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "secret",
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tools", sa.Text(), nullable=False),
        sa.Column("hosts", sa.Text(), nullable=False),
        sa.Column("set_at", TEXT, nullable=False),
        sa.Column("entry", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
        sqlite_strict=True,
    )
    op.create_table(
        "mount",
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("tools", sa.Text(), nullable=False),
        sa.Column("bound_at", TEXT, nullable=False),
        sa.Column("entry", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mount")),
        sqlite_strict=True,
    )
    for name, kind in (
        ("caller", TEXT),
        ("key", TEXT),
        ("arguments", sa.Text()),
        ("code", TEXT),
        ("attempts", NUMBER),
        ("state", TEXT),
        ("settled_at", TEXT),
        ("settled_by", TEXT),
    ):
        op.add_column("dead", sa.Column(name, kind, nullable=True))
