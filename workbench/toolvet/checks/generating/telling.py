"""The findings of generated arguments, in words."""

from toolvet.checks.base import snippet
from toolvet.checks.generating.judging import Wrong, cure, told
from toolvet.checks.generating.promises import Promise
from toolvet.sandbox import Raised
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Finding
from toolvet_reviews.values import JsonObject
from toolvet_reviews.words import one_line

_LONGEST = 800
_WHY = {
    "crash": "The schema accepts these arguments, so a caller may give them; what comes out is an accident.",
    "refusal": "The schema accepts these arguments, and neither it nor the docstring says that the tool does not.",
    "schema": "Callers and their programs rely on the output schema.",
    "limit": "The schema accepts these arguments, so one call with them costs all that a call may use.",
}


def shown(arguments: JsonObject) -> str:
    """Write arguments on one harmless line."""
    return one_line(canonical.dumps(arguments).decode(), 300) if arguments else "no arguments"


def of_wrong(bundle: Bundle, wrong: Wrong, arguments: JsonObject, often: str) -> Finding:
    """Tell what is wrong with a run, on the line that is to blame."""
    place = wrong.path if wrong.path in bundle.files else ""
    line = wrong.line if place else 0
    return Finding(
        f"properties.{wrong.kind}", wrong.severity,
        f"The tool {wrong.said} on {shown(arguments)}{often}."[:_LONGEST], place, line, line,
        snippet(bundle, place, line), category="properties", why=_WHY[wrong.kind],
        fix=cure(wrong, arguments),
    )  # fmt: skip


def of_refusals(many: int, first: Raised | None) -> Finding:
    """Tell that a tool refused everything."""
    why = f", such as {told(first)}" if first else ""
    return Finding(
        "properties.nothing-accepted", "warning",
        f"None of {many} sets of arguments that the schema accepts gave a result{why}.", "tool.toml",
        category="properties",
        why="A caller has only the schema to go by, and it promises more than the code takes.",
        fix="Say in the annotations what is taken: Pattern, Ge, Le, MinLen, Literal.",
    )  # fmt: skip


def of_difference(both: tuple[str, str], arguments: JsonObject, *, is_pure: bool) -> Finding:
    """Tell that equal arguments gave different answers."""
    first, again = both
    why = "A pure tool gives the same for the same: callers keep its answers."
    return Finding(
        "properties.repeat", "error" if is_pure else "warning",
        f"The tool gave {first} and then {again} for equal arguments, such as {shown(arguments)}."[:_LONGEST],
        "tool.toml", category="idempotency",
        why=why if is_pure else "Nothing that it reads had changed.",
        fix="Take time and seeds as arguments; sort what has no order, sets above all.",
    )  # fmt: skip


def of_promise(promise: Promise, arguments: JsonObject) -> Finding:
    """Tell that an invariant does not hold."""
    text = one_line(promise.invariant.text, 300)
    return Finding(
        "properties.invariant", "error",
        f"“{text}” does not hold for {shown(arguments)}: {promise.why}."[:_LONGEST], "tool.toml",
        category="invariant",
        why="It is promised in tool.toml, and people lean on it when they approve.",
        fix="Correct the code, the promise, or the function that checks it: "
        "def check(arguments, result) -> bool.",
    )  # fmt: skip
