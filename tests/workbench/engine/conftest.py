"""A furnished home for the session, and houses that are copies of it."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import furniture
import house
import pytest
from furniture import Furnished
from house import House

Run = Callable[[Coroutine[Any, Any, Any]], Any]
OpenCopy = Callable[[Path], AbstractAsyncContextManager[House]]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """Verify and publish once."""
    return asyncio.run(furniture.furnish(tmp_path_factory.mktemp("furnished")))


@asynccontextmanager
async def _enter(furnished: Furnished, folder: Path) -> AsyncGenerator[House]:
    settings = house.settings_in(folder)
    if not settings.home.exists():
        house.copy_home(furnished.settings, folder)
    async with house.enter(settings, furnished.members["person"]) as home:
        for name, member in furnished.members.items():
            known = await asyncio.to_thread(home.log_in, member) if member.key else member
            home.members[name] = known
        yield home


@pytest.fixture(scope="session")
def open_copy(furnished: Furnished) -> OpenCopy:
    """Open a folder's house; the first time it is made as a copy of the furnished one."""

    def opened(folder: Path) -> AbstractAsyncContextManager[House]:
        return _enter(furnished, folder)

    return opened


@pytest.fixture(scope="module")
def run() -> Generator[Run]:
    """Run a coroutine on the module's event loop."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def home(
    open_copy: OpenCopy, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> Generator[House]:
    """A house that a module's tests share."""
    opened = open_copy(tmp_path_factory.mktemp(f"house-{next(_numbers)}"))
    shared: House = run(opened.__aenter__())
    yield shared
    run(opened.__aexit__(None, None, None))
