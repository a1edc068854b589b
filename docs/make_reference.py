"""Write docs/reference.md and the help in README.md from the code: `make docs`.

Tests hold the committed pages against it.

What only a person can say (what a variable is for, what an exit code means) stands here in a
table, and the script refuses to run when the code knows a name that the table does not.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, cast, get_args

import typer.main
from fastapi.routing import APIRoute
from typer.core import TyperGroup

import toolvet
from toolvet.cli import exits
from toolvet.cli.app import app
from toolvet.errors import ToolvetError
from toolvet.http import routers
from toolvet.http.errors import status_of
from toolvet.mcp import results
from toolvet.mcp.finding import FINDING_TOOLS
from toolvet.mcp.offer import PLATFORM_TOOLS
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import ACTS, FACTS, Verb
from toolvet_reviews.policy import CHECKS, CRITERIA, PRESET_NAMES, parse_policy
from toolvet_reviews.presets import PRESETS
from toolvet_reviews.values import EFFECT_KINDS

PAGE = Path(__file__).with_name("reference.md")
README = PAGE.parents[1] / "README.md"
SOURCES = Path(toolvet.__file__).parent
OURS = ("toolvet_reviews", "toolvet", "toolvet_tui", "toolvet_jupyter")

HEAD = """\
# Reference

Settings, exit codes, commands, MCP tools, HTTP routes, rules, events and error codes, taken from
the code by [`make_reference.py`](make_reference.py) (`make docs`). Do not edit this page.

What a bundle may say is in [bundle.md](bundle.md), how an agent submits one in
[agents.md](agents.md), what the walls promise in [security.md](security.md).
"""

SETTINGS = {
    "TOOLVET_HOME": (
        "`$XDG_DATA_HOME/toolvet`, else `~/.local/share/toolvet`",
        "The home: database, log key, policy, scanner, socket of the local service.",
    ),
    "TOOLVET_CONFIG": (
        "`$XDG_CONFIG_HOME/toolvet`, else `~/.config/toolvet`",
        "Your own folder: sealed keys, and the last checkpoint seen of each service.",
    ),
    "TOOLVET_DATABASE": (
        "SQLite in the home",
        "Another database, such as `postgresql://user@host/name`. Read by the service.",
    ),
    "TOOLVET_WHEELS": (
        "no folder",
        "A folder of wheels that packages of tools are built from before any index is asked. "
        "Read by the service and by `toolvet verify`.",
    ),
    "TOOLVET_SECRET_KEY_FILE": (
        "`secret.key` in the home",
        "The key that seals secrets: 64 hexadecimal digits, mode 600. Read by the service.",
    ),
    "TOOLVET_URL": (
        "the local service, started when needed",
        "A service elsewhere, such as `https://toolvet.example.com`. Read by every other command.",
    ),
    "TOOLVET_TOKEN": (
        "the token in the home",
        "Bearer token to speak with. The one in the home stands for an agent: submit and read.",
    ),
    "TOOLVET_TUI_THEME": (
        "`dark`",
        "Colours of the terminal app: `dark`, `light`, `ansi`, or a Textual theme.",
    ),
    "TOOLVET_TUI_QUICK_KEYS": (
        "`on`",
        "`off`: what acts on a single letter in the terminal app asks for Alt with it.",
    ),
    "TOOLVET_TUI_MOUSE": ("`on`", "`off`: the terminal app leaves the mouse to the terminal."),
    "TOOLVET_WEBHOOK": (
        "none",
        "Where changes of turn are posted, signed: `https://…`, or `http://` on loopback.",
    ),
    "TOOLVET_TOKEN_FILE": (
        "none",
        "A file with a bearer token that only you can read; what `toolvet connect` writes. "
        "`TOOLVET_TOKEN` stands over it.",
    ),
}
EXITS = {
    0: "Yes: it was done, it holds, the verdict is `passed`.",
    exits.NO: "The answer is no: a verdict, a refusal, something that does not hold.",
    exits.USAGE: "The words on the command line do not go together.",
    exits.BROKEN: "The service, the home or the database is not reachable or broken.",
    130: "Interrupted from the keyboard.",
}
META = {
    "KEY": "In a request: the caller's idempotency key. In an answer: the operation's key digest.",
    "CALL": "Id of the call, as the log has it.",
    "RELEASE": "Release digest of what is listed or ran.",
    "VERSION": "Its version.",
    "KIND": "Effect kind, of a listed tool.",
    "CHANNEL": "Channel a listed tool is served on.",
    "STATUS": "`succeeded`, `incomplete`, `failed`, `refused` or `in_progress`.",
    "REPLAYED": "True when the stored result of an earlier call was given, and nothing ran.",
    "INDEX": "Log index that a list was made at.",
    "REVIEWED": "False for the answer of a draft, which nobody has approved; else true.",
    "REVISION": "Revision digest of the draft that ran.",
    "ERROR": "Why it was refused: code, message, hint, and `retry_after_s` where waiting helps.",
}
CALL_CODES = {
    "call.timed_out": "The call ran into its wall time.",
    "call.output_limit": "More was printed or returned than the limits allow.",
    "call.died": "The process ended without a result.",
    "call.refused": "The walls did not come up, so nothing ran.",
    "call.result": "The result does not fit the output schema: the tool is wrong.",
    "tool.raised": "The tool raised an error that is no `ToolError` with a code of its own.",
}
HTTP_CODES = {
    "request.invalid": "A body, query or path that does not fit the API.",
    "http.not_found": "No such route.",
    "http.method": "The route knows no such method.",
    "http.too_large": "More bytes than any request needs.",
    "http.refused": "Anything else the framework refused.",
    "internal": "A mistake of the service; its log has the reason.",
}
REPORTERS = {
    "VoidError": (0, 1),
    "say": (0, 1),
    "Problem": (0, 2),
    "_ill": (3, 1),
    "NotServed": (2, 3),
}
"""Who names a code that `audit verify` or `doctor` prints: which arguments are code and message."""
ROWS = {
    "row.differs": "A row of the tables does not say what the log says; the log stays in force."
}
NOT_IMPORTED = ("confined", "inside", "attempts", "cases", "migrations", "__main__")
"""Programs for the sandbox, bundles of tests, and scripts: no error class of ours lies there."""

_CODE = re.compile(r"[a-z_]+\.[a-z_]+")
_HELP = re.compile(r"<!-- toolvet --help -->\n```\n.*?\n```\n", re.DOTALL)


class UndocumentedError(Exception):
    """The code knows a name that this script has no words for."""


def reference() -> str:
    """Write the whole page."""
    parts = (
        settings(),
        exit_codes(),
        commands(),
        mcp_tools(),
        http_routes(),
        policies(),
        rules(),
        events(),
        errors(),
        other_codes(),
    )
    return "\n".join((HEAD, *parts))


def settings() -> str:
    """Describe the environment variables."""
    readers = (import_module("toolvet.config"), import_module("toolvet_tui.options"))
    source = "".join(map(inspect.getsource, readers))
    complete("setting", SETTINGS, re.findall(r'"(TOOLVET_[A-Z_]+)"', source))
    rows = [(f"`{name}`", default, what) for name, (default, what) in SETTINGS.items()]
    words = "Read once, at the start of a command or of the service. There is no settings file.\n\n"
    return "## Settings\n\n" + words + table(("variable", "default", "what it is"), rows)


def exit_codes() -> str:
    """Describe the exit codes."""
    numbers = [value for name, value in vars(exits).items() if name.isupper()]
    complete("exit code", EXITS, [value for value in numbers if isinstance(value, int)])
    rows = [(str(code), what) for code, what in EXITS.items()]
    words = (
        "\nData goes to stdout, words to people to stderr. With `--json` the answer is one JSON"
        '\ndocument; an error is `{"error": {"code", "message", "hint", "retry_after_s"}}`.\n'
    )
    return "## Exit codes\n\n" + table(("code", "meaning"), rows) + words


def commands() -> str:
    """Describe every command, one line each."""
    root = typer.main.get_command(app)
    rows = [(f"`{usage}`", what) for usage, what in sorted_commands(root, "toolvet")]
    words = "Every command but `serve`, `mcp` and `audit export` also takes `--json`.\n\n"
    return "## Commands\n\n" + words + table(("command", "what it does"), rows)


def sorted_commands(command: object, path: str) -> Iterator[tuple[str, str]]:
    """Walk a command and those below it, in the order of the help."""
    if isinstance(command, TyperGroup):
        below = cast("dict[str, object]", command.commands)
        for name, one in below.items():
            yield from sorted_commands(one, f"{path} {name}")
        return
    known = cast("Any", command)
    yield " ".join([path, *map(parameter, shown(known.params))]), " ".join(str(known.help).split())


def shown(parameters: Iterable[Any]) -> list[Any]:
    """Leave out what every command has; arguments come first."""
    kept = [one for one in parameters if one.name not in ("help", "as_json")]
    return sorted(kept, key=lambda one: one.param_type_name != "argument")


def parameter(one: Any) -> str:
    """Write one argument or option as in a usage line."""
    word = one.metavar or "|".join(choices(one.type_descriptor.annotation)) or one.name.upper()
    if one.param_type_name == "argument":
        return word if one.required else f"[{word}]"
    text = one.opts[0] if one.is_flag else f"{one.opts[0]} {word}"
    return text if one.required else f"[{text}]"


def choices(annotation: object) -> list[str]:
    """Find the words an option may take; empty when it takes any."""
    texts = [word for word in get_args(annotation) if isinstance(word, str)]
    return texts or [word for inner in get_args(annotation) for word in choices(inner)]


def mcp_tools() -> str:
    """Describe what the platform itself offers on MCP."""
    everybody = ", ".join(f"`{name}`" for name in FINDING_TOOLS)
    parts = [
        "## MCP tools\n\n"
        f"Listed at `/mcp` beside the published tools one was granted: {everybody} to\n"
        "everybody, the others to principals with the role `author`. A published tool's list\n"
        "entry is what was approved, byte for byte.\n"
    ]
    for tool in PLATFORM_TOOLS.values():
        properties = cast("dict[str, dict[str, Any]]", tool.input_schema["properties"])
        required = cast("list[str]", tool.input_schema["required"])
        rows = [
            (f"`{name}`", type_of(what), "yes" if name in required else "", words_of(what))
            for name, what in properties.items()
        ]
        parts.append(f"### `{tool.name}`\n\n{tool.description}\n")
        parts.append(table(("argument", "type", "required", ""), rows))
    complete("key of _meta", META, [name for name in vars(results) if is_meta(name)])
    rows = [(f"`{getattr(results, name)}`", what) for name, what in META.items()]
    parts.append("### Keys in `_meta`\n\n" + table(("key", "meaning"), rows))
    return "\n".join(parts)


def type_of(schema: dict[str, Any]) -> str:
    """Name the type of a property."""
    inner = schema.get("additionalProperties") or schema.get("items")
    of = f" of {inner['type']}" if isinstance(inner, dict) else ""
    return f"{schema['type']}{of}"


def words_of(schema: dict[str, Any]) -> str:
    """Say what a property means, and what it is when left out."""
    words = str(schema.get("description", ""))
    return f"{words} Default: {json.dumps(schema['default'])}." if "default" in schema else words


def is_meta(name: str) -> bool:
    """Tell whether a name of `toolvet.mcp.results` is a key of `_meta`."""
    value = getattr(results, name)
    return name.isupper() and isinstance(value, str) and value.startswith(f"{results.PREFIX}/")


def http_routes() -> str:
    """List the routes of the HTTP API."""
    rows: list[tuple[str, str]] = []
    for module in modules(routers):
        for name in ("public", "router"):
            prefix = "/api/v1" if name == "router" else ""
            for route in getattr(getattr(module, name, None), "routes", ()):
                if isinstance(route, APIRoute):
                    method = ", ".join(sorted(route.methods or ()))
                    words = first_line(route.endpoint)
                    rows.append((f"`{method} {prefix}{route.path}`", words))
    words = (
        "`GET /api/v1/openapi.json` describes every body. An error is\n"
        '`{"error": {"code", "message", "hint", "retry_after_s", "place"}}`.\n\n'
    )
    return "## HTTP API\n\n" + words + table(("route", "what it does"), rows)


def policies() -> str:
    """Describe the presets: who decides about what."""
    rows: list[tuple[str, ...]] = []
    for name in PRESET_NAMES:
        votes = parse_policy(PRESETS[name]).votes
        cells = [
            f"{votes[kind].people}, sponsor {'counts' if votes[kind].sponsor_counts else 'does not'}"
            for kind in EFFECT_KINDS
        ]
        rows.append((f"`{name}`", *cells))
    words = (
        "Approvals a release needs, by effect kind. `toolvet policy show` prints the policy in\n"
        "force, `toolvet policy apply FILE` puts another in force, signed.\n\n"
    )
    lines = (
        f"\nChecks: {listed(CHECKS)}.\n\nRubric: {listed(CRITERIA)}.\n"
        "`toolvet queue` shows it as six marks in this order: `+` met, `-` unmet, `?` unknown.\n"
    )
    return "## Policy presets\n\n" + words + table(("preset", *EFFECT_KINDS), rows) + lines


def rules() -> str:
    """List our own rules for the scanner."""
    rows: list[tuple[str, ...]] = []
    for path in sorted((SOURCES / "checks" / "rules").glob("*.json")):
        for rule in json.loads(path.read_text(encoding="utf-8"))["rules"]:
            meta = rule["metadata"]
            severity = str(rule["severity"]).lower()
            cwe = str(meta.get("cwe", ""))
            rows.append((f"`semgrep.{rule['id']}`", severity, cwe, rule["message"], meta["fix"]))
    words = "Ours, beside what ruff and mypy find. An error stops a revision.\n\n"
    return (
        "## Rules of the scanner\n\n"
        + words
        + table(("rule", "severity", "CWE", "finding", "what to do"), sorted(rows))
    )


def events() -> str:
    """List what the log can say."""
    rows = [
        (f"`{verb}`", "yes" if verb in ACTS else "", listed(sorted(FACTS[verb]))) for verb in Verb
    ]
    words = (
        "What the audit log can say, as `subject:action`. *Signed*: the entry carries an act of a\n"
        "person. *Facts*: what an entry may hold beside its header, for ever; names, texts,\n"
        "arguments and results lie beside the log and can be erased.\n\n"
    )
    unused = [verb for verb in Verb if verb.name not in written()]
    later = f"\nReserved, and not written by this release: {listed(unused)}.\n" if unused else ""
    return "## Events\n\n" + words + table(("verb", "signed", "facts"), rows) + later


def written() -> set[str]:
    """Find the verbs that the service writes, by the name of their constant."""
    sources = (*(SOURCES / "engine").glob("*.py"), *(SOURCES / "wiring").glob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in sources]
    return {name for text in texts for name in re.findall(r"\bVerb\.([A-Z_]+)", text)}


def errors() -> str:
    """List every error class with its code."""
    by_code: dict[str, list[type[ReviewError] | type[ToolvetError]]] = {}
    for kind in sorted(known_errors(), key=lambda one: (one.code, one.__name__)):
        by_code.setdefault(kind.code, []).append(kind)
    rows = [
        (
            f"`{code}`",
            status(kinds[0]),
            joined(map(first_line, kinds)),
            joined(k.hint for k in kinds),
        )
        for code, kinds in by_code.items()
        if code != ToolvetError.code  # what a face learned from the service, with a code from there
    ]
    words = (
        "A code is for programs and never changes; the message is for people and may. Where the\n"
        "hint is empty it depends on the case, and the answer itself has it.\n\n"
    )
    headers = ("code", "HTTP", "meaning", "hint")
    return "## Error codes\n\n" + words + table(headers, rows)


def joined(texts: Iterable[str]) -> str:
    """Join different texts, each once."""
    return " ".join(dict.fromkeys(text for text in texts if text))


def status(kind: type[ReviewError] | type[ToolvetError]) -> str:
    """Say what the HTTP API answers with."""
    return str(status_of(kind.__new__(kind)))


def known_errors() -> list[type[ReviewError] | type[ToolvetError]]:
    """Find every error class of ours but the two roots."""
    for package in map(import_module, OURS):
        for _ in modules(package):
            pass
    roots: list[type[ReviewError] | type[ToolvetError]] = [ReviewError, ToolvetError]
    found: list[type[ReviewError] | type[ToolvetError]] = []
    while roots:
        below = roots.pop().__subclasses__()
        ours = [one for one in below if one.__module__.partition(".")[0] in OURS]
        found += ours
        roots += ours
    return found


def other_codes() -> str:
    """List the codes that belong to no error class."""
    classes = {kind.code for kind in known_errors()}
    in_calls = strings(SOURCES / "engine" / "call.py", re.compile(r"(call|tool)\.[a-z_]+"))
    complete("code of a call", CALL_CODES, in_calls - classes)
    calls = [(f"`{code}`", what) for code, what in CALL_CODES.items()]
    http = [(f"`{code}`", what) for code, what in HTTP_CODES.items()]
    faults = [(f"`{code}`", what) for code, what in sorted(reported().items())]
    return (
        "## Codes of calls\n\nA call that was answered, though not with a result.\n\n"
        + table(("code", "meaning"), calls)
        + "\n## Codes of HTTP\n\nBeside the error codes above.\n\n"
        + table(("code", "meaning"), http)
        + "\n## What `audit verify` and `doctor` report\n\n"
        + "An entry that does not count, or something that is not what the log says. `…` stands\n"
        + "for what was found.\n\n"
        + table(("code", "what is said"), faults)
    )


def reported() -> dict[str, str]:
    """Find what verification and doctor say, by code: the first words of each in the source."""
    found = dict(ROWS)
    engine = [SOURCES / "engine" / name for name in ("catalogue.py", "doctor.py")]
    faces = [SOURCES / "cli" / "round_trip.py"]
    for path in (*sorted((SOURCES / "audit").glob("*.py")), *engine, *faces):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            code, words = report(node)
            if code:
                found[code] = max(found.get(code, ""), words, key=len)
    return found


def report(node: ast.AST) -> tuple[str, str]:
    """Read a code and what is said with it from a call; both empty when it is no report."""
    if not isinstance(node, ast.Call) or called(node) not in REPORTERS:
        return "", ""
    places = REPORTERS[called(node)]
    code, words = (literal(node.args[at]) if at < len(node.args) else "" for at in places)
    return (code, words or "…") if _CODE.fullmatch(code) else ("", "")


def called(node: ast.Call) -> str:
    """Name the function that is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def literal(node: ast.expr) -> str:
    """Read a text from the source; what is filled in becomes `…`."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) or "…" for part in node.values)
    return ""


def strings(path: Path, pattern: re.Pattern[str]) -> set[str]:
    """Find the texts in a source file that match."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = (literal(node) for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in found if pattern.fullmatch(text)}


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Import every module of a package that is meant to be imported."""
    for found in walk_packages(package.__path__, f"{package.__name__}."):
        if not set(found.name.split(".")).intersection(NOT_IMPORTED):
            yield import_module(found.name)


def complete(what: str, documented: Iterable[object], there: Iterable[object]) -> None:
    """Refuse to go on when the code knows something that the tables here do not.

    Raises:
        UndocumentedError: Words are missing.
    """
    missing = set(there).difference(documented)
    if missing:
        names = ", ".join(sorted(map(str, missing)))
        raise UndocumentedError(f"docs/make_reference.py has no words for {what} {names}")


def first_line(documented: object) -> str:
    """Give the first paragraph of a docstring as one line."""
    return " ".join((inspect.getdoc(documented) or "").split("\n\n", 1)[0].split())


def listed(names: Iterable[str]) -> str:
    """List names as code."""
    return ", ".join(f"`{name}`" for name in names)


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table in Markdown."""
    lines = [f"| {' | '.join(headers)} |", f"|{'---|' * len(headers)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def readme(text: str) -> str:
    """Put the help as it is now into the text of the README."""
    block = f"<!-- toolvet --help -->\n```\n{shown_help().strip()}\n```\n"
    return _HELP.sub(lambda _: block, text)


def shown_help(*command: str) -> str:
    """Give the help of a command, as a terminal of 80 columns shows it."""
    words = [*command, "--help"]
    with redirect_stdout(StringIO()) as said:
        app(words, prog_name="toolvet", terminal_width=78, standalone_mode=False)
    return said.getvalue()


def main() -> int:
    """Write the pages."""
    PAGE.write_text(reference(), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} and the help in {README.name} are written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
