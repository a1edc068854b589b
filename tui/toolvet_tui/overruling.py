"""What a person may overrule of a revision, and what that means, in words."""

from dataclasses import dataclass
from datetime import timedelta

from toolvet.client import shown
from toolvet.client.acts import Pen, Words
from toolvet.client.client import Client
from toolvet.client.shown import Shown
from toolvet.config import now, stamp
from toolvet_reviews.findings import Finding, may_waive
from toolvet_reviews.policy import Policy
from toolvet_reviews.views import ProposalView, ServiceView
from toolvet_reviews.words import counted, one_line, visible
from toolvet_tui.paper import Block
from toolvet_tui.plain import short


@dataclass(frozen=True)
class Overrulable:
    """The errors of one revision that nobody overruled yet; every byte was checked."""

    shown: Shown
    policy: Policy
    findings: tuple[Finding, ...]
    """That a person may overrule."""
    never: tuple[Finding, ...]
    """That the policy lets nobody overrule."""


def overrulable(client: Client, service: ServiceView, proposal: str) -> Overrulable:
    """Fetch what stands against a proposal.

    Args:
        client: Of a person: an agent is not shown all of the findings.
        service: As `connect.trusted` answered just now.

    Raises:
        DifferenceError: Something is not what its digest says.
        RemoteError: There is no dossier to waive anything of.
    """
    seen = shown.fetch(client, service, proposal)
    policy = shown.policy_in_force(client, service)
    given = {one.fingerprint for one in seen.view.waivers if one.counts}
    errors = {one.fingerprint: one for one in seen.findings if one.severity == "error"}
    left = [one for one in errors.values() if one.fingerprint not in given]
    return Overrulable(
        seen,
        policy,
        tuple(one for one in left if may_waive(one.rule, policy.never_waive)),
        tuple(one for one in left if not may_waive(one.rule, policy.never_waive)),
    )


def waive(
    pen: Pen, person: Client, about: Overrulable, finding: Finding, words: str, days: int
) -> ProposalView:
    """Sign that a finding does not matter here, and hand it in.

    Raises:
        DifferenceError: The policy changed since it was shown.
        RemoteError: The service refused.
    """
    said = Words(words)
    expires = stamp(now() + timedelta(days=days))
    envelope = pen.waive(about.shown, finding, expires, said)
    return person.waive(about.shown.view.id, envelope, said.to_json())


def what_is_overruled(about: Overrulable, finding: Finding) -> list[Block]:
    """Write the finding, and what overruling it means."""
    policy = about.policy
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    after = "its owner is told" if policy.expired_waiver == "queue" else "it is served no more"
    blocks = [
        Block(one_line(finding.rule), "rule", "bad"),
        Block(visible(finding.message), "says"),
        Block(one_line(place) or "the whole bundle", "place"),
    ]
    blocks += [Block(visible(finding.snippet.rstrip()), "line")] * bool(finding.snippet.strip())
    blocks += [Block(visible(finding.why), "why")] * bool(finding.why)
    blocks += [
        Block(f"when it runs out, {after}; any change of the bytes ends it", "means", "unsure"),
        Block(f"{short(about.shown.release)} of {about.shown.view.id}", "release", "quiet"),
    ]
    if policy.waiver_people > 1:
        people = counted(policy.waiver_people, "person").replace("persons", "people")
        blocks.append(Block(f"it takes {people}, whoever votes included", "takes", "unsure"))
    return blocks
