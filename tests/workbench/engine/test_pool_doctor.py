"""What operators are told of the pool."""

from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from house import House

from toolvet.engine import pool_doctor
from toolvet.http import metrics
from toolvet.sandbox import Image, Limits
from toolvet.sandbox.fencing import CRASHES

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def test_a_fenced_tool_is_named_with_what_to_do_and_counted(
    home: House, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "add.py").write_text("import os\n\ndef add() -> int: os._exit(1)\n")
    tmp_path.chmod(0o755)

    async def play() -> None:
        services = home.services
        release = services.catalogue.snapshot.served["add"].manifest
        image = Image(tmp_path, release.entry, digest=release.revision)
        for _ in range(CRASHES):
            await services.pool.call(image, {}, Limits(), fenced=True)

        lines = pool_doctor.look(services)
        assert [(line.ok, line.code) for line in lines] == [(True, ""), (False, "tool.fenced")]
        assert lines[1].message.startswith("add is fenced off")
        assert "toolvet disable add" in lines[1].hint
        assert "toolvet_tools_fenced 1" in metrics.text(services, Counter())

    run(play())
