"""A small town that keeps a log: people with keys, an agent, tools, and an exporter."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit import entries, envelopes, keys
from toolvet.audit.ledger import Ledger
from toolvet.audit.merkle import MemoryTree, leaf_hash
from toolvet.audit.verify import ExportRecord, Report, verify_log
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.policy import preset
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import ROLES, Digest

SERVICE = "018f0000-0000-7000-8000-000000000001"
ANNA = "018f0000-0000-7000-8000-00000000000a"
BEN = "018f0000-0000-7000-8000-00000000000b"
AGENT = "018f0000-0000-7000-8000-00000000000c"
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MET = dict.fromkeys(
    ("correctness", "safety", "idempotency", "observability", "rollback", "cost"), "met"
)


@dataclass
class Town:
    """Writes entries as the service does, and keeps what a forger would need."""

    policy_text: str
    log_key: keys.LogKey = field(default_factory=lambda: keys.LogKey.generate("example.org/log"))
    anna: keys.PersonKey = field(
        default_factory=lambda: keys.PersonKey(Ed25519PrivateKey.generate())
    )
    ben: keys.PersonKey = field(
        default_factory=lambda: keys.PersonKey(Ed25519PrivateKey.generate())
    )
    records: list[ExportRecord] = field(default_factory=list[ExportRecord])
    tree: MemoryTree = field(default_factory=MemoryTree)
    manifests: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def __post_init__(self) -> None:
        self.policy = digests.sha256(self.policy_text.encode())
        self.ledger = Ledger(root_at=self.tree.root)
        self._numbers = itertools.count(1)

    # --- writing -----------------------------------------------------------------------------

    def write(self, draft: EntryDraft, *, act: bytes | None = None) -> int:
        """Append an entry, apply it, and keep it for export."""
        index = self.tree.size
        moment = (START + timedelta(seconds=index)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        salts = {name: self.nonce()[:32].encode() for name in draft.payloads}
        sealed = entries.seal(draft, index, moment, salts)
        self.ledger.apply(entries.parse_entry(sealed.leaf), act=act, documents=dict(draft.payloads))
        self.tree.append(leaf_hash(sealed.leaf))
        record: ExportRecord = {
            "index": index,
            "leaf": sealed.leaf.decode(),
            "payloads": {
                part.name: {"salt": part.salt.hex(), "body": part.body.decode()}
                for part in sealed.payloads
            },
            "act": act.decode() if act else None,
        }
        if draft.digest in self.manifests:
            record["manifest"] = self.manifests[draft.digest].decode()
        self.records.append(record)
        return index

    def by_service(self, verb: Verb, target: tuple[str, str], **rest: Any) -> EntryDraft:
        return EntryDraft(
            verb,
            SERVICE,
            "service",
            rest.pop("auth", "service"),
            "service",
            *target,
            **rest,
        )

    def statement(self, draft: EntryDraft, actor: str | None = None, **words: Any) -> Statement:
        """Say what an honest face would say about a draft."""
        said = Statement(
            subject=draft.digest or Digest(""),
            service=SERVICE,
            actor=actor or draft.actor,
            act=draft.verb,
            target=Target(draft.target_kind, draft.target_id),
            policy=self.ledger.policy_digest or self.policy,
            checkpoint_size=self.tree.size,
            checkpoint_root=self.tree.root(self.tree.size) or b"",
            time=START.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            nonce=self.nonce(),
        )
        return replace(said, **words)

    def sign(
        self, draft: EntryDraft, key: keys.PersonKey, **words: Any
    ) -> tuple[EntryDraft, bytes]:
        """Sign a draft; returns it with the digest of its envelope."""
        envelope = envelopes.sign(statements.build(self.statement(draft, **words)), key)
        return replace(draft, act=digests.sha256(envelope)), envelope

    def act(self, draft: EntryDraft, key: keys.PersonKey, **words: Any) -> int:
        """Sign a draft and append it."""
        signed, envelope = self.sign(draft, key, **words)
        return self.write(signed, act=envelope)

    def nonce(self) -> str:
        return digests.sha256(str(next(self._numbers)).encode()).removeprefix("sha256:")

    # --- drafts ------------------------------------------------------------------------------

    def by_person(self, verb: Verb, target: tuple[str, str], **rest: Any) -> EntryDraft:
        who = rest.pop("who", ANNA)
        rest.setdefault("policy", self.ledger.policy_digest)
        return EntryDraft(verb, who, "human", rest.pop("auth", "key"), "cli", *target, **rest)

    def principal(
        self, id_: str, name: str, kind: str, roles: Iterable[str], sponsor: str | None = None
    ) -> dict[str, Any]:
        """Give digest, facts and payloads of an entry that adds a principal."""
        words = sorted(roles)
        fields = {
            "id": id_,
            "name": name,
            "principal_kind": kind,
            "roles": words,
            "sponsor": sponsor,
        }
        facts = {"kind": kind, "roles": words, "sponsor": sponsor}
        return self.about("principal", fields, facts)

    def about(
        self, kind: str, fields: Mapping[str, Any], facts: Mapping[str, Any]
    ) -> dict[str, Any]:
        document = statements.document(kind, dict(fields), self.nonce())
        return {
            "digest": digests.sha256(document),
            "facts": dict(facts),
            "payloads": {"document": canonical.parse(document)},
        }

    # --- what usually happens ----------------------------------------------------------------

    def found(self, *, pin: bool = True) -> "Town":
        """Make the log: service, Anna with every role, her agent, the policy, her key."""
        self.write(
            self.by_service(
                Verb.LOG_CREATE, ("service", SERVICE), auth="bootstrap", facts={"service": SERVICE}
            )
        )
        anna = self.principal(ANNA, "anna", "human", ROLES)
        agent = self.principal(AGENT, "scribe", "agent", ("author", "caller"), ANNA)
        for id_, about in ((ANNA, anna), (AGENT, agent)):
            self.write(
                self.by_service(Verb.PRINCIPAL_ADD, ("principal", id_), auth="bootstrap", **about)
            )
        self.write(
            self.by_service(
                Verb.POLICY_APPLY,
                ("policy", self.policy),
                auth="bootstrap",
                digest=self.policy,
                payloads={"policy": self.policy_text},
            )
        )
        if pin:
            self.pin(self.anna)
        return self

    def pin(self, key: keys.PersonKey) -> int:
        return self.write(
            self.by_person(
                Verb.KEY_PIN,
                ("principal", ANNA),
                auth="bootstrap",
                policy=None,
                digest=key.fingerprint,
                facts={"key": key.fingerprint, "public": key.public.hex()},
            )
        )

    def settle_ben(self) -> None:
        """Add Ben, a reviewer, and enrol his key; Anna signs both."""
        about = self.principal(BEN, "ben", "human", ("reviewer",))
        self.act(self.by_person(Verb.PRINCIPAL_ADD, ("principal", BEN), **about), self.anna)
        words = {
            "principal": BEN,
            "fingerprint": self.ben.fingerprint,
            "public": self.ben.public.hex(),
        }
        facts = {"key": self.ben.fingerprint, "public": self.ben.public.hex()}
        about = self.about("key", words, facts)
        self.act(self.by_person(Verb.KEY_ENROL, ("principal", BEN), **about), self.anna)

    def release(self, name: str, text: str = "1") -> Digest:
        """Make a release manifest, as far as the log cares."""
        manifest = canonical.dumps({"toolset": "default", "name": name, "text": text})
        digest = digests.sha256(manifest)
        self.manifests[digest] = manifest
        return digest

    def name_of(self, release: Digest) -> tuple[str, str] | None:
        manifest = self.manifests.get(release)
        if manifest is None:
            return None
        value: Any = canonical.parse(manifest)
        return value["toolset"], value["name"]

    def submit(self, proposal: str, *, author: str = AGENT, sponsor: str | None = ANNA) -> int:
        return self.write(
            EntryDraft(
                Verb.PROPOSAL_SUBMIT,
                author,
                "agent" if sponsor else "human",
                "token",
                "mcp",
                "proposal",
                proposal,
                on_behalf_of=sponsor,
                facts={"proposal": proposal, "revision": 1},
            )
        )

    def verified(
        self,
        proposal: str,
        release: Digest,
        *,
        passed: bool = True,
        kind: str = "pure",
        waived: Iterable[str] = (),
    ) -> int:
        return self.write(
            self.by_service(
                Verb.REVISION_VERIFY,
                ("proposal", proposal),
                digest=release,
                policy=self.policy,
                tier="B",
                outcome="ok" if passed else "failed",
                facts={
                    "proposal": proposal,
                    "revision": 1,
                    "verdict": "passed" if passed else "failed",
                    "dossier": self.dossier(proposal),
                    "kind": kind,
                    "revision_digest": digests.sha256(proposal.encode()),
                    **({"waived": [*waived]} if waived else {}),
                },
            )
        )

    def dossier(self, proposal: str) -> Digest:
        return digests.sha256(b"dossier of " + proposal.encode())

    def ballot(self, proposal: str, release: Digest, *, who: str = ANNA, **rest: Any) -> EntryDraft:
        facts = {"proposal": proposal, "revision": 1, "as_sponsor": who == ANNA}
        rest.setdefault("facts", facts)
        return self.by_person(
            Verb.VOTE_APPROVE,
            ("proposal", proposal),
            who=who,
            digest=release,
            tier="B",
            **rest,
        )

    def shown(self, proposal: str, base: Digest | None = None, **words: Any) -> dict[str, Any]:
        """Say what a voter was shown."""
        return {
            "proposal": proposal,
            "verdict": "approve",
            "rubric": dict(MET),
            "dossier": self.dossier(proposal),
            "channel": "stable",
            "base": base,
            "tier": "B",
            **words,
        }

    def vote(
        self,
        proposal: str,
        release: Digest,
        key: keys.PersonKey | None = None,
        *,
        who: str = ANNA,
        base: Digest | None = None,
        **words: Any,
    ) -> int:
        draft = self.ballot(proposal, release, who=who)
        return self.act(draft, key or self.anna, **self.shown(proposal, base, **words))

    def waive(
        self,
        proposal: str,
        release: Digest,
        fingerprint: str,
        *,
        who: str = BEN,
        key: keys.PersonKey | None = None,
        expires: str = "2026-12-01T09:00:00.000000Z",
        signed: Mapping[str, Any] | None = None,
        **words: Any,
    ) -> int:
        """Overrule a finding; `signed` are facts of the statement that differ from the entry's."""
        draft = self.by_person(
            Verb.WAIVER_ADD,
            ("proposal", proposal),
            who=who,
            digest=release,
            facts={"fingerprint": fingerprint, "expires": expires, "proposal": proposal},
        )
        said = {
            "proposal": proposal,
            "dossier": self.dossier(proposal),
            "waivers": (fingerprint,),
            "facts": {"rule": "semgrep.sql", "expires": expires, **(signed or {})},
            **words,
        }
        return self.act(draft, key or self.ben, **said)

    def publication(
        self,
        proposal: str,
        release: Digest,
        *,
        version: int = 1,
        previous: Digest | None = None,
        kind: str = "pure",
        **rest: Any,
    ) -> EntryDraft:
        rest.setdefault("evidence", tuple(v.envelope for v in self.ledger.votes(release)))
        rest.setdefault("policy", self.policy)
        return self.by_service(
            Verb.RELEASE_PUBLISH,
            ("proposal", proposal),
            digest=release,
            tier=rest.pop("tier", "B"),
            facts={
                "proposal": proposal,
                "version": version,
                "channel": "stable",
                "previous": previous,
                "kind": kind,
            },
            **rest,
        )

    def publish(
        self, proposal: str, name: str, *, version: int = 1, previous: Digest | None = None
    ) -> Digest:
        """Take a pure tool the whole way."""
        release = self.release(name, proposal)
        self.submit(proposal)
        self.verified(proposal, release)
        self.vote(proposal, release, base=previous)
        self.write(self.publication(proposal, release, version=version, previous=previous))
        return release

    def move(self, release: Digest, version: int, previous: Digest | None) -> int:
        draft = self.by_person(
            Verb.CHANNEL_MOVE,
            ("release", release),
            digest=release,
            facts={"channel": "stable", "version": version, "previous": previous},
        )
        return self.act(draft, self.anna, channel="stable", base=previous)

    # --- looking -----------------------------------------------------------------------------

    def serving(self) -> dict[str, Digest]:
        return {
            name: pointer.release
            for (_, name, _), pointer in self.ledger.serving(self.name_of).items()
        }

    def problems(self) -> list[str]:
        return [problem.code for problem in self.ledger.problems]

    def note(self, size: int | None = None) -> str:
        size = self.tree.size if size is None else size
        return self.log_key.sign_checkpoint(size, self.tree.root(size) or b"")

    def check(self, records: Iterable[ExportRecord] | None = None, **rest: Any) -> Report:
        """Verify what an exporter hands out."""
        rest.setdefault("note", self.note())
        return verify_log(
            self.records if records is None else records,
            log_key=self.log_key.verifier_key,
            pinned_key=self.anna.fingerprint,
            **rest,
        )

    def check_codes(self, records: Iterable[ExportRecord] | None = None, **rest: Any) -> set[str]:
        return {problem.code for problem in self.check(records, **rest).problems}


@pytest.fixture
def new_town() -> Callable[..., Town]:
    """Make a town under the named policy; `solo` unless said otherwise."""

    def make(policy: str = "solo", **rest: Any) -> Town:
        UUID(SERVICE)
        return Town(preset(policy)).found(**rest)

    return make


@pytest.fixture
def town(new_town: Callable[..., Town]) -> Town:
    """A town with Anna's key pinned."""
    return new_town()
