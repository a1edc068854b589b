"""A client remembers the log it saw, and refuses a service that shows another one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from toolvet.audit.keys import LogKey
from toolvet.audit.merkle import leaf_hash
from toolvet.audit.notes import encode_hashes
from toolvet.audit.tiles import MemoryTiles, Tree
from toolvet.client.client import Client
from toolvet.client.errors import LogChangedError, ServiceChangedError
from toolvet.client.seen import Memory
from toolvet.client.transport import Answer
from toolvet.config import VERSION
from toolvet.errors import HomeError
from toolvet.http.answers import to_bytes
from toolvet_reviews.views import ServiceView

SERVICE = "01a1fe17-b7b7-7c46-b7e8-bfc9e36bc9a3"


class Log:
    """A log that answers as a service does: a real tree, a real key."""

    address = "unix:/somewhere"

    def __init__(self, service: str = SERVICE, key: LogKey | None = None) -> None:
        self.service = service
        self.key = key or LogKey.generate("toolvet/test")
        self.tree = Tree(MemoryTiles())
        self.size = 0
        self.asked: list[str] = []

    def grow(self, *entries: str) -> "Log":
        self.tree.append(self.size, [leaf_hash(entry.encode()) for entry in entries])
        self.size += len(entries)
        return self

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        parts = urlsplit(path)
        self.asked.append(parts.path)
        if parts.path.endswith("/service"):
            return Answer(200, to_bytes(self._view()))
        query = parse_qs(parts.query)
        proof = self.tree.consistency_proof(int(query["old"][0]), int(query["new"][0]))
        return Answer(200, json.dumps({"hashes": encode_hashes(proof)}).encode())

    def _view(self) -> ServiceView:
        note = self.key.sign_checkpoint(self.size, self.tree.root(self.size))
        policy = "sha256:" + "0" * 64
        return ServiceView(
            self.service, VERSION, 1, self.key.verifier_key, note, policy, "solo", "B"
        )

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        raise NotImplementedError

    def again(self) -> "Log":
        return self

    def close(self) -> None:
        pass


def look(memory: Memory, log: Log) -> ServiceView:
    return memory.trusted(Client(log))


def test_a_log_that_grew_is_trusted_and_remembered(tmp_path: Path) -> None:
    memory, log = Memory(tmp_path), Log().grow("a", "b", "c")

    look(memory, log)
    view = look(memory, log.grow("d", "e"))

    seen = memory.recall(SERVICE)
    assert seen is not None
    assert seen.note == view.checkpoint


def test_an_unchanged_log_costs_one_question(tmp_path: Path) -> None:
    memory, log = Memory(tmp_path), Log().grow("a")
    look(memory, log)
    log.asked.clear()

    look(memory, log)

    assert log.asked == ["/api/v1/service"]


def test_a_log_that_shrank_is_refused_and_what_was_seen_stays(tmp_path: Path) -> None:
    memory, log = Memory(tmp_path), Log().grow("a", "b", "c")
    look(memory, log)
    before = memory.recall(SERVICE)

    with pytest.raises(LogChangedError) as caught:
        look(memory, Log(key=log.key).grow("a", "b"))

    assert caught.value.code == "audit.inconsistent"
    assert memory.recall(SERVICE) == before


@pytest.mark.parametrize("entries", [("a", "X", "c"), ("a", "X", "c", "d"), ("X", "b", "c", "d")])
def test_a_rewritten_log_is_refused_and_its_note_is_kept_as_proof(
    tmp_path: Path, entries: tuple[str, ...]
) -> None:
    memory, log = Memory(tmp_path), Log().grow("a", "b", "c")
    look(memory, log)

    with pytest.raises(LogChangedError):
        look(memory, Log(key=log.key).grow(*entries))

    assert len(list(tmp_path.glob("*.refused"))) == 1


def test_another_log_key_is_refused_even_for_the_same_entries(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    look(memory, Log().grow("a"))

    with pytest.raises(ServiceChangedError) as caught:
        look(memory, Log().grow("a"))

    assert caught.value.code == "service.changed"


def test_another_service_at_a_known_address_is_refused_until_the_person_forgets_it(
    tmp_path: Path,
) -> None:
    memory, other = Memory(tmp_path), Log("01a1fe18-b7b7-7c46-b7e8-bfc9e36bc9a3").grow("a")
    look(memory, Log().grow("a"))

    with pytest.raises(ServiceChangedError):
        look(memory, other)
    memory.forget_address(other.address)

    assert look(memory, other).service_id == other.service


def test_a_note_signed_by_nobody_we_know_is_refused_at_first_sight(tmp_path: Path) -> None:
    class Liar(Log):
        def _view(self) -> ServiceView:
            view = super()._view()
            stranger = LogKey.generate("toolvet/test")
            note = stranger.sign_checkpoint(self.size, self.tree.root(self.size))
            return replace(view, checkpoint=note)

    with pytest.raises(LogChangedError):
        look(Memory(tmp_path), Liar().grow("a"))

    assert Memory(tmp_path).recall(SERVICE) is None


def test_an_older_answer_that_another_command_overtook_is_asked_for_again(tmp_path: Path) -> None:
    memory, log = Memory(tmp_path), Log().grow("a")

    class Slow(Log):
        """Its first answer is from before another command saw the log grow."""

        def request(
            self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
        ) -> Answer:
            answer = log.request(method, path, headers, body)
            if self.size == 0:
                self.size = 1
                look(memory, log.grow("b"))
            return answer

    look(memory, log)

    assert look(memory, Slow()).checkpoint.split("\n")[1] == "2"


def test_a_damaged_memory_is_an_error_and_never_a_fresh_start(tmp_path: Path) -> None:
    memory, log = Memory(tmp_path), Log().grow("a")
    look(memory, log)
    for file in tmp_path.glob("service-*.json"):
        file.write_text("{")

    with pytest.raises(HomeError):
        look(memory, log.grow("b"))


def test_the_pinned_key_is_remembered_per_service(tmp_path: Path) -> None:
    memory = Memory(tmp_path)

    memory.pin(SERVICE, "sha256:" + "1" * 64)

    assert memory.pinned(SERVICE) == "sha256:" + "1" * 64
    assert memory.pinned("another") is None
