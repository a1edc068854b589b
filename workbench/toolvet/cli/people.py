"""Principals, tokens and grants."""

from typing import Annotated

import typer

from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import UsageError
from toolvet.cli.options import AsJson, Reason
from toolvet.cli.output import emit, say, table
from toolvet.client.client import Client
from toolvet_reviews.values import ROLES, EffectKind, PrincipalKind, Role
from toolvet_reviews.views import PrincipalView

user = typer.Typer(help="People, agents and services.", no_args_is_help=True)
token = typer.Typer(help="Bearer tokens.", no_args_is_help=True)
grant = typer.Typer(help="Leave to call tools.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]
Expires = Annotated[
    str | None, typer.Option("--expires", help="A time, such as 2027-01-31 or 2027-01-31T12:00Z.")
]


@user.command("add")
def add_user(
    name: Name,
    kind: Annotated[PrincipalKind, typer.Option("--kind")] = "agent",
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="|".join(ROLES), help="Repeatable."),
    ] = None,
    sponsor: Annotated[
        str | None, typer.Option(help="Who answers for an agent; by default you.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add somebody, with your key. Prints a token, or a one-time code, once."""
    roles = _roles(role or ["author", "caller"])
    desk = sit_down()
    answers_for = None if kind == "human" else _sponsor(desk, sponsor)
    signed = desk.pen().add_principal(name, kind, roles, answers_for)
    added = _carrier(desk).add_principal(signed.envelope, signed.document)
    if added.code:
        say(f"{name} makes a key with this code, once: toolvet key create --code CODE")
    if added.token:
        say(f"The token of {name}; it is shown once and kept nowhere:")
    emit(added, as_json=as_json, render=lambda: f"{added.code or added.token or ''}\n")


def _roles(names: list[str]) -> list[Role]:
    unknown = sorted(set(names).difference(ROLES))
    if unknown:
        raise UsageError(f"no role {unknown[0]!r}", hint=f"One of {', '.join(ROLES)}.")
    return [role for role in ROLES if role in names]


def _sponsor(desk: Desk, name: str | None) -> str:
    return desk.me().principal if name is None else find(desk.client, name).id


def _carrier(desk: Desk) -> Client:
    return desk.client if desk.client.token else desk.person()


def find(client: Client, name: str) -> PrincipalView:
    """Find a principal by name.

    Raises:
        UsageError: Nobody of that name.
    """
    for found in client.principals():
        if found.name == name and found.active:
            return found
    raise UsageError(f"there is no principal {name!r}", hint="`toolvet user list`")


@user.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List everybody."""
    found = sit_down().client.principals()
    names = {one.id: one.name for one in found}
    headers = ("NAME", "KIND", "ROLES", "SPONSOR", "KEYS", "ACTIVE")
    rows = [
        (
            one.name,
            one.kind,
            ", ".join(one.roles),
            names.get(one.sponsor or "", one.sponsor or ""),
            ", ".join(key[:19] for key in one.keys)
            + "".join(f" ({key[:19]} waits)" for key in one.pending_keys),
            "yes" if one.active else "no",
        )
        for one in found
    ]
    emit({"items": found, "next": None}, as_json=as_json, render=lambda: table(headers, rows))


@user.command("revoke")
def revoke_user(name: Name, reason: Reason = "", as_json: AsJson = False) -> None:
    """End a principal: its tokens and keys count no more."""
    done = sit_down().person().revoke_principal(name, reason)
    emit(done, as_json=as_json, render=lambda: f"{name} may do nothing any more.\n")


@token.command("issue")
def issue_token(name: Name, expires: Expires = None, as_json: AsJson = False) -> None:
    """Issue another token for a principal; shown once."""
    issued = sit_down().person().issue_token(name, moment(expires))
    say(f"Token {issued.id} of {name}; it is shown once and kept nowhere:")
    emit(issued, as_json=as_json, render=lambda: f"{issued.token}\n")


@token.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False
) -> None:
    """Stop a token, now."""
    done = sit_down().person().revoke_token(token_id)
    emit(done, as_json=as_json, render=lambda: f"Token {token_id} counts no more.\n")


@grant.command("add")
def add_grant(
    to: Annotated[str, typer.Option("--to", metavar="NAME|ROLE")],
    tool: Annotated[str, typer.Option("--tool", metavar="PATTERN", help="Over toolset/name.")],
    up_to: Annotated[EffectKind, typer.Option("--up-to", help="Highest effect kind.")],
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Grant calling, with your key."""
    desk = sit_down()
    receiver = f"role:{to}" if to in ROLES else find(desk.client, to).id
    signed = desk.pen().add_grant(receiver, tool, up_to, moment(expires))
    added = _carrier(desk).add_grant(signed.envelope, signed.document)
    emit(added, as_json=as_json, render=lambda: f"{to} may call {tool} up to {up_to}: {added.id}\n")


@grant.command("list")
def list_grants(as_json: AsJson = False) -> None:
    """List the grants in force."""
    client = sit_down().client
    found = client.grants()
    names = {one.id: one.name for one in client.principals()}
    headers = ("ID", "TO", "TOOL", "UP TO", "EXPIRES")
    rows = [
        (one.id, names.get(one.to, one.to), one.tool, one.up_to, one.expires or "never")
        for one in found
    ]
    emit({"items": found, "next": None}, as_json=as_json, render=lambda: table(headers, rows))


@grant.command("revoke")
def revoke_grant(
    grant_id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Take a grant back."""
    done = sit_down().person().revoke_grant(grant_id, reason)
    emit(done, as_json=as_json, render=lambda: f"Grant {grant_id} counts no more.\n")


def moment(text: str | None) -> str | None:
    """Read a time as people write it; without a zone it is UTC.

    Raises:
        UsageError: Not a time.
    """
    from datetime import UTC, datetime

    from toolvet.config import stamp

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"not a time: {text!r}", hint="Such as 2027-01-31T12:00Z.") from error
    return stamp(found if found.tzinfo else found.replace(tzinfo=UTC))
