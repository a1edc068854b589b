"""What may be bound, what a binding covers, and what a release still needs."""

import copy
import json
import pickle
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import bindings, needs
from toolvet_reviews.bindings import BindingError, MountBinding, SecretBinding
from toolvet_reviews.digests import sha256
from toolvet_reviews.secret import MAX_SECRET_BYTES, Secret, SecretValueError
from toolvet_reviews.values import JsonObject

ID = "018f0000-0000-7000-8000-00000000000f"
SECRET = SecretBinding(ID, "MAIL_PASSWORD", ("growth/*",), ("mail.example.com",), sha256(b"x"))
MOUNT = MountBinding(ID, "traces", "/data/traces", "read", ("growth/campaign",))

EFFECTS: JsonObject = {
    "kind": "write",
    "network": [
        {
            "host": "mail.example.com",
            "port": 587,
            "protocol": "smtp",
            "credential": {"secret": "MAIL_PASSWORD", "as": "smtp-login", "user": "campaigns"},
        },
        {"host": "open.example.com", "port": 443, "protocol": "https"},
    ],
    "visible_secrets": ["DB_PASSWORD"],
    "files": [{"name": "traces", "mode": "read"}, {"name": "out", "mode": "write"}],
}


def test_documents_are_read_back_as_they_were_written() -> None:
    assert bindings.read_secret(bindings.secret_json(SECRET)) == SECRET
    assert bindings.read_mount(bindings.mount_json(MOUNT)) == MOUNT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "1"),
        ("name", "mail_password"),
        ("name", "A" * 65),
        ("tools", []),
        ("tools", ["b/x", "a/x"]),
        ("tools", ["a/x", "a/x"]),
        ("tools", ["a/b/c"]),
        ("tools", ["$(reboot)"]),
        ("tools", [f"a/t{n:03}" for n in range(65)]),
        ("tools", "a/x"),
        ("hosts", []),
        ("hosts", ["*.example.com"]),
        ("hosts", ["MAIL.example.com"]),
        ("hosts", ["mail.example.com:25"]),
        ("hosts", ["http://mail.example.com"]),
        ("hosts", [1]),
        ("commitment", "sha256:0"),
        ("commitment", None),
        ("value", "never"),
    ],
)
def test_a_document_about_a_secret_says_nothing_but_what_it_may(field: str, value: Any) -> None:
    with pytest.raises(BindingError):
        bindings.read_secret({**bindings.secret_json(SECRET), field: value})


@pytest.mark.parametrize(
    "folder",
    [
        "",
        "data",
        "/data/",
        "/data/../etc",
        "//data",
        "/data/./x",
        "/da\x00ta",
        "/da\nta",
        "/\u202e",
        7,
    ],
)
def test_a_folder_is_named_by_its_whole_plain_path(folder: Any) -> None:
    with pytest.raises(BindingError):
        bindings.read_mount({**bindings.mount_json(MOUNT), "folder": folder})


def test_a_mode_is_read_or_write() -> None:
    with pytest.raises(BindingError):
        bindings.read_mount({**bindings.mount_json(MOUNT), "mode": "execute"})


def test_tool_and_host_must_both_match() -> None:
    assert SECRET.covers("growth/campaign", "mail.example.com")
    assert not SECRET.covers("other/campaign", "mail.example.com")
    assert not SECRET.covers("growth/campaign", "evil.example.com")
    assert not SECRET.covers("growth/campaign", "")
    assert not SECRET.covers("growth/campaign", "mail.example.com.evil.example")


def test_everything_declared_is_needed_until_it_is_bound() -> None:
    missing = needs.missing("growth/campaign", EFFECTS, {}, {})

    assert [(need.kind, need.name, need.command) for need in missing] == [
        (
            "secret",
            "DB_PASSWORD",
            "toolvet secret set DB_PASSWORD --tool growth/campaign --visible",
        ),
        (
            "secret",
            "MAIL_PASSWORD",
            "toolvet secret set MAIL_PASSWORD --tool growth/campaign --host mail.example.com",
        ),
        ("mount", "traces", "toolvet mount bind traces FOLDER --tool growth/campaign"),
        ("mount", "out", "toolvet mount bind out FOLDER --write --tool growth/campaign"),
    ]


def test_of_a_scope_in_force_an_author_learns_only_to_be_outside_of_it() -> None:
    elsewhere = SecretBinding(ID, "MAIL_PASSWORD", ("growth/*",), ("old.example.com",), sha256(b""))
    foreign = SecretBinding(ID, "DB_PASSWORD", ("a/hidden",), ("",), sha256(b""))
    others = MountBinding(ID, "traces", "/data/hidden", "write", ("a/hidden",))

    found = needs.missing(
        "growth/campaign",
        EFFECTS,
        {"MAIL_PASSWORD": elsewhere, "DB_PASSWORD": foreign},
        {"traces": others},
    )

    assert {need.name: (need.why, need.command) for need in found if need.name != "out"} == {
        "MAIL_PASSWORD": (
            "may not go to mail.example.com",
            "toolvet secret set MAIL_PASSWORD",
        ),
        "DB_PASSWORD": ("is not for growth/campaign", "toolvet secret set DB_PASSWORD"),
        "traces": ("is not for growth/campaign", "toolvet mount bind traces"),
    }
    assert "hidden" not in str(found)
    assert "old.example.com" not in str(found)


def test_a_pure_tool_needs_nothing() -> None:
    assert needs.missing("default/add", {"kind": "pure", "network": [], "files": []}, {}, {}) == ()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=8))
def test_a_secret_shows_itself_to_nobody(value: str) -> None:
    if len(value.encode()) > MAX_SECRET_BYTES or value in "Secret(…)":
        return
    secret = Secret(value)
    held = {"inside": [secret]}

    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{held}", f"{secret!r}"]
    assert not any(value in one for one in shown)
    assert secret.reveal() == value


def test_a_secret_is_neither_copied_pickled_nor_written_as_json() -> None:
    secret = Secret("hunter2-hunter2")

    for attempt in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            attempt(secret)
    assert not hasattr(secret, "__dict__")
    assert secret == Secret("hunter2-hunter2")
    assert secret != Secret("hunter3-hunter3")


@pytest.mark.parametrize("value", ["", "hunter2\0hunter2", "hunter2\ud800", "x" * 32769])
def test_what_no_secret_can_be_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(SecretValueError) as refused:
        Secret(value)

    told = "".join(traceback.format_exception(refused.value)) if value else ""
    assert "hunter2" not in told
    assert "xxx" not in str(refused.value)
