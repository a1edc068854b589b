"""Views travel as JSON and come back as they were."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.client.decode import decode, decode_list
from toolvet.client.errors import AnswerError
from toolvet.client.shapes import BundleFiles, QueuePage
from toolvet.http.answers import to_bytes
from toolvet_reviews.views import (
    CallView,
    CommentView,
    EvidenceView,
    FindingView,
    PrincipalView,
    ProposalView,
    QueueItem,
    RevisionView,
    RubricLine,
    ServiceView,
    ToolView,
    VoteView,
)

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_objects = st.dictionaries(st.text(), _json, max_size=3)
_known: dict[Any, st.SearchStrategy[Any]] = {
    FindingView: st.builds(FindingView),
    RubricLine: st.builds(RubricLine),
    RevisionView: st.builds(RevisionView),
    VoteView: st.builds(VoteView),
    CommentView: st.builds(CommentView),
}
_evidence = st.builds(
    EvidenceView,
    findings=st.lists(_known[FindingView], max_size=2).map(tuple),
    measurements=_objects,
)
_principals = st.builds(PrincipalView)
_views = st.one_of(
    st.builds(
        ProposalView,
        evidence=st.lists(_evidence, max_size=2).map(tuple),
        rubric=st.lists(_known[RubricLine], max_size=2).map(tuple),
        votes=st.lists(_known[VoteView], max_size=2).map(tuple),
        comments=st.lists(_known[CommentView], max_size=2).map(tuple),
        revisions=st.lists(_known[RevisionView], max_size=2).map(tuple),
    ),
    st.builds(QueueItem),
    st.builds(ToolView, input_schema=_objects, output_schema=_objects),
    st.builds(
        CallView,
        result=_json,
        log=st.lists(_objects, max_size=2).map(tuple),
        retry_after_s=st.none() | st.floats(0, 100),
        duration_ms=st.floats(0, 1e6),
    ),
    st.builds(ServiceView, me=st.none() | _principals),
)


@given(_views)
def test_a_view_survives_the_journey(view: Any) -> None:
    kind: type[object] = view.__class__

    assert decode(kind, json.loads(to_bytes(view))) == view


def test_an_unknown_field_is_passed_over_so_that_old_faces_read_new_services() -> None:
    page = decode(QueuePage, {"items": [], "next": None, "news": 1})

    assert page == QueuePage(())


_NO_PAGES: list[Any] = [
    {},
    {"items": None, "next": None},
    {"items": [{}], "next": None},
    {"items": [], "next": 3},
    [],
    None,
    "x",
]


@pytest.mark.parametrize("value", _NO_PAGES)
def test_a_missing_or_wrong_field_is_an_error_of_ours(value: object) -> None:
    with pytest.raises(AnswerError) as caught:
        decode(QueuePage, value)

    assert caught.value.code == "service.answer"


def test_true_is_no_integer_and_a_word_outside_the_list_is_no_literal() -> None:
    item = json.loads(
        to_bytes(
            QueueItem(
                "P-1", "default", "t", "pure", "reviewing", "reviewers", "passed", "new", "a", 1,
                "2026-11-21T12:00:00.000000Z", "++++++",
            )
        )
    )  # fmt: skip

    for name, wrong in (("revision", True), ("state", "approved"), ("kind", "harmless")):
        with pytest.raises(AnswerError):
            decode(QueueItem, {**item, name: wrong})


def test_a_list_is_no_object() -> None:
    with pytest.raises(AnswerError):
        decode_list(BundleFiles, {"files_b64": {}})
