"""From submission to the machine's verdict, for the gallery's good bundles."""

import json
import time
from pathlib import Path

from bench.row import Row, held, median, p99
from bench.stage import Stage

from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import ProposalView

GALLERY = Path(__file__).resolve().parents[1] / "examples"
FOLDERS = ("log_error_summary", "invoice_batch_generate", "customer_records_repair")
SINGLE = "find_flaky_runs"
ROUNDS = 3
"""Each with other bytes, so that no evidence is found ready."""


def rows(stage: Stage) -> list[Row]:
    """Submit each bundle a few times."""
    taken: list[float] = []
    for number in range(ROUNDS):
        for name in (*FOLDERS, SINGLE):
            started = time.perf_counter()
            found = stage.settled(_submit(stage, name, number))
            taken.append(time.perf_counter() - started)
            if found.verdict != "passed":
                raise RuntimeError(f"{name} was stopped: {found.summary}")
            stage.agent.withdraw(found.id)
    return [
        held("verdict on a gallery bundle, median", median(taken), "s", 5.0),
        Row("verdict on a gallery bundle, p99", round(p99(taken), 3), "s"),
    ]


def _submit(stage: Stage, name: str, number: int) -> ProposalView:
    mark = f"\n# measured, round {number}\n"
    if name == SINGLE:
        source = (GALLERY / f"{name}.py").read_text(encoding="utf-8") + mark
        text = (GALLERY / f"{name}.examples.json").read_text(encoding="utf-8")
        examples: list[JsonObject] = json.loads(text)
        return stage.agent.submit_inline(source, examples)
    folder = GALLERY / name
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    for path in [path for path in files if path.endswith(".py")]:
        files[path] += mark.encode()
    return stage.agent.submit(files)
