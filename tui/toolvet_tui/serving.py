"""Acts on what is served, for every screen that shows a tool: back to a version, stop."""

from functools import partial

from textual import work

from toolvet.client.shapes import ReleaseItem
from toolvet_reviews.brief import Tone
from toolvet_reviews.words import kind_in_words, may_do, one_line
from toolvet_tui.choice_dialog import ChoiceDialog
from toolvet_tui.dialogs import WordsDialog
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.history_list import when
from toolvet_tui.look_screen import LookScreen
from toolvet_tui.paper import Block
from toolvet_tui.plain import short
from toolvet_tui.tool_acts import Earlier, earlier, may_return, roll_back, stop


class Serving(LookScreen):
    """A screen on which one tool is at hand."""

    def at_hand(self) -> str:
        """Name the tool, as it is advertised; empty when there is none."""
        raise NotImplementedError

    def version_at_hand(self) -> int | None:
        """Name the version that is pointed at, if one is."""
        return None

    @work
    async def action_rollback(self) -> None:
        """Serve another version again: chosen, with words, shown, signed."""
        tool = self.at_hand()
        with self.one_at_a_time() as free, telling(self.banner.tell):
            if not free or not tool:
                return
            version = self.version_at_hand() or await self._choose(tool)
            if version is None:
                return
            reason = await self.ask(
                WordsDialog(
                    f"Why is version {version} of {one_line(tool, 80)} served again?", "go on"
                )
            )
            if reason is None:
                return
            to = await in_thread(partial(earlier, self.desk, tool, version))
            question = f"Serve version {version} of {one_line(tool, 80)} again?"
            blocks = what_returns(to, reason)
            if not await self.ask(self.sure(question, blocks, "sign with your key")):
                self.banner.say("Nothing was signed.")
            elif await self.is_unlocked():
                self.banner.say("Waiting for the service …")
                view = await in_thread(partial(roll_back, self.desk, to, reason))
                self.banner.say(f"{one_line(tool, 80)} serves version {view.version}.", tone="good")
                self.read()

    async def _choose(self, tool: str) -> int | None:
        releases = may_return(await in_thread(lambda: self.reads_as.releases(tool)))
        choices = [(f"version {one.version}", _release(one), "") for one in releases]
        picked = await self.ask(ChoiceDialog("Which version is served again?", choices))
        return int(picked.rsplit(" ", 1)[1]) if picked else None

    @work
    async def action_stop(self) -> None:
        """Stop serving it, with words."""
        tool = self.at_hand()
        with self.one_at_a_time() as free, telling(self.banner.tell):
            if not free or not tool:
                return
            name = one_line(tool, 80)
            asked = f"Why is {name} stopped?  At once, and for everybody who calls it"
            reason = await self.ask(WordsDialog(asked, "stop serving it"))
            if reason is None or not await self.is_unlocked():
                self.banner.say("Nothing was done.")
                return
            self.banner.say("Waiting for the service …")
            await in_thread(partial(stop, self.desk, tool, reason))
            self.banner.say(f"{name} is not served any more.", tone="good")
            self.read()


def what_returns(to: Earlier, reason: str) -> list[Block]:
    """Write what the statement about a version will say, from its checked bytes."""
    kind = str(to.approved.effects.get("kind", ""))
    tone: Tone = "bad" if kind == "destructive" else "plain"
    now = f"version {to.current.version}, {short(to.current.digest)}" if to.current else "nothing"
    return [
        Block(f"version {to.release.version}, {_release(to.release)}", "serve"),
        Block(now, "instead of"),
        Block(kind_in_words(kind) if kind else "?", "kind", tone),  # pyright: ignore[reportArgumentType]
        Block("; ".join(may_do(to.approved.effects)), "may", tone),
        Block(reason, "because"),
        Block("it is served at once to every caller with a grant for it", "then"),
        Block(one_line(to.release.digest, 100), "release", "quiet"),
    ]


def _release(one: ReleaseItem) -> str:
    return (
        f"published {when(one.published_at)} as {one_line(one.proposal, 20)}, {short(one.digest)}"
    )
