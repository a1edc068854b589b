"""From a verified revision to the manifest that people sign."""

from toolvet.checks import reading
from toolvet.checks.interface import Interface
from toolvet.sandbox import Limits, cpu_seconds
from toolvet_reviews import docstrings, file_parameters
from toolvet_reviews.bundle import Bundle, ToolSpec
from toolvet_reviews.manifest import Manifest, ToolDefinition, annotations_for
from toolvet_reviews.spec import spec_to_json
from toolvet_reviews.values import Digest, Json, JsonObject, Tier

MAX_PROCESSES = 64


def call_limits(spec: ToolSpec, policy: Limits) -> Limits:
    """The caps of one call: what the tool asks for, never more than the policy gives."""
    asked = spec.limits
    wall_s = min(asked.wall_s or policy.wall_s, policy.wall_s)
    return Limits(
        wall_s=wall_s,
        cpu_s=cpu_seconds(wall_s),
        memory_mib=min(asked.memory_mib or policy.memory_mib, policy.memory_mib),
        scratch_mib=policy.scratch_mib,
        output_kib=min(asked.output_kib or policy.output_kib, policy.output_kib),
        result_kib=policy.result_kib,
        open_files=policy.open_files,
        processes=min(asked.processes or 0, MAX_PROCESSES),
    )


def derive_manifest(
    bundle: Bundle,
    interface: Interface,
    limits: Limits,
    tier: Tier,
    sdk: str,
    *,
    workspace: str = "default",
    environment: Digest | None = None,
) -> Manifest:
    """Derive what a release is, from what was submitted and what verification found.

    Args:
        bundle: The revision.
        interface: What the interface check found.
        limits: Caps of one call, as `call_limits` gives them.
        tier: The lowest walls it may run in.
        sdk: Version of the SDK it was verified with.
        workspace: Whose tool it is.
        environment: Digest of its built hash lock, if it has one.
    """
    spec = bundle.spec
    written = spec_to_json(spec)
    return Manifest(
        workspace=workspace,
        toolset=spec.toolset,
        name=spec.name,
        entry=spec.entry,
        revision=bundle.digest,
        environment=environment,
        definition=definition(spec, interface),
        effects=reading.entry(written.get("effects")) or {"kind": spec.effects.kind},
        idempotency=reading.entry(written.get("idempotency")) if spec.idempotency else None,
        limits={
            "wall_s": int(limits.wall_s),
            "memory_mib": limits.memory_mib,
            "output_kib": limits.output_kib,
            "processes": limits.processes,
        },
        retry={"on": [*spec.retry.on], "attempts": spec.retry.attempts},
        lowest_tier=tier,
        sdk=sdk,
    )


def definition(spec: ToolSpec, interface: Interface) -> ToolDefinition:
    """The tool as it will be advertised, byte for byte."""
    kind = spec.effects.kind
    return ToolDefinition(
        name=spec.advertised_name,
        title=spec.name.replace("_", " ").capitalize(),
        description=_description(spec, interface.description),
        input_schema=file_parameters.advertised(
            _described(interface.input_schema, docstrings.args(interface.description))
        ),
        output_schema=interface.output_schema,
        annotations=annotations_for(kind, kind in {"pure", "read"} or spec.idempotency is not None),
    )


def _description(spec: ToolSpec, docstring: str) -> str:
    """The summary of tool.toml, then what the docstring adds to its own first line."""
    body = docstrings.description(docstring).strip()
    first = docstrings.summary(docstring).strip()
    more = body.removeprefix(first).strip()
    raised = docstrings.raises(docstring)
    errors = "\n".join(f"- {name}: {text}" for name, text in sorted(raised.items()))
    return "\n\n".join(
        part for part in (spec.summary, more, f"Errors:\n{errors}" if errors else "") if part
    )


def _described(schema: JsonObject, descriptions: dict[str, str]) -> JsonObject:
    """Add the docstring's words to parameters that have none."""
    properties = reading.entry(schema.get("properties"))
    if not properties:
        return schema
    changed: dict[str, Json] = {}
    for name, value in properties.items():
        text = descriptions.get(name, "")
        known = isinstance(value, dict) and "description" not in value and text
        changed[name] = (
            {**value, "description": text} if known and isinstance(value, dict) else value
        )
    return {**schema, "properties": changed}
