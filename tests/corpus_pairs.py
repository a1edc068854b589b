"""The labelled corpus: small tools that are wrong, each beside its repaired twin, and honest ones.

`tests/corpus/FAMILY/NAME/` holds `about.toml` and two bundles, `bad` and `good`: a folder with
tool.toml, or a folder with one Python file and perhaps `examples.json`. `published/` is what serves
already, and `calls.json` what was recorded of it. `tests/honest/` holds pure tools in the small form,
as agents write them, with one example each.
"""

import json
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

from toolvet.checks import (
    CHECKS,
    Toolchain,
    Verified,
    read_bundle,
    shown,
    unpacked,
    verify_bundle,
)
from toolvet.checks.asked import of_policy
from toolvet.checks.base import Check
from toolvet.checks.published import Published, RecordedCall
from toolvet.sandbox import Pool, TierReport
from toolvet_reviews.policy import Policy, parse_policy, preset
from toolvet_reviews.values import JsonObject

ROOT = Path(__file__).parent
Side = Literal["bad", "good"]


@dataclass(frozen=True)
class Pair:
    """One mistake, and the same tool without it."""

    folder: Path

    @property
    def family(self) -> str:
        """What kind of mistake it is."""
        return self.folder.parent.name

    @property
    def name(self) -> str:
        """Family and name."""
        return f"{self.family}/{self.folder.name}"

    @cached_property
    def _about(self) -> dict[str, str]:
        return tomllib.loads((self.folder / "about.toml").read_text(encoding="utf-8"))

    @property
    def check(self) -> str:
        """The check that must stop the bad one."""
        return self._about["check"]

    @property
    def criterion(self) -> str:
        """The line of the rubric that it breaks."""
        return self._about["criterion"]

    @property
    def calls(self) -> tuple[RecordedCall, ...]:
        """What was recorded of the published version."""
        path = self.folder / "calls.json"
        found = cast("list[JsonObject]", json.loads(path.read_bytes())) if path.exists() else []
        return tuple(
            RecordedCall(
                cast("JsonObject", one["arguments"]), one.get("result"), str(one.get("code", ""))
            )
            for one in found
        )


def pairs() -> list[Pair]:
    """Find every pair, in the order of their names."""
    return [Pair(path.parent) for path in sorted(ROOT.glob("corpus/*/*/about.toml"))]


def honest() -> list[Path]:
    """Find every honest tool."""
    return sorted(path.parent for path in ROOT.glob("honest/*/examples.json"))


def files_of(folder: Path) -> tuple[dict[str, bytes], list[JsonObject]]:
    """Read a bundle as it would be submitted: its files, and examples beside the small form."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    said = files.pop("examples.json", b"[]") if "tool.toml" not in files else b"[]"
    return files, cast("list[JsonObject]", json.loads(said))


@dataclass
class Bench:
    """What verifies them: one pool, one toolchain, the policy of a preset."""

    pool: Pool
    tools: Toolchain
    walls: TierReport
    policy: Policy

    @classmethod
    def of(cls, pool: Pool, tools: Toolchain, walls: TierReport, name: str = "solo") -> "Bench":
        """Take the policy of a preset."""
        return cls(pool, tools, walls, parse_policy(preset(name)))

    async def verify(
        self,
        folder: Path,
        *,
        published: Published | None = None,
        checks: tuple[Check, ...] = CHECKS,
    ) -> Verified:
        """Verify the bundle in a folder."""
        files, examples = files_of(folder)
        bundle = await read_bundle(files, self.pool, examples=examples)
        with unpacked(shown(bundle.files)) as place:
            return await verify_bundle(
                bundle,
                folder=place,
                pool=self.pool,
                tools=self.tools,
                tier=self.walls.tier,
                asked=of_policy(self.policy, bundle.spec.effects.kind),
                published=published,
                checks=checks,
            )

    async def side(self, pair: Pair, side: Side, *, checks: tuple[Check, ...] = CHECKS) -> Verified:
        """Verify one side of a pair, against what serves already if there is something."""
        served = pair.folder / "published"
        if not served.is_dir():
            return await self.verify(pair.folder / side, checks=checks)
        known = await self.verify(served, checks=only("interface"))
        assert known.manifest is not None, f"{pair.name}: what serves has no interface"
        with unpacked(shown(known.bundle.files)) as place:
            before = Published(known.manifest, 1, known.bundle, place, calls=pair.calls)
            return await self.verify(pair.folder / side, published=before, checks=checks)


def only(name: str) -> tuple[Check, ...]:
    """Give a check and those whose evidence it reads."""
    found = {name}
    for check in reversed(CHECKS):  # a check comes after those it needs
        found |= set(check.needs) if check.name in found else set()
    return tuple(check for check in CHECKS if check.name in found)
