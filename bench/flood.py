"""100 bundles submitted at once: when all have their verdict, and what the queue answers meanwhile."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.row import Row, held, median
from bench.stage import Stage
from bench.verdict import BUNDLES, SIZED, files_of

from toolvet_reviews.views import ProposalView

COUNT = 100
CLIENTS = 10
LIMIT_S = 480.0


def rows(stage: Stage) -> list[Row]:
    """Submit them over ten connections, and ask for the queue all the while."""
    asked: list[float] = []
    over = threading.Event()
    watching = threading.Thread(target=_watch, args=(stage, asked, over))
    watching.start()
    started = time.perf_counter()
    try:
        with ThreadPoolExecutor(CLIENTS) as clients:
            handed_in = list(clients.map(partial(_submit, stage), range(COUNT)))
            taken = time.perf_counter() - started
            found = list(clients.map(stage.settled, handed_in))
    finally:
        over.set()
        watching.join()
    seconds = time.perf_counter() - started
    failed = sum(one.verdict == "failed" for one in found)
    for one in found:
        stage.agent.withdraw(one.id)
    return [
        held(f"{COUNT} bundles at once: all verdicts", seconds, "s", LIMIT_S),
        Row(f"{COUNT} bundles at once: all taken", round(taken, 3), "s"),
        held("bundles that did not pass", failed, "bundles", 0),
        held("queue asked meanwhile, slowest", max(asked), "s", 0.5),
        Row("queue asked meanwhile, median", round(median(asked), 3), "s"),
    ]


def _submit(stage: Stage, number: int) -> ProposalView:
    """Submit a tool of its own name: one name would be one proposal."""
    name = SIZED[number % len(SIZED)]
    files = files_of(Path(BUNDLES / name))
    files["tool.toml"] = files["tool.toml"].replace(
        f'name = "{name}"'.encode(), f'name = "{name}_{number}"'.encode(), 1
    )
    return stage.agent.submit(files)


def _watch(stage: Stage, asked: list[float], over: threading.Event) -> None:
    person = stage.person
    while not over.is_set():
        started = time.perf_counter()
        person.queue()
        asked.append(time.perf_counter() - started)
        over.wait(0.25)
