"""What `toolvet connect` remembers, and the files that nobody else may read."""

import json
import os
import stat
from pathlib import Path

import pytest

from toolvet.client.connect import named
from toolvet.client.connections import (
    AgentNameError,
    Connections,
    Link,
    Place,
    checked_name,
    token_id,
)
from toolvet.client.private import TokenFileError, read_token, write
from toolvet.config import Settings
from toolvet.engine import authenticate
from toolvet.errors import HomeError

TOKEN = "tv_0123456789"
HERE = Place("/project/.mcp.json", "toolvet", {"type": "http", "url": "http://127.0.0.1:1/mcp"})
PRINTED = Place("", "toolvet", {"type": "stdio", "command": "x", "args": [], "env": {"A": "b"}})


@pytest.fixture
def made(tmp_path: Path) -> Connections:
    return Connections(tmp_path / "config", "service-1")


def test_what_is_kept_is_found_again(made: Connections) -> None:
    link = Link("claude", "id-1", "ab" * 16, (HERE, PRINTED))

    made.keep(link)

    assert made.find("claude") == link
    assert made.all() == [link]
    assert made.find("codex") is None


def test_services_do_not_share_connections(made: Connections, tmp_path: Path) -> None:
    made.keep(Link("claude", "id-1", "t", (HERE,)))

    assert Connections(tmp_path / "config", "service-2").all() == []


def test_a_place_is_written_once_and_forgotten_alone() -> None:
    link = Link("claude", "id-1", "t").at(HERE).at(PRINTED).at(HERE)

    assert link.places == (PRINTED, HERE)
    assert link.without(HERE).places == (PRINTED,)


def test_of_two_agents_the_one_that_came_last_has_the_place(made: Connections) -> None:
    made.keep_at(Link("claude", "id-1", "t"), HERE)
    made.keep_at(Link("claude", "id-1", "t", (HERE,)), PRINTED)

    made.keep_at(Link("codex", "id-2", "t"), HERE)
    made.keep_at(Link("codex", "id-2", "t", (HERE,)), PRINTED)

    assert [link.places for link in made.all()] == [(PRINTED,), (HERE, PRINTED)]


def test_records_and_tokens_are_for_their_owner_only(made: Connections) -> None:
    made.keep(Link("claude", "id-1", "t"))
    made.write_token("claude", TOKEN)

    assert read_token(made.token_file("claude")) == TOKEN
    assert modes(made.folder) == {"claude.json": 0o600, "claude.token": 0o600}
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-x", "a b", "ä", "a" * 65, "a\n"])
def test_no_name_leads_to_another_file(name: str) -> None:
    with pytest.raises(AgentNameError):
        checked_name(name)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"schema": "toolvet/connection/v2"}', "[" * 100_000],
    ids=["empty", "cut", "list", "bare", "other", "deep"],
)
def test_a_record_that_cannot_be_read_is_named(made: Connections, text: str) -> None:
    made.keep(Link("claude", "id-1", "t"))
    path = made.folder / "claude.json"
    path.write_text(text)

    with pytest.raises(HomeError) as caught:
        made.all()

    assert str(path) in caught.value.hint


def test_a_folder_that_cannot_be_written_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "connections").write_text("a file where a folder should be")

    with pytest.raises(HomeError) as caught, Connections(tmp_path, "s").held():
        pass

    assert "TOOLVET_CONFIG" in caught.value.hint


def test_a_token_is_named_as_the_service_names_it() -> None:
    assert token_id(TOKEN) == authenticate.token_id(authenticate.token_hash(TOKEN))


# --- the token file ------------------------------------------------------------------------------


def test_a_token_file_is_replaced_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.token"
    write(path, "first\n")
    path.chmod(0o644)

    write(path, "second\n")

    assert read_token(path) == "second"
    assert modes(tmp_path) == {"x.token": 0o600}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620], ids=oct)
def test_a_token_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "x.token"
    write(path, TOKEN)
    path.chmod(mode)

    with pytest.raises(TokenFileError) as caught:
        read_token(path)

    assert caught.value.code == "token.file"
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"two words", b"a\nb", b"\xff\xfe", b"x" * 600, b"a\x00b"]
)
def test_what_is_no_token_is_refused_unquoted(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.token"
    path.write_bytes(data)
    path.chmod(0o600)

    with pytest.raises(TokenFileError) as caught:
        read_token(path)

    assert str(caught.value) == f"{path} holds no token"


def test_a_token_file_that_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)

    for path in (tmp_path / "pipe", tmp_path, tmp_path / "nothing"):
        with pytest.raises(TokenFileError):
            read_token(path)


def test_the_token_file_speaks_unless_a_token_is_given(tmp_path: Path) -> None:
    path = tmp_path / "x.token"
    write(path, TOKEN)
    env = {"TOOLVET_HOME": str(tmp_path), "TOOLVET_TOKEN_FILE": str(path)}

    assert named(Settings.from_env(env)).token == TOKEN
    assert named(Settings.from_env({**env, "TOOLVET_TOKEN": ""})).token == TOKEN
    assert named(Settings.from_env({**env, "TOOLVET_TOKEN": "tv_other"})).token == "tv_other"
    assert named(Settings.from_env({"TOOLVET_HOME": str(tmp_path)})).token == ""


def test_a_missing_token_file_is_an_error_and_not_the_local_token(tmp_path: Path) -> None:
    env = {"TOOLVET_HOME": str(tmp_path), "TOOLVET_TOKEN_FILE": str(tmp_path / "gone")}

    with pytest.raises(TokenFileError):
        named(Settings.from_env(env))


def test_a_record_says_nothing_secret(made: Connections) -> None:
    made.write_token("claude", TOKEN)
    made.keep(Link("claude", "id-1", token_id(TOKEN), (HERE,), stale=(token_id("tv_before"),)))

    text = (made.folder / "claude.json").read_text()

    assert TOKEN not in text
    assert json.loads(text)["link"]["token"] == token_id(TOKEN)
