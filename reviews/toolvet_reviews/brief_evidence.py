"""What the checks measured, in words: mutants, cases, probes, differences, cost. Pure; no I/O.

Measurements are JSON that checks wrote, some of it quoting what a tool said. So nothing is believed
to have its type, every text is made one harmless line, and long lists are cut and counted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from toolvet_reviews import effect_ledger
from toolvet_reviews.brief_lines import BriefLine, Tone
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView
from toolvet_reviews.words import counted, flat, one_line, visible

MOST = 8
"""Survivors, cases, probes or groups that are spelled out; the rest is counted."""
_LONGEST = 400
LONGEST_TEST = 12_000
"""Characters of a test that is offered; a comment takes 20,000."""


_ENDS: dict[str, Tone] = {"held": "good", "broken": "bad"}


@dataclass(frozen=True)
class CaseTest:
    """A failing case, and the test that holds it."""

    what: str
    arguments: str
    test: str
    """Source text of a pytest function."""
    words: str
    """The same as words to the author."""


def case_tests(evidence: Iterable[EvidenceView]) -> tuple[CaseTest, ...]:
    """List the failing cases that can be turned into a test, as the check wrote them."""
    found: list[CaseTest] = []
    for view in evidence:
        if view.check != "properties":
            continue
        for case in _objects(view.measurements.get("cases")):
            test = case.get("test")
            if isinstance(test, str) and test.strip() and len(test) <= LONGEST_TEST:
                what = one_line(_text(case, "what") or _text(case, "message"), _LONGEST)
                source = visible(test).rstrip()
                words = f"This case fails: {what}\n\n```python\n{source}\n```\n"
                found.append(CaseTest(what, _arguments(case), source, words))
    return tuple(found)


def first(evidence: Iterable[EvidenceView]) -> Iterator[BriefLine]:
    """Name what has to be looked at before anything else: differences, undeclared effects, losses."""
    by_check = {view.check: view for view in evidence}
    if "behaviour" in by_check:
        yield from _behaviour(by_check["behaviour"].measurements)
    if "effects" in by_check:
        yield from _undeclared(by_check["effects"].measurements)
    if "idempotency" in by_check:
        yield from (
            line for line in _probes(by_check["idempotency"].measurements) if line.tone == "bad"
        )


def tried(evidence: Iterable[EvidenceView]) -> Iterator[BriefLine]:
    """Say what was tried on it and what came of it, check by check."""
    for view in evidence:
        yield from measured(view)


def measured(view: EvidenceView) -> Iterator[BriefLine]:
    """Say what one check measured; nothing for a check without measurements to tell."""
    tell = _TELL.get(view.check)
    if tell is not None and view.status != "skipped":
        yield from tell(view.measurements)


# --- one check each --------------------------------------------------------------------------


def _strength(said: JsonObject) -> Iterator[BriefLine]:
    mutants, killed = _whole(said, "mutants"), _whole(said, "killed")
    if mutants:
        score = _number(said, "score")
        shown = f", {score:g} %" if score is not None else ""
        weak = ": weak tests" if said.get("weak") is True else ""
        tone: Tone = "unsure" if weak else "plain"
        text = f"{killed} of {mutants} small faults were noticed{shown}{weak}"
        yield BriefLine("faults", text, tone)
    missed = [name for name, end in _pairs(said.get("canaries")) if end != "caught"]
    if missed:
        yield BriefLine("canaries", f"not noticed: {', '.join(missed)}", "bad")
    yield from _survivors(said)
    coverage = _number(said, "branch_coverage")
    if coverage is not None:
        yield BriefLine("branches", f"{coverage:g} % were taken by the tests", "quiet")
    flaky = [one_line(str(name), 120) for name in _list(said.get("flaky"))]
    if flaky:
        yield BriefLine("flaky", _cut(flaky), "unsure")


def _survivors(said: JsonObject) -> Iterator[BriefLine]:
    survivors = _objects(said.get("survivors"))
    for one in survivors[:MOST]:
        path, line = one_line(_text(one, "path")), _whole(one, "line")
        text = f"{path}:{line}: {one_line(_text(one, 'label'), 200)}"
        yield BriefLine("survived", text, "unsure", path, line)
    yield from _more(survivors, "survivor")


def _properties(said: JsonObject) -> Iterator[BriefLine]:
    generated = _whole(said, "generated")
    if generated:
        distinct = _whole(said, "distinct_results")
        text = f"{counted(generated, 'input')} made from the schema, {counted(distinct, 'result')}"
        yield BriefLine("inputs", text, "plain")
    for text, end in _pairs(said.get("invariants")):
        yield BriefLine("invariant", f"{end}: {text}", _ENDS.get(end, "unsure"))
    cases = _objects(said.get("cases"))
    for case in cases[:MOST]:
        why = one_line(_text(case, "message"), 200)
        what = one_line(_text(case, "what"), 120)
        yield BriefLine("case", one_line(f"{what}: {_arguments(case)}: {why}", _LONGEST), "bad")
    yield from _more(cases, "case")


def _hostile(said: JsonObject) -> Iterator[BriefLine]:
    tried = [(name, count) for name, count in _pairs(said.get("tried")) if count]
    if tried:
        text = ", ".join(f"{count} {name}" for name, count in tried)
        yield BriefLine("hostile", one_line(text, _LONGEST), "plain")
    peak, slowest = _number(said, "peak_memory_mib"), _number(said, "slowest_ms")
    if peak is not None and slowest is not None:
        yield BriefLine("at most", f"{peak:g} MiB, {slowest:g} ms", "quiet")


def _held_out(said: JsonObject) -> Iterator[BriefLine]:
    cases = _whole(said, "cases")
    if cases:
        passed = _whole(said, "passed")
        tone: Tone = "good" if passed == cases else "bad"
        yield BriefLine("held out", f"{passed} of {cases} hold", tone)


def _probes(said: JsonObject) -> Iterator[BriefLine]:
    probes = _objects(said.get("probes"))
    ends = [_text(one, "verdict") for one in probes]
    if probes:
        counts = ", ".join(
            f"{ends.count(end)} {end}" for end in ("held", "uncertain", "broken") if end in ends
        )
        tone: Tone = "bad" if "broken" in ends else "good"
        yield BriefLine("probes", f"{counts} of {len(probes)}", tone)
    loud = [one for one in probes if _text(one, "verdict") not in ("held", "uncertain")]
    for one in sorted(loud, key=lambda probe: _text(probe, "verdict") != "broken")[:MOST]:
        tone = "bad" if _text(one, "verdict") == "broken" else "unsure"
        place = f" at {_text(one, 'point')}" if one.get("point") else ""
        text = f"{_text(one, 'probe')}{place}: {_text(one, 'why')}"
        yield BriefLine(_text(one, "verdict") or "unclear", one_line(text, 800), tone)
    yield from _more(loud, "probe")


def _observability(said: JsonObject) -> Iterator[BriefLine]:
    events = said.get("log_events")
    if type(events) is int:
        text = f"{counted(events, 'event')}, {counted(_whole(said, 'progress_events'), 'step')}"
        yield BriefLine("logged", f"{text} of progress", "plain" if events else "unsure")
    if isinstance(said.get("adds_up"), bool):
        adds_up = said["adds_up"] is True
        words = "adds up" if adds_up else "does not add up"
        yield BriefLine("summary", f"it {words} with what was seen", "good" if adds_up else "bad")


def _rollback(said: JsonObject) -> Iterator[BriefLine]:
    rehearsed, readable = said.get("rollback_rehearsed"), said.get("store_readable")
    if isinstance(rehearsed, bool):
        words = "was rehearsed" if rehearsed else "was rehearsed and failed"
        yield BriefLine("rollback", words, "good" if rehearsed else "bad")
    if isinstance(readable, bool):
        words = "reads" if readable else "does not read"
        text = f"the version before {words} what this one stores"
        yield BriefLine("store", text, "good" if readable else "bad")


def _behaviour(said: JsonObject) -> Iterator[BriefLine]:
    compared, differing = _whole(said, "compared"), _whole(said, "differing")
    if not compared:
        return
    tone: Tone = "unsure" if differing else "good"
    yield BriefLine("differs", f"{differing} of {counted(compared, 'call')}", tone)
    groups = _objects(said.get("groups"))
    for group in groups[:MOST]:
        smallest = group.get("smallest")
        one = smallest if isinstance(smallest, dict) else {}
        old, new = _json(one.get("old")), _json(one.get("new"))
        number = group.get("cases")
        times = counted(number, "call") if type(number) is int else "calls"
        text = f"{_text(group, 'what')} ({times}); smallest {_arguments(one)}: {old} → {new}"
        yield BriefLine("group", one_line(text, 800), "unsure")
    yield from _more(groups, "group")


def _cost(said: JsonObject) -> Iterator[BriefLine]:
    tokens_in, tokens_out = _number(said, "tokens_in"), _number(said, "tokens_out")
    if tokens_in is not None and tokens_out is not None:
        by = one_line(_text(said, "tokens_by"), 60)
        parts = [f"{tokens_in:g} tokens in, {tokens_out:g} out ({by})"]
        parts += [f"{value:g} {unit}" for name, unit in (("time_ms", "ms"), ("memory_mib", "MiB"))
                  if (value := _number(said, name)) is not None]  # fmt: skip
        yield BriefLine("a call", "; ".join(parts), "quiet")
    pays, calls = said.get("pays"), _number(said, "break_even_calls")
    if calls is not None:
        text = f"pays after {calls:,.0f} call{'' if calls == 1 else 's'}" + _saved(said)
        yield BriefLine("cost", text, "unsure" if pays is False else "plain")
    elif pays is False:
        yield BriefLine("cost", "it does not pay", "unsure")


def _saved(said: JsonObject) -> str:
    tokens, seconds = _number(said, "saved_tokens_per_month"), _number(said, "saved_s_per_month")
    if tokens is None or seconds is None:
        return ""
    minutes = _number(said, "review_minutes")
    review = f", {minutes:g} minutes of review counted in" if minutes is not None else ""
    return f"; {tokens:,.0f} tokens and {seconds:,.0f} s saved a month{review}"


def _undeclared(said: JsonObject) -> Iterator[BriefLine]:
    ledger = effect_ledger.from_json(said.get("ledger"))
    for entry in ledger.entries if ledger is not None else ():
        if entry.verdict == "undeclared":
            text = one_line(effect_ledger.in_words(entry), _LONGEST)
            yield BriefLine("undeclared", text, "bad", one_line(entry.path), entry.line)


_TELL: dict[str, Callable[[JsonObject], Iterator[BriefLine]]] = {
    "strength": _strength,
    "properties": _properties,
    "hostile": _hostile,
    "held_out": _held_out,
    "idempotency": _probes,
    "observability": _observability,
    "rollback": _rollback,
    "behaviour": _behaviour,
    "cost": _cost,
}


# --- reading measurements --------------------------------------------------------------------


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _objects(value: Json) -> list[JsonObject]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _pairs(value: Json) -> list[tuple[str, str]]:
    """Read an object of short texts or numbers, at most so many of them."""
    found = value if isinstance(value, dict) else {}
    return [(one_line(name, 120), one_line(str(end), 40)) for name, end in list(found.items())[:40]]


def _text(said: JsonObject, name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else flat(value) if value is not None else ""


def _whole(said: JsonObject, name: str) -> int:
    value = said.get(name)
    return value if type(value) is int else 0


def _number(said: JsonObject, name: str) -> float | None:
    value = said.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _arguments(case: JsonObject) -> str:
    return _json(case.get("arguments"))


def _json(value: Json) -> str:
    """Write a value as a reader of results knows it, on one line."""
    if isinstance(value, str):
        return one_line(f'"{value}"', 200)
    if isinstance(value, dict):
        inside = ", ".join(f"{one_line(name, 60)}: {_json(one)}" for name, one in value.items())
        return one_line(f"{{{inside}}}", 200)
    if isinstance(value, list):
        return one_line(f"[{', '.join(map(_json, value[:20]))}]", 200)
    said = {None: "null", True: "true", False: "false"}
    return said[value] if value is None or isinstance(value, bool) else str(value)


def _cut(names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return one_line(", ".join(names[:MOST]) + more, _LONGEST)


def _more(found: list[JsonObject], what: str) -> Iterator[BriefLine]:
    if len(found) > MOST:
        yield BriefLine("more", f"and {counted(len(found) - MOST, f'more {what}')}", "unsure")
