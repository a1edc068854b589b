import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hostile_sieges import Sieges


@pytest.fixture(scope="session")
def sieges() -> Generator[Sieges]:
    with tempfile.TemporaryDirectory(prefix="toolvet-siege-") as name:
        base = Path(name)
        base.chmod(0o755)
        running = Sieges(base)
        yield running
        running.end()
