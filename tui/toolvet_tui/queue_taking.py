"""Who does it, and when: claim, assign and put away, from the queue."""

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from toolvet.config import stamp
from toolvet_reviews.views import QueueItem
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.queue_dialogs import LineDialog, SnoozeDialog, until_of
from toolvet_tui.queue_reading import QueueReading


class QueueTaking(QueueReading):
    """Acts on the item under the cursor that decide nothing about it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "claim", "Take it, or give it back", show=False, id="queue.claim"),
        Binding("A", "assign", "Ask somebody to review it", show=False, id="queue.assign"),
        Binding("z", "snooze", "Put it away for a while", show=False, id="queue.snooze"),
    ]

    @property
    def item(self) -> QueueItem | None:
        """The item that is acted on."""
        raise NotImplementedError

    @work
    async def action_claim(self) -> None:
        """Take the item on oneself; or give it back, when it is one's own already."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            item = self.item
            if not free or item is None or not await self.is_unlocked():
                return
            owner = await in_thread(self.desk.owner)
            is_mine = item.claimed_by == owner.name
            await self._do(
                lambda: self.desk.person.claim(item.id, give_back=is_mine),
                f"{item.id} is free again." if is_mine else f"{item.id} is yours.",
            )

    @work
    async def action_assign(self) -> None:
        """Ask somebody to review the item; a `-` before the name takes them off it."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            item = self.item
            if not free or item is None or not await self.is_unlocked():
                return
            names = await in_thread(self._reviewers)
            question = f"Who is asked to review {item.id}?  -name takes somebody off it"
            dialog = LineDialog(question, does="ask them", known=names)
            name = await self.host.push_screen_wait(dialog)
            if not name:
                return
            is_off, name = name.startswith("-"), name.removeprefix("-").strip()
            await self._do(
                lambda: self.desk.person.assign(item.id, name, off=is_off),
                f"{name} is {'not asked any more' if is_off else 'asked'} to review {item.id}.",
            )

    @work
    async def action_snooze(self) -> None:
        """Put the item away until a moment, for oneself; it comes back with a new revision."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            item = self.item
            if not free or item is None:
                return
            now = self.seat.options.clock()
            answer = await self.host.push_screen_wait(SnoozeDialog(item.id, now))
            if answer is None or not await self.is_unlocked():
                return
            until = None if answer.lower() == "back" else until_of(answer, now)
            moment = None if until is None else stamp(until)
            said = (
                f"{item.id} is put away until {moment[:16]}." if moment else f"{item.id} is back."
            )
            await self._do(lambda: self.desk.person.snooze(item.id, moment), said.replace("T", " "))

    async def _do(self, act: Callable[[], object], said: str) -> None:
        await in_thread(act)
        self.banner.say(said, tone="good")
        self.read()

    def _reviewers(self) -> tuple[str, ...]:
        people = self.desk.person.principals()
        return tuple(one.name for one in people if one.kind == "human" and one.active and one.roles)
