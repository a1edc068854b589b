"""The Jupyter server extension: routes, the pool behind them, and news on Jupyter's event stream."""

import asyncio
from collections.abc import Callable
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool

from toolvet.config import Settings
from toolvet_jupyter.handlers import NEWS, POOL, ROUTES
from toolvet_jupyter.names import SHOW_OPTION
from toolvet_jupyter.news import SCHEMA, News
from toolvet_jupyter.pool import Pool


class ToolvetExtension(ExtensionApp):
    """Toolvet's server extension."""

    name = "toolvet"

    show_queue = Bool(
        default_value=False, config=True, help="Show the review queue when JupyterLab opens."
    )

    def initialize_settings(self) -> None:
        """Read the environment, once, and get ready to work; nothing is connected yet."""
        server: Any = self.serverapp  # its types are half known
        settings = Settings.from_env()
        self._pool = Pool(settings)
        if SCHEMA["$id"] not in server.event_logger.schemas:
            server.event_logger.register_event_schema(SCHEMA)
        loop = server.io_loop

        def later(after_s: float, tell: Callable[[], None]) -> None:
            loop.add_callback(loop.call_later, after_s, tell)

        self._news = News(settings, server.event_logger.emit, later)
        self.settings.update({POOL: self._pool, NEWS: self._news})
        if self.show_queue:
            server.web_app.settings.setdefault("page_config_data", {})[SHOW_OPTION] = True

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend(ROUTES)

    async def stop_extension(self) -> None:
        """Stop following, and take no more requests."""
        if POOL not in self.settings:
            return  # it never got that far
        await asyncio.to_thread(self._news.stop)
        self._pool.close()
