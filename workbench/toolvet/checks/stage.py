"""What the runs of one example share: a host, fakes, folders. Its state outlasts a run."""

import asyncio
from dataclasses import dataclass

from toolvet.checks.fake_host import FakeHost
from toolvet.checks.fake_network import FakeWorld
from toolvet.checks.fakes import Fakes
from toolvet.checks.observing import Runs, claims_of, line_of
from toolvet.sandbox import Outcome
from toolvet_reviews.values import Digest
from toolvet_reviews.words import counted


@dataclass(frozen=True)
class Left:
    """What a run left behind, as far as two runs are held against each other."""

    store: Digest
    sent: Digest
    """Mails, and requests that do their work again when they are sent again."""
    mails: int
    folders: str
    """Digest of what writable folders hold; empty when there are none."""

    def beside(self, later: "Left") -> str:
        """Say what another run changed; empty when it changed nothing."""
        more = later.mails - self.mails
        if more:
            return f"sent {counted(more, 'mail')} again"
        if self.sent != later.sent:
            return "sent a request again that does its work again"
        if self.folders != later.folders:
            return "left other files behind"
        return "left another state behind" if self.store != later.store else ""


@dataclass(frozen=True)
class Stage:
    """Everything trusted that the runs of one example meet."""

    fakes: Fakes
    host: FakeHost
    world: FakeWorld

    async def set_up(self) -> None:
        """Put back what earlier runs changed in folders."""
        if self.fakes.takes_turns:
            await asyncio.to_thread(self.fakes.refill)

    async def left(self) -> Left:
        """Look at everything that a run may leave behind."""
        folders = await asyncio.to_thread(self.fakes.left) if self.fakes.takes_turns else ""
        return Left(self.host.state(), self.world.state(), len(self.world.mails), folders)

    def sending_line(self, runs: Runs) -> tuple[str, int]:
        """Find the line that sent something last: file and line, or nothing."""
        return line_of(runs, self.world.seen[-1]) if self.world.seen else ("", 0)

    def runs(self, *outcomes: Outcome) -> Runs:
        """Give all that is known of runs, once they are over."""
        return Runs(
            self.fakes,
            seen=self.world.seen,
            watched=[one.watched for one in outcomes if one.watched is not None],
            claims=claims_of(self.host.claims),
            host=self.host,
        )
