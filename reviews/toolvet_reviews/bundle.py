"""What an author submits: the specification of one tool and its files. Pure; no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from toolvet_reviews import digests
from toolvet_reviews.values import Digest, EffectKind, JsonObject

Files = Mapping[str, bytes]
"""POSIX path relative to the bundle's root, to content."""


@dataclass(frozen=True)
class Credential:
    """A secret the broker adds outside the sandbox; the tool never sees it."""

    secret: str
    as_: str
    """`bearer`, `basic`, `header:NAME` or `smtp-login`. Written `as` in TOML."""
    user: str = ""


@dataclass(frozen=True)
class NetworkRule:
    """One host a tool may reach."""

    host: str
    port: int
    protocol: str
    """`https`, `http`, `smtp` or `tcp`."""
    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    credential: Credential | None = None


@dataclass(frozen=True)
class FileMount:
    """A named folder that the operator binds."""

    name: str
    mode: str
    """`read` or `write`."""


@dataclass(frozen=True)
class Effects:
    """Everything a tool says it may do; anything else is refused at call time."""

    kind: EffectKind = "pure"
    network: tuple[NetworkRule, ...] = ()
    visible_secrets: tuple[str, ...] = ()
    files: tuple[FileMount, ...] = ()
    store: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes something outside."""
        return self.kind in ("write", "destructive")


@dataclass(frozen=True)
class Idempotency:
    """Which arguments name the operation, and which may grow between two deliveries of it."""

    key: tuple[str, ...]
    may_grow: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retry:
    """Declared transient errors and how often to try again."""

    on: tuple[str, ...] = ()
    attempts: int = 1


@dataclass(frozen=True)
class ToolLimits:
    """Caps of one call; None means the policy's."""

    wall_s: int | None = None
    memory_mib: int | None = None
    output_kib: int | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Cost:
    """What the break-even is computed from; None is unknown."""

    calls_per_month: int | None = None
    prompt_steps_per_call: int | None = None
    items_per_call: int | None = None


@dataclass(frozen=True)
class Rollback:
    """What a return to the version served before would mean; None says nothing."""

    readable: bool | None = None
    """False: that version cannot read the store that this one wrote."""
    takes_old_calls: bool | None = None
    """False: this one refuses arguments that that version took."""


@dataclass(frozen=True)
class Invariant:
    """A promise in words, and the function that checks it under generated inputs."""

    text: str
    check: str = ""


@dataclass(frozen=True)
class Example:
    """Arguments and the result they must give."""

    arguments: JsonObject
    result: object = None
    """The JSON value the call must give; ignored when `raises` is set."""
    raises: str = ""
    """Name of the error it must end with instead."""
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Argument name to a path in the bundle, for arguments that are a `File`."""


@dataclass(frozen=True)
class ToolSpec:
    """A bundle's `tool.toml`, parsed strictly."""

    name: str
    summary: str
    entry: str
    """`module:function`."""
    toolset: str = "default"
    effects: Effects = field(default_factory=Effects)
    idempotency: Idempotency | None = None
    retry: Retry = field(default_factory=Retry)
    limits: ToolLimits = field(default_factory=ToolLimits)
    cost: Cost = field(default_factory=Cost)
    rollback: Rollback = field(default_factory=Rollback)
    invariants: tuple[Invariant, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def advertised_name(self) -> str:
        """The name on MCP: `NAME` in the default toolset, else `TOOLSET__NAME`."""
        return self.name if self.toolset == "default" else f"{self.toolset}__{self.name}"


@dataclass(frozen=True)
class Bundle:
    """An immutable revision: the specification and every file, tool.toml included."""

    spec: ToolSpec
    files: dict[str, bytes]

    @cached_property
    def file_digests(self) -> dict[str, Digest]:
        """Path to the digest of what the file holds."""
        return {path: digests.sha256(data) for path, data in self.files.items()}

    @cached_property
    def digest(self) -> Digest:
        """The revision digest: of the whole file tree."""
        return digests.tree_of(self.file_digests)
