"""What the outside tells a launcher, once, before anything untrusted is near."""

import json
from dataclasses import asdict, dataclass, field, fields, replace

FIRST_ID = 1000
"""User and group inside the namespaces."""
TOOL, SDK, SCRATCH = "/tool", "/sdk", "/tmp"  # noqa: S108 - inside the walls, a file system of its own
DEPS, MOUNTS = "/deps", "/mnt"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
READY = b"ready"
LISTENERS = b"n"
"""Sent with the listening sockets of the endpoints, before anything else of a run."""
CONTROL_MAX = 192 << 10
"""Bytes of one message on the control socket."""

_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Threads of a numeric library do not survive a fork, and each would take its own buffers."""


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
    masked: list[str] = field(default_factory=list[str])
    """Folders in what is shown that are shown empty; not in tier C."""
    capped: bool = False
    """Every call must come with a control group to enter (tier A)."""
    deps: str = ""
    """The folder of the tool's packages outside; empty for none."""
    deps_ahead: bool = False
    """The packages may be imported before calls are forked: a person approved their lock."""
    mounts: list[list[str]] = field(default_factory=list[list[str]])
    """Triples of a name, a folder outside, and `read` or `write`."""
    endpoints: list[list[str]] = field(default_factory=list[list[str]])
    """Triples of a host's name, its port, and the address inside that stands for it."""
    certificates: str = ""
    """A file outside, of what TLS inside trusts; empty for none."""
    watch: bool = False
    """The run is observed, and is to say which line asked for what."""
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

    def inside(self) -> "Config":
        """Return the orders as they read once the mounts are made: with the names inside."""
        return replace(
            self,
            tool=TOOL if self.tool else "",
            sdk=SDK,
            deps=DEPS if self.deps else "",
            mounts=[[name, f"{MOUNTS}/{name}", mode] for name, _, mode in self.mounts],
            certificates=CERTIFICATES if self.certificates else "",
        )

    @property
    def tool_root(self) -> str:
        """The tool's folder as the run sees it."""
        return TOOL if self.namespaces else self.tool

    @property
    def sdk_root(self) -> str:
        """The folder that holds `toolvet/sdk` as the run sees it."""
        return SDK if self.namespaces else self.sdk.removesuffix("/toolvet/sdk")

    @property
    def deps_root(self) -> str:
        """The tool's packages as the run sees them; empty when it has none."""
        return DEPS if self.namespaces and self.deps else self.deps

    @property
    def mounted(self) -> dict[str, str]:
        """Where each named mount is, as the run sees it."""
        return {
            name: f"{MOUNTS}/{name}" if self.namespaces else folder
            for name, folder, _ in self.mounts
        }

    @property
    def environment(self) -> dict[str, str]:
        """What a run finds in its environment, because of what it was given."""
        found: dict[str, str] = {}
        if (
            not self.namespaces
        ):  # what is there and closed is an error; what is not there is not asked
            found["PYTHONTZPATH"] = ""
        if self.mounts:
            found["TOOLVET_MOUNTS"] = json.dumps(self.mounted)
        if self.certificates:
            found |= dict.fromkeys(_CERTIFICATE_VARIABLES, CERTIFICATES)
        if self.deps:
            found |= dict.fromkeys(_THREAD_VARIABLES, "1")
        return found
