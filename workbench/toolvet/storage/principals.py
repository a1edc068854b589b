"""Principals, their keys, tokens, enrolment codes, and the nonces of their acts."""

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.columns import is_set
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import EnrolmentRow, KeyRow, KeyState, TokenRow
from toolvet.storage.session import Session
from toolvet_reviews.principals import Principal

_PRINCIPALS = Mapped(tables.principal, Principal)
_KEYS = Mapped(tables.key, KeyRow)
_TOKENS = Mapped(tables.token, TokenRow)
_ENROLMENTS = Mapped(tables.enrolment, EnrolmentRow)


class Principals:
    """Who may act."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, id: str) -> Principal | None:
        """Fetch a principal by id, active or not."""
        return _PRINCIPALS.first(self._session, tables.principal.c.id == id)

    def by_name(self, name: str) -> Principal | None:
        """Fetch a principal by its unique name, active or not."""
        return _PRINCIPALS.first(self._session, tables.principal.c.name == name)

    def all(self) -> list[Principal]:
        """List every principal, oldest first."""
        return _PRINCIPALS.find(self._session)

    def add(self, principal: Principal) -> None:
        """Store a new principal.

        Raises:
            ConstraintError: The name or id is taken.
        """
        _PRINCIPALS.add(self._session, principal)

    def deactivate(self, id: str) -> bool:
        """Take away the right to act; tell whether there was an active one."""
        principal = tables.principal
        update = (
            sa.update(principal)
            .where(principal.c.id == id, is_set(principal.c.active))
            .values(active=False)
        )
        return self._session.write(update) == 1

    def keys(self, principal: str | None = None) -> list[KeyRow]:
        """List the keys of one principal, or all."""
        where = () if principal is None else (tables.key.c.principal == principal,)
        return _KEYS.find(self._session, *where)

    def key(self, fingerprint: str) -> KeyRow | None:
        """Fetch a key by fingerprint."""
        return _KEYS.first(self._session, tables.key.c.fingerprint == fingerprint)

    def add_key(self, row: KeyRow) -> None:
        """Store a new key.

        Raises:
            ConstraintError: The key is there already, or its principal is not.
        """
        _KEYS.add(self._session, row)

    def set_key_state(self, fingerprint: str, state: KeyState) -> bool:
        """Change the state of a key; tell whether there is one."""
        where = tables.key.c.fingerprint == fingerprint
        return self._session.write(sa.update(tables.key).where(where).values(state=state)) == 1

    def add_token(self, row: TokenRow) -> None:
        """Store a new token, hashed."""
        _TOKENS.add(self._session, row)

    def token_by_hash(self, hash: str) -> TokenRow | None:
        """Fetch a token, expired and revoked ones too."""
        return _TOKENS.first(self._session, tables.token.c.hash == hash)

    def token(self, id: str) -> TokenRow | None:
        """Fetch a token by id."""
        return _TOKENS.first(self._session, tables.token.c.id == id)

    def tokens(self, principal: str | None = None) -> list[TokenRow]:
        """List the tokens of one principal, or all, oldest first."""
        where = () if principal is None else (tables.token.c.principal == principal,)
        return _TOKENS.find(self._session, *where)

    def revoke_token(self, id: str, at: str) -> bool:
        """Take a token away; tell whether it was in force."""
        token = tables.token
        where = (token.c.id == id, token.c.revoked_at.is_(None))
        return self._session.write(sa.update(token).where(*where).values(revoked_at=at)) == 1

    def add_enrolment(self, row: EnrolmentRow) -> None:
        """Store a one-time code, hashed."""
        _ENROLMENTS.add(self._session, row)

    def enrolment(self, code_hash: str) -> EnrolmentRow | None:
        """Fetch a one-time code, used and expired ones too."""
        return _ENROLMENTS.first(self._session, tables.enrolment.c.code_hash == code_hash)

    def use_enrolment(self, code_hash: str, at: str) -> bool:
        """Use a code up; False when it was used before."""
        enrolment = tables.enrolment
        where = (enrolment.c.code_hash == code_hash, enrolment.c.used_at.is_(None))
        return self._session.write(sa.update(enrolment).where(*where).values(used_at=at)) == 1

    def nonce_seen(self, nonce: str) -> bool:
        """Tell whether an act carried this nonce before."""
        query = sa.select(tables.nonce.c.nonce).where(tables.nonce.c.nonce == nonce)
        return self._session.row(query) is not None

    def add_nonce(self, nonce: str, at: str) -> bool:
        """Remember a nonce; False when it was seen before."""
        return self._session.insert_new(tables.nonce, {"nonce": nonce, "at": at})
