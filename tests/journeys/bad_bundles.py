"""Bundles that no author should hand in, and a good one to compare with."""

import zlib
from pathlib import Path

GOOD = '''"""Count words."""

from typing import Annotated

from toolvet.sdk import Le, Pattern

__all__ = ["Annotated", "Le", "Pattern", "{name}"]


def {name}(text: str) -> int:
    """Count the words of a text.

    Args:
        text: Words with white space between them.

    Returns:
        How many words there are.
    """
    return len(text.split())
'''
SPEC = """[tool]
name = "{name}"
summary = "Count the words of a text."
entry = "{name}:{name}"

[effects]
kind = "pure"

[[examples]]
arguments = {{ text = "aaa" }}
result = 1
"""
NEVER_ENDS = """def test_never() -> None:
    while True:
        pass
"""

Files = dict[str, str | bytes]


def good(name: str) -> Files:
    """A bundle that passes."""
    unlike = f"# No. {zlib.crc32(name.encode())}\n"  # copies under another name are refused
    return {"tool.toml": unlike + SPEC.format(name=name), f"{name}.py": GOOD.format(name=name)}


def altered(name: str, old: str, new: str) -> Files:
    """A good bundle with one thing changed, wherever it stands."""
    files: Files = {path: str(text).replace(old, new) for path, text in good(name).items()}
    assert files != good(name)
    return files


def with_code(name: str, code: str | bytes) -> Files:
    """A bundle whose module is something else."""
    return {**good(name), f"{name}.py": code}


def write(folder: Path, files: Files) -> Path:
    """Put a bundle on disk."""
    folder.mkdir(parents=True)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def fifty_megabytes(folder: Path) -> None:
    """A file nobody reviews; sparse, so that the test does not fill the disk."""
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(50 * 1024 * 1024)


REFUSED: dict[str, tuple[Files, str]] = {
    "an empty folder": ({}, "intake.empty"),
    "a NUL": (with_code("nul_inside", GOOD.format(name="nul_inside") + "\0"), "intake.encoding"),
    "UTF-16": (
        with_code("wide", GOOD.format(name="wide").encode("utf-16")),
        "intake.encoding",
    ),
    "UTF-16 without a mark": (
        with_code("wide", GOOD.format(name="wide").encode("utf-16-le")),
        "intake.encoding",
    ),
    "200 kB of dashes": ({"dashes.py": "-" * 200_000}, "intake.syntax"),
    "200 kB of dashes as tool.toml": ({"tool.toml": "-" * 200_000}, "intake.too_large"),
    "60 kB of dashes as tool.toml": ({"tool.toml": "-" * 60_000}, "spec.invalid"),
    "TOML nested 500 deep": ({"tool.toml": "a = " + "[" * 500 + "]" * 500}, "spec.invalid"),
    "a TOML table 500 deep": ({"tool.toml": f"[{'.'.join('a' * 500)}]\nx = 1\n"}, "spec.invalid"),
    "a wrong key": (altered("sums", "summary", "sumary"), "spec.unknown_field"),
    "a missing key": (altered("sums", 'entry = "sums:sums"\n', ""), "spec.missing_field"),
    "no tool.toml": ({"one.py": "x = 1\n", "two.py": "y = 2\n"}, "spec.missing_field"),
    "compiled code": ({**good("sums"), "data/sums.pyc": b"\0"}, "intake.forbidden_file"),
    "a module of the standard library": (good("json"), "intake.forbidden_file"),
}
"""What intake refuses, and the code it says so with."""

STOPPED: dict[str, tuple[Files, str]] = {
    "a missing entry function": (
        altered("lost", "entry = \"lost:lost\"", "entry = \"lost:found\""),
        "interface.missing_entry",
    ),
    "a missing entry module": (
        altered("astray", "entry = \"astray:astray\"", "entry = \"afar:astray\""),
        "interface.missing_entry",
    ),
    "an untyped entry function": (
        altered("untyped", "(text: str) -> int", "(text)"),
        "interface.untyped",
    ),
    "a module that ends its process on import": (
        with_code("ends", "import os\n\nos._exit(0)\n" + GOOD.format(name="ends")),
        "interface.import_died",
    ),
    "a module that crashes its process on import": (
        with_code("crashes", "import os\n\nos.abort()\n" + GOOD.format(name="crashes")),
        "interface.import_died",
    ),
    "a module that kills everybody on import": (
        with_code("kills", "import os\n\nos.kill(-1, 9)\n" + GOOD.format(name="kills")),
        "intake.undeclared-processes",
    ),
    "a module that never ends its import": (
        with_code("waits", "while True:\n    pass\n" + GOOD.format(name="waits")),
        "interface.import_timeout",
    ),
    "a pattern that explodes": (
        altered("explodes", "text: str", 'text: Annotated[str, Pattern("^(a+)+$")]'),
        "interface.pattern",
    ),
    "200 kB of dashes in a folder": (with_code("dashed", "-" * 200_000), "intake.syntax"),
}  # fmt: skip
"""What the checks stop, and the rule that does."""
