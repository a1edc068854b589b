"""What only a person does, in a session that their own key opened.

The local token and tokens of agents lie where every program of a user can read them; what is taken
for a person's own word or look must not come from there.
"""

from toolvet.errors import ForbiddenError
from toolvet_reviews.errors import NotAPersonError
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Role


class SessionNeededError(ForbiddenError):
    """A token that any program may hold asked for what only a person does."""

    code = "auth.session_needed"
    hint = "Open your key, or sign in: a plain token is not taken for a person."


def is_seated(caller: Caller) -> bool:
    """Tell whether a person is there: somebody whose key opened this session."""
    principal = caller.principal
    return principal.kind == "human" and principal.active and caller.auth == "key"


def need_person(caller: Caller, what: str, *roles: Role) -> None:
    """Let only people through who sit there themselves.

    Args:
        caller: Who asks.
        what: Is asked for, for the message: `keeping a draft`.
        roles: One of these is needed; none when empty.

    Raises:
        NotAPersonError: A machine asks.
        SessionNeededError: No key opened the session.
        ForbiddenError: The person holds none of the roles.
    """
    if caller.principal.kind != "human":
        raise NotAPersonError(f"{what} is for a person")
    if not is_seated(caller):
        raise SessionNeededError(f"{what} is for a person who is signed in")
    if roles and not caller.has(*roles):
        raise ForbiddenError(f"{what} needs the role {' or '.join(sorted(roles))}")
