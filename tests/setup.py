"""What the tests need beside the lock: Debian's packages when they may be installed, the scanner.

`make test` runs it first, so that no two workers of pytest install the same thing at once.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from toolvet.checks import Toolchain


def install_debian() -> None:
    """Install Debian's packages that are missing, where this may; else the tests say why not."""
    missing = [package for package, is_there in _PACKAGES.items() if not is_there()]
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-yq", "--no-install-recommends", *missing],
    ):
        if subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False).returncode:
            say(f"{' '.join(command)} failed; tests that need {', '.join(missing)} will say so")
            return


_PACKAGES: dict[str, Callable[[], object]] = {
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    "chromium": lambda: shutil.which("chromium"),
    "tmux": lambda: shutil.which("tmux"),
    "strace": lambda: shutil.which("strace"),
}
"""What tests drive that no wheel brings: a database, a browser, a terminal that can be looked at,
the strong observer of a verification."""


def make_scanner() -> None:
    """Make the scanner's environment once, beside this one."""
    root = Path(sys.prefix) / "toolvet-toolchain"
    root.mkdir(exist_ok=True)
    Toolchain(root).ensure(say)


def say(message: str) -> None:
    """Show what takes a while."""
    sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    install_debian()
    make_scanner()
