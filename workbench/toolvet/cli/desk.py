"""Where a person sits: the service they reached, and their key once they unlocked it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolvet.cli.output import say
from toolvet.client import terminal
from toolvet.client.client import Client
from toolvet.client.connect import Connection, connect
from toolvet.client.errors import NoKeyError, NoTerminalError, RemoteError
from toolvet.client.shapes import KeyOwner
from toolvet.config import Settings
from toolvet_reviews.views import ServiceView

if TYPE_CHECKING:
    from toolvet.audit.keys import PersonKey
    from toolvet.client.acts import Pen
    from toolvet.client.keys import KeyRing

TRIES = 3
"""How often a mistyped passphrase is asked for again."""


@dataclass(frozen=True)
class _Unlocked:
    key: "PersonKey"
    owner: KeyOwner


class Desk:
    """One command's sitting; a passphrase is asked for at most once, on the terminal only."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._unlocked: _Unlocked | None = None
        self._session: Client | None = None

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
        return ring(self.settings)

    def pen(self) -> "Pen":
        """Sign as the person at the terminal.

        Raises:
            NoKeyError: No key here counts at this service.
            NoTerminalError: There is nobody to ask for the passphrase.
            WrongPassphraseError: It was mistyped too often.
        """
        from toolvet.client.acts import Pen

        unlocked = self._unlock()
        return Pen(self.service, unlocked.key, unlocked.owner.principal)

    def person(self) -> Client:
        """Speak as a person: with `TOOLVET_TOKEN` when set, else in a session their key opens."""
        if self.settings.token:
            return self.client
        if self._session is None:
            self._session = self.client.as_(self.client.login(self.pen().login()))
        return self._session

    def me(self) -> KeyOwner:
        """Say whose key signs here, without unlocking it."""
        return self._unlocked.owner if self._unlocked else self._active_key()

    def _unlock(self) -> _Unlocked:
        if self._unlocked is None:
            owner = self._active_key()
            self._unlocked = _Unlocked(_unseal(self.keys(), owner), owner)
        return self._unlocked

    def _active_key(self) -> KeyOwner:
        waiting = ""
        for fingerprint in reversed(self.keys().fingerprints()):
            try:
                owner = self.client.key_owner(fingerprint)
            except RemoteError as error:
                if error.code != "not_found":
                    raise
                continue
            if owner.state == "active":
                return owner
            waiting = waiting or f"{fingerprint} is {owner.state}"
        if waiting:
            hint = "Somebody with a key lets it count: `toolvet key enrol NAME`."
            raise NoKeyError(f"no key here counts at this service: {waiting}", hint=hint)
        raise NoKeyError("no key on this machine may sign at this service")


def sit_down(*, start: bool = True) -> Desk:
    """Reach the service that the environment names."""
    return Desk(connect(Settings.from_env(), start=start))


def ring(settings: Settings) -> "KeyRing":
    """Find the person's keys."""
    from toolvet.client.keys import KeyRing

    return KeyRing(settings.config_dir / "keys")


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


def _unseal(keys: "KeyRing", owner: KeyOwner) -> "PersonKey":
    from toolvet.audit.errors import WrongPassphraseError

    for left in range(TRIES - 1, -1, -1):
        passphrase = terminal.ask_secret(f"Passphrase of {owner.name}: ")
        try:
            return keys.unseal(owner.fingerprint, passphrase)
        except WrongPassphraseError:
            if not left:
                raise
            say("That is not the passphrase.")
    raise NoKeyError("the key was not unlocked")
