"""Fakes that note what reached them word for word: requests, mails, keys, events.

What stands in other evidence is folded into harmless lines; here the very bytes matter.
"""

from toolvet.checks.cassettes import Request
from toolvet.checks.fake_host import FakeHost
from toolvet.checks.fake_mail import Mail
from toolvet.checks.fake_network import FakeWorld
from toolvet.checks.fakes import Fakes, authority
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.values import JsonObject

_MOST = 200


class NotingHost(FakeHost):
    """A host that remembers keys and events."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.keys: list[str] = []
        """Of records that were written."""
        self.events: list[str] = []
        """Names of log events."""

    async def handle(self, request: JsonObject) -> JsonObject:
        """Answer one request, and note it."""
        operation = request.get("op")
        if operation == "log":
            _note(self.events, request.get("event"))
        elif operation in {"store.put", "store.add_if_absent", "once.begin"}:
            _note(self.keys, request.get("key"))
        elif operation == "store.batch":
            steps = request.get("ops")
            for step in steps if isinstance(steps, list) else []:
                _note(self.keys, step.get("key") if isinstance(step, dict) else None)
        return await super().handle(request)


class NotingWorld(FakeWorld):
    """Hosts that remember whole requests."""

    requests: list[Request]

    def count(self, asked: Request, key: str) -> None:
        """See FakeWorld; every request comes by here."""
        if len(self.requests) < _MOST:
            self.requests.append(asked)
        super().count(asked, key)

    @property
    def heads(self) -> list[bytes]:
        """Header lines of the mails that were handed over."""
        return [head_of(mail) for mail in self.mails[:_MOST]]


def world_of(fakes: Fakes) -> NotingWorld:
    """Make hosts that nothing was asked of yet."""
    world = NotingWorld(fakes.bundle.spec.effects.network, fakes.cassettes, authority())
    world.requests = []
    return world


def head_of(mail: Mail) -> bytes:
    """Give the header lines of a mail."""
    return mail.head


def _note(notes: list[str], value: object) -> None:
    if isinstance(value, str) and len(notes) < _MOST:
        notes.append(value[:2000])
