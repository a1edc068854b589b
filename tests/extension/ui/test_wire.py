"""The types of the page are those of the server side."""

import subprocess
import sys
from pathlib import Path

import pytest

import toolvet_jupyter

MAKE = Path(toolvet_jupyter.__file__).parents[1] / "make_wire.py"


@pytest.mark.skipif(not MAKE.is_file(), reason="installed without the sources of the page")
def test_the_types_of_the_page_are_written_from_the_server_side() -> None:
    done = subprocess.run([sys.executable, str(MAKE), "--check"], check=False)

    assert done.returncode == 0, "run `python extension/make_wire.py`"
