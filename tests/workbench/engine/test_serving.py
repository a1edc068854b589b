"""What is served follows from the log: whatever is changed past it is not served, and is named."""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import house
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from furniture import Furnished
from house import House

from toolvet.audit import envelopes
from toolvet.audit.keys import PersonKey
from toolvet.config import Settings, now, stamp
from toolvet.engine import call, disable, look
from toolvet.engine.authenticate import authenticate
from toolvet.engine.catalogue import Snapshot
from toolvet.engine.doctor import doctor
from toolvet.errors import LogError, ToolNotFoundError
from toolvet.storage import open_store
from toolvet.storage.rows import ChannelRow, ProposalRow, ReleaseRow, VoteRow
from toolvet.wiring.services import open_services
from toolvet_reviews import digests, statements
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.principals import Caller, Principal
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import ROLES, Digest

OpenCopy = Callable[[Path], AbstractAsyncContextManager[House]]
CASE_S = 60


@dataclass
class Burglar:
    """Somebody with the database of a closed home, and nobody's key."""

    settings: Settings

    def sql(self, text: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self.settings.paths.database)) as database, database:
            return list(database.execute(text, values))

    def one(self, text: str, *values: object) -> Any:
        return self.sql(text, *values)[0][0]

    def release(self, name: str, version: int = 1) -> str:
        found: str = self.one(
            "select digest from release where name = ? and version = ?", name, version
        )
        return found

    def spoil(self, digest: str) -> None:
        """Change one byte of a blob."""
        data: bytes = self.one("select data from blob where digest = ?", digest)
        self.sql("update blob set data = ? where digest = ?", data[:-1] + b"#", digest)


@dataclass(frozen=True)
class Found:
    """What a service says after it was opened again."""

    snapshot: Snapshot
    ill: list[str]
    """What the doctor names."""
    callable_names: list[str]

    def names(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self.ill)


@pytest.fixture
def burglar(furnished: Furnished, tmp_path: Path) -> Burglar:
    return Burglar(house.copy_home(furnished.settings, tmp_path))


async def examine(home: House) -> Found:
    services, bot = home.services, await home.caller(home.members["bot"])
    person = await home.caller(home.person)
    lines = await doctor(services, person)
    ill = [f"{line.area}: {line.message} ({line.code})" for line in lines if not line.ok]
    reachable: list[str] = []
    for name in ("add", "clip", "deliver", "multiply"):
        try:
            services.catalogue.find(bot.principal, name, stamp(now()))
            reachable.append(name)
        except ToolNotFoundError:
            pass
    return Found(services.catalogue.snapshot, ill, reachable)


def reopened(open_copy: OpenCopy, tmp_path: Path) -> Found:
    async def play() -> Found:
        async with open_copy(tmp_path) as home:
            return await examine(home)

    return asyncio.run(play())


def before(open_copy: OpenCopy, tmp_path: Path, what: Callable[[House], Any]) -> None:
    """Do something at the untouched house first."""

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            await what(home)

    asyncio.run(play())


def test_an_untouched_home_serves_all_and_the_doctor_names_nothing(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    found = reopened(open_copy, tmp_path)
    assert (found.callable_names, found.ill) == (["add", "clip", "deliver"], [])
    assert found.snapshot.served["add"].version == 2


def test_changed_code_is_not_served(burglar: Burglar, open_copy: OpenCopy, tmp_path: Path) -> None:
    code = burglar.one(
        "select digest from blob where cast(data as text) like '%second + first%' and kind = 'file'"
    )
    burglar.spoil(code)
    found = reopened(open_copy, tmp_path)
    assert found.callable_names == ["clip", "deliver"]
    assert found.names("catalogue", "add", "storage.blob_corrupt")


def test_a_removed_file_is_not_served(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    burglar.sql(
        "delete from blob where cast(data as text) like '%second + first%' and kind = 'file'"
    )
    found = reopened(open_copy, tmp_path)
    assert found.callable_names == ["clip", "deliver"]
    assert found.names("catalogue", "add is not served")


def test_a_changed_description_is_not_served_and_lets_no_older_release_back_in(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    release = burglar.release("add", 2)
    data: bytes = burglar.one("select data from blob where digest = ?", release)
    changed = data.replace(b"Add two whole numbers", b"Obey, and add numbers")
    assert changed != data
    burglar.sql("update blob set data = ? where digest = ?", changed, release)
    found = reopened(open_copy, tmp_path)
    assert found.callable_names == ["clip", "deliver"]
    assert found.names("catalogue", release)


def test_a_manifest_under_its_own_digest_is_nothing_anybody_approved(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    release = burglar.release("add", 2)
    data: bytes = burglar.one("select data from blob where digest = ?", release)
    changed = data.replace(b"Add two whole numbers", b"Obey, and add numbers")
    digest = digests.sha256(changed)
    burglar.sql("insert into blob values (?, 'manifest', ?, ?)", digest, len(changed), changed)
    burglar.sql("update release set digest = ? where digest = ?", digest, release)
    burglar.sql("update channel set release_digest = ? where name = 'add'", digest)
    found = reopened(open_copy, tmp_path)
    assert found.snapshot.served["add"].digest == release
    assert found.names("tables", "releases", digest, "row.differs")
    assert found.names("tables", "channels", "row.differs")


def test_a_channel_row_moved_to_an_older_release_moves_nothing(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    older = burglar.release("add", 1)
    burglar.sql("update channel set release_digest = ?, version = 1 where name = 'add'", older)
    found = reopened(open_copy, tmp_path)
    assert found.snapshot.served["add"].version == 2
    assert found.names("channels default/add/stable", older)


def test_a_channel_row_moved_to_another_tools_release_moves_nothing(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    foreign = burglar.release("clip")
    burglar.sql("update channel set release_digest = ? where name = 'add'", foreign)
    found = reopened(open_copy, tmp_path)
    assert found.snapshot.served["add"].digest == burglar.release("add", 2)
    assert found.names("channels default/add/stable", foreign)


def test_a_channel_row_moved_back_to_a_stopped_release_serves_nothing(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    async def stop(home: House) -> None:
        person = await home.caller(home.person)
        await disable.disable(home.services, person, "clip", "wrong", what="release")

    before(open_copy, tmp_path, stop)
    release = burglar.release("clip")
    burglar.sql("update release set stopped = 0 where digest = ?", release)
    burglar.sql("update channel set release_digest = ?, version = 1 where name = 'clip'", release)
    found = reopened(open_copy, tmp_path)
    assert found.callable_names == ["add", "deliver"]
    assert found.names("tables", "channels default/clip/stable: the log knows of no such row")
    assert found.names("tables", "releases", "stopped")


def test_an_inserted_approval_row_is_no_vote(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path, furnished: Furnished
) -> None:
    number = int(furnished.proposals["multiply"].removeprefix("P-"))
    release = burglar.one("select release_digest from proposal where number = ?", number)
    burglar.sql(
        "insert into vote select 1, ?, ?, voter, verdict, envelope, time, 0, 0 from vote limit 1",
        number,
        release,
    )

    async def play() -> Found:
        async with open_copy(tmp_path) as home:
            person = await home.caller(home.person)
            view = await look.show(home.services, person, furnished.proposals["multiply"])
            assert (view.state, view.people_needed) == ("reviewing", 1)
            return await examine(home)

    found = asyncio.run(play())
    assert "multiply" not in found.callable_names
    assert found.names("tables", "votes 1", "no such row")


def test_a_published_row_without_the_log_is_not_served(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path, furnished: Furnished
) -> None:
    number = int(furnished.proposals["multiply"].removeprefix("P-"))
    release = burglar.one("select release_digest from proposal where number = ?", number)
    burglar.sql("update proposal set state = 'published' where number = ?", number)
    burglar.sql(
        "insert into release select ?, workspace, toolset, 'multiply', 1, revision_digest, ?,"
        " published_at, 0 from release limit 1",
        release,
        number,
    )
    burglar.sql(
        "insert into channel select workspace, toolset, 'multiply', channel, ?, 1, entry"
        " from channel limit 1",
        release,
    )
    found = reopened(open_copy, tmp_path)
    assert "multiply" not in found.callable_names
    assert found.names("tables", f"releases {release}")
    assert found.names("tables", "channels default/multiply/stable")


@pytest.mark.parametrize("fate", ["spoiled", "removed"])
def test_a_release_whose_votes_envelope_is_gone_is_not_served(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path, fate: str
) -> None:
    release = burglar.release("clip")
    envelope = burglar.one("select envelope from vote where release_digest = ?", release)
    if fate == "spoiled":
        burglar.spoil(envelope)
    else:
        burglar.sql("delete from blob where digest = ?", envelope)
    found = reopened(open_copy, tmp_path)
    assert found.callable_names == ["add", "deliver"]
    assert found.names("log: ", "act.unsigned")
    assert found.names("tables", "releases", release)


def forge(burglar: Burglar, proposal: str) -> str:
    """Append to the log what a vote and its publication would, signed with a key of one's own."""
    settings, number = burglar.settings, int(proposal.removeprefix("P-"))
    store = open_store(settings.database_url, clock=now)
    try:
        with store.read() as view:
            row = view.proposals.get(number)
            assert row is not None
            revision = view.proposals.revision(number, row.revision)
            assert revision is not None
            person = next(one for one in view.principals.all() if one.kind == "human")
            service = view.facts.get("service_id")
            policy = view.policies.current()
            size = view.log_size()
            root = view.root(size)
        assert service is not None
        assert policy is not None
        release = Digest(row.release_digest or "")
        said = Statement(
            subject=release,
            service=service,
            actor=person.id,
            act=Verb.VOTE_APPROVE,
            target=Target("proposal", proposal),
            policy=Digest(policy[0]),
            checkpoint_size=size,
            checkpoint_root=root,
            time=stamp(now()),
            nonce=secrets.token_hex(32),
            proposal=proposal,
            channel="stable",
            verdict="approve",
            rubric=dict.fromkeys(
                ("correctness", "safety", "idempotency", "observability", "rollback", "cost"),
                "met",
            ),
            tier="B",
            dossier=revision.dossier,
        )
        envelope = envelopes.sign(statements.build(said), PersonKey(Ed25519PrivateKey.generate()))
        store.write_sync(
            lambda unit: _append_forged(unit, row, person, service, policy[0], envelope)
        )
    finally:
        store.close()
    return release


def _append_forged(
    unit: Any, row: ProposalRow, person: Principal, service: str, policy: str, envelope: bytes
) -> None:
    release, proposal = Digest(row.release_digest or ""), f"P-{row.number}"
    act = unit.put_blob(envelope, "act")
    caller = Caller(replace(person, roles=frozenset(ROLES)), "key", "cli")
    vote = EntryDraft(
        verb=Verb.VOTE_APPROVE,
        actor=caller.id,
        actor_kind="human",
        auth="key",
        seat="cli",
        target_kind="proposal",
        target_id=proposal,
        digest=release,
        policy=Digest(policy),
        tier="B",
        act=act,
        facts={"proposal": proposal, "revision": row.revision, "as_sponsor": True},
    )
    index = unit.append(vote)
    unit.proposals.add_vote(
        VoteRow(index, row.number, release, person.id, "approve", act, stamp(now()), True)
    )
    published = EntryDraft(
        verb=Verb.RELEASE_PUBLISH,
        actor=service,
        actor_kind="service",
        auth="service",
        seat="service",
        target_kind="proposal",
        target_id=proposal,
        digest=release,
        policy=Digest(policy),
        evidence=(act,),
        tier="B",
        facts={"proposal": proposal, "version": 1, "channel": "stable", "kind": row.kind},
    )
    entry = unit.append(published)
    unit.releases.add(
        ReleaseRow(
            release, "default", row.toolset, row.tool, 1, row.revision_digest, row.number, "now"
        )
    )
    unit.releases.set_channel(
        ChannelRow("default", row.toolset, row.tool, "stable", release, 1, entry)
    )


def test_a_forged_signature_in_the_log_publishes_nothing(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path, furnished: Furnished
) -> None:
    release = forge(burglar, furnished.proposals["multiply"])
    found = reopened(open_copy, tmp_path)
    assert found.callable_names == ["add", "clip", "deliver"]
    assert found.names("log: ", "2 entries do not count", "act.")
    assert found.names("tables", f"releases {release}", "no such row")
    assert found.names("tables", "votes", "no such row")


def test_rows_of_grants_and_roles_grant_nothing(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path, furnished: Furnished
) -> None:
    other = furnished.members["other"]
    burglar.sql(
        "insert into 'grant' (id, 'to', tool, up_to, expires, active)"
        " values ('g', ?, '*/*', 'destructive', null, 1)",
        other.id,
    )
    burglar.sql("update principal set roles = 'operator,reviewer' where id = ?", other.id)

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            caller = await home.caller(other)
            assert not caller.has("operator", "reviewer")
            with pytest.raises(ToolNotFoundError):
                await call.call(home.services, caller, "add", {"first": 1, "second": 1})
            found = await examine(home)
            assert found.names("tables", "grants g", "no such row")
            assert found.names("tables", f"principals {other.id}", "roles")

    asyncio.run(play())


def test_a_grant_whose_document_was_widened_grants_nothing(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    entry = burglar.one('select "index" from entry where verb = ?', "grant:add")
    body: bytes = burglar.one("select body from payload where entry = ?", entry)
    burglar.sql(
        "update payload set body = ? where entry = ?", body.replace(b"write", b"destructive"), entry
    )
    found = reopened(open_copy, tmp_path)
    assert found.callable_names == []
    assert found.names("log: ", "document.differs")


def test_a_policy_row_is_not_in_force(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    burglar.sql("insert into policy values (999, 'sha256:0', 'schema = 1')")

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            assert home.services.standing.rules.preset == "solo"
            assert (await examine(home)).names("tables", "policy")

    asyncio.run(play())


@pytest.mark.parametrize("body", [b"not json", b'"schema = 1"', b"{}"])
def test_a_changed_policy_text_puts_nothing_in_force_and_the_doctor_still_answers(
    burglar: Burglar, body: bytes
) -> None:
    entry = burglar.one('select "index" from entry where verb = ?', "policy:apply")
    burglar.sql("update payload set body = ? where entry = ?", body, entry)

    async def play() -> None:
        async with open_services(burglar.settings) as services:
            assert not services.catalogue.snapshot.served
            token = burglar.settings.paths.token.read_text()
            caller = await authenticate(services, token, "cli")
            lines = await doctor(services, caller)
            assert any(line.area == "log" and not line.ok for line in lines)

    asyncio.run(play())


@pytest.mark.parametrize(
    "damage",
    [
        'update entry set leaf = cast(replace(cast(leaf as text), "principal", "princlpal") as blob)',
        'delete from entry where "index" = 4',
        'delete from entry where "index" >= 10',
        "delete from entry",
        "delete from tile",
    ],
)
def test_a_log_that_is_not_the_signed_one_opens_nothing(
    burglar: Burglar, tmp_path: Path, damage: str
) -> None:
    burglar.sql("delete from payload")  # they refer to entries
    burglar.sql(damage)

    async def play() -> None:
        async with open_services(burglar.settings):
            pass

    with pytest.raises(LogError):
        asyncio.run(play())


def test_a_rolled_back_database_does_not_extend_what_was_signed(
    burglar: Burglar, open_copy: OpenCopy, tmp_path: Path
) -> None:
    database = burglar.settings.paths.database
    saved = database.read_bytes()

    async def more(home: House) -> None:
        await home.agent("later")

    before(open_copy, tmp_path, more)
    for leftover in database.parent.glob("toolvet.db-*"):
        leftover.unlink()
    database.write_bytes(saved)

    async def play() -> None:
        async with open_services(burglar.settings):
            pass

    with pytest.raises(LogError):
        asyncio.run(play())
