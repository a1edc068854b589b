"""The words of the sandbox: what is run, within which limits, and what came of it."""

import math
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from toolvet_reviews.values import Json, JsonObject, Tier

if TYPE_CHECKING:
    from toolvet.sandbox.watch import Watched

CallStatus = Literal["returned", "raised", "timed_out", "output_limit", "died", "refused"]
"""`raised`: the code said no. `died`: it ended without a word. `refused`: we would not have its words."""


@dataclass(frozen=True)
class Limits:
    """How much one run may use. Every cap is a hard one: beyond it the run ends."""

    wall_s: float = 10.0
    cpu_s: int = 10
    """Per process."""
    memory_mib: int = 512
    """Address space per process; 0 means no cap."""
    scratch_mib: int = 64
    """Of the run's own /tmp; tier C caps single files only."""
    output_kib: int = 256
    """Of standard output and error together."""
    result_kib: int = 1024
    """Of the arguments, of the result, and of what is written to the report descriptor."""
    open_files: int = 64
    processes: int = 0
    """Beyond the first; 0 means neither fork nor exec, threads only."""


def cpu_seconds(wall_s: float) -> int:
    """Give the processor time that a run of some wall time may use in each of its processes."""
    return max(1, math.ceil(wall_s))


@dataclass(frozen=True)
class Mount:
    """A folder of the host that a tool was given under a name."""

    name: str
    folder: Path
    """Shown at /mnt/NAME; in tier C at its own path."""
    writable: bool = False


@dataclass(frozen=True)
class Endpoint:
    """A declared host as a run sees it: a name, and a loopback address that listens on its port."""

    host: str
    port: int
    address: str
    """`127.0.0.N`, one for each host; the name resolves to it inside."""


@dataclass(frozen=True)
class Environment:
    """Packages of a tool, built from its hash lock."""

    folder: Path
    """Mounted read-only at /deps; must not change while an image that names it is in use."""
    digest: str
    """Of the built tree, bytecode included."""
    approved: bool = False
    """A person approved a release with this lock: its packages may be imported before the fork."""


@dataclass(frozen=True)
class Image:
    """One tool as it is mounted and entered. Equal images share a zygote."""

    folder: Path
    """Mounted read-only at /tool; must not change while the image is in use."""
    entry: str
    """`module:function` in the folder."""
    typed: bool = True
    """Convert arguments and result by annotations; False hands JSON through."""
    preload: tuple[str, ...] = ()
    """Modules of the standard library to import before calls are forked."""
    digest: str = ""
    """Of the folder's content: the same path with other content is another image."""
    environment: Environment | None = None
    mounts: tuple[Mount, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    """Hosts that listen inside; their connections go to the `Network` of each call."""
    ca: Path | None = None
    """Certificates (PEM) that TLS inside trusts; None when nothing is terminated."""
    watch: bool = False
    """Observe the run from outside; see `toolvet.sandbox.watch`."""
    prepare: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    """Called in a thread whenever a zygote is about to load the folder: makes it, or checks it.
    What it raises goes to the caller, and nothing is loaded."""


@dataclass(frozen=True)
class Raised:
    """An exception as the inside tells it. All of it is a claim of untrusted code."""

    type: str
    message: str
    code: str = ""
    hint: str = ""
    path: str = ""
    """File in the tool's folder where it was raised, or empty."""
    line: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one call."""

    status: CallStatus
    value: Json
    error: Raised | None
    output: str
    """What was printed, capped, decoded with replacement."""
    wall_ms: float
    tier: Tier
    watched: "Watched | None" = None
    """What was seen from outside, of an image with `watch`."""


@dataclass(frozen=True)
class ProgramOutcome:
    """What came of one program."""

    exit_code: int | None
    """As a shell has it: 128 + signal for a signal; None when we ended it."""
    stdout: bytes
    stderr: bytes
    report: bytes
    """What was written to the descriptor that `TOOLVET_REPORT_FD` names."""
    timed_out: bool
    killed_for: str
    """Empty, `wall time`, `output` or `report`."""
    wall_ms: float
    tier: Tier


class Host(Protocol):
    """The trusted side of a tool's `Context`. Requests of one call come one at a time, in order.

    Every request is an object with `op`; what it holds was written by untrusted code and is only
    known to be canonical JSON. An answer is an object; a `ToolvetError` or `ReviewError` reaches
    the tool as a `HostError` with its code. The answers to `log` and `progress` are dropped.

    | op | request | answer |
    |---|---|---|
    | `log` | level, event, fields | |
    | `progress` | done, total, message | |
    | `store.get` | collection, key | found, value |
    | `store.put` | collection, key, value | |
    | `store.add_if_absent` | collection, key, value | added |
    | `store.missing` | collection, keys | keys |
    | `store.scan` | collection, after, limit | items: [[key, value]] |
    | `store.batch` | collection, ops: [{op: put or add_if_absent, key, value}] | added: [bool] |
    | `once.begin` | key | state: new, done or uncertain; outcome |
    | `once.end` | key, outcome | |
    | `artifact.put` | name, offset, data (base64), last | with the last part: name, size, digest |
    | `artifact.get` | digest, offset, length | data (base64) |
    | `dead_letter` | item, reason | |
    | `secret` | name | value |
    | `call` | tool, arguments | value |
    """

    async def handle(self, request: JsonObject) -> JsonObject:
        """Answer one request of the running tool."""
        ...


class Network(Protocol):
    """The trusted side of one call's connections: a broker, or the fakes of a verification."""

    def open(self, listeners: Mapping[Endpoint, socket.socket]) -> None:
        """Begin to answer on listening sockets that were born inside the walls; they are now owned.

        Runs on the event loop of the call; must not block.
        """
        ...

    async def close(self) -> None:
        """End every connection and close the listeners. The call is over."""
        ...


@dataclass(frozen=True)
class ProbeResult:
    """One promise of a tier, tried."""

    name: str
    held: bool
    detail: str


@dataclass(frozen=True)
class TierReport:
    """Which walls hold on this host, and what the probes saw."""

    tier: Tier
    probes: tuple[ProbeResult, ...]
    reason: str
    """Why no higher tier; empty when there is none higher."""
    cure: str
    """What an operator can do about it."""
