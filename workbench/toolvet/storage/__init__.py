"""The only place that knows SQLAlchemy: tables, log, blobs, the writer, migrations."""

from toolvet.storage.store import Store, open_store
from toolvet.storage.unit import Unit
from toolvet.storage.view import View

__all__ = ["Store", "Unit", "View", "open_store"]
