"""A face signs only what it checked: whatever a service lies about, nothing is signed."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from inhabited import Inhabited, inhabited

from toolvet.client import shown
from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError, RemoteError, StalePageError
from toolvet.client.transport import Answer, Transport
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
Lie = Callable[[Any], Any]


class Liar:
    """Passes everything on, and changes one answer on its way back."""

    def __init__(self, inner: Transport, where: str, lie: Lie) -> None:
        self._inner = inner
        self._where = where
        self._lie = lie
        self.address = inner.address

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        answer = self._inner.request(method, path, headers, body)
        if self._where not in path:
            return answer
        changed = json.dumps(self._lie(json.loads(answer.body)), separators=(",", ":"))
        return Answer(answer.status, changed.encode())

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        yield from self._inner.lines(path, headers)

    def again(self) -> "Liar":
        return Liar(self._inner.again(), self._where, self._lie)

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    folder: Path = tmp_path_factory.mktemp("house")
    with inhabited(folder) as found:
        yield found


@pytest.fixture(scope="module")
def proposal(living: Inhabited) -> ProposalView:
    house = living.house
    author = living.run(house.agent("author"))
    example: list[Any] = [{"arguments": {"a": 1, "b": 2}, "result": 3}]
    view = living.run(house.verdict(house.of(author).submit_inline(SOURCE, example).id))
    assert view.state == "reviewing", view
    return view


def change(**fields: object) -> Lie:
    return lambda body: {**body, **fields}


def other_file(body: Any) -> Any:
    return {"files_b64": dict.fromkeys(body["files_b64"], "cHJpbnQoMSk=")}


def looser(body: Any) -> Any:
    return {**body, "text": body["text"].replace("people = 1", "people = 0")}


LIES: dict[str, tuple[str, Lie, type[Exception]]] = {
    "another dossier": ("/dossier", change(rubric={}), StalePageError),
    "another file": ("/files", other_file, DifferenceError),
    "a looser policy": ("/policy", looser, DifferenceError),
    "another blob": ("/blobs/", change(name="harmless", summary="nothing found"), DifferenceError),
}


def test_what_is_shown_hashes_to_what_is_signed(living: Inhabited, proposal: ProposalView) -> None:
    client = living.house.of(living.house.person)

    found = shown.fetch(client, client.service(), proposal.id)

    assert (found.release, found.revision) == (proposal.release_digest, proposal.revision_digest)
    assert found.marks == {line.criterion: line.mark for line in proposal.rubric}
    assert found.kind == "pure"


@pytest.mark.parametrize("name", list(LIES))
def test_a_service_that_lies_about_a_byte_gets_no_signature(
    living: Inhabited, proposal: ProposalView, name: str
) -> None:
    where, lie, expected = LIES[name]
    honest = living.house.of(living.house.person)
    liar = Client(Liar(_transport(honest), where, lie), honest.token)

    with pytest.raises(expected):
        shown.fetch(liar, honest.service(), proposal.id)


@pytest.mark.parametrize(
    "fields",
    [
        {"release_digest": "sha256:" + "0" * 64},
        {"revision_digest": "sha256:" + "0" * 64},
        {"base_release": "sha256:" + "0" * 64},
        {"tool": "another"},
        {"kind": "read"},
    ],
)
def test_a_view_that_says_other_than_the_dossier_gets_no_signature(
    living: Inhabited, proposal: ProposalView, fields: dict[str, str]
) -> None:
    honest = living.house.of(living.house.person)

    class ViewLiar(Liar):
        def request(
            self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
        ) -> Answer:
            if not path.endswith(proposal.id):
                return self._inner.request(method, path, headers, body)
            return super().request(method, path, headers, body)

    liar = Client(ViewLiar(_transport(honest), proposal.id, change(**fields)), honest.token)

    with pytest.raises(DifferenceError):
        shown.fetch(liar, honest.service(), proposal.id)


def test_a_vote_counts_once_however_often_it_is_handed_in(
    living: Inhabited, proposal: ProposalView
) -> None:
    house = living.house
    client = house.of(house.person)
    found = shown.fetch(client, client.service(), proposal.id)
    envelope = house.pen(house.person).vote(found)

    first = client.vote(proposal.id, envelope)
    with pytest.raises(RemoteError) as replayed:
        client.vote(proposal.id, envelope)

    assert first.state == "published"
    assert replayed.value.status in (403, 409)


def _transport(client: Client) -> Transport:
    return client._http.transport  # pyright: ignore[reportPrivateUsage]
