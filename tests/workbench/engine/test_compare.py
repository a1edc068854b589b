"""Comparison on the service: what differs, since when, for whom; marks of what was seen."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import pytest
from furniture import ADD_AGAIN
from house import House, Member

from toolvet.client.client import Client
from toolvet.client.errors import RemoteError
from toolvet.client.patching import checked
from toolvet_reviews import digests, patches
from toolvet_reviews.review_views import SeenMark

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, Any]], Any]

FIRST = {**ADD_AGAIN, "add.py": ADD_AGAIN["add.py"].replace("Their sum.", "The sum.")}
SECOND = {
    **FIRST,
    "add.py": FIRST["add.py"].replace("second + first", "first + second"),
    "tool.toml": FIRST["tool.toml"] + "\n[[examples]]\narguments = { first = 0, second = 0 }\nresult = 0\n",
    "data/notes.csv": "".join(f"{number},x\n" for number in range(60)),
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """A house with a proposal of two revisions, and what people ask of it."""

    home: House
    run: Run
    id: str

    def ask(self, member: Member | None, question: Callable[[Client], T]) -> T:
        """Ask as somebody; nobody is the local token."""
        client = self.home.of(member) if member else self.home.client
        found: T = self.run(asyncio.to_thread(question, client))
        return found

    def refused(self, member: Member | None, question: Callable[[Client], object]) -> str:
        with pytest.raises(RemoteError) as error:
            self.ask(member, question)
        return error.value.code

    def mark(self, member: Member, *marks: SeenMark, off: bool = False) -> list[SeenMark]:
        return self.ask(member, lambda client: client.mark_seen(self.id, marks, off=off))


@pytest.fixture(scope="module")
def desk(home: House, run: Run) -> Desk:
    """Submit two revisions, each verified."""

    async def submit() -> str:
        bot = home.members["bot"]
        view = await home.submit(bot, FIRST)
        files = {path: text.encode() for path, text in SECOND.items()}
        await asyncio.to_thread(lambda: home.of(bot).revise(view.id, files))
        await home.verdict(view.id)
        return view.id

    return Desk(home, run, run(submit()))


@pytest.fixture
def person(desk: Desk) -> Member:
    """Somebody who has looked at nothing yet."""
    ada = desk.home.members["ada"]
    marks = desk.ask(ada, lambda client: client.seen(desk.id))
    if marks:
        desk.mark(ada, *marks, off=True)
    return ada


def file_mark(name: str, text: str, revision: int) -> SeenMark:
    return SeenMark("file", name, digests.sha256(text.encode()), "", revision)


# --- the sides -------------------------------------------------------------------------------


def test_a_revision_is_compared_with_what_is_published(desk: Desk, person: Member):
    found = desk.ask(person, lambda client: client.compare(desk.id, to=1))

    assert (found.old, found.new, found.first_look) == ("published", "revision 1", False)
    assert [(one.path, one.status, one.added, one.removed) for one in found.files] == [
        ("add.py", "changed", 1, 1),
        ("tool.toml", "same", 0, 0),
    ]
    assert [(one.area, one.name, one.sign) for one in found.things if one.area != "check"] == [
        ("definition", "description", "changed")
    ]


def test_a_revision_is_compared_with_an_earlier_one(desk: Desk, person: Member):
    found = desk.ask(person, lambda client: client.compare(desk.id, from_="1"))

    assert (found.old, found.new) == ("revision 1", "revision 2")
    assert {one.path: one.status for one in found.files} == {
        "add.py": "changed",
        "data/notes.csv": "added",
        "tool.toml": "changed",
    }
    assert [(one.name, one.sign) for one in found.things if one.area == "spec"] == [
        ("examples[2]", "new")
    ]


def test_the_first_look_is_against_the_release_and_says_so(desk: Desk, person: Member):
    found = desk.ask(person, lambda client: client.compare(desk.id, from_="seen"))

    assert (found.old, found.first_look) == ("published", True)


def test_since_the_last_look_is_each_file_as_it_was_seen(desk: Desk, person: Member):
    desk.mark(person, file_mark("add.py", FIRST["add.py"], 1))

    found = desk.ask(person, lambda client: client.compare(desk.id, from_="seen"))
    rows = desk.ask(person, lambda client: client.compare_file(desk.id, "add.py", from_="seen"))

    assert (found.old, found.first_look) == ("seen", False)
    assert {one.path: (one.status, one.seen) for one in found.files} == {
        "add.py": ("changed", False),
        "data/notes.csv": ("added", False),
        "tool.toml": ("changed", False),
    }
    assert [row.old for row in rows.rows if row.kind == "changed"] == ["    return second + first"]


def test_what_was_seen_as_it_is_now_is_seen_and_equal(desk: Desk, person: Member):
    desk.mark(person, *(file_mark(path, text, 2) for path, text in SECOND.items()))

    found = desk.ask(person, lambda client: client.compare(desk.id, from_="seen"))
    published = desk.ask(person, lambda client: client.compare(desk.id))

    assert all(one.status == "same" and one.seen for one in found.files)
    assert all(one.seen for one in published.files)


def test_evidence_and_terms_that_were_seen_are_no_news(desk: Desk, person: Member):
    view = desk.ask(person, lambda client: client.show(desk.id))
    newest = view.revisions[-1]
    evidence = {one.check: one.digest for one in view.evidence}
    marks = [SeenMark("evidence", name, digest, "", 2) for name, digest in evidence.items()]
    marks.append(SeenMark("spec", "", digests.sha256(SECOND["tool.toml"].encode()), "", 2))
    marks.append(SeenMark("definition", "", newest.release_digest or "", "", 2))
    marks.append(SeenMark("rubric", "", newest.dossier_digest or "", "", 2))
    before = desk.ask(person, lambda client: client.compare(desk.id))

    desk.mark(person, *marks)

    after = desk.ask(person, lambda client: client.compare(desk.id))
    since = desk.ask(person, lambda client: client.compare(desk.id, from_="seen"))
    kept = {(one.kind, one.digest) for one in desk.ask(person, lambda client: client.seen(desk.id))}
    assert {(one.kind, one.digest) for one in marks} <= kept
    assert all(one.unseen for one in before.things)
    assert not any(one.unseen for one in after.things)
    assert len(before.things) == len(after.things)
    assert not since.things


def test_a_file_that_was_seen_to_be_gone_is_not_removed_again(desk: Desk, person: Member):
    desk.mark(person, file_mark("data/notes.csv", SECOND["data/notes.csv"], 2))
    first = desk.ask(person, lambda client: client.compare(desk.id, from_="seen", to=1))
    desk.mark(person, SeenMark("file", "data/notes.csv", "", "", 1))
    second = desk.ask(person, lambda client: client.compare(desk.id, from_="seen", to=1))

    assert [one.status for one in first.files if one.path == "data/notes.csv"] == ["removed"]
    assert [one.status for one in second.files if one.path == "data/notes.csv"] == []


# --- marks -----------------------------------------------------------------------------------


def test_marks_are_of_the_person_alone(desk: Desk, person: Member):
    desk.mark(person, file_mark("add.py", SECOND["add.py"], 2))

    of_ben = desk.ask(desk.home.members["ben"], lambda client: client.seen(desk.id))

    assert of_ben == []
    (mine,) = desk.ask(person, lambda client: client.seen(desk.id))
    assert (mine.name, mine.revision) == ("add.py", 2)
    assert mine.at.startswith("20")


def test_a_mark_can_be_taken_back(desk: Desk, person: Member):
    mark = file_mark("add.py", SECOND["add.py"], 2)
    desk.mark(person, mark)

    assert desk.mark(person, mark, off=True) == []


def test_no_program_of_the_person_marks_for_them(desk: Desk, person: Member):
    mark = file_mark("add.py", SECOND["add.py"], 2)
    bot = desk.home.members["bot"]

    for who in (None, bot):
        assert desk.refused(who, lambda client: client.mark_seen(desk.id, [mark])) == "seen.person"
        assert (
            desk.refused(who, lambda client: client.compare(desk.id, from_="seen")) == "seen.person"
        )
        assert desk.ask(who, lambda client: client.seen(desk.id)) == []
        assert desk.ask(who, lambda client: client.compare(desk.id)).new == "revision 2"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revision": 1}, "seen.stale"),
        ({"digest": ""}, "seen.stale"),
        ({"name": ""}, "seen.mark"),
        ({"name": "nowhere.py"}, "seen.stale"),
        ({"kind": "evidence"}, "seen.mark"),
        ({"kind": "spec", "name": ""}, "seen.stale"),
        ({"kind": "spec", "name": "x"}, "seen.mark"),
        ({"revision": 9}, "not_found"),
        ({"revision": 0}, "request.invalid"),
        ({"kind": "nothing"}, "request.invalid"),
    ],
)
def test_a_mark_that_is_not_of_what_is_there_is_refused_whole(
    desk: Desk, person: Member, change: dict[str, Any], code: str
):
    good = file_mark("add.py", SECOND["add.py"], 2)
    bad = replace(good, **change)

    said = desk.refused(person, lambda client: client.mark_seen(desk.id, [good, bad]))

    assert said == code
    assert desk.ask(person, lambda client: client.seen(desk.id)) == []


# --- rows ------------------------------------------------------------------------------------


def test_pages_of_rows_put_together_are_the_file(desk: Desk, person: Member):
    def pages(client: Client) -> list[str]:
        lines: list[str] = []
        offset: int | None = 0
        while offset is not None:
            page = client.compare_file(
                desk.id, "data/notes.csv", context=-1, offset=offset, limit=25
            )
            assert page.row_count == 60
            lines += [row.new for row in page.rows]
            offset = page.next
        return lines

    assert "\n".join(desk.ask(person, pages)) + "\n" == SECOND["data/notes.csv"]


def test_context_is_expanded_as_far_as_one_asks(desk: Desk, person: Member):
    def count(context: int) -> int:
        return desk.ask(
            person, lambda client: client.compare_file(desk.id, "add.py", context=context)
        ).row_count

    whole = SECOND["add.py"].count("\n")
    assert count(0) < count(2) < count(100) == count(-1) == whole


_OTHER = cast("Any", "all")
_NOT_THERE: list[tuple[str, Callable[[Client, str], object]]] = [
    ("compare.from", lambda client, id: client.compare(id, from_="yesterday")),
    ("compare.from", lambda client, id: client.compare(id, from_="0")),
    ("not_found", lambda client, id: client.compare(id, from_="7")),
    ("not_found", lambda client, id: client.compare(id, to=7)),
    ("proposal.not_found", lambda client, id: client.compare("P-999")),
    ("not_found", lambda client, id: client.compare_file(id, "nowhere.py")),
    ("request.invalid", lambda client, id: client.compare_file(id, "add.py", limit=9_999)),
    ("request.invalid", lambda client, id: client.compare_file(id, "add.py", whitespace=_OTHER)),
    ("not_found", lambda client, id: client.patch(id, from_="7")),
]
_ASKED: list[Callable[[Client, str], object]] = [
    lambda client, id: client.compare(id),
    lambda client, id: client.compare_file(id, "add.py"),
    lambda client, id: client.patch(id),
    lambda client, id: client.unified(id),
    lambda client, id: client.seen(id),
]


@pytest.mark.parametrize(("code", "question"), _NOT_THERE)
def test_what_is_not_there_is_refused_with_a_code(
    desk: Desk, person: Member, code: str, question: Callable[[Client, str], object]
):
    assert desk.refused(person, lambda client: question(client, desk.id)) == code


@pytest.mark.parametrize("question", _ASKED)
def test_a_stranger_learns_nothing(desk: Desk, question: Callable[[Client, str], object]):
    stranger = desk.home.members["other"]

    said = desk.refused(stranger, lambda client: question(client, desk.id))

    assert said == "proposal.not_found"


def test_an_author_is_not_told_what_is_for_reviewers(desk: Desk, person: Member):
    of_author = desk.ask(desk.home.members["bot"], lambda client: client.compare(desk.id))
    of_person = desk.ask(person, lambda client: client.compare(desk.id))

    assert of_author.files == of_person.files
    assert not any(
        one.name == "behaviour" and "version" in one.after + one.before for one in of_author.things
    )


# --- patches ---------------------------------------------------------------------------------


@pytest.mark.parametrize("from_", ["published", "1"])
def test_a_patch_gives_the_revision_to_the_byte(desk: Desk, person: Member, from_: str):
    data, compared = desk.ask(person, lambda client: checked(client, desk.id, from_=from_))

    assert compared.new == "revision 2"
    before = {path: text.encode() for path, text in (ADD_AGAIN if from_ != "1" else FIRST).items()}
    assert patches.apply(before, data) == {path: text.encode() for path, text in SECOND.items()}


def test_the_difference_to_read_passes_over_space_when_asked(desk: Desk, person: Member):
    text = desk.ask(person, lambda client: client.unified(desk.id, from_="1", whitespace="ignore"))

    assert "+    return first + second\n" in text
    assert "+++ b/data/notes.csv\n" in text
