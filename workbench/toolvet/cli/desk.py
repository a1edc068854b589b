"""Where a person sits: the service they reached, and their key once they unlocked it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolvet.cli.output import say
from toolvet.client import terminal
from toolvet.client.client import Client
from toolvet.client.connect import Connection, connect
from toolvet.client.errors import NoTerminalError
from toolvet.client.shapes import KeyOwner
from toolvet.client.signer import Signer
from toolvet.config import Settings
from toolvet_reviews.review_views import BulkResult
from toolvet_reviews.views import ServiceView

if TYPE_CHECKING:
    from toolvet.client.acts import Pen
    from toolvet.client.keys import KeyRing
    from toolvet.client.shown import Shown

TRIES = 3
"""How often a mistyped passphrase is asked for again."""


class Desk:
    """One command's sitting; a passphrase is asked for at most once, on the terminal only."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._signer = Signer(connection)

    @property
    def client(self) -> Client:
        """Speaks with the token at hand: `TOOLVET_TOKEN`, or the local one."""
        return self.connection.client

    @property
    def service(self) -> ServiceView:
        """The service, as it was checked."""
        return self.connection.service

    @property
    def settings(self) -> Settings:
        """What the environment says."""
        return self.connection.settings

    def keys(self) -> "KeyRing":
        """The person's own keys."""
        return self._signer.keys

    def pen(self) -> "Pen":
        """Sign as the person at the terminal.

        Raises:
            NoKeyError: No key here counts at this service.
            NoTerminalError: There is nobody to ask for the passphrase.
            WrongPassphraseError: It was mistyped too often.
        """
        self._unlock()
        return self._signer.pen()

    def person(self) -> Client:
        """Speak as a person: with `TOOLVET_TOKEN` when set, else in a session their key opens."""
        if self.settings.token:
            return self.client
        self._unlock()
        return self._signer.person()

    def approve_many(self, shown: "Sequence[tuple[Shown, str]]") -> BulkResult:
        """Sign a vote for each thing that was shown, with one passphrase; see `Signer`."""
        self._unlock()
        return self._signer.approve_many(shown)

    def me(self) -> KeyOwner:
        """Say whose key signs here, without unlocking it."""
        return self._signer.owner()

    def _unlock(self) -> None:
        from toolvet.audit.errors import WrongPassphraseError

        name = "" if self._signer.is_unlocked else self.me().name
        for left in range(TRIES - 1, -1, -1):
            if self._signer.is_unlocked:
                return
            try:
                self._signer.unlock(terminal.ask_secret(f"Passphrase of {name}: "))
            except WrongPassphraseError:
                if not left:
                    raise
                say("That is not the passphrase.")


def sit_down(*, start: bool = True) -> Desk:
    """Reach the service that the environment names."""
    return Desk(connect(Settings.from_env(), start=start))


def ring(settings: Settings) -> "KeyRing":
    """Find the person's keys."""
    from toolvet.client.keys import KeyRing

    return KeyRing.of(settings)


def new_passphrase() -> str:
    """Ask for a new passphrase, twice.

    Raises:
        NoTerminalError: There is nobody to ask.
    """
    from toolvet.audit.keys import MIN_PASSPHRASE

    for _ in range(TRIES):
        passphrase = terminal.ask_secret("New passphrase: ")
        if len(passphrase) < MIN_PASSPHRASE:
            terminal.say(f"At least {MIN_PASSPHRASE} characters; several words are best.")
        elif terminal.ask_secret("Once more: ") == passphrase:
            return passphrase
        else:
            terminal.say("They differ.")
    raise NoTerminalError("no passphrase was chosen", hint="Try again.")
