"""A person and an agent of theirs, in this process, with the product's own client and key."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from stage import Stage, StageError

from toolvet.audit.keys import PersonKey, prove_possession
from toolvet.client import shown
from toolvet.client.acts import Pen
from toolvet.client.client import Client
from toolvet.client.transport import HttpTransport
from toolvet_reviews.views import ProposalView


@dataclass(frozen=True)
class Person:
    """The first person of a service, whose key lives in this process only."""

    stage: Stage
    key: PersonKey
    id: str
    client: Client
    agent: Client

    @classmethod
    def at(cls, stage: Stage) -> "Person":
        """Pin a key, add an agent and let it call everything."""
        local = _client(stage, (stage.home / "token").read_text().strip())
        key = PersonKey(Ed25519PrivateKey.generate())
        owner = local.pin_key(
            key.public.hex(), prove_possession(key, local.service().service_id)
        ).principal
        client = local.as_(local.login(Pen(local.service(), key, owner).login()))
        signed = Pen(local.service(), key, owner).add_principal(
            "agent", "agent", ["author", "caller"], owner
        )
        added = client.add_principal(signed.envelope, signed.document)
        grant = Pen(local.service(), key, owner).add_grant(added.principal.id, "*/*", "write", None)
        client.add_grant(grant.envelope, grant.document)
        return cls(stage, key, owner, client, local.as_(added.token or ""))

    def again(self) -> "Person":
        """Be the same person at the service that was started again."""
        self.leave()
        client, agent = (
            _client(self.stage, self.client.token),
            _client(self.stage, self.agent.token),
        )
        return replace(self, client=client, agent=agent)

    def leave(self) -> None:
        """Let go of every connection."""
        self.client.close()
        self.agent.close()

    def approve(self, proposal: str) -> ProposalView:
        """Look, check every digest, sign, hand in."""
        service = self.client.service()
        pen = Pen(service, self.key, self.id)
        return self.client.vote(proposal, pen.vote(shown.fetch(self.client, service, proposal)))

    def publish_folder(self, folder: Path) -> ProposalView:
        """Submit a bundle of the gallery and approve it."""
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }
        view: Any = self.agent.submit(files)
        while view.state == "verifying":
            view = self.agent.wait(view.id)
        if view.state != "reviewing":
            raise StageError(f"{folder.name} is {view.state}: {view.summary} {view.reason}")
        return self.approve(view.id)


def _client(stage: Stage, token: str) -> Client:
    return Client(HttpTransport.url(stage.url), token)
