"""Mails: the gallery's campaign on the running service, and a plain smtplib script, to one server.

The script has one connection and hands over the same bytes; it keeps no record of anything. The tool
writes each intent before and each outcome after, and every byte goes through the broker.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.row import Row, median
from bench.stage import Stage
from tests import campaigning
from tests.mail_server import MailServer, mail_server

MAILS = 5000
WARM = 50
TURNS = 3
LEAST = 0.5
"""Of the script's rate."""

PLAIN = """
import smtplib, sys, time
port, number, mail = int(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer.read()
started = time.perf_counter()
with smtplib.SMTP("127.0.0.1", port, local_hostname="plain.example.com") as smtp:
    for one in range(number):
        smtp.sendmail("campaigns@example.com", [f"person{one}@example.org"], mail)
print(number / (time.perf_counter() - started))
"""
MAIL = b"To: person@example.org\r\nFrom: campaigns@example.com\r\nSubject: 20 % off\r\n\r\n" + (
    b"this spring everything in our shop is cheaper, nothing to enter, no more to read.\r\n" * 5
)


def rows(stage: Stage) -> list[Row]:
    """Send the same number of mails by the script and by the tool, in turns."""
    with tempfile.TemporaryDirectory(dir=stage.folder) as name, mail_server(Path(name)) as server:
        _publish(stage, server)
        _by_tool(stage, WARM, "warm")
        turns = [
            (_by_script(server), _by_tool(stage, MAILS, f"turn-{turn}")) for turn in range(TURNS)
        ]
        sent = len(server.mails())
    ratio = median([tool / plain for plain, tool in turns])
    plain, tool = (median(rates) for rates in zip(*turns, strict=True))
    is_once = sent == WARM + 2 * MAILS * TURNS
    return [
        Row(
            f"{MAILS:,} mails by campaign_send_bulk, each on record before and after",
            round(tool, 1),
            "mails/s",
            f"smtplib, one connection: {plain:.0f} mails/s",
            round(ratio, 2),
            f"at least {LEAST:g} times",
            met=ratio >= LEAST and is_once,
        )
    ]


def _publish(stage: Stage, server: MailServer) -> None:
    text = campaigning.policy_for(stage.person.policy().text)
    stage.person.apply_policy(stage.pen.apply_policy(text), text)
    view = stage.settled(stage.agent.submit(campaigning.files_for(server.port)))
    if view.state != "reviewing":
        raise RuntimeError(f"{view.id} is {view.state}: {view.summary} {view.reason}")
    stage.person.vote(view.id, stage.vote_of(view.id))


def _by_script(server: MailServer) -> float:
    command = [sys.executable, "-I", "-c", PLAIN, str(server.port), str(MAILS)]
    return float(subprocess.run(command, input=MAIL, capture_output=True, check=True).stdout)


def _by_tool(stage: Stage, number: int, campaign: str) -> float:
    asked = campaigning.arguments(campaigning.people(number), campaign=campaign)
    started = time.perf_counter()
    answer = stage.agent.call("campaign_send_bulk", asked)
    taken = time.perf_counter() - started
    if answer.status != "succeeded":
        raise RuntimeError(f"{answer.status}: {answer.code} {answer.message} {answer.result}")
    return number / taken
