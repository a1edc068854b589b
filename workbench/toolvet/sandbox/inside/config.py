"""What the outside tells a launcher, once, before anything untrusted is near."""

import json
from dataclasses import asdict, dataclass, fields

FIRST_ID = 1000
"""User and group inside the namespaces."""
TOOL, SDK, SCRATCH = "/tool", "/sdk", "/tmp"  # noqa: S108 - inside the walls, a file system of its own
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
READY = b"ready"
CONTROL_MAX = 192 << 10
"""Bytes of one message on the control socket."""


@dataclass(frozen=True)
class Config:
    """One launcher's orders."""

    mode: str
    """`zygote` or `program`."""
    namespaces: bool
    """False in tier C."""
    uid: int | None
    """Become this user; None keeps the caller's."""
    binds: list[list[str]]
    """Pairs of a path outside and where it is shown; read-only."""
    links: list[list[str]]
    """Pairs of a symbolic link to make and its target."""
    tool: str
    """The tool's folder outside; empty for none."""
    sdk: str
    """The folder of `toolvet.sdk` outside."""
    scratch: str
    """Where the run may write: mounted there, or in tier C a folder that exists."""
    scratch_mib: int
    memory_mib: int
    cpu_s: int
    open_files: int
    processes: int
    frame_bytes: int
    """Cap of one frame from the run."""
    network: bool = False
    entry: str = ""
    typed: bool = True
    preload: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()

    def to_bytes(self) -> bytes:
        """Write the message."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Config":
        """Read the message."""
        values = json.loads(data)
        for name in ("preload", "argv"):
            values[name] = tuple(values[name])
        values["env"] = tuple((name, value) for name, value in values["env"])
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @property
    def tool_root(self) -> str:
        """The tool's folder as the run sees it."""
        return TOOL if self.namespaces else self.tool

    @property
    def sdk_root(self) -> str:
        """The folder that holds `toolvet/sdk` as the run sees it."""
        return SDK if self.namespaces else self.sdk.removesuffix("/toolvet/sdk")
