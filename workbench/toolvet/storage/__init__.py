"""The only place that knows SQLAlchemy: tables, log, blobs, the writer, migrations."""

from toolvet.storage.log import Growth
from toolvet.storage.store import Store, open_store
from toolvet.storage.unit import Unit
from toolvet.storage.view import View

__all__ = ["Growth", "Store", "Unit", "View", "open_store"]
