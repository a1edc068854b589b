"""Comparing with an earlier revision or one's last look: only from bytes that have their digest."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from canned_desk import QUEUE, review_of

from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError
from toolvet.client.review import Review
from toolvet.client.transport import HttpTransport
from toolvet_reviews import canonical, digests
from toolvet_reviews.review_views import SeenMark
from toolvet_reviews.sides import FileChange
from toolvet_reviews.views import RevisionView
from toolvet_tui.review_against import PUBLISHED, SEEN, files_against

FIRST = {"send_reminders.py": b"first\n", "gone.py": b"x\n"}


class Blobs(Client):
    """A service that has only what is addressed by its digest."""

    def __init__(self, *trees: Mapping[str, bytes]) -> None:
        super().__init__(HttpTransport.url("http://127.0.0.1:9"))
        self.blobs: dict[str, bytes] = {}
        for files in trees:
            self.blobs |= {digests.sha256(data): data for data in files.values()}
            tree = {path: digests.sha256(data) for path, data in files.items()}
            said = canonical.dumps({"schema": digests.TREE_SCHEMA, "files": dict(tree)})
            self.blobs[digests.sha256(said)] = said

    def blob(self, digest: str) -> bytes:
        return self.blobs[digest]


def review() -> Review:
    """A new tool at its second revision, the first one being `FIRST`."""
    found = review_of(QUEUE[1])
    first = RevisionView(1, digests.file_tree(FIRST), "2026", "passed")
    view = replace(found.view, revision=2, revisions=(first, replace(first, number=2)))
    return replace(found, view=view)


def statuses(files: tuple[FileChange, ...]) -> dict[str, str]:
    return {one.path: one.status for one in files}


def test_an_earlier_revision_is_compared_from_its_own_bytes() -> None:
    files = files_against(Blobs(FIRST), review(), "1", ())

    assert statuses(files) == {
        "gone.py": "removed", "send_reminders.py": "changed", "tool.toml": "added",
    }  # fmt: skip
    assert files[1].old == "first\n"


def test_the_published_release_is_what_the_review_was_opened_with() -> None:
    found = review()

    assert files_against(Blobs(), found, PUBLISHED, ()) is found.files


def test_the_last_look_is_each_file_as_it_was_when_it_was_marked() -> None:
    mark = SeenMark("file", "send_reminders.py", digests.sha256(FIRST["send_reminders.py"]), "", 1)

    files = files_against(Blobs(FIRST), review(), SEEN, (mark,))

    assert statuses(files) == {"send_reminders.py": "changed", "tool.toml": "added"}


def test_a_mark_whose_bytes_are_not_of_its_revision_counts_for_nothing() -> None:
    mark = SeenMark("file", "send_reminders.py", digests.sha256(b"other"), "", 1)

    files = files_against(Blobs(FIRST), review(), SEEN, (mark,))

    assert statuses(files)["send_reminders.py"] == "added"


def test_bytes_that_are_not_those_of_their_digest_are_refused() -> None:
    client = Blobs(FIRST)
    client.blobs[digests.sha256(b"first\n")] = b"forged\n"

    with pytest.raises(DifferenceError):
        files_against(client, review(), "1", ())
