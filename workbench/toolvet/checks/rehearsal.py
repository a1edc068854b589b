"""A scratch registry: publish, roll back and withdraw a release by the rules that hold in earnest.

A log in memory with a person, a key and a policy of its own; what is served is what the ledger says
of it, which is the derivation that service and auditor share. Nothing of the home is touched.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit import entries, envelopes
from toolvet.audit.keys import PersonKey
from toolvet.audit.ledger import Ledger
from toolvet.audit.merkle import MemoryTree, leaf_hash
from toolvet.checks.schemas import compile_schema
from toolvet_reviews import canonical, digests, manifest, statements
from toolvet_reviews.events import EntryDraft, Fact, Verb
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.policy import CRITERIA, preset
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import ROLES, Digest, EffectKind, Json

_SERVICE = "00000000-0000-7000-8000-000000000001"
_PERSON = "00000000-0000-7000-8000-000000000002"
_AGENT = "00000000-0000-7000-8000-000000000003"
_TIME = "2000-01-01T00:00:00.000000Z"
_FIRST = 1


@dataclass(frozen=True)
class Rehearsed:
    """What happened in the scratch registry."""

    steps: tuple[str, ...]
    """What was done and seen, in order."""
    trouble: str = ""
    """What did not go as it should; empty when everything did."""


def rehearse(new: Manifest, old: Manifest | None, kind: EffectKind, version: int) -> Rehearsed:
    """Publish a release, go back to the one before, and withdraw what serves then.

    Args:
        new: As derived from the revision.
        old: Of what serves now; None for a new tool.
        kind: Of the effects.
        version: Of what serves now; 0 for a new tool.

    Raises:
        ToolvetError: An entry cannot even be written.
        ReviewError: A statement cannot be.
    """
    registry = _Registry()
    steps: list[str] = []
    before = _served(registry, old, kind, max(version, _FIRST)) if old is not None else None
    fresh = manifest.digest(new)
    if fresh != before:
        registry.publish(new, kind, version + 1, before)
        if registry.serving(new) != fresh:
            return Rehearsed(tuple(steps), registry.complaint("it is not served once published"))
        steps.append(f"version {version + 1} was published and served")
    if before is not None and fresh != before:
        registry.move(before, version, fresh)
        if registry.serving(new) != before:
            return Rehearsed(tuple(steps), registry.complaint("the way back does not hold"))
        steps.append(f"version {version} was served again after a rollback")
    registry.withdraw(before or fresh, version or _FIRST)
    if registry.serving(new) is not None:
        return Rehearsed(tuple(steps), registry.complaint("it is served after it was withdrawn"))
    steps.append("once withdrawn, the name was gone from what is served")
    return Rehearsed(tuple(steps), registry.complaint(""))


def _served(registry: "_Registry", old: Manifest, kind: EffectKind, version: int) -> Digest:
    registry.publish(old, kind, version, None)
    return manifest.digest(old)


@dataclass
class _Registry:
    """Writes entries as the service does."""

    key: PersonKey = field(default_factory=lambda: PersonKey(Ed25519PrivateKey.generate()))
    tree: MemoryTree = field(default_factory=MemoryTree)
    manifests: dict[Digest, bytes] = field(default_factory=dict[Digest, bytes])

    def __post_init__(self) -> None:
        self._text = preset("solo")
        self._policy = digests.sha256(self._text.encode())
        self._ledger = Ledger(root_at=self.tree.root)
        self._numbers = itertools.count(1)
        self._found()

    # --- what a registry does -------------------------------------------------------------------

    def publish(
        self, release: Manifest, kind: EffectKind, version: int, previous: Digest | None
    ) -> None:
        """Take a release the whole way: submitted, verified, approved, published."""
        data = manifest.to_bytes(release)
        digest = digests.sha256(data)
        self.manifests[digest] = data
        name = f"P-{next(self._numbers)}"
        dossier = digests.sha256(name.encode())
        about: dict[str, Fact] = {"proposal": name, "revision": 1}
        self._write(
            EntryDraft(
                Verb.PROPOSAL_SUBMIT, _AGENT, "agent", "token", "mcp", "proposal", name,
                on_behalf_of=_PERSON, facts=about,
            )
        )  # fmt: skip
        self._by_service(
            Verb.REVISION_VERIFY, name, digest,
            {**about, "verdict": "passed", "dossier": dossier, "kind": kind,
             "revision_digest": release.revision},
        )  # fmt: skip
        self._act(
            self._by_person(Verb.VOTE_APPROVE, ("proposal", name), digest,
                            {**about, "as_sponsor": True}),
            proposal=name, verdict="approve", rubric=dict.fromkeys(CRITERIA, "met"),
            dossier=dossier, channel="stable", base=previous, tier="B",
        )  # fmt: skip
        self._by_service(
            Verb.RELEASE_PUBLISH, name, digest,
            {"proposal": name, "version": version, "channel": "stable", "previous": previous,
             "kind": kind},
            evidence=tuple(vote.envelope for vote in self._ledger.votes(digest)),
        )  # fmt: skip

    def move(self, release: Digest, version: int, previous: Digest) -> None:
        """Roll the channel back to an earlier release, by a signed act."""
        facts: dict[str, Fact] = {"channel": "stable", "version": version, "previous": previous}
        draft = self._by_person(Verb.CHANNEL_MOVE, ("release", release), release, facts)
        self._act(draft, channel="stable", base=previous)

    def withdraw(self, release: Digest, version: int) -> None:
        """Let the channel serve nothing; stopping needs no signature."""
        facts: dict[str, Fact] = {"channel": "stable", "version": version}
        draft = self._by_person(Verb.CHANNEL_STOP, ("release", release), release, facts)
        self._write(replace(draft, auth="token"))

    def serving(self, like: Manifest) -> Digest | None:
        """Name the release that is served under the name of a manifest, if it can be."""
        for (toolset, name, channel), pointer in self._ledger.serving(self._name_of).items():
            if (toolset, name, channel) == (like.toolset, like.name, "stable"):
                found = manifest.from_bytes(self.manifests[pointer.release])
                compile_schema(found.definition.input_schema)
                compile_schema(found.definition.output_schema)
                return pointer.release
        return None

    def complaint(self, message: str) -> str:
        """Add to a message what the ledger did not accept; empty when there is nothing to say."""
        refused = [*self._ledger.problems, *self._ledger.channel_problems(self._name_of)]
        said = [f"{problem.code}: {problem.message}" for problem in refused[:3]]
        return "; ".join([*([message] if message else []), *said])

    # --- how it is written -----------------------------------------------------------------------

    def _found(self) -> None:
        """Make the log: service, a person with every role, their agent, the policy, the key."""
        self._bootstrap(Verb.LOG_CREATE, ("service", _SERVICE), facts={"service": _SERVICE})
        every_role: list[str] = sorted(ROLES)
        for id_, kind, roles, sponsor in (
            (_PERSON, "human", every_role, None),
            (_AGENT, "agent", ["author"], _PERSON),
        ):
            facts: dict[str, Fact] = {"kind": kind, "roles": roles, "sponsor": sponsor}
            words: dict[str, Json] = {
                "id": id_, "name": kind, "principal_kind": kind, "roles": [*roles],
                "sponsor": sponsor,
            }  # fmt: skip
            document = statements.document("principal", words, self._nonce())
            self._bootstrap(
                Verb.PRINCIPAL_ADD, ("principal", id_), facts=facts,
                digest=digests.sha256(document),
                payloads={"document": canonical.parse(document)},
            )  # fmt: skip
        self._bootstrap(
            Verb.POLICY_APPLY, ("policy", self._policy), digest=self._policy,
            payloads={"policy": self._text},
        )  # fmt: skip
        fingerprint = self.key.fingerprint
        self._bootstrap(
            Verb.KEY_PIN, ("principal", _PERSON), digest=fingerprint,
            facts={"key": fingerprint, "public": self.key.public.hex()},
        )  # fmt: skip

    def _bootstrap(
        self, verb: Verb, target: tuple[str, str], *, digest: Digest | None = None,
        facts: Mapping[str, Fact] | None = None, payloads: Mapping[str, Json] | None = None,
    ) -> None:  # fmt: skip
        self._write(
            EntryDraft(
                verb, _SERVICE, "service", "bootstrap", "service", *target, digest=digest,
                facts=facts or {}, payloads=payloads or {},
            )
        )  # fmt: skip

    def _by_service(
        self, verb: Verb, name: str, digest: Digest, facts: Mapping[str, Fact],
        evidence: tuple[Digest, ...] = (),
    ) -> None:  # fmt: skip
        self._write(
            EntryDraft(
                verb, _SERVICE, "service", "service", "service", "proposal", name,
                digest=digest, policy=self._policy, tier="B", facts=facts, evidence=evidence,
            )
        )  # fmt: skip

    def _by_person(
        self, verb: Verb, target: tuple[str, str], digest: Digest, facts: Mapping[str, Fact]
    ) -> EntryDraft:
        tier = "B" if verb is Verb.VOTE_APPROVE else None
        return EntryDraft(
            verb, _PERSON, "human", "key", "cli", *target, digest=digest, policy=self._policy,
            tier=tier, facts=facts,
        )  # fmt: skip

    def _act(self, draft: EntryDraft, **words: object) -> None:
        said = Statement(
            subject=draft.digest or Digest(""),
            service=_SERVICE,
            actor=_PERSON,
            act=draft.verb,
            target=Target(draft.target_kind, draft.target_id),
            policy=self._policy,
            checkpoint_size=self.tree.size,
            checkpoint_root=self.tree.root(self.tree.size) or b"",
            time=_TIME,
            nonce=self._nonce(),
        )
        envelope = envelopes.sign(statements.build(replace(said, **words)), self.key)  # pyright: ignore[reportArgumentType]
        self._write(replace(draft, act=digests.sha256(envelope)), envelope)

    def _write(self, draft: EntryDraft, act: bytes | None = None) -> None:
        salts = {name: self._nonce()[:32].encode() for name in draft.payloads}
        sealed = entries.seal(draft, self.tree.size, _TIME, salts)
        self._ledger.apply(entries.parse_entry(sealed.leaf), act=act, documents=draft.payloads)
        self.tree.append(leaf_hash(sealed.leaf))

    def _nonce(self) -> str:
        return digests.sha256(str(next(self._numbers)).encode()).removeprefix("sha256:")

    def _name_of(self, release: Digest) -> tuple[str, str] | None:
        data = self.manifests.get(release)
        if data is None:
            return None
        read = manifest.from_bytes(data)
        return read.toolset, read.name
