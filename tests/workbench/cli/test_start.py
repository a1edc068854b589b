"""What a command loads before it does anything: `toolvet queue` has 0.4 s for everything."""

import subprocess
import sys

from toolvet.cli.tools import choose
from toolvet.client.shapes import ReleaseItem
from toolvet_reviews.words import one_line, visible

HEAVY = (
    "httpx", "fastapi", "starlette", "sqlalchemy", "cryptography", "rich", "mcp", "dbos",
    "uvicorn", "jsonschema_rs", "asyncio", "toolvet.engine", "toolvet.storage", "toolvet.audit",
)  # fmt: skip


def test_the_command_line_loads_nothing_heavy_before_it_knows_the_command() -> None:
    code = "import sys, toolvet.cli.app; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )

    assert [name for name in HEAVY if name in done.stdout.split()] == []


def test_words_of_others_cannot_command_the_terminal() -> None:
    assert visible("a\x1b[2Jb\u202ec\td") == "a<U+001B>[2Jb<U+202E>c\td"
    assert one_line("a\n\x07b" + "c" * 300, 10) == "a <U+0007…"


def release(version: int, *, current: bool = False, stopped: bool = False) -> ReleaseItem:
    return ReleaseItem(version, f"sha256:{version}", "P-1", "", stopped, current)


def test_rolling_back_goes_to_the_last_version_before_the_served_one_that_was_not_stopped() -> None:
    releases = [release(1), release(2), release(3, stopped=True), release(4, current=True)]

    assert choose(releases, None).version == 2
    assert choose(releases, 1).version == 1
