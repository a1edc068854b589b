"""What the policy asks of a tool, with the files of the organisation's own that it pins by digest.

They lie in the home, are in no package and in no bundle, and no author sees them. A file that is not
there, or is another, is handed on empty: the check that needs it then knows nothing, and says so.
"""

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from toolvet.checks.asked import Asked, OwnFile, of_policy
from toolvet.client.private import read_plain
from toolvet.config import Paths
from toolvet_reviews import digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.policy import Policy
from toolvet_reviews.views import DoctorLine

_log = logging.getLogger(__name__)

RULES = "rules"
"""Folder of the home with further scanner configurations."""
HELD_OUT = "held-out"
"""Folder of the home with examples that authors do not know: TOOLSET/NAME.json."""
LARGEST = 2**20


@dataclass(frozen=True)
class Pinned:
    """A file that a policy names."""

    name: str
    digest: str
    path: Path


def asked_of(paths: Paths, policy: Policy, bundle: Bundle, now: datetime) -> Asked:
    """Read what a policy asks of one bundle."""
    tool = f"{bundle.spec.toolset}/{bundle.spec.name}"
    cases = next((one for one in held_out(paths, policy) if one.name == tool), None)
    return of_policy(
        policy,
        bundle.spec.effects.kind,
        rules=tuple(read(one) for one in rules(paths, policy)),
        held_out=read(cases) if cases else None,
        day=now.date().isoformat(),
    )


def rules(paths: Paths, policy: Policy) -> list[Pinned]:
    """List the organisation's own scanner configurations."""
    entries = (one.split(" ") for one in policy.own_rules)
    return [Pinned(name, digest, paths.home / RULES / name) for name, digest in entries]


def held_out(paths: Paths, policy: Policy) -> list[Pinned]:
    """List the files of examples that authors do not know."""
    entries = (one.split(" ") for one in policy.held_out)
    folder = paths.home / HELD_OUT
    return [Pinned(name, digest, folder / f"{name}.json") for name, digest in entries]


def read(pinned: Pinned) -> OwnFile:
    """Read a file when it is exactly what the policy pins; else give none of its bytes."""
    problem, data = _look(pinned)
    if problem:
        _log.error("%s of the policy %s", pinned.name, problem)
    return OwnFile(pinned.name, pinned.digest, data)


def look(paths: Paths, policy: Policy | None) -> list[DoctorLine]:
    """Say which files a policy pins are missing or others; of an erased policy nothing is known."""
    lines: list[DoctorLine] = []
    if policy is None:
        return lines
    for pinned in (*rules(paths, policy), *held_out(paths, policy)):
        problem, _ = _look(pinned)
        if problem:
            said = f"{pinned.path} {problem}: what is checked with it stays unknown"
            hint = f"Put back the file whose digest is {pinned.digest}, or apply another policy."
            lines.append(
                DoctorLine("policy", ok=False, message=said, hint=hint, code="policy.file")
            )
    return lines


def _look(pinned: Pinned) -> tuple[str, bytes]:
    try:
        data, _ = read_plain(pinned.path, LARGEST + 1, getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        return f"cannot be read: {error.strerror}", b""
    if len(data) > LARGEST:
        return f"has more than {LARGEST} bytes", b""
    if digests.sha256(data) != pinned.digest:
        return "is not the file that the policy pins", b""
    return "", data
