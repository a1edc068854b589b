"""How well a tool documents itself, and whether that is true. Runs confined; stdlib only.

First what is documented and not there, or there and not documented. Then how well the words serve
whoever has to choose the tool and fill in a call, with a better wording where a rule can give one.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
_Function = ast.FunctionDef | ast.AsyncFunctionDef

MAX_TEXT = 20_000
LONG_DESCRIPTION = 3000
"""Characters; every session that lists the tool pays for them."""
LONG_PARAMETER = 500
_ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "and",
        "or",
        "for",
        "is",
        "are",
        "be",
        "it",
        "this",
        "that",
        "with",
        "from",
        "by",
        "at",
        "as",
        "on",
        "not",
        "each",
        "one",
        "all",
        "who",
    ]
)
_VAGUE = frozenset(
    [
        "process",
        "processes",
        "handle",
        "handles",
        "manage",
        "manages",
        "do",
        "does",
        "perform",
        "performs",
        "helper",
        "utility",
        "various",
        "stuff",
        "things",
        "misc",
        "data",
        "work",
        "works",
        "run",
        "runs",
        "execute",
        "executes",
        "tool",
        "function",
        "operation",
    ]
)
_UNITS: tuple[tuple[str, str, str], ...] = (
    (r"timeout|delay|interval|duration|ttl|latency|elapsed|wait|backoff|max_age", "seconds",
     r"second|\bms\b|milli|minute|hour|day|week|month|_s\b|iso.?8601|\bs\b"),
    (r"memory|file_size|max_size|quota|bandwidth|payload_size", "bytes", r"byte|\b[kmgt]i?b\b|character|row|line|item|entr"),
    (r"price|amount|salary|budget|fee|revenue|balance|subtotal|cost|mrr|arr", "cents of which currency",
     r"cent|euro|\beur\b|dollar|\busd\b|pound|\bgbp\b|currenc|\$|€|minor unit|major unit|unit"),
    (r"rate|ratio|percent|percentage|discount|tax|vat|margin|share|confidence|probability", "percent, or a fraction from 0 to 1",
     r"percent|%|fraction|between|from 0|0 to|0\.|0-1|0 and|basis point|per |probab|second|day|month|year|number|count|score|ratio|degree|times|currenc|unit"),
    (r"distance|width|height|depth|radius|altitude|elevation", "metres", r"met(?:re|er)|\bkm\b|\bm\b|mile|feet|inch|pixel|\bpx\b|\bcm\b|\bmm\b|character|column|row|level|unit"),
    (r"weight|mass", "kilograms", r"\bkg\b|gram|pound|\blb|tonne|relative|share|fraction|factor|unit|between|score"),
    (r"temperature", "degrees Celsius", r"celsius|fahrenheit|kelvin|°|degree|sampling|unit"),
    (r"speed|velocity", "metres per second", r"per |/|km|mph|knot|unit"),
)  # fmt: skip
"""Stems of names of numbers, the unit that is usual, and what says one."""


class Place(NamedTuple):
    """Where in the files a text stands."""

    path: str
    line: int


def inspect(said: dict[str, Json], files: dict[str, str]) -> dict[str, Json]:
    """Hold the words of a tool against its code.

    Args:
        said: `name`, `summary`, `description` (the docstring), `kind`, `hosts`, `store`, `writes_files`,
            `parameters` (name to JSON schema), `entry` (path and function), `groups` (effects that the
            code reaches, as `effects` names them).
        files: Path to text of the Python files, and tool.toml.

    Returns:
        `findings`: rule, path, line, detail, better; `not_looked_at`.
    """
    tool = _Tool(said, files)
    return {"findings": cast("list[Json]", [*tool.documented(), *tool.quality()])}


class _Tool:
    """The words of a tool, and what its code says."""

    def __init__(self, said: dict[str, Json], files: dict[str, str]) -> None:
        self.said, self.files = said, files
        self.name, self.kind = str(said.get("name", "")), str(said.get("kind", "pure"))
        self.summary = str(said.get("summary", ""))
        self.doc = str(said.get("description", ""))[:MAX_TEXT]
        parameters = said.get("parameters")
        self.parameters = parameters if isinstance(parameters, dict) else {}
        self.path, _, self.function = str(said.get("entry", "")).partition(":")
        self.trees = _parsed(files)
        self.node = _entry(self.trees.get(self.path), self.function)
        self.sections = _sections(self.node, files.get(self.path, ""))
        self.body = self.doc[: _args_start(self.doc)]
        self.words = f"{self.summary} {self.body}"

    def place_of(self, text: str) -> Place:
        """Find where a text stands: in the specification, else in the entry's file."""
        wanted = " ".join(text.split())[:60]
        first = text.strip().split("\n")[0].strip()[:40]
        for path in ("tool.toml", self.path):
            for number, line in enumerate(self.files.get(path, "").split("\n"), 1):
                is_here = first and (first in line or wanted in " ".join(line.split()))
                if is_here and (path != self.path or self._is_in_docs(number)):
                    return Place(path, number)
        return Place(self.path, self.node.lineno if self.node else 0)

    def _is_in_docs(self, line: int) -> bool:
        doc = self.node.body[0] if self.node and self.node.body else None
        return doc is None or (doc.lineno <= line <= (doc.end_lineno or doc.lineno))

    def found(self, rule: str, detail: str, place: Place, better: str = "") -> dict[str, Json]:
        """Write a finding."""
        return {
            "rule": rule, "detail": detail[:200], "path": place.path, "line": place.line,
            "better": better[:300],
        }  # fmt: skip

    # --- what is documented ---

    def documented(self) -> Iterator[dict[str, Json]]:
        """Parameters and errors that are documented and not there, or there and not documented."""
        if self.node is None:
            return
        args = self.node.args
        names = {arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
        names |= {arg.arg for arg in (args.vararg, args.kwarg) if arg is not None}
        for name, (_, line) in self.sections["args"].items():
            if name.lstrip("*") not in names:
                known = ", ".join(sorted(names - {"ctx"})) or "none"
                yield self.found(
                    "no-such-parameter", f"{name}; there is: {known}", Place(self.path, line)
                )
        raised, defined, imported = _raised(self.trees), _classes(self.trees), _imported(self.trees)
        documented = self.sections["raises"]
        for name, (_, line) in documented.items():
            short = name.rpartition(".")[2]
            if short not in defined | imported and not hasattr(builtins, short) and "." not in name:
                yield self.found("no-such-error", name, Place(self.path, line))
            elif (
                short in defined
                and short not in raised
                and not _has_heirs(self.trees, short, raised)
            ):
                yield self.found("never-raised", name, Place(self.path, line))
        shown = {name.rpartition(".")[2] for name in documented}
        for name, (path, line) in sorted(raised.items()):
            if (
                name in defined
                and not name.startswith("_")
                and name not in shown
                and not (_ancestors(self.trees, name) & shown)
            ):
                better = f"Raises:\n    {name}: …"
                yield self.found("undocumented-error", name, Place(path, line), better)

    # --- quality ---

    def quality(self) -> Iterator[dict[str, Json]]:
        """How well the words serve whoever has to choose the tool and fill in a call."""
        yield from self._about_summary()
        for name, schema in self.parameters.items():
            yield from self._about_parameter(name, schema if isinstance(schema, dict) else {})
        if len(self.doc) > LONG_DESCRIPTION:
            yield self.found(
                "long-description", f"{len(self.doc)} characters", self.place_of(self.body)
            )
        if (
            self.node is not None
            and not self.sections["returns"]
            and not _returns_nothing(self.node)
        ):
            better = "Returns:\n    What the result holds, and in which order."
            yield self.found(
                "no-returns", self.function, Place(self.path, self.node.lineno), better
            )
        more = self.body.replace(self.summary, "").strip()
        if len(self.parameters) > 3 and len(more.split()) < 8:
            better = "Use it to …; not for …, which … does."
            yield self.found("no-when", self.name, self.place_of(self.summary), better)
        for match in re.finditer(
            r"\b(?:TODO|FIXME|XXX|TBD|lorem ipsum)\b", self.doc + self.summary
        ):
            yield self.found("unfinished", match.group(), self.place_of(match.group()))

    def _about_summary(self) -> Iterator[dict[str, Json]]:
        place = self.place_of(self.summary)
        words = re.findall(r"[a-z]+", self.summary.lower())
        meaning = [word for word in words if word not in _ENGLISH | _VAGUE]
        if set(words) - _ENGLISH <= set(re.split(r"[_\W]+", self.name.lower())):
            yield self.found("summary-is-name", self.summary, place)
        elif len(words) < 3 or len(meaning) < 2:
            better = "Say with a verb what it does to what, and what comes out."
            yield self.found("vague-summary", self.summary, place, better)

    def _about_parameter(self, name: str, schema: dict[str, Json]) -> Iterator[dict[str, Json]]:
        text, line = self.sections["args"].get(name, ("", 0))
        text = text or str(schema.get("description") or "")
        place = Place(self.path, line or _argument_line(self.node, name))
        if not text.strip():
            yield self.found("no-parameter-doc", name, place, f"Args:\n    {name}: …")
            return
        if len(text.split()) < 2 or text.strip(". ").lower().replace(" ", "_") == name.lower():
            yield self.found("short-parameter-doc", f"{name}: {text}", place)
        if len(text) > LONG_PARAMETER:
            yield self.found("long-parameter-doc", f"{name}: {len(text)} characters", place)
        if _is_number(schema) and (unit := _missing_unit(name, text)) and not _has_unit(schema):
            yield self.found("no-unit", name, place, f"{name}: In {unit}: {text}")


# --- reading code ---------------------------------------------------------------------------------


def _parsed(files: dict[str, str]) -> dict[str, ast.Module]:
    trees: dict[str, ast.Module] = {}
    for path, text in files.items():
        is_test = path.startswith(("tests/", "test_"))
        if path.endswith(".py") and not is_test:
            try:
                trees[path] = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return trees


def _entry(tree: ast.Module | None, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in tree.body if tree else []:
        if isinstance(node, _Function) and node.name == name:
            return node
    return None


def _sections(node: ast.AST | None, source: str) -> dict[str, dict[str, tuple[str, int]]]:
    """Entries of the docstring's sections: name to text and line."""
    found: dict[str, dict[str, tuple[str, int]]] = {"args": {}, "raises": {}, "returns": {}}
    doc = node.body[0] if isinstance(node, _Function) and node.body else None
    if not (isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)):
        return found
    titles = {"args": "args", "arguments": "args", "parameters": "args", "raises": "raises"}
    lines = source.split("\n")[doc.lineno - 1 : doc.end_lineno]
    section, title_indent, item_indent, name = "", 0, 0, ""
    for number, line in enumerate(lines, doc.lineno):
        stripped, indent = line.strip(), len(line) - len(line.lstrip())
        head = re.fullmatch(r"(\w+):", stripped)
        if head and (not section or indent <= title_indent):
            word = head.group(1).lower()
            section = titles.get(
                word, "returns" if word in {"returns", "yields", "return"} else "other"
            )
            title_indent, item_indent, name = indent, 0, ""
            continue
        if not stripped or section in {"", "other"}:
            continue
        if indent <= title_indent:
            section = ""
            continue
        if section == "returns":
            found["returns"].setdefault("", (stripped, number))
            continue
        item_indent = item_indent or indent
        item = re.match(r"(\*{0,2}[\w.]+)(?:\s*\([^)]*\))?\s*:\s*(.*)", stripped)
        if indent == item_indent and item:
            name = item.group(1)
            found[section][name] = (item.group(2).rstrip('"'), number)
        elif name:
            text, first = found[section][name]
            found[section][name] = (f"{text} {stripped}", first)
    return found


def _args_start(doc: str) -> int:
    match = re.search(r"^\s*(?:Args|Arguments|Parameters|Raises):\s*$", doc, re.MULTILINE)
    return match.start() if match else len(doc)


def _raised(trees: dict[str, ast.Module]) -> dict[str, tuple[str, int]]:
    """Names that are raised, or handed out to be: every call of an error's class counts."""
    found: dict[str, tuple[str, int]] = {}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            target: ast.AST | None = None
            if isinstance(node, ast.Raise) and node.exc is not None:
                target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            elif isinstance(node, ast.Call):
                target = node.func
            name = (
                target.attr
                if isinstance(target, ast.Attribute)
                else target.id
                if isinstance(target, ast.Name)
                else ""
            )
            if name and (isinstance(node, ast.Raise) or name.endswith(("Error", "Exception"))):
                found.setdefault(name, (path, getattr(node, "lineno", 0)))
    return found


def _classes(trees: dict[str, ast.Module]) -> set[str]:
    return {
        n.name for tree in trees.values() for n in ast.walk(tree) if isinstance(n, ast.ClassDef)
    }


def _bases(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    return {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }


def _ancestors(trees: dict[str, ast.Module], name: str) -> set[str]:
    bases, found, waiting = _bases(trees), set[str](), [name]
    while waiting:
        for base in bases.get(waiting.pop(), set()) - found:
            found.add(base)
            waiting.append(base)
    return found


def _has_heirs(trees: dict[str, ast.Module], name: str, raised: dict[str, tuple[str, int]]) -> bool:
    return any(name in _ancestors(trees, other) for other in raised)


def _imported(trees: dict[str, ast.Module]) -> set[str]:
    return {
        alias.asname or alias.name
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _argument_line(node: ast.AST | None, name: str) -> int:
    if isinstance(node, _Function):
        for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if arg.arg == name:
                return arg.lineno
        return node.lineno
    return 0


def _returns_nothing(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return isinstance(node.returns, ast.Constant) and node.returns.value is None


# --- words ----------------------------------------------------------------------------------------


def _is_number(schema: dict[str, Json]) -> bool:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    some = schema.get("anyOf")
    inner = some if isinstance(some, list) else []
    return bool({"integer", "number"} & {k for k in kinds if isinstance(k, str)}) or any(
        isinstance(item, dict) and _is_number(item) for item in inner
    )


def _has_unit(schema: dict[str, Json]) -> bool:
    return any("unit" in key.lower() for key in schema)


def _missing_unit(name: str, text: str) -> str:
    """The unit that somebody has to guess; empty when name or words say it."""
    words = f"{name.replace('_', ' ')} {text}".lower()
    for stems, unit, saying in _UNITS:
        if re.search(rf"(?:^|_)(?:{stems})$", name, re.IGNORECASE):
            return (
                ""
                if re.search(saying, words.replace(name.lower().replace("_", " "), "", 1))
                else unit
            )
    return ""
