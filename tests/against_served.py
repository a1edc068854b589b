"""A version held against one that serves, without a service: what tests of two versions stand on."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from toolvet.checks import (
    CHECKS,
    Toolchain,
    Verified,
    read_bundle,
    shown,
    unpacked,
    verify_bundle,
)
from toolvet.checks.base import Check
from toolvet.checks.published import Published, RecordedCall
from toolvet.sandbox import Pool, TierReport
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import Json

Files = Mapping[str, str]


class Beside:
    """Verifies one check of a new version beside an old one; one pool for all, so that it is warm."""

    def __init__(self, toolchain: Toolchain, walls: TierReport) -> None:
        self._runner = asyncio.Runner()
        self._tools = toolchain
        self._walls = walls
        self._pool = self._runner.run(self._open())

    async def _open(self) -> Pool:
        return Pool(self._walls)

    def close(self) -> None:
        """End every process."""
        self._runner.run(self._pool.close())
        self._runner.close()

    def check(
        self,
        name: str,
        new: Files,
        old: Files | None = None,
        *,
        calls: Sequence[RecordedCall] = (),
        without: tuple[str, ...] = (),
        **said: object,
    ) -> Evidence:
        """Run one check and those it needs.

        Args:
            name: Of the check.
            new: Files of the new version.
            old: Files of the one that serves; None for a new tool.
            calls: Recorded of it.
            without: Checks that it can do without, and is to.
            said: Further fields of `Published`.
        """
        checks = _needed(name, without)
        verified = self._runner.run(self._verify(checks, new, old, tuple(calls), said))
        return next(found for found in verified.evidence if found.check == name)

    async def _verify(
        self,
        checks: tuple[Check, ...],
        new: Files,
        old: Files | None,
        calls: tuple[RecordedCall, ...],
        said: Mapping[str, object],
    ) -> Verified:
        if old is None:
            return await self._one(new, checks, None)
        known = await self._one(old, _needed("interface"), None)
        assert known.manifest is not None, known.evidence
        with unpacked(shown(known.bundle.files)) as folder:
            served = Published(known.manifest, 3, known.bundle, folder, calls=calls)
            served = replace(served, **said)  # pyright: ignore[reportArgumentType]
            try:
                return await self._one(new, checks, served)
            finally:
                self._pool.forget(folder)

    async def _one(
        self, files: Files, checks: tuple[Check, ...], served: Published | None
    ) -> Verified:
        submitted = {path: text.encode() for path, text in files.items()}
        bundle = await read_bundle(submitted, self._pool)
        with unpacked(shown(bundle.files)) as folder:
            return await verify_bundle(
                bundle,
                folder=folder,
                pool=self._pool,
                tools=self._tools,
                tier=self._walls.tier,
                published=served,
                checks=checks,
            )


def _needed(name: str, without: tuple[str, ...] = ()) -> tuple[Check, ...]:
    found = {name}
    for check in reversed(CHECKS):  # a check comes after those it needs
        found |= set(check.needs) - set(without) if check.name in found else set()
    return tuple(
        check._replace(needs=tuple(need for need in check.needs if need not in without))
        for check in CHECKS
        if check.name in found
    )


def call(result: Json = None, code: str = "", /, **arguments: Json) -> RecordedCall:
    """Write down a call as it was recorded."""
    return RecordedCall(arguments, result, code)


def rules(evidence: Evidence) -> list[tuple[str, str]]:
    """Give rule and severity of every finding."""
    return [(one.rule, one.severity) for one in evidence.findings]
