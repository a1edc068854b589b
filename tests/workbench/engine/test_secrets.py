"""Secrets and mounts of a tool that runs: needed, bound, used, rotated, taken away, and never seen."""

import asyncio
import json
import logging
from collections.abc import Coroutine, Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from bound import COMMAND, VALUE, WHISPER, Operator
from house import House, Member, new_house

from toolvet.client.acts import SignedSecret
from toolvet.client.client import Client
from toolvet.client.errors import RemoteError
from toolvet.engine import secrets
from toolvet.engine.doctor import doctor
from toolvet.engine.needs import SecretMissingError, UnboundError
from toolvet.engine.vault import SecretDamagedError, SecretKeyError
from toolvet.mcp.verdicts import verdict
from toolvet.storage import Unit
from toolvet_reviews.brief import brief
from toolvet_reviews.secret import Secret
from toolvet_reviews.views import ProposalView

T = TypeVar("T")


@dataclass
class Desk:
    """A house with one tool that needs a secret and two folders, and the loop it lives on."""

    house: House
    operator: Operator
    agent: Member
    submitted: ProposalView
    folder: Path
    runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def set(self, name: str, value: str, tools: str = "desk/*", host: str = "") -> Any:
        return self.run(self.operator.set_secret(name, value, tools=[tools], hosts=[host]))

    def reveal(self, name: str, tool: str = "desk/whisper", host: str = "") -> str:
        return secrets.reveal(self.house.services, tool=tool, secret=name, host=host)

    def call(self, word: str) -> Any:
        return self.run(self.house.call(self.agent, "desk__whisper", {"word": word}))

    def bind_all(self) -> None:
        """Bind everything that the tool needs."""
        self.set("WHISPER", VALUE)
        for name, writes in (("words", False), ("notes", True)):
            place = self.folder / name
            place.mkdir(exist_ok=True)
            place.chmod(0o777)
            self.run(self.operator.bind(name, place, tools=["desk/*"], writes=writes))
        for word in ("hey", "aloud"):
            (self.folder / "words" / f"{word}.txt").write_text("there")


async def _opened(stack: AsyncExitStack, folder: Path, runner: asyncio.Runner) -> Desk:
    house = await stack.enter_async_context(new_house(folder / "house"))
    agent = await house.agent("agent")
    await house.grant(agent)
    submitted = await house.verdict((await house.submit(agent, WHISPER)).id)
    await house.approve(submitted.id)
    return Desk(house, Operator(house), agent, submitted, folder, runner)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Desk]:
    folder = tmp_path_factory.mktemp("bound")
    for place in (folder, *folder.parents[:2]):
        place.chmod(place.stat().st_mode | 0o011)  # whoever tools run as passes through
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        yield runner.run(_opened(stack, folder, runner))
        runner.run(stack.aclose())


def test_a_tool_whose_secret_is_not_there_passes_and_says_what_to_do(desk: Desk) -> None:
    view = desk.submitted

    assert (view.state, view.verdict) == ("reviewing", "needs_secret")
    assert [need.name for need in view.needs] == ["WHISPER", "words", "notes"]
    assert view.needs[0].command == COMMAND
    told = verdict(view)
    assert told["verdict"] == "needs_secret"
    assert COMMAND in str(told["next"])
    release = desk.house.services.catalogue.snapshot.served["desk__whisper"].manifest
    sections = brief(view, manifest=release, base=None, files=())
    assert [line.tone for line in sections[1].lines if COMMAND in line.text] == ["unsure"]


def test_a_call_before_it_is_bound_answers_with_the_command(desk: Desk) -> None:
    with pytest.raises(UnboundError) as refused:
        desk.call("before")

    assert refused.value.code in ("secret.missing", "mount.missing")
    assert "toolvet " in refused.value.hint


def test_a_bound_tool_runs_with_its_secret_and_folders(desk: Desk) -> None:
    desk.bind_all()

    answer = desk.call("hey")

    assert (answer.status, answer.result) == ("succeeded", f"{len(VALUE)} there")
    assert (desk.folder / "notes" / "asked.txt").read_text() == "hey"
    view = desk.run(desk.operator.do(lambda client: client.show(desk.submitted.id)))
    assert (view.state, view.verdict, view.needs) == ("published", "passed", ())


def test_what_a_tool_says_of_a_secret_it_saw_is_masked(desk: Desk) -> None:
    desk.bind_all()

    answer = desk.call("aloud")

    assert answer.result == "[WHISPER] there"
    assert answer.log[0]["fields"] == {"word": "aloud", "used": "[WHISPER]"}


def test_a_rotation_counts_from_the_next_call_on(desk: Desk) -> None:
    before = desk.set("TURNING", "the-old-one")
    old = desk.reveal("TURNING")
    desk.run(desk.operator.rotate(before, "the-new-one"))

    assert (old, desk.reveal("TURNING")) == ("the-old-one", "the-new-one")


def test_a_secret_goes_to_its_tools_and_hosts_only(desk: Desk) -> None:
    desk.set("SCOPED", VALUE, tools="desk/whisper", host="api.example.com")

    assert desk.reveal("SCOPED", host="api.example.com") == VALUE
    for tool, host in (
        ("desk/other", "api.example.com"),
        ("desk/whisper", "api.example.com.evil.example"),
        ("desk/whisper", ""),
        ("whisper", "api.example.com"),
    ):
        with pytest.raises(SecretMissingError) as refused:
            desk.reveal("SCOPED", tool=tool, host=host)
        assert VALUE not in f"{refused.value} {refused.value.hint}"


def test_a_deleted_secret_is_gone_at_once(desk: Desk) -> None:
    desk.set("GOING", VALUE)
    desk.run(desk.operator.do(lambda client: client.delete_secret("GOING", "leaked")))

    with pytest.raises(SecretMissingError):
        desk.reveal("GOING")
    rows = desk.house.services.store.query_sync(lambda view: view.secrets.all())
    assert "GOING" not in [row.name for row in rows]
    with pytest.raises(RemoteError) as twice:
        desk.run(desk.operator.do(lambda client: client.delete_secret("GOING")))
    assert twice.value.code == "not_found"


def test_what_is_finished_is_replayed_without_its_secret(desk: Desk) -> None:
    desk.bind_all()
    (desk.folder / "words" / "again.txt").write_text("there")
    first = desk.call("again")
    desk.run(desk.operator.do(lambda client: client.delete_secret("WHISPER")))
    second = desk.call("again")
    with pytest.raises(SecretMissingError):
        desk.call("never asked")

    assert (first.replayed, second.replayed) == (False, True)
    assert second.result == first.result


def test_what_a_secret_in_force_rests_on_cannot_be_erased(desk: Desk) -> None:
    desk.set("KEPT", VALUE)
    entry = desk.house.services.standing.ledger.secrets["KEPT"].entry

    with pytest.raises(RemoteError) as refused:
        desk.run(desk.operator.do(lambda client: client.erase(entry, "document", "tidy")))

    assert refused.value.code == "auth.forbidden"


def test_only_a_person_with_the_role_binds_and_agents_do_not_list(desk: Desk) -> None:
    reviewer = desk.house.members.get("reviewer") or desk.run(desk.house.human("reviewer"))
    other = Operator(desk.house, reviewer)
    with pytest.raises(RemoteError) as refused:
        desk.run(other.set_secret("THEIRS", VALUE, tools=["*/*"], hosts=[""]))
    with pytest.raises(RemoteError) as hidden:
        desk.run(Operator(desk.house, desk.agent).do(lambda client: client.secrets()))

    assert (refused.value.code, hidden.value.code) == ("auth.forbidden", "auth.forbidden")
    assert "THEIRS" not in desk.house.services.standing.ledger.secrets


def test_the_value_is_the_one_that_was_signed_and_is_handed_in_once(desk: Desk) -> None:
    person = desk.house.person

    def hand_in(client: Client) -> list[RemoteError | None]:
        signed = desk.house.pen(person).set_secret("ONCE", ["desk/*"], [""], Secret(VALUE))
        attempts = (
            signed._replace(value=Secret(VALUE + "!")),
            signed._replace(salt="0" * 64),
            signed,
            signed,
        )
        return [_error_of(client, attempt) for attempt in attempts]

    errors = desk.run(desk.operator.do(hand_in))

    codes = [error.code if error else "" for error in errors]
    assert codes == ["act.statement", "act.statement", "", "act.nonce_seen"]
    assert not [error for error in errors if error and VALUE in f"{error} {error.hint}"]


def _error_of(client: Client, signed: SignedSecret) -> RemoteError | None:
    try:
        client.set_secret(*signed)
    except RemoteError as error:
        return error
    return None


def test_a_rotation_signed_for_another_scope_is_refused(desk: Desk) -> None:
    before = desk.set("MOVED", VALUE)
    desk.set("MOVED", VALUE, tools="desk/whisper")

    with pytest.raises(RemoteError) as refused:
        desk.run(desk.operator.rotate(before, "another"))

    assert refused.value.code == "secret.changed"
    assert desk.reveal("MOVED") == VALUE


def test_rows_changed_past_the_log_neither_widen_nor_exchange_secrets(desk: Desk) -> None:
    desk.set("FIRST", "first-value", tools="desk/whisper")
    desk.set("SECOND", "second-value", tools="desk/other")

    def forge(unit: Unit) -> None:
        rows = {row.name: row for row in unit.secrets.all()}
        first, second = rows["FIRST"], rows["SECOND"]
        unit.secrets.set(replace(first, sealed=second.sealed, tools=["*/*"]))

    desk.run(desk.house.services.store.write(forge))

    with pytest.raises(SecretMissingError):
        desk.reveal("FIRST", tool="desk/other")
    with pytest.raises(SecretDamagedError):
        desk.reveal("FIRST")
    assert "secret.damaged" in desk.run(_ills(desk))
    desk.set("FIRST", "first-value")


def test_without_its_key_nothing_opens_and_the_doctor_says_so(desk: Desk) -> None:
    desk.set("LOCKED", VALUE)
    key = desk.house.services.vault.key_file
    aside = key.with_name("aside")
    key.rename(aside)
    try:
        with pytest.raises(SecretKeyError):
            desk.reveal("LOCKED")
        with pytest.raises(RemoteError) as refused:
            desk.set("LATER", VALUE)
        ills = desk.run(_ills(desk))
    finally:
        aside.rename(key)

    assert refused.value.code == "secret.key"
    assert "secret.key" in ills
    assert desk.reveal("LOCKED") == VALUE


async def _ills(desk: Desk) -> list[str]:
    person = await desk.house.caller(desk.house.person)
    return [line.code for line in await doctor(desk.house.services, person) if not line.ok]


def test_the_value_is_nowhere(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk.bind_all()
    for word in ("hey", "aloud"):
        desk.call(word)
    desk.run(desk.operator.do(lambda client: client.secrets()))
    bad = {"envelope": VALUE, "document": VALUE, "salt": VALUE, "value": [VALUE]}
    answers = desk.run(desk.operator.do(lambda client: _refused(client, bad)))
    lines = desk.run(desk.operator.do(lambda client: [*client.audit_entries()]))
    desk.run(desk.house.services.recorder.close())

    places = [json.dumps(lines), caplog.text, *answers]
    assert not [text for text in places if VALUE in text]
    files = [path for path in desk.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in files if VALUE.encode() in path.read_bytes()]


def _refused(client: Any, body: dict[str, Any]) -> list[str]:
    """Hand in what cannot be read; nothing of it may come back."""
    told: list[str] = []
    for path in ("/secrets", "/secrets/rotate"):
        try:
            client._http.post(dict, path, body)
        except RemoteError as error:
            told.append(f"{error.code} {error} {error.hint}")
    assert len(told) == 2
    return told
