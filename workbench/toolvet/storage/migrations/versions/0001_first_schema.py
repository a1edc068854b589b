"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL = sa.Double[float]().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "blob",
        sa.Column("digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
        sqlite_strict=True,
    )
    op.create_table(
        "call",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("release_digest", TEXT, nullable=False),
        sa.Column("toolset", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("caller", TEXT, nullable=False),
        sa.Column("key_digest", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("duration_ms", REAL, nullable=False),
        sa.Column("tier", TEXT, nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("replayed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_call_started_at"), "call", ["started_at"], unique=False)
    op.create_table(
        "channel",
        sa.Column("workspace", TEXT, autoincrement=False, nullable=False),
        sa.Column("toolset", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("channel", TEXT, autoincrement=False, nullable=False),
        sa.Column("release_digest", TEXT, nullable=True),
        sa.Column("version", NUMBER, nullable=True),
        sa.Column("entry", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "toolset", "name", "channel", name=op.f("pk_channel")),
        sqlite_strict=True,
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", NUMBER, autoincrement=False, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
        sqlite_strict=True,
    )
    op.create_table(
        "claim",
        sa.Column("scope", TEXT, autoincrement=False, nullable=False),
        sa.Column("key", TEXT, autoincrement=False, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("token", NUMBER, nullable=False),
        sa.Column("lease_until", REAL, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("expires", REAL, nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_claim")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_claim_owner_state"), "claim", ["owner", "state"], unique=False)
    op.create_table(
        "consent",
        sa.Column("entry", NUMBER, autoincrement=False, nullable=False),
        sa.Column("tier", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_consent")),
        sqlite_strict=True,
    )
    op.create_table(
        "dead",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("release_digest", TEXT, nullable=False),
        sa.Column("call", TEXT, nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_dead_tool"), "dead", ["tool"], unique=False)
    op.create_table(
        "entry",
        sa.Column("index", NUMBER, autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("time", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("target_kind", TEXT, nullable=False),
        sa.Column("target_id", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=True),
        sa.Column("act", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_entry")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_entry_target_id_index"), "entry", ["target_id", "index"], unique=False)
    op.create_index(op.f("ix_entry_verb_index"), "entry", ["verb", "index"], unique=False)
    op.create_table(
        "fact",
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fact")),
        sqlite_strict=True,
    )
    op.create_table(
        "grant",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("to", TEXT, nullable=False),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("up_to", TEXT, nullable=False),
        sa.Column("expires", TEXT, nullable=True),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant")),
        sqlite_strict=True,
    )
    op.create_table(
        "nonce",
        sa.Column("nonce", TEXT, autoincrement=False, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_nonce")),
        sqlite_strict=True,
    )
    op.create_table(
        "once",
        sa.Column("tool", TEXT, autoincrement=False, nullable=False),
        sa.Column("key", TEXT, autoincrement=False, nullable=False),
        sa.Column("call", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tool", "key", name=op.f("pk_once")),
        sqlite_strict=True,
    )
    op.create_table(
        "payload",
        sa.Column("entry", NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("entry", "name", name=op.f("pk_payload")),
        sqlite_strict=True,
    )
    op.create_table(
        "policy",
        sa.Column("entry", NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_policy")),
        sqlite_strict=True,
    )
    op.create_table(
        "principal",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("sponsor", TEXT, nullable=True),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principal")),
        sa.UniqueConstraint("name", name=op.f("uq_principal_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "proposal",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("workspace", TEXT, nullable=False),
        sa.Column("toolset", TEXT, nullable=False),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("sponsor", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("revision_digest", TEXT, nullable=False),
        sa.Column("release_digest", TEXT, nullable=True),
        sa.Column("base_release", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("updated_at", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("follows", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_proposal")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_proposal_author_state"), "proposal", ["author", "state"], unique=False)
    op.create_index(op.f("ix_proposal_state_number"), "proposal", ["state", "number"], unique=False)
    op.create_index(op.f("ix_proposal_toolset_tool"), "proposal", ["toolset", "tool"], unique=False)
    op.create_table(
        "record",
        sa.Column("tool", TEXT, autoincrement=False, nullable=False),
        sa.Column("collection", TEXT, autoincrement=False, nullable=False),
        sa.Column("key", TEXT, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tool", "collection", "key", name=op.f("pk_record")),
        sqlite_strict=True,
    )
    op.create_table(
        "tile",
        sa.Column("level", NUMBER, autoincrement=False, nullable=False),
        sa.Column("n", NUMBER, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "n", name=op.f("pk_tile")),
        sqlite_strict=True,
    )
    op.create_table(
        "waiver",
        sa.Column("release_digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("fingerprint", TEXT, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires", TEXT, nullable=False),
        sa.Column("voter", TEXT, nullable=False),
        sa.Column("envelope", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "release_digest", "fingerprint", "envelope", name=op.f("pk_waiver")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "comment",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("line", NUMBER, nullable=False),
        sa.Column("time", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_comment_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_comment_proposal"), "comment", ["proposal"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("code_hash", TEXT, autoincrement=False, nullable=False),
        sa.Column("principal", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["principal"], ["principal.id"], name=op.f("fk_enrolment_principal_principal")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment")),
        sqlite_strict=True,
    )
    op.create_table(
        "evidence",
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("revision", NUMBER, autoincrement=False, nullable=False),
        sa.Column("check", TEXT, autoincrement=False, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("inputs", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_evidence_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal", "revision", "check", name=op.f("pk_evidence")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_evidence_inputs_check"), "evidence", ["inputs", "check"], unique=False)
    op.create_table(
        "key",
        sa.Column("fingerprint", TEXT, autoincrement=False, nullable=False),
        sa.Column("principal", TEXT, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["principal"], ["principal.id"], name=op.f("fk_key_principal_principal")
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "release",
        sa.Column("digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("workspace", TEXT, nullable=False),
        sa.Column("toolset", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("revision_digest", TEXT, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("published_at", TEXT, nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_release_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_release")),
        sa.UniqueConstraint(
            "workspace",
            "toolset",
            "name",
            "version",
            name=op.f("uq_release_workspace_toolset_name_version"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "revision",
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("submitted_at", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("release_digest", TEXT, nullable=True),
        sa.Column("dossier", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_revision_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal", "number", name=op.f("pk_revision")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_revision_digest"), "revision", ["digest"], unique=False)
    op.create_index(op.f("ix_revision_state"), "revision", ["state"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("principal", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=True),
        sa.Column("revoked_at", TEXT, nullable=True),
        sa.Column("label", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["principal"], ["principal.id"], name=op.f("fk_token_principal_principal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_token_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "vote",
        sa.Column("entry", NUMBER, autoincrement=False, nullable=False),
        sa.Column("proposal", NUMBER, nullable=False),
        sa.Column("release_digest", TEXT, nullable=False),
        sa.Column("voter", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("envelope", TEXT, nullable=False),
        sa.Column("time", TEXT, nullable=False),
        sa.Column("as_sponsor", sa.Integer(), nullable=False),
        sa.Column("revoked", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.number"], name=op.f("fk_vote_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_vote")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_vote_proposal"), "vote", ["proposal"], unique=False)
    op.create_index(op.f("ix_vote_release_digest"), "vote", ["release_digest"], unique=False)
