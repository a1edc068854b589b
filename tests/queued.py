"""A store with people, a policy and proposals that nobody verified: rows as use cases leave them.

For what follows from rows alone, such as whose turn it is, when a whole service would take seconds.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from toolvet.config import stamp
from toolvet.engine import bundles
from toolvet.engine.after import base_moved, happened
from toolvet.engine.bootstrap import Born, bootstrap
from toolvet.storage import Store, Unit, open_store
from toolvet.storage.rows import ChannelRow, ProposalRow, ReleaseRow, RevisionRow
from toolvet_reviews.attention import Happening
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.digests import sha256
from toolvet_reviews.policy import preset
from toolvet_reviews.principals import Principal
from toolvet_reviews.spec import parse_spec
from toolvet_reviews.values import Digest, PrincipalKind, Role
from toolvet_reviews.views import ProposalState

SPEC = """[tool]
name = "NAME"
summary = "Add two whole numbers."
entry = "tool:add"

[effects]
kind = "pure"

[[examples]]
arguments = { first = 1, second = 2 }
result = 3
"""
LINES = tuple(f"line = {number}\n" for number in range(12))


@dataclass
class SlowClock:
    """Stands still until a test moves it."""

    at: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def go(self, **span: float) -> str:
        """Let time pass; say what time it is then."""
        self.at += timedelta(**span)
        return stamp(self.at)

    @property
    def now(self) -> str:
        """The time as it is written."""
        return stamp(self.at)


@dataclass
class Rows:
    """An open store, and short ways of writing into it."""

    store: Store
    clock: SlowClock
    born: Born
    people: dict[str, str] = field(default_factory=dict[str, str])
    """Ids by name."""

    def add(
        self, name: str, *roles: Role, kind: PrincipalKind = "human", sponsor: str | None = None
    ) -> str:
        """Add somebody; return their id."""
        id = f"id-{name}"
        one = Principal(id, name, kind, frozenset(roles), sponsor)
        self.store.write_sync(lambda unit: unit.principals.add(one))
        self.people[name] = id
        return id

    def propose(
        self, tool: str, author: str, *, lines: tuple[str, ...] = LINES, kind: str = "pure"
    ) -> int:
        """Open a proposal that is being verified; return its number."""
        bundle = bundle_of(tool, lines, kind)

        def write(unit: Unit) -> int:
            bundles.store(unit, bundle)
            served = unit.releases.channel("default", tool, "stable")
            row = unit.proposals.create(
                ProposalRow(
                    0, "default", "default", tool, "verifying", author, None,
                    bundle.spec.effects.kind, 1, bundle.digest, None,
                    served.release_digest if served else None,
                    self.clock.now, self.clock.now, "",
                )
            )  # fmt: skip
            unit.proposals.add_revision(
                RevisionRow(row.number, 1, bundle.digest, self.clock.now, "verifying", None, None)
            )
            happened(unit, row.number, "submitted", author)
            return row.number

        return self.store.write_sync(write)

    def conclude(self, number: int, *, passed: bool = True) -> None:
        """Let the machine's verdict come."""
        state: ProposalState = "reviewing" if passed else "changes_wanted"
        self.move(number, state, "verdict_passed" if passed else "verdict_failed")

    def move(
        self, number: int, state: ProposalState, what: Happening, actor: str = "service"
    ) -> None:
        """Change a proposal's state as a use case would."""

        def write(unit: Unit) -> None:
            row = unit.proposals.get(number)
            assert row is not None
            release = f"sha256:{number:064x}" if state == "reviewing" else row.release_digest
            unit.proposals.save(
                replace(row, state=state, release_digest=release, updated_at=self.clock.now)
            )
            happened(unit, number, what, actor)

        self.store.write_sync(write)

    def tell(self, number: int, what: Happening, actor: str = "service") -> None:
        """Say that something happened."""
        self.store.write_sync(lambda unit: happened(unit, number, what, actor))

    def serve(self, tool: str, version: int, lines: tuple[str, ...] | None) -> None:
        """Serve a version of a tool, or stop it; its open proposals are looked at."""

        def write(unit: Unit) -> None:
            digest = None
            if lines is not None:
                bundle = bundle_of(tool, lines, "pure")
                bundles.store(unit, bundle)
                digest = release_of(tool, version)
                if unit.releases.get(digest) is None:
                    unit.releases.add(
                        ReleaseRow(digest, "default", "default", tool, version, bundle.digest,
                            1, self.clock.now, stopped=False)
                    )  # fmt: skip
            index = unit.log_size()
            unit.releases.set_channel(
                ChannelRow("default", "default", tool, "stable", digest, version, index)
            )
            base_moved(unit, "default", tool)

        self.store.write_sync(write)

    def row(self, number: int) -> ProposalRow:
        """Look at a proposal."""
        found = self.store.query_sync(lambda view: view.proposals.get(number))
        assert found is not None
        return found

    def turns(self, number: int) -> dict[str, str]:
        """Say whose turn it is, by name."""
        names = {id: name for name, id in self.people.items()}
        rows = self.store.query_sync(lambda view: view.turns.of(number))
        return {names.get(one.person, one.person): one.reason for one in rows}


def release_of(tool: str, version: int) -> Digest:
    """Name a release of a tool."""
    return sha256(f"{tool} {version}".encode())


def bundle_of(tool: str, lines: tuple[str, ...], kind: str) -> Bundle:
    """Make a bundle whose tool nobody ever runs."""
    spec = SPEC.replace("NAME", tool).replace('"pure"', f'"{kind}"')
    if kind in ("write", "destructive"):
        spec = spec.replace("[[examples]]", '[idempotency]\\nkind = "natural"\\n\\n[[examples]]')
    files: Mapping[str, bytes] = {
        "tool.py": "".join(lines).encode(),
        "tool.toml": spec.encode(),
    }
    return Bundle(parse_spec(spec), dict(files))


@contextmanager
def rows(folder: Path, *, policy: str | None = None, url: str | None = None) -> Generator[Rows]:
    """Open a store under a folder, or elsewhere, with a person of every role and an agent of theirs."""
    clock = SlowClock()
    store = open_store(url or f"sqlite:///{folder / 'queued.db'}", clock=clock)
    try:
        born = bootstrap(
            store,
            policy=policy or preset("solo"),
            person_name="person",
            moment=clock.now,
            nonces=("1" * 64, "2" * 64),
        )
        found = Rows(store, clock, born, {"person": born.person.id})
        found.add("bot", "author", kind="agent", sponsor=born.person.id)
        origin = found.propose("origin", found.people["bot"], lines=("origin = 1\n",))
        found.move(origin, "withdrawn", "withdrawn", found.people["bot"])
        yield found
    finally:
        store.close()
