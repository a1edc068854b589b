"""Our own parsers as images of the sandbox: hostile text is read there, never here."""

from functools import cache
from pathlib import Path

from toolvet.sandbox import Image
from toolvet_reviews import digests

CONFINED = Path(__file__).parent / "confined"


@cache
def parser_image(entry: str) -> Image:
    """The image of one of our parsers, such as `outline:outline`."""
    preload = ("ast", "tokenize", "unicodedata", "io", "re")
    return Image(CONFINED, entry, typed=False, preload=preload, digest=_digest())


@cache
def _digest() -> str:
    return digests.file_tree({path.name: path.read_bytes() for path in CONFINED.glob("*.py")})
