"""A batch of votes: what was shown is signed one by one, handed in together, and answered one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError
from toolvet.errors import UnreachableError
from toolvet_reviews.review_views import BulkAnswer, BulkResult

if TYPE_CHECKING:
    from toolvet.client.acts import Pen
    from toolvet.client.shown import Shown

MOST = 200
"""Items that the service takes at once."""


@dataclass(frozen=True)
class Batch:
    """Signed votes, each for exactly what was shown."""

    order: tuple[str, ...]
    """Ids of the proposals as they were listed."""
    items: tuple[Mapping[str, object], ...]
    unsigned: Mapping[str, BulkAnswer]
    """Those that could not be signed, and why."""

    @classmethod
    def sign(cls, pen: "Pen", shown: "Sequence[tuple[Shown, str]]") -> "Batch":
        """Sign a vote for each thing that was shown; the words beside it may be empty."""
        from toolvet.client.acts import Words

        items: list[Mapping[str, object]] = []
        unsigned: dict[str, BulkAnswer] = {}
        for one, note in shown:
            words = Words(note) if note.strip() else None
            try:
                envelope = pen.vote(one, words)
            except DifferenceError as error:
                left_out = BulkAnswer(one.view.id, done=False, code=error.code, message=str(error))
                unsigned[one.view.id] = left_out
                continue
            items.append(
                {
                    "proposal": one.view.id,
                    "digest": one.release,
                    "envelope": envelope.decode(),
                    "note": words.to_json() if words else None,
                }
            )
        return cls(tuple(one.view.id for one, _ in shown), tuple(items), unsigned)

    def hand_in(self, carrier: Client) -> BulkResult:
        """Hand the votes in, as many requests as it takes; a lost answer is asked for once more.

        Raises:
            UnreachableError: Nothing answers; some of the votes may have counted.
            RemoteError: The service refused a whole request.
        """
        answers = dict(self.unsigned)
        for start in range(0, len(self.items), MOST):
            part = self.items[start : start + MOST]
            try:
                result = carrier.bulk("approve", part)
            except UnreachableError:
                result = carrier.bulk("approve", part)
            answers |= {one.proposal: one for one in result.items}
        return BulkResult(tuple(answers[proposal] for proposal in self.order))
