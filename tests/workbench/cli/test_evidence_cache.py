"""Evidence of earlier local runs: found again when nothing changed, never believed when it is not whole."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from toolvet.cli import evidence_cache
from toolvet.cli.evidence_cache import EvidenceCache
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Digest

FOUND = Evidence(
    "ruff", "warned", "1 warning",
    findings=(Finding("ruff.X", "warning", "a remark", "a.py", 1, snippet="x = 1"),),
    measurements={"files": 1}, inputs=Digest("sha256:1"),
)  # fmt: skip


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.evidence"))


def test_what_was_kept_is_found_again_for_the_same_inputs_only(tmp_path: Path) -> None:
    cache = EvidenceCache(tmp_path)
    cache.keep(FOUND)

    assert cache.find("ruff", FOUND.inputs) == FOUND
    assert cache.find("ruff", Digest("sha256:2")) is None
    assert cache.find("mypy", FOUND.inputs) is None


def test_what_is_not_known_is_not_kept(tmp_path: Path) -> None:
    EvidenceCache(tmp_path).keep(replace(FOUND, status="unknown"))

    assert kept(tmp_path) == []


@pytest.mark.parametrize("harm", ["cut", "changed", "emptied", "swapped", "a folder"])
def test_what_is_not_whole_counts_as_missing(tmp_path: Path, harm: str) -> None:
    cache = EvidenceCache(tmp_path)
    cache.keep(FOUND)
    [path] = kept(tmp_path)
    data = path.read_bytes()
    if harm == "swapped":  # another check's evidence under this one's name
        cache.keep(replace(FOUND, check="mypy", status="passed", findings=()))
        [other] = [one for one in kept(tmp_path) if one != path]
        other.replace(path)
    elif harm == "a folder":
        path.unlink()
        path.mkdir()
    else:
        changed = data.replace(b"warned", b"passed")
        path.write_bytes({"cut": data[:-9], "changed": changed, "emptied": b""}[harm])

    assert cache.find("ruff", FOUND.inputs) is None


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = EvidenceCache(tmp_path / "file" / "cache")
    cache.keep(FOUND)
    cache.trim()

    assert cache.find("ruff", FOUND.inputs) is None


def test_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_cache, "MOST_FILES", 2)
    cache = EvidenceCache(tmp_path)
    for number in range(4):
        inputs = Digest(f"sha256:{number}")
        before = set(kept(tmp_path))
        cache.keep(replace(FOUND, inputs=inputs))
        [made] = set(kept(tmp_path)) - before
        os.utime(made, (number, number))
    cache.trim()

    there = [cache.find("ruff", Digest(f"sha256:{number}")) is not None for number in range(4)]
    assert there == [False, False, True, True]
