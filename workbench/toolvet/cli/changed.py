"""Which bundles changed files belong to: what a commit hook hands over is files, not bundles."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from toolvet.cli.exits import UsageError
from toolvet_reviews import small_form
from toolvet_reviews.errors import ReviewError

SPEC_FILE = "tool.toml"
_SIDECAR = ".examples.json"
_LARGEST = 1024 * 1024


def bundles_of(paths: Iterable[Path], top: Path) -> list[Path]:
    """Find the bundle of each changed file, each once, in the order of their names.

    A file below a folder with `tool.toml` belongs to the innermost such folder. A single `.py` file
    is a bundle when it says so: a `# /// script` block with [tool.toolvet], or examples beside it.
    Other files belong to none.

    Args:
        paths: Files; those that are gone count for the folder they were in.
        top: Nothing above this folder is looked at.
    """
    found = {bundle for path in paths for bundle in _bundle(path, top)}
    return sorted(found)


def _bundle(path: Path, top: Path) -> Iterator[Path]:
    folder = _folder(path, top)
    if folder is not None:
        yield folder
        return
    if path.name.endswith(_SIDECAR):
        path = path.with_name(path.name.removesuffix(_SIDECAR) + ".py")
    if path.suffix == ".py" and path.is_file() and _says_so(path):
        yield path


def _folder(path: Path, top: Path) -> Path | None:
    limit = top.resolve()
    for folder in path.parents:
        if (folder / SPEC_FILE).is_file():
            return folder
        if folder.resolve() == limit:
            return None
    return None


def _says_so(path: Path) -> bool:
    if path.with_suffix(_SIDECAR).is_file():
        return True
    try:
        with path.open("rb") as file:
            source = file.read(_LARGEST).decode("utf-8")
        return bool(small_form.metadata(source))
    except (OSError, UnicodeDecodeError):
        return False
    except ReviewError as error:
        raise UsageError(f"{path}: {error}", hint=error.hint) from error
