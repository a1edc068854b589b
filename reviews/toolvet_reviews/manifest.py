"""The release manifest: what verification derives from a revision, and what people sign. Pure."""

from dataclasses import dataclass
from typing import cast

from toolvet_reviews import canonical, digests
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.fields import Table
from toolvet_reviews.values import TIERS, Digest, EffectKind, Json, JsonObject, Tier

MANIFEST_SCHEMA = "toolvet/manifest/v1"


@dataclass(frozen=True)
class ToolDefinition:
    """The tool as advertised on MCP, byte for byte."""

    name: str
    title: str
    description: str
    input_schema: JsonObject
    output_schema: JsonObject
    annotations: JsonObject
    """`readOnlyHint`, `destructiveHint`, `idempotentHint`, `openWorldHint`."""


@dataclass(frozen=True)
class Manifest:
    """Everything that is approved about one release."""

    workspace: str
    toolset: str
    name: str
    entry: str
    revision: Digest
    environment: Digest | None
    """Digest of the built hash lock; None when the tool needs only the standard library."""
    definition: ToolDefinition
    effects: JsonObject
    idempotency: JsonObject | None
    limits: JsonObject
    retry: JsonObject
    lowest_tier: Tier
    sdk: str


class ManifestError(ReviewError):
    """Bytes that are no release manifest."""

    code = "manifest.invalid"


def to_json(manifest: Manifest) -> JsonObject:
    """Write a manifest as JSON; every field is there, null where there is nothing."""
    definition = manifest.definition
    return {
        "schema": MANIFEST_SCHEMA,
        "workspace": manifest.workspace,
        "toolset": manifest.toolset,
        "name": manifest.name,
        "entry": manifest.entry,
        "revision": manifest.revision,
        "environment": manifest.environment,
        "definition": {
            "name": definition.name,
            "title": definition.title,
            "description": definition.description,
            "inputSchema": definition.input_schema,
            "outputSchema": definition.output_schema,
            "annotations": definition.annotations,
        },
        "effects": manifest.effects,
        "idempotency": manifest.idempotency,
        "limits": manifest.limits,
        "retry": manifest.retry,
        "lowest_tier": manifest.lowest_tier,
        "sdk": manifest.sdk,
    }


def from_json(value: Json) -> Manifest:
    """Read a manifest back, strictly.

    Raises:
        ManifestError: A field is missing, unknown or of another type.
    """
    try:
        return _manifest(Table(value, "", ManifestError))
    except ManifestError:
        raise
    except ReviewError as error:
        raise ManifestError(str(error), place=error.place) from error


def to_bytes(manifest: Manifest) -> bytes:
    """Write the canonical bytes: what is stored, hashed and signed."""
    return canonical.dumps(to_json(manifest))


def from_bytes(data: bytes) -> Manifest:
    """Read a manifest from its canonical bytes.

    Raises:
        ManifestError: They are not exactly those of a manifest.
        CanonicalError: They are not JSON.
    """
    manifest = from_json(canonical.parse(data))
    if to_bytes(manifest) != data:
        raise ManifestError("the manifest is not in canonical form")
    return manifest


def digest(manifest: Manifest) -> Digest:
    """Give the release digest: what votes, `--digest` and signatures name."""
    return digests.sha256(to_bytes(manifest))


def annotations_for(
    kind: EffectKind,
    idempotent: bool,  # noqa: FBT001 - of two arguments the second reads itself
    *,
    open_world: bool = False,
) -> JsonObject:
    """Derive MCP's hints from the declared effects.

    Args:
        kind: Declared effect kind.
        idempotent: Whether the same call again changes nothing more; true of pure and read.
        open_world: Whether it reaches a network.
    """
    reads = kind in ("pure", "read")
    return {
        "readOnlyHint": reads,
        "destructiveHint": kind == "destructive",
        "idempotentHint": reads or idempotent,
        "openWorldHint": open_world,
    }


def _manifest(table: Table) -> Manifest:
    table.choice("schema", (MANIFEST_SCHEMA,))
    manifest = Manifest(
        workspace=table.text("workspace"),
        toolset=table.text("toolset"),
        name=table.text("name"),
        entry=table.text("entry"),
        revision=_digest(table, "revision"),
        environment=_digest(table, "environment") if table.raw("environment") else None,
        definition=_definition(table.table("definition")),
        effects=table.object("effects"),
        idempotency=None if table.raw("idempotency") is None else table.object("idempotency"),
        limits=table.object("limits"),
        retry=table.object("retry"),
        lowest_tier=cast("Tier", table.choice("lowest_tier", TIERS)),
        sdk=table.text("sdk"),
    )
    table.done()
    return manifest


def _definition(table: Table) -> ToolDefinition:
    definition = ToolDefinition(
        name=table.text("name"),
        title=table.text("title"),
        description=table.text("description", longest=2**16),
        input_schema=table.object("inputSchema"),
        output_schema=table.object("outputSchema"),
        annotations=table.object("annotations"),
    )
    table.done()
    return definition


def _digest(table: Table, name: str) -> Digest:
    value = table.text(name)
    if not digests.is_digest(value):
        raise table.error(name, "is not a digest")
    return Digest(value)
