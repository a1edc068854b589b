"""What a difference of ledgers means for a tool that claims to do its work once. Pure; no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolvet.checks.probing.accounts import Admitted
from toolvet.checks.probing.ledgers import Difference

_ABRUPT = frozenset({"timed_out", "died", "output_limit", "refused"})
"""Ends of a run that are no word of the tool's."""
Word = Literal["held", "broken", "uncertain"]


@dataclass(frozen=True)
class Verdict:
    """What came of one trial."""

    word: Word
    why: str
    rule: str = ""
    """Of the finding, when there is one to make."""
    blamed: Difference | None = None
    diff: tuple[str, ...] = ()
    """The ledgers' differences, as lines."""

    @property
    def is_error(self) -> bool:
        """Whether the operation was not done once."""
        return self.word == "broken"


def judge(
    found: Sequence[Difference], said: Admitted, open_steps: Sequence[str], *, failed: str
) -> Verdict:
    """Say whether a disturbed operation ended as an undisturbed one does.

    Args:
        found: What differs from an undisturbed run.
        said: What the last answer admits.
        open_steps: Keys of `ctx.once` that are in doubt; the service knows of these.
        failed: The error that the last run ended with; empty when it gave a result.
    """
    diff = tuple(one.words for one in found)
    twice = [one for one in found if one.sort == "more" and one.area in ("mail", "request")]
    if twice:
        why = f"a {twice[0].area} was sent again"
        return Verdict("broken", why, "duplicate", twice[0], diff)
    lost = [one for one in found if one.sort == "less"]
    short = sum(one.want - one.got for one in lost)
    named = said.things + len(open_steps)
    if lost and not failed and named < short:
        outside = [one for one in lost if one.area in ("mail", "request")]
        blamed = (outside or lost)[0]
        why = f"{_missing(blamed)}, and the answer does not say so"
        return Verdict("broken", why, "lost", blamed, diff)
    other = _other(found, is_excused=bool(failed or named))
    if other is not None:
        too_often = "is there that should not be" if other.sort == "more" else "is another"
        why = f"a {other.area} {too_often}, compared with a run that nothing disturbed"
        return Verdict("broken", why, "state", other, diff)
    if failed in _ABRUPT:
        why = f"the same call ends with {failed} from then on"
        return Verdict("uncertain", why, "stuck", diff=diff)
    if lost and failed and not open_steps:
        why = f"{_missing(lost[0])}, and the same call ends with {failed} from then on"
        return Verdict("uncertain", why, "stuck", lost[0], diff)
    if open_steps and not failed and not said.doubts:
        why = f"{len(open_steps)} in doubt by ctx.once, and the answer does not say so"
        return Verdict("uncertain", why, "unsaid", diff=diff)
    if lost or open_steps or failed or (found and named):
        return Verdict("uncertain", _admits(said, open_steps, failed), diff=diff)
    if found:
        return Verdict("held", "a dead letter was written again", "letter", diff=diff)
    return Verdict("held", "the ledgers are equal")


def _other(found: Sequence[Difference], *, is_excused: bool) -> Difference | None:
    """Find a record or file that is there too often, or otherwise than it should be."""
    if is_excused:
        return None
    return next(
        (one for one in found if one.sort != "less" and one.area in ("record", "file")),
        None,
    )


def _missing(lost: Difference) -> str:
    return f"a {lost.area} {'was never sent' if lost.area in ('mail', 'request') else 'is missing'}"


def _admits(said: Admitted, open_steps: Sequence[str], failed: str) -> str:
    if failed:
        return f"it ended with {failed}, so that its caller knows"
    if said.words:
        return f"the answer says so ({', '.join(said.words[:3])})"
    return f"ctx.once says so of {len(open_steps)}"
