import xml.sax

from lxml import etree

CLOSED = etree.XMLParser(resolve_entities=False)


def parsed(text: str) -> object:
    # ruleid: xml-from-outside
    return etree.fromstring(text.encode())


def walked(text: str, handler: xml.sax.ContentHandler) -> None:
    # ruleid: xml-from-outside
    xml.sax.parseString(text, handler)


def closed(text: str) -> object:
    # ok: xml-from-outside
    return etree.fromstring(text.encode(), CLOSED)
