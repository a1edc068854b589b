"""The home and its service: init, serve, stop, doctor, consent, mcp."""

import logging
import os
import sys
from typing import Annotated, Literal

import typer

from toolvet.cli.exits import BROKEN, NO, UsageError
from toolvet.cli.options import AsJson
from toolvet.cli.output import emit, say
from toolvet.cli.progress import Progress
from toolvet.client import terminal
from toolvet.client.connect import Connection, connect, local
from toolvet.client.seen import Memory
from toolvet.config import Settings
from toolvet.errors import KNOWN, ToolvetError
from toolvet_reviews.views import DoctorLine
from toolvet_reviews.words import one_line

PresetName = Literal["solo", "team", "regulated"]
PRESETS: tuple[PresetName, ...] = ("solo", "team", "regulated")
DEFAULT_PORT = 8420
LOWER = """\
Tier {tier} has weaker walls than this version asks for; docs/security.md says which promises it
does not keep. With your key, tools run in it on this host wherever no better tier holds, and the
log, every call and every approval say so."""


def init(
    preset: Annotated[PresetName | None, typer.Option(help="Who decides about what.")] = None,
    name: Annotated[str | None, typer.Option(help="Of the first person.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; makes no key.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create the home, its log and policy, and your key."""
    from toolvet.cli.desk import Desk, new_passphrase
    from toolvet.cli.keys import make_key

    settings = Settings.from_env()
    if settings.url:
        raise UsageError("TOOLVET_URL names a service elsewhere; unset it to make a home here")
    _refuse_second(settings)
    asking = not yes and terminal.is_there()
    chosen = preset or (_ask_preset() if asking else "solo")
    person = name or (_ask_name() if asking else _user_name())
    passphrase = new_passphrase() if asking else None
    log_key = _make(settings, chosen, person)
    desk = Desk(connect(settings))
    fingerprint = make_key(desk, passphrase, None)[0] if passphrase else None
    if fingerprint is None:
        say("No key was made, so nothing can be approved yet.")
        say("The person makes one, in a terminal: `toolvet key create`.")
    answer = {
        "home": str(settings.home),
        "service_id": desk.service.service_id,
        "preset": chosen,
        "person": person,
        "log_key": log_key or desk.service.log_key,
        "key": fingerprint,
    }
    emit(answer, as_json=as_json, render=lambda: _welcome(answer))


def _refuse_second(settings: Settings) -> None:
    from toolvet.errors import HomeError

    if settings.paths.log_key.exists():
        raise HomeError(
            f"{settings.home} is a home already",
            hint="Use it, or set TOOLVET_HOME to another folder.",
        )


def _make(settings: Settings, preset: PresetName, person: str) -> str:
    """Make the home; a scanner that cannot be made now does not undo it."""
    from toolvet.wiring import init_home

    with Progress("making the home", lines=True) as progress:
        try:
            made = init_home(settings, preset_name=preset, person_name=person, progress=progress)
        except ToolvetError as error:
            if not settings.paths.log_key.exists():
                raise
            say(f"The home is made, but the scanner is not: {one_line(str(error))}")
            say("Without it no tool is verified; `toolvet doctor --fix` tries again.")
            return ""
        finally:
            memory = Memory(settings.config_dir / "seen")
            memory.forget_address(local(settings, "cli").address)
    return made.verifier_key


def _welcome(answer: dict[str, str | None]) -> str:
    lines = [f"home      {answer['home']}", f"policy    {answer['preset']}"]
    lines += [f"person    {answer['person']}", f"log key   {answer['log_key']}"]
    if answer["key"]:
        lines.append(f"your key  {answer['key']}")
    lines.append("Keep the last lines elsewhere: with them anybody can verify the log.")
    return "\n".join(lines) + "\n"


def _ask_preset() -> PresetName:
    while True:
        said = terminal.ask("Policy: solo, team or regulated [solo]: ").strip() or "solo"
        for known in PRESETS:
            if said == known:
                return known


def _ask_name() -> str:
    default = _user_name()
    return terminal.ask(f"Your name [{default}]: ").strip() or default


def _user_name() -> str:
    import getpass
    import re

    try:
        found = getpass.getuser()
    except (KeyError, OSError):
        found = ""
    return found if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", found) else "reviewer"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = DEFAULT_PORT,
    socket_only: Annotated[
        bool, typer.Option("--socket-only", help="No TCP; how commands start it.")
    ] = False,
) -> None:
    """Serve the HTTP API, MCP at /mcp, and verification."""
    from toolvet import wiring
    from toolvet.client import autostart

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    settings = Settings.from_env()
    if socket_only:
        wiring.serve(settings)
        return
    autostart.make_way(settings)
    say(f"serving {settings.home} on http://{host}:{port or '(a free port)'}, MCP at /mcp")
    wiring.serve(settings, host=host, port=port)


def stop(as_json: AsJson = False) -> None:
    """End the local service. What is in flight goes on at the next start."""
    from toolvet.client import autostart

    stopped = autostart.stop(Settings.from_env())
    words = "stopped\n" if stopped else "no service was running\n"
    emit({"stopped": stopped}, as_json=as_json, render=lambda: words)


def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is well and what is wrong. Exit 1 when anything is, 3 when no service answers."""
    try:
        reached = connect(Settings.from_env())
        lines = [*reached.client.doctor(fix=fix), *_connections(reached, fix=fix)]
        broken = NO
    except KNOWN as error:
        lines = [
            DoctorLine("service", ok=False, message=str(error), hint=error.hint, code=error.code)
        ]
        broken = BROKEN
    answer = {"items": lines, "next": None}
    emit(answer, as_json=as_json, render=lambda: "".join(map(_doctor_line, lines)))
    if not all(line.ok for line in lines):
        sys.exit(broken)


def _connections(reached: Connection, *, fix: bool) -> list[DoctorLine]:
    """Try what `toolvet connect` made here, each by a round trip as its host would make it."""
    import asyncio

    from toolvet.client.connections import Connections

    made = Connections(reached.settings.config_dir, reached.service.service_id)
    try:
        if not any(link.places for link in made.all()):
            return []
    except KNOWN as error:
        return [DoctorLine("connection", False, str(error), error.hint, error.code)]
    from toolvet.cli.round_trip import check_all

    with Progress("trying the connections of agents"):
        return asyncio.run(check_all(made, fix=fix))


def _doctor_line(line: DoctorLine) -> str:
    if line.ok:
        return f"ok    {line.area}: {one_line(line.message)}\n"
    hint = f"\n      {one_line(line.hint)}" if line.hint else ""
    return f"WRONG {line.area}: {one_line(line.message, 1000)} [{line.code}]{hint}\n"


def consent(
    tier: Annotated[Literal["B", "C"], typer.Argument(metavar="TIER", help="B or C.")],
    as_json: AsJson = False,
) -> None:
    """Let tools run in weaker walls here, with your key."""
    from toolvet.cli.desk import sit_down

    desk = sit_down()
    terminal.say(LOWER.format(tier=tier))
    if not terminal.confirm(f"Run tools in tier {tier}?"):
        say("Nothing was signed.")
        sys.exit(NO)
    signed = desk.pen().consent(tier)
    carrier = desk.client if desk.client.token else desk.person()
    done = carrier.consent(signed.envelope, signed.document)
    say("Walls that need it are built at the next start; `toolvet stop` ends this one.")
    emit(done, as_json=as_json, render=lambda: f"tier {tier} may be used\n")


def mcp() -> None:
    """Speak MCP on stdin and stdout. For hosts that start programs."""
    import asyncio

    from toolvet.mcp.stdio import run_stdio

    settings = Settings.from_env()
    client = connect(settings, seat="mcp").client
    target = settings.url or os.fspath(settings.paths.socket)
    asyncio.run(run_stdio(target, client.token))
