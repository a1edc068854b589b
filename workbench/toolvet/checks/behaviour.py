"""The check `behaviour`: a new version of a published tool, held against the one that serves.

Recorded calls, the examples of both and arguments near them run through both versions. What differs
is grouped, smallest first. A difference is for a person to judge, so it is a warning; an error is
only what anybody could see from the two bundles: an example of the served version that is broken
without a word, or arguments that are refused now. Nothing else may follow from recorded calls,
since an author learns whether the check failed. Everything it finds is for reviewers only.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from toolvet.checks import reading
from toolvet.checks.base import RUN, Check, CheckContext, Inputs, conclude, not_applicable, unknown
from toolvet.checks.calls_for_both import calls_for, key_of
from toolvet.checks.interface import interface_of
from toolvet.checks.published import Published
from toolvet.checks.versions import (
    ASTRAY,
    BUDGET_S,
    Asked,
    Player,
    Version,
    examples_of,
    player,
    served,
    submitted,
)
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle, Example
from toolvet_reviews.differences import MOST_GROUPS, Answer, Case, Group, grouped, shortened
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

NAME = "behaviour"
_AT_ONCE = 2
_UNSTABLE = frozenset({"timed_out", "died"})
"""Failures that may come of the machine and not of the version."""
_WHY = "Callers rely on what the served version does; nobody asked them."


@dataclass
class _Compared:
    """What came of all calls."""

    cases: list[Case] = field(default_factory=list[Case])
    refused: list[Asked] = field(default_factory=list[Asked])
    """The served version takes them, the new one does not."""
    broken: list[tuple[Asked, Case]] = field(default_factory=list[tuple[Asked, Case]])
    """Examples of the served version that the new one does not keep, and does not name."""
    unstable: int = 0
    """Calls that the served version itself answers now so, now otherwise."""
    late: int = 0
    """Calls for which there was no time."""
    astray: int = 0
    """Calls for which a version asked a host for what no cassette answers."""
    trouble: str = ""
    """Why fewer arguments were drawn than there might be."""


async def run(context: CheckContext) -> Evidence:
    """Run the same calls through both versions."""
    published = context.published
    if published is None:
        return not_applicable(NAME, "nothing serves under this name yet", compared=0)
    if published.trouble:
        return unknown(NAME, f"the version that serves cannot be run here: {published.trouble}")
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    old, new = served(context, published), submitted(context, interface)
    asked, trouble = await calls_for(context, old, new, published)
    if not asked:
        why = "nothing to compare: no example, and " + (
            "no recorded call yet" if published.kept else "the policy keeps no calls"
        )
        return Evidence(NAME, "skipped", why, measurements={"compared": 0})
    with player(old, context.pool) as before, player(new, context.pool) as after:
        found = await _compare(before, after, asked, published)
    found.trouble = trouble
    return _concluded(context, published, old, new, found)


CHECK = Check(
    NAME,
    run,
    Inputs(
        "tool", ("python", "platform", "hypothesis"), runs=True, inert=True, spec=(*RUN, "rollback"),
        asked=("redact",), published=True,
    ),
    needs=("intake", "environment", "interface"),
)  # fmt: skip


# --- both versions -------------------------------------------------------------------------------


async def _compare(
    before: Player, after: Player, asked: Sequence[Asked], published: Published
) -> _Compared:
    found = _Compared()
    gate = asyncio.Semaphore(_AT_ONCE)
    end = time.monotonic() + BUDGET_S
    promises = _promises(after.version.bundle)

    async def one(call: Asked) -> None:
        if not after.version.takes.is_valid(call.arguments):
            found.refused += [call] if before.version.takes.is_valid(call.arguments) else []
            return
        if not before.version.takes.is_valid(call.arguments):
            return
        async with gate:
            if time.monotonic() > end:
                found.late += 1
                return
            case = await _case(before, after, call, published)
        if case is None:
            found.unstable += 1
            return
        if ASTRAY in (case.old.error, case.new.error):
            found.astray += 1
            return
        found.cases.append(case)
        if call.is_promise and call.example and case.differs and key_of(call) not in promises:
            found.broken += [(call, case)] if _kept(call.example, case.old) else []

    await asyncio.gather(*(one(call) for call in asked))
    return found


async def _case(before: Player, after: Player, call: Asked, published: Published) -> Case | None:
    """Run a call through both; None when the old version does not agree with itself."""
    old = await before.answer(call, published.store)
    new = await after.answer(call, published.store)
    case = Case(call.arguments, old, new, call.source)
    if not case.differs or ASTRAY in (old.error, new.error):
        return case
    again = await before.answer(call, published.store)
    if old.error != again.error or old.error in _UNSTABLE:
        return None
    if canonical.dumps(old.value) != canonical.dumps(again.value):
        return None
    steady = [name for name in old.left if old.left[name] == again.left.get(name)]
    return replace(case, old=_only(old, steady), new=_only(new, steady))


def _only(answer: Answer, names: Sequence[str]) -> Answer:
    """Leave out what a version leaves behind otherwise each time, such as times in records."""
    return replace(answer, left={name: answer.left[name] for name in names if name in answer.left})


def _promises(bundle: Bundle) -> frozenset[bytes]:
    """Name the calls of which the new version says itself what they give."""
    return frozenset(key_of(asked) for asked in examples_of(bundle))


def _kept(example: Example, answer: Answer) -> bool:
    """Tell whether the served version does what its example says: else nothing was promised."""
    if example.raises:
        return answer.error in {example.raises, example.raises.rpartition(".")[2]}
    if answer.error:
        return False
    return canonical.dumps(answer.value) == canonical.dumps(canonical.normalise(example.result))


# --- what is said --------------------------------------------------------------------------------


def _concluded(
    context: CheckContext, published: Published, old: Version, new: Version, found: _Compared
) -> Evidence:
    groups = grouped(found.cases)
    differing = sum(len(group.cases) for group in groups)
    findings = [
        *_refusals(context, old, new, found),
        *(_broken(context, call, case) for call, case in found.broken),
        *(_difference(context, group) for group in groups[:MOST_GROUPS]),
    ]
    sources = [case.source for case in found.cases]
    evidence = conclude(
        NAME,
        findings,
        measurements={
            "compared": len(found.cases),
            "differing": differing,
            "groups": [group.to_json() for group in groups[:MOST_GROUPS]],
            "refused": len(found.refused),
            "unstable": found.unstable,
            "astray": found.astray,
            "from": {name: sources.count(name) for name in sorted(set(sources))},
            "release": published.version,
            "redacted": context.asked.redact,
        },
        tools={"python": context.tools.versions["python"]},
        not_looked_at=_not_looked_at(published, found, groups),
        tier=context.tier,
    )
    if not found.cases and not findings:
        return replace(evidence, status="skipped", summary="no call could be compared")
    return replace(evidence, summary=_summary(found, differing, len(groups), published.version))


def _summary(found: _Compared, differing: int, groups: int, version: int) -> str:
    """Say it in counts only: a summary is read where findings are not."""
    if not found.cases:
        return f"no call fits both versions; {counted(len(found.refused), 'call')} would be refused"
    said = f"{counted(len(found.cases), 'call')} ran through version {version} and this one: "
    said += (
        f"{differing} differ, in {counted(groups, 'way')}"
        if differing
        else "all answers are the same"
    )
    if found.refused:
        said += f"; {counted(len(found.refused), 'call')} would be refused"
    return said


def _not_looked_at(published: Published, found: _Compared, groups: Sequence[Group]) -> list[str]:
    said: list[str] = []
    if not published.kept:
        said.append("recorded calls: the policy keeps none")
    elif not published.calls:
        said.append("recorded calls: there are none yet")
    if found.unstable:
        said.append(
            f"{counted(found.unstable, 'call')} that the served version answers otherwise each time"
        )
    if found.astray:
        said.append(f"{counted(found.astray, 'call')} for which no cassette has the replies")
    if found.late:
        said.append(f"{counted(found.late, 'call')}: there was no time")
    if found.trouble:
        said.append(f"further arguments: {found.trouble}")
    if len(groups) > MOST_GROUPS:
        said.append(f"{len(groups) - MOST_GROUPS} further groups of differing answers")
    return said


def _refusals(context: CheckContext, old: Version, new: Version, found: _Compared) -> list[Finding]:
    is_said = context.bundle.spec.rollback.takes_old_calls is False
    findings = [
        _refusal(context, what, is_error=not is_said)
        for what in narrowed(old.input_schema, new.input_schema)
    ]
    examples = [call for call in found.refused if call.is_promise]
    if examples and not findings:
        what = f"arguments of an example of the served version: {_short(examples[0].arguments)}"
        findings.append(_refusal(context, what, is_error=not is_said))
    recorded = sum(call.source == "recorded" for call in found.refused)
    if recorded and not findings:
        what = f"the arguments of {counted(recorded, 'recorded call')}"
        findings.append(_refusal(context, what, is_error=False))
    return findings


def _refusal(context: CheckContext, what: str, *, is_error: bool) -> Finding:
    return _finding(
        context, "refused", f"Refused now: {what}.", is_error=is_error,
        fix="Take the old arguments too, with a default for what is new; or say "
        "`takes_old_calls = false` under [rollback] in tool.toml.",
    )  # fmt: skip


def narrowed(old: JsonObject, new: JsonObject) -> list[str]:
    """Name parameters by which every call, or every call that gives them, is refused now."""
    before, now = reading.entry(old.get("properties")), reading.entry(new.get("properties"))
    needed = set(reading.texts(new.get("required"))) - set(reading.texts(old.get("required")))
    said = [f"calls without {one_line(name, 60)}, which is required now" for name in sorted(needed)]
    if new.get("additionalProperties") is False:
        gone = sorted(before.keys() - now.keys())
        said += [f"calls with {one_line(name, 60)}, a parameter that is gone" for name in gone]
    return said


def _broken(context: CheckContext, call: Asked, case: Case) -> Finding:
    promised = _short(case.old.shown())
    message = (
        f"An example of the served version gives another answer, and this one does not say so: "
        f"{_short(call.arguments)} gave {promised}, gives {_short(case.new.shown())}."
    )
    return _finding(
        context, "broken-promise", message, is_error=True,
        fix="Keep the example, with the result that it gives now: then reviewers see the change.",
    )  # fmt: skip


def _difference(context: CheckContext, group: Group) -> Finding:
    first = group.cases[0]
    message = (
        f"{counted(len(group.cases), 'call')}: {group.what}. Smallest: {_short(first.arguments)} "
        f"gave {_short(first.old.shown())}, gives {_short(first.new.shown())}."
    )
    return _finding(
        context, "differs", message, is_error=False,
        fix="Say in an example what has changed; what should not have changed, put right.",
    )  # fmt: skip


def _finding(
    context: CheckContext, rule: str, message: str, *, is_error: bool, fix: str
) -> Finding:
    path = context.bundle.spec.entry.partition(":")[0].replace(".", "/") + ".py"
    return Finding(
        f"{NAME}.{rule}", "error" if is_error else "warning", message[:1500],
        path if path in context.bundle.files else "", category="behaviour", why=_WHY, fix=fix,
        hidden=True,
    )  # fmt: skip


def _short(value: Json) -> str:
    text = canonical.dumps(shortened(value)).decode()
    return one_line(text, 240)
