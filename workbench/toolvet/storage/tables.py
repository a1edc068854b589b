"""Every table. Column names are the field names of the dataclasses in `rows`.

The log's tables (`entry`, `payload`, `tile`, `checkpoint`) and `blob` are the truth; all others are
what the log's acts led to, kept for speed, or work in flight.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from toolvet.storage.columns import Bytes, Flag, JsonText, Number, Real, RoleSet, Text

metadata = sa.MetaData(
    # Alembic's batch mode needs every constraint to have a name
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str, kind: TypeEngine[Any], *args: SchemaItem) -> sa.Column[Any]:
    return sa.Column(name, kind, *args, primary_key=True, autoincrement=False)


def _has(
    name: str, kind: TypeEngine[Any], *args: SchemaItem, unique: bool | None = None
) -> sa.Column[Any]:
    return sa.Column(name, kind, *args, nullable=False, unique=unique)


def _may(name: str, kind: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _of(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column)


def _table(name: str, *items: SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *items, sqlite_strict=True)


# --- the log -----------------------------------------------------------------------------------

entry = _table(
    "entry",
    _key("index", Number),
    _has("leaf", Bytes),
    _has("hash", Bytes),
    _has("time", Text),
    _has("verb", Text),
    _has("actor", Text),
    _has("target_kind", Text),
    _has("target_id", Text),
    _may("digest", Text),
    _may("act", Text),
    sa.Index(None, "verb", "index"),
    sa.Index(None, "target_id", "index"),
)

payload = _table(
    "payload",
    _key("entry", Number),
    _key("name", Text),
    _may("salt", Bytes),
    _may("body", Bytes),
    _has("commitment", Text),
)

tile = _table("tile", _key("level", Number), _key("n", Number), _has("data", Bytes))

checkpoint = _table("checkpoint", _key("size", Number), _has("note", Text))

blob = _table(
    "blob", _key("digest", Text), _has("kind", Text), _has("size", Number), _has("data", Bytes)
)

fact = _table("fact", _key("name", Text), _has("value", Text))

# --- who may act -------------------------------------------------------------------------------

principal = _table(
    "principal",
    _key("id", Text),
    _has("name", Text, unique=True),
    _has("kind", Text),
    _has("roles", RoleSet()),
    _may("sponsor", Text),
    _has("active", Flag()),
)

key = _table(
    "key",
    _key("fingerprint", Text),
    _has("principal", Text, _of("principal.id")),
    _has("public", Bytes),
    _has("state", Text),
)

token = _table(
    "token",
    _key("id", Text),
    _has("principal", Text, _of("principal.id")),
    _has("hash", Text, unique=True),
    _has("created_at", Text),
    _may("expires_at", Text),
    _may("revoked_at", Text),
    _has("label", Text),
)

enrolment = _table(
    "enrolment",
    _key("code_hash", Text),
    _has("principal", Text, _of("principal.id")),
    _has("expires_at", Text),
    _may("used_at", Text),
)

nonce = _table("nonce", _key("nonce", Text), _has("at", Text))

grant = _table(
    "grant",
    _key("id", Text),
    _has("to", Text),
    _has("tool", Text),
    _has("up_to", Text),
    _may("expires", Text),
    _has("active", Flag()),
)

# --- proposals ---------------------------------------------------------------------------------

proposal = _table(
    "proposal",
    _key("number", Number),
    _has("workspace", Text),
    _has("toolset", Text),
    _has("tool", Text),
    _has("state", Text),
    _has("author", Text),
    _may("sponsor", Text),
    _may("kind", Text),
    _has("revision", Number),
    _has("revision_digest", Text),
    _may("release_digest", Text),
    _may("base_release", Text),
    _has("created_at", Text),
    _has("updated_at", Text),
    _has("reason", Text),
    _may("follows", Number),
    sa.Index(None, "toolset", "tool"),
    sa.Index(None, "author", "state"),
    sa.Index(None, "state", "number"),
)

revision = _table(
    "revision",
    _key("proposal", Number, _of("proposal.number")),
    _key("number", Number),
    _has("digest", Text),
    _has("submitted_at", Text),
    _has("state", Text),
    _may("release_digest", Text),
    _may("dossier", Text),
    sa.Index(None, "digest"),
    sa.Index(None, "state"),
)

evidence = _table(
    "evidence",
    _key("proposal", Number, _of("proposal.number")),
    _key("revision", Number),
    _key("check", Text),
    _has("status", Text),
    _has("digest", Text),
    _has("inputs", Text),
    _has("at", Text),
    sa.Index(None, "inputs", "check"),
)

vote = _table(
    "vote",
    _key("entry", Number),
    _has("proposal", Number, _of("proposal.number")),
    _has("release_digest", Text),
    _has("voter", Text),
    _has("verdict", Text),
    _has("envelope", Text),
    _has("time", Text),
    _has("as_sponsor", Flag()),
    _has("revoked", Flag()),
    sa.Index(None, "release_digest"),
    sa.Index(None, "proposal"),
)

comment = _table(
    "comment",
    _key("id", Text),
    _has("proposal", Number, _of("proposal.number")),
    _has("revision", Number),
    _has("author", Text),
    _has("text", JsonText()),
    _has("path", JsonText()),
    _has("line", Number),
    _has("time", Text),
    _may("thread", Text),
    _may("kind", Text),
    _may("suggestion", JsonText()),
    sa.Index(None, "proposal"),
    sa.Index(None, "thread"),
)

thread = _table(
    "thread",
    _key("id", Text),
    _has("proposal", Number, _of("proposal.number")),
    _has("revision", Number),
    _has("author", Text),
    _has("kind", Text),
    _has("path", JsonText()),
    _has("line", Number),
    _has("end_line", Number),
    _has("name", JsonText()),
    _has("blocking", Flag()),
    _has("resolved", Flag()),
    _has("opened_at", Text),
    sa.Index(None, "proposal"),
)

remark_draft = _table(
    "remark_draft",
    _key("person", Text, _of("principal.id")),
    _key("id", Text),
    _has("proposal", Number, _of("proposal.number")),
    _may("thread", Text),
    _has("anchor", JsonText()),
    _has("text", JsonText()),
    _has("suggestion", JsonText()),
    _has("blocking", Flag()),
    _has("updated_at", Text),
    sa.Index(None, "person", "proposal"),
)

objection = _table(
    "objection",
    _key("entry", Number),
    _has("proposal", Number, _of("proposal.number")),
    _has("revision", Number),
    _has("person", Text),
    _has("at", Text),
    _may("lifted_at", Text),
    sa.Index(None, "proposal"),
)

turn = _table(
    "turn",
    _key("proposal", Number, _of("proposal.number")),
    _key("person", Text),
    _has("reason", Text),
    _has("since", Text),
    sa.Index(None, "person"),
)

assignment = _table(
    "assignment",
    _key("proposal", Number, _of("proposal.number")),
    _key("person", Text),
    _has("claimed", Flag()),
    _has("by", Text),
    _has("at", Text),
)

snooze = _table(
    "snooze",
    _key("proposal", Number, _of("proposal.number")),
    _key("person", Text),
    _has("until", Text),
    _has("at", Text),
)

notice = _table(
    "notice",
    _key("id", Text),
    _has("person", Text),
    _has("proposal", Number, _of("proposal.number")),
    _has("reason", Text),
    _has("turn", Text),
    _has("at", Text),
    _may("read_at", Text),
    sa.UniqueConstraint("person", "turn"),
    sa.Index(None, "person", "at"),
)

outgoing = _table(
    "outgoing",
    _key("id", Text),
    _has("body", Bytes),
    _has("at", Text),
    _has("attempts", Number),
    _has("next_at", Text),
    _has("state", Text),
    sa.Index(None, "state", "next_at"),
)

seen = _table(
    "seen",
    _key("person", Text, _of("principal.id")),
    _key("proposal", Number, _of("proposal.number")),
    _key("kind", Text),
    _key("name", JsonText()),
    _has("digest", Text),
    _has("revision", Number),
    _has("at", Text),
)

sitting = _table(
    "sitting",
    _key("id", Text),
    _has("person", Text, _of("principal.id")),
    _has("proposal", Number, _of("proposal.number")),
    _has("revision", Number),
    _has("digest", Text),
    _has("seat", Text),
    _has("opened_at", Text),
    _has("last_at", Text),
    _has("looked_s", Real),
    _has("parts", JsonText()),
    _may("decided_at", Text),
    _may("decision", Text),
    _may("pace", Text),
    sa.Index(None, "proposal", "person"),
    sa.Index(None, "decided_at"),
)

kept_case = _table(
    "kept_case",
    _key("id", Text),
    _has("proposal", Number, _of("proposal.number")),
    _has("revision", Number),
    _has("person", Text),
    _has("at", Text),
    _has("name", JsonText()),
    _has("arguments", JsonText()),
    _has("expected", JsonText()),
    _has("code", Text),
    _has("note", JsonText()),
    _has("dropped", Flag()),
    sa.Index(None, "proposal"),
)

listing = _table(
    "listing",
    _key("proposal", Number, _of("proposal.number")),
    _has("state", Text),
    _has("author", Text),
    _may("sponsor", Text),
    _has("rank", Real),
    _has("risk", Number),
    _has("risk_why", Text),
    _has("reach", Number),
    _has("marks", Text),
    _has("errors", Number),
    _has("warnings", Number),
    _has("errors_told", Number),
    _has("warnings_told", Number),
    _has("undeclared", Number),
    _has("summary", JsonText()),
    _has("open_threads", Number),
    _has("blocking_threads", Number),
    _has("objections", Number),
    _may("same_as", Number),
    _has("low_risk", Flag()),
    _has("waited_s", Real),
    _may("waiting_since", Text),
    sa.Index(None, "state", "rank", "proposal"),
    sa.Index(None, "author", "state"),
)

draft = _table(
    "draft",
    _key("id", Text),
    _has("proposal", Number, _of("proposal.number")),
    _has("revision", Number),
    _has("digest", Text),
    _has("author", Text),
    _has("started_at", Text),
    _has("lease_s", Real),
    _has("owner", Text),
    _has("status", Text),
    _has("code", Text),
    _has("duration_ms", Real),
    _may("tier", Text),
    _may("entry", Number),
    sa.Index(None, "author", "started_at"),
    sa.Index(None, "proposal", "revision"),
)

# --- what is served ----------------------------------------------------------------------------

release = _table(
    "release",
    _key("digest", Text),
    _has("workspace", Text),
    _has("toolset", Text),
    _has("name", Text),
    _has("version", Number),
    _has("revision_digest", Text),
    _has("proposal", Number, _of("proposal.number")),
    _has("published_at", Text),
    _has("stopped", Flag()),
    sa.UniqueConstraint("workspace", "toolset", "name", "version"),
)

channel = _table(
    "channel",
    _key("workspace", Text),
    _key("toolset", Text),
    _key("name", Text),
    _key("channel", Text),
    _may("release_digest", Text),
    _may("version", Number),
    _has("entry", Number),
)

policy = _table("policy", _key("entry", Number), _has("digest", Text), _has("text", Text))

waiver = _table(
    "waiver",
    _key("release_digest", Text),
    _key("fingerprint", Text),
    _has("reason", JsonText()),
    _has("expires", Text),
    _has("voter", Text),
    _key("envelope", Text),
)

consent = _table("consent", _key("entry", Number), _has("tier", Text))

# --- calls -------------------------------------------------------------------------------------

call = _table(
    "call",
    _key("id", Text),
    _has("release_digest", Text),
    _has("toolset", Text),
    _has("name", Text),
    _has("caller", Text),
    _may("key_digest", Text),
    _has("status", Text),
    _has("code", Text),
    _has("started_at", Text),
    _has("duration_ms", Real),
    _may("tier", Text),
    _may("result", Bytes),
    _has("replayed", Flag()),
    sa.Index(None, "started_at"),
)

recorded = _table(
    "recorded",
    _key("release_digest", Text),
    _key("digest", Text),
    _has("at", Text),
    _has("arguments", JsonText()),
    _has("result", JsonText()),
    _has("code", Text),
    sa.Index(None, "release_digest", "at"),
    sa.Index(None, "at"),
)

claim = _table(
    "claim",
    _key("scope", Text),
    _key("key", Text),
    _has("fingerprint", Text),
    _has("state", Text),
    _has("token", Number),
    _has("lease_until", Real),
    _has("owner", Text),
    _may("result", Bytes),
    _has("expires", Real),
    sa.Index(None, "owner", "state"),
)

record = _table(
    "record",
    _key("tool", Text),
    _key("collection", Text),
    _key("key", Text),
    _has("value", JsonText()),
)

once = _table(
    "once",
    _key("tool", Text),
    _key("key", Text),
    _has("call", Text),
    _has("state", Text),
    _has("outcome", JsonText()),
)

dead = _table(
    "dead",
    _key("id", Text),
    _has("tool", Text),
    _has("release_digest", Text),
    _has("call", Text),
    _has("item", JsonText()),
    _has("reason", JsonText()),
    _has("at", Text),
    _may("caller", Text),
    _may("key", Text),
    _may("arguments", JsonText()),
    _may("code", Text),
    _may("attempts", Number),
    _may("state", Text),
    _may("settled_at", Text),
    _may("settled_by", Text),
    sa.Index(None, "tool"),
)

# --- what an operator binds --------------------------------------------------------------------

secret = _table(
    "secret",
    _key("name", Text),
    _has("sealed", Bytes),
    _has("tools", JsonText()),
    _has("hosts", JsonText()),
    _has("set_at", Text),
    _has("entry", Number),
)

mount = _table(
    "mount",
    _key("name", Text),
    _has("folder", JsonText()),
    _has("mode", Text),
    _has("tools", JsonText()),
    _has("bound_at", Text),
    _has("entry", Number),
)
