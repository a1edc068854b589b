"""One proposal as every face shows it: the brief in order, checked, with what stands against it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from inhabited import Inhabited, inhabited

from toolvet.client.client import Client
from toolvet.client.review import Review, open_review
from toolvet_reviews.brief import BriefSection

SOURCE = '''
"""Discounts."""


def discount(cents: int, percent: int) -> int:
    """Take a discount off a price.

    Args:
        cents: The price.
        percent: How much, from 0 to 100.
    """
    return cents - cents * percent // 100
'''
EXAMPLES: list[Any] = [{"arguments": {"cents": 200, "percent": 10}, "result": 180}]
WRONG: list[Any] = [{"arguments": {"cents": 200, "percent": 10}, "result": 1}]


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    folder: Path = tmp_path_factory.mktemp("house")
    with inhabited(folder) as found:
        yield found


@pytest.fixture(scope="module")
def author(living: Inhabited) -> Client:
    return living.house.of(living.run(living.house.agent("author")))


def reviewed(
    living: Inhabited, author: Client, source: str, examples: Sequence[Any] = EXAMPLES
) -> Review:
    sent = author.submit_inline(source, examples, again=True)
    living.run(living.house.verdict(sent.id))
    client = living.house.of(living.house.person)
    return open_review(client, client.service(), sent.id)


def section(review: Review, key: str) -> BriefSection:
    return next(one for one in review.sections if one.key == key)


def words(review: Review, key: str) -> str:
    return "\n".join(f"{line.label}: {line.text}" for line in section(review, key).lines)


def test_a_reviewer_reads_what_it_is_what_it_may_what_changed_and_what_is_wrong(
    living: Inhabited, author: Client
) -> None:
    review = reviewed(living, author, SOURCE)

    assert [one.key for one in review.sections] == [
        "is", "may", "changed", "wrong", "tried", "rubric", "talk",
    ]  # fmt: skip
    assert "tool: default/discount, new" in words(review, "is")
    assert "takes: percent (integer): How much, from 0 to 100." in words(review, "is")
    assert "may: nothing but compute" in words(review, "may")
    assert not [line for line in section(review, "wrong").lines if line.tone == "bad"]
    assert review.shown is not None
    assert review.why_not == ""


def test_a_failed_one_is_shown_with_what_is_wrong_and_cannot_be_approved(
    living: Inhabited, author: Client
) -> None:
    review = reviewed(living, author, SOURCE.replace("discount", "wrong_discount"), WRONG)

    assert review.shown is None
    assert review.why_not == "it is back with its author"
    wrong = section(review, "wrong").lines
    assert wrong[0].tone == "bad"
    assert any(line.label == "examples" and line.tone == "bad" for line in wrong)
    assert any(line.label == "error" for line in wrong)


def test_an_update_names_each_term_that_is_another_one_now(
    living: Inhabited, author: Client
) -> None:
    first = reviewed(living, author, SOURCE.replace("discount", "rebate"))
    living.run(living.house.approve(first.view.id))

    second = reviewed(
        living,
        author,
        SOURCE.replace("discount", "rebate")
        .replace("Take a", "Work out a")
        .replace("// 100", "/ 100")
        .replace("-> int", "-> float"),
        [{"arguments": {"cents": 200, "percent": 10}, "result": 180.0}],
    )

    changed = words(second, "changed")
    assert "description: Take a rebate off a price." in changed
    assert "→  Work out a rebate off a price." in changed
    assert "outputSchema.type: integer  →  number" in changed
    assert "rebate.py: changed, +3 -3" in changed
    assert {change.path: change.status for change in second.files}["rebate.py"] == "changed"
    assert second.shown is not None


def test_names_and_comments_that_hide_something_are_spelled_out(
    living: Inhabited, author: Client
) -> None:
    review = reviewed(living, author, SOURCE.replace("discount", "shown"))
    living.house.of(living.house.person).comment(review.view.id, "fine\u202e\x1b[2J \n[b]x[/b]")

    client = living.house.client
    again = open_review(client, client.service(), review.view.id)

    assert "fine<U+202E><U+001B>[2J [b]x[/b]" in words(again, "talk")
