"""The guide for authors: what a bundle must be, with one complete example of each form.

The text is package data. Its example is in fenced blocks that name their file, so that what agents
read is what is tested: a test submits it, and it passes.
"""

import json
import re
from functools import cache
from importlib.resources import files

from toolvet.errors import ArgumentsError
from toolvet_reviews.values import JsonObject

FORMS = ("small", "full")
"""The usual one first."""

_BLOCK = re.compile(r"^```[a-z]+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def guide(form: str) -> str:
    """Give the guide to one form, as Markdown.

    Raises:
        ArgumentsError: There is no such form.
    """
    if form not in FORMS:
        raise ArgumentsError(f"no form {form[:40]!r}", hint=f"One of {', '.join(FORMS)}.")
    return files("toolvet.engine").joinpath("guides", f"{form}.md").read_text(encoding="utf-8")


def example_files(form: str) -> dict[str, str]:
    """Give the files of the guide's example by path."""
    return dict(_BLOCK.findall(guide(form)))


def example(form: str) -> JsonObject:
    """Give the guide's example as the arguments of `toolvet_submit`."""
    found = example_files(form)
    if form == "full":
        return {"files": {**found}}
    name = next(path for path in found if path.endswith(".py"))
    return {"source": found[name], "examples": json.loads(found["examples.json"])}
