"""The network of a call: the declared hosts, the operator's word on them, and their credentials."""

import functools
import logging
import os
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from toolvet.config import uuid7
from toolvet.engine import secrets
from toolvet.engine.services import Services
from toolvet.errors import StorageError
from toolvet.sandbox import Endpoint
from toolvet.sandbox.broker import Authority, Broker, NetworkEvent, endpoints_of
from toolvet_reviews import spec_effects
from toolvet_reviews.bundle import NetworkRule
from toolvet_reviews.fields import Table
from toolvet_reviews.manifest import Manifest

_log = logging.getLogger(__name__)

_KEPT_S = 30 * 86_400.0
"""A file of authorities that no service of this home looked at for so long is left over."""
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class AuthoritiesError(StorageError):
    """The certificates that runs trust cannot be written."""

    code: ClassVar[str] = "network.authorities"
    hint = "Free space, and let the service write under `run/` of the home."


def network_of(
    services: Services, manifest: Manifest, call: str
) -> tuple[tuple[Endpoint, ...], Path | None, Broker | None]:
    """Make the network of one call; nothing without declared hosts.

    Args:
        manifest: Of the release that runs.
        call: Its id, for the service's log.

    Returns:
        The hosts as the run sees them, the certificates it trusts, and what answers for them.

    Raises:
        SecretMissingError: A declared secret is not set for this tool and host.
        RulesError: The declared hosts contradict each other.
        AuthoritiesError: The certificates cannot be written.
    """
    rules = rules_of(manifest)
    if not rules:
        return (), None, None
    tool = f"{manifest.toolset}/{manifest.name}"
    broker = Broker(
        rules,
        credentials=_credentials(services, manifest, rules),
        authority=authority(),
        private=frozenset(services.standing.rules.private_hosts),
        tool=tool,
        log=functools.partial(_tell, tool, call),
    )
    return endpoints_of(rules), authorities(services.paths.run / "ca"), broker


def rules_of(manifest: Manifest) -> tuple[NetworkRule, ...]:
    """Read the declared hosts out of an approved manifest."""
    return spec_effects.read(Table(manifest.effects, "effects")).network


@functools.cache
def authority() -> Authority:
    """Give this process's authority for TLS that ends at the broker; its keys die with it."""
    return Authority()


def authorities(folder: Path) -> Path:
    """Give the file of certificates that runs trust: the system's, and the broker's own.

    Raises:
        AuthoritiesError: It cannot be written.
    """
    path = folder / f"{authority().fingerprint[:16]}.pem"
    try:
        if not path.exists():
            _write(folder, path, _system() + authority().pem())
    except OSError as error:
        raise AuthoritiesError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _write(folder: Path, path: Path, pem: bytes) -> None:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _KEPT_S:
            old.unlink(missing_ok=True)
    fresh = folder / f".{uuid7()}"
    fresh.write_bytes(pem)
    fresh.chmod(0o644)
    os.replace(fresh, path)


def _system() -> bytes:
    """Read the authorities that this host trusts; what `SSL_CERT_FILE` names comes first."""
    known = ssl.get_default_verify_paths().cafile
    for name in (known, *_SYSTEM_FILES):
        if name and Path(name).is_file():
            return Path(name).read_bytes().rstrip() + b"\n"
    return b""


def _credentials(
    services: Services, manifest: Manifest, rules: tuple[NetworkRule, ...]
) -> Callable[[str, str], str]:
    """Open the declared secrets now, so that a missing one is the answer to the call."""
    tool = f"{manifest.toolset}/{manifest.name}"
    wanted = {(rule.credential.secret, rule.host) for rule in rules if rule.credential}
    opened = {
        (name, host): secrets.reveal(services, tool=tool, secret=name, host=host)
        for name, host in wanted
    }
    return lambda name, host: opened[name, host]


def _tell(tool: str, call: str, event: NetworkEvent) -> None:
    """Tell operators of what did not go through; the record of the call holds everything."""
    if event.verdict != "forwarded":
        place = f"{event.host}:{event.port}"
        _log.info("%s, call %s: %s %s: %s", tool, call, event.verdict, place, event.code)
