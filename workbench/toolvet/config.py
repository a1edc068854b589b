"""Settings read once at the edge, the layout of a home, and the sources of time and identity."""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

VERSION = "0.1.0"
"""Of the package, the service and its API; a face restarts a service of another version."""


@dataclass(frozen=True)
class Paths:
    """Where everything of one home lies. ARCHITECTURE.md says what losing each file costs."""

    home: Path

    @property
    def database(self) -> Path:
        """Tables, log and blobs."""
        return self.home / "toolvet.db"

    @property
    def workflows(self) -> Path:
        """The tables of DBOS: verification in flight."""
        return self.home / "workflows.db"

    @property
    def log_key(self) -> Path:
        """Ed25519 key that signs checkpoints."""
        return self.home / "log.key"

    @property
    def secret_key(self) -> Path:
        """Seals secrets, unless the operator keeps the key elsewhere."""
        return self.home / "secret.key"

    @property
    def webhook_key(self) -> Path:
        """Signs messages to the webhook; whoever receives them holds it too."""
        return self.home / "webhook.key"

    @property
    def checkpoint(self) -> Path:
        """The newest signed checkpoint, outside the database on purpose."""
        return self.home / "checkpoint"

    @property
    def token(self) -> Path:
        """The local token: an agent with submit and read rights."""
        return self.home / "token"

    @property
    def run(self) -> Path:
        """Sockets, locks and unpacked tools; made anew when missing."""
        return self.home / "run"

    @property
    def socket(self) -> Path:
        """The Unix socket of the local service."""
        return self.run / "service.sock"

    @property
    def lock(self) -> Path:
        """Held by the one service of this home."""
        return self.run / "service.lock"

    @property
    def start_lock(self) -> Path:
        """Held by the one command that is starting the service."""
        return self.run / "start.lock"

    @property
    def pid(self) -> Path:
        """JSON: process id and version of the running service."""
        return self.run / "service.json"

    @property
    def service_log(self) -> Path:
        """What the service says to operators."""
        return self.run / "service.log"

    @property
    def images(self) -> Path:
        """Bundles unpacked for the sandbox, checked against their digest before each start."""
        return self.run / "images"

    @property
    def inbox(self) -> Path:
        """Where an agent that only writes files lays its tools; verdicts appear beside them."""
        return self.home / "inbox"

    @property
    def catalogue(self) -> Path:
        """What is served, as readable files; written from the log, and believed by nobody."""
        return self.home / "catalogue"

    @property
    def toolchain(self) -> Path:
        """Environments of scanners."""
        return self.home / "toolchain"


def default_home() -> Path:
    """The platform's data directory for Toolvet, without importing more than it takes."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "toolvet"


def default_config_dir() -> Path:
    """The platform's configuration directory: a person's keys and the checkpoints seen."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "toolvet"


@dataclass(frozen=True)
class Settings:
    """What the environment says; read once, passed in."""

    home: Path
    config_dir: Path
    database: str = ""
    """SQLAlchemy URL; empty means SQLite in the home."""
    url: str = ""
    """A remote service; empty means the local one."""
    token: str = ""
    """Bearer token; empty means the one in `token_file`, or the local one in the home."""
    token_file: Path | None = None
    """Where a bearer token lies that only its owner can read; None means nowhere."""
    wheels: Path | None = None
    """A folder with wheels that packages of tools are built from; None means none."""
    secret_key_file: Path | None = None
    """Where the key lies that seals secrets; None means in the home."""
    webhook: str = ""
    """Where changes of turn are told, signed; empty means nowhere."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `TOOLVET_HOME` and the other variables of docs/reference.md."""
        env = os.environ if environ is None else environ
        home = env.get("TOOLVET_HOME")
        config = env.get("TOOLVET_CONFIG")
        token_file = env.get("TOOLVET_TOKEN_FILE")
        secret_key = env.get("TOOLVET_SECRET_KEY_FILE")
        wheels = env.get("TOOLVET_WHEELS")
        return cls(
            home=(Path(home).expanduser() if home else default_home()).absolute(),
            config_dir=(Path(config).expanduser() if config else default_config_dir()).absolute(),
            database=env.get("TOOLVET_DATABASE", ""),
            url=env.get("TOOLVET_URL", "").rstrip("/"),
            token=env.get("TOOLVET_TOKEN", ""),
            token_file=Path(token_file).expanduser().absolute() if token_file else None,
            wheels=Path(wheels).expanduser().absolute() if wheels else None,
            secret_key_file=Path(secret_key).expanduser().absolute() if secret_key else None,
            webhook=env.get("TOOLVET_WEBHOOK", ""),
        )

    @property
    def paths(self) -> Paths:
        """The layout of the home."""
        return Paths(self.home)

    @property
    def database_url(self) -> str:
        """The database to open."""
        return self.database or f"sqlite:///{self.paths.database}"


def now() -> datetime:
    """The system clock, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 in UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_stamp(text: str) -> datetime:
    """Read a time that `stamp` wrote.

    Raises:
        ValueError: Not such a time.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def uuid7() -> str:
    """Make a UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then randomness."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value &= ~(0xF << 76) & ~(0x3 << 62) & ((1 << 128) - 1)
    value |= (0x7 << 76) | (0x2 << 62)
    return str(UUID(int=value))
