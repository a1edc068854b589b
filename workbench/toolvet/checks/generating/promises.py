"""Declared invariants: each checked by the author's function, in a process that never ran the tool."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from toolvet.checks.base import CheckContext
from toolvet.checks.generating.rounds import Ran
from toolvet.checks.interface import tool_image
from toolvet.sandbox import Limits
from toolvet_reviews.bundle import Invariant
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import one_line

MOST = 8
"""Invariants that are looked at."""
RESULTS = 40
"""Results that each is held against."""
_LIMITS = Limits(wall_s=3, cpu_s=3)

Verdict = Literal["held", "broken", "not checked"]


@dataclass(frozen=True)
class Promise:
    """One invariant, and what became of it."""

    invariant: Invariant
    verdict: Verdict = "not checked"
    arguments: JsonObject | None = None
    """Of the result for which it does not hold."""
    why: str = ""
    can_shrink: bool = False
    """False when the function itself is at fault."""


@dataclass
class Promises:
    """The invariants of one tool."""

    context: CheckContext
    found: list[Promise] = field(default_factory=list[Promise])

    def verdicts(self) -> dict[str, Json]:
        """Say of each text what became of it."""
        known = {one.invariant.text: one.verdict for one in self.found}
        return {
            one.text: known.get(one.text, "not checked")
            for one in self.context.bundle.spec.invariants
        }

    async def look(self, ran: Sequence[Ran], is_over: Callable[[], bool]) -> list[Promise]:
        """Hold each invariant against results, until one breaks it.

        Args:
            ran: Runs that gave a result.
            is_over: Tells that there is no time left.
        """
        for invariant in self.context.bundle.spec.invariants[:MOST]:
            if invariant.check:
                self.found.append(await self._one(invariant, ran[:RESULTS], is_over))
        return self.found

    async def breaks(self, invariant: Invariant, arguments: JsonObject, result: Json) -> bool:
        """Tell whether one result breaks an invariant."""
        verdict, _, is_fault = await self._ask(invariant, arguments, result)
        return verdict == "broken" and not is_fault

    async def _one(
        self, invariant: Invariant, ran: Sequence[Ran], is_over: Callable[[], bool]
    ) -> Promise:
        looked = 0
        for one in ran:
            if is_over() and looked:
                break
            looked += 1
            verdict, why, is_fault = await self._ask(invariant, one.arguments, one.outcome.value)
            if verdict == "broken":
                return Promise(invariant, verdict, one.arguments, why, not is_fault)
        return Promise(invariant, "held" if looked else "not checked")

    async def _ask(
        self, invariant: Invariant, arguments: JsonObject, result: Json
    ) -> tuple[Verdict, str, bool]:
        """Run the function once; also tell whether it is itself at fault."""
        image = replace(
            tool_image(self.context.bundle, self.context), entry=invariant.check, typed=False
        )
        given: JsonObject = {"arguments": arguments, "result": result}
        outcome = await self.context.pool.call(image, given, _LIMITS)
        if outcome.status == "returned":
            if outcome.value is True:
                return "held", "", False
            if outcome.value is False:
                return "broken", "its function says no", False
            return "broken", "its function gave neither true nor false", True
        said = outcome.error
        if outcome.status == "raised" and said is not None and said.type == "AssertionError":
            return (
                "broken",
                one_line(f"its function says no: {said.message}", 200).rstrip(": "),
                False,
            )
        what = f"{said.type}: {said.message}" if said is not None else outcome.status
        return "broken", one_line(f"its function failed: {what}", 200), True
