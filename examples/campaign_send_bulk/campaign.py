"""Send one campaign to many recipients, each at most once.

What makes it safe is in three places: `postbox` knows when a mail is certainly not delivered,
`ledger` remembers each recipient before and after, `dispatch` lets no mail go past the ledger.
"""

from typing import Annotated, Final, Literal

from toolvet.sdk import BatchResult, Context, Ge, Le, MaxLen, MinLen, Pattern, ToolError

from dispatch import Desk, Tally
from ledger import DOUBT, Known, Ledger, State
from postbox import Outcome
from templates import Mailing

Name = Annotated[str, MaxLen(64), Pattern(r"^[a-z0-9][a-z0-9_-]*$")]
Address = Annotated[
    str,
    MaxLen(254),
    Pattern(r"^[A-Za-z0-9.!#$%&'*+=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$"),
]
Value = Annotated[str, MaxLen(500), Pattern(r"^[^\x00-\x1f\x7f]*$")]

IN_DOUBT: Final = "look its Message-ID up in the mail server's log, then say so under settled"


class MailServerUnavailableError(ToolError):
    """The mail server could not be reached, and nothing was sent in this call."""

    code = "campaign.unavailable"


def send_campaign(
    template_id: Name,
    recipients: Annotated[list[Address], MinLen(1), MaxLen(20_000)],
    variables: Annotated[dict[str, Value], MaxLen(20)],
    campaign_id: Name,
    ctx: Context,
    settled: Annotated[dict[str, Literal["sent", "not_sent"]], MaxLen(1000)] | None = None,
    per_second: Annotated[float, Ge(0.1), Le(10_000)] = 50.0,
    within_s: Annotated[float, Ge(1), Le(1700)] = 8.0,
) -> BatchResult:
    """Send one campaign to many recipients, each at most once.

    A recipient who got the template in this campaign before is skipped, in whatever call that was.
    Called again with the same campaign and template it goes on: with whom it could not reach, and
    with recipients who were added. Each address is tried once in a call.

    Args:
        template_id: Approved text to send.
        recipients: Addresses; one that differs from another only in case is the same.
        variables: Values for the template, the same for everybody: exactly those it names.
        campaign_id: Names the campaign; with the template it names the operation.
        settled: For addresses named as uncertain before, what the mail server's log says of their
            Message-ID. Without it they stay uncertain: they are never sent to again by themselves.
        per_second: Most mails a second.
        within_s: Begin no mail after so many seconds, and name the rest under retry. It must stay
            below the wall time that the policy allows: a call that is cut off leaves mails in doubt.

    Returns:
        How many were sent in this call and before; who failed for good, with the server's words;
        who is uncertain, because a connection or the service broke at the very moment that the
        server had the mail and had not answered; and who is to be tried again.

    Raises:
        UnknownTemplateError: No template of that name was approved.
        VariablesError: The variables are not exactly those of the template.
        MailServerUnavailableError: The mail server could not be reached; nothing was sent.
    """
    mailing = Mailing(template_id, variables, campaign_id)
    ledger = Ledger(ctx, campaign_id, template_id)
    ledger.load()
    ledger.settle(settled or {})
    wanted: dict[str, str] = {}
    for address in recipients:
        wanted.setdefault(address.lower(), address)
    due = [address for key, address in wanted.items() if _is_due(ledger.known.get(key))]
    ctx.log.info("campaign.started", recipients=len(wanted), due=len(due))
    tally = _send(ctx, ledger, mailing, due, (per_second, within_s))
    result = _account(ledger, tally, wanted)
    _tell(ctx, mailing, result, tally)
    return result


def _is_due(known: Known | None) -> bool:
    return known is None or known.state == "refused"


def _send(
    ctx: Context, ledger: Ledger, mailing: Mailing, due: list[str], pace: tuple[float, float]
) -> Tally:
    if not due:
        return Tally()
    desk = Desk(ledger, mailing, *pace, lambda done: ctx.progress(done, len(due)))
    tally = desk.send(due)
    if not tally.fates:
        raise MailServerUnavailableError("the mail server could not be reached; nothing was sent")
    return tally


def _account(ledger: Ledger, tally: Tally, wanted: dict[str, str]) -> BatchResult:
    """Sort every recipient by what is known of them now."""
    sent = skipped = 0
    failed: dict[str, str] = {}
    uncertain: list[str] = []
    retry: list[str] = []
    for key, address in wanted.items():
        state, why = _known_now(tally.fates.get(address), ledger.known.get(key))
        if state == "sent":
            sent += address in tally.fates
            skipped += address not in tally.fates
        elif state == "failed":
            failed[address] = why
        elif state in DOUBT:
            uncertain.append(address)
        else:
            retry.append(address)
    return BatchResult(sent, skipped, failed, uncertain, retry)


def _known_now(now: Outcome | None, before: Known | None) -> tuple[State, str]:
    if now is not None:
        return now.fate, now.why
    if before is not None:
        return before.state, before.why
    return "refused", "not tried"


def _tell(ctx: Context, mailing: Mailing, result: BatchResult, tally: Tally) -> None:
    """Log the account, and put aside what needs a person: who failed in this call."""
    ctx.log.info(
        "campaign.finished",
        sent=result.sent,
        skipped=result.skipped,
        failed=len(result.failed),
        uncertain=len(result.uncertain),
        retry=len(result.retry),
    )
    for address in result.uncertain:
        ctx.log.warning("campaign.uncertain", message_id=mailing.message_id(address), hint=IN_DOUBT)
    for address, why in result.failed.items():
        if address in tally.fates:
            ctx.dead_letter({"recipient": address}, why)
