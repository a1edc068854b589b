"""Proposals with their revisions, evidence, votes and comments."""

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import CommentRow, EvidenceRow, ProposalRow, RevisionRow, VoteRow
from toolvet.storage.session import Session

OPEN_STATES = ("verifying", "changes_wanted", "reviewing")
"""What a proposal is while somebody may still move it."""

_PROPOSALS = Mapped(tables.proposal, ProposalRow)
_REVISIONS = Mapped(tables.revision, RevisionRow)
_EVIDENCE = Mapped(tables.evidence, EvidenceRow)
_VOTES = Mapped(tables.vote, VoteRow)
_COMMENTS = Mapped(tables.comment, CommentRow)


class Proposals:
    """The threads about changes to tools."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, row: ProposalRow) -> ProposalRow:
        """Store a new proposal under the next number, from 1 without gaps; return it with that."""
        newest = self._session.scalar(sa.select(sa.func.max(tables.proposal.c.number)))
        numbered = replace(row, number=(newest or 0) + 1)
        _PROPOSALS.add(self._session, numbered)
        return numbered

    def get(self, number: int) -> ProposalRow | None:
        """Fetch a proposal."""
        return _PROPOSALS.first(self._session, tables.proposal.c.number == number)

    def some(self, numbers: Collection[int]) -> "list[ProposalRow]":
        """Fetch the proposals of some numbers, by number."""
        return _PROPOSALS.find(self._session, tables.proposal.c.number.in_(numbers))

    def save(self, row: ProposalRow) -> None:
        """Write over a proposal."""
        _PROPOSALS.save(self._session, row)

    def open_for(self, toolset: str, tool: str) -> list[ProposalRow]:
        """List the open proposals about one tool, oldest first."""
        proposal = tables.proposal
        about = (proposal.c.toolset == toolset, proposal.c.tool == tool)
        return _PROPOSALS.find(self._session, *about, proposal.c.state.in_(OPEN_STATES))

    def open_by_author(self, author: str) -> int:
        """Count an author's open proposals."""
        proposal = tables.proposal
        query = sa.select(sa.func.count()).select_from(proposal)
        where = (proposal.c.author == author, proposal.c.state.in_(OPEN_STATES))
        return self._session.scalar(query.where(*where))

    def by_revision(self, author: str, digest: str) -> list[ProposalRow]:
        """List an author's proposals that ever held these very files, oldest first."""
        proposal, revision = tables.proposal, tables.revision
        held = sa.select(revision.c.proposal).where(revision.c.digest == digest)
        where = (proposal.c.author == author, proposal.c.number.in_(held))
        return _PROPOSALS.find(self._session, *where)

    def list(
        self,
        states: Collection[str] | None = None,
        author: str | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[ProposalRow]:
        """List proposals by number, those above `after`, at most `limit`; None filters nothing."""
        proposal = tables.proposal
        where: list[sa.ColumnElement[bool]] = []
        if states is not None:
            where.append(proposal.c.state.in_(states))
        if author is not None:
            where.append(proposal.c.author == author)
        if after is not None:
            where.append(proposal.c.number > after)
        return _PROPOSALS.find(self._session, *where, limit=limit)

    def add_revision(self, row: RevisionRow) -> None:
        """Store a new revision."""
        _REVISIONS.add(self._session, row)

    def revision(self, number: int, n: int) -> RevisionRow | None:
        """Fetch revision `n` of a proposal, counted from 1."""
        revision = tables.revision
        where = (revision.c.proposal == number, revision.c.number == n)
        return _REVISIONS.first(self._session, *where)

    def revisions(self, number: int) -> "list[RevisionRow]":
        """List the revisions of a proposal, oldest first."""
        return _REVISIONS.find(self._session, tables.revision.c.proposal == number)

    def save_revision(self, row: RevisionRow) -> None:
        """Write over a revision."""
        _REVISIONS.save(self._session, row)

    def unverified(self) -> "list[RevisionRow]":
        """List the revisions that still wait for the machine's verdict."""
        return _REVISIONS.find(self._session, tables.revision.c.state == "verifying")

    def put_evidence(self, row: EvidenceRow) -> None:
        """Store evidence, over what the same check brought before."""
        _EVIDENCE.save(self._session, row)

    def evidence(self, number: int, n: int) -> "list[EvidenceRow]":
        """List the evidence of one revision by name of check."""
        evidence = tables.evidence
        where = (evidence.c.proposal == number, evidence.c.revision == n)
        return _EVIDENCE.find(self._session, *where)

    def evidence_by_inputs(self, check: str, inputs: str) -> EvidenceRow | None:
        """Fetch the newest evidence a check brought for exactly these inputs, for any proposal."""
        evidence = tables.evidence
        where = (evidence.c.check == check, evidence.c.inputs == inputs)
        return _EVIDENCE.first(self._session, *where, order=(evidence.c.at.desc(),))

    def add_vote(self, row: VoteRow) -> None:
        """Store a vote."""
        _VOTES.add(self._session, row)

    def votes(self, release_digest: str) -> "list[VoteRow]":
        """List the votes on one release digest, oldest first."""
        return _VOTES.find(self._session, tables.vote.c.release_digest == release_digest)

    def votes_of(self, proposal: int) -> "list[VoteRow]":
        """List the votes on any revision of a proposal, oldest first."""
        return _VOTES.find(self._session, tables.vote.c.proposal == proposal)

    def add_comment(self, row: CommentRow) -> None:
        """Store a comment."""
        _COMMENTS.add(self._session, row)

    def comments(self, number: int) -> "list[CommentRow]":
        """List the comments on a proposal, oldest first."""
        comment = tables.comment
        order = (comment.c.time.expression, comment.c.id.expression)
        return _COMMENTS.find(self._session, comment.c.proposal == number, order=order)
