"""Places follow their code, or say that they lost it; they never come to rest on other text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import anchors
from toolvet_reviews.anchors import AnchorError, Place, place_of
from toolvet_reviews.review_views import Anchor

SOURCE = """import os


def first(value: int) -> int:
    total = value + 1
    return total


def second(value: int) -> int:
    answer = value * 2
    return answer
"""


def line(number: int, last: int = 0) -> Anchor:
    return Anchor("line", "tool.py", number, last or number)


def follow(anchor: Anchor, new: str, old: str = SOURCE) -> Place:
    return place_of(anchor, old.encode(), new.encode())


def test_lines_nobody_touched_stay_where_they_are() -> None:
    changed = SOURCE.replace("answer = value * 2", "answer = value * 3")

    assert follow(line(5), changed) == (line(5), "here")


def test_lines_move_with_what_is_put_before_them() -> None:
    assert follow(line(5, 6), f"# new\n# lines\n{SOURCE}") == (line(7, 8), "moved")


def test_lines_move_with_what_is_taken_away_before_them() -> None:
    assert follow(line(5), SOURCE.removeprefix("import os\n\n")) == (line(3), "moved")


def test_an_edited_line_is_found_and_said_to_be_changed() -> None:
    changed = f"# new\n{SOURCE.replace('total = value + 1', 'total = value + one')}"

    assert follow(line(5), changed) == (line(6), "changed")


def test_a_range_of_which_one_line_is_left_shrinks_to_it() -> None:
    changed = SOURCE.replace("    total = value + 1\n", "")

    assert follow(line(5, 6), changed) == (line(5), "changed")


def test_a_range_grows_with_what_is_put_into_it() -> None:
    changed = SOURCE.replace("    return total", "    print(total)\n    return total")

    assert follow(line(5, 6), changed) == (line(5, 7), "changed")


def test_a_line_that_was_written_anew_is_lost() -> None:
    changed = SOURCE.replace("    total = value + 1", "    raise NotImplementedError")

    assert follow(line(5), changed) == (Anchor("file", "tool.py"), "lost")


def test_a_deleted_line_is_lost_and_not_the_one_after_it() -> None:
    changed = SOURCE.replace("    total = value + 1\n", "").replace("return total", "return value")

    assert follow(line(5), changed) == (Anchor("file", "tool.py"), "lost")


def test_a_block_that_was_cut_out_and_put_elsewhere_is_found_there() -> None:
    block = "def first(value: int) -> int:\n    total = value + 1\n    return total\n"
    rest = SOURCE.replace(f"{block}\n\n", "")
    moved = f"{rest}\n\n{block}"

    assert follow(line(5, 6), moved) == (line(10, 11), "moved")


def test_of_two_equal_blocks_the_other_one_is_never_taken_for_a_deleted_one() -> None:
    # cut out of the middle and not put anywhere: its twin stays where it was
    twins = "one = first_value()\nalpha\nbeta\ntwo = first_value()\n"
    twice = "begin\nreturn_something()\nmiddle\nreturn_something()\nend\n"

    place, followed = follow(line(2), "begin\nmiddle\nreturn_something()\nend\n", twice)

    assert (place, followed) in {
        (Anchor("line", "tool.py", 3, 3), "moved"),
        (Anchor("file", "tool.py"), "lost"),
    }
    assert follow(line(1), twins.replace("one = first_value()\n", ""), twins)[1] != "here"


def test_a_blank_line_that_matches_somewhere_is_no_place() -> None:
    old = "alpha_one()\n\nbeta_two()\n"
    new = "gamma_three_x()\n\n12345678\n"

    assert follow(line(1, 3), new, old) == (Anchor("file", "tool.py"), "lost")


def test_a_missing_last_line_end_is_no_change() -> None:
    assert follow(line(11), SOURCE.removesuffix("\n")) == (line(11), "here")


def test_a_file_that_is_gone_is_lost_altogether() -> None:
    assert place_of(line(5), SOURCE.encode(), None) == (Anchor(), "lost")
    assert place_of(Anchor("file", "tool.py"), b"x", None) == (Anchor(), "lost")


def test_a_file_that_is_no_text_any_more_loses_its_lines() -> None:
    assert place_of(line(5), SOURCE.encode(), b"\xff\xfe") == (Anchor("file", "tool.py"), "lost")


def test_a_file_stays_the_file_whatever_is_in_it() -> None:
    assert place_of(Anchor("file", "tool.py"), b"x", b"\xff") == (Anchor("file", "tool.py"), "here")


def test_a_carriage_return_or_form_feed_makes_no_line() -> None:
    old = "one\x0c\x1c still one\r\ntwo_is_the_line\n"

    assert follow(line(2), f"zero\n{old}", old) == (line(3), "moved")


def test_names_are_lost_when_they_were_there_and_are_gone() -> None:
    anchor = Anchor("test", name="test_one")

    assert anchors.named_place(anchor, {"test_one"}, set()) == (anchor, "lost")
    assert anchors.named_place(anchor, {"test_one"}, {"test_one"}) == (anchor, "here")


@pytest.mark.parametrize(
    "anchor",
    [
        Anchor("line", "tool.py"),
        Anchor("line", "tool.py", 5, 4),
        Anchor("line", "tool.py", -1, 4),
        Anchor("line", "", 5, 5),
        Anchor("line", "tool.py", 1, 10_000_000),
        Anchor("file", ""),
        Anchor("file", "x" * 401),
        Anchor("finding"),
        Anchor("criterion", name="beauty"),
    ],
    ids=str,
)
def test_what_is_no_place_is_refused(anchor: Anchor) -> None:
    with pytest.raises(AnchorError):
        anchors.checked(anchor)


def test_an_anchor_keeps_only_what_its_kind_is_made_of() -> None:
    noisy = Anchor("finding", "tool.py", 3, 4, "abc")

    assert anchors.checked(noisy) == Anchor("finding", name="abc")
    assert anchors.checked(Anchor("line", "tool.py", 3)) == line(3)
    assert anchors.checked(Anchor("proposal", "x", 1, 1, "y")) == Anchor()


def test_lines_that_a_file_does_not_have_are_refused() -> None:
    for data in (None, b"one\n", b"\xff"):
        with pytest.raises(AnchorError):
            anchors.check_there(line(2), data)


def test_a_quote_spells_out_what_hides_and_is_cut() -> None:
    hiding = "x = 1  # \u202eevil\n".encode()
    long = b"".join(b"line %d\n" % number for number in range(100))

    assert anchors.quote(line(1), hiding) == "x = 1  # <U+202E>evil"
    assert anchors.quote(line(1, 100), long).count("\n") == anchors.QUOTED_LINES


LINES = st.sampled_from(
    ["", "    pass", "}", "alpha = 1", "beta = 2", "return alpha", "total += x"]
)
TEXTS = st.lists(st.one_of(LINES, st.text("ab =1", max_size=8)), min_size=1, max_size=24)


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[str], list[str], Anchor]:
    """A text, the same after a few edits anywhere, and a range of the first."""
    old = draw(TEXTS)
    new = list(old)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(new)))
        gone = draw(st.integers(0, 4))
        new[at : at + gone] = draw(st.lists(LINES, max_size=4))
    first = draw(st.integers(1, len(old)))
    last = draw(st.integers(first, len(old)))
    return old, new, line(first, last)


def written(lines: list[str]) -> str:
    return "".join(f"{one}\n" for one in lines)


@given(edits())
def test_it_never_comes_to_rest_on_other_text_without_saying_so(
    case: tuple[list[str], list[str], Anchor],
) -> None:
    old, new, anchor = case
    wanted = old[anchor.line - 1 : anchor.end_line]

    place, followed = follow(anchor, written(new), written(old))

    found = new[place.line - 1 : place.end_line] if place.line else []
    if followed in ("here", "moved"):
        assert found == wanted
        assert (place == anchor) is (followed == "here")
    elif followed == "changed":
        assert 1 <= place.line <= place.end_line <= len(new)
        assert any(anchors.is_alike(one, other) for one in wanted for other in found)
    else:
        assert place == Anchor("file", "tool.py")


@given(TEXTS, st.lists(LINES, max_size=6), st.data())
def test_what_is_put_before_or_after_changes_no_place(
    old: list[str], more: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.integers(1, len(old)))
    unique = [f"{one} # {number}" for number, one in enumerate(old)]

    before = follow(line(first), written([*more, *unique]), written(unique))
    after = follow(line(first), written([*unique, *more]), written(unique))

    assert before == (line(first + len(more)), "moved" if more else "here")
    assert after == (line(first), "here")


def test_a_hostile_pair_of_files_is_followed_in_little_time() -> None:
    old = "".join(f"value_{number} = {number}\n" for number in range(4_000))
    new = "".join(f"value_{number} = {number + 1}\n" for number in range(4_000))

    assert follow(line(1, 500), new, old)[1] in ("changed", "lost")
