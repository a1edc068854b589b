"""Comment on a proposal, in one step: it opens a thread. Anybody who sees it may."""

from toolvet.engine import after, look, remarks, stored
from toolvet.engine.remarks import CommentError, Remark
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import Anchor
from toolvet_reviews.views import ProposalView

__all__ = ["CommentError", "comment"]


async def comment(
    services: Services, caller: Caller, proposal: str, text: str, path: str = "", line: int = 0
) -> ProposalView:
    """Say something about a proposal, or about a line of it.

    Args:
        path: File in the bundle; empty for the whole proposal.
        line: From 1; 0 for the whole file.

    Raises:
        CommentError: Nothing was said, or too much.
        AnchorError: The newest revision has no such file or line.
    """

    def add(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        said = remarks.checked(Remark(text))
        remarks.begin(services, unit, caller, row, _about(path, line), said)
        after.happened(unit, row.number, "said", caller.id)

    with services.refusals.recorded(caller, Verb.COMMENT_ADD, ("proposal", proposal)):
        await services.store.write(add)
    return await look.show(services, caller, proposal)


def _about(path: str, line: int) -> Anchor:
    if line or not path:
        return Anchor("line" if line else "proposal", path, line, line)
    return Anchor("file", path)
