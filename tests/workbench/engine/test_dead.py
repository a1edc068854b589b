"""What was given up waits for a person: shown, replayed by a signed act under today's rules, or dropped."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Generator
from dataclasses import replace
from typing import Any

import pytest
from house import House, Member

from toolvet.client.dead import ReplayedLetter
from toolvet.client.errors import RemoteError
from toolvet.engine import dead, retry
from toolvet_reviews import canonical
from toolvet_reviews.events import Verb
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import CallView, DeadView

Run = Callable[[Coroutine[Any, Any, Any]], Any]
_orders = itertools.count(1)

PUSH = {
    "push.py": '''"""Push an order to a partner that is sometimes busy."""

from toolvet.sdk import Context, ToolError


class PartnerBusyError(ToolError):
    """The partner asks to come back later."""

    code = "partner.busy"


def push(order: str, busy: int, ctx: Context) -> int:
    """Push an order to a partner that is sometimes busy.

    Args:
        order: Which one.
        busy: How many times the partner turns it down; below zero, for ever.

    Returns:
        How often it was turned down before.

    Raises:
        PartnerBusyError: It was turned down.
    """
    before = int(ctx.store["tries"].get(order, 0))
    if busy < 0 or before < busy:
        ctx.store["tries"].put(order, before + 1)
        ctx.log.info("push.turned_down", before=before)
        raise PartnerBusyError("come back later")
    if order.startswith("odd"):
        ctx.dead_letter({"order": order}, "an odd order")
    added = ctx.store["pushed"].add_if_absent(order, {"order": order})
    ctx.log.info("push.done", before=before, added=added)
    return before
''',
    "tests/test_push.py": """import pytest
from push import PartnerBusyError, push

from toolvet.sdk import Context


def test_an_order_is_pushed_once() -> None:
    ctx = Context.for_tests()
    assert push("a", busy=0, ctx=ctx) == 0
    assert push("a", busy=0, ctx=ctx) == 0
    assert ctx.memory.collections["pushed"] == {"a": {"order": "a"}}


def test_it_counts_how_often_it_was_turned_down() -> None:
    ctx = Context.for_tests()
    with pytest.raises(PartnerBusyError):
        push("a", busy=1, ctx=ctx)
    assert push("a", busy=1, ctx=ctx) == 1


def test_an_odd_order_is_left_to_a_person() -> None:
    ctx = Context.for_tests()
    push("odd", busy=0, ctx=ctx)
    assert [one["item"] for one in ctx.memory.dead_letters] == [{"order": "odd"}]
""",
    "tool.toml": """[tool]
name = "push"
summary = "Push an order to a partner that is sometimes busy."
entry = "push:push"

[effects]
kind = "write"
store = ["tries", "pushed"]

[idempotency]
key = ["order"]
may_grow = ["busy"]

[retry]
on = ["PartnerBusyError"]
attempts = 3

[[examples]]
arguments = { order = "a", busy = 0 }
result = 0
""",
}

OTHER_PUSH = {
    name: text.replace("busy: int", "busy: int, partner: str")
    .replace("    Returns:", "        partner: To whom.\n\n    Returns:", 1)
    .replace("for ever.\n\n", "for ever.\n", 1)
    .replace("ctx=ctx)", 'partner="p", ctx=ctx)')
    .replace("busy = 0 }", 'busy = 0, partner = "p" }')
    for name, text in PUSH.items()
}
"""A release that takes one argument more."""


@pytest.fixture
def order() -> str:
    """An operation nobody else is about."""
    return f"order-{next(_orders)}"


@pytest.fixture(scope="module", autouse=True)
def published(home: House, run: Run) -> Generator[None]:
    """The tool, a caller with a grant, a person with a grant, and hardly any pause."""
    patch = pytest.MonkeyPatch()
    patch.setattr(retry, "BASE_S", 0.001)

    async def prepare() -> None:
        await home.publish(home.members["bot"], PUSH)
        await home.grant(home.person, "*/push")

    run(prepare())
    yield
    patch.undo()


def call(
    home: House, order: str, busy: int, key: str | None = None
) -> Coroutine[Any, Any, CallView]:
    arguments: JsonObject = {"order": order, "busy": busy}
    return home.call(home.members["bot"], "push", arguments, key=key)


async def waiting(home: House, order: str) -> list[DeadView]:
    """Every open letter that is about an order, as the first person sees it."""

    def look() -> list[DeadView]:
        client = home.of(home.person)
        shown = [client.dead_letter(one.id) for one in client.all_dead_letters()]
        return [one for one in shown if order in str((one.arguments, one.item))]

    return await asyncio.to_thread(look)


async def gave_up(home: House, order: str, busy: int, key: str | None = None) -> DeadView:
    answer = await call(home, order, busy, key)
    assert (answer.status, answer.code) == ("failed", "partner.busy")
    [letter] = await waiting(home, order)
    return letter


async def replay(home: House, letter: DeadView, by: Member | None = None) -> ReplayedLetter:
    def hand_in() -> ReplayedLetter:
        person = by or home.person
        signed = home.pen(person).replay(letter)
        return home.of(person).replay_dead(letter.id, signed.envelope, signed.document)

    return await asyncio.to_thread(hand_in)


async def refused(home: House, letter: DeadView, by: Member | None = None) -> str:
    with pytest.raises(RemoteError) as error:
        await replay(home, letter, by)
    return error.value.code


def test_a_busy_partner_is_asked_again_and_nobody_hears_of_it(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        answer = await call(home, order, 2)
        assert (answer.status, answer.result) == ("succeeded", 2)
        assert await waiting(home, order) == []

    run(play())


def test_the_record_of_a_call_says_how_often_it_was_tried_and_why(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        answer = await call(home, order, 1)
        with home.services.store.read() as view:
            [row] = view.entries_about(answer.id, [Verb.CALL_RUN])
            payloads = {one.name: one.body for one in view.payloads(row.index)}
        leaf: Any = canonical.parse(row.leaf)
        assert leaf["facts"]["attempt"] == 2
        [failure] = canonical.parse(payloads["attempts"] or b"")  # type: ignore[misc]
        assert failure["code"] == "partner.busy"  # type: ignore[index, call-overload]

    run(play())


def test_what_every_attempt_failed_is_kept_with_all_that_a_replay_needs(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, -1, key="mine")

        assert (letter.tool, letter.caller, letter.key) == ("default/push", "bot", "mine")
        assert (letter.attempts, letter.code, letter.state) == (3, "partner.busy", "open")
        assert letter.arguments == {"order": order, "busy": -1}
        assert (letter.is_item, letter.blocked) == (False, "")
        assert letter.serving == letter.release_digest

    run(play())


def test_who_insists_makes_one_letter_and_not_many(home: House, run: Run, order: str) -> None:
    async def play() -> None:
        first = await gave_up(home, order, -1)
        again = await gave_up(home, order, -1)

        assert (again.id, again.attempts, again.at) == (first.id, 6, first.at)
        assert again.call != first.call

    run(play())


def test_a_replay_runs_as_the_caller_settles_the_letter_and_is_in_the_log(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, 4)

        done = await replay(home, letter)

        assert (done.answer.status, done.answer.result) == ("succeeded", 4)
        assert (done.letter.state, done.letter.settled_by) == ("replayed", "person")
        with home.services.store.read() as view:
            [act] = view.entries_about(letter.id, [Verb.DEAD_REPLAY])
            [ran] = view.entries_about(done.answer.id, [Verb.CALL_RUN])
        assert (act.actor, act.act is not None) == (home.person.id, True)
        assert ran.actor == home.members["bot"].id
        assert act.index < ran.index
        assert home.services.standing.ledger.problems == []

    run(play())


def test_a_settled_letter_keeps_no_arguments_and_is_not_replayed_again(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, 3)
        await replay(home, letter)

        after = await asyncio.to_thread(home.of(home.person).dead_letter, letter.id)

        assert (after.state, after.arguments) == ("replayed", None)
        assert await refused(home, letter) == "dead.settled"

    run(play())


def test_a_replay_that_fails_leaves_the_letter_with_what_was_learned(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, -1)

        done = await replay(home, letter)

        assert (done.answer.status, done.letter.state) == ("failed", "open")
        assert (done.letter.attempts, done.letter.call) == (6, done.answer.id)

    run(play())


def test_a_replay_keeps_the_key_so_that_what_succeeded_meanwhile_is_not_done_twice(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, 4)
        first = await call(home, order, 0)
        assert (first.status, first.result) == ("succeeded", 3)

        done = await replay(home, replace(letter))

        assert (done.letter.state, done.answer.result) == ("replayed", 4)

    run(play())


def test_the_person_needs_a_grant_of_their_own(home: House, run: Run, order: str) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, -1)

        assert await refused(home, letter, home.members["ada"]) == "dead.not_granted"

    run(play())


def test_the_callers_grant_is_checked_again(home: House, run: Run, order: str) -> None:
    async def play() -> None:
        agent = await home.agent(f"agent-{order}")
        grant = await home.grant(agent, "*/push")
        answer = await home.call(agent, "push", {"order": order, "busy": -1})
        assert answer.code == "partner.busy"
        [letter] = await waiting(home, order)
        await asyncio.to_thread(home.of(home.person).revoke_grant, grant.id)

        assert await refused(home, letter) == "dead.not_granted"
        [shown] = await waiting(home, order)
        assert shown.blocked.startswith("dead.not_granted: ")

    run(play())


def test_a_caller_who_is_gone_is_not_replayed_for(home: House, run: Run, order: str) -> None:
    async def play() -> None:
        agent = await home.agent(f"agent-{order}")
        await home.grant(agent, "*/push")
        await home.call(agent, "push", {"order": order, "busy": -1})
        [letter] = await waiting(home, order)
        await asyncio.to_thread(home.of(home.person).revoke_principal, agent.name)

        assert await refused(home, letter) == "dead.not_replayable"

    run(play())


def test_an_act_about_other_arguments_is_refused(home: House, run: Run, order: str) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, -1)

        changed = replace(letter, arguments={"order": "another", "busy": 0})

        assert await refused(home, changed) == "dead.changed"

    run(play())


def test_an_agent_cannot_replay_or_discard_and_sees_its_own_letters_only(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, -1)
        bot, other = home.of(home.members["bot"]), home.of(home.members["other"])

        def ask() -> list[str]:
            codes: list[str] = []
            for step in (
                lambda: bot.replay_dead(letter.id, b"{}", b"{}"),
                lambda: bot.discard_dead(letter.id),
                lambda: other.dead_letter(letter.id),
            ):
                with pytest.raises(RemoteError) as error:
                    step()
                codes.append(error.value.code)
            assert bot.dead_letter(letter.id).arguments == letter.arguments
            assert list(other.all_dead_letters(everything=True)) == []
            return codes

        codes = await asyncio.to_thread(ask)
        assert codes[1:] == ["auth.forbidden", "dead.not_found"]

    run(play())


def test_a_discarded_letter_is_gone_from_the_list_and_on_record(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, -1)
        client = home.of(home.person)

        gone = await asyncio.to_thread(client.discard_dead, letter.id, "the order was cancelled")

        assert (gone.state, gone.settled_by) == ("discarded", "person")
        assert await waiting(home, order) == []
        with home.services.store.read() as view:
            assert len(view.entries_about(letter.id, [Verb.DEAD_DISCARD])) == 1

    run(play())


def test_an_item_of_a_finished_operation_is_not_called_done_by_a_replay(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        odd = f"odd-{order}"
        assert (await call(home, odd, 0)).status == "succeeded"
        [letter] = await waiting(home, odd)
        assert (letter.is_item, letter.item, letter.attempts) == (True, {"order": odd}, None)

        done = await replay(home, letter)

        assert (done.answer.replayed, done.letter.state) == (True, "open")

    run(play())


def test_pages_of_letters_join_up(home: House, run: Run) -> None:
    async def play() -> None:
        for number in range(3):
            await call(home, f"page-{number}", -1)
        person = await home.caller(home.person)
        every, _ = await dead.letters(home.services, person, limit=200)

        pages: list[DeadView] = []
        cursor: str | None = None
        while True:
            page, cursor = await dead.letters(home.services, person, cursor=cursor, limit=2)
            pages += page
            if cursor is None:
                break

        assert pages == every

    run(play())


def test_a_release_that_takes_other_arguments_refuses_the_old_ones(
    home: House, run: Run, order: str
) -> None:
    async def play() -> None:
        letter = await gave_up(home, order, -1)
        await home.publish(home.members["bot"], OTHER_PUSH)
        [shown] = await waiting(home, order)

        assert await refused(home, letter) == "call.arguments"
        assert shown.blocked.startswith("call.arguments: ")
        assert shown.serving != shown.release_digest

    run(play())
