"""From errors to exit codes and messages, in one place."""

import json
import sys
from typing import NoReturn

from toolvet.cli.output import say
from toolvet.errors import ToolvetError
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.words import visible

NO = 1
USAGE = 2
BROKEN = 3


class UsageError(ToolvetError):
    """Words on the command line that do not go together."""

    code = "usage"
    hint = "Add --help to the command to see what it takes."


def leave(error: ReviewError | ToolvetError, *, as_json: bool) -> NoReturn:
    """Report a known error and end with its exit code."""
    if as_json:
        retry = error.retry_after_s if isinstance(error, ToolvetError) else None
        body = {
            "code": error.code,
            "message": str(error),
            "hint": error.hint,
            "retry_after_s": retry,
        }
        sys.stdout.write(json.dumps({"error": body}) + "\n")
    else:
        place = error.place if isinstance(error, ReviewError) else ""
        where = f"{visible(place)}: " if place and place not in str(error) else ""
        say(f"toolvet: {where}{visible(str(error))} [{error.code}]")
        if error.hint:
            say(f"  {visible(error.hint)}")
    sys.exit(code_of(error))


def code_of(error: ReviewError | ToolvetError) -> int:
    """Choose the exit code of a known error."""
    if isinstance(error, UsageError) or error.code == "request.invalid":
        return USAGE
    broken = isinstance(error, ToolvetError) and error.status >= 500
    return BROKEN if broken else NO
