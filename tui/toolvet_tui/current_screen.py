"""A screen that shows what was read from the service, and reads it anew when that may have changed."""

from typing import ClassVar

from toolvet_tui.messages import Connected, LogGrew, ReachAgain
from toolvet_tui.screens import DeskScreen


class CurrentScreen(DeskScreen):
    """Keeps what it shows as it is at the service."""

    ABOUT: ClassVar[tuple[str, ...]] = ()
    """Beginnings of the verbs after which it is read anew."""

    def read(self) -> object:
        """Begin to read."""
        raise NotImplementedError

    def connected(self, message: Connected) -> None:
        """Read what happened meanwhile: the service is there, again."""
        if self.banner.text.startswith(("No connection", "Starting")):
            self.banner.say("")
        self.read()

    def log_grew(self, message: LogGrew) -> None:
        """Read it anew when it may have changed."""
        if not message.kinds or any(kind.startswith(self.ABOUT) for kind in message.kinds):
            self.read()

    def action_reload(self) -> None:
        """Read it anew; reach for the service again if it was gone."""
        if self.banner.text.startswith("No connection"):
            self.banner.say("Starting the service …")
            self.post_message(ReachAgain())  # answers with `connected`
        else:
            self.read()
