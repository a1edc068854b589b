"""Making a home: database, log key, first entries, local token, scanner."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from toolvet.audit.keys import LogKey
from toolvet.checks import Toolchain
from toolvet.config import Paths, Settings, now, stamp, uuid7
from toolvet.engine.bootstrap import Born, bootstrap
from toolvet.engine.standing import Standing
from toolvet.errors import HomeError
from toolvet.storage import open_store
from toolvet_reviews.policy import preset

PRIVATE = 0o700


@dataclass(frozen=True)
class InitResult:
    """A new home, and what is shown once."""

    born: Born
    verifier_key: str
    """The log's public key, to be kept elsewhere."""


def init_home(
    settings: Settings, *, preset_name: str, person_name: str, progress: Callable[[str], None]
) -> InitResult:
    """Make a home: database, log key, policy, first person, local token, scanner.

    Args:
        preset_name: `solo`, `team` or `regulated`.
        progress: Told what is being done, one line each.

    Raises:
        HomeError: There is a home already, or its folder cannot be made.
    """
    paths = settings.paths
    policy = preset(preset_name)
    if paths.log_key.exists():
        raise HomeError(
            f"{paths.home} is a home already", hint="Use it, or set TOOLVET_HOME to another folder."
        )
    make_folders(paths)
    progress("making the database")
    log_key = LogKey.generate(f"toolvet/{uuid7()}")
    store = open_store(settings.database_url, clock=now)
    try:
        born = bootstrap(
            store,
            policy=policy,
            person_name=person_name,
            moment=stamp(now()),
            nonces=(secrets.token_hex(32), secrets.token_hex(32)),
        )
        _write_private(paths.token, born.local_token)
        log_key.save(paths.log_key)  # last: its presence says that the home is whole
        Standing(store, log_key, paths.checkpoint).load()
    finally:
        store.close()
    Toolchain(paths.toolchain).ensure(progress)
    return InitResult(born, log_key.verifier_key)


def make_folders(paths: Paths) -> None:
    """Make the folders of a home, readable by its owner only.

    Raises:
        HomeError: They cannot be made.
    """
    try:
        for folder in (paths.home, paths.run, paths.images, paths.toolchain):
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(f"cannot make {paths.home}: {error.strerror}") from error


def _write_private(path: os.PathLike[str], text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
