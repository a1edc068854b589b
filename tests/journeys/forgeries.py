"""Every way to decide as the agent that the journeys can think of; each must be refused."""

import asyncio
import base64
import json
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from stage import Stage

from toolvet.audit import envelopes
from toolvet.audit.keys import PersonKey, prove_possession
from toolvet.audit.notes import parse_checkpoint
from toolvet.config import now, stamp
from toolvet_reviews import statements
from toolvet_reviews.events import Verb
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import Digest


@dataclass(frozen=True)
class Attempt:
    """One way; `run` answers why it was refused, or an empty text when it was not."""

    name: str
    run: Callable[[], Awaitable[str]]


def attempts(stage: Stage, proposal: str) -> list[Attempt]:
    """List the ways, from the naive to the forged."""
    return [
        Attempt("`toolvet approve` without a terminal", _cli(stage, "approve", proposal)),
        Attempt("`toolvet approve --digest` in a script", _with_digest(stage, proposal)),
        Attempt("`toolvet approve` at a terminal, a made-up passphrase", _guess(stage, proposal)),
        Attempt("a second first key: `toolvet key create`", _own_key(stage)),
        Attempt("a key of its own, pinned over the API", _pin(stage)),
        Attempt("the agent's token: request changes", _api(stage, proposal, "request-changes")),
        Attempt("the agent's token: reject", _api(stage, proposal, "reject")),
        Attempt("the local token: reject", _api(stage, proposal, "reject", local=True)),
        Attempt("a vote signed with a key of its own", _forged(stage, proposal)),
        Attempt("a vote with approve=true instead of a signature", _unsigned(stage, proposal)),
        Attempt("a tool named toolvet_approve", _mcp(stage, proposal)),
        Attempt("granting itself everything", _grant(stage)),
        Attempt("an approval row written into the database", _row(stage, proposal)),
    ]


Run = Callable[[], Awaitable[str]]


def _cli(stage: Stage, *arguments: str) -> Run:
    async def run() -> str:
        done = await asyncio.to_thread(stage.run, *arguments, token=stage.token)
        return _why(done.err or done.out) if done.code in (1, 2) else ""

    return run


def _with_digest(stage: Stage, proposal: str) -> Run:
    async def run() -> str:
        shown = await asyncio.to_thread(stage.run, "show", proposal, "--json")
        digest = shown.data["release_digest"]
        return await _cli(stage, "approve", proposal, "--digest", digest)()

    return run


def _guess(stage: Stage, proposal: str) -> Run:
    async def run() -> str:
        done = await asyncio.to_thread(
            stage.person, "approve", proposal, passphrase="hunter2hunter2"
        )
        return _why(done.out) if done.code == 1 else ""

    return run


def _own_key(stage: Stage) -> Run:
    async def run() -> str:
        done = await asyncio.to_thread(
            stage.person,
            "key",
            "create",
            passphrase="an agent's own words",
            config=stage.folder / "agent-config",
        )
        return _why(done.out) if done.code in (1, 2) else ""

    return run


def _pin(stage: Stage) -> Run:
    async def run() -> str:
        key = PersonKey(Ed25519PrivateKey.generate())
        service = await _get(stage, "service", local=True)
        proof = prove_possession(key, service["service_id"])
        body = {"public": key.public.hex(), "proof": proof}
        return await _post(stage, "keys/pin", body, local=True)

    return run


def _api(stage: Stage, proposal: str, what: str, *, local: bool = False) -> Run:
    async def run() -> str:
        view = await _get(stage, f"proposals/{proposal}")
        body = {"digest": view["revision_digest"], "note": "looks fine to me"}
        return await _post(stage, f"proposals/{proposal}/{what}", body, local=local)

    return run


def _forged(stage: Stage, proposal: str) -> Run:
    async def run() -> str:
        view = await _get(stage, f"proposals/{proposal}")
        service = await _get(stage, "service", local=True)
        roster = await _get(stage, "principals", local=True)
        people = roster.get("items", roster)
        person = next(one for one in people if one["kind"] == "human")
        checkpoint = parse_checkpoint(service["checkpoint"].partition("\n\n")[0] + "\n")
        statement = Statement(
            subject=Digest(view["release_digest"]),
            service=service["service_id"],
            actor=person["id"],
            act=Verb.VOTE_APPROVE,
            target=Target("proposal", proposal),
            policy=Digest(service["policy_digest"]),
            checkpoint_size=checkpoint.size,
            checkpoint_root=checkpoint.root,
            time=stamp(now()),
            nonce=secrets.token_hex(32),
            proposal=proposal,
            channel="stable",
            verdict="approve",
        )
        key = PersonKey(Ed25519PrivateKey.generate())
        envelope = envelopes.sign(statements.build(statement), key)
        sent: Any = envelope.decode()
        return await _post(stage, f"proposals/{proposal}/votes", {"envelope": sent})

    return run


def _unsigned(stage: Stage, proposal: str) -> Run:
    async def run() -> str:
        payload = base64.b64encode(b'{"approve":true,"force":true}').decode()
        envelope = json.dumps(
            {"payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": []}
        )
        return await _post(stage, f"proposals/{proposal}/votes", {"envelope": envelope})

    return run


def _mcp(stage: Stage, proposal: str) -> Run:
    async def run() -> str:
        call: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": "toolvet_approve",
                "arguments": {"proposal": proposal, "approve": True, "force": True},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
                },
            },
        }
        headers = {
            "authorization": f"Bearer {stage.token}",
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": "tools/call",
            "mcp-name": "toolvet_approve",
        }
        async with httpx.AsyncClient(timeout=30) as http:
            answer = await http.post(f"{stage.url}/mcp", json=call, headers=headers)
        return "Unknown tool" if "Unknown tool" in answer.text else ""

    return run


def _grant(stage: Stage) -> Run:
    async def run() -> str:
        return await _cli(
            stage, "grant", "add", "--to", "demo-agent", "--tool", "*", "--up-to", "destructive"
        )()

    return run


def _row(stage: Stage, proposal: str) -> Run:
    """Write what a vote would leave in the tables; the log does not know it, so it is none."""

    async def run() -> str:
        await asyncio.to_thread(_insert_vote, stage.home / "toolvet.db", proposal)
        done = await asyncio.to_thread(stage.run, "doctor", "--json")
        view = await _get(stage, f"proposals/{proposal}")
        named = [line for line in _lines(done.data) if line["area"] == "tables" and not line["ok"]]
        await asyncio.to_thread(_remove_vote, stage.home / "toolvet.db")
        if view["state"] != "reviewing" or not named:
            return ""
        return f"not a vote; doctor: {named[0]['message']}"

    return run


def _lines(data: Any) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = data["items"]
    return lines


def _insert_vote(database: Path, proposal: str) -> None:
    with sqlite3.connect(database, timeout=10) as db:
        number = int(proposal.removeprefix("P-"))
        (release,) = db.execute(
            "select release_digest from proposal where number = ?", (number,)
        ).fetchone()
        (person,) = db.execute("select id from principal where kind = 'human'").fetchone()
        row = {
            "entry": 1,
            "proposal": number,
            "release_digest": release,
            "voter": person,
            "verdict": "approve",
            "envelope": release,
            "time": stamp(now()),
            "as_sponsor": 1,
            "revoked": 0,
        }
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        db.execute(f"insert into vote({names}) values({marks})", tuple(row.values()))
    db.close()


def _remove_vote(database: Path) -> None:
    with sqlite3.connect(database, timeout=10) as db:
        db.execute("delete from vote where entry = 1")
    db.close()


async def _get(stage: Stage, path: str, *, local: bool = False) -> dict[str, Any]:
    token = (stage.home / "token").read_text().strip() if local else stage.token
    async with httpx.AsyncClient(timeout=30) as http:
        answer = await http.get(
            f"{stage.url}/api/v1/{path}", headers={"authorization": f"Bearer {token}"}
        )
    answer.raise_for_status()
    return dict(answer.json()) if isinstance(answer.json(), dict) else {"items": answer.json()}


async def _post(stage: Stage, path: str, body: dict[str, Any], *, local: bool = False) -> str:
    token = (stage.home / "token").read_text().strip() if local else stage.token
    async with httpx.AsyncClient(timeout=30) as http:
        answer = await http.post(
            f"{stage.url}/api/v1/{path}", json=body, headers={"authorization": f"Bearer {token}"}
        )
    if answer.status_code < 400 or answer.status_code >= 500:
        return ""
    error = answer.json()["error"]
    return f"{answer.status_code} {error['code']}"


def _why(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:64] if lines else "refused"
