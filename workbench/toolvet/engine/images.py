"""A release unpacked for the sandbox: written once from checked bytes, checked again before use."""

import os
import shutil
from pathlib import Path

from toolvet.checks import unpack
from toolvet.config import uuid7
from toolvet.engine import bundles
from toolvet.engine.catalogue import Served
from toolvet.engine.services import Services
from toolvet.errors import StorageError
from toolvet.sandbox import Image
from toolvet_reviews import digests
from toolvet_reviews.values import Digest


class ImageChangedError(StorageError):
    """Unpacked files are no longer what was approved, and cannot be written anew."""

    code = "tool.bytes_changed"
    hint = "Free space, and let the service alone write under `run/` of the home."


_ready: dict[tuple[Path, Digest], Image] = {}
"""Images this process has unpacked and checked; the folder is this service's own."""


def ready_image(services: Services, served: Served) -> Image | None:
    """Give an image that this process has unpacked and checked already; None when it has not."""
    return _ready.get((services.paths.images, served.manifest.revision))


def image_of(services: Services, served: Served) -> Image:
    """Give the sandbox's image of a release.

    Raises:
        BlobCorruptError: The stored bytes are not what was approved.
        ImageChangedError: What was unpacked is not.
    """
    revision = served.manifest.revision
    known = (services.paths.images, revision)
    image = _ready.get(known)
    if image is None:
        folder = services.paths.images / revision.removeprefix("sha256:")
        if _digest_of(folder) != revision:
            _unpack(services, served, folder)
        if _digest_of(folder) != revision:
            raise ImageChangedError(f"{served.name} could not be unpacked as it was approved")
        image = _ready[known] = Image(folder=folder, entry=served.manifest.entry, digest=revision)
    return image


def _unpack(services: Services, served: Served, folder: Path) -> None:
    with services.store.read() as view:
        files = bundles.load(view, served.manifest.revision)
    fresh = folder.with_name(f"{folder.name}.{uuid7()}")
    unpack(files, fresh)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(fresh, folder)


def _digest_of(folder: Path) -> Digest | None:
    if not folder.is_dir():
        return None
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return digests.file_tree(
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    )
