"""What is asked of tools of one kind: thresholds, and what an organisation or reviewers bring along."""

from dataclasses import dataclass, field

from toolvet_reviews.kept import KeptCase
from toolvet_reviews.policy import Policy
from toolvet_reviews.policy_asks import Thresholds
from toolvet_reviews.values import EffectKind


@dataclass(frozen=True)
class OwnFile:
    """A file of the organisation's, by the digest that the policy pins; its bytes were checked."""

    name: str
    digest: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """For one kind of tools. Every field is an input of the checks that name it."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    rules: tuple[OwnFile, ...] = ()
    """Further semgrep configurations, JSON or YAML; hidden from authors."""
    packs: tuple[str, ...] = ()
    """Names of registry packs, such as `p/python`."""
    day: str = ""
    """Of the packs, which change; empty without any."""
    held_out: OwnFile | None = None
    """Examples for this very tool that its author does not know."""
    kept: tuple[KeptCase, ...] = ()
    """Cases that reviewers of this very proposal kept; its author is shown them."""
    redact: str = "shape"
    """How results of recorded calls were redacted: `shape` or `none`."""


NOTHING_ASKED = Asked()


def of_policy(
    policy: Policy,
    kind: EffectKind,
    *,
    rules: tuple[OwnFile, ...] = (),
    held_out: OwnFile | None = None,
    day: str = "",
) -> Asked:
    """Read what a policy asks of a kind; files of the organisation's are the caller's to read.

    Args:
        policy: In force.
        kind: Declared effect kind.
        rules: Files that the policy pins.
        held_out: The one for this very tool.
        day: Today, in UTC: what a pack says today is not what it said yesterday.
    """
    return Asked(
        thresholds=policy.thresholds[kind],
        rules=rules,
        packs=policy.rule_packs,
        day=day if policy.rule_packs else "",
        held_out=held_out,
        redact=policy.recorded.redact,
    )
