"""Look up a price in a catalogue."""

from typing import Annotated
from xml.etree import ElementTree

from toolvet.sdk import MaxLen, ToolError


class CatalogueError(ToolError):
    """The catalogue is not well-formed XML."""


def catalogue_price(
    catalogue: Annotated[str, MaxLen(100_000)], article: Annotated[str, MaxLen(100)]
) -> str | None:
    """Look up the price of an article in an XML catalogue.

    Use it on the exported catalogue, with <item name="..." price="..."/> anywhere in it.

    Args:
        catalogue: The XML text.
        article: Name of the article, exactly as in the catalogue.

    Returns:
        The price as it is written there; nothing when there is no such article.

    Raises:
        CatalogueError: The text is no XML.
    """
    try:
        root = ElementTree.fromstring(catalogue)
    except (ElementTree.ParseError, ValueError) as error:
        raise CatalogueError("the catalogue is no XML") from error
    for item in root.iter("item"):
        if item.get("name") == article:
            return item.get("price")
    return None
