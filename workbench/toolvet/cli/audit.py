"""The audit log: read, verify in this process, prove, export, erase."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson, Reason
from toolvet.cli.output import emit, say, table
from toolvet.cli.progress import Progress
from toolvet.client.client import Client
from toolvet.client.seen import Memory
from toolvet.config import Settings
from toolvet_reviews.values import JsonObject
from toolvet_reviews.words import one_line

if TYPE_CHECKING:
    from toolvet.audit.roster_file import RosterFile
    from toolvet.audit.verify import ExportRecord, Report, StateRows

audit = typer.Typer(help="The audit log.", no_args_is_help=True)

EXPORT_SCHEMA = "toolvet/export/v1"
_TRIES = 5


@audit.command("log")
def log(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    before: Annotated[str | None, typer.Option(help="Only entries before this index.")] = None,
    as_json: AsJson = False,
) -> None:
    """List entries, newest first."""
    desk = sit_down()
    page = desk.client.audit_log(cursor=before, limit=limit)
    emit(page, as_json=as_json, render=lambda: _entries(desk, page.items))


def _entries(desk: Desk, items: Sequence[JsonObject]) -> str:
    """Lay out entries with the names of whoever they are about; an entry itself holds ids only."""
    names = {one.id: one.name for one in desk.client.principals()}
    names[desk.service.service_id] = "service"
    headers = ("INDEX", "TIME", "VERB", "ACTOR", "TARGET", "OUTCOME")
    return table(headers, [_row(one, names) for one in items])


def _row(record: JsonObject, names: dict[str, str]) -> tuple[object, ...]:
    from toolvet.audit.entries import parse_entry

    entry = parse_entry(str(record["leaf"]).encode())
    outcome = f"{entry.outcome} {entry.code}".strip()
    named = names.get(entry.target_id, entry.target_id)
    kind = entry.target_kind
    target = kind if named in (kind, "service") else f"{kind} {_short(named)}"
    return (
        entry.index,
        f"{entry.time[:19]}Z",
        entry.verb,
        names.get(entry.actor, entry.actor),
        target,
        outcome,
    )


def _short(name: str) -> str:
    return name[:19] if name.startswith("sha256:") else name


@audit.command("verify")
def verify(
    export: Annotated[
        Path | None, typer.Option("--export", help="A file of `toolvet audit export`.")
    ] = None,
    log_key: Annotated[
        str | None, typer.Option("--log-key", help="The log's verifier key, as you kept it.")
    ] = None,
    pin: Annotated[
        str | None, typer.Option("--pin", help="Fingerprint of the first key, as you kept it.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option("--roster", help="A file of `toolvet audit roster`; nothing else is trusted."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the whole log in this process. Exit 1 when anything does not hold."""
    trust = _trust(log_key, pin, roster)
    with Progress("verifying the log"):
        report = _from_file(export, trust) if export else _from_service(trust)
    answer = {
        "ok": report.ok,
        "entries": report.entries,
        "service_id": report.service_id,
        "pinned_key": report.pinned_key,
        "problems": report.problems,
        "erased": report.erased,
    }
    emit(answer, as_json=as_json, render=lambda: _report(report))
    sys.exit(0 if report.ok else NO)


def _report(report: "Report") -> str:
    lines = [f"{report.entries} entries of service {report.service_id or 'unknown'}"]
    lines += [f"erased: {name} of entry {index}" for index, name in report.erased]
    for found in report.problems:
        where = f"entry {found.index}: " if found.index >= 0 else ""
        lines.append(f"NOT SO: {where}{one_line(found.message, 500)} [{found.code}]")
    lines.append("everything holds" if report.ok else f"{len(report.problems)} things do not hold")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class _Trust:
    """What a log is held against."""

    log_key: str | None
    """None for the one this person knows the service by."""
    pin: str | None
    roster: "RosterFile | None" = None


def _trust(log_key: str | None, pin: str | None, file: Path | None) -> _Trust:
    from toolvet.audit.roster_file import parse_roster

    if file is None:
        return _Trust(log_key, pin)
    try:
        roster = parse_roster(file.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    for said, kept in ((log_key, roster.log_key), (pin, roster.pinned_key)):
        if said is not None and said != kept:
            raise UsageError("the roster names another key than the command line")
    return _Trust(roster.log_key, roster.pinned_key, roster)


@audit.command("roster")
def write_roster(
    out: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write down who may sign, once the log is verified.

    People, keys and policies, at the signed checkpoint: for `audit verify --roster`.
    """
    with Progress("verifying the log"):
        report = _from_service(_Trust(None, None))
    if not report.ok or report.roster is None:
        sys.stderr.write(_report(report))
        sys.exit(NO)
    if out is None:
        sys.stdout.write(report.roster.data.decode())
        return
    try:
        with out.open("xb") as file:
            file.write(report.roster.data)
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror}") from error
    say(f"{len(report.roster.keys)} keys of {len(report.roster.principals)} principals in {out}")


def _from_service(trust: _Trust) -> "Report":
    from toolvet.audit.verify import verify_log
    from toolvet.client.seen import checkpoint_of

    desk = sit_down()
    memory = Memory(desk.settings.config_dir / "seen")
    seen = checkpoint_of(desk.service)  # held against what was seen before when we sat down
    if trust.roster is not None:
        seen = trust.roster.checkpoint
    rows, note = _settled(desk.client)
    size = int(note.split("\n", 2)[1])
    return verify_log(
        cast("Iterator[ExportRecord]", desk.client.audit_entries(0, size)),
        log_key=trust.log_key or desk.service.log_key,
        note=note,
        pinned_key=trust.pin or memory.pinned(desk.service.service_id),
        seen=seen,
        rows=rows,
        roster=trust.roster,
    )


def _settled(client: Client) -> "tuple[StateRows, str]":
    """Get tables and checkpoint of one moment: rows are newer than entries if the log grew between."""
    note, rows, after = client.checkpoint(), client.audit_state(), client.checkpoint()
    for _ in range(_TRIES):
        if note == after:
            break
        note, rows, after = after, client.audit_state(), client.checkpoint()
    return cast("StateRows", rows), after


def _from_file(path: Path, trust: _Trust) -> "Report":
    from toolvet.audit.verify import verify_log

    try:
        with path.open("rb") as file:
            head = _head(file.readline(), path)
            key = trust.log_key or _remembered_key(str(head.get("service")))
            return verify_log(
                cast("Iterator[ExportRecord]", map(_record, file)),
                log_key=key,
                note=str(head.get("checkpoint")),
                pinned_key=trust.pin or Memory(_seen_folder()).pinned(str(head.get("service"))),
                seen=trust.roster.checkpoint if trust.roster else None,
                rows=cast("StateRows", head.get("rows")),
                roster=trust.roster,
            )
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _head(line: bytes, path: Path) -> JsonObject:
    head = _record(line)
    if head.get("schema") != EXPORT_SCHEMA:
        raise UsageError(f"{path} is not a file of `toolvet audit export`")
    return head


def _record(line: bytes) -> JsonObject:
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError("the export is damaged: a line is not JSON") from error
    if not isinstance(found, dict):
        raise UsageError("the export is damaged: a line is not an object")
    return cast("JsonObject", found)


def _remembered_key(service_id: str) -> str:
    seen = Memory(_seen_folder()).recall(service_id)
    if seen is None:
        raise UsageError(
            "the file cannot vouch for itself: which log key do you trust?",
            hint="Give it with --log-key, as `toolvet init` printed it.",
        )
    return seen.log_key


def _seen_folder() -> Path:
    return Settings.from_env().config_dir / "seen"


@audit.command("prove")
def prove(
    index: Annotated[int, typer.Argument(min=0, help="Of the entry.")], as_json: AsJson = False
) -> None:
    """Print a receipt that an entry is in the log. It is checked before it is printed."""
    from toolvet.audit.merkle import leaf_hash
    from toolvet.audit.notes import ProofText, decode_hashes, open_checkpoint

    desk = sit_down()
    note = desk.client.checkpoint()
    checkpoint = open_checkpoint(note, desk.service.log_key)
    hashes = decode_hashes(desk.client.inclusion(index, checkpoint.size))
    proof = ProofText(index, hashes, note)
    [record] = list(desk.client.audit_entries(index, index + 1))
    leaf = str(record["leaf"])
    proof.check(leaf_hash(leaf.encode()), desk.service.log_key)
    answer = {"index": index, "leaf": leaf, "proof": proof.text}
    emit(answer, as_json=as_json, render=lambda: proof.text)


@audit.command("export")
def export(
    out: Annotated[Path | None, typer.Option("--out", help="By default stdout.")] = None,
) -> None:
    """Write the log as lines of JSON. `audit verify --export` reads them, anywhere."""
    desk = sit_down()
    rows, note = _settled(desk.client)
    head = {
        "schema": EXPORT_SCHEMA,
        "service": desk.service.service_id,
        "log_key": desk.service.log_key,
        "checkpoint": note,
        "rows": rows,
    }
    written = _write(desk, out, head, int(note.split("\n", 2)[1]))
    if out:
        say(f"{written} entries in {out}")


def _write(desk: Desk, out: Path | None, head: object, size: int) -> int:
    count = 0
    try:
        with out.open("xb") if out else open(sys.stdout.fileno(), "wb", closefd=False) as file:
            file.write(json.dumps(head).encode() + b"\n")
            for record in desk.client.audit_entries(0, size):
                file.write(json.dumps(record).encode() + b"\n")
                count += 1
    except OSError as error:
        raise UsageError(f"cannot write {out or 'stdout'}: {error.strerror}") from error
    return count


@audit.command("erase")
def erase(
    index: Annotated[int, typer.Argument(min=0, help="Of the entry.")],
    name: Annotated[str, typer.Argument(help="Of the payload.")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Erase a name, text or argument. Every proof stays."""
    done = sit_down().person().erase(index, name, reason)
    emit(done, as_json=as_json, render=lambda: f"{name} of entry {index} is erased.\n")
