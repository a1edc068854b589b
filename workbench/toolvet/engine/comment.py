"""Comment on a proposal: anybody who sees it may; labelled with what they are."""

from toolvet.config import stamp, uuid7
from toolvet.engine import entry, look, stored
from toolvet.engine.services import Services
from toolvet.errors import ToolvetError
from toolvet.storage import Unit
from toolvet.storage.rows import CommentRow
from toolvet_reviews import moves
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import ProposalView

LONGEST = 20_000
"""Characters of one comment."""


class CommentError(ToolvetError):
    """An empty or overlong comment."""

    code = "comment.text"


async def comment(
    services: Services, caller: Caller, proposal: str, text: str, path: str = "", line: int = 0
) -> ProposalView:
    """Say something about a proposal, or about a line of it.

    Args:
        path: File in the bundle; empty for the whole proposal.
        line: From 1; 0 for the whole file.

    Raises:
        CommentError: Nothing was said, or too much.
    """
    if not text.strip() or len(text) > LONGEST:
        raise CommentError(f"a comment has 1 to {LONGEST} characters")

    def add(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        moves.apply(stored.facts(row), "comment", caller.principal)
        said = CommentRow(
            id=uuid7(),
            proposal=row.number,
            revision=row.revision,
            author=caller.id,
            text=text,
            path=path,
            line=line,
            time=stamp(services.clock()),
        )
        unit.proposals.add_comment(said)
        facts = {"proposal": proposal, "revision": row.revision, "line": line}
        payloads = {"text": text, "path": path}
        target = ("comment", said.id)
        unit.append(entry.by(caller, Verb.COMMENT_ADD, target, facts=facts, payloads=payloads))

    with services.refusals.recorded(caller, Verb.COMMENT_ADD, ("proposal", proposal)):
        await services.store.write(add)
    return await look.show(services, caller, proposal)
