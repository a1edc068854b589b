"""Cases of a policy: what it must let through, keep waiting or stop, in a file. Pure; no I/O.

A case describes a revision by what differs from one that nothing speaks against, and who voted. It
is run through the functions that decide in the service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

from toolvet_reviews import policy_outcome, rubric, toml, waivers
from toolvet_reviews.errors import ReviewError, UnknownFieldError
from toolvet_reviews.fields import Table
from toolvet_reviews.findings import Evidence, EvidenceStatus, Finding, Severity
from toolvet_reviews.policy import CHECKS, CRITERIA, CountedVote, Policy
from toolvet_reviews.policy_outcome import WORDS, Outcome, Word
from toolvet_reviews.values import EFFECT_KINDS, ROLES, Digest, EffectKind, Json, Role
from toolvet_reviews.views import Mark

CASES_SCHEMA = "toolvet/policy-cases/v1"
MOST = 200
"""Cases of one file."""

_RELEASE = Digest("sha256:" + "0" * 64)
_SIGNED = datetime(2026, 1, 1, tzinfo=UTC)
_BELOW = ("unmet", "unknown")
_FINE: dict[str, Json] = {
    "repeat_equal": True,
    "log_events": 2,
    "rollback_rehearsed": True,
    "proved": True,
    "break_even_calls": 40,
    "pays": True,
    "by": "tests",
    "score": 100,
    "tried": 100,
    "branch_coverage": 100,
}
"""Measurements that nothing speaks against."""


class PolicyCasesError(ReviewError):
    """A file of cases that cannot be read; the place names the field."""

    code = "policy.cases"
    hint = "docs/policy.md shows the form of a case."


@dataclass(frozen=True)
class Voter:
    """Somebody who voted."""

    person: str
    roles: frozenset[Role]
    against: bool = False
    on: str = "this"
    """`this` release, or an `earlier` one."""


@dataclass(frozen=True)
class Flaw:
    """A finding, and who overruled it."""

    check: str
    rule: str
    severity: Severity
    waived_by: tuple[str, ...] = ()
    waived_days: int = 7


@dataclass(frozen=True)
class PolicyCase:
    """A revision, its votes, and what must become of it."""

    name: str
    kind: EffectKind
    expect: Word
    because: str = ""
    """Words that are among the reasons; empty for any."""
    author: str = "agent"
    sponsor: str = "sponsor"
    checks: Mapping[str, EvidenceStatus] = field(default_factory=dict[str, EvidenceStatus])
    """Checks that did not pass; `skipped` is one that does not apply."""
    rubric: Mapping[str, Mark] = field(default_factory=dict[str, Mark])
    """Lines that are worse than the checks make them."""
    findings: tuple[Flaw, ...] = ()
    votes: tuple[Voter, ...] = ()
    mutation_score: int = 100
    branch_coverage: int = 100


@dataclass(frozen=True)
class CaseResult:
    """What became of a case."""

    case: PolicyCase
    outcome: Outcome

    @property
    def holds(self) -> bool:
        """Tell whether it came as expected, for the expected reason."""
        told = "; ".join(self.outcome.reasons).casefold()
        return self.outcome.word == self.case.expect and self.case.because.casefold() in told


def parse_cases(text: str) -> tuple[PolicyCase, ...]:
    """Read a file of cases strictly.

    Args:
        text: TOML, at most 64 KiB.

    Raises:
        PolicyCasesError: It is not one.
    """
    try:
        top = Table(toml.loads(text, PolicyCasesError), "", PolicyCasesError)
        top.choice("schema", (CASES_SCHEMA,))
        cases = top.each("case", _case, most=MOST)
        top.done()
    except UnknownFieldError as error:
        raise PolicyCasesError(str(error), hint=error.hint, place=error.place) from error
    except PolicyCasesError:
        raise
    except ReviewError as error:
        raise PolicyCasesError(str(error), place=error.place) from error
    if not cases:
        raise PolicyCasesError("the file has no case", place="case")
    names = [case.name for case in cases]
    if len(set(names)) != len(names):
        raise PolicyCasesError("two cases have one name", place="case.name")
    return cases


def run(policy: Policy, cases: Sequence[PolicyCase]) -> tuple[CaseResult, ...]:
    """Run every case."""
    return tuple(CaseResult(case, outcome(policy, case)) for case in cases)


def outcome(policy: Policy, case: PolicyCase) -> Outcome:
    """Tell what becomes of a case under a policy."""
    evidence = _evidence(case)
    given = _given(policy, case)
    now = _stamp(_SIGNED)
    waived = waivers.clear(given, policy, now)
    found = policy_outcome.conclude(
        policy, case.kind, evidence, _votes(case), _RELEASE, waived=waived
    )
    lines = rubric.conclude(policy, case.kind, evidence, waived=waived)
    worse = [replace(line, mark=case.rubric.get(line.criterion, line.mark)) for line in lines]
    stopped = [name for name in rubric.blocks(worse) if name in case.rubric]
    if stopped:
        said = (f"{name} is {case.rubric[name]}" for name in stopped)
        return Outcome("blocked", (*said, *found.reasons))
    if found.word != "publishes":
        return found
    return _behind_waivers(policy, case, given, waived, now) or found


def _behind_waivers(
    policy: Policy,
    case: PolicyCase,
    given: Sequence["_Given"],
    waived: frozenset[str],
    now: str,
) -> Outcome | None:
    """Check that enough people stand behind each waiver, those who approve counted; None when so."""
    behind = {vote.person for vote in case.votes if not vote.against and vote.on == "this"}
    for flaw in case.findings:
        mark = _finding(flaw).fingerprint
        if mark in waived and waivers.until(given, mark, behind, policy.waiver_people) <= now:
            why = f"the waiver of {flaw.rule} needs {policy.waiver_people} people"
            return Outcome("waits", (why,))
    return None


@dataclass(frozen=True)
class _Given:
    """A waiver somebody gave in a case."""

    fingerprint: str
    voter: str
    expires: str


def _given(policy: Policy, case: PolicyCase) -> list[_Given]:
    work = waivers.Work(case.kind, (case.author,), case.sponsor or None)
    found: list[_Given] = []
    for flaw in case.findings:
        expires = _stamp(_SIGNED + timedelta(days=flaw.waived_days))
        for person in flaw.waived_by:
            signed = _stamp(_SIGNED)
            no = waivers.refusal(policy, work, person, flaw.rule, expires=expires, signed=signed)
            if no is None:
                found.append(_Given(_finding(flaw).fingerprint, person, expires))
    return found


def _votes(case: PolicyCase) -> list[CountedVote]:
    earlier = Digest("sha256:" + "1" * 64)
    return [
        CountedVote(
            voter=vote.person,
            roles=vote.roles,
            is_sponsor=vote.person == case.sponsor,
            is_author=vote.person == case.author,
            verdict="request_changes" if vote.against else "approve",
            release_digest=_RELEASE if vote.on == "this" else earlier,
        )
        for vote in case.votes
    ]


def _evidence(case: PolicyCase) -> list[Evidence]:
    fine = _FINE | {"score": case.mutation_score, "branch_coverage": case.branch_coverage}
    made: list[Evidence] = []
    for check in CHECKS:
        findings = tuple(_finding(flaw) for flaw in case.findings if flaw.check == check)
        status = case.checks.get(check, _status(findings))
        measured = fine | ({"not_applicable": True} if status == "skipped" else {})
        said = "; ".join(one.message for one in findings) or "as the case says"
        made.append(Evidence(check, status, said, findings, measured, tier="A"))
    return made


def _status(findings: Sequence[Finding]) -> EvidenceStatus:
    if any(one.severity == "error" for one in findings):
        return "failed"
    return "warned" if any(one.severity == "warning" for one in findings) else "passed"


def _finding(flaw: Flaw) -> Finding:
    return Finding(flaw.rule, flaw.severity, f"{flaw.rule} was found", snippet=flaw.rule)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _case(table: Table) -> PolicyCase:
    scores = table.table("scores")
    case = PolicyCase(
        name=table.text("name", longest=200),
        kind=cast("EffectKind", table.choice("kind", EFFECT_KINDS)),
        expect=cast("Word", table.choice("expect", WORDS)),
        because=table.text("because", "", longest=200),
        author=table.text("author", "agent", longest=64),
        sponsor=table.text("sponsor", "sponsor", longest=64),
        checks=cast(
            "dict[str, EvidenceStatus]",
            _marks(table.table("checks"), CHECKS, get_args(EvidenceStatus)),
        ),
        rubric=cast("dict[str, Mark]", _marks(table.table("rubric"), CRITERIA, _BELOW)),
        findings=table.each("findings", _flaw),
        votes=table.each("votes", _voter),
        mutation_score=scores.integer("mutation_score", 100, most=100),
        branch_coverage=scores.integer("branch_coverage", 100, most=100),
    )
    scores.done()
    table.done()
    people = [vote.person for vote in case.votes]
    if len(set(people)) != len(people):
        raise table.error("votes", "somebody votes twice")
    return case


def _marks(table: Table, names: tuple[str, ...], allowed: tuple[str, ...]) -> dict[str, str]:
    """Read a table of words by name, both out of a few."""
    found = {name: table.choice(name, allowed) for name in names if table.has(name)}
    table.done()
    return found


def _voter(table: Table) -> Voter:
    named = table.texts("roles") if table.has("roles") else ("reviewer",)
    strange = sorted(set(named) - set(ROLES))
    if strange:
        raise table.error("roles", f"{strange[0][:40]!r} is none of {', '.join(ROLES)}")
    voter = Voter(
        person=table.text("person", longest=64),
        roles=frozenset(role for role in ROLES if role in named),
        against=table.boolean("against", default=False),
        on=table.choice("on", ("this", "earlier"), "this"),
    )
    table.done()
    return voter


def _flaw(table: Table) -> Flaw:
    flaw = Flaw(
        check=table.choice("check", CHECKS),
        rule=table.text("rule", longest=200),
        severity=cast("Severity", table.choice("severity", get_args(Severity), "error")),
        waived_by=table.texts("waived_by"),
        waived_days=table.integer("waived_days", 7, least=1, most=36_500),
    )
    table.done()
    return flaw
