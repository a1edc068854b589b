"""What the page decides: the statement is written here, signed in the page, and carried from here.

This process holds no key and keeps no session. A vote is its signer's, whoever carries it; words
against a proposal need the session that the page sends with the request.
"""

import base64

from toolvet.client.errors import StalePageError
from toolvet.client.review import open_review
from toolvet.client.shown import Shown
from toolvet.client.signer import active_owner
from toolvet.client.unsigned import Statements, Words
from toolvet.errors import KNOWN
from toolvet_jupyter.body import read
from toolvet_jupyter.errors import NoSessionError
from toolvet_jupyter.reading import review
from toolvet_jupyter.sitting import Sitting
from toolvet_jupyter.wire import (
    Against,
    LoginSigned,
    Remark,
    ReviewPage,
    SaltedWords,
    SealedKeyAnswer,
    SessionOpened,
    StatementWanted,
    UnsignedStatement,
    VoteSigned,
)
from toolvet_reviews.brief import brief
from toolvet_reviews.views import ProposalView


def sealed_key(at: Sitting) -> SealedKeyAnswer:
    """Hand out the sealed key that would sign.

    Raises:
        NoKeyError: No key on this machine counts at the service.
    """
    owner = active_owner(at.connection.client, at.keys)
    # Read strictly and written anew: nothing else that lay in the file goes out.
    document = at.keys.sealed(owner.fingerprint).to_json()
    return SealedKeyAnswer(owner, document)


def statement(at: Sitting, sent: bytes) -> UnsignedStatement:
    """Write what the page is going to sign.

    Args:
        sent: A `StatementWanted`.

    Raises:
        BodyError: It is none.
        NoKeyError: No key on this machine counts at the service.
        StalePageError: The page shows something else than a vote would now be about.
    """
    wanted = read(StatementWanted, sent)
    owner = active_owner(at.connection.client, at.keys)
    statements = Statements(at.service, owner.principal)
    if wanted.act == "login":
        return _unsigned(statements.login(), None)
    words = Words(wanted.note) if wanted.note.strip() else None
    return _unsigned(statements.vote(_as_shown(at, wanted), words), words)


def _as_shown(at: Sitting, wanted: StatementWanted) -> Shown:
    found = open_review(at.client, at.service, wanted.proposal)
    if found.shown is None or found.why_not:
        raise StalePageError(f"{wanted.proposal} cannot be approved: {found.why_not}")
    if found.shown.dossier != wanted.dossier:
        raise StalePageError(f"{wanted.proposal} is no longer what this page shows")
    return found.shown


def _unsigned(data: bytes, words: Words | None) -> UnsignedStatement:
    salted = SaltedWords(words.salt, words.text) if words else None
    return UnsignedStatement(base64.b64encode(data).decode("ascii"), salted)


def login(at: Sitting, sent: bytes) -> SessionOpened:
    """Open a session (`LoginSigned`) and hand its token to the page; it is kept nowhere else."""
    signed = read(LoginSigned, sent)
    return SessionOpened(at.connection.client.login(signed.envelope.encode()))


def vote(at: Sitting, proposal: str, sent: bytes) -> ReviewPage:
    """Carry a signed vote (`VoteSigned`) to the service."""
    signed = read(VoteSigned, sent)
    note = None if signed.note is None else {"salt": signed.note.salt, "text": signed.note.text}
    return _after(at, at.client.vote(proposal, signed.envelope.encode(), note))


def request_changes(at: Sitting, proposal: str, sent: bytes) -> ReviewPage:
    """Give a proposal back to its author (`Against`).

    Without a session the local agent asks: the service refuses, and records that it did.
    """
    against = read(Against, sent)
    _refuse_borrowed_token(at)
    return _after(at, at.client.request_changes(proposal, against.digest, against.note))


def reject(at: Sitting, proposal: str, sent: bytes) -> ReviewPage:
    """Close a proposal (`Against`); without a session as `request_changes`."""
    against = read(Against, sent)
    _refuse_borrowed_token(at)
    return _after(at, at.client.reject(proposal, against.digest, against.note))


def comment(at: Sitting, proposal: str, sent: bytes) -> ReviewPage:
    """Say something about a proposal or a line of it (`Remark`)."""
    remark = read(Remark, sent)
    _require_session(at)
    return _after(at, at.client.comment(proposal, remark.text, remark.path, remark.line))


def _after(at: Sitting, view: ProposalView) -> ReviewPage:
    """Show what came of it; that it was done must not depend on everything being read again."""
    try:
        return review(at, view.id)
    except KNOWN:
        sections = brief(view, manifest=None, base=None, files=())
        return ReviewPage(view, sections, (), "reload this page to see all of it", None, None)


def _require_session(at: Sitting) -> None:
    """A person's words never go out under the name of the local agent."""
    if not at.has_session:
        raise NoSessionError("this needs a session that your key opened")


def _refuse_borrowed_token(at: Sitting) -> None:
    """Whoever reaches this server must not decide with a token somebody started it with."""
    if at.connection.settings.token:
        _require_session(at)
