"""What trials showed, for people: findings with ledger diffs and lines, and the list of probes."""

from collections.abc import Iterable, Sequence

from toolvet.checks.base import snippet
from toolvet.checks.observing import Claim
from toolvet.checks.probing import plan
from toolvet.checks.probing.ledgers import Area, Difference, collection_of
from toolvet.checks.probing.player import Player
from toolvet.checks.probing.trials import Calm, Trial
from toolvet_reviews.bundle import Bundle, Idempotency
from toolvet_reviews.findings import Finding, Severity
from toolvet_reviews.values import Json
from toolvet_reviews.words import counted, one_line

CHECK = "idempotency"
_MOST_DIFF = 6
_WHY = "Calls are delivered again after a crash, a lost reply or an impatient caller."
_FIXES = {
    "duplicate": "Put the intent on record before the effect and its outcome after it: "
    "`with ctx.once(key) as step:` does both; with a request send an Idempotency-Key that follows "
    "from the arguments.",
    "lost": "Record an effect as done only after it was done; what is found begun but not done goes "
    "into the answer, such as BatchResult(uncertain=[...]).",
    "state": "Write what follows from the arguments alone, under keys that do: add_if_absent, or a "
    "value that is computed anew, never one that is added to what is there.",
    "unsaid": 'Where `step.state == "uncertain"`, name the item in the answer.',
    "stuck": "After an interruption the same call should go on where it was, or name what is in "
    "doubt in its answer.",
    "letter": "Guard ctx.dead_letter like an effect, or expect the item twice.",
}
_CLAIMS: dict[Area, tuple[str, ...]] = {
    "mail": ("connect", "lookup"),
    "request": ("http", "connect", "lookup"),
    "record": ("ask",),
    "file": ("write",),
    "letter": (),
}
"""Kinds of claims that explain a difference, the most exact one first."""
_TITLES = {
    "same key twice": "Run again with the same arguments",
    "killed": "Killed {point} and run again",
    "reply lost": "Having lost {point}",
    "two at once": "Two at once, the first {point} until the other was done",
    "grown": "Run {point}, then with all of it",
    "other arguments": "Run with other arguments under the same key",
}


def finding(
    rule: str, severity: Severity, message: str, *, fix: str = "", at: tuple[str, int] = ("", 0),
    text: str = "",
) -> Finding:  # fmt: skip
    """Make a finding of this check."""
    path, line = at if at[0] else ("tool.toml", 0)
    return Finding(
        f"{CHECK}.{rule}", severity, message[:1200], path, line, line, text,
        why=_WHY, fix=fix or _FIXES[rule], category="idempotency",
    )  # fmt: skip


async def findings(
    bundle: Bundle, player: Player, calm: Sequence[Calm], trials: Sequence[Trial]
) -> list[Finding]:
    """Say what is wrong, once for each rule, with the line that did it."""
    by_rule: dict[str, list[Trial]] = {}
    for trial in trials:
        if trial.verdict.rule:
            by_rule.setdefault(trial.verdict.rule, []).append(trial)
    claims: list[Claim] = []
    if any(trial.verdict.is_error for trial in trials):
        claims = (await player.lines(_blamed_example(calm, trials).arguments))[1]
    return [_of_rule(bundle, rule, these, claims) for rule, these in by_rule.items()]


def _blamed_example(calm: Sequence[Calm], trials: Sequence[Trial]) -> Calm:
    numbers = [trial.example for trial in trials if trial.verdict.is_error]
    return next(one for one in calm if one.example == numbers[0])


def _of_rule(
    bundle: Bundle, rule: str, trials: Sequence[Trial], claims: Sequence[Claim]
) -> Finding:
    worst = next((one for one in trials if one.verdict.is_error), trials[0])
    at = line_of(bundle, worst, claims)
    diff = "; ".join(worst.verdict.diff[:_MOST_DIFF])
    ledger = f" Ledger: {diff}." if diff else ""
    more = f" So it was in {counted(len(trials), 'trial')}." if len(trials) > 1 else ""
    message = f"{in_words(worst)} (example {worst.example}): {worst.verdict.why}.{ledger}{more}"
    severity: Severity = "error" if worst.verdict.is_error else "warning"
    return finding(rule, severity, message, at=at, text=snippet(bundle, *at))


def line_of(bundle: Bundle, trial: Trial, claims: Iterable[Claim]) -> tuple[str, int]:
    """Find the line that asked for an effect, by what a watched run says of its own lines."""
    blamed = trial.verdict.blamed
    if blamed is None:
        return "", 0
    known = [claim for claim in claims if claim.path in bundle.files]
    for kind in _CLAIMS[blamed.area]:
        for claim in known:
            if claim.kind == kind and _is_of(claim, blamed):
                return claim.path, claim.line
    return "", 0


def _is_of(claim: Claim, blamed: Difference) -> bool:
    """Tell whether a claim is about what differs; of connections there is nothing to compare."""
    if blamed.area == "record":
        operation, _, name = claim.target.partition(" ")
        writes = operation in ("store.put", "store.add_if_absent", "store.batch")
        return writes and name == collection_of(blamed.name)
    if blamed.area == "file":
        return claim.target.endswith(blamed.name)
    return True


def in_words(trial: Trial) -> str:
    """Say what was done to the operation."""
    return _TITLES[trial.probe].format(point=trial.point)


def probe_to_json(trial: Trial) -> Json:
    """Write a trial as evidence carries it."""
    verdict = trial.verdict
    return {
        "probe": trial.probe,
        "example": trial.example,
        "point": one_line(trial.point, 300),
        "verdict": verdict.word,
        "why": one_line(verdict.why, 300),
        "diff": list[Json](verdict.diff[:_MOST_DIFF]),
    }


def refused(rule: Idempotency | None, calm: Sequence[Calm]) -> list[Json]:
    """Say which other arguments the service refuses under the same key, without running anything."""
    names = plan.fixed(rule, calm[0].arguments) if rule is not None and calm else []
    if not names:
        return []
    why = f"the service refuses another {', '.join(names[:6])} under the same key"
    return [
        {
            "probe": "other arguments",
            "example": calm[0].example,
            "point": "before it is run",
            "verdict": "held",
            "why": one_line(why, 300),
            "diff": list[Json](),
        }
    ]


def lines(trials: Iterable[Trial]) -> list[str]:
    """List all trials, one a line."""
    return [
        f"{trial.verdict.word:9} example {trial.example}: {one_line(in_words(trial), 300)}: "
        f"{one_line(trial.verdict.why, 200)}"
        for trial in trials
    ]


def summary(trials: Sequence[Trial], kills: int) -> str:
    """Say in a sentence what was tried and held."""
    lost = sum(trial.probe == "reply lost" for trial in trials)
    overtaken = sum(trial.probe == "two at once" for trial in trials)
    doubts = sum(trial.verdict.word == "uncertain" for trial in trials)
    what = [f"killed {counted(kills, 'time')}"]
    what += [f"{counted(lost, 'reply')} lost".replace("replys", "replies")] if lost else []
    what += [f"two at once {counted(overtaken, 'time')}"] if overtaken else []
    named = f"; {counted(doubts, 'doubt')} named" if doubts else ""
    return f"{', '.join(what)}, and run again: nothing twice, nothing lost unsaid{named}"
