"""A tool that needs what an operator binds, and the words to bind it with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from house import House, Member

from toolvet.client.client import Client
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.secret import Secret
from toolvet_reviews.values import Digest, JsonObject
from toolvet_reviews.views import MountView, SecretView

T = TypeVar("T")

VALUE = "s3cr3t-value-that-is-nowhere-else"
COMMAND = "toolvet secret set WHISPER --tool desk/whisper --visible"

WHISPER = {
    "whisper.py": '''"""Look a word up, and note who asked."""

from pathlib import PurePath
from typing import Annotated

from toolvet.sdk import Context, Pattern


def whisper(word: Annotated[str, Pattern("^[a-z ]{1,40}$")], ctx: Context) -> str:
    """Look a word up, and note who asked.

    Args:
        word: What to look up; `aloud` says the password itself.

    Returns:
        How long the password is, and what is known of the word.
    """
    password = ctx.secret("WHISPER")
    page = ctx.folder("words") / PurePath(f"{word}.txt").name
    known = page.read_text() if page.is_file() else "nothing"
    (ctx.folder("notes") / "asked.txt").write_text(word)
    ctx.log.info("note.written", word=word, used=_used(password))
    return f"{_told(word, password)} {known}"


def _used(password: str) -> str:
    return password


def _told(word: str, password: str) -> str:
    return password if word == "aloud" else str(len(password))
''',
    "tests/test_whisper.py": """from pathlib import Path

from whisper import whisper

from toolvet.sdk import Context


def test_it_tells_the_length_and_notes_the_word(tmp_path: Path) -> None:
    ctx = Context.for_tests()
    ctx.memory.secrets["WHISPER"] = "12345"
    ctx.memory.folders |= {"words": tmp_path, "notes": tmp_path}
    (tmp_path / "hey.txt").write_text("you")
    assert whisper("hey", ctx) == "5 you"
    assert (tmp_path / "asked.txt").read_text() == "hey"
    assert whisper("unheard of", ctx) == "5 nothing"
""",
    "tests/data/mounts/words/hey.txt": "you",
    "tool.toml": """[tool]
name = "whisper"
toolset = "desk"
summary = "Look a word up, and note who asked."
entry = "whisper:whisper"

[effects]
kind = "write"
visible_secrets = ["WHISPER"]
files = [{ name = "words", mode = "read" }, { name = "notes", mode = "write" }]

[idempotency]
key = ["word"]

[[examples]]
arguments = { word = "hey" }
result = "20 you"
""",
}
"""A tool that sees a secret, reads one folder and writes another; the fake value has 20 characters.

It lets the secret slip into its log and its result by ways that no rule over the code follows, for
the service has to mask it there.
"""


def manifest_with(effects: JsonObject, name: str = "campaign", toolset: str = "growth") -> Manifest:
    """Write the manifest of a release with these effects."""
    nothing = ToolDefinition(name, name, "", {}, {}, {})
    digest = Digest("sha256:" + "0" * 64)
    return Manifest(
        "default", toolset, name, "m:f", digest, None, nothing, effects, None, {}, {}, "C", "1"
    )


@dataclass(frozen=True)
class Operator:
    """Somebody of a house, by default its first person, at the words for secrets and mounts."""

    house: House
    who: Member | None = None

    @property
    def member(self) -> Member:
        """Who signs."""
        return self.who or self.house.person

    async def do(self, work: Callable[[Client], T]) -> T:
        """Do something with the client, away from the loop."""
        return await asyncio.to_thread(work, self.house.of(self.member))

    async def set_secret(
        self, name: str, value: str, *, tools: list[str], hosts: list[str]
    ) -> SecretView:
        """Set a secret."""

        def work(client: Client) -> SecretView:
            pen = self.house.pen(self.member)
            return client.set_secret(*pen.set_secret(name, tools, hosts, Secret(value)))

        return await self.do(work)

    async def rotate(self, before: SecretView, value: str) -> SecretView:
        """Give a secret another value."""

        def work(client: Client) -> SecretView:
            return client.rotate_secret(
                *self.house.pen(self.member).rotate_secret(before, Secret(value))
            )

        return await self.do(work)

    async def bind(
        self, name: str, folder: object, *, tools: list[str], writes: bool = False
    ) -> MountView:
        """Bind a folder."""

        def work(client: Client) -> MountView:
            mode = "write" if writes else "read"
            signed = self.house.pen(self.member).bind_mount(name, str(folder), mode, tools)
            return client.bind_mount(signed.envelope, signed.document)

        return await self.do(work)
