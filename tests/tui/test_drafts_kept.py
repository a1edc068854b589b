"""Words that are being written survive whatever happens to the app."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolvet_reviews.review_views import Anchor, DraftRemark
from toolvet_tui.drafts_kept import LONGEST, MOST, DraftError, DraftsKept

PLACE = Anchor("line", "tool.py", 3, 5)
DRAFT = DraftRemark("d1", PLACE, "Why this host?", "2026-11-22T10:00:00.000000Z", blocking=True)


def draft(name: str, text: str = "words", at: str = "2026-11-22T10:00:00.000000Z") -> DraftRemark:
    return DraftRemark(name, PLACE, text, at)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_draft_is_there_for_the_next_app(tmp_path: Path) -> None:
    DraftsKept(tmp_path).put("P-1", DRAFT)

    assert DraftsKept(tmp_path).all("P-1") == (DRAFT,)
    assert DraftsKept(tmp_path).get("P-1", "d1") == DRAFT


def test_the_same_id_is_written_over_and_another_is_not(tmp_path: Path) -> None:
    kept = DraftsKept(tmp_path)
    kept.put("P-1", draft("d1", "first"))
    kept.put("P-1", draft("d2", "other", "2026-11-22T09:00:00.000000Z"))

    kept.put("P-1", draft("d1", "second"))

    assert [one.text for one in kept.all("P-1")] == ["other", "second"]


def test_a_dropped_draft_is_gone_and_dropping_again_is_nothing(tmp_path: Path) -> None:
    kept = DraftsKept(tmp_path)
    kept.put("P-1", DRAFT)

    kept.drop("P-1", "d1")
    kept.drop("P-1", "d1")

    assert kept.all("P-1") == ()
    assert kept.get("P-1", "d1") is None


def test_drafts_of_other_proposals_services_and_people_stay_apart(tmp_path: Path) -> None:
    DraftsKept(tmp_path, "one", "ada").put("P-1", DRAFT)

    assert DraftsKept(tmp_path, "one", "ada").all("P-2") == ()
    assert DraftsKept(tmp_path, "two", "ada").all("P-1") == ()
    assert DraftsKept(tmp_path, "one", "bob").all("P-1") == ()


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    DraftsKept(tmp_path).put("P-1", DRAFT)

    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_hostile_ids_name_no_other_file(tmp_path: Path) -> None:
    kept = DraftsKept(tmp_path / "config")

    kept.put("../../../P-1", draft("../../elsewhere/\x00d"))

    assert [one.id for one in kept.all("../../../P-1")] == ["../../elsewhere/\x00d"]
    assert all(path.is_relative_to(tmp_path / "config") for path in files(tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff",
        b"[" * 100_000,
        b"[]",
        b'{"schema": "toolvet/tui-draft/v9"}',
        b'{"schema": "toolvet/tui-draft/v1", "proposal": "P-1", "id": 3}',
    ],
    ids=["empty", "binary", "deep", "list", "newer", "wrong"],
)
def test_an_unreadable_file_is_set_aside_and_said_and_the_others_stay(
    tmp_path: Path, data: bytes
) -> None:
    kept = DraftsKept(tmp_path)
    kept.put("P-1", DRAFT)
    (path,) = files(tmp_path)
    kept.put("P-1", draft("d2"))
    path.write_bytes(data)

    assert [one.id for one in kept.all("P-1")] == ["d2"]

    (said,) = kept.troubles()
    assert "set aside" in said
    assert kept.troubles() == ()
    assert path.with_suffix(".unreadable").read_bytes() == data
    assert [one.id for one in kept.all("P-1")] == ["d2"]


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    kept = DraftsKept(tmp_path)
    kept.put("P-1", DRAFT)
    (path,) = files(tmp_path)
    path.unlink()
    os.mkfifo(path)

    assert kept.all("P-1") == ()
    assert kept.troubles()


def test_too_long_or_too_many_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    kept = DraftsKept(tmp_path)
    with pytest.raises(DraftError) as refused:
        kept.put("P-1", draft("d1", "x" * (LONGEST + 1)))
    assert refused.value.code == "tui.draft"
    for number in range(MOST):
        kept.put("P-1", draft(f"n{number}"))

    with pytest.raises(DraftError):
        kept.put("P-1", draft("one more"))
    kept.put("P-1", draft("n1", "an old one may still change"))

    assert len(kept.all("P-1")) == MOST


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file in the way")

    with pytest.raises(DraftError) as refused:
        DraftsKept(tmp_path).put("P-1", DRAFT)

    assert refused.value.hint
    assert DraftsKept(tmp_path).all("P-1") == ()


@given(text=st.text(max_size=300), suggestion=st.none() | st.text(max_size=100))
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_to_the_letter(
    tmp_path_factory: pytest.TempPathFactory, text: str, suggestion: str | None
) -> None:
    kept = DraftsKept(tmp_path_factory.mktemp("config"))
    one = DraftRemark("d", PLACE, text + "\ud800", "", "T-1", suggestion)

    kept.put("P-1", one)

    assert kept.all("P-1") == (one,)


def test_a_killed_app_leaves_the_words_of_its_last_pause(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from toolvet_reviews.review_views import Anchor, DraftRemark
from toolvet_tui.drafts_kept import DraftsKept
kept, number = DraftsKept(Path(sys.argv[1])), 0
while True:
    number += 1
    kept.put("P-1", DraftRemark("d", Anchor(), "x" * 5000 + f" {number}", str(number)))
    print(number, flush=True)
"""
    writing = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writing.stdout is not None
    with writing.stdout as said:
        while int(said.readline()) < 20:
            pass
        writing.send_signal(signal.SIGKILL)
        heard = [int(line) for line in said if line.endswith("\n")]
    writing.wait()

    (found,) = DraftsKept(tmp_path).all("P-1")
    assert int(found.updated_at) >= (heard or [20])[-1]
    assert found.text == "x" * 5000 + f" {found.updated_at}"
