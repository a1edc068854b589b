"""A person's keys: made, enrolled, changed and stopped."""

import sys
from typing import Annotated

import typer

from toolvet.cli.desk import Desk, new_passphrase, ring, sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson, Reason
from toolvet.cli.output import emit, say, table
from toolvet.client import terminal
from toolvet.client.errors import RemoteError
from toolvet.client.seen import Memory

key = typer.Typer(help="Your signing keys.", no_args_is_help=True)


@key.command("create")
def create(
    code: Annotated[
        str | None, typer.Option("--code", help="The one-time code of `toolvet user add`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make your key, sealed by a passphrase. The first one of a service is pinned in its log."""
    desk = sit_down()
    if code is None and has_person_key(desk):
        raise UsageError(
            "this service knows a person's key already",
            hint="Ask somebody with a key: `toolvet user add` prints a code for `--code`.",
        )
    passphrase = new_passphrase()
    fingerprint, state = make_key(desk, passphrase, code)
    if state == "active":
        say("Keep this fingerprint elsewhere; `toolvet audit verify --pin` holds the log to it:")
    emit(
        {"fingerprint": fingerprint, "state": state},
        as_json=as_json,
        render=lambda: f"{fingerprint}\n",
    )


def has_person_key(desk: Desk) -> bool:
    """Tell whether somebody's key counts at the service already."""
    return any(one.keys for one in desk.client.principals())


def make_key(desk: Desk, passphrase: str, code: str | None) -> tuple[str, str]:
    """Make a key and hand its public half in; answer its fingerprint and state."""
    from toolvet.audit.keys import prove_possession

    sealed = desk.keys().create(passphrase)
    unsealed = desk.keys().unseal(sealed.fingerprint, passphrase)
    public = sealed.public.hex()
    where = desk.keys().path(sealed.fingerprint)
    if code is None:
        owner = desk.client.pin_key(public, prove_possession(unsealed, desk.service.service_id))
        Memory(desk.settings.config_dir / "seen").pin(desk.service.service_id, owner.fingerprint)
        say(f"The key of {owner.name} is pinned as the first of this service; it lies in {where}")
        return owner.fingerprint, "active"
    asked = desk.client.request_key(code, public, prove_possession(unsealed, code))
    say(f"The key of {asked.name} lies in {where}; it counts once somebody enrols it.")
    say(f"Read the fingerprint out to them: they run `toolvet key enrol {asked.name}`.")
    return asked.fingerprint, "pending"


@key.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys on this machine, and what they count for."""
    desk = sit_down()
    items = [_known(desk, fingerprint) for fingerprint in ring(desk.settings).fingerprints()]
    rows = [(one["fingerprint"], one["state"], one["name"]) for one in items]
    emit(
        {"items": items, "next": None},
        as_json=as_json,
        render=lambda: table(("FINGERPRINT", "STATE", "PERSON"), rows),
    )


def _known(desk: Desk, fingerprint: str) -> dict[str, str]:
    try:
        owner = desk.client.key_owner(fingerprint)
    except RemoteError as error:
        if error.code != "not_found":
            raise
        return {"fingerprint": fingerprint, "state": "unknown here", "name": ""}
    return {"fingerprint": fingerprint, "state": owner.state, "name": owner.name}


@key.command("enrol")
def enrol(
    who: Annotated[str, typer.Argument(metavar="NAME|FINGERPRINT")], as_json: AsJson = False
) -> None:
    """Let another person's key count, with yours. Compare the fingerprint with them first."""
    desk = sit_down()
    owner = desk.client.key_owner(_pending(desk, who))
    if owner.state != "pending":
        raise UsageError(f"the key {owner.fingerprint} is {owner.state}")
    terminal.say(f"{owner.name} must read exactly this to you:\n  {owner.fingerprint}")
    if not terminal.confirm("Is it the same?"):
        say("Nothing was signed.")
        sys.exit(NO)
    signed = desk.pen().enrol_key(owner)
    view = desk.client.enrol_key(signed.envelope, signed.document)
    emit(view, as_json=as_json, render=lambda: f"The key of {view.name} counts now.\n")


def _pending(desk: Desk, who: str) -> str:
    if who.startswith("sha256:"):
        return who
    waiting = [k for one in desk.client.principals() if one.name == who for k in one.pending_keys]
    if len(waiting) != 1:
        raise UsageError(f"{len(waiting)} keys of {who!r} wait", hint="Name the fingerprint.")
    return waiting[0]


@key.command("rotate")
def rotate(as_json: AsJson = False) -> None:
    """Change your key: the old one signs for the new one. Votes it signed stay valid."""
    from toolvet.client.rotation import rotate as change

    desk = sit_down()
    owner = desk.me()
    passphrase = terminal.ask_secret(f"Passphrase of {owner.name}, of the key in use: ")
    terminal.say("Of the new key:")
    changed = change(desk.connection, passphrase, new_passphrase())
    say(f"{changed.replaced} signs nothing more; sessions it opened have ended.")
    emit(changed, as_json=as_json, render=lambda: f"{changed.fingerprint}\n")


@key.command("code")
def code(name: Annotated[str, typer.Argument(metavar="NAME")], as_json: AsJson = False) -> None:
    """Give a colleague another one-time code for a key."""
    made = sit_down().person().new_code(name)
    say(f"{name} makes a key with this code, once: toolvet key create --code CODE")
    emit({"name": name, "code": made}, as_json=as_json, render=lambda: f"{made}\n")


@key.command("revoke")
def revoke(
    fingerprint: Annotated[str, typer.Argument()], reason: Reason = "", as_json: AsJson = False
) -> None:
    """Stop a key: it signs nothing more; what it signed stays valid."""
    done = sit_down().person().revoke_key(fingerprint, reason)
    emit(done, as_json=as_json, render=lambda: f"{fingerprint} counts no more.\n")
