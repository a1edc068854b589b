"""What walls promise to make of an attack, and whether an outcome is that."""

from collections.abc import Callable

from toolvet.sandbox import Outcome
from toolvet_reviews.values import Json

TEXT_MAX = 4000
"""Of each text of an error, whatever the tool makes of it."""

Judge = Callable[[Outcome], str]
"""Says what is wrong with an outcome; empty when it is as promised."""


def told(outcome: Outcome) -> str:
    """Describe an outcome in a line."""
    return f"{outcome.status} {outcome.value!r:.200} {outcome.error!r:.300}"


def held(outcome: Outcome) -> str:
    """Promise that the attack is refused."""
    value = outcome.value
    if outcome.status == "returned" and isinstance(value, dict) and "refused" in value:
        return ""
    return told(outcome)


def refused_by(*codes: int) -> Judge:
    """Promise that the attack is refused, and with one of these errors."""

    def judge(outcome: Outcome) -> str:
        value = outcome.value
        if held(outcome) or not isinstance(value, dict) or value.get("errno") not in codes:
            return told(outcome)
        return ""

    return judge


def ends(*statuses: str, code: str = "", kind: str = "", value: Json = None) -> Judge:
    """Promise how the call ends."""

    def judge(outcome: Outcome) -> str:
        error = outcome.error
        as_told = (
            outcome.status in statuses
            and (not code or (error is not None and error.code == code))
            and (not kind or (error is not None and error.type == kind))
            and (value is None or outcome.value == value)
        )
        return "" if as_told else told(outcome)

    return judge


def gives(value: Json) -> Judge:
    """Promise what the attacker gets to see."""
    return ends("returned", value={"did": value})


def gives_at_most(*values: Json) -> Judge:
    """Promise that the attacker sees nothing beyond this list."""

    def judge(outcome: Outcome) -> str:
        value = outcome.value
        seen = value.get("did") if isinstance(value, dict) else None
        if isinstance(seen, list) and all(one in values for one in seen):
            return ""
        return told(outcome)

    return judge


def survived(outcome: Outcome) -> str:
    """Promise no more than that this call alone is concerned."""
    return "" if outcome.status != "returned" or outcome.value is not None else told(outcome)


_PERM, _NOSYS = 1, 38
not_allowed = refused_by(_PERM, _NOSYS)
"""By the filter of system calls: other errors would say that the kernel looked at the arguments."""


def short_words(outcome: Outcome) -> str:
    """Promise that an error is told, capped, and names a place of the tool's or none."""
    error = outcome.error
    if outcome.status not in ("raised", "refused") or error is None:
        return told(outcome)
    texts = (error.type, error.message, error.code, error.hint, error.path)
    too_long = max(map(len, texts)) > TEXT_MAX
    return told(outcome) if too_long or ".." in error.path or error.line < 0 else ""
