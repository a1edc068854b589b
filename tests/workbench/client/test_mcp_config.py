"""A host's configuration is others' property: our entry goes in, nothing else changes."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolvet.client import mcp_config
from toolvet.client.mcp_config import ConfigFileError, NoAddressError, ServerTakenError
from toolvet.config import Settings

ENTRY: Any = {"type": "stdio", "command": "toolvet", "args": ["mcp"], "env": {}}
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
VALUES: Any = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".mcp.json"


def put(path: Path, server: str = "toolvet", *, secret: bool = False) -> Any:
    """Merge our entry into a file, as `toolvet connect` does."""
    config = mcp_config.read(path)
    mcp_config.write(config, mcp_config.merged(config, server, ENTRY), secret=secret)
    return json.loads(path.read_bytes())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_is_not_there_is_made(path: Path) -> None:
    assert put(path) == {"mcpServers": {"toolvet": ENTRY}}
    assert os.listdir(path.parent) == [".mcp.json"]


@settings(max_examples=40)
@given(st.dictionaries(st.text(), VALUES), st.dictionaries(st.text(), VALUES))
def test_everything_but_our_entry_is_kept(
    tmp_path_factory: pytest.TempPathFactory, top: dict[str, Any], servers: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "kept.json"
    path.write_text(json.dumps({**top, "mcpServers": servers}))

    found = put(path)

    assert found == {**top, "mcpServers": {**servers, "toolvet": ENTRY}}
    assert [*found] == [*{**top, "mcpServers": 0}]


def test_half_of_a_surrogate_pair_survives(path: Path) -> None:
    path.write_text('{"x": "\\ud800", "y": "ä"}')

    assert put(path)["x"] == "\ud800"


@pytest.mark.parametrize("indent", ["\t", "    ", " "], ids=["tab", "four", "one"])
def test_the_file_keeps_its_indentation(path: Path, indent: str) -> None:
    path.write_text(json.dumps({"a": {"b": 1}}, indent=indent))

    put(path)

    assert path.read_text().startswith(f'{{\n{indent}"a": {{\n{indent * 2}"b": 1')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"mcpServers": []}',
        b'{"mcpServers": null}',
        b'{"a": 1, "a": 2}',
        b'{"mcpServers": {"x": {"command": "a", "command": "b"}}}',
        b'{"a": NaN}',
        b'// a comment\n{"a": 1}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000,
        b" " * (mcp_config.MAX_BYTES + 1),
    ],
    ids=[
        "empty", "cut", "list", "null", "servers_list", "servers_null", "twice", "twice_below",
        "nan", "comment", "bom", "encoding", "number", "deep", "long",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_strictly_is_left_as_it_is(path: Path, data: bytes) -> None:
    path.write_bytes(data)

    with pytest.raises(ConfigFileError) as caught:
        put(path)

    assert caught.value.code == "connect.file"
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [".mcp.json"]


def test_links_pipes_and_folders_are_no_configurations(path: Path) -> None:
    target = path.with_name("elsewhere.json")
    target.write_text("{}")
    path.symlink_to(target)
    os.mkfifo(path.with_name("pipe"))

    for wrong in (path, path.with_name("pipe"), path.parent):
        with pytest.raises(ConfigFileError):
            put(wrong)

    assert target.read_text() == "{}"


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "npx", "args": ["-y", "toolvet"]},
        {"type": "http", "url": "https://elsewhere.example.com/mcp"},
        {"command": "toolvet", "args": ["serve"]},
        {"command": "x", "args": "toolvet mcp"},
        "words",
        None,
    ],
)
def test_a_server_of_that_name_that_is_none_of_ours_is_never_replaced(
    path: Path, entry: object
) -> None:
    path.write_text(json.dumps({"mcpServers": {"toolvet": entry}}))
    config = mcp_config.read(path)

    with pytest.raises(ServerTakenError):
        mcp_config.check_free(config, "toolvet", ours=False)

    mcp_config.check_free(config, "toolvet", ours=True)
    mcp_config.check_free(config, "other", ours=False)


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "/elsewhere/bin/python", "args": ["-I", "-m", "toolvet.cli", "mcp"]},
        {"command": "/usr/bin/toolvet", "args": ["mcp"], "env": {"TOOLVET_TOKEN": "t"}},
    ],
    ids=["connected", "by_hand"],
)
def test_an_entry_for_toolvet_itself_may_be_replaced(path: Path, entry: object) -> None:
    path.write_text(json.dumps({"mcpServers": {"toolvet": entry}}))

    mcp_config.check_free(mcp_config.read(path), "toolvet", ours=False)


def test_a_file_that_holds_a_token_is_for_its_owner_only(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o644)

    put(path, secret=True)

    assert mode(path) == 0o600


def test_a_file_without_a_secret_keeps_its_mode(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o664)

    put(path)

    assert mode(path) == 0o664


def test_a_file_that_changed_meanwhile_is_not_overwritten(path: Path) -> None:
    config = mcp_config.read(path)
    path.write_text('{"mcpServers": {"new": {}}}')

    with pytest.raises(ConfigFileError):
        mcp_config.write(config, b"{}", secret=False)

    assert "new" in path.read_text()


def test_a_folder_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError):
        put(tmp_path / "nowhere" / "x.json")


# --- entries -------------------------------------------------------------------------------------


def service(folder: Path, *, database: str = "", url: str = "") -> Settings:
    return Settings(folder / "home", folder / "config", database=database, url=url)


def test_the_bridge_is_this_program_and_says_who_speaks_to_whom(tmp_path: Path) -> None:
    entry: Any = mcp_config.bridge(service(tmp_path), tmp_path / "x.token")

    assert [entry["command"], *entry["args"]] == [sys.executable, "-I", "-m", "toolvet.cli", "mcp"]
    assert entry["env"] == {
        "TOOLVET_HOME": str(tmp_path / "home"),
        "TOOLVET_CONFIG": str(tmp_path / "config"),
        "TOOLVET_URL": "",
        "TOOLVET_TOKEN": "",
        "TOOLVET_TOKEN_FILE": str(tmp_path / "x.token"),
    }


def test_the_bridge_to_a_service_elsewhere_names_it_and_no_home(tmp_path: Path) -> None:
    away = service(tmp_path, url="https://toolvet.example.com", database="postgresql://me@host/db")

    entry: Any = mcp_config.bridge(away, tmp_path / "x.token")

    assert entry["env"]["TOOLVET_URL"] == "https://toolvet.example.com"
    assert not {"TOOLVET_HOME", "TOOLVET_DATABASE"} & set(entry["env"])


@pytest.mark.parametrize(
    ("database", "named"),
    [
        ("postgresql://me@host/db", True),
        ("postgresql://me:secret@host/db", False),
        ("postgresql://me:secret@[host/db", False),
    ],
    ids=["plain", "password", "odd"],
)
def test_a_database_is_named_unless_its_url_has_a_password(
    tmp_path: Path, database: str, named: bool
) -> None:
    entry: Any = mcp_config.bridge(service(tmp_path, database=database), tmp_path / "t")

    assert ("TOOLVET_DATABASE" in entry["env"]) is named


def test_a_token_goes_into_an_entry_over_http_and_comes_out_again(tmp_path: Path) -> None:
    bare = mcp_config.endpoint("http://127.0.0.1:8420/mcp")
    bridge = mcp_config.bridge(service(tmp_path), tmp_path / "t")

    whole = mcp_config.with_token(bare, "tv_x")

    assert whole["headers"] == {"Authorization": "Bearer tv_x"}
    assert mcp_config.split_token(whole) == (bare, "tv_x")
    assert mcp_config.with_token(bridge, "tv_x") == bridge
    assert mcp_config.split_token({**whole, "headers": {"A": "b"}})[0] != bare


@pytest.mark.parametrize(
    "said", [None, "", "{", "[]", '{"ports": []}', '{"ports": ["x"]}', '{"ports": [true]}', "{}"]
)
def test_without_a_port_there_is_no_address(tmp_path: Path, said: str | None) -> None:
    local = service(tmp_path)
    local.paths.run.mkdir(parents=True)
    if said is not None:
        local.paths.pid.write_text(said)

    with pytest.raises(NoAddressError) as caught:
        mcp_config.address(local)

    assert caught.value.code == "connect.no_address"


def test_the_address_is_the_port_of_the_local_service_or_the_service_elsewhere(
    tmp_path: Path,
) -> None:
    local = service(tmp_path)
    local.paths.run.mkdir(parents=True)
    local.paths.pid.write_text('{"pid": 1, "version": "0", "ports": [8421]}')

    assert mcp_config.address(local) == "http://127.0.0.1:8421/mcp"
    away = service(tmp_path, url="https://toolvet.example.com/x")
    assert mcp_config.address(away) == "https://toolvet.example.com/x/mcp"


def test_a_work_tree_is_noticed_from_any_folder_in_it(tmp_path: Path) -> None:
    (tmp_path / "project" / ".git").mkdir(parents=True)
    (tmp_path / "worktree").mkdir()
    (tmp_path / "worktree" / ".git").write_text("gitdir: elsewhere")

    assert mcp_config.in_work_tree(tmp_path / "project" / "deep" / ".mcp.json")
    assert mcp_config.in_work_tree(tmp_path / "worktree" / ".mcp.json")
    assert not mcp_config.in_work_tree(tmp_path / "other" / ".mcp.json")
