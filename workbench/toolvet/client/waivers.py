"""The client's words about waivers: what people overruled, and overruling."""

from toolvet.client.exchange import Exchange, part
from toolvet.client.shapes import WaiverList
from toolvet_reviews.views import ProposalView, WaiverView


class WaiverCalls:
    """The part of the client that is about waivers."""

    _http: Exchange

    def waive(self, proposal: str, envelope: bytes, reason: dict[str, str]) -> ProposalView:
        """Hand in a signed waiver of one finding; `reason` has salt (hex) and text."""
        body = {"envelope": envelope.decode(), "reason": reason}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/waivers", body)

    def waivers(self) -> list[WaiverView]:
        """List the waivers that were given, expired ones too."""
        return list(self._http.get(WaiverList, "/waivers").items)
