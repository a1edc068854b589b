"""`toolvet verify`: the service's own checks, run here and now, shown as they come.

Evidence is kept for the next run, keyed by everything it follows from; nothing of it is a proposal,
and the service believes none of it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from toolvet.checks import CHECKS, asked
from toolvet.checks.base import Check, CheckContext
from toolvet.checks.local import read_bundle, verify_bundle
from toolvet.checks.staging import shown, unpacked
from toolvet.checks.toolchain import Toolchain
from toolvet.cli import verdict_text
from toolvet.cli.evidence_cache import EvidenceCache
from toolvet.cli.exits import UsageError
from toolvet.cli.output import say
from toolvet.cli.papers import Line, Paper
from toolvet.client.connect import connect
from toolvet.client.shown import policy_in_force
from toolvet.config import Settings
from toolvet.errors import KNOWN, SandboxUnavailableError, ToolvetError, UnreachableError
from toolvet.sandbox import Limits, Pool, TierReport, probe
from toolvet_reviews import policy, rubric
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.evidence_views import reviewer_view
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import Policy
from toolvet_reviews.values import Digest, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, VerdictView
from toolvet_reviews.words import counted, one_line

ONLY_A_SERVICE = "behaviour against what is served, and an organisation's own rules and cases: only a service does"


@dataclass(frozen=True)
class Given:
    """One bundle to verify."""

    path: str
    """As the report names it."""
    files: dict[str, bytes]
    examples: list[JsonObject] | None = None
    toolset: str | None = None
    is_file: bool = False


@dataclass(frozen=True)
class Wanted:
    """Which checks, and how."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fresh: bool = False
    """Believe no evidence of earlier runs."""
    install: bool = False
    """Fetch the scanner when it is missing."""
    go_on: bool = False
    """A bundle that is refused is a verdict like another; else it is an error."""

    @property
    def is_partial(self) -> bool:
        """Whether there can be no verdict on the whole."""
        return bool(self.only or self.skip)

    def checks(self) -> tuple[Check, ...]:
        """Choose the checks: those named and what they need, less those that cannot do without.

        Raises:
            UsageError: There is no check of that name.
        """
        names = {check.name for check in CHECKS}
        for name in (*self.only, *self.skip):
            if name not in names:
                raise UsageError(f"there is no check {name!r}; there are {', '.join(names)}")
        wanted = set(self.only or names)
        for check in reversed(CHECKS):
            wanted |= set(check.needs) if check.name in wanted else set()
        gone = set(self.skip)
        for check in CHECKS:
            gone |= {check.name} if gone.intersection(check.needs) else set()
        return tuple(check for check in CHECKS if check.name in wanted - gone)


@dataclass
class Run:
    """What one run of the checks has come to, for whoever watches it."""

    total: int
    began: float = field(default_factory=time.monotonic)
    running: list[str] = field(default_factory=list[str])
    done: int = 0

    def says(self) -> str:
        """Say in one line where it is."""
        seconds = time.monotonic() - self.began
        running = ", ".join(self.running) or "…"
        return f"{self.done} of {self.total} checks, {seconds:.1f} s: {running}"

    def watched(self, check: Check) -> Check:
        """Have a check tell when it starts and ends."""

        async def run(context: CheckContext) -> Evidence:
            self.running.append(check.name)
            try:
                return await check.run(context)
            finally:
                self.running.remove(check.name)

        return check._replace(run=run)


def verify_here(given: Sequence[Given], wanted: Wanted, paper: Paper) -> list[VerdictView]:
    """Run the checks over bundles as they would be submitted, one after the other.

    Raises:
        ReviewError: Intake refuses the files, and `wanted` does not go on.
        SandboxUnavailableError: Nothing may run on this host.
    """
    settings = Settings.from_env()
    checks = wanted.checks()
    rules, tier = _rules(settings)
    report = probe(allow_c=tier == "C")
    if report.tier == "none":
        raise SandboxUnavailableError(report.reason, hint=report.cure)
    bench = Bench(settings, rules, report, _toolchain(settings, wanted), wanted, checks)
    try:
        return asyncio.run(bench.verify(given, paper))
    finally:
        bench.cache.trim()


def _rules(settings: Settings) -> tuple[Policy, str]:
    """Take policy and tier from the service, if there is one; else those of a new home."""
    if not settings.url and not settings.paths.log_key.exists():
        return policy.parse_policy(policy.preset("solo")), ""
    try:
        connection = connect(settings)
    except UnreachableError:
        return policy.parse_policy(policy.preset("solo")), ""
    return policy_in_force(connection.client, connection.service), connection.service.tier


def _limits(rules: Policy) -> Limits:
    """Read the caps of one call, as the service does."""
    asked_for = rules.limits
    return replace(
        Limits(),
        wall_s=asked_for.wall_s,
        memory_mib=asked_for.memory_mib,
        output_kib=asked_for.output_kib,
    )


def _toolchain(settings: Settings, wanted: Wanted) -> Toolchain:
    tools = Toolchain(settings.paths.toolchain, settings.wheels)
    if wanted.install:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        tools.ensure(say)
    elif not tools.is_ready and any(check.name == "semgrep" for check in wanted.checks()):
        say("The scanner is not installed here: `toolvet verify --install …` fetches it, once.")
    return tools


def _cache(settings: Settings) -> EvidenceCache:
    """Keep evidence in the home; where there is none, make one that `init` will take over."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return EvidenceCache(settings.home / "cache" / "evidence")


class Bench:
    """Where bundles are verified: one pool of walls for all of them."""

    def __init__(
        self,
        settings: Settings,
        rules: Policy,
        report: TierReport,
        tools: Toolchain,
        wanted: Wanted,
        checks: tuple[Check, ...],
    ) -> None:
        self._rules = rules
        self._report = report
        self._tools = tools
        self._wanted = wanted
        self._checks = checks
        self.cache = _cache(settings)

    async def verify(self, given: Sequence[Given], paper: Paper) -> list[VerdictView]:
        """Verify bundles, writing to the paper as evidence comes."""
        pool = Pool(self._report)
        try:
            views: list[VerdictView] = []
            for one in given:
                paper.write(*[Line()] * bool(views))
                views.append(await self._one(pool, one, paper))
            return views
        finally:
            await pool.close()

    async def _one(self, pool: Pool, given: Given, paper: Paper) -> VerdictView:
        try:
            bundle = await read_bundle(
                given.files, pool, examples=given.examples or [], toolset=given.toolset
            )
            with unpacked(shown(bundle.files)) as folder:
                view = await self._run(pool, given, bundle, folder, paper)
        except KNOWN as error:
            if not self._wanted.go_on or (isinstance(error, ToolvetError) and error.status >= 500):
                raise
            view, files = refused(given, error), given.files
        else:
            files = bundle.files
        paper.write(*verdict_text.whole(view, files))
        return view

    async def _run(
        self, pool: Pool, given: Given, bundle: Bundle, folder: Path, paper: Paper
    ) -> VerdictView:
        spec, started = bundle.spec, time.monotonic()
        files = counted(len(bundle.files), "file")
        paper.write(
            Line(f"{one_line(spec.toolset)}/{one_line(spec.name)}  {spec.effects.kind}, {files}")
        )
        run, known = Run(len(self._checks)), list[str]()
        paper.follow(run.says)
        found = await verify_bundle(
            bundle,
            folder=folder,
            pool=pool,
            tools=self._tools,
            tier=self._report.tier,
            policy_limits=_limits(self._rules),
            asked=asked.of_policy(self._rules, spec.effects.kind),
            cached=self._finder(known),
            store=self._keeper(run, known, paper),
            checks=tuple(run.watched(check) for check in self._checks),
        )
        paper.follow(None)
        took = round((time.monotonic() - started) * 1000)
        return self._view(given, bundle, found.evidence, took, tuple(known))

    def _finder(self, known: list[str]) -> Callable[[str, Digest], Evidence | None]:
        def find(check: str, inputs: Digest) -> Evidence | None:
            found = None if self._wanted.fresh else self.cache.find(check, inputs)
            if found is not None:
                known.append(check)
            return found

        return find

    def _keeper(
        self, run: Run, known: Sequence[str], paper: Paper
    ) -> Callable[[Evidence], Awaitable[None]]:
        async def keep(evidence: Evidence) -> None:
            run.done += 1
            is_known = evidence.check in known
            paper.write(verdict_text.check_line(reviewer_view(evidence), known=is_known))
            if not is_known:
                self.cache.keep(evidence)

        return keep

    def _view(
        self,
        given: Given,
        bundle: Bundle,
        evidence: tuple[Evidence, ...],
        took: int,
        known: tuple[str, ...],
    ) -> VerdictView:
        kind = bundle.spec.effects.kind
        outcome, reasons = rubric.verdict(self._rules, kind, evidence)
        lines = rubric.conclude(self._rules, kind, evidence)
        if self._wanted.is_partial:
            bad = [one for one in evidence if one.status in ("failed", "unknown")]
            outcome = "failed" if bad else "partial"
            reasons, lines = [f"{one.check} {one.status}: {one.summary}" for one in bad], ()
        return VerdictView(
            toolset=bundle.spec.toolset,
            tool=bundle.spec.name,
            verdict=outcome,
            reasons=tuple(reasons),
            rubric=lines,
            evidence=tuple(reviewer_view(item) for item in evidence),
            tier=self._report.tier,
            kind=kind,
            path=given.path,
            is_file=given.is_file,
            duration_ms=took,
            known=known,
            not_looked_at=(ONLY_A_SERVICE,),
        )


def refused(given: Given, error: ReviewError | ToolvetError) -> VerdictView:
    """Write the verdict on files that no check ever saw."""
    place = error.place if isinstance(error, ReviewError) else ""
    remark = FindingView(
        rule=error.code,
        severity="error",
        category="intake",
        message=str(error),
        path=place if place in given.files else "",
        fix=error.hint,
    )
    return VerdictView(
        toolset="",
        tool=Path(given.path).name,
        verdict="failed",
        reasons=(f"refused: {error}",),
        rubric=(),
        evidence=(EvidenceView("intake", "failed", str(error), findings=(remark,)),),
        tier="",
        path=given.path,
        is_file=given.is_file,
    )
