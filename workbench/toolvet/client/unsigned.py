"""Statements as a person would sign them, written without a key from the bytes that were shown.

`Pen` signs them in this process; the JupyterLab page gets them to sign where the key is. There is
one writer, so a face cannot word an act differently from another.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from toolvet.client.errors import DifferenceError
from toolvet.client.seen import checkpoint_of
from toolvet.client.shapes import KeyOwner
from toolvet.client.shown import Shown
from toolvet.config import now, stamp, uuid7
from toolvet_reviews import bindings, digests, statements
from toolvet_reviews.bindings import VISIBLE, MountBinding, MountMode, SecretBinding
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Finding
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import Digest, EffectKind, Json, JsonObject, PrincipalKind, Role, Tier
from toolvet_reviews.views import DeadView, SecretView, ServiceView


@dataclass(frozen=True)
class Words:
    """A note beside an act: the act names only their salted commitment."""

    text: str
    salt: str = field(default_factory=lambda: secrets.token_hex(32))

    @property
    def commitment(self) -> Digest:
        """What the statement names."""
        return digests.commit(bytes.fromhex(self.salt), self.text.encode())

    def to_json(self) -> dict[str, str]:
        """Write it as it travels beside the envelope."""
        return {"salt": self.salt, "text": self.text}


@dataclass(frozen=True)
class Unsigned:
    """An act about a name, before it is signed."""

    statement: bytes
    """Canonical bytes, as `envelopes.sign` takes them."""
    document: bytes
    """What its subject is the digest of."""


class Statements:
    """Writes the acts of one person at one service; nothing here decides anything.

    Args:
        service: As `Memory.trusted` answered: its checkpoint and policy go into every act.
        principal: The person's principal id.
        clock: Where the time of an act comes from.
        nonce: Makes the 64 hexadecimal digits that no two acts share.
    """

    def __init__(
        self,
        service: ServiceView,
        principal: str,
        *,
        clock: Callable[[], datetime] = now,
        nonce: Callable[[], str] = lambda: secrets.token_hex(32),
    ) -> None:
        self._service = service
        self._principal = principal
        self._clock = clock
        self._nonce = nonce

    def login(self) -> bytes:
        """Open a session."""
        service_id = self._service.service_id
        subject = digests.sha256(service_id.encode())
        target = Target("service", service_id)
        return statements.build(self._statement(Verb.LOGIN_OPEN, subject, target))

    def vote(self, shown: Shown, words: Words | None = None) -> bytes:
        """Approve exactly what was shown.

        Raises:
            DifferenceError: It was shown by another service, or under another policy.
        """
        if shown.policy != self._service.policy_digest:
            raise DifferenceError("the policy changed since this was shown")
        statement = self._statement(
            Verb.VOTE_APPROVE, shown.release, Target("proposal", shown.view.id)
        )
        return statements.build(
            replace(
                statement,
                subject_name=subject_name(shown.manifest),
                proposal=shown.view.id,
                base=shown.base,
                channel="stable",
                verdict="approve",
                rubric=shown.marks,
                waivers=shown.waived,
                tier=shown.tier,
                dossier=shown.dossier,
                note=words.commitment if words else None,
            )
        )

    def waive(self, shown: Shown, finding: Finding, expires: str, words: Words) -> bytes:
        """Overrule one finding of exactly what was shown, for a while, with a reason.

        Args:
            expires: RFC 3339 as `stamp` writes it.

        Raises:
            DifferenceError: It was shown by another service, or under another policy.
        """
        if shown.policy != self._service.policy_digest:
            raise DifferenceError("the policy changed since this was shown")
        statement = self._statement(
            Verb.WAIVER_ADD, shown.release, Target("proposal", shown.view.id)
        )
        return statements.build(
            replace(
                statement,
                subject_name=subject_name(shown.manifest),
                proposal=shown.view.id,
                waivers=(finding.fingerprint,),
                dossier=shown.dossier,
                note=words.commitment,
                facts={"rule": finding.rule, "expires": expires},
            )
        )

    def rollback(
        self, approved: Manifest, release: Digest, current: Digest | None, words: Words | None
    ) -> bytes:
        """Move the stable channel to a release that was approved before.

        Args:
            approved: What the release digest stands for, as it was shown.
            current: What the channel serves now.
        """
        statement = self._statement(Verb.CHANNEL_MOVE, release, Target("release", release))
        return statements.build(
            replace(
                statement,
                subject_name=subject_name(approved),
                base=current,
                channel="stable",
                note=words.commitment if words else None,
            )
        )

    def add_principal(
        self, name: str, kind: PrincipalKind, roles: list[Role], sponsor: str | None
    ) -> Unsigned:
        """Add somebody.

        Args:
            sponsor: Principal id of the person an agent answers to.
        """
        listed: list[Json] = [*sorted(roles)]
        fields: JsonObject = {
            "id": uuid7(),
            "name": name,
            "principal_kind": kind,
            "roles": listed,
            "sponsor": sponsor,
        }
        return self._about("principal", Verb.PRINCIPAL_ADD, str(fields["id"]), fields)

    def enrol_key(self, owner: KeyOwner) -> Unsigned:
        """Let another person's key count."""
        fields: JsonObject = {
            "principal": owner.principal,
            "fingerprint": owner.fingerprint,
            "public": owner.public,
        }
        return self._about("key", Verb.KEY_ENROL, owner.principal, fields, target="principal")

    def rotate_key(self, public: bytes, replaced: Digest) -> Unsigned:
        """Let one's own new key stand for the one that signs this.

        Args:
            public: Raw public key, 32 bytes.
        """
        fields: JsonObject = {
            "principal": self._principal,
            "fingerprint": digests.sha256(public),
            "public": public.hex(),
            "replaces": replaced,
        }
        return self._about("key", Verb.KEY_ENROL, self._principal, fields, target="principal")

    def add_grant(self, to: str, tool: str, up_to: EffectKind, expires: str | None) -> Unsigned:
        """Grant calling.

        Args:
            to: Principal id, or `role:NAME`.
            tool: Pattern over `toolset/name`.
            expires: RFC 3339 as `stamp` writes it; None never.
        """
        fields: JsonObject = {
            "id": uuid7(),
            "to": to,
            "tool": tool,
            "up_to": up_to,
            "expires": expires,
        }
        return self._about("grant", Verb.GRANT_ADD, str(fields["id"]), fields)

    def apply_policy(self, text: str) -> bytes:
        """Put a policy in force."""
        digest = digests.sha256(text.encode())
        return statements.build(
            self._statement(Verb.POLICY_APPLY, digest, Target("policy", digest))
        )

    def consent(self, tier: Tier) -> Unsigned:
        """Consent to running tools in a lower tier."""
        return self._about("tier", Verb.TIER_CONSENT, tier, {"tier": tier})

    def replay(self, letter: DeadView) -> Unsigned:
        """Call again what a dead letter says, on the release and with the arguments shown."""
        fields: JsonObject = {
            "id": letter.id,
            "tool": letter.tool,
            "release": letter.serving,
            "arguments": digests.of_json(letter.arguments),
        }
        return self._about("dead_letter", Verb.DEAD_REPLAY, letter.id, fields)

    def set_secret(
        self, name: str, tools: Sequence[str], hosts: Sequence[str], commitment: Digest
    ) -> Unsigned:
        """Let a secret go to some hosts for some tools.

        Args:
            tools: Patterns over `toolset/name`.
            hosts: Exact ones; the empty one lets the tools see it themselves.
            commitment: To the value, made with 32 random bytes.

        Raises:
            BindingError: Such a secret cannot be bound.
        """
        scope = (tuple(sorted(set(tools))), tuple(sorted(set(hosts))))
        return self._secret(Verb.SECRET_SET, SecretBinding(uuid7(), name, *scope, commitment))

    def rotate_secret(self, view: SecretView, commitment: Digest) -> Unsigned:
        """Give a secret another value; where it may go stays as `view` says."""
        hosts = (*view.hosts, *((VISIBLE,) if view.visible else ()))
        binding = SecretBinding(view.id, view.name, view.tools, tuple(sorted(hosts)), commitment)
        return self._secret(Verb.SECRET_ROTATE, binding)

    def _secret(self, verb: Verb, binding: SecretBinding) -> Unsigned:
        fields = bindings.secret_json(binding)
        bindings.read_secret(fields)
        return self._about("secret", verb, binding.id, fields)

    def bind_mount(self, name: str, folder: str, mode: MountMode, tools: Sequence[str]) -> Unsigned:
        """Give some tools a folder under a name.

        Args:
            folder: Absolute path on the host of the service.
            tools: Patterns over `toolset/name`.

        Raises:
            BindingError: Such a mount cannot be bound.
        """
        patterns = tuple(sorted(set(tools)))
        fields = bindings.mount_json(MountBinding(uuid7(), name, folder, mode, patterns))
        bindings.read_mount(fields)
        return self._about("mount", Verb.MOUNT_BIND, str(fields["id"]), fields)

    def _about(
        self, kind: str, verb: Verb, target_id: str, fields: JsonObject, *, target: str = ""
    ) -> Unsigned:
        document = statements.document(kind, fields, self._nonce())
        subject = digests.sha256(document)
        statement = self._statement(verb, subject, Target(target or kind, target_id))
        return Unsigned(statements.build(statement), document)

    def _statement(self, act: Verb, subject: Digest, target: Target) -> Statement:
        checkpoint = checkpoint_of(self._service)
        return Statement(
            subject=subject,
            service=self._service.service_id,
            actor=self._principal,
            act=act,
            target=target,
            policy=Digest(self._service.policy_digest),
            checkpoint_size=checkpoint.size,
            checkpoint_root=checkpoint.root,
            time=stamp(self._clock()),
            nonce=self._nonce(),
        )


def subject_name(approved: Manifest) -> str:
    """Say how a statement names a tool."""
    return f"{approved.toolset}/{approved.name}"
