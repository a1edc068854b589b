"""What walls of a tier may serve: as strong as those it was approved in, or consented to. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from toolvet_reviews.manifest import Manifest
from toolvet_reviews.values import TIERS, Tier


@dataclass(frozen=True)
class Refused:
    """Why a release is not served in the walls of a host."""

    code: str
    reason: str
    hint: str


def at_least(held: Tier, asked: Tier) -> bool:
    """Tell whether one tier contains as much as another."""
    return TIERS.index(held) >= TIERS.index(asked)


def is_consented(held: Tier, consents: Collection[Tier]) -> bool:
    """Tell whether a person consented to walls as weak as these, or weaker ones."""
    return held != "none" and any(at_least(held, consent) for consent in consents)


def refusal(release: Manifest, held: Tier, consents: Collection[Tier]) -> Refused | None:
    """Say why a release may not be served here; None when it may.

    Args:
        release: What was approved; its `lowest_tier` is the one that people signed for.
        held: The walls of this host.
        consents: Tiers that people consented to, in the log.
    """
    lowest = release.lowest_tier
    if not at_least(held, lowest) and not is_consented(held, consents):
        return _weaker(lowest, held)
    if held == "C" and release.effects.get("network"):
        return Refused(
            "sandbox.tier",
            "it declares hosts, and tier C has no network of its own to show them in",
            "Serve it where user namespaces are allowed; `toolvet doctor` says how.",
        )
    processes = release.limits.get("processes")
    if held != "A" and isinstance(processes, int) and processes > 0:
        return Refused(
            "sandbox.tier_processes",
            f"it declares processes, and tier {held} caps the memory of each, not of all",
            "Serve it where a cgroup can be had; `toolvet doctor` says why there is none.",
        )
    return None


def _weaker(lowest: Tier, held: Tier) -> Refused:
    cure = "Strengthen the walls here; `toolvet doctor` says how."
    if held != "none":
        cure = f"{cure} Or consent, with a key: `toolvet consent {held}`."
    return Refused(
        "tool.tier_too_low",
        f"approved for tier {lowest}, this host holds tier {held}",
        cure,
    )
