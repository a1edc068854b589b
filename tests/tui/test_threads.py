"""Saying something at the screen: remarks, drafts that last, answers, resolving, lifting."""

import asyncio
from dataclasses import replace
from pathlib import Path

from at_screen import Person, seated
from canned_desk import NOW, PASSPHRASE, CannedDesk, ago
from textual.widgets import TextArea

from toolvet.errors import HomeError
from toolvet_reviews.review_views import (
    Anchor,
    DraftRemark,
    ObjectionView,
    ReviewState,
    Said,
    ThreadView,
)
from toolvet_tui.drafts_kept import DraftsKept
from toolvet_tui.options import Options
from toolvet_tui.paper import Paper
from toolvet_tui.thread_dialogs import RemarkDialog

PLACE = Anchor("line", "send_reminders.py", 17, 17)


def said(text: str, author: str = "ben", kind: str = "remark", machine: str = "human") -> Said:
    return Said("s", author, "p", machine, text, ago(hours=1), 1, None, kind)  # type: ignore[arg-type]


def thread(name: str = "t1", *, blocking: bool = False, anchor: Anchor = PLACE) -> ThreadView:
    words = (said("Which host?"), said("Only ours.", "claude", "answer", "agent"))
    return ThreadView(name, anchor, 1, anchor, "moved", blocking, resolved=False, said=words)


def desk_with(*threads: ThreadView, is_open: bool = True, **more: object) -> CannedDesk:
    desk = CannedDesk(seconds_left=900.0 if is_open else 0.0)
    desk.canned.keep(replace(ReviewState("P-12", threads), **more))  # type: ignore[arg-type]
    return desk


async def opened(person: Person) -> None:
    await person.opens("P-12")
    await person.until(lambda: person.review.reading and person.review.reading.state)


async def begin(person: Person, *keys: str) -> RemarkDialog:
    await person.press(*keys)
    await person.until(lambda: person.question == "RemarkDialog")
    found = person.app.screen
    assert isinstance(found, RemarkDialog)
    return found


def words(desk: CannedDesk) -> list[str]:
    state = desk.canned.state("P-12")
    return [one.text for found in state.threads for one in found.said]


def test_a_remark_is_published_about_the_line_the_cursor_is_on() -> None:
    async def play() -> None:
        desk = desk_with()
        async with seated(desk) as person:
            await opened(person)
            await begin(person, "2", "m")
            await person.write("why gone")
            await person.press("ctrl+s")
            await person.sees("Said.")

            [found] = desk.canned.state("P-12").threads
            assert found.anchor.path == "send_reminders.py"
            assert words(desk) == ["why gone"]
            assert not desk.canned.state("P-12").drafts

    asyncio.run(play())


def test_a_range_is_marked_and_an_edit_begins_with_its_lines() -> None:
    async def play() -> None:
        desk = desk_with()
        async with seated(desk) as person:
            await opened(person)
            person.review.code.open("send_reminders.py", 16)
            await person.press("2", "shift+down", "shift+down")
            dialog = await begin(person, "m")
            await person.press("ctrl+g")
            await person.until(lambda: dialog.draft.suggestion is not None)

            assert (dialog.draft.anchor.line, dialog.draft.anchor.end_line) == (16, 18)
            assert (dialog.draft.suggestion or "").count("\n") == 2
            assert "body = {" in (dialog.draft.suggestion or "")
            await person.press("ctrl+s")
            assert "Say it in words" in dialog.said

    asyncio.run(play())


def test_what_is_typed_stays_a_draft_and_no_letter_decides_anything() -> None:
    async def play() -> None:
        desk = desk_with()
        async with seated(desk) as person:
            await opened(person)
            await begin(person, "2", "m")
            await person.write("axcyquvnKLs")
            await person.press("escape")
            await person.sees("Kept as a draft")

            assert desk.done == []
            assert person.question == ""
            await person.until(lambda: desk.canned.state("P-12").drafts)
            dialog = await begin(person, "m")
            assert dialog.query_one("#words", TextArea).text == "axcyquvnKLs"

    asyncio.run(play())


def test_a_draft_is_on_the_disk_at_the_pause_and_needs_no_key(tmp_path: Path) -> None:
    async def play() -> None:
        desk = desk_with(is_open=False)
        options = Options(config_dir=tmp_path, clock=lambda: NOW)
        async with seated(desk, options=options) as person:
            await opened(person)
            dialog = await begin(person, "2", "m")
            await person.write("half a thou")
            dialog.keep_now()  # as the pause does

            [kept] = DraftsKept(tmp_path, desk.where).all("P-12")
            assert kept.text == "half a thou"
            assert desk.canned.calls == []

    asyncio.run(play())


def test_a_draft_of_a_killed_app_is_there_again_and_goes_out_with_s(tmp_path: Path) -> None:
    async def play() -> None:
        desk = desk_with(is_open=False)
        draft = DraftRemark("d1", PLACE, "as it was", ago(minutes=5))
        DraftsKept(tmp_path, desk.where).put("P-12", draft)
        options = Options(config_dir=tmp_path, clock=lambda: NOW)
        async with seated(desk, options=options) as person:
            await opened(person)
            await person.until(lambda: "as it was" in person.paper("talk"))
            assert "nobody else sees them" in person.paper("talk")
            await person.press("s")
            await person.until(lambda: person.question == "PassphraseDialog")
            await person.paste(PASSPHRASE)
            await person.press("enter")
            await person.sees("Said.")

            assert words(desk) == ["as it was"]
            assert DraftsKept(tmp_path, desk.where).all("P-12") == ()

    asyncio.run(play())


def test_a_draft_that_is_forgotten_is_gone_everywhere(tmp_path: Path) -> None:
    async def play() -> None:
        desk = desk_with()
        options = Options(config_dir=tmp_path, clock=lambda: NOW)
        async with seated(desk, options=options) as person:
            await opened(person)
            dialog = await begin(person, "2", "m")
            await person.write("no")
            dialog.keep_now()
            await person.until(lambda: desk.canned.state("P-12").drafts)
            await person.press("ctrl+r")
            await person.sees("Forgotten.")

            assert not desk.canned.state("P-12").drafts
            assert DraftsKept(tmp_path, desk.where).all("P-12") == ()
            assert words(desk) == []

    asyncio.run(play())


def test_what_the_service_does_not_take_is_said_and_stays_a_draft() -> None:
    async def play() -> None:
        desk = desk_with()
        async with seated(desk) as person:
            await opened(person)
            await begin(person, "2", "m")
            await person.write("why")
            desk.fault = HomeError("it is gone")
            await person.press("ctrl+s")
            await person.sees("It is kept as a draft, and was not published.")
            desk.fault = None

            assert [one.text for one in person.review.kept.all("P-12")] == ["why"]

    asyncio.run(play())


def test_answers_of_the_author_stand_beside_the_question_labelled() -> None:
    async def play() -> None:
        async with seated(desk_with(thread(blocking=True)), size=(100, 40)) as person:
            await opened(person)
            text = person.paper("talk")

            assert text.index("Which host?") < text.index("Only ours.")
            assert "claude (agent) answers" in text
            assert "blocks approval" in text
            await person.press("2")
            drawn = person.review.code.query_one("#view")
            shown = "\n".join(drawn.render_line(y).text for y in range(drawn.size.height))
            assert "claude (agent): answers: Only ours." in shown

    asyncio.run(play())


def test_enter_on_a_thread_leads_to_its_line_and_m_answers_it() -> None:
    async def play() -> None:
        desk = desk_with(thread())
        async with seated(desk) as person:
            await opened(person)
            await person.press("8")
            page = person.review.query_one("#talk", Paper)
            at = next(n for n, one in enumerate(page.blocks) if one.thread == "t1")
            page.go_to(at)
            await begin(person, "m")
            await person.write("thanks")
            await person.press("ctrl+s")
            await person.sees("Said.")
            assert words(desk)[-1] == "thanks"
            page.go_to(at)
            await person.press("enter")
            await person.until(lambda: person.review.pane == "code")
            assert person.review.code.place == ("send_reminders.py", 17)

    asyncio.run(play())


def test_z_resolves_the_thread_under_the_cursor_and_opens_it_again() -> None:
    async def play() -> None:
        desk = desk_with(thread())
        async with seated(desk) as person:
            await opened(person)
            await person.press("8")
            page = person.review.query_one("#talk", Paper)
            for expected, sentence in ((True, "Resolved."), (False, "It is open again.")):
                page.go_to(next(n for n, one in enumerate(page.blocks) if one.thread == "t1"))
                await person.press("z")
                await person.sees(sentence)
                assert desk.canned.state("P-12").threads[0].resolved is expected
                await person.until(lambda want=expected: _resolved(person) is want)

    asyncio.run(play())


def _resolved(person: Person) -> bool | None:
    reading = person.review.reading
    return reading.state.threads[0].resolved if reading and reading.state else None


def test_z_where_there_is_no_thread_says_so() -> None:
    async def play() -> None:
        desk = desk_with()
        async with seated(desk) as person:
            await opened(person)
            await person.press("z")
            await person.sees("The cursor is in no thread.")

    asyncio.run(play())


def test_an_objection_of_ones_own_is_lifted_and_one_of_others_is_not() -> None:
    async def play() -> None:
        other = ObjectionView("ben", "q", 1, ago(hours=2), "no")
        mine = ObjectionView("ada", "p", 1, ago(hours=1), "not yet")
        desk = desk_with(objections=(other,))
        async with seated(desk) as person:
            await opened(person)
            assert "stands until they lift it" in person.paper("talk")
            await person.press("o")
            await person.sees("No word of yours stands against it.")
            desk.canned.keep(replace(desk.canned.state("P-12"), objections=(other, mine)))
            await person.press("r")
            await person.until(lambda: "ada, revision 1" in person.paper("talk"))
            await person.press("o")
            await person.sees("Your word is lifted.")
            assert ("lift", "P-12", "") in desk.canned.calls

    asyncio.run(play())


def test_a_revision_that_comes_while_one_writes_closes_the_dialog_and_keeps_the_words() -> None:
    async def play() -> None:
        desk = desk_with()
        async with seated(desk) as person:
            await opened(person)
            await begin(person, "2", "m")
            await person.write("about the old one")
            desk.changed["P-12"] = lambda review: replace(
                review, view=replace(review.view, revision=3, revision_digest="sha256:" + "0" * 64)
            )
            desk.say("proposal:revise")
            await person.sees("Revision 3 came while you looked")
            await person.until(lambda: not person.question)

            assert [one.text for one in person.review.unsent()] == ["about the old one"]

    asyncio.run(play())


def test_a_remark_is_about_what_the_cursor_is_on_in_every_pane() -> None:
    async def play() -> None:
        desk = desk_with()
        async with seated(desk) as person:
            await opened(person)
            for key, kind in (("4", "field"), ("7", "criterion")):
                await person.press(key)
                page = person.review.paper(person.review.pane)
                page.go_to(next(n for n, one in enumerate(page.blocks) if one.about is not None))
                dialog = await begin(person, "m")
                assert dialog.draft.anchor.kind == kind
                await person.press("escape")
                await person.until(lambda: not person.question)

    asyncio.run(play())
