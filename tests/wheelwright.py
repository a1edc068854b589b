"""Wheels made by hand, good ones and bad ones, and a package index on loopback that serves them."""

import base64
import contextlib
import hashlib
import html
import io
import threading
import zipfile
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from toolvet_reviews.lock import Lock, normalise, parse_lock

Contents = Mapping[str, bytes] | Mapping[str, str] | Mapping[str, bytes | str]
Bend = Callable[[zipfile.ZipFile], None]


@dataclass(frozen=True)
class MadeWheel:
    """A wheel in a folder, and the line of a lock that asks for it."""

    path: Path
    name: str
    version: str

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def pin(self) -> str:
        """A line of a lock."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n"


def lock_of(*wheels: MadeWheel) -> Lock:
    """The lock that asks for some wheels."""
    return parse_lock("".join(wheel.pin for wheel in wheels).encode())


def wheel(
    folder: Path,
    name: str = "greetings",
    version: str = "1.0",
    files: Contents | None = None,
    *,
    metadata: str = "",
    record: Callable[[str], str] = lambda text: text,
    bend: Bend | None = None,
    tag: str = "py3-none-any",
) -> MadeWheel:
    """Write a wheel.

    Args:
        folder: Where to; made when missing.
        name: Of the package.
        version: Of the package.
        files: What it holds; by default a module of its own name.
        metadata: Lines added to METADATA; what it says of Name and Version when it names them.
        record: Changes the text of RECORD.
        bend: Adds to the archive what no tool would.
        tag: Of the platform it says it is for.
    """
    held = dict(
        files if files is not None else {f"{name}.py": "def hello():\n    return 'hello'\n"}
    )
    info = f"{name}-{version}.dist-info"
    said = metadata if "Name:" in metadata else f"Name: {name}\nVersion: {version}\n{metadata}"
    held[f"{info}/METADATA"] = f"Metadata-Version: 2.1\n{said}"
    held[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    data = {path: text.encode() if isinstance(text, str) else text for path, text in held.items()}
    lines = "".join(f"{path},sha256={_hash(body)},{len(body)}\n" for path, body in data.items())
    data[f"{info}/RECORD"] = record(f"{lines}{info}/RECORD,,\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    path.write_bytes(_packed(data, bend))
    return MadeWheel(path, normalise(name), version)


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    """An entry of an archive with a Unix mode of its own, type included."""
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.external_attr = mode << 16
    return info


def recorded(path: str, body: bytes) -> str:
    """The line of RECORD for a file."""
    return f"{path},sha256={_hash(body)},{len(body)}\n"


def _hash(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


def _packed(data: Mapping[str, bytes], bend: Bend | None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in data.items():
            info = entry(path, 0o100644)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
        if bend is not None:
            bend(archive)
    return packed.getvalue()


@dataclass
class Index:
    """A package index; `asked` is what it was asked for, in order."""

    address: str
    asked: list[str] = field(default_factory=list[str])


@contextlib.contextmanager
def index_of(folder: Path, user: str = "") -> Generator[Index]:
    """Serve a folder of wheels as a package index, to anybody or to one `name:password` only."""
    index = Index("")

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            wanted = f"Basic {base64.b64encode(user.encode()).decode()}"
            if user and self.headers.get("Authorization") != wanted:
                return self._send(401, "text/plain", b"who are you")
            kind, _, name = self.path.strip("/").partition("/")
            path = folder / name
            if kind == "files" and path.is_file():
                return self._send(200, "application/octet-stream", path.read_bytes())
            links = _links(folder, name.strip("/"))
            if kind != "simple" or not links:
                return self._send(404, "text/plain", b"nothing here")
            return self._send(200, "text/html", f"<!DOCTYPE html><html>{links}</html>".encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        index.address = f"http://127.0.0.1:{server.server_port}/simple"
        yield index
        server.shutdown()


def _links(folder: Path, name: str) -> str:
    found = (path for path in sorted(folder.glob("*.whl")) if _is_of(path, name))
    return "".join(
        f'<a href="/files/{html.escape(path.name)}#sha256='
        f'{hashlib.sha256(path.read_bytes()).hexdigest()}">{path.name}</a>'
        for path in found
    )


def _is_of(path: Path, name: str) -> bool:
    return normalise(path.name.partition("-")[0]) == name
