"""Cases that reviewers kept: arguments, and what they must give."""

from toolvet.storage import tables
from toolvet.storage.columns import is_set
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import KeptCaseRow
from toolvet.storage.session import Session
from toolvet_reviews.kept import KeptCase, kept_case

_CASES = Mapped(tables.kept_case, KeptCaseRow)


class KeptCases:
    """Tests of a proposal that its reviewers brought."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, id: str) -> KeptCaseRow | None:
        """Fetch a case, one that was dropped, too."""
        return _CASES.first(self._session, tables.kept_case.c.id == id)

    def save(self, row: KeptCaseRow) -> None:
        """Store a case, or write over it."""
        _CASES.save(self._session, row)

    def of_proposal(self, proposal: int) -> list[KeptCaseRow]:
        """List the cases of a proposal that were not dropped, in the order they were kept."""
        case = tables.kept_case
        order = (case.c.at.expression, case.c.id.expression)
        where = (case.c.proposal == proposal, ~is_set(case.c.dropped))
        return _CASES.find(self._session, *where, order=order)

    def asked(self, proposal: int) -> tuple[KeptCase, ...]:
        """List what every revision of a proposal is held against, as the checks take it."""
        return tuple(
            kept_case(one.id, one.name, one.arguments, one.expected, one.code)
            for one in self.of_proposal(proposal)
        )
