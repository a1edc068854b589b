"""Wheels nobody approved yet: taken apart behind the walls, and only what may be kept comes out."""

import asyncio
import os
import stat
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from wheelwright import Bend, MadeWheel, entry, recorded, wheel

from toolvet.errors import ToolvetError
from toolvet.sandbox import ProgramOutcome, TierReport
from toolvet.sandbox.environments import unpacking
from toolvet.sandbox.environments.unpacking import Unpacker
from toolvet.sandbox.environments.wheels import Wheel
from toolvet_reviews import canonical

MODULE = {"greetings.py": "WORD = 'hello'\n"}
INFO = "greetings-1.0.dist-info"


def unpack(made: MadeWheel, target: Path, walls: TierReport) -> tuple[str, tuple[str, ...]]:
    """Take a wheel apart and compile it, as a build does."""
    unpacker = Unpacker(target, walls)
    one = Wheel(made.name, made.version, made.path, made.sha256, was_here=True)

    async def run() -> tuple[str, tuple[str, ...]]:
        said = await unpacker.unpack(one)
        await unpacker.compile()
        return said

    return asyncio.run(run())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def held(target: Path) -> set[str]:
    """Every file of a folder."""
    return {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}


def with_entry(name: str, body: bytes = b"x", mode: int = 0o100644) -> Callable[[Path], MadeWheel]:
    """A wheel with one entry more, which its RECORD names as it should."""

    def make(folder: Path) -> MadeWheel:
        return wheel(
            folder, files=MODULE,
            record=lambda text: text + recorded(name, body),
            bend=lambda archive: archive.writestr(entry(name, mode), body),
        )  # fmt: skip

    return make


def bent(
    record: Callable[[str], str] = str,
    bend: Bend | None = None,
    files: Mapping[str, str] = MODULE,
    metadata: str = "",
) -> Callable[[Path], MadeWheel]:
    """A wheel made otherwise than it should be."""
    return lambda folder: wheel(folder, files=files, record=record, bend=bend, metadata=metadata)


def _twice(archive: zipfile.ZipFile) -> None:
    archive.filelist[0].filename = "greetings.py"
    with archive.open(entry("greetings.py", 0o100644), "w") as handle:
        handle.write(b"import os\n")


def _says_less(archive: zipfile.ZipFile) -> None:
    archive.writestr(entry("more.py", 0o100644), b"x" * 100)
    archive.getinfo("more.py").file_size = 10


def _unknown_packing(archive: zipfile.ZipFile) -> None:
    archive.writestr(entry("more.py", 0o100644), b"x", zipfile.ZIP_LZMA)


REFUSED: dict[str, Callable[[Path], MadeWheel]] = {
    "climbs out": with_entry("../evil.py"),
    "climbs out later": with_entry("greetings/../../evil.py"),
    "an absolute path": with_entry("/evil.py"),
    "a drive": with_entry("c:/evil.py"),
    "back slashes": with_entry("..\\evil.py"),
    "a control character": with_entry("a\x1b[2K.py"),
    "an empty part": with_entry("a//b.py"),
    "a long path": with_entry("a" * 500 + ".py"),
    "a link": with_entry("link.py", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "a device": with_entry("device.py", b"", stat.S_IFCHR | 0o666),
    "sitecustomize": with_entry("sitecustomize.py"),
    "usercustomize as a package": with_entry("usercustomize/__init__.py"),
    "sitecustomize as a library": with_entry("sitecustomize.cpython-311-x86_64-linux-gnu.so"),
    "a standard module": with_entry("json.py"),
    "a standard package": with_entry("email/__init__.py"),
    "a standard module in capitals": with_entry("Json/__init__.py"),
    "our own name": with_entry("toolvet/sdk/__init__.py"),
    "our own name by way of data": with_entry("greetings-1.0.data/purelib/toolvet/__init__.py"),
    "a climb by way of data": with_entry("greetings-1.0.data/purelib/../../evil.py"),
    "two files for one place": with_entry("greetings-1.0.data/purelib/greetings.py"),
    "two metadata folders": with_entry("other-1.0.dist-info/METADATA"),
    "a file that RECORD does not name": bent(record=lambda _text: ""),
    "a file that RECORD names otherwise": bent(
        record=lambda text: text.replace("greetings.py,sha256=", "greetings.py,sha256=A")
    ),
    "a weak hash": bent(record=lambda text: text.replace("sha256=", "md5=")),
    "another name": bent(metadata="Name: requests\nVersion: 1.0\n"),
    "another version": bent(metadata="Name: greetings\nVersion: 1.1\n"),
    "a file twice": bent(files={"other.py": "", **MODULE}, bend=_twice),
    "a file longer than it says": bent(bend=_says_less),
    "an unknown compression": bent(bend=_unknown_packing),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", REFUSED)
def test_a_wheel_that_is_not_as_wheels_are_is_refused(
    case: str, tmp_path: Path, target: Path, strong_walls: TierReport
) -> None:
    made = REFUSED[case](tmp_path / "wheels")

    with pytest.raises(ToolvetError) as refused:
        unpack(made, target, strong_walls)

    assert refused.value.code == "environment.wheel"
    assert not (tmp_path / "evil.py").exists()
    assert str(tmp_path) not in str(refused.value)


def test_bytes_that_are_no_archive_are_refused(
    tmp_path: Path, target: Path, walls: TierReport
) -> None:
    made = wheel(tmp_path / "wheels", files=MODULE)
    whole = made.path.read_bytes()
    for data in (b"", b"PK\x05\x06" + bytes(18), whole[:-30], whole[: len(whole) // 2]):
        made.path.write_bytes(data)

        with pytest.raises(ToolvetError) as refused:
            unpack(made, target, walls)

        assert refused.value.code == "environment.wheel"


LEFT_OUT = {
    "evil.pth": "import os; os.system('true')\n",
    "evil.egg-link": "/etc",
    "greetings/__pycache__/other.cpython-311.pyc": "another program",
    "greetings/lonely.pyc": "a program without a source",
    "greetings-1.0.data/scripts/ls": "#!/bin/sh\n",
    "greetings-1.0.data/headers/greetings.h": "",
    "greetings-1.0.data/data/etc/passwd": "",
}


def test_what_would_run_by_lying_there_is_left_out_and_named(
    tmp_path: Path, target: Path, strong_walls: TierReport
) -> None:
    made = wheel(
        tmp_path / "wheels",
        files={"greetings/__init__.py": "", "greetings-1.0.data/platlib/kept.py": "", **LEFT_OUT},
    )

    _, dropped = unpack(made, target, strong_walls)

    assert set(dropped) == set(LEFT_OUT)
    tag = sys.implementation.cache_tag
    assert held(target) == {
        "greetings/__init__.py", f"greetings/__pycache__/__init__.{tag}.pyc",
        "kept.py", f"__pycache__/kept.{tag}.pyc",
        f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD",
    }  # fmt: skip


def test_only_the_right_to_run_is_kept_of_modes(
    tmp_path: Path, target: Path, strong_walls: TierReport
) -> None:
    made = wheel(
        tmp_path / "wheels", files=MODULE,
        record=lambda text: text + recorded("program", b"x"),
        bend=lambda archive: archive.writestr(entry("program", 0o106777), b"x"),
    )  # fmt: skip

    unpack(made, target, strong_walls)

    assert stat.S_IMODE((target / "program").stat().st_mode) & ~0o022 == 0o755
    assert not stat.S_IMODE((target / "greetings.py").stat().st_mode) & 0o111


def test_a_large_file_comes_in_parts_and_is_whole(
    tmp_path: Path, target: Path, strong_walls: TierReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "PART_MIB", 1)
    large = os.urandom(5 << 19)
    made = wheel(tmp_path / "wheels", files={**MODULE, "large.bin": large, "z.txt": "end"})

    unpack(made, target, strong_walls)

    assert (target / "large.bin").read_bytes() == large
    assert (target / "z.txt").read_text() == "end"


def test_a_wheel_that_grows_without_end_is_stopped(
    tmp_path: Path, target: Path, strong_walls: TierReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_MIB", 4)
    made = wheel(tmp_path / "wheels", files={**MODULE, "zeros.bin": bytes(16 << 20)})

    with pytest.raises(ToolvetError) as refused:
        unpack(made, target, strong_walls)

    assert refused.value.code == "environment.too_large"


def test_a_source_that_does_not_compile_is_kept_without_bytecode(
    tmp_path: Path, target: Path, strong_walls: TierReport
) -> None:
    deep = "(" * 5000 + ")" * 5000
    made = wheel(
        tmp_path / "wheels", files={**MODULE, "template.py": "{{ name }} =", "deep.py": deep}
    )

    unpack(made, target, strong_walls)

    compiled = {path for path in held(target) if path.endswith(".pyc")}
    assert compiled == {f"__pycache__/greetings.{sys.implementation.cache_tag}.pyc"}
    assert (target / "template.py").is_file()


def test_two_packages_cannot_have_one_file(
    tmp_path: Path, target: Path, strong_walls: TierReport
) -> None:
    unpack(wheel(tmp_path / "wheels", "one", files={"shared/a.py": ""}), target, strong_walls)

    with pytest.raises(ToolvetError) as refused:
        unpack(wheel(tmp_path / "wheels", "two", files={"shared/a.py": ""}), target, strong_walls)

    assert refused.value.code == "environment.wheel"


def header(*files: list[object], following: object = None) -> bytes:
    """An answer as a hostile process behind the walls could write it."""
    said = {"files": list(files), "next": following, "dropped": [], "licence": ""}
    body = canonical.dumps(said)
    return b"TVW1" + len(body).to_bytes(4, "big") + body


LIES = {
    "nothing": b"",
    "half a header": b"TVW1\x00\x00\x10\x00{",
    "no header": b"TVW1\xff\xff\xff\xff",
    "climbs out": header(["../evil.py", False, 1, 0, 1]) + b"x",
    "an absolute path": header(["/evil.py", False, 1, 0, 1]) + b"x",
    "a part that is a dot": header(["a/./b", False, 1, 0, 1]) + b"x",
    "a part that is empty": header(["a//b", False, 1, 0, 1]) + b"x",
    "a NUL": header(["a\0b", False, 1, 0, 1]) + b"x",
    "more bytes than named": header(["a", False, 1, 0, 1]) + b"xx",
    "a length below zero": header(["a", False, 1, 0, -1]),
    "beyond its own size": header(["a", False, 1, 1, 1]) + b"x",
    "a hole": header(["a", False, 9, 5, 1]) + b"x",
    "no end": header(["a", False, 1, 0, 1], following=[0, 0]) + b"x",
    "a step back": header(["a", False, 1, 0, 1], following=[-1, 0]) + b"x",
    "a number that is none": header(["a", False, True, 0, 1]) + b"x",
    "no list": header()[:8] + b'{"files":{}}',
}


@pytest.mark.parametrize("lie", LIES)
def test_what_comes_out_of_the_walls_is_not_believed(
    lie: str,
    tmp_path: Path,
    target: Path,
    strong_walls: TierReport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = ProgramOutcome(0, b"", b"", LIES[lie], False, "", 1.0, "B")

    async def lies(*_: object, **__: object) -> ProgramOutcome:
        return answer

    monkeypatch.setattr(unpacking, "run_program", lies)

    with pytest.raises(ToolvetError):
        unpack(wheel(tmp_path / "wheels", files=MODULE), target, strong_walls)

    assert not (tmp_path / "evil.py").exists()
    assert not Path("/evil.py").exists()
