"""The review: threads, whose turn, what was seen, the lines of the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL = sa.Double[float]().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Apply it: a remark of before becomes a thread of its own, about the line it named."""
    op.add_column("comment", sa.Column("thread", TEXT, nullable=True))
    op.add_column("comment", sa.Column("kind", TEXT, nullable=True))
    op.add_column("comment", sa.Column("suggestion", sa.Text(), nullable=True))
    op.create_index(op.f("ix_comment_thread"), "comment", ["thread"])
    op.create_table(
        "thread",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("line", NUMBER, nullable=False),
        sa.Column("end_line", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blocking", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.Column("opened_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_thread_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_thread_proposal"), "thread", ["proposal"])
    op.create_table(
        "remark_draft",
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("thread", TEXT, nullable=True),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("blocking", sa.Integer(), nullable=False),
        sa.Column("updated_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["principal.id"], name=op.f("fk_remark_draft_person_principal")
        ),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_remark_draft_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("person", "id", name=op.f("pk_remark_draft")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_remark_draft_person_proposal"), "remark_draft", ["person", "proposal"])
    op.create_table(
        "objection",
        sa.Column("entry", NUMBER, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("lifted_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_objection_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_objection")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_objection_proposal"), "objection", ["proposal"])
    op.create_table(
        "turn",
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("since", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_turn_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal", "person", name=op.f("pk_turn")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_turn_person"), "turn", ["person"])
    op.create_table(
        "assignment",
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_assignment_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal", "person", name=op.f("pk_assignment")),
        sqlite_strict=True,
    )
    op.create_table(
        "snooze",
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("until", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_snooze_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal", "person", name=op.f("pk_snooze")),
        sqlite_strict=True,
    )
    op.create_table(
        "notice",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("turn", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("read_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_notice_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("person", "turn", name=op.f("uq_notice_person_turn")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_notice_person_at"), "notice", ["person", "at"])
    op.create_table(
        "outgoing",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("next_at", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_outgoing_state_next_at"), "outgoing", ["state", "next_at"])
    op.create_table(
        "seen",
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["principal.id"], name=op.f("fk_seen_person_principal")
        ),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_seen_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("person", "proposal", "kind", "name", name=op.f("pk_seen")),
        sqlite_strict=True,
    )
    op.create_table(
        "sitting",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("seat", TEXT, nullable=False),
        sa.Column("opened_at", TEXT, nullable=False),
        sa.Column("last_at", TEXT, nullable=False),
        sa.Column("looked_s", REAL, nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("decided_at", TEXT, nullable=True),
        sa.Column("decision", TEXT, nullable=True),
        sa.Column("pace", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_sitting_proposal_proposal")
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["principal.id"], name=op.f("fk_sitting_person_principal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sitting_decided_at"), "sitting", ["decided_at"])
    op.create_index(op.f("ix_sitting_proposal_person"), "sitting", ["proposal", "person"])
    op.create_table(
        "kept_case",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_kept_case_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_case")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_kept_case_proposal"), "kept_case", ["proposal"])
    op.create_table(
        "listing",
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("sponsor", TEXT, nullable=True),
        sa.Column("rank", REAL, nullable=False),
        sa.Column("risk", NUMBER, nullable=False),
        sa.Column("risk_why", TEXT, nullable=False),
        sa.Column("reach", NUMBER, nullable=False),
        sa.Column("marks", TEXT, nullable=False),
        sa.Column("errors", NUMBER, nullable=False),
        sa.Column("warnings", NUMBER, nullable=False),
        sa.Column("errors_told", NUMBER, nullable=False),
        sa.Column("warnings_told", NUMBER, nullable=False),
        sa.Column("undeclared", NUMBER, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("open_threads", NUMBER, nullable=False),
        sa.Column("blocking_threads", NUMBER, nullable=False),
        sa.Column("objections", NUMBER, nullable=False),
        sa.Column("same_as", NUMBER, nullable=True),
        sa.Column("low_risk", sa.Integer(), nullable=False),
        sa.Column("waited_s", REAL, nullable=False),
        sa.Column("waiting_since", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_listing_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal", name=op.f("pk_listing")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_listing_author_state"), "listing", ["author", "state"])
    op.create_index(
        op.f("ix_listing_state_rank_proposal"), "listing", ["state", "rank", "proposal"]
    )
    op.execute(
        "INSERT INTO thread (id, proposal, revision, author, kind, path, line, end_line, name,"
        " blocking, resolved, opened_at)"
        " SELECT id, proposal, revision, author,"
        " CASE WHEN line > 0 THEN 'line' WHEN path <> '"
        "' THEN 'file' ELSE 'proposal' END,"
        " path, line, line, '"
        "', 0, 0, time FROM comment"
    )
    op.execute("UPDATE comment SET thread = id, kind = 'remark'")
