"""What bad input gets, at the service as its users meet it: a clear error, and nothing breaks."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from agent import session
from bad_bundles import (
    NEVER_ENDS,
    REFUSED,
    STOPPED,
    Files,
    altered,
    fifty_megabytes,
    good,
    with_code,
    write,
)
from conftest import Played, is_up
from mcp.shared.exceptions import MCPError
from stage import Done

from toolvet.client.acts import Pen
from toolvet_reviews.views import ProposalView

pytestmark = pytest.mark.timeout(300)

NO, USAGE = 1, 2


@pytest.fixture(scope="module", autouse=True)
def endless(played: Played) -> ProposalView:
    """Hand in first what takes long to verify: tests that never end take half a minute.

    The same bytes again are the same proposal, so that later tests find the verdict there.
    """
    files = {**good("endless"), "tests/test_endless.py": NEVER_ENDS}
    for slow, _ in sorted(STOPPED.values(), key=lambda item: "timeout" not in item[1]):
        played.person.agent.submit(encoded(slow))
    return played.person.agent.submit(encoded(files))


@pytest.fixture(scope="module")
def capped(played: Played) -> str:
    """A published tool that breaks its promise for more than three words."""
    files = altered("capped", "-> int", "-> Annotated[int, Le(3)]")
    return published(played, files)


@pytest.fixture(autouse=True)
def unharmed(played: Played) -> Iterator[None]:
    yield
    assert is_up(played)


def published(played: Played, files: Files) -> str:
    view = played.person.agent.submit(encoded(files))
    while view.state == "verifying":
        view = played.person.agent.wait(view.id)
    assert view.state == "reviewing", view
    played.person.approve(view.id)
    return view.tool


def encoded(files: Files) -> dict[str, bytes]:
    return {path: str(text).encode() for path, text in files.items()}


def refused(done: Done, code: str, exit_code: int = NO) -> dict[str, Any]:
    """Check a refusal as scripts read it."""
    assert (done.code, done.err) == (exit_code, ""), done
    error: dict[str, Any] = done.data["error"]
    assert error["code"] == code, error
    assert error["message"]
    assert error["hint"]
    return error


# --- what intake refuses -------------------------------------------------------------------------


@pytest.mark.parametrize("what", REFUSED)
def test_intake_refuses_with_a_code_and_a_hint(played: Played, tmp_path: Path, what: str) -> None:
    files, code = REFUSED[what]
    folder = write(tmp_path / "bundle", files)
    single = folder / "dashes.py"

    refused(played.agent("submit", str(single if single.exists() else folder)), code)


def test_a_wrong_key_is_answered_with_the_nearest_right_one(played: Played, tmp_path: Path) -> None:
    folder = write(tmp_path / "bundle", altered("sums", "summary", "sumary"))

    error = refused(played.agent("submit", str(folder)), "spec.unknown_field")

    assert "summary" in error["hint"]


def test_people_read_the_code_and_the_hint_on_stderr(played: Played, tmp_path: Path) -> None:
    folder = write(tmp_path / "bundle", {})

    done = played.stage.run("submit", str(folder), token=played.person.agent.token)

    assert (done.code, done.out) == (NO, "")
    assert "[intake.empty]\n  A bundle is" in done.err


def test_a_file_of_50_megabytes_is_not_even_read(played: Played, tmp_path: Path) -> None:
    folder = write(tmp_path / "bundle", good("sums"))
    fifty_megabytes(folder)

    refused(played.agent("submit", str(folder)), "intake.too_large")


def test_a_request_of_50_megabytes_is_cut_off(played: Played) -> None:
    body = b'{"source": "' + b"a" * (50 * 1024 * 1024) + b'"}'

    assert code_of(http(played, "POST", "proposals", content=body), 413) == "http.too_large"


@pytest.mark.parametrize("target", ["/etc/passwd", "sums.py", "."])
def test_a_link_is_refused_wherever_it_leads(played: Played, tmp_path: Path, target: str) -> None:
    folder = write(tmp_path / "bundle", good("sums"))
    (folder / "link").symlink_to(target)

    refused(played.agent("submit", str(folder)), "intake.link")


def test_a_pipe_in_a_folder_does_not_make_anybody_wait(played: Played, tmp_path: Path) -> None:
    folder = write(tmp_path / "bundle", good("sums"))
    os.mkfifo(folder / "pipe.txt")

    refused(played.agent("submit", str(folder), timeout_s=20), "intake.link")


@pytest.mark.parametrize("path", ["../../x", "/etc/x", "a/../../x", "a//x", "a\\x", "x\0", ".x"])
@pytest.mark.parametrize("form", ["files", "files_b64"])
def test_a_path_that_escapes_is_refused(played: Played, path: str, form: str) -> None:
    body = {form: {path: "aGVsbG8=", "tool.toml": "eA=="}}

    code = code_of(http(played, "POST", "proposals", json=body), 400)

    assert code in ("intake.path", "intake.forbidden_file")
    assert not (played.stage.home / "x").exists()
    assert not (played.stage.folder / "x").exists()


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"../../x": "y = 1\n", "tool.toml": ""}, "intake.path"),
        ({}, "intake.empty"),
        ({"sums.py": "x = 1\0\n"}, "intake.encoding"),
        ({"sums.py": "-" * 200_000}, "intake.syntax"),
        ({"tool.toml": "a = " + "[" * 500 + "]" * 500}, "spec.invalid"),
    ],
    ids=range(5),
)
def test_an_agent_meets_the_same_codes_over_mcp(
    played: Played, files: dict[str, str], code: str
) -> None:
    async def submit() -> dict[str, Any]:
        async with session(played.stage.url, played.person.agent.token) as agent:
            return await agent.call("toolvet_submit", {"files": files})

    error = asyncio.run(submit())["error"]

    assert error["code"] == code
    assert error["hint"]


# --- what the checks stop ------------------------------------------------------------------------


@pytest.mark.parametrize("what", STOPPED)
def test_the_checks_stop_it_and_say_what_to_do(played: Played, tmp_path: Path, what: str) -> None:
    files, rule = STOPPED[what]

    done = played.agent("submit", "--wait", str(write(tmp_path / "bundle", files)))

    assert done.code == NO, done
    view = done.data
    assert (view["state"], view["verdict"]) == ("changes_wanted", "failed")
    found = {one["rule"]: one for evidence in view["evidence"] for one in evidence["findings"]}
    assert rule in found, view["reason"]
    assert found[rule]["message"]
    assert found[rule]["fix"]


def test_a_name_that_is_taken_is_refused(played: Played, tmp_path: Path, capped: str) -> None:
    files = with_code(capped, "x = 1\n")
    token = stranger(played, "stranger")

    done = played.stage.run("submit", str(write(tmp_path / "bundle", files)), "--json", token=token)

    refused(done, "tool.name_taken")


# --- questions about what is not there -----------------------------------------------------------


@pytest.mark.parametrize("proposal", ["P-9999", "P-0", "P-99999999999999999999", "nonsense"])
@pytest.mark.parametrize("command", ["show", "withdraw"])
def test_a_proposal_that_does_not_exist_is_not_found(
    played: Played, proposal: str, command: str
) -> None:
    refused(played.agent(command, proposal), "proposal.not_found")


def test_an_approval_of_a_proposal_that_does_not_exist_is_refused(played: Played) -> None:
    refused(played.agent("approve", "P-9999"), "usage", USAGE)
    refused(played.agent("approve", "P-9999", "--digest", "sha256:0"), "key.no_terminal")


def test_words_that_do_not_go_together_end_with_2(played: Played, tmp_path: Path) -> None:
    folder = write(tmp_path / "bundle", good("sums"))

    refused(played.agent("submit", str(folder), "--again", "--revise", "P-1"), "usage", USAGE)
    assert played.agent("submit", str(folder), "--no-such-option").code == USAGE


# --- calls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('{"text": 7}', "call.arguments"),
        ("{}", "call.arguments"),
        ('{"text": "a", "more": 1}', "call.arguments"),
        ('{"text": "a", "text": "b"}', "json.duplicate_key"),
        ('{"text": "\\ud800"}', "json.lone_surrogate"),
        ('{"text": ', "json.syntax"),
        ("[" * 100_000, "json.too_deep"),
        ("@/nowhere", "usage"),
    ],
    ids=range(8),
)
def test_arguments_that_do_not_fit_are_refused(
    played: Played, capped: str, arguments: str, code: str
) -> None:
    done = played.agent("call", capped, "--arguments", arguments)

    refused(done, code, USAGE if code == "usage" else NO)


def test_a_result_that_does_not_fit_is_no_answer(played: Played, capped: str) -> None:
    done = played.agent("call", capped, "--arguments", '{"text": "a b c d"}')

    assert done.code == NO
    view = done.data
    assert (view["status"], view["code"], view["result"]) == ("failed", "result.type", None)
    assert view["hint"]
    assert played.agent("call", capped, "--arguments", '{"text": "a b"}').data["result"] == 2


# --- tokens --------------------------------------------------------------------------------------


def test_a_token_that_was_revoked_opens_nothing(played: Played) -> None:
    token = stranger(played, "leaver")
    assert played.stage.run("queue", "--json", token=token).code == 0
    played.person.client.revoke_principal("leaver")

    refused(played.stage.run("queue", "--json", token=token), "auth.token")
    refused(played.stage.run("tools", "--json", token="tv_nonsense"), "auth.token")
    assert code_of(http(played, "GET", "tools", token=token), 401) == "auth.token"
    with pytest.raises((MCPError, ExceptionGroup, httpx.HTTPError)):
        asyncio.run(tools_of(played, token))


# --- nothing was lost ----------------------------------------------------------------------------


def test_tests_that_never_end_are_ended(played: Played, endless: ProposalView) -> None:
    view = endless
    while view.state == "verifying":
        view = played.person.agent.wait(view.id)

    assert (view.state, view.verdict) == ("changes_wanted", "failed")
    assert "took longer than" in view.reason
    assert any(one.rule == "tests.failed" for e in view.evidence for one in e.findings)


def test_after_all_of_it_a_good_tool_goes_through(played: Played) -> None:
    name = published(played, good("survivor"))

    assert played.agent("call", name, "--arguments", '{"text": "a b"}').data["result"] == 2


# --- the ways in ---------------------------------------------------------------------------------


def http(
    played: Played, method: str, path: str, *, token: str = "", **options: Any
) -> httpx.Response:
    return httpx.request(
        method,
        f"{played.stage.url}/api/v1/{path}",
        headers={"authorization": f"Bearer {token or played.person.agent.token}"},
        timeout=60,
        **options,
    )


def code_of(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["hint"], error
    return str(error["code"])


def stranger(played: Played, name: str) -> str:
    """Add an agent of another person; answer its token."""
    client = played.person.client
    pen = Pen(client.service(), played.person.key, played.person.id)
    signed = pen.add_principal(f"{name}-sponsor", "human", ["reviewer"], None)
    sponsor = client.add_principal(signed.envelope, signed.document).principal.id
    signed = pen.add_principal(name, "agent", ["author", "caller"], sponsor)
    return client.add_principal(signed.envelope, signed.document).token or ""


async def tools_of(played: Played, token: str) -> list[str]:
    async with session(played.stage.url, token) as agent:
        return await agent.tools()
