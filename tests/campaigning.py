"""The gallery's campaign tool, made to reach a mail server on this host."""

import re
from collections.abc import Sequence
from pathlib import Path

from toolvet_reviews.values import JsonObject

CAMPAIGN = Path(__file__).resolve().parents[1] / "examples" / "campaign_send_bulk"
HOST = "localhost"
VALUES = {"percent": "20", "until": "31 March"}


def files_for(port: int) -> dict[str, bytes]:
    """The gallery's bundle, for a mail server on this host that asks for no login."""
    files = {
        path.relative_to(CAMPAIGN).as_posix(): path.read_bytes()
        for path in sorted(CAMPAIGN.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    spec = files["tool.toml"].decode()
    spec = spec.replace('"mail.example.com"', f'"{HOST}"').replace("port = 587", f"port = {port}")
    files["tool.toml"] = re.sub(r"\ncredential = .*", "", spec).encode()
    box = files["postbox.py"].decode().replace('"mail.example.com"', f'"{HOST}"')
    files["postbox.py"] = box.replace("PORT: Final = 587", f"PORT: Final = {port}").encode()
    return files


def policy_for(text: str) -> str:
    """The policy in force, with leave to reach a server on this host and time for a campaign."""
    text = re.sub(r"(?m)^(wall_s|cpu_s) = \d+$", r"\1 = 1800", text)
    return re.sub(r"(?m)^private = \[.*\]$", f'private = ["{HOST}"]', text)


def people(number: int, start: int = 0) -> list[str]:
    """Recipients, each once."""
    return [f"person{one}@example.org" for one in range(start, start + number)]


def arguments(
    recipients: Sequence[str], settled: dict[str, str] | None = None, *, campaign: str = "spring"
) -> JsonObject:
    """What the campaign is called with."""
    asked: JsonObject = {
        "template_id": "spring_offer",
        "campaign_id": campaign,
        "variables": {**VALUES},
        "recipients": [*recipients],
        "per_second": 10_000,
        "within_s": 1500,
    }
    return {**asked, "settled": {**settled}} if settled else asked
