"""What the doctor says of the folders in the home that other programs write to."""

import os

from toolvet.client import trees
from toolvet.client.shelf import Shelf, read_file
from toolvet.engine import inbox_verdict
from toolvet.engine.catalogue_files import EDITED, KeptCatalogue
from toolvet.engine.services import Services
from toolvet.errors import KNOWN
from toolvet_reviews.views import DoctorLine

_MOST_NAMES = 2000
_OVER = ("published", "rejected", "withdrawn")


def look(services: Services) -> list[DoctorLine]:
    """Name edits of the kept catalogue, and what keeps it or the inbox from being used; blocking."""
    try:
        with Shelf(services.paths.catalogue) as shelf:
            changed = KeptCatalogue(services).differences(shelf)
        waiting = _waiting(services)
    except (*KNOWN, OSError) as error:
        hint = "Remove the links or files at `inbox` and `catalogue` in the home."
        return [_ill("files", f"the folders cannot be used: {error}", hint, "files.folder")]
    hint = "Nothing else is served for it. The edit goes to the inbox, the kept file comes back."
    lines = [
        _ill("files", f"catalogue/{'/'.join(place)} was changed", hint, "catalogue.edited")
        for place, _ in changed
    ]
    return [*lines, *waiting] or [DoctorLine("files", ok=True, message="inbox and catalogue")]


def _ill(area: str, message: str, hint: str, code: str) -> DoctorLine:
    return DoctorLine(area, ok=False, message=message, hint=hint, code=code)


def _waiting(services: Services) -> list[DoctorLine]:
    """Name the edits of the catalogue that went to the inbox and are not decided yet."""
    services.paths.inbox.mkdir(mode=0o700, exist_ok=True)
    inbox = trees.open_folder(services.paths.inbox)
    try:
        names = [name for name in trees.names(inbox, _MOST_NAMES) if _is_edit(name)]
        return [line for name in names if (line := _edit(inbox, name)) is not None]
    finally:
        os.close(inbox)


def _is_edit(name: str) -> bool:
    return EDITED in name and not name.endswith(inbox_verdict.ENDING)


def _edit(inbox: int, name: str) -> DoctorLine | None:
    said = read_file(inbox, name + inbox_verdict.ENDING, inbox_verdict.LARGEST)
    earlier = inbox_verdict.read(said)
    if earlier is not None and earlier.state in _OVER:
        return None
    where = f"waits as {earlier.proposal}" if earlier and earlier.proposal else "is no proposal"
    shown = inbox_verdict.visible_name(name)
    message = f"an edit of the kept catalogue {where}: inbox/{shown}"
    return _ill("files", message, "Decide it, or remove it from the inbox.", "catalogue.edited")
