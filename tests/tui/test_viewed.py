"""Marks of what was viewed, the last place, and the time a screen was read: about bytes, and honest."""

from dataclasses import replace
from pathlib import Path

from canned_desk import QUEUE, review_of

from toolvet_reviews.digests import sha256
from toolvet_reviews.review_views import SeenMark
from toolvet_tui.review_against import PUBLISHED, SEEN, choices
from toolvet_tui.review_places import MOST, LastPlace, Places
from toolvet_tui.review_reading import Reading
from toolvet_tui.review_sitting import IDLE_S, Sitting
from toolvet_tui.viewed import Viewed, file_marks, page_marks, progress

REVIEW = review_of(QUEUE[0])
READING = Reading(REVIEW, REVIEW.files)


def test_a_file_is_marked_by_the_digest_of_its_checked_bytes() -> None:
    assert REVIEW.shown is not None
    mark = file_marks(READING)["send_reminders.py"]

    assert mark.digest == sha256(REVIEW.shown.files["send_reminders.py"])
    assert mark.revision == 2


def test_a_mark_counts_for_the_same_bytes_only() -> None:
    mark = file_marks(READING)["send_reminders.py"]
    other = replace(mark, digest=sha256(b"other"))

    assert Viewed((mark,)).files(READING) == {"send_reminders.py"}
    assert Viewed((other,)).files(READING) == set()


def test_progress_counts_the_files_that_differ() -> None:
    viewed = Viewed()
    assert progress(READING, viewed) == "0 of 2 files viewed"
    viewed.note([file_marks(READING)["tool.toml"]], off=False)

    assert progress(READING, viewed) == "1 of 2 files viewed"


def test_a_mark_taken_back_here_is_gone_though_the_service_still_has_it() -> None:
    mark = file_marks(READING)["tool.toml"]
    viewed = Viewed((mark,))
    viewed.note([mark], off=True)

    assert not viewed.holds(mark)
    viewed.note([mark], off=False)
    assert viewed.holds(mark)


def test_marks_made_without_a_key_are_the_ones_that_were_not_sent() -> None:
    marks = list(file_marks(READING).values())
    viewed = Viewed((marks[0],))
    viewed.note(marks, off=False)

    assert viewed.unsent(marks) == [marks[1]]


def test_a_page_is_marked_by_what_it_is_written_from() -> None:
    assert REVIEW.shown is not None
    kinds = {one.kind: one.digest for one in page_marks(READING, "spec")}

    assert kinds["definition"] == REVIEW.shown.release
    assert kinds["spec"] == sha256(REVIEW.shown.files["tool.toml"])
    assert [one.digest for one in page_marks(READING, "rubric")] == [REVIEW.shown.dossier]
    assert page_marks(READING, "talk") == []


def test_what_it_can_be_compared_with_grows_with_revisions_and_looks() -> None:
    mark = SeenMark("file", "a", "d", "", 1)

    assert choices(REVIEW.view, ()) == [PUBLISHED, "1"]
    assert choices(REVIEW.view, (mark,)) == [PUBLISHED, SEEN, "1"]


def test_the_last_place_is_recalled_in_the_same_revision_only(tmp_path: Path) -> None:
    Places(tmp_path, "here").keep("P-1", LastPlace("d1", "code", "a.py", 7))
    again = Places(tmp_path, "here")

    assert again.of("P-1", "d1") == LastPlace("d1", "code", "a.py", 7)
    assert again.of("P-1", "d2") is None
    assert Places(tmp_path, "there").of("P-1", "d1") is None


def test_places_are_the_persons_own_and_bounded(tmp_path: Path) -> None:
    places = Places(tmp_path, "here")
    for number in range(MOST + 5):
        places.keep(f"P-{number}", LastPlace("d", "code"))
    [file] = (tmp_path / "places").iterdir()

    assert file.stat().st_mode & 0o077 == 0
    assert Places(tmp_path, "here").of("P-0", "d") is None
    assert Places(tmp_path, "here").of(f"P-{MOST}", "d") is not None


def test_a_broken_file_of_places_begins_at_the_top(tmp_path: Path) -> None:
    Places(tmp_path, "here").keep("P-1", LastPlace("d", "code"))
    [file] = (tmp_path / "places").iterdir()
    for broken in (b"\xff", b"[]", b'{"P-1": {"digest": 1}}', b'{"P-1": [' * 9000):
        file.write_bytes(broken)

        assert Places(tmp_path, "here").of("P-1", "d") is None


def test_only_seconds_in_which_somebody_read_are_told() -> None:
    now = [0.0]
    sitting = Sitting(lambda: now[0])
    sitting.shows("brief")
    now[0] = 10.0
    sitting.shows("diff:a.py")
    now[0] = 10.0 + IDLE_S + 500

    told = sitting.take()

    assert told.looked_s == 10.0 + IDLE_S
    assert told.parts == ("brief", "diff:a.py")
    assert sitting.take().looked_s == 0.0


def test_what_could_not_be_told_is_told_the_next_time() -> None:
    now = [0.0]
    sitting = Sitting(lambda: now[0])
    now[0] = 5.0
    sitting.give_back(sitting.take())
    now[0] = 7.0

    assert sitting.take().looked_s == 7.0
