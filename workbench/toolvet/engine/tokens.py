"""Bearer tokens: issued and stopped by an operator's login; shown once, stored hashed."""

from toolvet.config import parse_stamp, stamp
from toolvet.engine import entry
from toolvet.engine.authenticate import new_row, new_token, token_hash, token_id
from toolvet.engine.people import named, needs_operator
from toolvet.engine.services import Services
from toolvet.errors import NotFoundError, ToolvetError
from toolvet.storage import Unit
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller


class ExpiryError(ToolvetError):
    """A time that nobody can read."""

    code = "token.expiry"
    hint = "Write it as 2027-01-31T12:00:00.000000Z."


async def issue_token(
    services: Services, caller: Caller, name: str, expires: str | None = None
) -> tuple[str, str]:
    """Issue another bearer token for a principal.

    Returns:
        The token's id, and the token itself: shown once, stored hashed.

    Raises:
        ExpiryError: `expires` is no time.
        ForbiddenError: The caller is not an operator.
    """
    token = new_token()
    row_id = token_id(token_hash(token))

    def issue(unit: Unit) -> None:
        needs_operator(caller)
        _check_expiry(expires)
        principal = named(unit, name)
        moment = stamp(services.clock())
        unit.principals.add_token(new_row(token, principal.id, moment, "token", expires))
        facts = {"principal": principal.id, "expires": expires}
        unit.append(entry.by(caller, Verb.TOKEN_ISSUE, ("token", row_id), facts=facts))

    with services.refusals.recorded(caller, Verb.TOKEN_ISSUE, ("token", row_id)):
        await services.store.write(issue)
    return row_id, token


async def revoke_token(services: Services, caller: Caller, token: str) -> None:
    """Stop a token by its id, now."""

    def stop(unit: Unit) -> None:
        row = unit.principals.token(token)
        if row is None:
            raise NotFoundError(f"no token {token!r}")
        if row.principal != caller.id:
            needs_operator(caller)
        unit.principals.revoke_token(token, stamp(services.clock()))
        facts = {"principal": row.principal}
        unit.append(entry.by(caller, Verb.TOKEN_REVOKE, ("token", token), facts=facts))

    with services.refusals.recorded(caller, Verb.TOKEN_REVOKE, ("token", token[:40])):
        await services.store.write(stop)


def _check_expiry(expires: str | None) -> None:
    if expires is None:
        return
    try:
        parse_stamp(expires)
    except ValueError as error:
        raise ExpiryError(f"not a time: {expires[:40]!r}") from error
