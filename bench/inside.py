"""A service inside this process, for what has to be driven faster than any person would.

Everything is real but the checks: their evidence is canned, so that a revision is ready in
milliseconds. Votes and rollbacks are signed acts, accepted by the engine and entered into the log.
"""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet import wiring
from toolvet.audit import envelopes, keys
from toolvet.audit.keys import LogKey, PersonKey
from toolvet.checks import Interface
from toolvet.config import Settings, now, stamp, uuid7
from toolvet.engine import dossier, people, person_keys
from toolvet.engine.authenticate import authenticate
from toolvet.engine.bootstrap import bootstrap
from toolvet.engine.grants import add_grant
from toolvet.engine.rollback import rollback
from toolvet.engine.services import Services
from toolvet.engine.standing import Standing
from toolvet.engine.submit import submit
from toolvet.engine.verdict import VerifierParts, conclude, keep
from toolvet.engine.vote import vote
from toolvet.storage import Unit, open_store
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import CHECKS, preset
from toolvet_reviews.principals import Caller
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import Digest, Json, JsonObject, Tier

FACTS: JsonObject = {"repeat_equal": True, "runs": 2}
TOOL = """[tool]
name = "{name}"
summary = "Number {number} of {name}."
entry = "{name}:{name}"

[effects]
kind = "pure"

[[examples]]
arguments = {{}}
result = {number}
"""


class Canned:
    """Stands where the verifier stands: finds nothing wrong."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.interface = Interface(
            name="",
            description="",
            input_schema={"type": "object"},
            output_schema={"type": "integer"},
            takes_context=False,
            raises=(),
        )

    def start(self, proposal: int, revision: int) -> None:
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
        others = [name for name in CHECKS if name != "interface"]
        found = [_evidence(name, FACTS, services.tier.tier) for name in others]
        shape: dict[str, Json] = {"interface": self.interface.to_json()}
        found.append(_evidence("interface", shape, services.tier.tier))

        def store(unit: Unit) -> None:
            for evidence in found:
                keep(parts, unit, proposal, revision, evidence)
            conclude(parts, unit, proposal, revision)

        services.store.write_sync(store)

    def close(self) -> None:
        pass


def _evidence(check: str, facts: JsonObject, tier: Tier) -> Evidence:
    return Evidence(check, "passed", "canned", measurements=facts, tier=tier)


@dataclass
class Inside:
    """The service, the person who decides, and the agent who writes."""

    services: Services
    person: Caller
    key: PersonKey
    agent: Caller
    agent_token: str
    canned: Canned

    async def publish(self, name: str, number: int) -> str:
        """Submit, verify and approve one number of a tool; answer the release digest."""
        self.canned.interface = replace(
            self.canned.interface, name=name, description=f"Number {number} of {name}."
        )
        source = f"def {name}() -> int:\n    return {number}\n"
        files = {
            "tool.toml": TOOL.format(name=name, number=number).encode(),
            f"{name}.py": source.encode(),
        }
        found = await submit(self.services, self.agent, files)
        raw = await dossier.dossier(self.services, self.person, found.id)
        shown = canonical.parse_object(raw)
        release = Digest(str(shown["release_digest"]))
        envelope = self.sign(
            Verb.VOTE_APPROVE,
            ("proposal", found.id),
            release,
            proposal=found.id,
            base=shown["base_release"],
            channel="stable",
            verdict="approve",
            rubric=shown["rubric"],
            tier=shown["tier"],
            dossier=digests.sha256(raw),
        )
        await vote(self.services, self.person, found.id, envelope)
        return release

    async def roll_back(self, name: str, to: str, base: str) -> None:
        """Serve an earlier release again."""
        envelope = self.sign(
            Verb.CHANNEL_MOVE, ("release", to), Digest(to), base=base, channel="stable"
        )
        await rollback(self.services, self.person, name, envelope)

    def sign(self, verb: Verb, target: tuple[str, str], subject: Digest, **said: Any) -> bytes:
        """Sign an act as the person."""
        return sign(self.services, self.person, self.key, verb, target, subject, **said)


def sign(
    services: Services,
    person: Caller,
    key: PersonKey,
    verb: Verb,
    target: tuple[str, str],
    subject: Digest,
    **said: Any,
) -> bytes:
    """Sign an act."""
    seen = services.standing.signed
    if seen is None:
        raise RuntimeError("the log has no checkpoint")
    statement = Statement(
        subject=subject,
        service=services.service_id,
        actor=person.id,
        act=verb,
        target=Target(*target),
        policy=services.standing.policy,
        checkpoint_size=seen.size,
        checkpoint_root=seen.root,
        time=stamp(now()),
        nonce=secrets.token_hex(32),
        **said,
    )
    return envelopes.sign(statements.build(statement), key)


@asynccontextmanager
async def open_inside(folder: Path) -> AsyncGenerator[Inside]:
    """Make a home without a scanner, and open its services here."""
    settings = Settings(home=folder / "home", config_dir=folder / "config")
    settings.home.mkdir(parents=True)
    paths, log_key = settings.paths, LogKey.generate(f"toolvet/{uuid7()}")
    store = open_store(settings.database_url, clock=now)
    born = bootstrap(
        store,
        policy=preset("solo"),
        person_name="bench",
        moment=stamp(now()),
        nonces=(secrets.token_hex(32), secrets.token_hex(32)),
    )
    paths.token.write_text(born.local_token, encoding="ascii")
    log_key.save(paths.log_key)
    Standing(store, log_key, paths.checkpoint).load()
    store.close()
    async with wiring.open_services(settings) as opened:
        canned = Canned(opened)
        services = replace(opened, verifier=canned)  # pyright: ignore[reportArgumentType] - stands in
        person = Caller(born.person, "key", "cli")
        key = PersonKey(Ed25519PrivateKey.generate())
        proof = keys.prove_possession(key, services.service_id)
        await person_keys.pin_first_key(services, person, key.public.hex(), proof)
        token = await _agent(services, person, key)
        agent = await authenticate(services, token, "mcp")
        yield Inside(services, person, key, agent, token, canned)


async def _agent(services: Services, person: Caller, key: PersonKey) -> str:
    fields: JsonObject = {
        "id": uuid7(),
        "name": "writer",
        "principal_kind": "agent",
        "roles": ["author", "caller"],
        "sponsor": person.id,
    }
    document = statements.document("principal", fields, secrets.token_hex(32))
    target = ("principal", str(fields["id"]))
    envelope = sign(services, person, key, Verb.PRINCIPAL_ADD, target, digests.sha256(document))
    added = await people.add_principal(services, person, envelope, document)
    grant: JsonObject = {
        "id": uuid7(),
        "to": fields["id"],
        "tool": "*/*",
        "up_to": "write",
        "expires": None,
    }
    document = statements.document("grant", grant, secrets.token_hex(32))
    target = ("grant", str(grant["id"]))
    envelope = sign(services, person, key, Verb.GRANT_ADD, target, digests.sha256(document))
    await add_grant(services, person, envelope, document)
    return added.token or ""
