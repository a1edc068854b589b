"""Statements of acts: what is signed reads back, and nothing else reads at all."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values, statements

from toolvet_reviews import canonical
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Verb
from toolvet_reviews.statements import (
    Statement,
    Target,
    build,
    document,
    parse,
    parse_document,
)
from toolvet_reviews.values import Digest, Json

DIGEST = Digest(f"sha256:{'ab' * 32}")
SERVICE = "01934b1e-0000-7000-8000-000000000001"
VOTE = Statement(
    subject=DIGEST,
    subject_name="release",
    service=SERVICE,
    actor=SERVICE,
    act=Verb.VOTE_APPROVE,
    target=Target("proposal", "P-12"),
    policy=DIGEST,
    checkpoint_size=7,
    checkpoint_root=b"r" * 32,
    time="2026-11-21T11:42:14.123456Z",
    nonce="0" * 64,
    proposal="P-12",
    verdict="approve",
    rubric={"safety": "met"},
    waivers=("a" * 32,),
)


def tampered(*path: str | int, value: Any) -> bytes:
    said: Any = json.loads(build(VOTE))
    inner = said
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return canonical.dumps(said)


@given(statements)
def test_a_statement_reads_back_as_it_was_built(statement: Statement):
    assert parse(build(statement)) == statement


@given(statements)
def test_the_bytes_are_canonical(statement: Statement):
    data = build(statement)

    assert canonical.dumps(canonical.parse(data)) == data


def test_it_is_an_in_toto_statement():
    said = json.loads(build(VOTE))

    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://toolvet.dev/act/v1"
    assert said["subject"] == [{"name": "release", "digest": {"sha256": "ab" * 32}}]
    assert said["predicate"]["schema"] == "toolvet/act/v1"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("_type",), "https://in-toto.io/Statement/v0.1"),
        (("predicateType",), "https://example.com/other"),
        (("subject",), []),
        (("subject",), [{"name": "", "digest": {"sha256": "ab" * 32}}] * 2),
        (("subject", 0, "digest"), {"sha512": "ab"}),
        (("subject", 0, "digest", "sha256"), "AB" * 32),
        (("subject", 0, "uri"), "x"),
        (("predicate", "surprise"), 1),
        (("predicate", "schema"), "toolvet/act/v2"),
        (("predicate", "service"), "somewhere"),
        (("predicate", "actor"), None),
        (("predicate", "act"), "call:run"),
        (("predicate", "act"), "vote:maybe"),
        (("predicate", "act"), ["vote:approve"]),
        (("predicate", "target"), {"kind": "proposal"}),
        (("predicate", "target", "kind"), "Proposal Of Mine"),
        (("predicate", "proposal"), "P-0"),
        (("predicate", "proposal"), "P-1\n"),
        (("predicate", "base"), "sha256:1"),
        (("predicate", "channel"), "beta"),
        (("predicate", "channel"), {}),
        (("predicate", "verdict"), "reject"),
        (("predicate", "rubric"), {"safety": "fine"}),
        (("predicate", "rubric"), ["met"]),
        (("predicate", "waivers"), ["b" * 31]),
        (("predicate", "waivers"), ["b" * 32] * 2),
        (("predicate", "policy"), None),
        (("predicate", "tier"), "D"),
        (("predicate", "dossier"), 1),
        (("predicate", "checkpoint", "size"), -1),
        (("predicate", "checkpoint", "size"), True),
        (("predicate", "checkpoint", "root"), "cnJy"),
        (("predicate", "checkpoint", "root"), "!" * 44),
        (("predicate", "checkpoint", "root"), "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJ="),
        (("predicate", "time"), "2026-11-21T11:42:14Z"),
        (("predicate", "time"), "2026-11-21T11:42:14.123456+00:00"),
        (("predicate", "nonce"), "0" * 63),
        (("predicate", "facts"), {"Big": 1}),
        (("predicate", "facts"), {"a": None}),
        (("predicate", "facts"), {"a": 1.5}),
        (("predicate", "facts"), {"a": {"b": 1}}),
        (("predicate", "facts"), {"a": "x" * 257}),
    ],
)
def test_a_field_that_is_not_what_it_must_be_is_refused(path: tuple[str | int, ...], value: object):
    with pytest.raises(StatementError) as caught:
        parse(tampered(*path, value=value))

    assert caught.value.code == "act.statement"


@pytest.mark.parametrize("name", sorted(json.loads(build(VOTE))["predicate"]))
def test_a_missing_field_is_refused(name: str):
    said = json.loads(build(VOTE))
    del said["predicate"][name]

    with pytest.raises(StatementError):
        parse(canonical.dumps(said))


def test_bytes_that_are_not_canonical_are_refused():
    with pytest.raises(StatementError):
        parse(b" " + build(VOTE))


@given(st.binary(max_size=100) | json_values.map(canonical.dumps))
def test_any_other_bytes_are_refused_with_a_code(data: bytes):
    with pytest.raises(StatementError):
        parse(data)


def test_what_could_not_be_read_is_not_built():
    with pytest.raises(StatementError):
        build(replace(VOTE, nonce="short"))
    with pytest.raises(StatementError):
        build(replace(VOTE, facts={"bad": "\ud800"}))


@given(st.dictionaries(st.sampled_from(["name", "roles", "to"]), json_values, max_size=3))
def test_a_document_reads_back(fields: dict[str, Json]):
    data = document("principal", fields, "0" * 64)

    assert parse_document(data, "principal") == canonical.normalise(fields)


def test_a_document_of_another_kind_is_refused():
    with pytest.raises(StatementError):
        parse_document(document("principal", {}, "0" * 64), "grant")


@pytest.mark.parametrize(("fields", "nonce"), [({"kind": "x"}, "0" * 64), ({}, "0"), ({}, "")])
def test_a_document_cannot_hide_its_kind_or_go_without_a_nonce(fields: dict[str, Json], nonce: str):
    with pytest.raises(StatementError):
        document("principal", fields, nonce)
