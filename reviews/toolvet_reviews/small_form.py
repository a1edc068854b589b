"""The small form: one typed file becomes the canonical bundle that is digested and shown. Pure.

Metadata is read as text (PEP 723's `# /// script` block); the file's outline was made in a confined
child, because parsing hostile Python is not done here. What the author left out has one default.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from toolvet_reviews import canonical, docstrings, spec, toml
from toolvet_reviews.bundle import Files
from toolvet_reviews.errors import MissingFieldError, SpecError
from toolvet_reviews.fields import Table
from toolvet_reviews.intake import SPEC_FILE, shadows
from toolvet_reviews.values import Json, JsonObject

_BLOCK_START = "# /// "
_BLOCK_END = "# ///"
_SECTIONS = (
    "effects", "idempotency", "retry", "limits", "cost", "rollback", "invariants", "examples",
)  # fmt: skip
_MAX_DEPTH = toml.MAX_DEPTH + 2
"""Everything lies two tables deeper than in tool.toml."""


class OutlineError(SpecError):
    """An outline that is not what our own confined parser writes."""

    code = "spec.outline"


@dataclass(frozen=True)
class FunctionOutline:
    """A top-level function of a file."""

    name: str
    lineno: int
    end_lineno: int
    doc: str
    is_async: bool
    params: tuple[str, ...]
    annotated: bool
    """Whether every parameter and the result has a type."""

    @property
    def is_public(self) -> bool:
        """Tell whether it may be an entry."""
        return not self.name.startswith("_")


@dataclass(frozen=True)
class Outline:
    """What a file holds at its top level."""

    functions: tuple[FunctionOutline, ...] = ()
    classes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    has_main_guard: bool = False


def metadata(source: str) -> JsonObject:
    """Read the `[tool.toolvet]` table of a file's `# /// script` block.

    Returns:
        The table; empty when there is no block, or none of ours in it.

    Raises:
        SpecError: Two blocks, a block that never ends, TOML that cannot be read, or dependencies.

    Source: https://packaging.python.org/en/latest/specifications/inline-script-metadata/
    """
    text = _script_block(source)
    if text is None:
        return {}
    top = Table(toml.loads(text, SpecError, max_depth=_MAX_DEPTH), "script")
    _check_plain(top)
    # Other tools' tables are theirs; only ours is read.
    tools = top.object("tool") if top.has("tool") else {}
    top.done()
    ours = tools.get("toolvet", {})
    if not isinstance(ours, dict):
        raise SpecError("[tool.toolvet] is not a table", place="tool.toolvet")
    return ours


def outline_from_json(value: Json) -> Outline:
    """Read an outline that came out of the confined child; it saw hostile text.

    Raises:
        OutlineError: It is not an outline.
    """
    table = Table(value, "outline", OutlineError)
    outline = Outline(
        functions=table.each("functions", _function, most=5000),
        classes=_names(table, "classes"),
        imports=_names(table, "imports"),
        has_main_guard=table.boolean("has_main_guard", default=False),
    )
    table.done()
    return outline


def to_bundle_files(
    source: str,
    outline: Outline,
    examples: Sequence[JsonObject],
    *,
    filename: str | None = None,
    toolset: str | None = None,
) -> Files:
    """Write the canonical bundle of one file: `tool.toml` and the module, byte for byte.

    Args:
        source: Text of the file.
        outline: What it holds.
        examples: In the form of `[[examples]]`; added to those in the metadata.
        filename: As it was handed in; only to name the file in errors.
        toolset: Used when the metadata names none.

    Raises:
        SpecError: Metadata, outline and defaults do not make a specification.
    """
    said = Table(metadata(source), "tool.toolvet")
    function = _entry_function(said, outline, filename)
    tool: JsonObject = {
        "name": said.text("name", function.name),
        "toolset": said.text("toolset", toolset or "default"),
        "summary": said.text("summary", _summary(function)),
    }
    module = _module_name(str(tool["name"]))
    tool["entry"] = f"{module}:{function.name}"
    whole: JsonObject = {"tool": tool}
    for section in _SECTIONS:
        if said.has(section):
            whole[section] = cast("Json", said.raw(section))
    _take_kind(said, whole)
    said.done()
    _add_examples(whole, examples)
    parsed = spec.spec_from_json(canonical.normalise(whole))
    return {SPEC_FILE: spec.spec_to_toml(parsed).encode(), f"{module}.py": source.encode()}


def _script_block(source: str) -> str | None:
    """Find the one `script` block, in one pass; a regular expression could be made to crawl."""
    lines = iter([line.removesuffix("\r") for line in source.split("\n")])
    found = [_block(lines) for line in lines if line.rstrip() == f"{_BLOCK_START}script"]
    if len(found) > 1:
        raise SpecError("the file has two script blocks", place="script")
    return found[0] if found else None


def _block(lines: Iterable[str]) -> str:
    content: list[str] = []
    for line in lines:
        if line.rstrip() == _BLOCK_END:
            return "\n".join(content)
        if line != "#" and not line.startswith("# "):
            break
        content.append(line[2:])
    raise SpecError(f"the script block has no closing {_BLOCK_END!r}", place="script")


def _check_plain(top: Table) -> None:
    """Refuse dependencies: a single file needs the standard library and the SDK only."""
    if top.texts("dependencies"):
        raise top.error(
            "dependencies",
            "a single file has none",
            hint="Use a folder with tool.toml and a hash lock for a tool with dependencies.",
        )
    top.text("requires-python", "")


def _function(table: Table) -> FunctionOutline:
    function = FunctionOutline(
        name=table.text("name", longest=1000),
        lineno=table.integer("line"),
        end_lineno=table.integer("end_line", 0),
        doc=table.text("doc", longest=2**20),
        is_async=table.boolean("is_async"),
        params=_names(table, "params"),
        annotated=table.boolean("annotated"),
    )
    table.done()
    return function


def _names(table: Table, field: str) -> tuple[str, ...]:
    value = table.raw(field)
    if not isinstance(value, list):
        raise table.error(field, "expected a list")
    return tuple(str(item) for item in cast("list[object]", value))


def _entry_function(said: Table, outline: Outline, filename: str | None) -> FunctionOutline:
    public = [function for function in outline.functions if function.is_public]
    wanted = said.text("entry", "").rpartition(":")[2]
    chosen = [function for function in public if wanted in ("", function.name)]
    unique = {function.name: function for function in chosen}
    if len(unique) == 1:
        return chosen[-1]
    place = PurePosixPath(filename).name if filename else "the file"
    if wanted:
        raise MissingFieldError(f"{place} has no public function {wanted[:80]!r}", place="entry")
    names = ", ".join(list(unique)[:8]) or "none"
    raise MissingFieldError(
        f"expected one public function in {place}, found {names}",
        place="entry",
        hint="Begin helpers with an underscore, or name the entry in [tool.toolvet].",
    )


def _summary(function: FunctionOutline) -> str:
    text = docstrings.summary(function.doc)
    if not text:
        raise MissingFieldError(
            f"{function.name} has no docstring",
            place="summary",
            hint="Its first line becomes the summary that callers read.",
        )
    return text if len(text) <= spec.MAX_SUMMARY else f"{text[: spec.MAX_SUMMARY - 1]}…"


def _module_name(name: str) -> str:
    """Name the module after the tool, out of the way of what it would hide."""
    return f"{name}_tool" if shadows(name) else name


def _take_kind(said: Table, whole: JsonObject) -> None:
    """Allow `kind` beside the name, where it is all there is to say about effects."""
    if not said.has("kind"):
        return
    effects = whole.get("effects", {})
    if not isinstance(effects, dict) or "kind" in effects:
        raise said.error("kind", "is said in effects, too")
    whole["effects"] = {"kind": cast("Json", said.raw("kind")), **effects}


def _add_examples(whole: JsonObject, examples: Sequence[JsonObject]) -> None:
    if examples:
        before = whole.get("examples", [])
        listed = before if isinstance(before, list) else [before]
        whole["examples"] = [*listed, *examples]
