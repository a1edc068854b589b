"""The durable ledger of a campaign: what is known of each recipient, written before and after.

A recipient is `begun` from before the mail is handed over until its fate is on record. Whoever is
found `begun` at the start of a run was in flight when an earlier one was killed: in doubt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from postbox import Outcome
from toolvet.sdk import Context, Put

AT_ONCE: Final = 500
"""Writes of one batch; the service takes a thousand."""

State = Literal["begun", "sent", "refused", "failed", "unclear"]
Settlement = Literal["sent", "not_sent"]

DOUBT: Final = frozenset({"begun", "unclear"})
"""States of a mail that may have been delivered or not."""
TWICE: Final = "in doubt again after it was settled as not sent once"


@dataclass(frozen=True)
class Known:
    """What the ledger says of one recipient."""

    state: State
    why: str = ""
    resent: bool = False
    """True once a person settled a doubt as not sent: there is no second resending."""


class Ledger:
    """The records of one template in one campaign, by address without its case."""

    def __init__(self, ctx: Context, campaign_id: str, template_id: str) -> None:
        self._records = ctx.store["campaign_ledger"]
        self._prefix = f"{campaign_id}/{template_id}/"
        self.known: dict[str, Known] = {}
        """By address in lower case, as it was when the run began."""

    def load(self) -> None:
        """Read every record of the campaign."""
        for key, value in self._records.scan(prefix=self._prefix):
            self.known[key[len(self._prefix) :]] = _read(value)

    def settle(self, settled: dict[str, Settlement]) -> None:
        """Believe a person about mails in doubt; of any other it changes nothing.

        Somebody in doubt for a second time is not sent to again: what was settled may have been
        about the first time.
        """
        writes: list[Put] = []
        for recipient, word in settled.items():
            address = recipient.lower()
            found = self.known.get(address)
            if found is None or found.state not in DOUBT:
                continue
            if word == "sent":
                self.known[address] = Known("sent", "settled", found.resent)
            elif found.resent:
                self.known[address] = Known("failed", TWICE, found.resent)
            else:
                self.known[address] = Known("refused", "settled as not sent", resent=True)
            writes.append(self._put(address, self.known[address]))
        for start in range(0, len(writes), AT_ONCE):
            self._records.batch(writes[start : start + AT_ONCE])

    def write(self, ends: Iterable[tuple[str, Outcome]], begins: Iterable[str]) -> None:
        """Put outcomes and new intents on record, all of them or none; durable when it returns."""
        writes = [
            self._put(recipient, Known(outcome.fate, outcome.why, self._resent(recipient)))
            for recipient, outcome in ends
        ]
        writes += [
            self._put(recipient, Known("begun", "", self._resent(recipient)))
            for recipient in begins
        ]
        if writes:
            self._records.batch(writes)

    def _resent(self, recipient: str) -> bool:
        found = self.known.get(recipient.lower())
        return found is not None and found.resent

    def _put(self, recipient: str, known: Known) -> Put:
        value: dict[str, Any] = {"state": known.state}
        if known.why:
            value["why"] = known.why
        if known.resent:
            value["resent"] = True
        return Put(self._prefix + recipient.lower(), value)


def _read(value: dict[str, Any]) -> Known:
    return Known(value["state"], value.get("why", ""), value.get("resent", False))
