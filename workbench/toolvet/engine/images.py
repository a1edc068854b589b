"""A release unpacked for the sandbox: written from checked bytes, checked whenever it is loaded."""

import os
import shutil
import stat
import threading
from functools import partial
from pathlib import Path

from toolvet.checks import shown, unpack
from toolvet.config import uuid7
from toolvet.engine import bundles, environments
from toolvet.engine.catalogue import Served
from toolvet.engine.reach import NOTHING, Reach
from toolvet.engine.services import Services
from toolvet.errors import StorageError
from toolvet.sandbox import Environment, Image
from toolvet_reviews import digests
from toolvet_reviews.values import Digest


class ImageChangedError(StorageError):
    """Unpacked files are no longer what was approved, and cannot be written anew."""

    code = "tool.bytes_changed"
    hint = "Free space, and let the service alone write under `run/` of the home."


_writing = threading.Lock()
"""Calls with other limits start their own zygotes from the same folder, at the same moment."""


def image_of(services: Services, served: Served, reach: Reach = NOTHING) -> Image:
    """Give the sandbox's image of a release; see `image_of_revision`.

    Args:
        services: Of the home.
        served: The release.
        reach: What it declares, bound to what this host has.
    """
    return image_of_revision(services, served.manifest.revision, served.manifest.entry, reach)


def image_of_revision(
    services: Services, revision: Digest, entry: str, reach: Reach = NOTHING
) -> Image:
    """Give the sandbox's image of a revision's files.

    Its bytes are held against the digest whenever a zygote starts from them: what was changed on
    disk is written anew, and never loaded. The call that starts the zygote may see
    `BlobCorruptError`, when the stored bytes are not what was submitted, or `ImageChangedError`.
    """
    folder = services.paths.images / revision.removeprefix("sha256:")
    return Image(
        folder=folder,
        entry=entry,
        digest=revision,
        environment=reach.environment,
        mounts=reach.mounts,
        endpoints=reach.endpoints,
        ca=reach.ca,
        prepare=partial(_hold, services, revision, folder, reach.environment),
    )


def _hold(
    services: Services, revision: Digest, folder: Path, environment: Environment | None
) -> None:
    environments.hold(services, revision, environment)
    with services.store.read() as view:
        wanted = shown(bundles.tree(view, revision))
    with _writing:
        if _digests_of(folder) != wanted:
            _unpack(services, revision, folder)
        if _digests_of(folder) != wanted:
            raise ImageChangedError(f"{revision} could not be unpacked as it was submitted")


def _unpack(services: Services, revision: Digest, folder: Path) -> None:
    with services.store.read() as view:
        files = bundles.load(view, revision)
    fresh = folder.with_name(f"{folder.name}.{uuid7()}")
    unpack(shown(files), fresh)
    try:
        _fill(folder, fresh)
    except OSError as error:
        raise ImageChangedError(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _fill(folder: Path, fresh: Path) -> None:
    """Empty a folder and fill it; never replace it: a zygote that runs has this very one mounted."""
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o755)
    for old in folder.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    for new in fresh.iterdir():
        os.replace(new, folder / new.name)


def _digests_of(folder: Path) -> dict[str, Digest] | None:
    """Digest each unpacked file; None when there is anything else among them.

    What a link leads to, or somebody else may write, could change after it was read.
    """
    found: dict[str, Digest] = {}
    try:
        if not _is_ours(folder):
            return None
        for path in folder.rglob("*"):
            if not _is_ours(path):
                return None
            if not path.is_dir():
                name = path.relative_to(folder).as_posix()
                found[name] = digests.sha256(path.read_bytes())
    except OSError:
        return None
    return found


def _is_ours(path: Path) -> bool:
    """Tell whether this is a folder or file as `unpack` leaves it."""
    seen = path.lstat()
    if stat.S_ISDIR(seen.st_mode):
        return stat.S_IMODE(seen.st_mode) == 0o755
    is_plain = stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1
    return is_plain and stat.S_IMODE(seen.st_mode) == 0o644
