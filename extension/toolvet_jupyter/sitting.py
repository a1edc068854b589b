"""One request's connection to the service: as the local agent, or in the page's own session.

A connection is opened for each request and closed after it: what the log shows is checked each
time, a service that sleeps is started, and no thread shares a socket with another.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from toolvet.client.client import Client
from toolvet.client.connect import Connection, connect
from toolvet.client.keys import KeyRing
from toolvet.config import Settings
from toolvet_reviews.views import ServiceView


@dataclass(frozen=True)
class Sitting:
    """What one request works with. Blocking: never on the server's event loop."""

    connection: Connection
    client: Client
    """Speaks as whoever asks: the page's session when it has one, else the local token."""

    @property
    def has_session(self) -> bool:
        """Whether the page sent a session that a key opened."""
        return self.client is not self.connection.client

    @property
    def service(self) -> ServiceView:
        """The service, its log held against what this machine saw before."""
        return self.connection.service

    @property
    def keys(self) -> KeyRing:
        """The sealed keys on this machine. This process never opens one."""
        return KeyRing.of(self.connection.settings)


@contextmanager
def sitting(settings: Settings, session: str) -> Generator[Sitting]:
    """Reach the service for one request.

    Args:
        session: Token of the page's session; empty when it has none.

    Raises:
        UnreachableError: Nothing answers, or the service could not be started.
        LogChangedError: Its log does not extend what was seen before.
    """
    connection = connect(settings, seat="lab")
    try:
        client = connection.client
        yield Sitting(connection, client.as_(session) if session else client)
    finally:
        connection.client.close()
