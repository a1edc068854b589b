"""What the tests need beside the lock: PostgreSQL when it may be installed, and the scanner.

`make test` runs it first, so that no two workers of pytest install the same thing at once.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from toolvet.checks import Toolchain


def install_postgresql() -> None:
    """Install Debian's package when it is missing and this may; else the tests say why not."""
    there = any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if there or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-yq", "--no-install-recommends", "postgresql"],
    ):
        if subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False).returncode:
            sys.stderr.write(f"{' '.join(command)} failed; tests on PostgreSQL will say so\n")
            return


def make_scanner() -> None:
    """Make the scanner's environment once, beside this one."""
    root = Path(sys.prefix) / "toolvet-toolchain"
    root.mkdir(exist_ok=True)
    Toolchain(root).ensure(say)


def say(message: str) -> None:
    """Show what takes a while."""
    sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    install_postgresql()
    make_scanner()
