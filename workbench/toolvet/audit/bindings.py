"""What operators bound, as the log says it: secrets to tools and hosts, mounts to folders. Pure.

A binding counts as long as its document is there: once that is erased, nobody can tell what was
signed, and nothing is bound by it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from toolvet.audit.acts import VoidError
from toolvet.audit.entries import Entry
from toolvet_reviews import bindings
from toolvet_reviews.bindings import MountBinding, SecretBinding
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import JsonObject

T = TypeVar("T")

_ENVELOPE = frozenset({"schema", "kind", "nonce"})
"""Fields that every document has."""


@dataclass(frozen=True)
class BoundSecret:
    """A secret in force, and the entry that set or rotated it last."""

    binding: SecretBinding
    entry: int
    time: str
    actor: str


@dataclass(frozen=True)
class BoundMount:
    """A folder in force, and the entry that bound it."""

    binding: MountBinding
    entry: int
    time: str
    actor: str


Bound = dict[str, BoundSecret] | dict[str, BoundMount]


class Bindings:
    """Every secret and mount in force, by name.

    The document of an entry can be erased; the leaf still tells which binding it replaced, so that
    none comes back when a later one is forgotten.
    """

    def __init__(self) -> None:
        self.secrets: dict[str, BoundSecret] = {}
        self.mounts: dict[str, BoundMount] = {}
        self._forgotten: set[str] = set()
        """Ids of what was bound by documents that were erased since."""

    def set_secret(self, entry: Entry, document: JsonObject | None) -> None:
        """Bind a secret; one of the same name is replaced, scope and all.

        Raises:
            VoidError: Its document differs from the entry.
        """
        said = None if document is None else self._secret(entry, document)
        self._replace(self.secrets, entry, "secret", said.name if said else None)
        if said is not None:
            self.secrets[said.name] = BoundSecret(said, entry.index, entry.time, entry.actor)

    def rotate_secret(self, entry: Entry, document: JsonObject | None) -> None:
        """Take another value for a secret; where it may go stays as it is.

        Raises:
            VoidError: Nothing like it is bound, or the document would widen or narrow it.
        """
        if document is None:
            self._end(self.secrets, entry.target_id, "secret")
            self._forgotten.add(entry.target_id)
            return
        said = self._secret(entry, document)
        if said.id in self._forgotten:
            return
        before = self.secrets.get(said.name)
        if before is None or before.binding.id != said.id:
            raise VoidError("secret.unknown", "no such secret was in force")
        if (before.binding.tools, before.binding.hosts) != (said.tools, said.hosts):
            raise VoidError("secret.other_scope", "a rotation changes the value only")
        self.secrets[said.name] = BoundSecret(said, entry.index, entry.time, entry.actor)

    def delete_secret(self, entry: Entry) -> None:
        """Forget a secret.

        Raises:
            VoidError: Nothing like it is bound.
        """
        self._end(self.secrets, entry.target_id, "secret")

    def bind_mount(self, entry: Entry, document: JsonObject | None) -> None:
        """Bind a folder; one of the same name is replaced.

        Raises:
            VoidError: Its document differs from the entry.
        """
        said = None if document is None else _read(document, "mount", bindings.read_mount)
        if said is not None and (said.id, said.mode) != (entry.target_id, entry.facts.get("mode")):
            raise VoidError("mount.differs", "the document says other than the entry")
        self._replace(self.mounts, entry, "mount", said.name if said else None)
        if said is not None:
            self.mounts[said.name] = BoundMount(said, entry.index, entry.time, entry.actor)

    def unbind_mount(self, entry: Entry) -> None:
        """Take a folder away.

        Raises:
            VoidError: Nothing like it is bound.
        """
        self._end(self.mounts, entry.target_id, "mount")

    def _secret(self, entry: Entry, document: JsonObject) -> SecretBinding:
        said = _read(document, "secret", bindings.read_secret)
        if said.id != entry.target_id:
            raise VoidError("secret.differs", "the document says other than the entry")
        return said

    def _replace(self, bound: Bound, entry: Entry, kind: str, name: str | None) -> None:
        """End what the leaf says the entry replaces; without a name its document was erased."""
        before = bound.get(name) if name is not None else None
        replaced = entry.facts.get(kind)
        if before is not None and before.binding.id != replaced:
            raise VoidError(f"{kind}.in_force", "the entry does not say what it replaces")
        if isinstance(replaced, str):
            self._end(bound, replaced, kind)
        if name is None:
            self._forgotten.add(entry.target_id)

    def _end(self, bound: Bound, id_: str, kind: str) -> None:
        for name, one in bound.items():
            if one.binding.id == id_:
                del bound[name]
                return
        if id_ not in self._forgotten:
            raise VoidError(f"{kind}.unknown", f"no such {kind} was in force")


def _read(document: JsonObject, kind: str, read: Callable[[JsonObject], T]) -> T:
    fields = {name: value for name, value in document.items() if name not in _ENVELOPE}
    try:
        return read(fields)
    except ReviewError as error:
        raise VoidError(f"{kind}.invalid", str(error)) from error
