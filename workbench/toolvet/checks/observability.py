"""The check `observability`: whether a run that changes something says what it changed.

Its examples are run once more against fakes. A run with effects has to log what it did, tell of its
progress when it is long, and answer with numbers that agree with what the fakes saw. A tool that
changes nothing needs none of it: the service records every call by itself.
"""

import asyncio
from dataclasses import dataclass, field

from toolvet.checks.base import RUN, Check, CheckContext, Inputs, conclude, not_applicable, unknown
from toolvet.checks.fakes import fakes
from toolvet.checks.interface import Interface, example_arguments, interface_of
from toolvet.checks.probing.logs import Sum, Told, sums, told
from toolvet.checks.probing.many import LONG, many
from toolvet.checks.probing.player import Player, Ran
from toolvet.checks.schemas import compile_schema, problems
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

NAME = "observability"
MOST_EXAMPLES = 6
LONG_S = 2.0
_AREAS = {"mail": "mails", "request": "requests", "record": "records", "file": "files"}
_WHY = "What a run did can be asked for later only if it said so; its log is kept with the call."


@dataclass(frozen=True)
class _Seen:
    """One example's run."""

    example: int
    ran: Ran
    told: Told
    sums: tuple[Sum, ...]
    has_effects: bool


@dataclass
class _Looked:
    seen: list[_Seen] = field(default_factory=list[_Seen])
    reasons: list[str] = field(default_factory=list[str])
    unlooked: list[str] = field(default_factory=list[str])
    long: Ran | None = None


async def run(context: CheckContext) -> Evidence:
    """Run the examples of a writing tool, and hear what it tells."""
    spec = context.bundle.spec
    if not spec.effects.writes:
        why = "it changes nothing: the service's own record of each call is enough"
        return not_applicable(NAME, why)
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    if not spec.examples:
        return unknown(NAME, "not run: it has no example")
    with fakes(context.bundle) as made:
        player = Player(context, made)
        looked = await _look(context, player)
        looked.long = await _long(context, player, interface, looked)
    return _evidence(context, looked)


CHECK = Check(
    NAME,
    run,
    Inputs("tool", ("python", "platform"), runs=True, inert=True, spec=RUN),
    needs=("intake", "environment", "interface"),
)


async def _look(context: CheckContext, player: Player) -> _Looked:
    looked = _Looked()
    examples = context.bundle.spec.examples
    looked.unlooked += [f"example {n}" for n in range(MOST_EXAMPLES + 1, len(examples) + 1)]
    numbered = list(enumerate(examples[:MOST_EXAMPLES], 1))
    looked.seen += await asyncio.gather(
        *(
            _one(player, number, example_arguments(context.bundle, example))
            for number, example in numbered
        )
    )
    for (number, example), seen in zip(numbered, looked.seen, strict=True):
        if seen.ran.failed and not example.raises:
            looked.reasons.append(f"example {number} did not give its result: {seen.ran.failed}")
    return looked


async def _one(player: Player, number: int, arguments: JsonObject) -> _Seen:
    async with player.scene() as scene:
        before = (await scene.ledger()).files
        ran = await player.run(scene, arguments)
        changed = (await scene.ledger()).files != before
    answer = ran.outcome.value if ran.outcome is not None and not ran.failed else None
    return _Seen(
        number,
        ran,
        told(ran.happened, ran.logged, files=changed),
        tuple(sums(answer, ran.happened)),
        changed or any(one.kind != "word" for one in ran.happened),
    )


async def _long(
    context: CheckContext, player: Player, interface: Interface, looked: _Looked
) -> Ran | None:
    """Run with many items, where the schema lets them be made; None when it does not."""
    schema = compile_schema(interface.input_schema)
    if any(one.kind == "request" for seen in looked.seen for one in seen.ran.happened):
        looked.unlooked.append("progress on long work: no cassette answers for items made up here")
        return None
    for seen in looked.seen:
        example = context.bundle.spec.examples[seen.example - 1]
        if not seen.has_effects or seen.ran.failed:
            continue
        made = many(
            example_arguments(context.bundle, example), lambda value: not problems(schema, value)
        )
        if made is not None:
            async with player.scene() as scene:
                return await player.until_progress(scene, made.arguments, LONG_S)
    looked.unlooked.append("progress on long work: no argument takes many items like its examples'")
    return None


def _evidence(context: CheckContext, looked: _Looked) -> Evidence:
    effective = [seen for seen in looked.seen if seen.has_effects]
    if not effective and not looked.reasons:
        looked.unlooked.append("what it logs of its effects: no example had any")
    found = [*_of_logs(context.bundle, effective), *_of_sums(context.bundle, looked.seen)]
    found += _of_progress(context.bundle, looked.long)
    compared = [one for seen in looked.seen for one in seen.sums]
    logged = sum(len(seen.ran.logged) for seen in looked.seen)
    results: list[Json] = [
        _sum_to_json(seen.example, one) for seen in looked.seen for one in seen.sums
    ]
    return conclude(
        NAME,
        found,
        looked.reasons,
        measurements={
            "log_events": logged,
            "progress_events": _progress(looked),
            "adds_up": all(one.verdict == "equal" for one in compared) if compared else None,
            "results": results,
        },
        not_looked_at=looked.unlooked,
        tools={"python": context.tools.versions["python"]},
        tier=context.tier,
        nothing=_in_words(logged, compared),
    )


def _progress(looked: _Looked) -> int:
    heard = sum(len(seen.ran.progress) for seen in looked.seen)
    return heard + (len(looked.long.progress) if looked.long is not None else 0)


def _in_words(logged: int, compared: list[Sum]) -> str:
    summed = ", and its answer agrees with what the fakes saw" if compared else ""
    says = "says" if logged == 1 else "say"
    return f"{counted(logged, 'log event')} {says} what it did{summed}"


def _sum_to_json(example: int, one: Sum) -> JsonObject:
    return {
        "example": example,
        "field": one.field,
        "said": one.said,
        "seen": one.seen,
        "verdict": one.verdict,
    }


def _of_logs(bundle: Bundle, effective: list[_Seen]) -> list[Finding]:
    for seen in effective:
        if seen.told.is_silent:
            message = f"Example {seen.example} {_did(seen)}, and logged nothing."
            fix = 'Log each thing done: ctx.log.info("mail.sent", id=...), with ids and numbers as fields.'
            return [_finding(bundle, "silent", "error", message, fix)]
    for seen in effective:
        if seen.told.is_vague:
            said = [str(heard.request.get("event")) for heard in seen.ran.logged][:3]
            message = (
                f"Example {seen.example} {_did(seen)}; its log says nothing of it"
                f" ({one_line(', '.join(said))})."
            )
            fix = "Log after each effect, or once at the end with their numbers as fields."
            return [_finding(bundle, "vague", "error", message, fix)]
    for seen in effective:
        if seen.told.unnamed:
            kinds = ", ".join(_AREAS[kind] for kind in seen.told.unnamed)
            message = f"The log of example {seen.example} says nothing of its {kinds}."
            fix = "Log each kind of effect."
            return [_finding(bundle, "unnamed", "warning", message, fix)]
    return []


def _did(seen: _Seen) -> str:
    happened = [one for one in seen.ran.happened if one.kind != "word"]
    what = one_line(happened[0].words, 100) if happened else "a file"
    return f"had {counted(len(happened), 'effect')}, first {what}" if happened else "wrote a file"


def _of_sums(bundle: Bundle, looked: list[_Seen]) -> list[Finding]:
    found: list[Finding] = []
    for seen in looked:
        for one in seen.sums:
            if one.verdict in ("equal", "unclear"):
                continue
            severity: Severity = "error" if one.verdict == "more" else "warning"
            message = f"Example {seen.example} answers {one.field} = {one.said}; the fakes saw {one.seen}."
            fix = "Count an item when its effect was confirmed; name the others under failed or retry."
            found.append(_finding(bundle, f"sum-{one.verdict}", severity, message, fix))
    return found[:5]


def _of_progress(bundle: Bundle, long: Ran | None) -> list[Finding]:
    if long is None or long.progress:
        return []
    is_long = long.outcome is None or len(long.happened) >= LONG
    if not is_long:
        return []
    how = (
        f"worked for {LONG_S:g} s" if long.outcome is None else f"had {len(long.happened)} effects"
    )
    message = f"A run with many items {how}, and told nothing of its progress."
    fix = "Call ctx.progress(done, total) now and then."
    return [_finding(bundle, "progress", "warning", message, fix)]


def _finding(bundle: Bundle, rule: str, severity: Severity, message: str, fix: str) -> Finding:
    path = bundle.spec.entry.partition(":")[0].replace(".", "/") + ".py"
    return Finding(
        f"{NAME}.{rule}", severity, message, path, category="observability", why=_WHY, fix=fix
    )
