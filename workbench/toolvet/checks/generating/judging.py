"""What is wrong with one run on arguments that the schema accepts, if anything is.

The line that is drawn, from the outside in:

- an error that the docstring names, or a `ToolError`: the tool said no, as it may;
- an error that says "no" in the language's own words (`ValueError` and its kin, what a `raise` of the
  tool's own raises, an exception of its own): a warning, since callers were not told;
- anything else that comes out is an accident: `IndexError`, `KeyError`, `ZeroDivisionError`. On
  arguments that anybody might give it is an error; on extreme ones a warning;
- whatever comes of magnitude alone (overflow, integers that JSON does not hold) is a warning.
"""

import builtins
from dataclasses import dataclass

import jsonschema_rs

from toolvet.checks.base import snippet
from toolvet.checks.generating.rounds import Ran
from toolvet.checks.interface import Interface
from toolvet.checks.schemas import problems
from toolvet.sandbox import Outcome, Raised
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.cases import is_ordinary
from toolvet_reviews.findings import Severity
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import one_line

_ENDS = {
    "timed_out": "did not end in time",
    "output_limit": "printed more than is allowed",
    "died": "ended its process without an answer",
    "refused": "gave an answer that is not acceptable JSON",
}
_OF_MAGNITUDE = frozenset({"OverflowError", "MemoryError", "FloatOperation", "Overflow"})
_ACCIDENTS = frozenset({"DivisionByZero", "DivisionUndefined", "DivisionImpossible"})
"""Of the standard library, beside Python's own."""
_TOO_LARGE = ("2^53", "is no JSON number", "Exceeds the limit")
DECLARE = "or name the error under Raises: in the docstring"


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a run."""

    kind: str
    """`crash`, `refusal`, `schema`, `limit`."""
    severity: Severity
    said: str
    """What it did, to be put behind "The tool …"."""
    fault: Raised | None = None

    @property
    def path(self) -> str:
        """The file of the line that is to blame, or empty."""
        return self.fault.path if self.fault else ""

    @property
    def line(self) -> int:
        """The line that is to blame, or 0."""
        return self.fault.line if self.fault else 0

    @property
    def name(self) -> tuple[str, str, str, int]:
        """What makes two of them the same one."""
        return self.kind, self.fault.type if self.fault else self.said[:40], self.path, self.line


@dataclass(frozen=True)
class Judge:
    """Judges runs of one tool."""

    bundle: Bundle
    interface: Interface
    output: jsonschema_rs.Draft202012Validator

    def wrong_with(self, ran: Ran) -> Wrong | None:
        """Say what is wrong with a run; None when nothing is, or it says nothing."""
        outcome = ran.outcome
        if ran.is_cut or (ran.is_astray and outcome.status != "returned"):
            return None
        if outcome.status == "returned":
            return self._wrong_result(outcome.value)
        if outcome.status == "raised" and outcome.error is not None:
            return self._wrong_error(outcome.error, ran.arguments)
        return _wrong_end(outcome, ran.arguments)

    def _wrong_result(self, value: Json) -> Wrong | None:
        fits = problems(self.output, value, most=1)
        if not fits:
            return None
        return Wrong("schema", "error", f"gave a result that does not fit its schema: {fits[0]}")

    def _wrong_error(self, fault: Raised, arguments: JsonObject) -> Wrong | None:
        if self._is_declared(fault):
            return None
        text = f"raised {told(fault)}"
        if fault.code.startswith("result.") or fault.type == "ResultError":
            grew = any(word in fault.message for word in _TOO_LARGE)
            return Wrong(
                "schema", "warning" if grew else "error", f"gave no result: {told(fault)}", fault
            )
        if fault.code:
            return (
                None  # a ToolError, or what the host said of one: it was refused, and with a code
            )
        if fault.type in _OF_MAGNITUDE:
            return Wrong("crash", "warning", text, fault)
        if self._says_no(fault, arguments):
            return Wrong("refusal", "warning", text, fault)
        return Wrong("crash", "error" if is_ordinary(arguments) else "warning", text, fault)

    def _is_declared(self, fault: Raised) -> bool:
        names = {name.rpartition(".")[2] for name in self.interface.raises}
        return fault.type in names or (fault.code != "" and fault.code in names)

    def _says_no(self, fault: Raised, arguments: JsonObject) -> bool:
        """Tell whether an error reads as a refusal, and not as an accident."""
        if fault.type in _ACCIDENTS:
            return False
        kind = getattr(builtins, fault.type, None)
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            return True  # an exception of somebody's own: there is no other way to it than `raise`
        if issubclass(kind, ValueError | OSError | NotImplementedError) or kind is LookupError:
            return True
        if fault.type == "KeyError" and self._is_known_name(fault.message, arguments):
            return True
        return self._is_raised_there(fault)

    def _is_known_name(self, message: str, arguments: JsonObject) -> bool:
        """Tell whether a missing key is no surprise.

        It is a text of the caller's, which the error repeats, or a key that an example shows.
        """
        shown = [canonical.normalise(example.arguments) for example in self.bundle.spec.examples]
        return _is_given(message, arguments) or any(_is_key(message, one) for one in shown)

    def _is_raised_there(self, fault: Raised) -> bool:
        """Tell whether the line itself is a `raise`; a claim, and one that only earns a warning."""
        line = snippet(self.bundle, fault.path, fault.line).lstrip()
        return line.startswith(("raise ", "assert "))


def _is_given(message: str, value: Json) -> bool:
    """Tell whether the key that is missing is a text of the arguments."""
    if isinstance(value, str):
        return bool(value) and ascii(value).casefold() == ascii(_unquoted(message)).casefold()
    if isinstance(value, list):
        return any(_is_given(message, item) for item in value)
    return isinstance(value, dict) and any(_is_given(message, item) for item in value.values())


def _is_key(message: str, value: Json) -> bool:
    if isinstance(value, list):
        return any(_is_key(message, item) for item in value)
    return isinstance(value, dict) and (
        _unquoted(message) in value or any(_is_key(message, item) for item in value.values())
    )


def _unquoted(message: str) -> str:
    return message[1:-1] if message[:1] in "'\"" and message[-1:] == message[:1] else message


def _wrong_end(outcome: Outcome, arguments: JsonObject) -> Wrong:
    severity: Severity = "error" if is_ordinary(arguments) else "warning"
    said = _ENDS.get(outcome.status, outcome.status)
    if outcome.status != "refused":
        return Wrong("limit", severity, said)
    why = outcome.error.message if outcome.error is not None else ""
    grew = any(word in why for word in ("2^53", "too large", "larger"))
    text = f"{said} ({one_line(why, 120)})" if why else said
    return Wrong("schema", "warning" if grew else severity, text)


def told(fault: Raised) -> str:
    """Name an error as it was said, harmless."""
    return one_line(f"{fault.type}: {fault.message}" if fault.message else fault.type, 240)


def cure(wrong: Wrong, arguments: JsonObject) -> str:
    """Say what to do about it, as narrow as the smallest arguments allow."""
    if wrong.kind == "schema":
        return "Let the result fit its annotation for every input, or bound the input that makes it grow."
    if wrong.kind == "limit":
        return "Bound the input in its annotation (MaxLen, Le), or do the work in fewer steps."
    if wrong.kind == "refusal":
        return f"Name {wrong.fault.type if wrong.fault else 'it'} under Raises: in the docstring, or raise a ToolError."
    bound = _bound(wrong.fault.type if wrong.fault else "", arguments)
    return f"{bound}handle it, raise a ToolError, {DECLARE}."


def _bound(kind: str, arguments: JsonObject) -> str:
    for name, value in arguments.items():
        if value in ("", [], {}) and kind in _OF_NOTHING:
            return f"If {name} may not be empty, annotate it with MinLen(1); else "
        if value == 0 and not isinstance(value, bool) and kind in _OF_ZERO:
            return f"If {name} may not be 0, annotate it with Gt(0) or Ge(1); else "
        if isinstance(value, int | float) and value < 0 and kind in _OF_NOTHING:
            return f"If {name} may not be negative, annotate it with Ge(0); else "
    if kind == "KeyError":
        return "If an object must have a key, let a dataclass or TypedDict say so; else "
    return "Either "


_OF_ZERO = frozenset({"ZeroDivisionError", "DivisionByZero", "DivisionUndefined"})
_OF_NOTHING = _OF_ZERO | {"IndexError", "StopIteration", "TypeError", "AttributeError"}
