"""One home, one service and one Jupyter server a file."""

from collections.abc import Iterator

import pytest
from at_jupyter import Desk, JupyterServer, jupyter, seated


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with seated(tmp_path_factory.mktemp("tv")) as found:
        yield found


@pytest.fixture(scope="module")
def server(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with jupyter(desk, tmp_path_factory.mktemp("jp")) as found:
        yield found
