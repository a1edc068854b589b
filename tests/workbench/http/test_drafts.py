"""Draft calls over HTTP: the author's client, and everybody else's."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from inhabited import Inhabited

from toolvet.client.errors import RemoteError
from toolvet.http.app import create_app
from toolvet_reviews.views import ProposalView

SOURCE = '''
"""Adding."""


def add(a: int, b: int) -> int:
    """Add two integers.

    Args:
        a: One.
        b: The other.
    """
    return a + b
'''
EXAMPLES: list[Any] = [{"arguments": {"a": 1, "b": 2}, "result": 3}]


@pytest.fixture(scope="module")
def revision(living: Inhabited) -> Iterator[ProposalView]:
    """A revision whose verdict is not there yet."""
    view = living.house.client.submit_inline(SOURCE, EXAMPLES)
    yield view
    living.run(living.house.verdict(view.id))


def test_the_author_calls_its_revision_and_is_told_that_nobody_reviewed_it(
    living: Inhabited, revision: ProposalView
) -> None:
    answer = living.house.client.draft(revision.revision_digest, {"a": 20, "b": 22})

    assert (answer.result, answer.reviewed, answer.tool) == (42, False, "add")
    seen = living.house.of(living.house.person).show(revision.id)
    assert [(one.arguments, one.result, one.by) for one in seen.drafts] == [
        ('{"a":20,"b":22}', "42", "local")
    ]


def test_anybody_else_gets_what_an_unknown_digest_gets(
    living: Inhabited, revision: ProposalView
) -> None:
    house, said = living.house, set[tuple[str, int, str]]()
    other = living.run(house.agent("other"))

    for digest in (revision.revision_digest, "sha256:" + "0" * 64, "add", "a b"):
        with pytest.raises(RemoteError) as refused:
            house.of(other).draft(digest, {"a": 1, "b": 1})
        said.add((refused.value.code, refused.value.status, refused.value.hint))

    assert {(code, status) for code, status, _ in said} == {("tool.not_found", 404)}
    assert len(said) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"arguments": {"a": "1", "b": 2}}, 422, "call.arguments"),
        ({"arguments": [], "key": "k"}, 422, ""),
        ({"arguments": {}, "key": "k"}, 422, ""),
        ({}, 422, "call.arguments"),
    ],
)
def test_a_wrong_body_is_refused_in_the_one_shape(
    living: Inhabited, revision: ProposalView, body: Any, status: int, code: str
) -> None:
    house = living.house

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(house.services))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(
                f"/api/v1/revisions/{revision.revision_digest}/call",
                content=json.dumps(body),
                headers={
                    "Authorization": f"Bearer {house.client.token}",
                    "Content-Type": "application/json",
                },
            )

    answer = living.run(go())

    assert answer.status_code == status
    assert code in answer.json()["error"]["code"]
