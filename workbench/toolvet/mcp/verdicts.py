"""What an author is told of a proposal: verdict, where it hurts, and what to do next. Pure; no I/O."""

from toolvet_reviews.review_views import Anchor, ChangeRequests
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, ProposalView

_TEXT: JsonObject = {"type": "string"}
_FINDING: JsonObject = {
    "type": "object",
    "properties": {
        "check": _TEXT,
        "category": _TEXT,
        "severity": _TEXT,
        "rule": _TEXT,
        "message": _TEXT,
        "path": _TEXT,
        "line": {"type": "integer"},
        "fix": _TEXT,
    },
    "required": ["check", "category", "severity", "message"],
}
_CHECK: JsonObject = {
    "type": "object",
    "properties": {"check": _TEXT, "status": _TEXT, "summary": _TEXT},
    "required": ["check", "status", "summary"],
}
_COMMENT: JsonObject = {
    "type": "object",
    "properties": {
        "author": _TEXT,
        "text": _TEXT,
        "time": _TEXT,
        "path": _TEXT,
        "line": {"type": "integer"},
    },
    "required": ["author", "text", "time"],
}
_PLACE: JsonObject = {
    "type": "object",
    "properties": {
        "kind": _TEXT,
        "path": _TEXT,
        "line": {"type": "integer"},
        "end_line": {"type": "integer"},
        "name": _TEXT,
    },
    "required": ["kind"],
}
_REQUEST: JsonObject = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "What an answer of toolvet_revise names."},
        "kind": _TEXT,
        "category": _TEXT,
        "place": _PLACE,
        "words": _TEXT,
        "satisfied_by": _TEXT,
        "blocking": {"type": "boolean", "description": "It is not published before this is met."},
        "suggestion": {
            "type": ["string", "null"],
            "description": "Lines to put in place of those of `place`.",
        },
        "answer": {"type": "string", "description": "What you answered last."},
    },
    "required": ["id", "kind", "category", "place", "words", "satisfied_by", "blocking"],
}
_NEED: JsonObject = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["secret", "mount"]},
        "name": _TEXT,
        "why": _TEXT,
        "command": {"type": "string", "description": "What an operator types."},
    },
    "required": ["kind", "name", "why", "command"],
}
_FIELDS: JsonObject = {
    "proposal": {"type": "string", "description": "Its number, such as P-12."},
    "tool": _TEXT,
    "state": _TEXT,
    "turn": {
        "type": "string",
        "description": "Who moves next: machine, author, reviewers, nobody.",
    },
    "verdict": {
        "type": "string",
        "enum": ["pending", "passed", "needs_secret", "failed"],
        "description": "needs_secret: it passed, and runs once an operator did what `needs` says.",
    },
    "revision": {"type": "integer"},
    "revision_digest": _TEXT,
    "release_digest": {"type": ["string", "null"]},
    "next": {"type": "string", "description": "What to do now."},
    "reason": {"type": "string", "description": "Why it came back or was closed."},
    "people_needed": {"type": "integer"},
    "checks": {"type": "array", "items": _CHECK},
    "findings": {"type": "array", "items": _FINDING},
    "awaiting": {
        "type": "array",
        "items": _TEXT,
        "description": "Checks that have not answered yet, while it is being verified.",
    },
    "retry_after_s": {
        "type": ["number", "null"],
        "description": "Remarks are held back (verify.limited); look again after so many seconds.",
    },
    "comments": {"type": "array", "items": _COMMENT},
    "change_requests": {
        "type": "array",
        "items": _REQUEST,
        "description": "What you are asked to settle, with the place in your newest revision.",
    },
    "needs": {"type": "array", "items": _NEED},
}
OUTPUT_SCHEMA: JsonObject = {
    "type": "object",
    "properties": _FIELDS,
    "required": ["proposal", "tool", "state", "turn", "verdict", "revision", "next"],
}
"""Of every tool that answers with a proposal."""


def verdict(view: ProposalView, asked: ChangeRequests | None = None) -> JsonObject:
    """Render a proposal for the agent that wrote it.

    Args:
        view: The proposal as the agent sees it.
        asked: What it is asked to settle.
    """
    name = view.tool if view.toolset == "default" else f"{view.toolset}__{view.tool}"
    findings: list[Json] = [
        _finding(check, found) for check in view.evidence for found in check.findings
    ]
    checks: list[Json] = [
        {"check": check.check, "status": check.status, "summary": check.summary}
        for check in view.evidence
    ]
    return {
        "proposal": view.id,
        "tool": name,
        "state": view.state,
        "turn": view.turn,
        "verdict": view.verdict,
        "revision": view.revision,
        "revision_digest": view.revision_digest,
        "release_digest": view.release_digest,
        "next": _next(view, name),
        "reason": view.reason,
        "people_needed": view.people_needed,
        "checks": checks,
        "findings": findings,
        "awaiting": list[Json](view.awaiting),
        "retry_after_s": view.retry_after_s,
        "comments": _comments(view),
        "change_requests": _requests(asked),
        "needs": [
            {"kind": one.kind, "name": one.name, "why": one.why, "command": one.command}
            for one in view.needs
        ],
    }


def _finding(check: EvidenceView, found: FindingView) -> JsonObject:
    return {
        "check": check.check,
        "category": found.category,
        "severity": found.severity,
        "rule": found.rule,
        "message": found.message,
        "path": found.path,
        "line": found.line,
        "fix": found.fix,
    }


def _comments(view: ProposalView) -> list[Json]:
    return [
        {
            "author": comment.author,
            "text": comment.text,
            "time": comment.time,
            "path": comment.path,
            "line": comment.line,
        }
        for comment in view.comments
    ]


def _requests(asked: ChangeRequests | None) -> list[Json]:
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "category": one.category,
            "place": _place(one.place),
            "words": one.words,
            "satisfied_by": one.satisfied_by,
            "blocking": one.blocking,
            "suggestion": one.suggestion,
            "answer": one.answer,
        }
        for one in (asked.items if asked else ())
    ]


def _place(place: Anchor) -> JsonObject:
    """Name a place without what its kind does not have."""
    said: JsonObject = {
        "path": place.path,
        "line": place.line,
        "end_line": place.end_line,
        "name": place.name,
    }
    return {"kind": place.kind, **{name: value for name, value in said.items() if value}}


def _next(view: ProposalView, name: str) -> str:
    match view.state:
        case "verifying":
            waits = f" ({len(view.awaiting)} to come)" if view.awaiting else ""
            return f"The checks are running{waits}; toolvet_status with wait_s waits for {view.id}."
        case "changes_wanted":
            return (
                "Fix what change_requests, findings and comments say, then toolvet_revise "
                f"{view.id} with answers: one for each change request, by its id."
            )
        case "reviewing":
            return (
                "The checks passed and people decide now; you cannot. Call it meanwhile as a "
                f"draft: toolvet_call with tool={view.revision_digest}. toolvet_status with "
                f"until=decision waits for them.{_needed(view)}"
            )
        case "published":
            called = f"toolvet_call with tool={name}, or directly by that name"
            return f"It is published: {called}.{_needed(view)}"
        case "rejected" | "withdrawn":
            return f"It is {view.state}; submit again with again=true only if that was answered."
        case "stale":
            return f"What it is based on changed; toolvet_revise {view.id} to have it checked anew."


def _needed(view: ProposalView) -> str:
    if not view.needs:
        return ""
    commands = "; ".join(need.command for need in view.needs)
    return f" It cannot run before an operator does this, so tell yours: {commands}"
