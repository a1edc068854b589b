"""Waivers: who may overrule a finding, and how long enough people stand behind that. Pure; no I/O.

The service asks before it writes, the log's derivation asks again: both by the rules in this file.
A waiver is about one finding of one release. What nobody knows (`unknown`) cannot be waived.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from toolvet_reviews.errors import NotYoursError, ReviewError
from toolvet_reviews.findings import may_waive
from toolvet_reviews.policy import Policy
from toolvet_reviews.principals import Principal
from toolvet_reviews.values import EffectKind

MAX_REASON = 2000
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class Given(Protocol):
    """A waiver that was signed."""

    @property
    def fingerprint(self) -> str: ...  # noqa: D102 - the fields of a waiver
    @property
    def voter(self) -> str: ...  # noqa: D102
    @property
    def expires(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Work:
    """Whose work it is that a finding is about."""

    kind: EffectKind
    authors: Collection[str]
    """Principal ids."""
    sponsor: str | None


class WaiverError(ReviewError):
    """A finding that cannot be overruled."""

    code: ClassVar[str] = "waiver.refused"
    hint = "`toolvet waive P-12` lists what can be overruled."


class OwnWaiverError(NotYoursError):
    """Authors never overrule findings on their own work, nor, by policy, do sponsors."""

    code: ClassVar[str] = "waiver.own_work"
    hint = "Ask another reviewer."


class NeverWaivedError(WaiverError):
    """The policy lets nobody overrule this rule."""

    code: ClassVar[str] = "waiver.never"
    hint = "It has to be repaired, or the policy has to change."


class WaiverTimeError(WaiverError):
    """A waiver that would stand for longer than the policy lets it, or not at all."""

    code: ClassVar[str] = "waiver.expires"
    hint = "Sign again, for fewer days."


def refusal(
    policy: Policy, work: Work, person: str, rule: str, *, expires: str, signed: str
) -> ReviewError | None:
    """Say why a person may not overrule a finding; None when they may.

    Args:
        policy: In force.
        person: Principal id of a reviewer.
        rule: Of the finding.
        expires: When the waiver ends, RFC 3339.
        signed: When it was signed.
    """
    if person in work.authors:
        return OwnWaiverError("authors never waive findings on their own work")
    if not _is_outside(policy, work, person):
        return OwnWaiverError(f"the sponsor waives nothing of a {work.kind} tool under this policy")
    if not may_waive(rule, policy.never_waive):
        return NeverWaivedError(f"the policy lets nobody waive {rule[:80]}")
    days = _days(signed, expires)
    if days is None:
        return WaiverTimeError(f"no moment to come: {expires[:40]!r}")
    if days > policy.waiver_days:
        return WaiverTimeError(f"a waiver stands for at most {policy.waiver_days} days")
    return None


def _is_outside(policy: Policy, work: Work, person: str) -> bool:
    return person != work.sponsor or policy.votes[work.kind].sponsor_counts


def _days(signed: str, expires: str) -> float | None:
    """Count the days a waiver stands for; None when it names no moment to come.

    Moments are compared as texts elsewhere, so only the one form of ours is a moment.
    """
    if _TIME.fullmatch(expires) is None:
        return None
    try:
        span = datetime.fromisoformat(expires) - datetime.fromisoformat(signed)
    except (ValueError, TypeError):
        return None
    return span / timedelta(days=1) if span > timedelta(0) else None


def counts(policy: Policy, work: Work, person: Principal | None) -> bool:
    """Tell whether a person's waivers count now for some work."""
    return (
        person is not None
        and person.active
        and person.kind == "human"
        and "reviewer" in person.roles
        and person.id not in work.authors
        and _is_outside(policy, work, person.id)
    )


def until(given: Iterable[Given], fingerprint: str, others: Collection[str], people: int) -> str:
    """Tell how long enough people stand behind the waiver of one finding.

    Args:
        given: Waivers of one release, by people whose waivers count.
        others: People who stand behind it without a waiver of their own: those who vote.
        people: How many are needed, voters included.

    Returns:
        The moment at which there are too few; empty when there never were enough.
    """
    about = [one for one in given if one.fingerprint == fingerprint]
    behind = set(others)
    for one in sorted(about, key=lambda waiver: waiver.expires, reverse=True):
        behind.add(one.voter)
        if len(behind) >= people:
            return one.expires
    return ""


def clear(given: Iterable[Given], policy: Policy, now: str) -> frozenset[str]:
    """Name the findings that stand in nobody's way now, if one more person votes for it."""
    listed = list(given)
    return frozenset(
        one.fingerprint
        for one in listed
        if until(listed, one.fingerprint, (_SOMEBODY,), policy.waiver_people) > now
    )


_SOMEBODY = "somebody else"
"""The voter to come; no principal's id."""
