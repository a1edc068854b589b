"""The policy: which checks, which rubric lines and how many people, by effect kind. Pure; no I/O.

A policy is TOML text and its digest is that of the text's bytes: what is shown is what is signed.
Nothing has a default that lets more through: a table that is missing is an error, or, where it came
later than texts that are in force, as strict as in the strictest preset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from toolvet_reviews import digests, policy_asks, spec_effects, toml
from toolvet_reviews.errors import PolicyError, ReviewError, UnknownFieldError
from toolvet_reviews.fields import Table
from toolvet_reviews.intake import Caps
from toolvet_reviews.policy_asks import Expired, Recorded, ReviewTimes, Thresholds
from toolvet_reviews.presets import PRESETS
from toolvet_reviews.values import EFFECT_KINDS, ROLES, Digest, EffectKind, Role

POLICY_SCHEMA = "toolvet/policy/v1"
PRESET_NAMES = tuple(PRESETS)

CHECKS = (
    "intake",
    "environment",
    "interface",
    "ruff",
    "mypy",
    "secrets",
    "semgrep",
    "words",
    "tests",
    "examples",
    "effects",
    "strength",
    "properties",
    "hostile",
    "held_out",
    "idempotency",
    "observability",
    "rollback",
    "behaviour",
    "cost",
)
"""Every check there is, in the order to show."""
CRITERIA = ("correctness", "safety", "idempotency", "observability", "rollback", "cost")
"""The lines of the rubric, in the order to show."""
ALWAYS_REQUIRED = ("intake", "interface")
"""No policy does without: nothing could be published that these did not pass."""


@dataclass(frozen=True)
class VoteRule:
    """Whose approval a release of one effect kind needs."""

    people: int
    """Different people, at least 1."""
    role: Role
    sponsor_counts: bool
    """Whether the author's sponsor is one of them."""


@dataclass(frozen=True)
class CallLimits:
    """Caps of one call where the tool names none; what it names is capped by these as well."""

    wall_s: int = 10
    memory_mib: int = 512
    output_kib: int = 256


@dataclass(frozen=True)
class Policy:
    """A policy as parsed; the text is what is in force."""

    preset: str
    text: str
    digest: Digest
    """Of the text's bytes."""
    votes: Mapping[EffectKind, VoteRule]
    required_checks: Mapping[EffectKind, tuple[str, ...]]
    required_rubric: Mapping[EffectKind, tuple[str, ...]]
    intake: Caps
    max_open_per_author: int
    limits: CallLimits
    waiver_people: int
    """How many people a waiver needs, the voter included."""
    never_waive: tuple[str, ...]
    """Rules of findings nobody can overrule; a last `*` stands for any ending."""
    private_hosts: tuple[str, ...] = ()
    """Names that may lead to loopback, private and other addresses that are not public."""
    thresholds: Mapping[EffectKind, Thresholds] = field(
        default_factory=lambda: dict.fromkeys(EFFECT_KINDS, Thresholds())
    )
    recorded: Recorded = field(default_factory=Recorded)
    own_rules: tuple[str, ...] = ()
    """`NAME sha256:HEX`: files in `rules/` of the home, further semgrep configurations."""
    rule_packs: tuple[str, ...] = ()
    """Registry packs to scan with as well while there is a network, such as `p/python`."""
    held_out: tuple[str, ...] = ()
    """`TOOLSET/NAME sha256:HEX`: files `held-out/TOOLSET/NAME.json` of the home, examples that
    authors do not know."""
    waiver_days: int = 90
    """The longest a waiver may stand."""
    expired_waiver: Expired = "queue"
    """What an expired waiver does to a release that serves: `queue`, or `stop` as well."""
    review: ReviewTimes = field(default_factory=ReviewTimes)
    """When a proposal is overdue, and when it goes back to its author."""


@dataclass(frozen=True)
class CountedVote:
    """A vote as the log says it stands, with what matters for counting it."""

    voter: str
    roles: frozenset[Role]
    is_sponsor: bool
    is_author: bool
    verdict: str
    """`approve`, or anything else, which is against."""
    release_digest: Digest


@dataclass(frozen=True)
class Tally:
    """Votes counted against a policy."""

    needed: int
    have: int
    met: bool
    reasons: tuple[str, ...]
    """Why it is not met, and which votes did not count."""
    release_digest: Digest | None = None
    """What the votes are about."""


def preset(name: str) -> str:
    """Give the text of a preset: `solo`, `team` or `regulated`.

    Raises:
        PolicyError: There is none of that name.
    """
    text = PRESETS.get(name)
    if text is None:
        raise PolicyError(f"no preset {name[:40]!r}", hint=f"One of {', '.join(PRESETS)}.")
    return text


def parse_policy(text: str) -> Policy:
    """Read a policy strictly.

    Raises:
        PolicyError: It is not one; the place names the field.
    """
    try:
        return _policy(text)
    except PolicyError:
        raise
    except UnknownFieldError as error:
        raise PolicyError(str(error), hint=error.hint, place=error.place) from error
    except ReviewError as error:  # its hint is about bundles
        raise PolicyError(str(error), place=error.place) from error


def tally(
    policy: Policy, kind: EffectKind, votes: Sequence[CountedVote], release_digest: Digest
) -> Tally:
    """Count votes on exactly one release digest.

    A person counts once. Authors never count, sponsors as the policy says, and one standing vote
    against blocks whatever else there is.
    """
    rule = policy.votes[kind]
    people: set[str] = set()
    reasons: list[str] = []
    blocked = False
    for vote in votes:
        refusal = _why_not(rule, vote, release_digest)
        if refusal:
            reasons.append(refusal)
        elif vote.verdict == "approve":
            people.add(vote.voter)
        else:
            blocked = True
            reasons.append(f"a reviewer voted {vote.verdict[:40]}")
    missing = rule.people - len(people)
    if missing > 0:
        reasons.append(f"{missing} more approval by a {rule.role} needed for {kind}")
    met = missing <= 0 and not blocked
    return Tally(rule.people, len(people), met, tuple(reasons), release_digest)


def _why_not(rule: VoteRule, vote: CountedVote, release_digest: Digest) -> str:
    """Say why a vote does not count; empty when it does."""
    if vote.release_digest != release_digest:
        return "a vote is about another release"
    if vote.is_author:
        return "authors never vote on their own work"
    if rule.role not in vote.roles:
        return f"a vote is not by a {rule.role}"
    if vote.is_sponsor and not rule.sponsor_counts and vote.verdict == "approve":
        return "the sponsor's vote does not count here"
    return ""


def _policy(text: str) -> Policy:
    top = Table(toml.loads(text, PolicyError), "", PolicyError)
    top.choice("schema", (POLICY_SCHEMA,))
    waivers = policy_asks.waivers(top.table("waivers"))
    own_rules, rule_packs = policy_asks.own_rules(top.table("rules"))
    result = Policy(
        preset=top.choice("preset", (*PRESETS, "custom")),
        text=text,
        digest=digests.sha256(text.encode()),
        votes=_votes(top.table("votes")),
        required_checks=_required(top.table("checks"), CHECKS, ALWAYS_REQUIRED),
        required_rubric=_required(top.table("rubric"), CRITERIA, ()),
        intake=_caps(top.table("intake")),
        max_open_per_author=_queue(top.table("queue")),
        limits=_limits(top.table("limits")),
        waiver_people=waivers.people,
        never_waive=waivers.never,
        private_hosts=_private_hosts(top.table("network")),
        thresholds=policy_asks.thresholds(top.table("thresholds")),
        recorded=policy_asks.recorded(top.table("recorded")),
        own_rules=own_rules,
        rule_packs=rule_packs,
        held_out=policy_asks.held_out(top.table("held_out")),
        waiver_days=waivers.days,
        expired_waiver=waivers.expired,
        review=policy_asks.review(top.table("review")),
    )
    top.done()
    return result


def _votes(table: Table) -> dict[EffectKind, VoteRule]:
    rules: dict[EffectKind, VoteRule] = {}
    for kind in EFFECT_KINDS:
        table.raw(kind)
        one = table.table(kind)
        rules[kind] = VoteRule(
            people=one.integer("people", least=1, most=20),
            role=cast("Role", one.choice("role", ROLES, "reviewer")),
            sponsor_counts=one.boolean("sponsor_counts"),
        )
        one.done()
    table.done()
    return rules


def _required(
    table: Table, known: tuple[str, ...], always: tuple[str, ...]
) -> dict[EffectKind, tuple[str, ...]]:
    required: dict[EffectKind, tuple[str, ...]] = {}
    for kind in EFFECT_KINDS:
        table.raw(kind)
        names = table.texts(kind)
        strange = sorted(set(names) - set(known))
        if strange:
            raise table.error(kind, f"{strange[0][:40]!r} is none of {', '.join(known)}")
        missing = sorted(set(always) - set(names))
        if missing:
            raise table.error(kind, f"no policy does without {', '.join(missing)}")
        required[kind] = tuple(name for name in known if name in names)
    table.done()
    return required


def _caps(table: Table) -> Caps:
    usual = Caps()
    caps = Caps(
        max_bytes=table.integer("max_bytes", usual.max_bytes, least=1024, most=64 * 2**20),
        max_file_bytes=table.integer(
            "max_file_bytes", usual.max_file_bytes, least=1024, most=16 * 2**20
        ),
        max_files=table.integer("max_files", usual.max_files, least=1, most=1000),
        max_spec_bytes=usual.max_spec_bytes,
    )
    table.done()
    return caps


def _queue(table: Table) -> int:
    most = table.integer("max_open_per_author", 50, least=1, most=10_000)
    table.done()
    return most


def _limits(table: Table) -> CallLimits:
    usual = CallLimits()
    limits = CallLimits(
        wall_s=table.integer("wall_s", usual.wall_s, least=1, most=3600),
        memory_mib=table.integer("memory_mib", usual.memory_mib, least=16, most=65_536),
        output_kib=table.integer("output_kib", usual.output_kib, least=1, most=16_384),
    )
    table.done()
    return limits


def _private_hosts(table: Table) -> tuple[str, ...]:
    """Read the names; a policy without the table allows none."""
    names = table.texts("private", longest=253)
    for name in names:
        if not spec_effects.is_host(name):
            hint = "One host in lower case, as specs declare it; a pattern cannot stand here."
            raise table.error("private", f"{name[:80]!r} is not a host name", hint=hint)
    table.done()
    return names
