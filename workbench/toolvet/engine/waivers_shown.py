"""Waivers as people see them: those of a proposal, all there are, and the tools whose ones ran out."""

from collections.abc import Collection
from datetime import timedelta

from toolvet.audit.waiving import Waiver
from toolvet.config import parse_stamp, stamp
from toolvet.engine.services import Services
from toolvet.engine.stored import name_of, number_of
from toolvet.engine.verdict_shown import sees_hidden
from toolvet.engine.waivers import work_of
from toolvet.errors import ForbiddenError
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import canonical, waivers
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest
from toolvet_reviews.views import DoctorLine, WaiverView

SOON = timedelta(days=14)
"""How long before the end its owner is told."""


async def all_waivers(services: Services, caller: Caller) -> list[WaiverView]:
    """List every waiver, those that end first first.

    Raises:
        ForbiddenError: The caller is no reviewer, auditor or operator.
    """
    if not sees_hidden(caller):
        raise ForbiddenError("waivers are listed for reviewers, auditors and operators")

    def read(view: View) -> list[WaiverView]:
        leaning = _leaning(services)
        given = (one for listed in services.standing.ledger.waivers.values() for one in listed)
        return [_view(services, view, one, leaning) for one in given]

    found = await services.store.query(read)
    return sorted(found, key=lambda one: (one.expired, one.expires))


def of_proposal(
    services: Services, view: View, caller: Caller, release: str | None
) -> tuple[WaiverView, ...]:
    """List the waivers of one release, to those who may know which rules there are."""
    if release is None or not sees_hidden(caller):
        return ()
    given = services.standing.ledger.waivers.get(Digest(release), ())
    leaning = _leaning(services) if given else ()
    return tuple(_view(services, view, one, leaning) for one in given)


def _view(services: Services, view: View, one: Waiver, leaning: Collection[Digest]) -> WaiverView:
    row = view.proposals.get(number_of(one.proposal))
    expired = one.expires <= stamp(services.clock())
    return WaiverView(
        proposal=one.proposal,
        tool=f"{row.toolset}/{row.tool}" if row else "",
        release_digest=one.release,
        fingerprint=one.fingerprint,
        rule=one.rule,
        voter=name_of(view, one.voter),
        voter_id=one.voter,
        reason=_reason(view, one.entry),
        signed_at=one.signed,
        expires=one.expires,
        expired=expired,
        counts=not expired and _counts(services, row, one.voter),
        serving=one.release in leaning,
        envelope=one.envelope or "",
    )


def _counts(services: Services, row: ProposalRow | None, voter: str) -> bool:
    ledger, work = services.standing.ledger, work_of(row) if row else None
    policy = ledger.policy
    if work is None or policy is None:
        return False
    return waivers.counts(policy, work, ledger.principals.get(voter))


def _reason(view: View, index: int) -> str:
    for payload in view.payloads(index):
        if payload.name == "reason" and payload.body is not None:
            said = canonical.parse(payload.body)
            text = said.get("text") if isinstance(said, dict) else None
            return text if isinstance(text, str) else ""
    return ""


def _leaning(services: Services) -> dict[Digest, str]:
    """Releases that channels point to and that lean on waivers, with the moment that ends."""
    ledger = services.standing.ledger
    pointers = ledger.serving(services.catalogue.name_of).values()
    found = {pointer.release: ledger.lapses(pointer.release) for pointer in pointers}
    return {release: moment for release, moment in found.items() if moment is not None}


def to_renew(services: Services, view: View, caller: Caller) -> list[tuple[ProposalRow, bool]]:
    """List the proposals of the caller's serving tools whose waivers end soon, or ended.

    Somebody always answers: for an owner who is not there any more the operators do.

    Returns:
        The proposal, and whether its waiver has run out.
    """
    now = services.clock()
    found: list[tuple[ProposalRow, bool]] = []
    for release, moment in _leaning(services).items():
        if moment and parse_stamp(moment) - now > SOON:
            continue
        published = services.standing.ledger.releases[release]
        row = view.proposals.get(number_of(published.proposal))
        if row is not None and _is_owner(services, row, caller):
            found.append((row, moment <= stamp(now)))
    return found


def _is_owner(services: Services, row: ProposalRow, caller: Caller) -> bool:
    people = services.standing.ledger.principals
    owners = {one for one in (row.author, row.sponsor) if one}
    answering = [one for one in owners if (known := people.get(one)) and known.kind == "human"]
    if any(people[one].active for one in answering):
        return caller.id in owners
    return caller.has("operator")


def look(services: Services) -> list[DoctorLine]:
    """Say which tools lean on a waiver that ran out, or soon will."""
    now = services.clock()
    policy = services.standing.ledger.policy
    lines: list[DoctorLine] = []
    for release, moment in _leaning(services).items():
        published = services.standing.ledger.releases[release]
        name = "/".join(services.catalogue.name_of(release) or (release,))
        hint = f"toolvet waive {published.proposal}, or publish a repaired version"
        if moment <= stamp(now):
            stops = (
                ", so it is not served" if policy is None or policy.expired_waiver == "stop" else ""
            )
            said = f"{name} leans on a waiver that ran out{stops}"
            lines.append(DoctorLine("waivers", ok=False, message=said, hint=hint, code=LAPSED))
        elif parse_stamp(moment) - now <= SOON:
            said = f"{name} leans on a waiver until {moment[:10]}"
            lines.append(DoctorLine("waivers", ok=True, message=said, hint=hint))
    return lines


LAPSED = "waiver.lapsed"
