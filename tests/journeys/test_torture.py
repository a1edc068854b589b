"""kill -9 at random moments of the main job; `make torture` does the same fifty times."""

from pathlib import Path

import pytest
from conftest import prepared
from torture import torture

KILLS = 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [7])
def test_nothing_that_was_answered_is_lost_and_the_log_verifies(tmp_path: Path, seed: int) -> None:
    assert len(torture(prepared(tmp_path), KILLS, seed)) == KILLS
