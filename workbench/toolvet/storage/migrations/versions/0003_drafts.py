"""Draft calls."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL = sa.Double[float]().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "draft",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("lease_s", REAL, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("duration_ms", REAL, nullable=False),
        sa.Column("tier", TEXT, nullable=True),
        sa.Column("entry", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_draft_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_draft_author_started_at"), "draft", ["author", "started_at"])
    op.create_index(op.f("ix_draft_proposal_revision"), "draft", ["proposal", "revision"])
