"""A bundle's `tool.toml`: read strictly, written canonically. Pure; no I/O.

What a tool may do is what stands here, so nothing is guessed: an unknown field is an error that
names the nearest valid one, and a combination that cannot be meant is refused with its place.
"""

import json
import keyword
import re
from typing import cast

from toolvet_reviews import canonical, spec_effects, toml
from toolvet_reviews.bundle import (
    Cost,
    Example,
    Idempotency,
    Invariant,
    Retry,
    Rollback,
    ToolLimits,
    ToolSpec,
)
from toolvet_reviews.errors import CanonicalError, SpecError
from toolvet_reviews.fields import Table
from toolvet_reviews.values import Json, JsonObject

MAX_NAME = 64
MAX_SUMMARY = 200
RESERVED_PREFIX = "toolvet_"
SEPARATOR = "__"
"""Between toolset and name in the advertised name, and so in neither of them."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
_ERROR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def parse_spec(text: str) -> ToolSpec:
    """Read a specification.

    Args:
        text: TOML, at most 64 KiB, nested at most 8 deep.

    Raises:
        UnknownFieldError: A field nobody knows; the hint names the nearest valid one.
        MissingFieldError: A required field is not there.
        SpecError: Anything else it may not say; the place names the field.
    """
    return spec_from_json(toml.loads(text, SpecError))


def spec_from_json(value: Json) -> ToolSpec:
    """Read a specification that is parsed already, in the shape of the TOML.

    Raises:
        SpecError: As `parse_spec`.
    """
    top = Table(value)
    tool = top.table("tool")
    effects = spec_effects.read(top.table("effects"))
    spec = ToolSpec(
        name=_name(tool, "name"),
        toolset=_name(tool, "toolset") if tool.has("toolset") else "default",
        summary=_summary(tool),
        entry=_entry(tool, "entry"),
        effects=effects,
        idempotency=_idempotency(top.table("idempotency")) if top.has("idempotency") else None,
        retry=_retry(top.table("retry")),
        limits=_limits(top.table("limits")),
        cost=_cost(top.table("cost")),
        rollback=_rollback(top.table("rollback")),
        invariants=top.each("invariants", _invariant),
        examples=top.each("examples", _example, most=200),
    )
    tool.done()
    top.done()
    _check_whole(spec, tool)
    return spec


def spec_to_json(spec: ToolSpec) -> JsonObject:
    """Write everything a specification says, defaults included."""
    return {
        "tool": {
            "toolset": spec.toolset,
            "name": spec.name,
            "summary": spec.summary,
            "entry": spec.entry,
        },
        "effects": spec_effects.to_json(spec.effects),
        "idempotency": _idempotency_json(spec.idempotency),
        "retry": {"on": [*spec.retry.on], "attempts": spec.retry.attempts},
        "limits": {
            "wall_s": spec.limits.wall_s,
            "memory_mib": spec.limits.memory_mib,
            "output_kib": spec.limits.output_kib,
            "processes": spec.limits.processes,
        },
        "cost": {
            "calls_per_month": spec.cost.calls_per_month,
            "prompt_steps_per_call": spec.cost.prompt_steps_per_call,
            "items_per_call": spec.cost.items_per_call,
        },
        "rollback": {
            "readable": spec.rollback.readable,
            "takes_old_calls": spec.rollback.takes_old_calls,
        },
        "invariants": [{"text": one.text, "check": one.check} for one in spec.invariants],
        "examples": [_example_json(one) for one in spec.examples],
    }


def spec_to_toml(spec: ToolSpec) -> str:
    """Write the canonical text: what says nothing is left out; reading it gives the same again."""
    said = spec_to_json(spec)
    if spec.retry == Retry():
        said["retry"] = {}
    said["examples"] = [_example_toml(one) for one in spec.examples]
    return toml.write({name: part for name, part in _stripped(said).items() if part})


def _stripped(said: JsonObject) -> JsonObject:
    """Leave out null and empty fields of every section."""
    result: JsonObject = {}
    for name, part in said.items():
        if isinstance(part, dict):
            result[name] = {key: value for key, value in part.items() if _says(value)}
        elif isinstance(part, list):
            rows = cast("list[JsonObject]", part)
            keep = rows if name == "examples" else [_shorter(row) for row in rows]
            result[name] = cast("list[Json]", keep)
    return result


def _shorter(row: JsonObject) -> JsonObject:
    return {key: value for key, value in row.items() if _says(value)}


def _says(value: Json) -> bool:
    return value is not None and value not in ("", [], {})


def _name(tool: Table, field: str) -> str:
    value = tool.text(field, longest=200)
    if not _NAME.match(value):
        hint = "Lower-case words with single underscores, such as `log_error_summary`."
        raise tool.error(field, f"{value[:80]!r} is not snake_case", hint=hint)
    if value.startswith(RESERVED_PREFIX) or value == RESERVED_PREFIX.rstrip("_"):
        raise tool.error(field, f"the prefix {RESERVED_PREFIX!r} is ours")
    return value


def _summary(tool: Table) -> str:
    value = tool.text("summary", longest=MAX_SUMMARY)
    if not value.strip():
        raise tool.error("summary", "is empty", hint="Say in one sentence what it does.")
    if _CONTROLS.search(value):
        raise tool.error("summary", "expected one line without control characters")
    return value.strip()


def _entry(table: Table, field: str) -> str:
    value = table.text(field, longest=200)
    module, colon, function = value.partition(":")
    names = [*module.split("."), function]
    if not colon or not all(_is_identifier(name) for name in names):
        raise table.error(field, f"{value[:80]!r} is not module:function")
    return value


def _is_identifier(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def _idempotency(table: Table) -> Idempotency:
    table.raw("key")
    said = Idempotency(_parameters(table, "key"), _parameters(table, "may_grow"))
    table.done()
    if not said.key:
        raise table.error("key", "names no argument")
    both = sorted(set(said.key) & set(said.may_grow))
    if both:
        raise table.error("may_grow", f"{both[0]!r} is part of the key")
    return said


def _parameters(table: Table, field: str) -> tuple[str, ...]:
    names = table.texts(field)
    for name in names:
        if not _is_identifier(name):
            raise table.error(field, f"{name[:80]!r} is not the name of an argument")
    return names


def _retry(table: Table) -> Retry:
    on = table.texts("on")
    for name in on:
        if not _ERROR_NAME.match(name):
            raise table.error("on", f"{name[:80]!r} is not the name of an error")
    attempts = table.integer("attempts", 4 if on else 1, least=1, most=10)
    table.done()
    if attempts > 1 and not on:
        raise table.error("attempts", "names no error to try again on", hint='on = ["…"]')
    return Retry(on, attempts)


def _limits(table: Table) -> ToolLimits:
    limits = ToolLimits(
        wall_s=table.integer_or_none("wall_s", least=1, most=3600),
        memory_mib=table.integer_or_none("memory_mib", least=16, most=65_536),
        output_kib=table.integer_or_none("output_kib", least=1, most=16_384),
        processes=table.integer_or_none("processes", least=0, most=64),
    )
    table.done()
    return limits


def _cost(table: Table) -> Cost:
    most = 10**9
    cost = Cost(
        calls_per_month=table.integer_or_none("calls_per_month", most=most),
        prompt_steps_per_call=table.integer_or_none("prompt_steps_per_call", most=most),
        items_per_call=table.integer_or_none("items_per_call", most=most),
    )
    table.done()
    return cost


def _rollback(table: Table) -> Rollback:
    said = {
        name: table.boolean(name) if table.has(name) else None
        for name in ("readable", "takes_old_calls")
    }
    table.done()
    return Rollback(**said)


def _invariant(table: Table) -> Invariant:
    text = table.text("text", longest=1000)
    if not text.strip():
        raise table.error("text", "is empty")
    check = _entry(table, "check") if table.has("check") else ""
    table.done()
    return Invariant(text, check)


def _example(table: Table) -> Example:
    arguments = _json_field(table, "arguments", {})
    if not isinstance(arguments, dict):
        raise table.error("arguments", "expected a table")
    raises = table.text("raises", "", longest=200)
    if raises and not _ERROR_NAME.match(raises):
        raise table.error("raises", f"{raises[:80]!r} is not the name of an error")
    result = _json_field(table, "result", None)
    if raises and (table.has("result") or table.has("result_json")):
        raise table.error("raises", "an example gives a result or raises, not both")
    files = _example_files(table)
    table.done()
    return Example(arguments, result, raises, files)


def _json_field(table: Table, field: str, default: Json) -> Json:
    """Take a value as TOML, or as JSON text in `<field>_json`: TOML has no null."""
    as_text = f"{field}_json"
    if not table.has(as_text):
        return canonical.normalise(table.raw(field)) if table.has(field) else default
    if table.has(field):
        raise table.error(as_text, f"says {field} a second time")
    try:
        return canonical.parse(table.text(as_text, longest=toml.MAX_BYTES))
    except CanonicalError as error:
        raise table.error(as_text, str(error), hint=error.hint) from error


def _example_files(table: Table) -> dict[str, str]:
    inner = table.table("files")
    raw = table.object("files") if table.has("files") else {}
    files = {name: inner.text(name, longest=200) for name in raw}
    for name in files:
        if not _is_identifier(name):
            raise inner.error(name[:80], "is not the name of an argument")
    return files


def _check_whole(spec: ToolSpec, tool: Table) -> None:
    if len(spec.advertised_name) > MAX_NAME:
        long = len(spec.advertised_name)
        raise tool.error("name", f"advertised with {long} characters, at most {MAX_NAME} may be")
    if spec.effects.writes and spec.idempotency is None:
        raise SpecError(
            f"a {spec.effects.kind} tool needs [idempotency]",
            place="idempotency",
            hint='Name the arguments that name the operation: key = ["…"].',
        )


def _idempotency_json(said: Idempotency | None) -> JsonObject | None:
    return None if said is None else {"key": [*said.key], "may_grow": [*said.may_grow]}


def _example_json(example: Example) -> JsonObject:
    files: JsonObject = dict(example.files)
    said: JsonObject = {"arguments": canonical.normalise(example.arguments), "files": files}
    if example.raises:
        return {**said, "raises": example.raises}
    return {**said, "result": canonical.normalise(example.result)}


def _example_toml(example: Example) -> JsonObject:
    whole = _example_json(example)
    said = _shorter(whole)
    for field in ("arguments", "result"):
        # An empty result says something, so it goes back in; null is what is left out.
        value = whole.get(field)
        said.pop(field, None)
        if value is not None and _needs_json(value):
            said[f"{field}_json"] = json.dumps(value, ensure_ascii=False)
        elif value is not None:
            said[field] = value
    order = ("arguments", "arguments_json", "files", "result", "result_json", "raises")
    return {name: said[name] for name in order if name in said}


def _needs_json(value: Json, room: int = 5) -> bool:
    """Tell whether TOML cannot hold a value: a null in it, or deeper than our reader goes."""
    if isinstance(value, dict):
        return room == 0 or any(_needs_json(item, room - 1) for item in value.values())
    if isinstance(value, list):
        return room == 0 or any(_needs_json(item, room - 1) for item in value)
    return value is None
