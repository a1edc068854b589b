"""The client: every question and every word a face has for the service, typed both ways."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolvet.client.bindings import BindingCalls
from toolvet.client.comparing import CompareCalls
from toolvet.client.dead import DeadCalls
from toolvet.client.deciding import DecideCalls
from toolvet.client.events import Events
from toolvet.client.exchange import Exchange, part
from toolvet.client.history import HistoryCalls
from toolvet.client.people import PeopleCalls
from toolvet.client.queues import QueueCalls
from toolvet.client.shapes import (
    BundleFiles,
    CallList,
    CheckpointNote,
    DiffText,
    DoctorReport,
    Done,
    EntryList,
    Health,
    MatchList,
    ProofHashes,
    QueuePage,
    ReleaseItem,
    ReleaseList,
    ToolList,
)
from toolvet.client.threads import ThreadCalls, answered
from toolvet.client.transport import Transport
from toolvet.client.waivers import WaiverCalls
from toolvet_reviews.values import Json, JsonObject, Seat
from toolvet_reviews.views import (
    CallView,
    DoctorLine,
    ProposalView,
    QueueItem,
    ServiceView,
    ToolMatch,
    ToolView,
)

if TYPE_CHECKING:
    import asyncio  # a fifth of the time a command may take to start

WAIT_S = 20.0
"""How long one question for a verdict is held open by the service."""


class Client(
    PeopleCalls,
    BindingCalls,
    DeadCalls,
    WaiverCalls,
    ThreadCalls,
    QueueCalls,
    CompareCalls,
    DecideCalls,
    HistoryCalls,
):
    """Talks to one service as one principal.

    Args:
        transport: Where to.
        token: Bearer token; empty for what needs none.
        seat: What the log will say this person or agent sat at.
    """

    def __init__(self, transport: Transport, token: str = "", seat: Seat = "cli") -> None:
        self._http = Exchange(transport, token, seat)

    @classmethod
    def in_process(
        cls,
        app: Any,  # noqa: ANN401, RUF100
        token: str = "",
        *,
        seat: Seat = "cli",
        loop: "asyncio.AbstractEventLoop | None" = None,
    ) -> "Client":
        """Mount an application in this process; call it from another thread than the loop's."""
        from toolvet.client.inprocess import InProcessTransport

        return cls(InProcessTransport(app, loop), token, seat)

    def as_(self, token: str) -> "Client":
        """The same service, as somebody else."""
        found = Client(self._http.transport, token, self._http.seat)
        found._http = self._http.as_(token)
        return found

    @property
    def address(self) -> str:
        """Where the service is."""
        return self._http.transport.address

    @property
    def token(self) -> str:
        """The bearer token in use."""
        return self._http.token

    def close(self) -> None:
        """Let go of connections."""
        self._http.transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the service -------------------------------------------------------------------------

    def service(self) -> ServiceView:
        """Ask which service this is. `toolvet.client.seen` holds the answer against the last one."""
        return self._http.get(ServiceView, "/service")

    def health(self) -> Health:
        """Ask whether it is up."""
        return self._http.get(Health, "/health")

    def stop(self) -> Done:
        """Ask the local service to end."""
        return self._http.post(Done, "/stop")

    def doctor(self, *, fix: bool = False) -> list[DoctorLine]:
        """Have everything looked at; with `fix`, mended where that is safe."""
        if fix:
            return list(self._http.post(DoctorReport, "/doctor/fix").items)
        return list(self._http.get(DoctorReport, "/doctor").items)

    def events(self) -> Events:
        """Follow the service on a connection of its own."""
        return Events(self._http.again())

    # --- proposals ---------------------------------------------------------------------------

    def submit(self, files: dict[str, bytes], *, again: bool = False) -> ProposalView:
        """Submit a folder's files, or one `.py` file."""
        body = {"files_b64": BundleFiles.of(files).files_b64, "again": again}
        return self._http.post(ProposalView, "/proposals", body)

    def submit_inline(
        self,
        source: str,
        examples: Sequence[JsonObject],
        *,
        filename: str | None = None,
        toolset: str | None = None,
        again: bool = False,
    ) -> ProposalView:
        """Submit the small form."""
        body = _inline(source, examples, filename, toolset)
        return self._http.post(ProposalView, "/proposals", {**body, "again": again})

    def revise(
        self, proposal: str, files: dict[str, bytes], *, answers: Mapping[str, str] | None = None
    ) -> ProposalView:
        """Hand in other files for an open proposal, with answers to change requests by their id."""
        body = {"files_b64": BundleFiles.of(files).files_b64, "answers": answered(answers)}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/revisions", body)

    def revise_inline(
        self,
        proposal: str,
        source: str,
        examples: Sequence[JsonObject],
        *,
        filename: str | None = None,
        toolset: str | None = None,
        answers: Mapping[str, str] | None = None,
    ) -> ProposalView:
        """Hand in another source in the small form, with answers to change requests by their id."""
        body = {**_inline(source, examples, filename, toolset), "answers": answered(answers)}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/revisions", body)

    def proposals(
        self, *, state: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> QueuePage:
        """Get one page of proposals by number, closed ones too, or those in one state."""
        query = {"state": state, "cursor": cursor, "limit": limit}
        return self._http.get(QueuePage, "/proposals", query)

    def whole_queue(self) -> Iterator[QueueItem]:
        """Go through everything that is open, page by page."""
        cursor: str | None = None
        while True:
            page = self.queue(cursor=cursor, limit=200)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def show(self, proposal: str, revision: int | None = None) -> ProposalView:
        """Get one proposal."""
        path = f"/proposals/{part(proposal)}"
        return self._http.get(ProposalView, path, {"revision": revision})

    def wait(self, proposal: str, wait_s: float = WAIT_S) -> ProposalView:
        """Get one proposal as soon as its verdict is there, or after a while."""
        path = f"/proposals/{part(proposal)}/wait"
        return self._http.get(ProposalView, path, {"wait_s": wait_s})

    def dossier(self, proposal: str) -> bytes:
        """Get the bytes of the dossier; nothing is checked here."""
        return self._http.raw(f"/proposals/{part(proposal)}/dossier")

    def files(self, proposal: str, revision: int | None = None) -> dict[str, bytes]:
        """Get a revision's files; nothing is checked here."""
        path = f"/proposals/{part(proposal)}/files"
        found = self._http.get(BundleFiles, path, {"revision": revision})
        return {name: base64.b64decode(data) for name, data in found.files_b64.items()}

    def diff(self, proposal: str, from_: int | None = None, to: int | None = None) -> str:
        """Compare two revisions, or the newest with what is published."""
        path = f"/proposals/{part(proposal)}/diff"
        return self._http.get(DiffText, path, {"from": from_, "to": to}).diff

    def blob(self, digest: str) -> bytes:
        """Get stored bytes; nothing is checked here."""
        return self._http.raw(f"/blobs/{part(digest)}")

    def withdraw(self, proposal: str, reason: str = "") -> ProposalView:
        """Take a proposal of one's own back."""
        body = {"reason": reason}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/withdraw", body)

    def comment(self, proposal: str, text: str, path: str = "", line: int = 0) -> ProposalView:
        """Say something about a proposal or a line of it."""
        body = {"text": text, "path": path, "line": line}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/comments", body)

    # --- tools -------------------------------------------------------------------------------

    def tools(self, *, everything: bool = False) -> list[ToolView]:
        """List the tools this caller may call, or every tool there is."""
        query = {"everything": "true"} if everything else None
        return list(self._http.get(ToolList, "/tools", query).items)

    def tool(self, name: str) -> ToolView:
        """Get one tool by its advertised name."""
        return self._http.get(ToolView, f"/tools/{part(name)}")

    def releases(self, name: str) -> list[ReleaseItem]:
        """List every version of a tool, oldest first."""
        return list(self._http.get(ReleaseList, f"/tools/{part(name)}/releases").items)

    def call(self, name: str, arguments: JsonObject, *, key: str | None = None) -> CallView:
        """Call a tool."""
        body: dict[str, object] = {"arguments": arguments, "key": key}
        return self._http.post(CallView, f"/tools/{part(name)}/call", body)

    def draft(self, revision: str, arguments: JsonObject) -> CallView:
        """Call a revision of one's own, by digest, before anybody approved it."""
        body: dict[str, object] = {"arguments": arguments}
        return self._http.post(CallView, f"/revisions/{part(revision)}/call", body)

    def search(self, query: str, limit: int = 10) -> list[ToolMatch]:
        """Find tools the caller may call by what they do, best first."""
        return list(self._http.get(MatchList, "/search", {"query": query, "limit": limit}).items)

    def calls(self, limit: int = 50) -> CallList:
        """List the newest calls."""
        return self._http.get(CallList, "/calls", {"limit": limit})

    def rollback(
        self, name: str, envelope: bytes, reason: dict[str, str] | None = None
    ) -> ToolView:
        """Move a channel to an older release, signed."""
        body = {"envelope": envelope.decode(), "reason": reason}
        return self._http.post(ToolView, f"/tools/{part(name)}/rollback", body)

    def disable(self, name: str, reason: str) -> Done:
        """Stop serving a tool."""
        return self._http.post(Done, f"/tools/{part(name)}/disable", {"reason": reason})

    # --- the audit log -----------------------------------------------------------------------

    def audit_log(self, *, cursor: str | None = None, limit: int = 50) -> EntryList:
        """Get one page of entries, newest first."""
        return self._http.get(EntryList, "/audit/log", {"cursor": cursor, "limit": limit})

    def audit_entries(self, start: int = 0, end: int | None = None) -> Iterator[JsonObject]:
        """Stream entries with what is kept beside them."""
        for line in self._http.lines("/audit/entries", {"start": start, "end": end}):
            found: Json = json.loads(line)
            if isinstance(found, dict):
                yield found

    def audit_state(self) -> JsonObject:
        """Get the rows that the log is compared with."""
        found: JsonObject = json.loads(self._http.raw("/audit/state"))
        return found

    def checkpoint(self) -> str:
        """Get the newest signed checkpoint."""
        return self._http.get(CheckpointNote, "/audit/checkpoint").note

    def consistency(self, old: int, new: int) -> tuple[str, ...]:
        """Get the proof that one size of the log extends another."""
        query = {"old": old, "new": new}
        return self._http.get(ProofHashes, "/audit/consistency", query).hashes

    def inclusion(self, index: int, size: int) -> tuple[str, ...]:
        """Get the proof that an entry is in the log."""
        query = {"index": index, "size": size}
        return self._http.get(ProofHashes, "/audit/inclusion", query).hashes

    def erase(self, index: int, name: str, reason: str) -> Done:
        """Erase a payload; its proof stays."""
        body = {"index": index, "name": name, "reason": reason}
        return self._http.post(Done, "/audit/erase", body)


def _inline(
    source: str, examples: Sequence[JsonObject], filename: str | None, toolset: str | None
) -> dict[str, object]:
    return {
        "source": source,
        "examples": list(examples),
        "filename": filename,
        "toolset": toolset,
    }
