"""Run mypy from a folder of packages. Runs confined, in its own interpreter.

Started as `python -I -S mypy_runner.py SITE_PACKAGES CACHE FLAG...`: without `site`, so that no
`.pth` file of the environment is followed. CACHE is copied for mypy to start from; empty is none.
"""

import os
import shutil
import sys
import tempfile


def _copy(source: str, target: str) -> None:
    """Copy bytes only: changing modes and times is refused inside."""
    for folder, _, files in os.walk(source):
        inside = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(inside, exist_ok=True)
        for name in files:
            shutil.copyfile(os.path.join(folder, name), os.path.join(inside, name))


def main(site_packages: str, cache: str, *arguments: str) -> None:
    """Run mypy in this process; it ends with mypy's exit code."""
    sys.path.append(site_packages)
    flags = list(arguments)
    if cache:
        own = tempfile.mkdtemp()
        _copy(cache, own)
        flags.append(f"--cache-dir={own}")
    sys.argv = ["mypy", *flags]
    # mypy counts cores with psutil where it is installed, and that reads /proc, which is not here.
    sys.modules["psutil"] = None  # type: ignore[assignment]
    from mypy.main import main as run  # noqa: PLC0415 - only now is it on the path

    run(args=flags, clean_exit=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
