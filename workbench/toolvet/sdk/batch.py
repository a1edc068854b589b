"""What a tool that works through many items answers."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class BatchResult:
    """The account of one batch. It is incomplete while `retry` or `uncertain` is not empty.

    An incomplete result does not settle the call: called again with the same key it goes on.

    Attributes:
        sent: Items done in this call.
        skipped: Items that were done before.
        failed: Items that will never succeed, each with its reason.
        uncertain: Keys of items of which a crash left in doubt whether they were done.
        retry: Keys of items to be tried again.
    """

    sent: int = 0
    skipped: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])
    uncertain: list[str] = field(default_factory=list[str])
    retry: list[str] = field(default_factory=list[str])

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do or to settle."""
        return not self.uncertain and not self.retry
