"""Names that may be taken for those of other tools. Runs confined; stdlib only."""

from collections.abc import Iterator
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

KNOWN_TOOLS = frozenset({
    "read_file", "write_file", "edit_file", "create_file", "delete_file", "move_file", "list_directory",
    "list_files", "search_files", "get_file_info", "bash", "shell", "run_command", "execute_command",
    "run_terminal_cmd", "terminal", "python", "run_python", "execute_python", "code_interpreter",
    "web_search", "web_fetch", "fetch", "fetch_url", "browser", "browser_navigate", "computer",
    "str_replace_editor", "str_replace_based_edit_tool", "think", "memory", "create_memory",
    "send_email", "send_message", "slack_post_message", "create_issue", "create_pull_request",
    "search_code", "git_commit", "git_diff", "query", "execute_sql", "sql_query", "search", "grep",
    "glob", "task", "todo_write", "get_secret",
})  # fmt: skip
"""Names that hosts and popular servers give to tools of their own."""
_DIGITS = str.maketrans("013457", "oleast")
"""Digits that read as letters."""


def inspect(name: str, spec: str) -> dict[str, Json]:
    """Hold the name of a tool against names that are common.

    Args:
        name: As tool.toml has it.
        spec: The text of tool.toml.

    Returns:
        `findings`: rule, path, line, detail, better.
    """
    lines = spec.split("\n")
    line = next((n for n, text in enumerate(lines, 1) if f'"{name}"' in text), 1)
    found = [
        {"rule": rule, "path": "tool.toml", "line": line, "detail": detail, "better": better}
        for rule, detail, better in _about(name)
    ]
    return {"findings": cast("list[Json]", found)}


def _about(name: str) -> Iterator[tuple[str, str, str]]:
    plain = name.translate(_DIGITS)
    if name in KNOWN_TOOLS:
        yield "known-name", name, f"{name}_of_…"
    elif plain in KNOWN_TOOLS:
        yield "look-alike-name", f"{name} reads as {plain}", ""
    else:
        for known in sorted(KNOWN_TOOLS):
            plural = name in {f"{known}s", known.removesuffix("s")}
            if len(known) >= 6 and not plural and _near(name, known):
                yield "near-name", f"{name}, close to {known}", ""


def _near(one: str, other: str) -> bool:
    """Tell whether two names differ by one letter that was changed, added, left out or swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    a, b = one[start:], other[start:]
    return (
        a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[1:2] + a[:1] + a[2:] == b and len(a) > 1)
    )
