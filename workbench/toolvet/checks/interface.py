"""The check `interface`: the typed entry function against what tool.toml says of it.

The function is imported and described inside the sandbox; its schemas are claims until they
compile here, on an engine without backtracking.
"""

from dataclasses import dataclass

from toolvet.checks.base import RUN, Check, CheckContext, Inputs, conclude, snippet, unknown
from toolvet.checks.environment import environment_in, holding, is_settled
from toolvet.checks.errors import SchemaError
from toolvet.checks.patterns import explodes, patterns_of
from toolvet.checks.schemas import compile_schema, problems
from toolvet.errors import KNOWN
from toolvet.sandbox import Image, Outcome, Raised
from toolvet_reviews import canonical, digests
from toolvet_reviews.bundle import Bundle, Example
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json, JsonObject

NAME = "interface"
MAX_RAISES = 64
_FIXES = {
    "missing_entry": 'Name what is there: `entry = "module:function"` under [tool] in tool.toml.',
    "untyped": "Annotate every parameter and the result.",
    "import_failed": "The module must import, without doing anything but define.",
}


@dataclass(frozen=True)
class Interface:
    """What a tool takes and gives, as derived from its entry function."""

    name: str
    description: str
    input_schema: JsonObject
    output_schema: JsonObject
    takes_context: bool
    raises: tuple[str, ...]

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the arguments a caller may give."""
        properties = self.input_schema.get("properties")
        return frozenset(properties) if isinstance(properties, dict) else frozenset()

    def to_json(self) -> JsonObject:
        """Write it as the evidence of this check carries it."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": self.input_schema,
            "output_schema": self.output_schema,
            "takes_context": self.takes_context,
            "raises": [*self.raises],
        }


def read_interface(value: Json) -> Interface | None:
    """Read what a sandbox or stored evidence says; None when it is not an interface."""
    if not isinstance(value, dict):
        return None
    name, description = value.get("name"), value.get("description")
    taken, given = value.get("input_schema"), value.get("output_schema")
    raises, context = value.get("raises"), value.get("takes_context")
    if not (isinstance(name, str) and isinstance(description, str) and isinstance(context, bool)):
        return None
    if not (isinstance(taken, dict) and isinstance(given, dict) and isinstance(raises, list)):
        return None
    names = tuple(item for item in raises[:MAX_RAISES] if isinstance(item, str))
    return Interface(name, description, taken, given, context, names)


def interface_of(evidence: Evidence | None) -> Interface | None:
    """The interface that evidence of this check found; None unless it may be relied on."""
    if evidence is None or evidence.status not in {"passed", "warned"}:
        return None
    return read_interface(evidence.measurements.get("interface"))


def tool_image(bundle: Bundle, context: CheckContext) -> Image:
    """The bundle as an image of the sandbox."""
    return Image(
        context.folder,
        bundle.spec.entry,
        digest=bundle.digest,
        environment=environment_in(context),
        prepare=holding(context),
    )


async def run(context: CheckContext) -> Evidence:
    """Describe the entry function inside the sandbox, and hold it against the specification."""
    if not is_settled(context.bundle, context.earlier.get("environment")):
        return unknown(NAME, "not run: the packages are not there")
    outcome = await context.pool.describe(tool_image(context.bundle, context), context.limits)
    found = read_interface(outcome.value) if outcome.status == "returned" else None
    if found is None:
        return conclude(
            NAME, [_undescribed(context, outcome)], raw=outcome.output, tier=outcome.tier
        )
    findings = [*_schema_findings(found), *_spec_findings(context.bundle, found)]
    if not any(finding.severity == "error" for finding in findings):
        findings += _example_findings(context.bundle, found)
    return conclude(
        NAME,
        findings,
        measurements={"interface": found.to_json()},
        tools={"python": context.tools.versions["python"]},
        raw=outcome.output,
        tier=outcome.tier,
        nothing=f"{context.bundle.spec.entry} is fully typed and fits tool.toml",
    )


CHECK = Check(
    NAME, run, Inputs("all", ("python", "platform"), runs=True, spec=RUN), needs=("environment",)
)


def error(rule: str, message: str, *, fix: str = "", place: str = "tool.toml") -> Finding:
    """Make an error of this check."""
    return Finding(
        f"{NAME}.{rule}", "error", message[:500], place, category="interface", fix=fix,
        why="Callers get the schema that is derived here, and nothing else.",
    )  # fmt: skip


def _undescribed(context: CheckContext, outcome: Outcome) -> Finding:
    path = context.bundle.spec.entry.partition(":")[0].replace(".", "/") + ".py"
    said = outcome.error
    if outcome.status == "raised" and said is not None:
        code = said.code.removeprefix("interface.")
        rule = code if code.replace("_", "").isalpha() else "import_failed"
        place, line = (said.path, said.line) if said.path else (path, 0)
        return Finding(
            f"{NAME}.{rule}", "error", _said(said)[:500], place, line, line,
            snippet(context.bundle, place, line), category="interface",
            why="Without a described entry function there is nothing to publish.",
            fix=said.hint or _FIXES.get(rule, _FIXES["import_failed"]),
        )  # fmt: skip
    messages = {
        "timed_out": ("import_timeout", "Importing the module did not end in time."),
        "died": ("import_died", "Importing the module ended its process."),
        "output_limit": ("import_output", "Importing the module printed more than is allowed."),
    }
    rule, message = messages.get(outcome.status, ("undescribed", "The entry was not described."))
    return error(rule, message, place=path, fix="Do nothing at import time but define.")


def _said(fault: Raised) -> str:
    """Name the exception only when it is the author's own, or one they ran into."""
    if fault.code.startswith(f"{NAME}.") and fault.message:
        return fault.message
    return f"{fault.type}: {fault.message}"


def _schema_findings(found: Interface) -> list[Finding]:
    problems_found: list[Finding] = []
    for name, schema in (("input", found.input_schema), ("output", found.output_schema)):
        try:
            canonical.normalise(schema)
            compile_schema(schema)
        except (SchemaError, CanonicalError) as problem:
            fix = "Patterns may not use look-around or back-references."
            problems_found.append(error("schema", f"{name} schema: {problem}", place="", fix=fix))
            continue
        problems_found += [
            error(
                "pattern", f"{name} schema: the pattern {pattern!r} repeats a repetition",
                place="", fix="Let each repetition begin or end with something it does not repeat.",
            )
            for pattern in patterns_of(schema)
            if explodes(pattern)
        ]  # fmt: skip
    return problems_found


def _spec_findings(bundle: Bundle, found: Interface) -> list[Finding]:
    spec = bundle.spec
    findings: list[Finding] = []
    if spec.idempotency:
        named = [("key", name) for name in spec.idempotency.key]
        named += [("may_grow", name) for name in spec.idempotency.may_grow]
        known = ", ".join(sorted(found.parameters)) or "none"
        findings += [
            error(
                "idempotency", f"idempotency.{field} names {name}, which is no parameter",
                fix=f"Parameters are: {known}.",
            )
            for field, name in named
            if name not in found.parameters
        ]  # fmt: skip
    findings += [
        error("retry", f"retry.on names {name}, which the function does not raise",
              fix="Name it under Raises: in the docstring, or define it.")
        for name in spec.retry.on
        if name not in found.raises and not _defines(bundle, name)
    ]  # fmt: skip
    if spec.effects.writes and not found.takes_context:
        findings.append(
            Finding(
                f"{NAME}.no-context", "warning", "A tool that writes takes no ctx: Context.",
                "tool.toml", category="interface", why="Nothing it does can be seen or made once.",
                fix="Add a parameter `ctx: Context` and log, store and guard with it.",
            )
        )  # fmt: skip
    return findings


def _defines(bundle: Bundle, name: str) -> bool:
    wanted = f"class {name}".encode()
    return any(wanted in data for path, data in bundle.files.items() if path.endswith(".py"))


def _example_findings(bundle: Bundle, found: Interface) -> list[Finding]:
    takes, gives = compile_schema(found.input_schema), compile_schema(found.output_schema)
    findings: list[Finding] = []
    for number, example in enumerate(bundle.spec.examples, 1):
        try:
            arguments = example_arguments(bundle, example)
        except KNOWN as problem:
            findings.append(error("example", f"example {number}: {problem}"))
            continue
        said = [f"arguments{text}" for text in problems(takes, arguments)]
        if not example.raises:
            said += [f"result{text}" for text in problems(gives, _result(example))]
        findings += [
            error("example", f"example {number} does not fit the schema: {text}",
                  fix="Change the example or the types of the function.")
            for text in said
        ]  # fmt: skip
    return findings


def _result(example: Example) -> Json:
    return canonical.normalise(example.result)


def example_arguments(bundle: Bundle, example: Example) -> JsonObject:
    """The arguments of an example, each `File` replaced by a reference to bytes of the bundle.

    Raises:
        CanonicalError: They are not canonical JSON, or name a file that the bundle does not hold.
    """
    arguments = canonical.normalise(example.arguments)
    if not isinstance(arguments, dict):
        raise CanonicalError("the arguments are not an object")
    for name, path in example.files.items():
        data = bundle.files.get(path)
        if data is None:
            raise CanonicalError(f"{path} is not in the bundle", place=path)
        arguments[name] = {
            "name": path.rpartition("/")[2],
            "size": len(data),
            "digest": digests.sha256(data),
        }
    return arguments
