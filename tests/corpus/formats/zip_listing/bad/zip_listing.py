"""Look into an archive."""

import base64
import binascii
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

from toolvet.sdk import MaxLen


def zip_listing(archive: Annotated[str, MaxLen(200_000)]) -> dict[str, int]:
    """List the files in a ZIP archive with their sizes.

    Use it before an attachment is opened; nothing is unpacked.

    Args:
        archive: The archive in base64.

    Returns:
        Size in bytes by name; nothing when it is no archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(archive, validate=True))) as opened:
            with tempfile.TemporaryDirectory() as folder:
                opened.extractall(folder)
                return {path.name: path.stat().st_size for path in Path(folder).rglob("*.*")}
    except (binascii.Error, ValueError, zipfile.BadZipFile, OSError, NotImplementedError):
        return {}
