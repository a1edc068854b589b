"""Show the beginning of a nightly report."""

from typing import Annotated

from toolvet.sdk import Context, Ge, Le, MaxLen, MinLen, ToolError


class NoReportError(ToolError):
    """There is no report of that name."""

    code = "report.missing"


def report_head(
    name: Annotated[str, MinLen(1), MaxLen(200)],
    ctx: Context,
    lines: Annotated[int, Ge(1), Le(100)] = 10,
) -> list[str]:
    """Show the first lines of a nightly report.

    Args:
        name: File name of the report, such as `sales.txt`.
        lines: How many lines to show, at most.

    Returns:
        The lines, without their ends.

    Raises:
        NoReportError: There is no report of that name.
    """
    folder = ctx.folder("reports").resolve()
    try:
        text = (folder / name).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        raise NoReportError(f"no report {name!r}") from error
    return text.splitlines()[:lines]
