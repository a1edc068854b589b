"""One home, service and Lab a file; a fresh visitor a test."""

from collections.abc import Iterator

import pytest
from at_jupyter import Desk, JupyterServer
from at_lab import browsing, chromium, lab
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def lab_server(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with lab(desk, tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, lab_server: JupyterServer) -> Iterator[Page]:
    with browsing(browser, lab_server) as found:
        yield found
