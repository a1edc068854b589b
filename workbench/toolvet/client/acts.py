"""Acts: what a person decides, written as a statement from the bytes shown, and signed here.

The service receives a signed envelope and nothing that could sign another one.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from toolvet.audit import envelopes
from toolvet.audit.keys import PersonKey
from toolvet.client.shapes import KeyOwner
from toolvet.client.shown import Shown
from toolvet.client.unsigned import Statements, Unsigned, Words
from toolvet.config import now
from toolvet_reviews import digests
from toolvet_reviews.bindings import MountMode
from toolvet_reviews.findings import Finding
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.secret import Secret
from toolvet_reviews.values import Digest, EffectKind, PrincipalKind, Role, Tier
from toolvet_reviews.views import DeadView, SecretView, ServiceView

__all__ = ["Pen", "Signed", "Words"]


@dataclass(frozen=True)
class Signed:
    """An act that is ready to be handed in."""

    envelope: bytes
    document: bytes = b""
    """What it is about, for acts about names."""


class SignedSecret(NamedTuple):
    """An act about a secret, and what opens its commitment: only the service is told."""

    envelope: bytes
    document: bytes
    salt: str
    """64 hexadecimal digits."""
    value: Secret


class Pen:
    """Writes and signs the acts of one person at one service.

    Args:
        service: As `Memory.trusted` answered: its checkpoint and policy go into every act.
        key: Unlocked.
        principal: The person's principal id.
        clock: Where the time of an act comes from.
    """

    def __init__(
        self,
        service: ServiceView,
        key: PersonKey,
        principal: str,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._statements = Statements(service, principal, clock=clock)
        self._key = key

    def login(self) -> bytes:
        """Open a session."""
        return self._sign(self._statements.login())

    def vote(self, shown: Shown, words: Words | None = None) -> bytes:
        """Approve exactly what was shown.

        Raises:
            DifferenceError: It was shown by another service, or under another policy.
        """
        return self._sign(self._statements.vote(shown, words))

    def waive(self, shown: Shown, finding: Finding, expires: str, words: Words) -> bytes:
        """Overrule one finding of exactly what was shown, for a while, with a reason.

        Raises:
            DifferenceError: It was shown by another service, or under another policy.
        """
        return self._sign(self._statements.waive(shown, finding, expires, words))

    def rollback(
        self, approved: Manifest, release: Digest, current: Digest | None, words: Words | None
    ) -> bytes:
        """Move the stable channel to a release that was approved before.

        Args:
            approved: What the release digest stands for, as it was shown.
            current: What the channel serves now.
        """
        return self._sign(self._statements.rollback(approved, release, current, words))

    def add_principal(
        self, name: str, kind: PrincipalKind, roles: list[Role], sponsor: str | None
    ) -> Signed:
        """Add somebody.

        Args:
            sponsor: Principal id of the person an agent answers to.
        """
        return self._signed(self._statements.add_principal(name, kind, roles, sponsor))

    def enrol_key(self, owner: KeyOwner) -> Signed:
        """Let another person's key count."""
        return self._signed(self._statements.enrol_key(owner))

    def rotate_key(self, public: bytes) -> Signed:
        """Let one's own new key stand for the one this pen signs with.

        Args:
            public: Raw public key, 32 bytes.
        """
        return self._signed(self._statements.rotate_key(public, self._key.fingerprint))

    def add_grant(self, to: str, tool: str, up_to: EffectKind, expires: str | None) -> Signed:
        """Grant calling.

        Args:
            to: Principal id, or `role:NAME`.
            tool: Pattern over `toolset/name`.
            expires: RFC 3339 as `stamp` writes it; None never.
        """
        return self._signed(self._statements.add_grant(to, tool, up_to, expires))

    def apply_policy(self, text: str) -> bytes:
        """Put a policy in force."""
        return self._sign(self._statements.apply_policy(text))

    def consent(self, tier: Tier) -> Signed:
        """Consent to running tools in a lower tier."""
        return self._signed(self._statements.consent(tier))

    def replay(self, letter: DeadView) -> Signed:
        """Call again what a dead letter says."""
        return self._signed(self._statements.replay(letter))

    def set_secret(
        self, name: str, tools: Sequence[str], hosts: Sequence[str], value: Secret
    ) -> SignedSecret:
        """Let a secret go to some hosts for some tools.

        Args:
            tools: Patterns over `toolset/name`.
            hosts: Exact ones; the empty one lets the tools see it themselves.
        """
        salt = secrets.token_hex(digests.SALT_BYTES)
        commitment = _commitment(salt, value)
        act = self._signed(self._statements.set_secret(name, tools, hosts, commitment))
        return SignedSecret(act.envelope, act.document, salt, value)

    def rotate_secret(self, view: SecretView, value: Secret) -> SignedSecret:
        """Give a secret another value; where it may go stays as `view` says."""
        salt = secrets.token_hex(digests.SALT_BYTES)
        act = self._signed(self._statements.rotate_secret(view, _commitment(salt, value)))
        return SignedSecret(act.envelope, act.document, salt, value)

    def bind_mount(self, name: str, folder: str, mode: MountMode, tools: Sequence[str]) -> Signed:
        """Give some tools a folder under a name.

        Args:
            folder: Absolute path on the host of the service.
            tools: Patterns over `toolset/name`.
        """
        return self._signed(self._statements.bind_mount(name, folder, mode, tools))

    def _signed(self, act: Unsigned) -> Signed:
        return Signed(self._sign(act.statement), act.document)

    def _sign(self, statement: bytes) -> bytes:
        return envelopes.sign(statement, self._key)


def _commitment(salt: str, value: Secret) -> Digest:
    return digests.commit(bytes.fromhex(salt), value.reveal().encode())
