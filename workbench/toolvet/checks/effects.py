"""The check `effects`: what a revision declares, held against what it was seen doing.

It runs nothing itself: `examples` and `tests` were watched, and this is the ledger of both. A pure
tool needs no watching, unless its code names what it must not reach: it ran where nothing could be
reached, and the walls are the proof.
"""

from dataclasses import dataclass

from toolvet.checks import reading
from toolvet.checks.base import (
    RUN,
    Check,
    CheckContext,
    Inputs,
    conclude,
    is_watched,
    snippet,
    unknown,
)
from toolvet.sandbox.watch import observer
from toolvet_reviews import effect_ledger
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.effect_ledger import Area, Entry, Ledger, Observed, Observer
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.words import counted, one_line

NAME = "effects"
_WATCHED = ("examples", "tests")
_FIXES: dict[Area, str] = {
    "network": "Declare host, port and protocol under [effects] network, with methods and paths, or do without.",
    "files": "Declare a folder under [effects] files and use ctx.folder(NAME), or do without; /tmp is the run's own.",
    "store": "Name the collection under [effects] store.",
    "tools": "Name the tool under [effects] tools.",
    "secrets": "Let the service add the credential; else name it under [effects] visible_secrets.",
    "processes": "Do without, or ask for it under [limits] processes.",
    "system": "Do without: no tool has a use for it.",
}


@dataclass(frozen=True)
class _Looked:
    """What the checks that ran the tool saw of it."""

    observed: tuple[Observed, ...]
    runs: int
    reasons: tuple[str, ...]


async def run(context: CheckContext) -> Evidence:
    """Reconcile the ledger."""
    bundle = context.bundle
    examples = context.earlier.get("examples")
    if examples is None or examples.tier in (None, "none"):
        return unknown(NAME, "not run: no example was watched")
    looked = _look(context)
    watched_by: Observer = observer() if is_watched(context) else "walls"
    ledger = effect_ledger.reconcile(
        effect_ledger.declared(bundle.spec.effects, bundle.spec.limits.processes or 0),
        looked.observed,
        watched_by=watched_by,
        runs=looked.runs,
    )
    return conclude(
        NAME,
        _findings(bundle, ledger),
        looked.reasons,
        measurements={
            "ledger": effect_ledger.to_json(ledger),
            "declared": len(ledger.entries) - len(ledger.having("undeclared")),
            "undeclared": len(ledger.having("undeclared")),
            "unseen": len(ledger.having("unseen")),
            "watched_by": watched_by,
        },
        not_looked_at=_blind(ledger),
        tier=context.tier,
        nothing=_words(ledger),
    )


CHECK = Check(
    NAME,
    run,
    Inputs("all", ("python",), runs=True, inert=True, spec=RUN),
    needs=("intake", *_WATCHED),
)


def _look(context: CheckContext) -> _Looked:
    """Collect what earlier evidence holds; missing or cut short, it is a reason to doubt."""
    observed: list[Observed] = []
    reasons: list[str] = []
    runs = 0
    for name in _WATCHED:
        evidence = context.earlier.get(name)
        if evidence is None or (evidence.status == "skipped"):
            continue
        said = evidence.measurements
        found = effect_ledger.observed_from_json(said.get("observed"))
        if found is None:
            reasons += [f"{name} was not watched"] if "observed_runs" in said else []
            continue
        observed += found
        runs += reading.number(said.get("observed_runs"))
        if said.get("observed_is_cut"):
            reasons.append(f"{name} did more than could be written down")
    if not runs:
        reasons.append("nothing that ran was watched")
    return _Looked(tuple(observed), runs, tuple(reasons))


def _findings(bundle: Bundle, ledger: Ledger) -> list[Finding]:
    found = [_undeclared(bundle, entry) for entry in ledger.having("undeclared")]
    found += [_unclear(entry) for entry in ledger.having("unclear")]
    found += [_unseen(entry) for entry in ledger.having("unseen")]
    return found + [_visible(name) for name in bundle.spec.effects.visible_secrets]


def _undeclared(bundle: Bundle, entry: Entry) -> Finding:
    said = one_line(effect_ledger.in_words(entry, place=False), 400)
    return Finding(
        f"{NAME}.undeclared-{entry.area}", "error", f"Not declared: {said}.",
        entry.path, entry.line, entry.line, snippet(bundle, entry.path, entry.line),
        category="undeclared-effect", fix=_FIXES[entry.area],
        why="What is not declared is refused when the tool is called, and nobody could approve it.",
    )  # fmt: skip


def _unclear(entry: Entry) -> Finding:
    said = one_line(effect_ledger.in_words(entry), 400)
    return Finding(
        f"{NAME}.unclear-{entry.area}", "warning", f"Tried and refused, by no known line: {said}.",
        category="undeclared-effect",
        why="It may be a library's habit; nothing of it will work when the tool is called.",
        fix=_FIXES[entry.area],
    )  # fmt: skip


def _unseen(entry: Entry) -> Finding:
    said = one_line(effect_ledger.in_words(entry), 400)
    return Finding(
        f"{NAME}.unseen", "warning", f"{said[:1].upper()}{said[1:]}.", "tool.toml",
        category="effects", fix="Add an example or a test that uses it, or take it out of [effects].",
        why="A permission that nothing shows a need for is still a permission.",
    )  # fmt: skip


def _visible(name: str) -> Finding:
    return Finding(
        f"{NAME}.visible-secret", "warning", f"The tool itself gets to see the secret {name}.",
        "tool.toml", category="secrets",
        why="What a tool sees it can send to any host that it declares.",
        fix="Let the service add it: a credential of a host under [effects] network.",
    )  # fmt: skip


def _blind(ledger: Ledger) -> list[str]:
    blind = [f"{ledger.left_out} more effects"] if ledger.left_out else []
    if ledger.watched_by == "hook":
        blind.append(
            "files, processes and sockets from outside: strace is not here, or may not trace"
        )
    return blind


def _words(ledger: Ledger) -> str:
    if ledger.watched_by == "walls":
        return "no effects: it ran where nothing could be reached"
    seen = ledger.having("seen")
    what = f"{counted(len(seen), 'declared effect')}, each seen" if seen else "no effects"
    return f"{what}, nothing else; {effect_ledger.how_watched(ledger)}"
