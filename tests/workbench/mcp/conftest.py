"""A service with a person, agents and published tools, served over real HTTP on loopback.

Verification is canned but for the interface, so that publishing takes milliseconds: what these
tests are about begins after it. Votes are signed, checked and logged as anywhere else.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette

from toolvet import wiring
from toolvet.audit import envelopes, keys
from toolvet.audit.keys import PersonKey
from toolvet.checks import CheckContext, Toolchain, interface, unpacked
from toolvet.config import Settings, now, stamp, uuid7
from toolvet.engine import bundles, dossier, look, people, person_keys
from toolvet.engine.authenticate import authenticate
from toolvet.engine.grants import add_grant
from toolvet.engine.rollback import rollback
from toolvet.engine.services import Services
from toolvet.engine.submit import submit_inline
from toolvet.engine.verdict import VerifierParts, conclude, keep
from toolvet.engine.vote import vote
from toolvet.mcp.endpoint import create_mcp
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import CHECKS
from toolvet_reviews.principals import Caller
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import Digest, Json, JsonObject, Tier

CANNED = tuple(name for name in CHECKS if name != "interface")


class QuickVerifier:
    """Believes everything of a revision but its interface."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.work: set[asyncio.Task[None]] = set()

    def start(self, proposal: int, revision: int) -> None:
        task = asyncio.create_task(self._verify(proposal, revision))
        self.work.add(task)
        task.add_done_callback(self.work.discard)

    def close(self) -> None:
        pass

    async def _verify(self, proposal: int, revision: int) -> None:
        services = self._services
        parts = VerifierParts(
            services.paths,
            services.store,
            services.standing,
            services.pool,
            services.tier,
            services.toolchain,
            services.clock,
            services.service_id,
        )
        row = await services.store.query(lambda view: view.proposals.revision(proposal, revision))
        assert row is not None
        files = await services.store.query(lambda view: bundles.load(view, Digest(row.digest)))
        with unpacked(files) as folder:
            context = CheckContext(
                bundle=bundles.of(files),
                folder=folder,
                pool=services.pool,
                tools=services.toolchain,
                tier=services.tier.tier,
            )
            found = [
                *(canned(name, services.tier.tier) for name in CANNED),
                await interface.run(context),
            ]

        def store(unit: Any) -> None:
            for evidence in found:
                keep(parts, unit, proposal, revision, evidence)
            conclude(parts, unit, proposal, revision)

        await services.store.write(store)


def canned(check: str, tier: Tier) -> Evidence:
    """Make evidence that finds nothing wrong."""
    facts: JsonObject = {
        "repeat_equal": True, "log_events": 1, "runs": 2, "rollback_rehearsed": True
    }  # fmt: skip
    return Evidence(check, "passed", "canned", measurements=facts, tier=tier)


@dataclass(frozen=True)
class Sample:
    """A tool to publish."""

    source: str
    examples: list[JsonObject]


ADD = Sample(
    '''"""Adding."""


def add(a: int, b: int) -> int:
    """Add two integers.

    Args:
        a: One.
        b: The other.
    """
    return a + b
''',
    [{"arguments": {"a": 1, "b": 2}, "result": 3}],
)
BETTER = Sample(ADD.source.replace("two integers", "two integers, better"), ADD.examples)
SHOUT = Sample(
    '''"""Shouting."""


def shout(text: str) -> dict[str, str]:
    """Write in capitals.

    Args:
        text: What to shout.
    """
    return {"text": text.upper()}
''',
    [{"arguments": {"text": "a"}, "result": {"text": "A"}}],
)


@dataclass
class House:
    """A running service, and the person who decides in it."""

    services: Services
    url: str
    person: Caller
    key: PersonKey
    verifier: QuickVerifier
    add: ClassVar[Sample] = ADD
    better: ClassVar[Sample] = BETTER
    """The same tool with another description."""
    shout: ClassVar[Sample] = SHOUT

    @asynccontextmanager
    async def client(self, token: str, **options: Any) -> AsyncGenerator[Client]:
        """Open a session of the SDK's client, logged in with a token."""
        headers = {"authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(self.url, http_client=http), **options) as client,
        ):
            yield client

    async def agent(self, name: str, *roles: str) -> str:
        """Add an agent; answer its token."""
        listed: list[Json] = [*sorted(roles)]
        fields: JsonObject = {
            "id": uuid7(),
            "name": name,
            "principal_kind": "agent",
            "roles": listed,
            "sponsor": self.person.id,
        }
        document = statements.document("principal", fields, secrets.token_hex(32))
        envelope = self.sign(
            Verb.PRINCIPAL_ADD, ("principal", str(fields["id"])), digests.sha256(document)
        )
        added = await people.add_principal(self.services, self.person, envelope, document)
        assert added.token is not None
        return added.token

    async def grant(self, to: str, tool: str = "*/*") -> None:
        """Let a principal, by name, or a role call tools up to write."""
        if not to.startswith("role:"):
            everybody = await people.principals(self.services, self.person)
            to = next(found.id for found in everybody if found.name == to)
        fields: JsonObject = {
            "id": uuid7(),
            "to": to,
            "tool": tool,
            "up_to": "write",
            "expires": None,
        }
        document = statements.document("grant", fields, secrets.token_hex(32))
        envelope = self.sign(Verb.GRANT_ADD, ("grant", str(fields["id"])), digests.sha256(document))
        await add_grant(self.services, self.person, envelope, document)

    async def publish(self, token: str, tool: Sample) -> str:
        """Submit as an agent and approve as the person; answer the release digest."""
        author = await authenticate(self.services, token, "mcp")
        found = await submit_inline(self.services, author, tool.source, tool.examples)
        await asyncio.gather(*self.verifier.work)
        verified = await look.show(self.services, author, found.id)
        assert verified.state == "reviewing", (verified.reason, verified.evidence)
        return await self.approve(found.id)

    async def approve(self, proposal: str) -> str:
        """Sign for what the dossier shows."""
        shown = canonical.parse_object(await dossier.dossier(self.services, self.person, proposal))
        shown_digest = digests.of_json(shown)
        release = Digest(str(shown["release_digest"]))
        envelope = self.sign(
            Verb.VOTE_APPROVE,
            ("proposal", proposal),
            release,
            proposal=proposal,
            base=shown["base_release"],
            channel="stable",
            verdict="approve",
            rubric=shown["rubric"],
            tier=shown["tier"],
            dossier=shown_digest,
        )
        await vote(self.services, self.person, proposal, envelope)
        return release

    async def roll_back(self, name: str, to: str, base: str) -> None:
        """Point the channel to an earlier release."""
        envelope = self.sign(
            Verb.CHANNEL_MOVE, ("release", to), Digest(to), base=base, channel="stable"
        )
        await rollback(self.services, self.person, name, envelope)

    def sign(self, verb: Verb, target: tuple[str, str], subject: Digest, **said: Any) -> bytes:
        """Sign an act as the person."""
        seen = self.services.standing.signed
        policy = self.services.standing.policy
        assert seen is not None
        assert policy is not None
        statement = Statement(
            subject=subject,
            service=self.services.service_id,
            actor=self.person.id,
            act=verb,
            target=Target(*target),
            policy=policy,
            checkpoint_size=seen.size,
            checkpoint_root=seen.root,
            time=stamp(now()),
            nonce=secrets.token_hex(32),
            **said,
        )
        return envelopes.sign(statements.build(statement), self.key)


Opener = Callable[[], AbstractAsyncContextManager[House]]


@pytest.fixture
def open_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open a fresh service; its scanner is never needed, so it is not installed."""

    def no_scanner(_self: object, _progress: object) -> None:
        return

    monkeypatch.setattr(Toolchain, "ensure", no_scanner)
    settings = Settings(home=tmp_path / "home", config_dir=tmp_path / "config")

    @asynccontextmanager
    async def opened() -> AsyncGenerator[House]:
        born = wiring.init_home(
            settings, preset_name="solo", person_name="ada", progress=lambda _line: None
        ).born
        async with wiring.open_services(settings) as services:
            quick = QuickVerifier(services)
            services = replace(services, verifier=quick)  # pyright: ignore[reportArgumentType]
            person = Caller(born.person, "key", "cli")
            key = PersonKey(Ed25519PrivateKey.generate())
            proof = keys.prove_possession(key, services.service_id)
            await person_keys.pin_first_key(services, person, key.public.hex(), proof)
            async with serving(services) as url:
                yield House(services, url, person, key, quick)

    return opened


@asynccontextmanager
async def serving(services: Services) -> AsyncGenerator[str]:
    """Serve MCP on a free port of loopback."""
    endpoint = create_mcp(services)
    app = Starlette(routes=[endpoint.route], lifespan=lambda _app: endpoint.lifespan())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        await task
