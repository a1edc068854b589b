"""A person connects an agent in one command, and the configuration it writes works."""

import contextlib
import json
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from at_terminal import Said
from stage import answers, free_port

from toolvet.client.connections import Connections, token_id

KEY = [("New passphrase:", "correct horse battery"), ("Once more:", "correct horse battery")]
UNLOCK = ("Passphrase of person", "correct horse battery")
OTHER = {"command": "npx", "args": ["-y", "other"]}


@dataclass(frozen=True)
class Desk:
    """The person's seat at a service that listens on a port too."""

    seat: Any
    port: int

    def typed(self, folder: Path, *arguments: str, asked: list[tuple[str, str]]) -> Said:
        """Run a command at a terminal, in a folder."""
        with contextlib.chdir(folder):
            return self.seat.typed(*arguments, answers=asked)

    def alone(self, folder: Path, *arguments: str) -> Said:
        """Run a command without a terminal, in a folder."""
        with contextlib.chdir(folder):
            return self.seat.alone(*arguments)

    def asked(self, *arguments: str, **env: str) -> Any:
        """Run a command without a terminal; answers what it prints."""
        said = self.seat.alone(*arguments, "--json", **env)
        return json.loads(said.stdout)

    @property
    def connections(self) -> Connections:
        """What is remembered here."""
        [folder] = (self.seat.settings.config_dir / "connections").iterdir()
        found = Connections(self.seat.settings.config_dir, "")
        found.folder = folder
        return found

    def token(self, agent: str) -> str:
        """Give an agent's token."""
        return self.connections.token_file(agent).read_text().strip()

    def people(self) -> dict[str, Any]:
        """Give everybody, by name."""
        return {one["name"]: one for one in self.asked("user", "list")["items"]}


@pytest.fixture(scope="module")
def desk(seat: Any) -> Iterator[Desk]:
    port = free_port()
    service = subprocess.Popen(
        [sys.executable, "-I", "-m", "toolvet.cli", "serve", "--port", str(port)],
        env=seat.env,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not answers(f"http://127.0.0.1:{port}/healthz"):
            assert service.poll() is None
            assert time.monotonic() < until
        made = seat.typed("key", "create", answers=KEY)
        assert made.code == 0, made
        yield Desk(seat, port)
    finally:
        service.terminate()
        service.wait(20)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"other": OTHER}}))
    return tmp_path


@pytest.fixture(scope="module")
def connected(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent claude is connected in this folder."""
    folder = tmp_path_factory.mktemp("project")
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"other": OTHER}}))
    said = desk.typed(folder, "connect", "claude", asked=[UNLOCK, ("Up to [none]:", "pure")])
    assert said.code == 0, said
    assert desk.token("claude") not in said.screen + said.stdout + said.stderr
    return folder


def test_connecting_makes_the_agent_its_grant_and_an_entry_without_a_secret(
    desk: Desk, connected: Path
) -> None:
    people = desk.people()
    written = json.loads((connected / ".mcp.json").read_text())
    grants = desk.asked("grant", "list")["items"]

    assert people["claude"]["sponsor"] == people["person"]["id"]
    assert people["claude"]["roles"] == ["author", "caller"]
    assert [(one["to"], one["tool"], one["up_to"]) for one in grants] == [
        (people["claude"]["id"], "*/*", "pure")
    ]
    assert written["mcpServers"]["other"] == OTHER
    assert "tv_" not in (connected / ".mcp.json").read_text()


def test_what_was_written_speaks_as_the_agent(desk: Desk, connected: Path) -> None:
    entry = json.loads((connected / ".mcp.json").read_text())["mcpServers"]["toolvet"]

    [itself] = desk.asked("user", "list", **entry["env"])["items"]

    assert itself["name"] == "claude"


def test_doctor_tries_each_connection(desk: Desk, connected: Path) -> None:
    said = desk.seat.alone("doctor", "--json")
    [line] = [one for one in json.loads(said.stdout)["items"] if one["area"] == "connection"]

    assert (said.code, line["ok"]) == (0, True), line
    assert str(connected) in line["message"]


def test_connecting_again_keeps_the_agent_and_stops_every_token_it_had_from_here(
    desk: Desk, connected: Path
) -> None:
    before, owner = desk.token("claude"), desk.people()["claude"]["id"]
    issued = desk.typed(connected, "token", "issue", "claude", "--json", asked=[UNLOCK])
    lost = json.loads(issued.stdout)  # as a run that broke off leaves one
    link = desk.connections.find("claude")
    assert link is not None
    desk.connections.keep(replace(link, stale=(lost["id"],)))

    said = desk.typed(connected, "connect", "json", "--as", "claude", asked=[UNLOCK])

    printed = json.loads(said.stdout)["mcpServers"]["toolvet"]  # alone on stdout, for a pipe
    link = desk.connections.find("claude")
    assert (said.code, printed["command"], "tv_" in said.stdout) == (0, sys.executable, False)
    assert "up to pure" in said.stderr  # granted before, so not asked again
    for stopped in (before, lost["token"]):
        assert desk.asked("tools", TOOLVET_TOKEN=stopped)["error"]["code"] == "auth.token"
    assert "items" in desk.asked("tools", TOOLVET_TOKEN=desk.token("claude"))
    assert link is not None
    assert (link.principal, link.token) == (owner, token_id(desk.token("claude")))
    assert [place.path for place in link.places] == [str(connected / ".mcp.json"), ""]
    assert link.stale == ()


def test_without_a_terminal_nobody_is_connected_whatever_is_piped_in(
    desk: Desk, project: Path
) -> None:
    path = str(project / ".mcp.json")
    said = desk.seat.alone(
        "connect", "claude", "--as", "intruder", "--write", path, "--up-to", "destructive",
        stdin="correct horse battery\ny\n" * 3,
    )  # fmt: skip

    assert (said.code, "[key.no_terminal]" in said.stderr) == (1, True)
    assert "intruder" not in desk.people()
    assert json.loads(Path(path).read_text()) == {"mcpServers": {"other": OTHER}}


def test_over_http_the_token_lies_in_a_file_for_its_owner_only(desk: Desk, project: Path) -> None:
    words = ("connect", "claude", "--as", "webby", "--http")

    said = desk.typed(project, *words, asked=[UNLOCK, ("Up to [none]:", "")])

    path = project / ".mcp.json"
    entry = json.loads(path.read_text())["mcpServers"]["toolvet"]
    assert said.code == 0, said
    assert entry == {
        "type": "http",
        "url": f"http://127.0.0.1:{desk.port}/mcp",
        "headers": {"Authorization": f"Bearer {desk.token('webby')}"},
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert desk.token("webby") not in said.screen + said.stdout + said.stderr


def test_a_token_goes_into_a_work_tree_only_when_the_person_says_so(
    desk: Desk, project: Path
) -> None:
    (project / ".git").mkdir()
    question = "Write it there all the same? [y/N]"

    words = ("connect", "claude", "--as", "gitty", "--http")
    said = desk.typed(project, *words, asked=[(question, "")])

    assert (said.code, "[connect.given_up]" in said.stderr) == (1, True)
    assert "gitty" not in desk.people()
    assert json.loads((project / ".mcp.json").read_text()) == {"mcpServers": {"other": OTHER}}


def test_a_token_is_printed_only_when_that_is_asked_for(desk: Desk, project: Path) -> None:
    words = ("connect", "json", "--as", "printed", "--http", "--up-to", "none")

    shown = desk.typed(project, *words, "--show-token", asked=[UNLOCK])
    hidden = desk.seat.alone(*words)

    entry = json.loads(shown.stdout)["mcpServers"]["toolvet"]
    assert shown.code == 0, shown
    assert entry["headers"]["Authorization"] == f"Bearer {desk.token('printed')}"
    assert (hidden.code, hidden.stdout, "[usage]" in hidden.stderr) == (2, "", True)


@pytest.mark.parametrize(
    ("words", "code", "refusal"),
    [
        (("claude", "--as", "local"), 1, "connect.agent_taken"),
        (("claude", "--as", "person"), 1, "connect.agent_taken"),
        (("claude", "--as", "../x"), 1, "connect.name"),
        (("claude", "--server", "other"), 1, "connect.server_taken"),
        (("claude", "--server", "a b"), 2, "usage"),
        (("claude", "--write", "bad.json"), 1, "connect.file"),
        (("claude", "--write", "nowhere/x.json"), 1, "connect.file"),
        (("claude", "--write", "x.json", "--print"), 2, "usage"),
        (("vscode",), 2, ""),
    ],
    ids=["local", "person", "name", "server", "key", "file", "folder", "both", "host"],
)
def test_what_cannot_be_done_is_refused_before_the_passphrase_is_asked_for(
    desk: Desk, project: Path, words: tuple[str, ...], code: int, refusal: str
) -> None:
    (project / "bad.json").write_text("{")

    said = desk.alone(project, "connect", *words)  # with nobody to ask, this is all it comes to

    assert (said.code, said.stdout) == (code, ""), said
    assert not refusal or f"[{refusal}]" in said.stderr
    assert (project / "bad.json").read_text() == "{"


def test_a_name_that_was_revoked_stays_taken(desk: Desk, project: Path) -> None:
    desk.typed(project, "user", "add", "gone", asked=[UNLOCK])
    desk.typed(project, "user", "revoke", "gone", asked=[UNLOCK])

    said = desk.alone(project, "connect", "claude", "--as", "gone")

    assert (said.code, "[connect.agent_taken]" in said.stderr) == (1, True)


def test_a_record_that_cannot_be_read_hides_nothing_else_from_the_doctor(
    desk: Desk, connected: Path
) -> None:
    spoilt = desk.connections.folder / "spoilt.json"
    spoilt.write_text("{")
    said = desk.seat.alone("doctor", "--json")
    spoilt.unlink()

    wrong = [one for one in json.loads(said.stdout)["items"] if not one["ok"]]
    assert (said.code, [one["area"] for one in wrong]) == (1, ["connection"])
    assert str(spoilt) in wrong[0]["hint"]
