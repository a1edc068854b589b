"""Names for the ids in old entries: whose they are, and which tool they are about."""

from toolvet.audit.entries import Entry
from toolvet.engine import stored
from toolvet.storage import View
from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.values import Json

_TELLING = ("name", "principal", "to", "tool", "up_to")
"""Fields of a document that say what it is about."""


class Recalled:
    """Looks names up once for a whole page. They are for people to read: nothing is decided by them."""

    def __init__(self, view: View, service_id: str) -> None:
        self._view = view
        self._names: dict[str, str] = {service_id: "service"}
        self._tools: dict[str, str] = {}

    def name(self, principal: str) -> str:
        """Name a principal; the service as such, and its id when the name was erased."""
        found = self._names.get(principal)
        if found is None:
            found = self._names[principal] = stored.name_of(self._view, principal)
        return found

    def proposal_of(self, entry: Entry) -> str:
        """Name the proposal an entry is about; empty when it is about none."""
        said = entry.facts.get("proposal")
        if isinstance(said, str):
            return said
        if entry.target_kind == "proposal":
            return entry.target_id
        row = self._view.releases.get(entry.digest) if entry.digest else None
        return f"P-{row.proposal}" if row else ""

    def tool_of(self, entry: Entry, proposal: str) -> str:
        """Name the tool an entry is about, `toolset/name`; empty when it is about none."""
        if entry.target_kind == "tool":
            return entry.target_id
        if not proposal.removeprefix("P-").isdecimal():
            return ""
        if proposal not in self._tools:
            row = self._view.proposals.get(int(proposal.removeprefix("P-")))
            self._tools[proposal] = f"{row.toolset}/{row.tool}" if row else ""
        return self._tools[proposal]

    def said(self, entry: Entry) -> str:
        """Read the words beside an entry, or whom or what it is about.

        Empty when there are none, or they were erased.
        """
        for name in ("note", "reason"):
            if name in entry.payloads:
                return _text(self._payload(entry, name))
        if "document" in entry.payloads:
            return self._of_document(self._payload(entry, "document"))
        preset = entry.facts.get("preset")
        return preset if isinstance(preset, str) else self._of_principal(entry)

    def _of_document(self, said: Json) -> str:
        """Name what a document is about: somebody, a grant, a key."""
        words = [said.get(name) for name in _TELLING] if isinstance(said, dict) else []
        return " ".join(self.name(word) for word in words if isinstance(word, str))

    def _of_principal(self, entry: Entry) -> str:
        return self.name(entry.target_id) if entry.target_kind == "principal" else ""

    def _payload(self, entry: Entry, name: str) -> Json:
        for payload in self._view.payloads(entry.index):
            if payload.name == name and payload.body is not None:
                return _json(payload.body)
        return None


def _text(said: Json) -> str:
    text = said.get("text") if isinstance(said, dict) else said
    return text if isinstance(text, str) else ""


def _json(body: bytes) -> Json:
    try:
        return canonical.parse(body)
    except CanonicalError:
        return None
