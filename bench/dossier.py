"""What a reviewer waits for when an item is opened: the dossier of a tool of 60 lines."""

import time
from collections.abc import Callable

from bench.row import Row, against, held, median, p95
from bench.stage import Stage
from bench.verdict import BUNDLES, SIZED, files_of

from toolvet.client.review import open_review

RUNS = 30


def rows(stage: Stage) -> list[Row]:
    """Ask for the dossier, for the proposal, and for everything a page shows."""
    found = stage.settled(stage.agent.submit(files_of(BUNDLES / SIZED[0]), again=True))
    person = stage.person
    service = person.service()
    nothing = _taken(person.health)
    dossier = _taken(lambda: person.dossier(found.id))
    view = _taken(lambda: person.show(found.id))
    whole = _taken(lambda: open_review(person, service, found.id))
    person.close()
    name = "dossier of a 60-line tool"
    return [
        held(f"{name}, median", 1e3 * median(dossier), "ms", 80),
        Row(f"{name}, p95", round(1e3 * p95(dossier), 1), "ms"),
        held(f"{name}, with evidence and rubric as a view, median", 1e3 * median(view), "ms", 80),
        against(
            f"{name}, every byte fetched and checked",
            1e3 * median(whole),
            "ms",
            "an empty answer of the same service",
            1e3 * median(nothing),
            at_most=100,
        ),
    ]


def _taken(ask: Callable[[], object]) -> list[float]:
    ask()  # what is imported at first use is no part of it
    taken: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - started)
    return taken
