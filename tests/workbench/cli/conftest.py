"""A home with its first person's key, made once; the service starts by itself and is stopped."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from at_terminal import Said, run_alone, run_at_terminal
from house import make_home

from toolvet.client import autostart
from toolvet.config import Settings

PASSPHRASE = "correct horse battery"


@dataclass(frozen=True)
class Seat:
    """The first person's seat."""

    settings: Settings
    env: dict[str, str]
    passphrase: str = PASSPHRASE

    def alone(self, *arguments: str, stdin: str = "", **env: str) -> Said:
        """Run a command as an agent's harness does: no terminal."""
        return run_alone(arguments, {**self.env, **env}, stdin=stdin)

    def typed(self, *arguments: str, answers: list[tuple[str, str]], **env: str) -> Said:
        """Run a command at a terminal."""
        return run_at_terminal(arguments, {**self.env, **env}, answers)


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    settings = make_home(tmp_path_factory.mktemp("tv"))
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(Path.home()),
        "TOOLVET_HOME": str(settings.home),
        "TOOLVET_CONFIG": str(settings.config_dir),
    }
    yield Seat(settings, env)
    autostart.stop(settings)
