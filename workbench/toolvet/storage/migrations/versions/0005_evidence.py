"""What is kept of calls, to hold a new version against them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "recorded",
        sa.Column("release_digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("release_digest", "digest", name=op.f("pk_recorded")),
        sqlite_strict=True,
    )
    op.create_index("ix_recorded_release_digest_at", "recorded", ["release_digest", "at"])
    op.create_index("ix_recorded_at", "recorded", ["at"])
