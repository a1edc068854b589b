"""What the kept catalogue must hold: every served tool as files, from the log and stored bytes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from toolvet.audit.envelopes import payload_of
from toolvet.audit.voting import Vote
from toolvet.engine import stored
from toolvet.engine.catalogue import Served
from toolvet.engine.services import Services
from toolvet.errors import KNOWN, NotFoundError
from toolvet.storage import View
from toolvet_reviews import catalogue, digests, statements
from toolvet_reviews.catalogue import Ballot, Published
from toolvet_reviews.values import Digest

_log = logging.getLogger(__name__)

Place = tuple[str, str]
"""Toolset and name."""


class NotServedNowError(NotFoundError):
    """A tool that was served when its files were asked for, and is not any more."""

    code = "catalogue.moved_on"


@dataclass(frozen=True)
class Expected:
    """What must lie at one place."""

    published: Published
    content: Digest
    """Of all its files, as `content_digest` gives it."""


class KeptTools:
    """The served tools as files, made anew only where something changed.

    Args:
        services: Of the home.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._listed: dict[str, tuple[Digest, int]] | None = None
        self.expected: dict[Place, Expected] = {}

    def refresh(self) -> None:
        """Follow what is served now; a tool that cannot be written is left out, and logged."""
        served = self._services.catalogue.snapshot.served
        listed = {one.name: (one.digest, one.version) for one in served.values()}
        if listed == self._listed:
            return
        expected: dict[Place, Expected] = {}
        with self._services.store.read() as view:
            for one in served.values():
                try:
                    found = self._expect(view, one)
                except KNOWN as error:
                    _log.warning("%s cannot be kept as files: %s", one.name, error)
                    continue
                expected[found.published.place] = found
        self.expected, self._listed = expected, listed

    def files(self, place: Place) -> dict[str, bytes]:
        """Write the files of one tool.

        Raises:
            NotServedNowError: It is another release by now, or none.
            ToolvetError: A stored byte is not what its digest says.
        """
        published = self.expected[place].published
        served = self._services.catalogue.snapshot.served
        release = served.get(published.manifest.definition.name)
        if release is None or release.digest != published.digest:
            raise NotServedNowError(f"{'/'.join(place)} is served as another release by now")
        with self._services.store.read() as view:
            return catalogue.tool_files(published, _contents(view, release))

    def index(self) -> bytes:
        """Write the list of everything that is there."""
        published = (one.published for one in self.expected.values())
        return catalogue.index(self._services.service_id, published)

    def is_release(self, place: Place, revision: Digest) -> bool:
        """Tell whether a revision is, or ever was, a published one of this tool."""
        with self._services.store.read() as view:
            return revision in {one.revision_digest for one in view.releases.versions(*place)}

    def _expect(self, view: View, served: Served) -> Expected:
        published = self._published(view, served)
        known = self.expected.get(published.place)
        if known is not None and known.published == published:
            return known
        catalogue.check_place(*published.place)
        files = catalogue.tool_files(published, _contents(view, served))
        return Expected(published, content_digest(files))

    def _published(self, view: View, served: Served) -> Published:
        ledger, row = self._services.standing.ledger, view.releases.get(served.digest)
        release = ledger.releases[served.digest]
        return Published(
            manifest=served.manifest,
            version=served.version,
            channel=served.channel,
            proposal=release.proposal,
            published_at=row.published_at if row else "",
            votes=tuple(
                _ballot(view, vote)
                for vote in ledger.votes(served.digest)
                if vote.proposal == release.proposal
            ),
        )


def content_digest(files: Mapping[str, bytes]) -> Digest:
    """Digest files whatever they are named, to compare what lies there with what should."""
    return digests.of_json({ascii(path): digests.sha256(data) for path, data in files.items()})


def _ballot(view: View, vote: Vote) -> Ballot:
    said = statements.parse(payload_of(view.blob(vote.envelope)))
    return Ballot(
        voter=stored.name_of(view, vote.voter),
        voter_id=vote.voter,
        as_sponsor=vote.as_sponsor,
        signed_at=said.time,
        policy=said.policy,
        envelope=vote.envelope,
    )


def _contents(view: View, served: Served) -> dict[str, bytes]:
    return {path: view.blob(digest) for path, digest in served.files.items()}
