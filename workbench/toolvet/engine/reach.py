"""What a call of a release reaches beyond its own files: packages, mounts and declared hosts."""

from dataclasses import dataclass
from pathlib import Path

from toolvet.engine.catalogue import Served
from toolvet.engine.environments import environment_of
from toolvet.engine.mounts import mounts_of
from toolvet.engine.network import network_of
from toolvet.engine.services import Services
from toolvet.sandbox import Endpoint, Environment, Mount
from toolvet.sandbox.broker import Broker
from toolvet_reviews.values import Json

_BINDING = ("files", "network", "visible_secrets")
"""Effects that an operator binds something of this host to."""


@dataclass(frozen=True)
class Reach:
    """Of one call. A tool that declares nothing reaches nothing."""

    environment: Environment | None = None
    mounts: tuple[Mount, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    ca: Path | None = None
    network: Broker | None = None


NOTHING = Reach()


def binds(served: Served) -> bool:
    """Tell whether a release declares anything that an operator has to bind first."""
    effects = served.manifest.effects
    return any(effects.get(name) for name in _BINDING)


def reach_of(services: Services, served: Served, call: str) -> Reach:
    """Bind what a release declares to what this host has.

    Args:
        call: Id of the call, under which its connections are noted.

    Raises:
        MountUnboundError: The operator bound no folder to a declared name.
        SecretMissingError: The operator set no secret of a declared name.
    """
    manifest = served.manifest
    if manifest.environment is None and not binds(served):
        return NOTHING
    environment, mounts = environment_of(services, manifest), mounts_of(services, manifest)
    endpoints, ca, network = network_of(services, manifest, call)
    return Reach(environment, mounts, endpoints, ca, network)


def events_of(network: Broker | None) -> list[Json]:
    """Say what a broker forwarded and refused, for the record of its call; it caps them itself."""
    return [event.to_json() for event in network.events] if network is not None else []
