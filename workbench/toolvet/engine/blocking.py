"""The threads that keep a proposal from being published, as the log says."""

from toolvet.audit.entries import parse_entry
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews.events import Verb

_SETTLING = (Verb.THREAD_RESOLVE, Verb.THREAD_REOPEN)


def blocking(view: View, row: ProposalRow) -> list[str]:
    """List the open threads that publishing waits for, by id.

    Rows of tables are not asked: what was opened to block, and was not resolved since, blocks.
    """
    opened: list[str] = []
    for found in view.entries_about(f"P-{row.number}", (Verb.COMMENT_ADD,)):
        said = parse_entry(found.leaf)
        thread = said.facts.get("thread")
        if said.outcome == "ok" and said.facts.get("blocking") is True and isinstance(thread, str):
            opened.append(thread)
    return [thread for thread in opened if not _is_resolved(view, thread)]


def _is_resolved(view: View, thread: str) -> bool:
    said = [parse_entry(found.leaf) for found in view.entries_about(thread, _SETTLING)]
    done = [one.verb for one in said if one.outcome == "ok"]
    return bool(done) and done[-1] == Verb.THREAD_RESOLVE
