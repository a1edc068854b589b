"""Evidence at the screen: what was tried, cases that become tests, checks that come in one by one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from at_screen import Person, seated
from canned_desk import CannedDesk
from textual.widgets import TextArea

from toolvet.client.review import Review
from toolvet_reviews.brief import brief
from toolvet_reviews.values import Json
from toolvet_reviews.views import EvidenceView, FindingView

TEST = "def test_add_of_nothing() -> None:\n    assert add([]) == 0\n"
CASES: list[Json] = [
    {"arguments": {"n": []}, "what": "crash", "message": "IndexError", "test": TEST},
    {"arguments": {"n": [1]}, "what": "schema", "message": "x", "test": TEST.replace("[]", "[1]")},
]
PROPERTIES = EvidenceView(
    "properties", "failed", "1 error: IndexError",
    findings=(FindingView("properties.crash", "error", "crash", "IndexError", "send_reminders.py", 18),),
    measurements={"generated": 90, "distinct_results": 40, "cases": CASES},
)  # fmt: skip
STRENGTH = EvidenceView(
    "strength", "warned", "weak",
    measurements={
        "mutants": 10, "killed": 4, "score": 40,
        "survivors": [{"path": "send_reminders.py", "line": 7, "label": "`<` became `<=`"}],
    },
)  # fmt: skip


def with_evidence(*found: EvidenceView) -> Callable[[Review], Review]:
    """The same review with other evidence, its brief written anew."""

    def change(review: Review) -> Review:
        line = replace(review.view.rubric[0], evidence=tuple(one.check for one in found))
        view = replace(review.view, evidence=found, rubric=(line, *review.view.rubric[1:]))
        return replace(
            review, view=view, sections=brief(view, manifest=None, base=None, files=review.files)
        )

    return change


async def opened(person: Person) -> None:
    await person.until(lambda: person.queue.is_read)
    await person.opens("P-12")


def desk_with(*found: EvidenceView) -> CannedDesk:
    desk = CannedDesk(seconds_left=900.0)
    desk.changed["P-12"] = with_evidence(*found)
    return desk


def test_the_brief_says_what_was_tried_and_the_rubric_leads_to_it() -> None:
    async def play() -> None:
        async with seated(desk_with(PROPERTIES, STRENGTH)) as person:
            await opened(person)

            assert "90 inputs made from the schema, 40 results" in person.paper("brief")
            assert "4 of 10 small faults were noticed, 40 %" in person.paper("rubric")
            assert "send_reminders.py:7: `<` became `<=`" in person.paper("rubric")
            await person.press("7", "j", "j", "enter")
            await person.until(lambda: person.review.pane == "code")

    asyncio.run(play())


def test_one_key_offers_a_failing_case_as_a_test_and_sends_it_as_a_comment() -> None:
    async def play() -> None:
        desk = desk_with(PROPERTIES)
        async with seated(desk) as person:
            await opened(person)
            await person.press("T")
            await person.until(lambda: person.question == "WordsDialog")
            assert TEST.strip() in person.find("#words", TextArea).text
            assert desk.done == []
            await person.press("ctrl+s")
            await person.sees("Said.")

            [thread] = desk.canned.state("P-12").threads
            assert thread.anchor.kind == "proposal"
            assert f"```python\n{TEST}```" in thread.said[0].text
            assert not desk.canned.state("P-12").drafts

    asyncio.run(play())


def test_pressed_again_it_offers_the_next_case_and_leaving_sends_nothing() -> None:
    async def play() -> None:
        desk = desk_with(PROPERTIES)
        async with seated(desk) as person:
            await opened(person)
            offered: list[bool] = []
            for _ in range(3):
                await person.press("T")
                await person.until(lambda: person.question == "WordsDialog")
                offered.append("add([1])" in person.find("#words", TextArea).text)
                await person.press("escape")
                await person.until(lambda: person.question == "")

            assert offered == [False, True, False]
            assert desk.done == []

    asyncio.run(play())


def test_without_a_failing_case_the_key_says_so() -> None:
    async def play() -> None:
        async with seated(desk_with(STRENGTH)) as person:
            await opened(person)
            await person.press("T")
            await person.sees("No check found a failing case here.")

    asyncio.run(play())


def test_what_is_being_verified_grows_on_the_screen_without_any_event() -> None:
    async def play() -> None:
        desk = CannedDesk()
        [item] = [one for one in desk.items if one.id == "P-12"]
        desk.items = [replace(item, state="verifying", verdict="pending")]
        found: list[EvidenceView] = []

        def growing(review: Review) -> Review:
            view = replace(
                review.view, evidence=tuple(found), awaiting=("mypy", "tests"), rubric=()
            )
            return replace(
                review,
                view=view,
                sections=brief(view, manifest=None, base=None, files=review.files),
            )

        desk.changed["P-12"] = growing
        async with seated(desk) as person:
            await opened(person)
            assert "waits for mypy, tests" in person.paper("brief")
            found.append(EvidenceView("ruff", "passed", "nothing found"))
            await person.until(lambda: "nothing found" in person.paper("rubric"))

    asyncio.run(play())
