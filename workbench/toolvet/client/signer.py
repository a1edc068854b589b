"""A person's key at one service: open for a quarter of an hour after the passphrase, then shut.

Every face that sits with a person uses this: the passphrase opens the key here, in the person's own
process, and what leaves it is signed.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolvet.client.batch import Batch
from toolvet.client.client import Client
from toolvet.client.connect import Connection, trusted
from toolvet.client.errors import LockedError, NoKeyError, RemoteError
from toolvet.client.keys import KeyRing
from toolvet.client.shapes import KeyOwner
from toolvet_reviews.review_views import BulkResult
from toolvet_reviews.views import ProposalView

if TYPE_CHECKING:
    from toolvet.audit.keys import PersonKey
    from toolvet.client.acts import Pen
    from toolvet.client.shown import Shown

UNLOCKED_S = 15 * 60.0
"""How long one passphrase lasts: as long as the session that the key opens at the service."""


@dataclass(frozen=True)
class _Unlocked:
    key: "PersonKey"
    owner: KeyOwner
    until: float


class Signer:
    """Signs as the person whose key lies on this machine; safe to share between threads.

    Args:
        connection: To the service.
        clock: Seconds that only go forward.
    """

    def __init__(
        self, connection: Connection, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._turn = threading.RLock()
        self._unlocked: _Unlocked | None = None
        self._session: Client | None = None

    @property
    def keys(self) -> KeyRing:
        """The person's own keys."""
        return KeyRing.of(self._connection.settings)

    def owner(self) -> KeyOwner:
        """Say whose key signs here, without unlocking it.

        Raises:
            NoKeyError: No key on this machine counts at this service.
        """
        unlocked = self._unlocked
        return unlocked.owner if unlocked else active_owner(self._connection.client, self.keys)

    @property
    def seconds_left(self) -> float:
        """How long the key stays open; 0 when it is locked."""
        unlocked = self._unlocked
        return max(0.0, unlocked.until - self._clock()) if unlocked else 0.0

    @property
    def is_unlocked(self) -> bool:
        """Whether an act can be signed without asking."""
        return self.seconds_left > 0

    def unlock(self, passphrase: str) -> None:
        """Open the key; slow on purpose (argon2id).

        Raises:
            NoKeyError: No key on this machine counts at this service.
            WrongPassphraseError: That is not the passphrase.
        """
        owner = self.owner()
        key = self.keys.unseal(owner.fingerprint, passphrase)
        with self._turn:
            self._unlocked = _Unlocked(key, owner, self._clock() + UNLOCKED_S)
            self._session = None

    def lock(self) -> None:
        """Let go of the key and of the session it opened."""
        with self._turn:
            self._unlocked = None
            self._session = None

    def pen(self) -> "Pen":
        """Write acts, on the newest checkpoint and policy.

        Raises:
            LockedError: The key is locked.
        """
        from toolvet.client.acts import Pen

        unlocked = self._opened()
        service = trusted(self._connection)
        return Pen(service, unlocked.key, unlocked.owner.principal)

    def person(self) -> Client:
        """Speak in a session that the key opens: it comments and gives back, it decides nothing.

        Raises:
            LockedError: The key is locked.
        """
        with self._turn:
            self._opened()
            if self._session is None:
                client = self._connection.client
                self._session = client.as_(client.login(self.pen().login()))
            return self._session

    def approve(
        self, shown: "Shown", note: str = "", *, drafts: "Sequence[str]" = ()
    ) -> ProposalView:
        """Sign a vote for exactly what was shown, and hand it in.

        Args:
            shown: What was on the screen.
            note: Words beside the vote.
            drafts: Ids of one's own remarks that are published with it.

        Raises:
            LockedError: The key is locked.
            DifferenceError: The policy changed since.
            RemoteError: The service refused.
        """
        from toolvet.client.acts import Words

        words = Words(note) if note.strip() else None
        envelope = self.pen().vote(shown, words)
        client = self._connection.client
        carrier = client if client.token and not drafts else self.person()  # drafts are a person's
        said = words.to_json() if words else None
        return carrier.vote(shown.view.id, envelope, said, drafts=drafts)

    def approve_many(self, shown: "Sequence[tuple[Shown, str]]") -> BulkResult:
        """Sign a vote of its own for each thing that was shown, and hand them in together.

        One that cannot be signed is left out and named, like one that the service leaves out. When
        the answer is lost the same votes are handed in once more: each counts once.

        Args:
            shown: What was on the screen, with the words beside each vote; empty for none.

        Returns:
            An answer for each, in the same order.

        Raises:
            LockedError: The key is locked.
            UnreachableError: The service does not answer; some of the votes may have counted.
            RemoteError: The service refused them all.
        """
        signed = Batch.sign(self.pen(), shown)
        client = self._connection.client
        return signed.hand_in(client if client.token else self.person())

    def _opened(self) -> _Unlocked:
        with self._turn:
            if not self.is_unlocked:
                self.lock()
            if self._unlocked is None:
                raise LockedError("the key is locked")
            return self._unlocked


def active_owner(client: Client, keys: KeyRing) -> KeyOwner:
    """Find the newest key on this machine that counts at a service.

    Raises:
        NoKeyError: None does.
    """
    waiting = ""
    for fingerprint in reversed(keys.fingerprints()):
        try:
            owner = client.key_owner(fingerprint)
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
