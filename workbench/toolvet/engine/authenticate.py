"""Who is calling: a bearer token, or a fresh signature of a person's key."""

import hashlib
import secrets
from datetime import timedelta

from toolvet.config import stamp
from toolvet.engine import acts, entry
from toolvet.engine.services import Services
from toolvet.errors import UnauthenticatedError
from toolvet.storage import Unit
from toolvet.storage.rows import TokenRow
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import AuthMethod, Seat

LOGIN_LASTS = timedelta(minutes=15)
LOCAL = "local"
"""Label of the token in the home: everything that runs as this user can read it."""
TOKENS_KEPT = 10_000
"""Rows of tokens kept in memory; whether one still counts is asked of the log each time."""
LOGIN = "login"
"""Label of a token that a person's key opened."""


def new_token() -> str:
    """Make a bearer token: 256 bits, shown once, stored hashed."""
    return "tv_" + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Hash a bearer token for storage; 256 random bits need no salt and no stretching."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_id(hashed: str) -> str:
    """Name a token by the beginning of its hash: the log then vouches for the hash in the row."""
    return hashed[:32]


def new_row(
    token: str, principal: str, moment: str, label: str, expires: str | None = None
) -> TokenRow:
    """Make the row of a new token."""
    hashed = token_hash(token)
    return TokenRow(token_id(hashed), principal, hashed, moment, expires, None, label)


async def authenticate(services: Services, bearer: str | None, seat: Seat) -> Caller:
    """Find the principal behind a bearer token.

    Raises:
        UnauthenticatedError: No token, or one that is unknown, expired or revoked.
    """
    if not bearer:
        raise UnauthenticatedError("no bearer token was sent")
    with services.refusals.recorded(None, Verb.LOGIN_OPEN, ("service", services.service_id)):
        return await _bearer(services, token_hash(bearer), seat)


async def _bearer(services: Services, hashed: str, seat: Seat) -> Caller:
    row = services.tokens.get(hashed)
    if row is None:
        row = await services.store.query(lambda view: view.principals.token_by_hash(hashed))
        if row is None:
            raise UnauthenticatedError("the token is unknown")
        if len(services.tokens) >= TOKENS_KEPT:
            services.tokens.clear()
        services.tokens[hashed] = row
    return caller_of(services, row, seat)


def caller_of(services: Services, row: TokenRow, seat: Seat) -> Caller:
    """Turn a stored token into a caller, if it still stands.

    Raises:
        UnauthenticatedError: The token or its principal is expired or revoked.
        LogError: The log that says so cannot be signed.
    """
    services.standing.check()
    ledger = services.standing.ledger
    issued = ledger.tokens.get(row.id)
    if issued is None or issued.principal != row.principal or row.id != token_id(row.hash):
        raise UnauthenticatedError("the token was revoked, or the log knows of no such token")
    if issued.expires is not None and issued.expires < stamp(services.clock()):
        raise UnauthenticatedError("the token has expired")
    if issued.key is not None and issued.key not in ledger.active_keys():
        raise UnauthenticatedError("the key that opened this session was revoked")
    principal = ledger.principals.get(row.principal)
    if principal is None or not principal.active:
        raise UnauthenticatedError("the token's principal is not active")
    methods: dict[str, AuthMethod] = {LOCAL: "local", LOGIN: "key"}
    return Caller(principal, methods.get(row.label, "token"), seat, row.id)


async def login(services: Services, envelope: bytes, seat: Seat) -> str:
    """Open a short session for the person whose key signed.

    Returns:
        A bearer token that lasts `LOGIN_LASTS`; it comments and stops, it never signs an act.

    Raises:
        SignatureError: The statement does not hold.
    """
    token, moment = new_token(), services.clock()
    expires = stamp(moment + LOGIN_LASTS)

    def open_session(unit: Unit) -> None:
        accepted = acts.accept_login(services, unit, envelope, seat)
        row = new_row(token, accepted.actor.id, stamp(moment), LOGIN, expires)
        unit.principals.add_token(row)
        facts = {"token": row.id, "expires": expires, "key": accepted.key}
        target = ("principal", accepted.actor.id)
        unit.append(entry.by(accepted.actor, Verb.LOGIN_OPEN, target, facts=facts))

    with services.refusals.recorded(None, Verb.LOGIN_OPEN, ("service", services.service_id)):
        await services.store.write(open_session)
    return token
