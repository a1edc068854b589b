"""Moved lines: whole blocks, equal to the character; nothing edited passes for moved."""

from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.moved_lines import moved_lines
from toolvet_reviews.sides import FileChange, Moved, Row, aligned, compare

BLOCK = "def total(values):\n    found = sum(values)\n    return found\n"
KEPT = "one = 1\ntwo = 2\nthree = 3\nfour = 4\n"

lines = st.lists(
    st.sampled_from(["def total(values):", "    found = sum(values)", "    return found", "x", ""]),
    max_size=14,
).map("\n".join)


def changes(old: dict[str, str], new: dict[str, str]) -> tuple[FileChange, ...]:
    before, after = ({path: text.encode() for path, text in one.items()} for one in (old, new))
    return compare(before, after)


def rows(old: dict[str, str], new: dict[str, str], path: str = "a.py") -> tuple[Row, ...]:
    found = changes(old, new)
    moved = moved_lines(found)
    change = next(one for one in found if one.path == path)
    return aligned(change, moved=moved.get(path, Moved(frozenset(), frozenset())))


def test_a_block_that_went_elsewhere_in_its_file_is_moved_on_both_sides():
    found = moved_lines(changes({"a.py": BLOCK + KEPT}, {"a.py": KEPT + BLOCK}))

    assert found == {"a.py": Moved(frozenset({1, 2, 3}), frozenset({5, 6, 7}))}


def test_a_block_that_went_to_another_file_is_moved_in_both():
    found = moved_lines(changes({"a.py": KEPT + BLOCK}, {"a.py": KEPT, "b.py": BLOCK}))

    assert found["a.py"].old == {5, 6, 7}
    assert found["b.py"].new == {1, 2, 3}


def test_an_edited_line_within_a_block_is_not_moved():
    edited = BLOCK.replace("sum(values)", "sum(values[1:])")

    assert moved_lines(changes({"a.py": BLOCK + KEPT}, {"a.py": KEPT + edited})) == {}


def test_another_indentation_is_an_edit():
    deeper = "".join(f"    {line}\n" for line in BLOCK.splitlines())

    assert moved_lines(changes({"a.py": BLOCK + KEPT}, {"a.py": KEPT + deeper})) == {}
    assert moved_lines(changes({"a.py": BLOCK + KEPT}, {"a.py": KEPT + deeper}), "ignore")


def test_two_lines_and_braces_are_no_block():
    short = "".join(BLOCK.splitlines(keepends=True)[:2])
    braces = "}\n\n}\n\n}\n"

    assert moved_lines(changes({"a.py": short + KEPT}, {"a.py": KEPT + short})) == {}
    assert moved_lines(changes({"a.py": braces + KEPT}, {"a.py": KEPT + braces})) == {}


def test_a_moved_line_faces_nothing():
    found = rows({"a.py": BLOCK + KEPT}, {"a.py": KEPT + BLOCK})

    assert [row.kind for row in found] == ["moved"] * 3 + ["same"] * 4 + ["moved"] * 3
    assert [(row.old_no, row.new_no) for row in found if row.kind == "moved"] == [
        (1, 0), (2, 0), (3, 0), (0, 5), (0, 6), (0, 7),
    ]  # fmt: skip


@given(lines, lines, lines, lines)
def test_every_line_is_still_there_once_and_in_order(a: str, b: str, c: str, d: str):
    found = rows({"a.py": a, "b.py": b}, {"a.py": c, "b.py": d})

    assert [row.old_no for row in found if row.old_no] == [*range(1, len(side(a)) + 1)]
    assert [row.new_no for row in found if row.new_no] == [*range(1, len(side(c)) + 1)]


@given(lines, lines)
def test_what_is_moved_reads_the_same_on_the_other_side(old: str, new: str):
    found = rows({"a.py": old}, {"a.py": new})

    gone = {row.old for row in found if row.kind == "moved" and row.old_no}
    come = {row.new for row in found if row.kind == "moved" and row.new_no}
    assert gone == come


def test_text_that_repeats_itself_takes_no_time():
    old = {"a.py": "x = compute(1)\n" * 8_000 + "end\n"}
    new = {"a.py": "end\n" + "x = compute(1)\n" * 8_000 + "more\n" * 8_000}

    assert rows(old, new)


def side(text: str) -> list[str]:
    found = text.split("\n")
    return found if found[-1] else found[:-1]
