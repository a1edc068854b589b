"""What every call holds, of a release or of a draft: its arguments fit, and so does its answer."""

import re
from dataclasses import replace

import jsonschema_rs

from toolvet.errors import ArgumentsError
from toolvet.sandbox import Outcome
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import CallStatus, CallView

_CODE = re.compile(r"[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){0,2}")
"""A tool's own code, as far as it may stand in the log."""
_WRONG_TOOL = "The tool is wrong; its author has to revise it."
_BATCH = {"sent", "skipped", "failed", "uncertain", "retry"}
_CODES = {
    "timed_out": (
        "call.timed_out",
        "Ask for less at once, or have the limit raised by a revision.",
    ),
    "output_limit": ("call.output_limit", "Return a File for large results."),
    "died": ("call.died", "The process ended without a result; the operator finds it in the log."),
    "refused": ("call.refused", "`toolvet doctor` says why."),
}


def fit(check: jsonschema_rs.Draft202012Validator, name: str, arguments: Json) -> JsonObject:
    """Hold arguments against a tool's input schema.

    Args:
        check: The compiled schema.
        name: Of the tool, for the hint.
        arguments: Canonical JSON.

    Raises:
        ArgumentsError: They do not fit; the message has the place.
    """
    hint = f"Fit the arguments to the input schema of {name}."
    if not isinstance(arguments, dict):
        raise ArgumentsError("arguments are a JSON object", hint=hint)
    error = next(check.iter_errors(arguments), None)
    if error is not None:
        place = "/".join(str(part) for part in error.instance_path)
        raise ArgumentsError(f"{place or 'arguments'}: {error.message[:500]}", hint=hint)
    return arguments


def conclude(
    view: CallView, outcome: Outcome, check: jsonschema_rs.Draft202012Validator
) -> CallView:
    """Turn what the sandbox saw into the answer.

    Args:
        view: The answer so far: ids, time and log.
        outcome: A claim of untrusted code, within the caps of the sandbox.
        check: The compiled output schema.
    """
    if outcome.status == "raised" and outcome.error is not None:
        message = f"{outcome.error.type}: {outcome.error.message}"
        code = outcome.error.code if _CODE.fullmatch(outcome.error.code) else "tool.raised"
        hint = _WRONG_TOOL if code.startswith("result.") else ""
        return replace(view, code=code, message=message, hint=hint)
    if outcome.status != "returned":
        code, hint = _CODES[outcome.status]
        why = outcome.error.message if outcome.error else outcome.status.replace("_", " ")
        return replace(view, code=code, message=why, hint=hint)
    wrong = next(check.iter_errors(outcome.value), None)
    if wrong is not None:
        return replace(
            view,
            code="call.result",
            message=f"the result does not fit the output schema: {wrong.message[:300]}",
            hint=_WRONG_TOOL,
        )
    status: CallStatus = "incomplete" if _is_incomplete(outcome.value) else "succeeded"
    return replace(view, status=status, result=outcome.value)


def _is_incomplete(value: Json) -> bool:
    """Tell whether a `BatchResult` leaves something to do; what failed for good does not."""
    if not isinstance(value, dict) or not value.keys() >= _BATCH:
        return False
    return any(value[name] for name in ("uncertain", "retry"))
