"""What may pass at each declared host and port. Pure; no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from toolvet.sandbox.broker import targets
from toolvet.sandbox.broker.errors import Reason, RefusedError, RulesError
from toolvet.sandbox.model import Endpoint
from toolvet_reviews.bundle import Credential, NetworkRule
from toolvet_reviews.spec_effects import METHODS

_DEFAULT_PORTS = {"https": 443, "http": 80}
SMTPS_PORT = 465
"""Where mail begins with TLS (RFC 8314), instead of asking for it."""
_PER_RUN_MAX = 32
"""Listeners a run hands out in one message."""

Address = tuple[str, int]


@dataclass(frozen=True)
class Door:
    """One host and port, and every rule about it."""

    host: str
    port: int
    protocol: str
    rules: tuple[NetworkRule, ...]

    @property
    def speaks_http(self) -> bool:
        """Whether requests are looked at; else TLS passes untouched."""
        return self.protocol == "http" or (
            self.protocol == "https"
            and any(rule.credential or rule.methods or rule.paths for rule in self.rules)
        )

    @property
    def is_literal(self) -> bool:
        """Whether the host is an address, which TLS does not name."""
        return ":" in self.host or self.host.rpartition(".")[2].isdigit()

    @property
    def is_smtps(self) -> bool:
        """Whether mail is wrapped in TLS from the first byte."""
        return self.protocol == "smtp" and self.port == SMTPS_PORT

    @property
    def login(self) -> Credential | None:
        """What to log in with at a mail server."""
        return next((rule.credential for rule in self.rules if rule.credential), None)

    @property
    def authority(self) -> str:
        """The Host header of requests to it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_default = self.port == _DEFAULT_PORTS.get(self.protocol)
        return host if is_default else f"{host}:{self.port}"

    def admit(self, method: str, target: str, host: str) -> NetworkRule:
        """Find the rule that lets a request through.

        Raises:
            RefusedError: None does.
        """
        if method not in METHODS:
            raise RefusedError(Reason.METHOD, f"{method} is never forwarded")
        path = targets.check_target(target)
        self._check_host(host)
        of_method = [rule for rule in self.rules if not rule.methods or method in rule.methods]
        if not of_method:
            raise RefusedError(Reason.METHOD, f"{method} is not declared for {self.host}")
        for rule in of_method:
            if not rule.paths or targets.matches(path, rule.paths):
                return rule
        raise RefusedError(Reason.PATH, f"the path is not declared for {self.host}")

    def _check_host(self, said: str) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if said.lower() not in (host, f"{host}:{self.port}"):
            raise RefusedError(Reason.HOST, f"the request is for another host than {self.host}")


def doors_of(rules: Sequence[NetworkRule]) -> Mapping[Address, Door]:
    """Group rules by host and port.

    Raises:
        RulesError: Two rules about the same place contradict each other, or there are too many.
    """
    found: dict[Address, Door] = {}
    for rule in rules:
        place = (rule.host, rule.port)
        known = found.get(place)
        if known is not None and known.protocol != rule.protocol:
            raise RulesError(f"{rule.host}:{rule.port} is declared with two protocols")
        before = known.rules if known is not None else ()
        found[place] = Door(rule.host, rule.port, rule.protocol, (*before, rule))
    for door in found.values():
        if door.protocol == "smtp" and len({rule.credential for rule in door.rules}) > 1:
            raise RulesError(f"{door.host}:{door.port} is declared with two credentials")
    if len(found) > _PER_RUN_MAX:
        raise RulesError(f"at most {_PER_RUN_MAX} hosts and ports can be declared")
    return found


def endpoints_of(rules: Sequence[NetworkRule]) -> tuple[Endpoint, ...]:
    """Give the declared hosts as a run sees them: each name a loopback address of its own.

    A host that is declared by its address keeps it: no hosts file can rename that.
    """
    doors = doors_of(rules).values()
    names = sorted({door.host for door in doors if not door.is_literal})
    addresses = {name: f"127.0.1.{number}" for number, name in enumerate(names, start=1)}
    return tuple(
        Endpoint(door.host, door.port, addresses.get(door.host, door.host))
        for door in sorted(doors, key=lambda door: (door.host, door.port))
    )


def check_redirect(location: str, door: Door, doors: Mapping[Address, Door]) -> None:
    """Refuse a redirect that leads out of what was declared.

    Args:
        location: The header as the server sent it.
        door: Where it came from.
        doors: All there are.

    Raises:
        RefusedError: It leads elsewhere, or it is not clear where.
    """
    if not location.isascii() or not location.isprintable() or {"\\", " "} & set(location):
        raise RefusedError(Reason.REDIRECT, "a redirect that can be read in two ways")
    try:
        parts = urlsplit(location)
        scheme = parts.scheme.lower() or door.protocol
        host = (parts.hostname or "").lower() if parts.netloc else door.host
        port = (parts.port or _DEFAULT_PORTS.get(scheme, 0)) if parts.netloc else door.port
    except ValueError:
        raise RefusedError(Reason.REDIRECT, "a redirect that is no URL") from None
    if scheme not in _DEFAULT_PORTS or "@" in parts.netloc:
        raise RefusedError(Reason.REDIRECT, "a redirect to something else than a web page")
    if parts.scheme and not parts.netloc:
        raise RefusedError(Reason.REDIRECT, "a redirect that can be read in two ways")
    there = doors.get((host, port))
    if there is None or there.protocol not in _DEFAULT_PORTS:
        raise RefusedError(Reason.REDIRECT, f"a redirect to {host[:253]}, which is not declared")
