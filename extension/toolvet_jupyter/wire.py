"""What the page and this server say to each other. Pure; no I/O.

The TypeScript types of the page are written from these dataclasses and never by hand. Every answer
is one of them as JSON, or an `ErrorAnswer` with the HTTP status of the service. Digests, times and
texts are as in `toolvet_reviews.views`; texts of authors are spelled out and shown as text only.
"""

from dataclasses import dataclass, field
from typing import Literal

from toolvet.client.shapes import KeyOwner
from toolvet_jupyter.names import EVENTS, SESSION_HEADER, SESSION_S, SHOW_OPTION
from toolvet_reviews.brief import BriefSection
from toolvet_reviews.brief_evidence import CaseTest
from toolvet_reviews.sides import FileChange
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import ProposalView, ServiceView

__all__ = [
    "EVENTS",
    "SESSION_HEADER",
    "SESSION_S",
    "SHOW_OPTION",
    "Against",
    "Ballot",
    "ErrorAnswer",
    "ErrorBody",
    "LogGrew",
    "LoginSigned",
    "Remark",
    "ReviewPage",
    "SaltedWords",
    "SealedKeyAnswer",
    "SessionOpened",
    "StatementWanted",
    "Status",
    "UnsignedStatement",
    "VoteSigned",
]


@dataclass(frozen=True)
class Status:
    """Which service this is, and whether somebody can sign here."""

    version: str
    """Of this server extension."""
    service: ServiceView
    signer: KeyOwner | None
    """Whose key would sign; null when none on this machine counts at the service."""
    why_no_signer: str = ""


@dataclass(frozen=True)
class Ballot:
    """What a vote on what is shown names; the page holds the statement against it, word for word."""

    proposal: str
    subject_name: str
    """`toolset/name`."""
    release: str
    """Release digest: the subject."""
    revision: str
    """Revision digest: what request changes and reject are about."""
    base: str | None
    dossier: str
    policy: str
    tier: str
    kind: str
    service: str
    """Service id."""
    rubric: dict[str, str] = field(default_factory=dict[str, str])
    """Criterion to mark."""
    waivers: tuple[str, ...] = ()
    """Fingerprints of findings that people overruled: the vote leans on that."""
    channel: Literal["stable"] = "stable"
    verdict: Literal["approve"] = "approve"


@dataclass(frozen=True)
class ReviewPage:
    """One proposal as it is reviewed, every digest checked by this server."""

    view: ProposalView
    sections: tuple[BriefSection, ...]
    files: tuple[FileChange, ...]
    why_not: str
    """Why it cannot be approved now; empty when it can."""
    ballot: Ballot | None
    """Null when it cannot be approved."""
    signer: KeyOwner | None
    why_no_signer: str = ""
    cases: tuple[CaseTest, ...] = ()
    """Failing cases that can be handed to the author as tests."""
    withheld: bool = False
    """Some of the evidence is shown only to a person who opened a session."""


@dataclass(frozen=True)
class SealedKeyAnswer:
    """The key that would sign, sealed: useless without the passphrase."""

    owner: KeyOwner
    document: JsonObject = field(default_factory=dict[str, Json])
    """As `toolvet.audit.keys.SealedKey.to_json` wrote it."""


@dataclass(frozen=True)
class StatementWanted:
    """Which statement the page wants to sign."""

    act: Literal["login", "vote"]
    proposal: str = ""
    """Of a vote."""
    dossier: str = ""
    """Digest of the dossier the page shows; of a vote."""
    note: str = ""
    """Words beside a vote; empty for none."""


@dataclass(frozen=True)
class SaltedWords:
    """Words beside a signed act, which names their salted commitment."""

    salt: str
    """32 random bytes in hexadecimal."""
    text: str


@dataclass(frozen=True)
class UnsignedStatement:
    """Canonical bytes to sign, once the page has checked them."""

    statement_b64: str
    words: SaltedWords | None = None
    """Travel back beside the envelope."""


@dataclass(frozen=True)
class LoginSigned:
    """A signed login."""

    envelope: str


@dataclass(frozen=True)
class SessionOpened:
    """A session, for the page to keep in memory."""

    token: str
    lasts_s: int = SESSION_S


@dataclass(frozen=True)
class VoteSigned:
    """A signed vote."""

    envelope: str
    note: SaltedWords | None = None


@dataclass(frozen=True)
class Against:
    """A decision against; always with words."""

    digest: str
    """Revision digest that was shown."""
    note: str


@dataclass(frozen=True)
class Remark:
    """A comment."""

    text: str
    path: str = ""
    line: int = 0
    """From 1; 0 is the whole file."""


@dataclass(frozen=True)
class LogGrew:
    """An event: something happened at the service, so read again. It carries no content."""

    index: int
    """Entries now in the log; 0 when the service stopped answering."""
    connected: bool
    kinds: tuple[str, ...] = ()
    """Verbs of the entries; none when the connection is new and anything may have happened."""
    catalogue: bool = False


@dataclass(frozen=True)
class ErrorBody:
    """What went wrong, with the service's own code, words and hint."""

    code: str
    message: str
    hint: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True)
class ErrorAnswer:
    """The one error shape."""

    error: ErrorBody
