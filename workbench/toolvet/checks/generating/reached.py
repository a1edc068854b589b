"""Where a hostile text got to: what it made the tool send, write, compute or say.

Judged from what our own side saw, held against a run on ordinary arguments.
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from toolvet.checks.fakes import Fakes
from toolvet.checks.generating.payloads import MARK, SUM, Attempt
from toolvet.checks.generating.rounds import Ran
from toolvet.checks.observing import observe
from toolvet_reviews.findings import Severity
from toolvet_reviews.values import Json
from toolvet_reviews.words import one_line

_HEADER = re.compile(
    rb"(?im)^(?:x-" + MARK.encode() + rb"|(?:bcc|cc|to):[^\r\n]*" + MARK.encode() + rb"@evil)"
)
_SQL_ERRORS = (
    "syntax error", "unrecognized token", "unterminated quoted string", "incomplete input", "no such column",
    "you can only execute one statement", "unclosed quotation mark", "quoted string not properly terminated",
)  # fmt: skip
_SQL_TYPES = (
    "OperationalError",
    "ProgrammingError",
    "DatabaseError",
    "Warning",
    "SyntaxError",
    "DataError",
    "ParserException",
)
_QUERY_ERRORS = (
    "invalid predicate",
    "invalid expression",
    "XPathEvalError",
    "XPathSyntaxError",
    "Bad search filter",
    "LDAPInvalidFilter",
    "invalid path",
)
_OBJECTS = ("<class '", "__globals__", "<module '", "<function ", " object at 0x", "<built-in ")
_MARKUP = re.compile(r"</[a-z][a-z0-9]{0,12}>", re.IGNORECASE)


@dataclass(frozen=True)
class Reached:
    """What a hostile text got to."""

    severity: Severity
    what: str
    """To be put behind "The text reached …"."""
    fix: str
    cwe: str = ""


def reached_by(attempt: Attempt, ran: Ran, ordinary: Ran, fakes: Fakes) -> Reached | None:
    """Tell where a payload got to that it must not get to; None when it stayed a text."""
    return (
        _computed(attempt, ran, ordinary)
        or _broke_a_query(attempt, ran)
        or _in_mail(ran)
        or _in_request(ran, ordinary)
        or _in_files(ran, ordinary, fakes)
        or _in_markup(attempt, ran, ordinary)
        or _in_log(ran)
    )


def _computed(attempt: Attempt, ran: Ran, ordinary: Ran) -> Reached | None:
    said = f"{_texts(ran.outcome.value)}\n{_error(ran)}\n{ran.outcome.output[:4000]}"
    if SUM in said and SUM not in attempt.payload:
        what = {
            "shell": "a shell, which ran it",
            "template": "a template engine, which evaluated it",
        }
        cwe = {"shell": "CWE-78", "template": "CWE-1336"}
        return Reached(
            "error", what.get(attempt.family, "an interpreter, which evaluated it"),
            "Never hand an argument to a shell, eval or a template: pass it as data.",
            cwe.get(attempt.family, "CWE-95"),
        )  # fmt: skip
    if attempt.family == "format":
        layout = _read_as_layout(ran)
        if layout is not None:
            return layout
        before = f"{_texts(ordinary.outcome.value)}\n{_error(ordinary)}"
        shown = [
            one
            for one in _OBJECTS
            if one in said and one not in before and one not in attempt.payload
        ]
        is_refused = ran.outcome.status == "raised"
        if shown and not is_refused:
            return Reached(
                "error", f"str.format, which looked into objects ({one_line(shown[0], 40)})",
                "Do not format with a text of the caller's; use string.Template.safe_substitute or a fixed layout.", "CWE-134",
            )  # fmt: skip
    return None


def _read_as_layout(ran: Ran) -> Reached | None:
    """Tell by its complaint that a format function took the text for a layout."""
    said = _error(ran)
    fix = "Do not format with a text of the caller's; use string.Template.safe_substitute or a fixed layout."
    if any(
        word in said
        for word in ("Replacement index", f"KeyError: '{MARK}'", "has no attribute '__class__'")
    ):
        return Reached("error", f"str.format as the layout ({one_line(said, 100)})", fix, "CWE-134")
    if "format string" in said or "unsupported format character" in said:
        return Reached("warning", f"% as the layout ({one_line(said, 100)})", fix, "CWE-134")
    return None


def _broke_a_query(attempt: Attempt, ran: Ran) -> Reached | None:
    fault = ran.outcome.error
    if fault is None:
        return None
    said = f"{fault.type}: {fault.message}"
    low = said.lower()
    if (
        attempt.family in {"sql", "xpath", "ldap", "csv"}
        and fault.type in _SQL_TYPES
        and any(word in low for word in _SQL_ERRORS)
    ):
        return Reached(
            "error", f"the text of a query, which it broke ({one_line(said, 120)})",
            "Bind the value: execute(query, (value,)).", "CWE-89",
        )  # fmt: skip
    if attempt.family in {"xpath", "ldap", "sql"} and any(
        word.lower() in low for word in _QUERY_ERRORS
    ):
        return Reached(
            "error", f"the text of a path or filter, which it broke ({one_line(said, 120)})",
            "Compare in Python, or escape what the query language reserves.", "CWE-643",
        )  # fmt: skip
    return None


def _in_mail(ran: Ran) -> Reached | None:
    for head in ran.world.heads:
        if _HEADER.search(head):
            line = next(line for line in head.splitlines() if MARK.encode() in line)
            return Reached(
                "error", f"a mail's header as a line of its own ({one_line(line.decode('latin-1'), 100)})",
                "Build mails with email.message.EmailMessage, and refuse line breaks in what goes into a header.", "CWE-93",
            )  # fmt: skip
    for mail in ran.world.mails:
        others = [who for who in mail.recipients if who.startswith(f"{MARK}@evil")]
        if others and len(mail.recipients) > 1:
            return Reached(
                "error", f"a mail's list of recipients: it was sent to {one_line(others[0], 80)} as well",
                "Take one address per argument, and hold it against a Pattern without comma and white space.", "CWE-93",
            )  # fmt: skip
    return None


def _in_request(ran: Ran, ordinary: Ran) -> Reached | None:
    for asked in ran.world.requests:
        target = f"{asked.path}?{asked.query}"
        if any(name == MARK for name, _ in parse_qsl(asked.query, keep_blank_values=True)):
            return _request("the query as a parameter of its own", target)
        if MARK in asked.path and ("/../" in asked.path or "/..%2f" in asked.path.lower()):
            return _request("the path, out of its folder", target)
    before = {seen.name for seen in ordinary.world.seen if seen.is_refused}
    for seen in ran.world.seen:
        is_new = seen.is_refused and "(" in seen.name and seen.name not in before
        # What was quoted stayed one segment of its path, and is no way out even where it is refused.
        if is_new and any(mark in seen.how for mark in ("/../", "//", "/@")):
            return _request("a request beyond what is declared", seen.name)
    return None


def _request(where: str, said: str) -> Reached:
    return Reached(
        "error", f"{where} ({one_line(said, 120)})",
        "Quote what goes into a URL: urllib.parse.quote(value, safe='') for a path, urlencode for a query.", "CWE-74",
    )  # fmt: skip


def _in_files(ran: Ran, ordinary: Ran, fakes: Fakes) -> Reached | None:
    if ran.outcome.watched is None:
        return None
    declared = {mount.name for mount in fakes.mounts}
    known = {one.name for one in observe(ordinary.seen(fakes)) if one.area == "files"}
    for one in observe(ran.seen(fakes)):
        if one.area == "files" and MARK in one.name and one.name not in declared | known:
            return Reached(
                "error", f"a file outside its folders ({one_line(f'{one.how} {one.name}', 120)})",
                "Resolve the path and check it with is_relative_to(folder) before it is opened; or take a name without separators.", "CWE-22",
            )  # fmt: skip
    return None


def _in_markup(attempt: Attempt, ran: Ran, ordinary: Ran) -> Reached | None:
    if attempt.family != "html" or ran.outcome.status != "returned":
        return None
    if attempt.payload in _texts(ran.outcome.value) and _MARKUP.search(
        _texts(ordinary.outcome.value)
    ):
        return Reached(
            "warning", "HTML that the tool makes, as markup", "Escape it: html.escape(value).", "CWE-79",
        )  # fmt: skip
    return None


def _in_log(ran: Ran) -> Reached | None:
    forged = f"{MARK} forged line"
    if any(
        line.startswith((forged, f"X-{MARK}")) for line in ran.outcome.output[:20_000].splitlines()
    ):
        return Reached(
            "warning",
            "the output as a line of its own",
            "Log with ctx.log and fields; print repr(value).",
            "CWE-117",
        )
    if any("\n" in event or "\r" in event for event in ran.host.events):
        return Reached(
            "warning",
            "the name of a log event",
            "Give it as a field: ctx.log.info('event', value=value).",
            "CWE-117",
        )
    if any("\x00" in key or "\n" in key for key in ran.host.keys):
        return Reached(
            "note",
            "the key of a record, with its line breaks",
            "Refuse control characters in what becomes a key.",
            "CWE-20",
        )
    return None


def _texts(value: Json) -> str:
    """Write all texts of a value as they are, one a line; numbers too."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(map(_texts, value[:2000]))
    if isinstance(value, dict):
        return "\n".join(f"{name}\n{_texts(item)}" for name, item in list(value.items())[:2000])
    return json.dumps(value)


def _error(ran: Ran) -> str:
    fault = ran.outcome.error
    return "" if fault is None else f"{fault.type}: {fault.message}"
