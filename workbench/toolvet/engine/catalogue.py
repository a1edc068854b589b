"""What is served: it follows from the log, and from bytes that hash to what was approved.

The ledger names a release digest per channel; the manifest under that digest names the tool. What
does not hold is not served, and `problems` says why.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import jsonschema_rs

from toolvet.audit.ledger import Ledger
from toolvet.checks import compile_schema
from toolvet.config import now, stamp
from toolvet.errors import KNOWN, ToolNotFoundError
from toolvet.storage import Store
from toolvet_reviews import canonical, digests, manifest, permissions, tiers
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.principals import Grant, Principal
from toolvet_reviews.values import Digest, EffectKind, Tier


@dataclass(frozen=True)
class Served:
    """One release as it is served."""

    manifest: Manifest
    digest: Digest
    version: int
    channel: str
    files: Mapping[str, Digest]
    """The bundle's tree: path to content digest."""
    check_input: jsonschema_rs.Draft202012Validator
    check_output: jsonschema_rs.Draft202012Validator
    lapses: str | None = None
    """When it is served no more, because a waiver it leans on ends; None while nothing ends."""

    def is_over(self, now: str) -> bool:
        """Tell whether a waiver it leans on ran out, and the policy stops it then."""
        return self.lapses is not None and self.lapses <= now

    @property
    def name(self) -> str:
        """The name on MCP."""
        return self.manifest.definition.name

    @property
    def kind(self) -> EffectKind:
        """The declared effect kind."""
        return effect_kind(self.manifest)


@dataclass(frozen=True)
class NotServed:
    """A release that the log points to and that cannot be served, and why."""

    name: str
    digest: Digest
    code: str
    reason: str
    hint: str = "Restore the bytes from a backup, or publish a new version."


@dataclass(frozen=True)
class Snapshot:
    """The whole catalogue at one moment; never changed, only replaced."""

    served: Mapping[str, Served] = field(default_factory=dict[str, Served])
    problems: tuple[NotServed, ...] = ()
    index: int = 0
    """Number of log entries it follows from."""


def effect_kind(release: Manifest) -> EffectKind:
    """Read the effect kind out of a manifest."""
    kind = release.effects["kind"]
    if kind not in ("pure", "read", "write", "destructive"):
        raise ReviewError(f"unknown effect kind {kind!r}")
    return kind


def _may_call(principal: Principal, grants: Collection[Grant], release: Served, now: str) -> bool:
    """Tell whether a principal may call a release, and it is still served at this moment."""
    toolset, name = release.manifest.toolset, release.manifest.name
    return not release.is_over(now) and permissions.may_call(
        principal, grants, toolset, name, release.kind, now
    )


class Catalogue:
    """Builds snapshots from the ledger; loads each release once and checks every byte of it."""

    def __init__(
        self, store: Store, ledger: Ledger, tier: Tier, clock: Callable[[], datetime] = now
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._tier: Tier = tier
        self._clock = clock
        self._loaded: dict[Digest, Served | NotServed] = {}
        self._manifests: dict[Digest, Manifest | NotServed] = {}
        self._lock = threading.Lock()
        self.snapshot = Snapshot()

    def rebuild(self, index: int) -> None:
        """Replace the snapshot; runs on the writer's thread after COMMIT."""
        with self._lock:
            served: dict[str, Served] = {}
            problems: list[NotServed] = []
            stops = self._stops_lapsed()
            for (_, _, channel), pointer in self._ledger.serving(self.name_of).items():
                release = self._load(pointer.release, pointer.version, channel)
                if isinstance(release, Served):
                    release = self._allowed(release)
                if isinstance(release, Served) and stops:
                    release = self._waived(release)
                if isinstance(release, NotServed):
                    problems.append(release)
                elif channel == "stable":
                    served[release.name] = release
            self.snapshot = Snapshot(dict(sorted(served.items())), tuple(problems), index)

    def visible(self, principal: Principal, now: str) -> list[Served]:
        """List what a principal may call, by name."""
        grants = self._ledger.grants()
        return [
            release
            for release in self.snapshot.served.values()
            if _may_call(principal, grants, release, now)
        ]

    def find(self, principal: Principal, name: str, now: str) -> Served:
        """Find a tool by its advertised name; a hidden one answers like an unknown one.

        Raises:
            ToolNotFoundError: None of that name that the principal may call.
        """
        release = self.snapshot.served.get(name)
        if release is None or not _may_call(principal, self._ledger.grants(), release, now):
            raise ToolNotFoundError(f"no tool {name!r}")
        return release

    def recheck(self) -> None:
        """Forget what was loaded, so that the next rebuild reads every byte again."""
        with self._lock:
            self._loaded.clear()
            self._manifests.clear()

    def name_of(self, release: Digest) -> tuple[str, str] | None:
        """Read toolset and name out of a release manifest; None when it cannot be read.

        The ledger then takes the name from the chain of releases, so that a manifest that was
        changed stops its own tool, and lets no older release back in.
        """
        manifest_read = self._manifest(release)
        if isinstance(manifest_read, NotServed):
            return None
        return manifest_read.toolset, manifest_read.name

    def _load(self, digest: Digest, version: int, channel: str) -> Served | NotServed:
        found = self._loaded.get(digest)
        if found is None:
            found = self._loaded[digest] = self._read(digest, channel)
        if isinstance(found, Served) and version and found.version != version:
            found = Served(
                found.manifest,
                digest,
                version,
                channel,
                found.files,
                found.check_input,
                found.check_output,
            )
            self._loaded[digest] = found
        return found

    def _read(self, digest: Digest, channel: str) -> Served | NotServed:
        release = self._manifest(digest)
        if isinstance(release, NotServed):
            return release
        name = release.definition.name
        try:
            with self._store.read() as view:
                files = digests.read_tree(view.blob(release.revision))
                for content in files.values():
                    view.blob(content)
            check_input = compile_schema(release.definition.input_schema)
            check_output = compile_schema(release.definition.output_schema)
        except KNOWN as error:
            return NotServed(name, digest, error.code, str(error))
        return Served(release, digest, 0, channel, files, check_input, check_output)

    def _manifest(self, digest: Digest) -> Manifest | NotServed:
        found = self._manifests.get(digest)
        if found is None:
            try:
                with self._store.read() as view:
                    found = manifest.from_json(canonical.parse(view.blob(digest)))
            except KNOWN as error:
                found = NotServed("", digest, error.code, str(error))
            self._manifests[digest] = found
        return found

    def _stops_lapsed(self) -> bool:
        """Tell whether the policy stops what leans on a waiver that ran out; an erased one does."""
        policy = self._ledger.policy
        return policy is None or policy.expired_waiver == "stop"

    def _waived(self, release: Served) -> Served | NotServed:
        lapses = self._ledger.lapses(release.digest)
        if lapses is None:
            return release
        found = replace(release, lapses=lapses)
        if not found.is_over(stamp(self._clock())):
            return found
        return NotServed(
            release.name,
            release.digest,
            "waiver.lapsed",
            "a waiver it leans on ran out",
            "A reviewer waives the finding again, or its author repairs it.",
        )

    def _allowed(self, release: Served) -> Served | NotServed:
        why = tiers.refusal(release.manifest, self._tier, self._ledger.consents)
        if why is None:
            return release
        return NotServed(release.name, release.digest, why.code, why.reason, why.hint)
