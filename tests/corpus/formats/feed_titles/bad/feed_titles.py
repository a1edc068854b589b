"""Read titles of a feed."""

import io
import xml.sax
import xml.sax.handler
from typing import Annotated

from toolvet.sdk import MaxLen


class _Titles(xml.sax.handler.ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.titles: list[str] = []
        self._is_title = False

    def startElement(self, name: str, attrs: object) -> None:
        self._is_title = name == "title"
        if self._is_title:
            self.titles.append("")

    def endElement(self, name: str) -> None:
        self._is_title = False

    def characters(self, content: str) -> None:
        if self._is_title:
            self.titles[-1] += content


def feed_titles(feed: Annotated[str, MaxLen(100_000)]) -> list[str]:
    """List the titles in a feed.

    Use it on the text of an RSS or Atom feed that was fetched already.

    Args:
        feed: The XML text.

    Returns:
        Titles in their order, those before the first mistake in the XML.
    """
    handler = _Titles()
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(handler)
    try:
        parser.parse(io.StringIO(feed))
    except (xml.sax.SAXException, ValueError):
        return handler.titles
    return handler.titles
