"""Takes wheels apart and compiles them, behind the walls: `python -I -S confined.py WORD …`.

A wheel is a hostile archive until a person approved it. What comes out is one message on the report
descriptor: `MAGIC`, the length of a header, the header as JSON, then the bytes it names, nothing
else. Whoever reads it believes neither paths nor sizes. Runs confined; standard library only.

    unpack WHEEL NAME VERSION FIRST SKIP MOST     a part of the files of a wheel
    compile FOLDER FIRST MOST                     bytecode of a part of the sources in a folder

`FIRST` counts files, `SKIP` bytes of that file, `MOST` caps the bytes of one message.
"""

import base64
import csv
import email.parser
import hashlib
import importlib.util
import io
import json
import marshal
import os
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

MAGIC = b"TVW1"
MAX_ENTRIES = 50_000
_CHUNK = 1 << 16
_RECORD_MAX = 16 << 20
_METADATA_MAX = 1 << 20
_UNCHECKED = 1
"""PEP 552: found by hash, and the hash is not looked at again."""
_MARSHAL = 2
"""Later versions share equal objects as they happen to lie in memory: bytes that depend on what
else the process holds. This one depends on the code only."""
_STARTERS = re.compile(r"(?:site|user)customize(?:\..*)?\Z")
"""What Python imports by itself."""
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")


class RefusedError(Exception):
    """Why this is no wheel that may be used; told to the author."""


class _File(NamedTuple):
    info: zipfile.ZipInfo
    path: str
    """Where it goes; empty when it is left out."""
    executable: bool


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _same_version(one: str, other: str) -> bool:
    def plain(text: str) -> str:
        spelled = re.sub(r"[-_]", ".", text.lower().removeprefix("v"))
        return re.sub(r"(?:\.0)+(?=$|\+)", "", spelled)

    return plain(one) == plain(other)


def _check_path(name: str) -> None:
    parts = name.split("/")
    strange = "\\" in name or not name.isprintable() or ":" in parts[0]
    if strange or len(name.encode()) > 400 or any(part in ("", ".", "..") for part in parts):
        raise RefusedError(f"holds the path {ascii(name)[:100]}")


def _check_entry(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise RefusedError(f"holds {ascii(info.filename)[:100]}, which is a link or a device")
    if info.flag_bits & 0x1:
        raise RefusedError(f"holds {ascii(info.filename)[:100]}, which is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError(f"holds {ascii(info.filename)[:100]} in a compression that is not used")


def _place(name: str, data_folder: str) -> str:
    """Say where an entry goes; empty: nowhere."""
    parts = name.split("/")
    if parts[0] == data_folder:
        if len(parts) < 3 or parts[1] not in ("purelib", "platlib"):
            return ""  # scripts, headers and data of another prefix: nothing here would find them
        parts = parts[2:]
    if "__pycache__" in parts or parts[-1].endswith((".pyc", ".pyo")):
        return ""  # made here from the sources that are reviewed
    if len(parts) == 1 and parts[0].endswith((".pth", ".egg-link")):
        return ""  # would run, or lead elsewhere, where a folder of packages is read at start
    _check_name(parts[0])
    return "/".join(parts)


def _check_name(top: str) -> None:
    module = top.partition(".")[0].lower()
    if _STARTERS.match(top.lower()):
        raise RefusedError(f"holds {top}, which Python would import by itself")
    if module in _SHADOWED and not top.endswith((".dist-info", ".data")):
        raise RefusedError(f"holds {top}, which has the name of a standard module or of ours")


_SHADOWED = frozenset(name.lower() for name in sys.stdlib_module_names) | {
    "toolvet", "toolvet_reviews", "toolvet_tui", "toolvet_jupyter", "sitecustomize",
    "usercustomize",
}  # fmt: skip


class _Wheel:
    """One wheel, looked at in full before a byte of it is handed on."""

    def __init__(self, archive: zipfile.ZipFile, name: str, version: str) -> None:
        self._archive = archive
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MAX_ENTRIES:
            raise RefusedError(f"holds more than {MAX_ENTRIES} files")
        names = [info.filename for info in infos]
        if len(set(names)) != len(names):
            raise RefusedError("holds two files of one name")
        for info in infos:
            _check_path(info.filename)
            _check_entry(info)
        self._folder = self._info_folder(names)
        self.metadata = self._metadata(name, version)
        self._hashes = self._record()
        data_folder = self._folder.removesuffix(".dist-info") + ".data"
        self.files = [
            _File(info, _place(info.filename, data_folder), bool(info.external_attr >> 16 & 0o111))
            for info in sorted(infos, key=lambda info: info.filename)
        ]
        kept = [file.path for file in self.files if file.path]
        if len(set(kept)) != len(kept):
            raise RefusedError("holds two files for one place")

    def _info_folder(self, names: list[str]) -> str:
        found = {
            name.partition("/")[0]
            for name in names
            if name.partition("/")[0].endswith(".dist-info")
        }
        if len(found) != 1:
            raise RefusedError(f"holds {len(found)} folders of metadata in place of one")
        return found.pop()

    def _small(self, name: str, most: int) -> bytes:
        path = f"{self._folder}/{name}"
        try:
            info = self._archive.getinfo(path)
        except KeyError:
            raise RefusedError(f"holds no {path}") from None
        if info.file_size > most:
            raise RefusedError(f"holds a {name} of {info.file_size} bytes")
        return self._archive.read(info)

    def _metadata(self, name: str, version: str) -> dict[str, str]:
        text = self._small("METADATA", _METADATA_MAX).decode("utf-8", "replace")
        said = email.parser.HeaderParser().parsestr(text)
        found = {key: str(said.get(key) or "")[:200] for key in ("Name", "Version")}
        if _normalise(found["Name"]) != name or not _same_version(found["Version"], version):
            raise RefusedError(f"says that it is {found['Name'][:60]} {found['Version'][:40]}")
        classified = [
            str(line).rpartition(" :: ")[2]
            for line in said.get_all("Classifier") or ()
            if str(line).startswith("License ::")
        ]
        licence = said.get("License-Expression") or said.get("License") or ", ".join(classified)
        return {**found, "License": str(licence).partition("\n")[0][:100]}

    def _record(self) -> dict[str, str]:
        text = self._small("RECORD", _RECORD_MAX).decode("utf-8", "replace")
        rows = csv.reader(io.StringIO(text))
        return {row[0]: row[1] for row in rows if len(row) >= 2}

    def read(self, file: _File, skip: int, room: int) -> bytes:
        """Read a part of a file; with its last part the whole is held against its recorded hash."""
        name = file.info.filename
        is_record = name == f"{self._folder}/RECORD" or name.endswith(_SIGNATURES)
        kind, _, recorded = self._hashes.get(name, "").partition("=")
        if not is_record and kind not in ("sha256", "sha384", "sha512"):
            raise RefusedError(f"records no hash of {ascii(name)[:100]}")
        seen = hashlib.new(kind or "sha256")
        part, at = bytearray(), 0
        with self._archive.open(file.info) as handle:
            while at < skip + room and (data := handle.read(_CHUNK)):
                seen.update(data)
                part += data[max(0, skip - at) : max(0, skip + room - at)]
                at += len(data)
                if at > file.info.file_size:
                    raise RefusedError(f"holds more of {ascii(name)[:100]} than it says")
        whole = at == file.info.file_size
        if not whole and at < skip + room:
            raise RefusedError(f"holds less of {ascii(name)[:100]} than it says")
        digest = base64.urlsafe_b64encode(seen.digest()).rstrip(b"=").decode()
        if whole and not is_record and digest != recorded.rstrip("="):
            raise RefusedError(f"holds another {ascii(name)[:100]} than it records")
        return bytes(part)


def unpack(
    path: str, name: str, version: str, first: int, skip: int, most: int
) -> tuple[dict[str, object], list[bytes]]:
    """Hand on the files of a wheel from one on, up to a number of bytes."""
    with zipfile.ZipFile(path) as archive:
        wheel = _Wheel(archive, name, version)
        kept = [file for file in wheel.files if file.path]
        told: list[list[object]] = []
        parts: list[bytes] = []
        room, at = most, first
        while at < len(kept) and room > 0:
            part = wheel.read(kept[at], skip, room)
            size = kept[at].info.file_size
            told.append([kept[at].path, kept[at].executable, size, skip, len(part)])
            parts.append(part)
            room -= len(part)
            skip += len(part)
            if skip < size:
                break
            at, skip = at + 1, 0
        dropped = [file.info.filename for file in wheel.files if not file.path]
        following = [at, skip] if at < len(kept) else None
        return {
            "files": told, "next": following, "dropped": dropped[:200],
            "licence": wheel.metadata["License"],
        }, parts  # fmt: skip


def _sources(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        inside = os.path.relpath(place, folder)
        for name in sorted(names):
            if name.endswith(".py"):
                yield name if inside == "." else f"{inside}/{name}"


def _bytecode(source: bytes, path: str) -> bytes | None:
    try:
        code = compile(source, f"/deps/{path}", "exec", dont_inherit=True, optimize=0)
        body = marshal.dumps(code, _MARSHAL)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None  # a template, or of another Python: importing it says so
    flags = _UNCHECKED.to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source) + body


def compile_all(folder: str, first: int, most: int) -> tuple[dict[str, object], list[bytes]]:
    """Compile the sources of a folder from one on, until a number of bytes is passed."""
    told: list[list[object]] = []
    parts: list[bytes] = []
    following: list[int] | None = None
    made_bytes = 0
    for number, path in enumerate(_sources(folder)):
        if number < first:
            continue
        if made_bytes >= most:
            following = [number, 0]
            break
        with open(os.path.join(folder, path), "rb") as handle:
            made = _bytecode(handle.read(), path)
        if made is not None:
            place, _, name = path.rpartition("/")
            cached = importlib.util.cache_from_source(name, optimization="")
            told.append([f"{place}/{cached}".lstrip("/"), False, len(made), 0, len(made)])
            parts.append(made)
            made_bytes += len(made)
    return {"files": told, "next": following, "dropped": [], "licence": ""}, parts


_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, csv.Error, EOFError, ValueError, OSError,
    MemoryError,
)  # fmt: skip


def _run(word: str, *arguments: str) -> tuple[dict[str, object], list[bytes]]:
    if word == "unpack":
        path, name, version, first, skip, most = arguments
        return unpack(path, name, version, int(first), int(skip), int(most))
    folder, first, most = arguments
    return compile_all(folder, int(first), int(most))


def main(*arguments: str) -> None:
    """Do as the arguments say, and write the message."""
    parts: list[bytes] = []
    try:
        header, parts = _run(*arguments)
    except RefusedError as error:
        header = {"refused": str(error)}
    except _BROKEN as error:
        header = {"refused": f"cannot be read: {type(error).__name__}: {error}"[:300]}
    except (NotImplementedError, RuntimeError) as error:
        header = {"refused": f"is packed as is not done: {error}"[:300]}
    written = json.dumps(header).encode()
    with os.fdopen(int(os.environ["TOOLVET_REPORT_FD"]), "wb") as report:
        report.write(MAGIC + len(written).to_bytes(4, "big") + written)
        for part in parts:
            report.write(part)


if __name__ == "__main__":
    main(*sys.argv[1:])
