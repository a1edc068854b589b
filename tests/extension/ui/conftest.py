"""One home, service and Lab a file; a fresh visitor a test."""

from collections.abc import Iterator

import pytest
from at_jupyter import Desk, JupyterServer
from at_lab import BUILT, CHROMIUM, browsing, chromium, lab
from playwright.sync_api import Browser, Page

from toolvet_jupyter.launch import is_built


@pytest.fixture(scope="session", autouse=True)
def lab_can_be_opened() -> None:
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    if not is_built() and not BUILT.is_dir():
        pytest.skip("installed without the extension's front end")


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
