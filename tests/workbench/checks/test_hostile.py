"""Hostile arguments: where they get to, and that honest tools are left in peace."""

import json
from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import Verified
from toolvet.sandbox import TierReport
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import Json


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str) -> Verified: ...


def looked(
    verify: Verify,
    body: str,
    arguments: dict[str, Json],
    result: Json,
    *,
    effects: str = 'kind = "pure"\n',
    files: Mapping[str, str] | None = None,
) -> Evidence:
    """Verify one function with one example."""
    spec = (
        f'[tool]\nname = "tool"\nsummary = "Do."\nentry = "one:tool"\n\n[limits]\nwall_s = 2\n\n[effects]\n{effects}\n'
        f"[[examples]]\narguments_json = '''{json.dumps(arguments)}'''\nresult_json = '''{json.dumps(result)}'''\n"
    )
    source = f'"""A tool."""\n\n{body}'
    verified = verify({"tool.toml": spec, "one.py": source, **(files or {})}, "hostile")
    return next(one for one in verified.evidence if one.check == "hostile")


def rules(evidence: Evidence, severity: str = "error") -> set[str]:
    return {finding.rule for finding in evidence.findings if finding.severity == severity}


SEARCH = '''
import sqlite3


def tool(names: list[str], part: str) -> list[str]:
    """Find names."""
    with sqlite3.connect(":memory:") as db:
        db.execute("create table n (name)")
        db.executemany("insert into n values (?)", [(name,) for name in names])
        {query}
'''


def test_a_text_that_becomes_part_of_a_query_is_seen_to_break_it(verify: Verify) -> None:
    unsafe = "return [r[0] for r in db.execute(f\"select name from n where name like '%{part}%'\")]"
    safe = "return [r[0] for r in db.execute('select name from n where instr(name, ?)', (part,))]"
    arguments: dict[str, Json] = {"names": ["ann", "bob"], "part": "nn"}

    found = looked(verify, SEARCH.format(query=unsafe), arguments, ["ann"])
    assert rules(found) == {"hostile.sql"}
    assert found.findings[0].cwe == "CWE-89"
    assert looked(verify, SEARCH.format(query=safe), arguments, ["ann"]).status == "passed"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('return layout.format(name="x")', "hostile.format"),
        ("return str(eval(layout)) if layout != 'Hello {name}' else 'Hello x'", "hostile.code"),
        ("return ''.join(layout.split('{name}')) + 'x'", ""),
        ('return layout.replace("{name}", "x")', ""),
    ],
)
def test_a_text_that_is_run_or_read_as_a_layout_is_seen_to_be(
    verify: Verify, line: str, rule: str
) -> None:
    body = f'def tool(layout: str) -> str:\n    """Lay out."""\n    {line}\n'

    found = looked(verify, body, {"layout": "Hello {name}"}, "Hello x")

    assert rules(found) == ({rule} if rule else set())


def test_a_pattern_that_backtracks_is_an_error_since_a_short_text_stops_the_call(
    verify: Verify,
) -> None:
    body = '''
import re


def tool(word: str) -> bool:
    """Tell whether it is a word."""
    return re.match(r"^([a-z]+)*$", word) is not None
'''
    found = looked(verify, body, {"word": "abc"}, True)

    assert rules(found) == {"hostile.limit"}
    assert found.findings[0].category == "exhaustion"


def test_a_tool_that_bears_everything_passes_and_says_what_was_tried(verify: Verify) -> None:
    body = '''
def tool(text: str, width: int = 10) -> str:
    """Cut a text."""
    return text[: max(0, min(width, 100))]
'''
    found = looked(verify, body, {"text": "abc"}, "abc")

    assert found.status == "passed", found.findings
    tried = found.measurements["tried"]
    assert isinstance(tried, dict)
    assert {"sql", "template", "format", "unicode", "oversized", "numbers", "xpath"} <= tried.keys()
    limits = found.measurements["limits"]
    assert isinstance(limits, dict)
    assert limits["wall_s"] == 2


def test_refusing_what_is_hostile_is_no_finding(verify: Verify) -> None:
    body = '''
def tool(name: str) -> str:
    """Greet."""
    if not name.isalpha():
        raise ValueError("letters only")
    return name.upper()
'''
    assert looked(verify, body, {"name": "ann"}, "ANN").status == "passed"


def test_a_tool_without_arguments_has_nothing_to_attack(verify: Verify) -> None:
    found = looked(verify, 'def tool() -> int:\n    """One."""\n    return 1\n', {}, 1)

    assert (found.status, found.measurements["not_applicable"]) == ("skipped", True)


# --- with effects ----------------------------------------------------------------------------


@pytest.fixture
def namespaces(walls: TierReport) -> None:
    """Hosts and watching need namespaces."""
    if walls.tier not in ("A", "B"):
        pytest.skip(f"no namespaces here: {walls.reason}")


MAIL = '''
import smtplib
{imports}
from toolvet.sdk import Context


def tool(subject: str, ctx: Context) -> str:
    """Tell somebody."""
    {build}
    with smtplib.SMTP("mail.example.com", 587) as server:
        server.sendmail("me@example.com", ["ann@example.com"], text)
    return "sent"
'''
MAIL_EFFECTS = (
    'kind = "write"\nnetwork = [{ host = "mail.example.com", port = 587, protocol = "smtp" }]\n\n'
    '[idempotency]\nkey = ["subject"]\n'
)


@pytest.mark.usefixtures("namespaces")
def test_a_line_break_that_becomes_a_header_of_a_mail_is_an_error(verify: Verify) -> None:
    unsafe = 'text = f"Subject: {subject}\\r\\nTo: ann@example.com\\r\\n\\r\\nHi".encode()'
    found = looked(
        verify, MAIL.format(imports="", build=unsafe), {"subject": "Hi"}, "sent", effects=MAIL_EFFECTS
    )  # fmt: skip

    assert rules(found) == {"hostile.crlf"}
    assert found.findings[0].cwe == "CWE-93"


@pytest.mark.usefixtures("namespaces")
def test_a_mail_built_by_the_library_refuses_line_breaks_and_passes(verify: Verify) -> None:
    safe = 'mail = EmailMessage()\n    mail["Subject"] = subject\n    text = mail.as_bytes()'
    body = MAIL.format(imports="from email.message import EmailMessage\n", build=safe)

    found = looked(verify, body, {"subject": "Hi"}, "sent", effects=MAIL_EFFECTS)

    assert found.status == "passed", found.findings


HTTP = '''
import json
import urllib.parse
import urllib.request

from toolvet.sdk import Context


def tool(user: str, ctx: Context) -> str:
    """Look a user up."""
    url = f"https://api.example.com/v1/users/{where}"
    with urllib.request.urlopen(url) as reply:
        return str(json.load(reply)["name"])
'''
HTTP_EFFECTS = (
    'kind = "read"\nnetwork = [{ host = "api.example.com", port = 443, protocol = "https", '
    'methods = ["GET"], paths = ["/v1/users/"] }]\n'
)
CASSETTE = (
    '{"schema": "toolvet/cassette/v1", "exchanges": [{"request": {"method": "GET", "url": '
    '"https://api.example.com/v1/users/ann"}, "reply": {"json": {"name": "Ann"}}}]}'
)


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize(
    ("where", "reached"),
    [("{user}", True), ("{urllib.parse.quote(user, safe='')}", False)],
)
def test_a_text_that_leaves_its_part_of_a_url_is_an_error(
    verify: Verify, where: str, *, reached: bool
) -> None:
    body = HTTP.replace("{where}", where)
    files = {"cassettes/api.json": CASSETTE}

    found = looked(verify, body, {"user": "ann"}, "Ann", effects=HTTP_EFFECTS, files=files)

    assert bool(rules(found)) is reached, found.findings


FILES = '''
from toolvet.sdk import Context, ToolError


def tool(name: str, ctx: Context) -> str:
    """Read a note."""
    folder = ctx.folder("notes").resolve()
    path = (folder / name).resolve()
    {guard}
    try:
        return path.read_text(errors="replace")
    except (OSError, ValueError):
        raise ToolError("no such note") from None
'''


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize(
    ("guard", "reached"),
    [
        ("", True),
        ('if not path.is_relative_to(folder):\n        raise ToolError("no such note")', False),
    ],
)
def test_a_path_that_leads_out_of_the_folder_is_an_error(
    verify: Verify, guard: str, *, reached: bool
) -> None:
    effects = 'kind = "read"\nfiles = [{ name = "notes", mode = "read" }]\n'
    files = {"tests/data/mounts/notes/a.txt": "Hello"}

    found = looked(
        verify, FILES.format(guard=guard), {"name": "a.txt"}, "Hello", effects=effects, files=files
    )  # fmt: skip

    assert rules(found) == ({"hostile.traversal"} if reached else set()), found.findings
