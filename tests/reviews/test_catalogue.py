"""The catalogue as files: the same release gives the same bytes, and no path leads elsewhere."""

import json

import pytest

from toolvet_reviews import catalogue, digests, manifest
from toolvet_reviews.catalogue import Ballot, CatalogueFileError, Published
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.values import Digest

FILES = {"slug.py": b"x = 1\n", "tool.toml": b"[tool]\n"}
SOME = digests.sha256(b"some")


def approved(description: str = "Make a slug.", *, revision: Digest | None = None) -> Manifest:
    return Manifest(
        workspace="default",
        toolset="text",
        name="slug",
        entry="slug:slug",
        revision=revision or digests.file_tree(FILES),
        environment=None,
        definition=ToolDefinition("text__slug", "slug", description, {}, {}, {}),
        effects={"kind": "pure"},
        idempotency=None,
        limits={},
        retry={},
        lowest_tier="B",
        sdk="1",
    )


def vote(voter: str, moment: str) -> Ballot:
    return Ballot(voter, f"id of {voter}", False, moment, SOME, digests.sha256(voter.encode()))


def published(release: Manifest, *votes: Ballot) -> Published:
    return Published(release, 3, "stable", "P-7", "2026-01-01T00:00:00.000000Z", votes)


def test_the_digest_of_the_manifest_file_is_the_release_digest() -> None:
    files = catalogue.tool_files(published(approved()), FILES)

    assert digests.sha256(files["manifest.json"]) == manifest.digest(approved())
    assert json.loads(files["release.json"])["release_digest"] == manifest.digest(approved())
    assert files["bundle/slug.py"] == FILES["slug.py"]


def test_the_same_votes_in_another_order_give_the_same_bytes() -> None:
    ada, ben = vote("ada", "2026-01-01"), vote("ben", "2026-01-02")

    one = catalogue.tool_files(published(approved(), ada, ben), FILES)

    assert one == catalogue.tool_files(published(approved(), ben, ada), FILES)
    said = json.loads(one["release.json"])["decision"]
    assert [(line["voter"], line["envelope"]) for line in said] == [
        ("ada", ada.envelope),
        ("ben", ben.envelope),
    ]


def test_characters_that_hide_are_spelled_out_where_people_read() -> None:
    files = catalogue.tool_files(published(approved("Safe\u202e]dlob[")), FILES)

    assert files["definition.json"].isascii()
    assert b"\\u202e" in files["definition.json"]


def test_files_that_were_not_approved_are_not_written() -> None:
    with pytest.raises(CatalogueFileError):
        catalogue.tool_files(published(approved()), {**FILES, "slug.py": b"x = 2\n"})


@pytest.mark.parametrize(
    "path",
    ["../slug.py", "/etc/passwd", "a/../../b", ".git/hooks/post-merge", "a\n.py", "a//b", ""],
)
def test_a_path_that_leads_elsewhere_is_refused_even_when_it_was_approved(path: str) -> None:
    files = {**FILES, path: b""}
    release = approved(revision=digests.file_tree(files))

    with pytest.raises(CatalogueFileError):
        catalogue.tool_files(published(release), files)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "A", "a" * 65, "tööl"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(CatalogueFileError):
        catalogue.check_place("default", name)


def test_the_index_lists_tools_by_name_and_says_nothing_of_when_it_was_made() -> None:
    one = published(approved())

    written = catalogue.index("service", [one])

    assert written == catalogue.index("service", [one])
    assert json.loads(written)["tools"][0]["path"] == "text/slug"
