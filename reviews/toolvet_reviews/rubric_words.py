"""What a line of the rubric says when it is met: the evidence that carried it, in figures. Pure; no I/O."""

from collections.abc import Sequence

from toolvet_reviews.findings import Evidence
from toolvet_reviews.rubric_case import Case, Said


def correctness(case: Case) -> str:
    """Say what was tried and held."""
    tests, examples = case.count("tests", "passed"), case.count("examples", "examples")
    score, generated = case.count("strength", "score"), case.count("properties", "generated")
    hidden = case.count("held_out", "passed")
    parts = [
        f"{_counted(tests, 'test')} passed" if tests else "",
        f"{_counted(examples, 'example')} gave {'its' if examples == 1 else 'their'} result"
        if examples
        else "",
        f"{_counted(generated, 'generated input')} broke nothing" if generated else "",
        f"tests notice {score} % of planted faults" if tests and score is not None else "",
        f"{_counted(hidden, 'held-out case')} passed" if hidden else "",
        "weak tests" if case.measured("strength", "weak") is True else "",
        case.overruled(("interface", "tests", "examples", "properties", "strength", "held_out")),
    ]
    return _joined(parts, "interface, examples and tests hold")


def with_behaviour(said: Said, evidence: Sequence[Evidence]) -> Said:
    """Add how it differs from the version that is served; for reviewers only."""
    found = next((one for one in evidence if one.check == "behaviour"), None)
    if found is None or found.status not in ("passed", "warned", "failed"):
        return said
    compared, differing = (
        value if isinstance(value := found.measurements.get(name), int) else 0
        for name in ("compared", "differing")
    )
    if not compared:
        return said
    words = f"{differing} of {compared} inputs give another result than the published version"
    if not differing:
        words = f"{_counted(compared, 'input')} give what the published version gives"
    return Said(said.mark, f"{said.why}; {words}", (*said.evidence, "behaviour"))


def safety(case: Case, names: Sequence[str]) -> str:
    """Say what looked at it and found nothing that stands."""
    held = [name for name in names if name in case.found and case.check(name).mark == "met"]
    tried = case.measured("hostile", "tried")
    count = sum(n for n in tried.values() if type(n) is int) if isinstance(tried, dict) else 0
    warned = [name for name in held if case.found[name].status == "warned"]
    parts = [
        f"{_counted(len(held), 'check')} found nothing that stands against it",
        f"{_counted(count, 'hostile input')} reached nothing" if count else "",
        f"warnings by {', '.join(warned)}" if warned else "",
        case.overruled(names),
    ]
    return _joined(parts, "nothing stands against it")


def repeated(case: Case) -> str:
    """Say why a tool that changes nothing is idempotent."""
    generated = case.count("properties", "generated")
    parts = [
        "each example run twice gave the same",
        f"so did {_counted(generated, 'generated input')}"
        if generated and case.measured("properties", "repeat_equal") is True
        else "",
        "and nothing beyond what it declares was seen" if "effects" in case.found else "",
        case.overruled(("examples", "effects", "properties")),
    ]
    return _joined(parts, "")


def idempotency(case: Case) -> str:
    """Say what the platform did to the tool to see a duplicate or a loss."""
    probes = case.measured("idempotency", "probes")
    kills = case.count("idempotency", "kills")
    listed = probes if isinstance(probes, list) else []
    verdicts = [one.get("verdict") for one in listed if isinstance(one, dict)]
    held, uncertain = verdicts.count("held"), verdicts.count("uncertain")
    parts = [
        f"{_counted(held, 'probe')} held" if held else "",
        f"{uncertain} reported as uncertain" if uncertain else "",
        f"killed {_counted(kills, 'time')} and run again" if kills else "",
        case.overruled(("idempotency", "examples")),
    ]
    return _joined(parts, "the platform's probes held")


def logged(case: Case, check: str, events: int) -> str:
    """Say what a run left for those who watch."""
    progress = case.count(check, "progress_events")
    parts = [
        f"{_counted(events, 'log event')}{' in the examples' if check == 'examples' else ''}",
        _counted(progress, "progress report") if progress else "",
        "its summary adds up with what it did" if case.measured(check, "adds_up") is True else "",
    ]
    return _joined(parts, "")


def rolled_back(case: Case) -> str:
    """Say what was rehearsed."""
    replayed = case.count("rollback", "replayed")
    readable = case.measured("rollback", "store_readable")
    parts = [
        "a rollback was rehearsed",
        f"{_counted(replayed, 'call')} replayed" if replayed else "",
        "the version before reads what this one stored" if readable is True else "",
        "the version before cannot read what this one stores" if readable is False else "",
    ]
    return _joined(parts, "")


def pays(case: Case, calls: int) -> str:
    """Say when it has earned its review."""
    saved = case.count("cost", "saved_tokens_per_month")
    month = f", saves {saved:,} tokens a month" if saved else ""
    return f"pays after {_counted(calls, 'call')}{month}"


def does_not_pay(case: Case, calls: int | None) -> str:
    """Say that it is not worth its review at the volume it names."""
    after = f": it would after {_counted(calls, 'call')}" if calls is not None else ""
    return f"does not pay at the volume it names{after}"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _joined(parts: Sequence[str], usual: str) -> str:
    return ", ".join(part for part in parts if part) or usual
