"""What lies beside a file in the inbox: the verdict on it, and what its author does next. Pure.

The file is written for a program that reads nothing else. It decides nothing: whoever changes it
changes what they read themselves.
"""

from dataclasses import dataclass

from toolvet.errors import ToolvetError
from toolvet_reviews import canonical, catalogue
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, ProposalView
from toolvet_reviews.words import visible

SCHEMA = "toolvet/inbox-verdict/v1"
ENDING = ".verdict.json"
LARGEST = 1024 * 1024
"""Bytes of a verdict that is read back."""
_MOST_FINDINGS = 200
_AGAIN = "To have it looked at again as it is, remove this verdict."


@dataclass(frozen=True)
class Earlier:
    """What a verdict file said before the service started."""

    input: str
    verdict: str
    proposal: str
    state: str


def read(data: bytes | None) -> Earlier | None:
    """Read a verdict that an earlier run wrote; None when it is none of ours."""
    try:
        said = canonical.parse_object(data or b"", max_bytes=LARGEST)
    except ReviewError:
        return None
    if said.get("schema") != SCHEMA:
        return None
    return Earlier(
        *(str(said.get(name) or "") for name in ("input", "verdict", "proposal", "state"))
    )


def pending(name: str, given: Digest | str, error: ReviewError | ToolvetError | None) -> bytes:
    """Say that something was seen and is being looked at, or has to wait, and why."""
    now = "Wait: this file is replaced as soon as there is a verdict."
    return _write(_head(name, given, "pending") | {"next": now, **_error(error)})


def refused(name: str, given: Digest | str, error: ReviewError | ToolvetError) -> bytes:
    """Say why nothing was submitted."""
    hint = f"{error.hint} " if error.hint else ""
    now = f"Nothing was submitted. {hint}Then move it in again. {_AGAIN}"
    return _write(_head(name, given, "refused") | {"next": now, **_error(error)})


def of(name: str, given: Digest | str, view: ProposalView) -> bytes:
    """Say where the proposal stands that a file became."""
    advertised = view.tool if view.toolset == "default" else f"{view.toolset}__{view.tool}"
    checks: list[Json] = [
        {"check": one.check, "status": one.status, "summary": visible(one.summary)}
        for one in view.evidence
    ]
    findings: list[Json] = [_finding(one, found) for one in view.evidence for found in one.findings]
    body: JsonObject = {
        "tool": advertised,
        "proposal": view.id,
        "state": view.state,
        "turn": view.turn,
        "revision": view.revision,
        "revision_digest": view.revision_digest,
        "release_digest": view.release_digest,
        "reason": visible(view.reason),
        "people_needed": view.people_needed,
        "checks": checks,
        "findings": findings[:_MOST_FINDINGS],
        "findings_left_out": max(0, len(findings) - _MOST_FINDINGS),
        "awaiting": list[Json](view.awaiting),
        "retry_after_s": view.retry_after_s,
        "comments": _comments(view),
        "needs": [
            {"kind": one.kind, "name": one.name, "why": one.why, "command": one.command}
            for one in view.needs
        ],
        "next": _next(view, advertised),
    }
    return _write(_head(name, given, view.verdict) | body)


def _head(name: str, given: Digest | str, verdict: str) -> JsonObject:
    return {"schema": SCHEMA, "name": visible_name(name), "input": given, "verdict": verdict}


def visible_name(name: str) -> str:
    """Write a file name so that any JSON reader takes it."""
    return visible(name.encode("utf-8", "backslashreplace").decode("utf-8"))


def _error(error: ReviewError | ToolvetError | None) -> JsonObject:
    if error is None:
        return {}
    place = error.place if isinstance(error, ReviewError) else ""
    said = {"code": error.code, "message": str(error), "hint": error.hint, "place": place}
    return {"error": {key: visible_name(text) for key, text in said.items()}}


def _finding(check: EvidenceView, found: FindingView) -> JsonObject:
    return {
        "check": check.check,
        "category": found.category,
        "severity": found.severity,
        "rule": found.rule,
        "message": visible(found.message),
        "path": found.path,
        "line": found.line,
        "fix": visible(found.fix),
    }


def _comments(view: ProposalView) -> list[Json]:
    return [
        {
            "author": visible(comment.author),
            "text": visible(comment.text),
            "time": comment.time,
            "path": visible(comment.path),
            "line": comment.line,
        }
        for comment in view.comments
    ]


def _next(view: ProposalView, advertised: str) -> str:
    match view.state:
        case "verifying":
            return "Wait: the checks are running, and this file is replaced when they are done."
        case "changes_wanted":
            return (
                "Correct what findings, checks and comments say, and move the corrected file or "
                f"folder here under the same name: it becomes the next revision of {view.id}."
            )
        case "reviewing":
            return (
                f"Wait: the checks passed and people decide now. This file says how.{_needed(view)}"
            )
        case "published":
            found = f"callers with leave to call it find it as {advertised}"
            return f"It is published: {found}.{_needed(view)}"
        case "rejected" | "withdrawn":
            return f"It is {view.state}. Something else is submitted as a new proposal."
        case "stale":
            return "What it is based on changed: bring it up to date and move it in again."


def _needed(view: ProposalView) -> str:
    return " It runs once an operator did what `needs` says." if view.needs else ""


def _write(value: JsonObject) -> bytes:
    return catalogue.readable(value)
