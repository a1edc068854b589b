"""A real terminal that a program runs in: tmux with a server of its own; keys go in, a screen is read."""

import subprocess
import time
from pathlib import Path

PATIENCE_S = 60.0


class Terminal:
    """One tmux session of its own server."""

    def __init__(self, folder: Path) -> None:
        self._server = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]

    def open(self, command: str, env: dict[str, str], columns: int, rows: int) -> None:
        """Run a command in a terminal of that size."""
        size = ["-x", str(columns), "-y", str(rows)]
        start = [*self._server, "new-session", "-d", *size, command]
        subprocess.run(start, env=env, check=True)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        subprocess.run([*self._server, "send-keys", *keys], check=True)

    def write(self, text: str) -> None:
        """Type a text."""
        subprocess.run([*self._server, "send-keys", "-l", text], check=True)

    @property
    def screen(self) -> str:
        """What is to be seen."""
        shown = [*self._server, "capture-pane", "-p"]
        return subprocess.run(shown, check=True, capture_output=True, text=True).stdout

    def shows(self, words: str, patience_s: float = PATIENCE_S) -> str:
        """Wait until some words are on the screen."""
        until = time.monotonic() + patience_s
        while words not in (screen := self.screen):
            assert time.monotonic() < until, f"never showed {words!r}:\n{screen}"
            time.sleep(0.05)
        return screen

    def heads(self, words: str) -> str:
        """Wait until the first line holds some words, and give it."""
        until = time.monotonic() + PATIENCE_S
        while words not in (head := self.screen.split("\n", 1)[0]):
            assert time.monotonic() < until, f"{words!r} never headed:\n{self.screen}"
            time.sleep(0.05)
        return head.strip()

    def gone(self, *words: str) -> None:
        """Wait until none of some words is on the screen any more."""
        until = time.monotonic() + PATIENCE_S
        while any(word in (screen := self.screen) for word in words):
            assert time.monotonic() < until, f"{words!r} never went:\n{screen}"
            time.sleep(0.05)

    def close(self) -> None:
        """End it."""
        subprocess.run([*self._server, "kill-server"], check=False, capture_output=True)
