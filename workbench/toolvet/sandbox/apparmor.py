"""Where AppArmor keeps user namespaces from ordinary users (Ubuntu 24.04 and later), and the cure.

A profile goes by the path of a program. One for the system's Python would be one for every script
of this machine; so a copy of the interpreter, which starts launchers and nothing else, gets it.

Source: apparmor.d(5), `userns`; the release notes of Ubuntu 23.10.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

from toolvet.errors import ToolvetError

SWITCH = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_NAME = "toolvet-launcher"
_TRY_S = 20
_PROFILE = """\
abi <abi/4.0>,
include <tunables/global>
profile toolvet {program} flags=(unconfined) {{
  userns,
}}
"""


class LauncherError(ToolvetError):
    """The interpreter's copy cannot be made."""

    code: ClassVar[str] = "sandbox.launcher"
    hint = "Install Toolvet into a virtual environment of its own that it may write to."


def is_in_the_way() -> bool:
    """Tell whether this user's namespaces are worth nothing because of AppArmor."""
    try:
        return os.getuid() != 0 and SWITCH.read_text().strip() == "1"
    except OSError:
        return False


def own_launcher() -> Path | None:
    """Return where the copy belongs; None outside of a virtual environment, which makes it work."""
    prefix = Path(sys.prefix)
    if not (prefix / "pyvenv.cfg").is_file():
        return None
    return prefix / "bin" / _NAME


def launcher(interpreter: str) -> str:
    """Return the program that launchers are started with: the copy, if it is there and current."""
    own = own_launcher()
    return str(own) if own and _is_copy(own, Path(interpreter)) else interpreter


def _is_copy(own: Path, interpreter: Path) -> bool:
    try:
        copy, real = own.lstat(), interpreter.stat()
    except OSError:
        return False
    same = (copy.st_size, copy.st_mtime_ns) == (real.st_size, real.st_mtime_ns)
    return same and own.is_file() and not own.is_symlink()


def place(interpreter: str) -> Path:
    """Copy the interpreter to its place, and try it.

    Raises:
        LauncherError: There is no place, it cannot be written, or the copy does not run.
    """
    own = own_launcher()
    if own is None:
        raise LauncherError("this is no virtual environment")
    try:
        with tempfile.TemporaryDirectory(dir=own.parent, prefix=f".{_NAME}-") as folder:
            made = Path(folder) / _NAME
            shutil.copy2(os.path.realpath(interpreter), made)
            made.chmod(0o755)
            os.replace(made, own)
        argv = [own, "-I", "-S", "-c", "import socket"]
        subprocess.run(argv, check=True, timeout=_TRY_S)  # noqa: S603 - the copy just made
    except (OSError, subprocess.SubprocessError) as error:
        own.unlink(missing_ok=True)
        raise LauncherError(f"the interpreter cannot be copied: {error}") from error
    return own


def cure(interpreter: str) -> str:
    """Say what an operator does about it, with the profile."""
    program = os.path.realpath(launcher(interpreter))
    own = own_launcher()
    first = ""
    if own is not None and program != str(own):
        program = str(own)
        first = "First `toolvet doctor --fix`: it gives Toolvet a launcher of its own. "
    return (
        "AppArmor keeps user namespaces from ordinary users here. "
        f"{first}As root, once, write /etc/apparmor.d/toolvet:\n\n"
        f"{_PROFILE.format(program=program)}\n"
        "then `apparmor_parser -r /etc/apparmor.d/toolvet`, and start the service again. Who may "
        "write that program may make user namespaces: let root own it if others may not."
    )
