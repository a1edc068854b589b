"""A played stage: home, service as a process, a person with a key, an agent with a token."""

import shutil
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from house import toolchain
from person import Person
from stage import Done, Stage

LONG = ("journeys", "extension", "examples", "tui")
"""Folders whose files take long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let long files begin first, so that the workers end at about the same time."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((n for n, name in enumerate(LONG) if name in item.path.parts), len(LONG))


@dataclass
class Played:
    """A service that runs, and who may do what there."""

    stage: Stage
    person: Person

    def agent(self, *arguments: str, timeout_s: float = 120.0) -> Done:
        """Run a command as the agent does, in a script."""
        token = self.person.agent.token
        return self.stage.run(*arguments, "--json", token=token, timeout_s=timeout_s)

    def restart(self) -> None:
        """Start the service again after it ended."""
        self.stage.start()
        self.person = self.person.again()


def prepared(folder: Path) -> Stage:
    """Lay out a stage whose home shares the scanners of this environment."""
    stage = Stage(folder)
    stage.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (stage.home / "toolchain").symlink_to(toolchain(), target_is_directory=True)
    return stage


@contextmanager
def playing(stage: Stage) -> Generator[Played]:
    """Make the home and start its service; after the block all of it must still hold."""
    try:
        stage.start_home()
        played = Played(stage, Person.at(stage))
        try:
            yield played
            ended_well(played)
        finally:
            played.person.leave()
    finally:
        stage.stop()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("stage")
    with playing(prepared(folder)) as found:
        yield found
    shutil.rmtree(folder, ignore_errors=True)


def is_up(played: Played) -> bool:
    """Tell whether the very process that was started still answers."""
    service = played.stage.service
    if service is None or service.poll() is not None:
        return False
    with urllib.request.urlopen(f"{played.stage.url}/healthz", timeout=10) as answer:
        return bool(answer.status == 200)


def ended_well(played: Played) -> None:
    """Hold the home against its promises: it is up, the log verifies, no row differs."""
    assert is_up(played)
    verified = played.stage.run("audit", "verify")
    assert verified.code == 0, verified
    looked = played.stage.run("doctor", "--json")
    assert looked.code == 0, looked
