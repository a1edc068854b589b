"""A whole service in this process, with people whose keys live in memory: what tests stand on.

One house at a time: the durable work of verification exists once per process.
"""

import asyncio
import contextlib
import fcntl
import shutil
import sys
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit.keys import PersonKey, prove_possession
from toolvet.checks import Toolchain
from toolvet.client import shown
from toolvet.client.acts import Pen, Signed, Words
from toolvet.client.client import Client
from toolvet.client.connect import Connection
from toolvet.client.keys import KeyRing
from toolvet.config import Settings
from toolvet.engine import authenticate, call, look, submit
from toolvet.engine.services import Services
from toolvet.engine.verify import Keeper, Verifier
from toolvet.http.app import create_app
from toolvet.sandbox import TierReport
from toolvet.wiring.home import init_home
from toolvet.wiring.services import open_services
from toolvet_reviews.findings import Evidence
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, EffectKind, JsonObject, Role
from toolvet_reviews.views import CallView, GrantView, ProposalView, ToolView

VERDICT_S = 120.0
_FOUND: dict[tuple[str, Digest], Evidence] = {}
"""Evidence of every house in this process: it follows from its inputs, and from nothing else."""
PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class Member:
    """Somebody at the service, with what they hold."""

    name: str
    id: str
    token: str
    key: PersonKey | None = None


@dataclass
class House:
    """An open service, its first person, and the product's own client for signed acts."""

    settings: Settings
    services: Services
    client: Client
    """Holds the local token."""
    person: Member
    """The first person, who holds every role."""
    members: dict[str, Member] = field(default_factory=dict[str, Member])

    async def caller(self, member: Member) -> Caller:
        """Authenticate as the faces do."""
        return await authenticate.authenticate(self.services, member.token, "http")

    def of(self, member: Member) -> Client:
        """The client of a member; blocking, so call it in a thread."""
        return self.client.as_(member.token)

    def pen(self, member: Member) -> Pen:
        """What a person signs with; blocking."""
        assert member.key is not None
        return Pen(self.client.service(), member.key, member.id)

    # --- people ------------------------------------------------------------------------------

    async def agent(
        self, name: str, roles: Sequence[Role] = ("author", "caller"), sponsor: str = ""
    ) -> Member:
        """Add an agent, by default of the first person."""

        def add() -> Member:
            signed = self.pen(self.person).add_principal(
                name, "agent", [*roles], sponsor or self.person.id
            )
            added = self.of(self.person).add_principal(signed.envelope, signed.document)
            return Member(name, added.principal.id, added.token or "")

        return self._keep(await asyncio.to_thread(add))

    async def human(self, name: str, roles: Sequence[Role] = ("reviewer",)) -> Member:
        """Add a person, and let their key count."""

        def add() -> Member:
            client = self.of(self.person)
            signed = self.pen(self.person).add_principal(name, "human", [*roles], None)
            added = client.add_principal(signed.envelope, signed.document)
            key, code = PersonKey(Ed25519PrivateKey.generate()), added.code or ""
            asked = client.request_key(code, key.public.hex(), prove_possession(key, code))
            enrolled = self.pen(self.person).enrol_key(client.key_owner(asked.fingerprint))
            client.enrol_key(enrolled.envelope, enrolled.document)
            return self.log_in(Member(name, added.principal.id, "", key))

        return self._keep(await asyncio.to_thread(add))

    async def sit(self, name: str = "reviewer", passphrase: str = PASSPHRASE) -> Connection:
        """Add a person whose sealed key lies in this configuration, as faces find it."""

        def add() -> Connection:
            client = self.of(self.person)
            signed = self.pen(self.person).add_principal(name, "human", ["reviewer"], None)
            code = client.add_principal(signed.envelope, signed.document).code or ""
            ring = KeyRing(self.settings.config_dir / "keys")
            key = ring.unseal(ring.create(passphrase).fingerprint, passphrase)
            asked = client.request_key(code, key.public.hex(), prove_possession(key, code))
            enrolled = self.pen(self.person).enrol_key(client.key_owner(asked.fingerprint))
            client.enrol_key(enrolled.envelope, enrolled.document)
            return Connection(self.client, self.client.service(), self.settings)

        return await asyncio.to_thread(add)

    def log_in(self, member: Member) -> Member:
        """Open a session with the member's key; blocking."""
        token = self.client.login(self.pen(member).login())
        return Member(member.name, member.id, token, member.key)

    def _keep(self, member: Member) -> Member:
        self.members[member.name] = member
        return member

    async def grant(
        self,
        to: Member | str,
        tool: str = "*/*",
        up_to: EffectKind = "write",
        expires: str | None = None,
    ) -> GrantView:
        """Let somebody call."""

        def add() -> GrantView:
            name = to if isinstance(to, str) else to.id
            signed = self.pen(self.person).add_grant(name, tool, up_to, expires)
            return self.of(self.person).add_grant(signed.envelope, signed.document)

        return await asyncio.to_thread(add)

    async def sign(self, member: Member, act: str, *words: object) -> Signed:
        """Have a member write and sign an act of `Pen`, by name of the method."""

        def write() -> Signed:
            made: object = getattr(self.pen(member), act)(*words)
            return Signed(made) if isinstance(made, bytes) else cast("Signed", made)

        return await asyncio.to_thread(write)

    # --- the way of a tool -------------------------------------------------------------------

    async def submit(
        self, author: Member, files: dict[str, str], *, again: bool = False
    ) -> ProposalView:
        """Submit files and wait for the machine's verdict."""
        caller = await self.caller(author)
        sent = {path: text.encode() for path, text in files.items()}
        view = await submit.submit(self.services, caller, sent, again=again)
        return await self.verdict(view.id)

    async def verdict(self, proposal: str) -> ProposalView:
        """Wait for the machine's verdict."""
        caller = await self.caller(self.person)
        async with asyncio.timeout(VERDICT_S):
            while True:
                view = await look.wait(self.services, caller, proposal, 20)
                if view.state != "verifying":
                    return view

    def ballot(self, voter: Member, proposal: str, words: Words | None = None) -> bytes:
        """Look, check every digest, sign; blocking."""
        client = self.of(voter)
        return self.pen(voter).vote(shown.fetch(client, client.service(), proposal), words)

    async def approve(self, proposal: str, voter: Member | None = None) -> ProposalView:
        """Vote as a person does: through the client."""
        by = voter or self.person

        def vote() -> ProposalView:
            return self.of(by).vote(proposal, self.ballot(by, proposal))

        return await asyncio.to_thread(vote)

    async def publish(self, author: Member, files: dict[str, str]) -> ProposalView:
        """Submit, wait, approve."""
        view = await self.submit(author, files)
        assert view.state == "reviewing", (view.reason, view.evidence)
        return await self.approve(view.id)

    async def rollback(self, name: str, version: int, *, said: str = "") -> ToolView:
        """Move the stable channel to another version of a tool."""

        def move() -> ToolView:
            client = self.of(self.person)
            releases = client.releases(name)
            wanted = next(one for one in releases if one.version == version)
            current = next((Digest(one.digest) for one in releases if one.current), None)
            words = Words(said) if said else None
            envelope = self.pen(self.person).rollback(
                shown.fetch_manifest(client, wanted.digest), Digest(wanted.digest), current, words
            )
            return client.rollback(name, envelope, words.to_json() if words else None)

        return await asyncio.to_thread(move)

    async def call(
        self, member: Member, name: str, arguments: JsonObject, *, key: str | None = None
    ) -> CallView:
        """Call a tool."""
        caller = await self.caller(member)
        return await call.call(self.services, caller, name, arguments, key=key)


def toolchain() -> Path:
    """Give the scanners; made once per environment, which takes a package index."""
    root = Path(sys.prefix) / "toolvet-toolchain"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Toolchain(root).ensure()
    return root


def settings_in(folder: Path) -> Settings:
    """Say where a house under a folder has its home."""
    return Settings(home=folder / "home", config_dir=folder / "config")


def make_home(folder: Path, preset: str = "solo") -> Settings:
    """Make a home that shares the scanners; nobody has a key yet."""
    settings = settings_in(folder)
    settings.home.mkdir(mode=0o700, parents=True)
    settings.paths.toolchain.symlink_to(toolchain(), target_is_directory=True)
    init_home(settings, preset_name=preset, person_name="person", progress=lambda _: None)
    return settings


def copy_home(settings: Settings, folder: Path) -> Settings:
    """Copy a closed home with its scanners shared, as a template for another house."""
    copied = settings_in(folder)
    shutil.copytree(settings.home, copied.home, symlinks=True)
    return copied


@contextlib.contextmanager
def shared_evidence() -> Generator[None]:
    """Let houses of one process know what was found in another, as one home knows of its revisions.

    What checks find is tested beside them; here it only takes time.
    """
    of_home, keep = Verifier._cached, Keeper.__call__  # pyright: ignore[reportPrivateUsage]

    def cached(self: Verifier, check: str, inputs: Digest) -> Evidence | None:
        return of_home(self, check, inputs) or _FOUND.get((check, inputs))

    async def kept(self: Keeper, evidence: Evidence) -> None:
        _FOUND[evidence.check, evidence.inputs] = evidence
        await keep(self, evidence)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Verifier, "_cached", cached)
        patch.setattr(Keeper, "__call__", kept)
        yield


@asynccontextmanager
async def enter(
    settings: Settings, person: Member | None = None, *, tier: TierReport | None = None
) -> AsyncGenerator[House]:
    """Open a home; without a person its first key is pinned, with one they log in again."""
    with shared_evidence():
        async with (
            open_services(settings, tier=tier) as services,
            opened(settings, services, person) as house,
        ):
            yield house


@asynccontextmanager
async def opened(
    settings: Settings, services: Services, person: Member | None
) -> AsyncGenerator[House]:
    """Sit down in an open home."""
    token = settings.paths.token.read_text().strip()
    client = Client.in_process(create_app(services), token, seat="cli", loop=services.loop)
    house = House(settings, services, client, Member("person", "", token))
    with contextlib.closing(client):
        if person is None:
            house.person = await asyncio.to_thread(_pin, house)
        else:
            house.person = await asyncio.to_thread(house.log_in, person)
        yield house


@asynccontextmanager
async def new_house(folder: Path, preset: str = "solo") -> AsyncGenerator[House]:
    """Make a home under a folder and open it."""
    async with enter(await asyncio.to_thread(make_home, folder, preset)) as house:
        yield house


def _pin(house: House) -> Member:
    key = PersonKey(Ed25519PrivateKey.generate())
    proof = prove_possession(key, house.client.service().service_id)
    owner = house.client.pin_key(key.public.hex(), proof).principal
    return house.log_in(Member("person", owner, "", key))
