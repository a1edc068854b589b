"""One house for all tests of the API: opening it takes longer than a request."""

from collections.abc import Iterator

import pytest
from inhabited import Inhabited, inhabited


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("house")) as found:
        yield found
