"""The programs that look at submitted files, and the environment of the one that needs its own."""

import contextlib
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import ruff  # pyright: ignore[reportMissingTypeStubs]
import uv

from toolvet.checks.errors import ToolchainError
from toolvet.sandbox.environments import EnvironmentStore, python_words

REQUIREMENTS = Path(__file__).with_name("semgrep-requirements.txt")
INSTALL_TIMEOUT_S = 600

MYPY_FLAGS = (
    "--strict", "--config-file=", "--output=json", "--no-error-summary", "--no-site-packages",
    "--explicit-package-bases", "--show-error-codes", "--disable-error-code=import-untyped",
    "--disable-error-code=import-not-found", "--no-warn-unused-ignores", "--no-color-output",
    "--python-version=3.11", "--platform=linux",
)  # fmt: skip
"""Part of the key of mypy's own cache, so the seed below is read with the same."""

_RUNNER = Path(__file__).parent / "confined" / "mypy_runner.py"
_SEED = """\
import abc, argparse, array, ast, asyncio, base64, bisect, calendar, collections, collections.abc
import configparser, contextlib, copy, csv, dataclasses, datetime, decimal, difflib, email.message
import email.utils, enum, fractions, functools, gzip, hashlib, heapq, hmac, html, http.client, io
import ipaddress, itertools, json, logging, math, operator, os, pathlib, pprint, queue, random, re
import secrets, shutil, smtplib, sqlite3, ssl, statistics, string, struct, subprocess, sys, tempfile
import textwrap, threading, time, tomllib, types, typing, unicodedata, unittest, urllib.parse
import urllib.request, uuid, xml.etree.ElementTree, zipfile, zlib, zoneinfo
"""
"""What tools import; read once, so that each check reads only the tool."""


def _locked_version() -> str:
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("semgrep=="):
            return line.removeprefix("semgrep==").split()[0]
    raise ToolchainError("the requirements of the scanner name no semgrep")


@dataclass(frozen=True)
class Toolchain:
    """Where the programs are, and which versions.

    `ensure` makes what is missing; the other methods only look. An environment without its mark
    was not finished and counts as missing.
    """

    root: Path
    """Folder of environments; made on demand."""
    wheels: Path | None = None
    """A folder of the operator's with wheels; None for none."""

    @cached_property
    def environments(self) -> EnvironmentStore:
        """The packages of tools."""
        return EnvironmentStore(self.root / "environments", self.wheels)

    @cached_property
    def semgrep_version(self) -> str:
        """The version that the hash lock names."""
        return _locked_version()

    @cached_property
    def _lock_digest(self) -> str:
        return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()

    @property
    def semgrep_folder(self) -> Path:
        """The environment of the scanner; a new lock gets a new folder."""
        return self.root / f"semgrep-{self.semgrep_version}-{self._lock_digest[:8]}"

    @property
    def semgrep_packages(self) -> Path:
        """The folder inside it that holds the engine and its libraries."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.semgrep_folder / "lib" / version / "site-packages" / "semgrep" / "bin"

    @property
    def semgrep(self) -> Path:
        """The engine. Under the name `osemgrep` it is the whole command line, without Python."""
        return self.semgrep_packages / "osemgrep"

    @property
    def anchor(self) -> Path:
        """One certificate: semgrep will not start without, though it never gets a network."""
        return self.semgrep_packages / "anchor.pem"

    @property
    def is_ready(self) -> bool:
        """Tell whether the scanner's environment was finished."""
        return (self.semgrep_folder / "complete").is_file() and self.semgrep.is_file()

    @cached_property
    def ruff(self) -> Path:
        """The ruff binary."""
        return Path(ruff.find_ruff_bin()).resolve()

    @cached_property
    def python(self) -> Path:
        """The interpreter without any environment's packages."""
        base: str = getattr(sys, "_base_executable", sys.executable)
        return Path(base).resolve()

    @cached_property
    def packages(self) -> Path:
        """Where mypy and pytest are installed."""
        return Path(sysconfig.get_path("purelib")).resolve()

    @cached_property
    def mypy_folder(self) -> Path:
        """Where mypy's reading of the standard library is kept, for these versions and flags."""
        key = repr((self.versions["mypy"], self.versions["python"], MYPY_FLAGS, _SEED))
        return self.root / f"mypy-{hashlib.sha256(key.encode()).hexdigest()[:16]}"

    @property
    def mypy_cache(self) -> Path | None:
        """A warm cache for mypy to start from; None while there is none."""
        return self.mypy_folder if self.mypy_folder.is_dir() else None

    @cached_property
    def uname(self) -> Path | None:
        """The one program that semgrep itself starts."""
        found = shutil.which("uname", path="/usr/bin:/bin")
        return Path(found) if found else None

    @cached_property
    def versions(self) -> dict[str, str]:
        """Every program whose version evidence depends on, and what packages must fit."""
        names = ("ruff", "mypy", "pytest", "hypothesis", "uv")
        installed = {name: importlib.metadata.version(name) for name in names}
        python = ".".join(str(part) for part in sys.version_info[:3])
        platform = " ".join(python_words())
        return {
            **installed, "semgrep": self.semgrep_version, "python": python, "platform": platform
        }  # fmt: skip

    def ensure(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Make the scanner's environment unless it is there; again after a failure is fine.

        Args:
            progress: Gets one line for each step, for a person to read.

        Raises:
            ToolchainError: It could not be made; the message holds the last lines of why.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        if not self.is_ready:
            self._install_semgrep(progress)
        self.warm_mypy(progress)

    def _install_semgrep(self, progress: Callable[[str], None]) -> None:
        shutil.rmtree(self.semgrep_folder, ignore_errors=True)
        # In place, not beside and renamed: entry points of an environment hold its own path.
        progress(f"making an environment for semgrep {self.semgrep_version}")
        self._uv("venv", "--quiet", "--python", sys.executable, str(self.semgrep_folder))
        progress("installing semgrep, about 60 MB to fetch")
        python = str(self.semgrep_folder / "bin" / "python")
        self._uv(
            "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--python", python,
            "--requirements", str(REQUIREMENTS),
        )  # fmt: skip
        self._finish(self.semgrep_packages.parent.parent)
        progress("semgrep is ready")

    def warm_mypy(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Let mypy read the standard library's types once; without, each check takes longer."""
        if self.mypy_cache is not None:
            return
        progress("reading the standard library's types")
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.root) as scratch:
            seed, made = Path(scratch, "toolvet_seed.py"), Path(scratch, "cache")
            seed.write_text(_SEED, encoding="utf-8")
            flags = [*MYPY_FLAGS, f"--cache-dir={made}", str(seed)]
            done = subprocess.run(  # noqa: S603 - our own program over our own text, no shell
                [str(self.python), "-I", "-S", str(_RUNNER), str(self.packages), "", *flags],
                capture_output=True, timeout=INSTALL_TIMEOUT_S, check=False, cwd=scratch,
            )  # fmt: skip
            if done.returncode:
                raise ToolchainError(f"mypy failed: {done.stdout[-400:]!r} {done.stderr[-400:]!r}")
            with contextlib.suppress(OSError):  # somebody else was first
                made.rename(self.mypy_folder)

    def remove(self) -> None:
        """Take the scanner's environment away, so that `ensure` makes it afresh."""
        shutil.rmtree(self.semgrep_folder, ignore_errors=True)

    def _finish(self, packages: Path) -> None:
        engine = self.semgrep_packages / "semgrep-core"
        if not engine.is_file():
            raise ToolchainError("the installed semgrep holds no engine")
        if not self.semgrep.exists():
            _link_or_copy(engine, self.semgrep)
        anchors = (packages / "certifi" / "cacert.pem").read_text(encoding="utf-8")
        first, end, _ = anchors.partition("-----END CERTIFICATE-----\n")
        self.anchor.write_text(first[first.index("-----BEGIN") :] + end, encoding="ascii")
        (self.semgrep_folder / "complete").write_text(self._lock_digest, encoding="utf-8")

    def _uv(self, *arguments: str) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")
        }
        try:
            done = subprocess.run(  # noqa: S603 - our own program, no shell
                [uv.find_uv_bin(), *arguments],
                capture_output=True,
                text=True,
                timeout=INSTALL_TIMEOUT_S,
                check=False,
                env={**environment, "UV_NO_PROGRESS": "1"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self.remove()
            raise ToolchainError(f"uv {arguments[0]} did not run: {error}") from error
        if done.returncode:
            self.remove()
            raise ToolchainError(f"uv {arguments[0]} failed: {done.stderr.strip()[-600:]}")


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
