import xml.sax
import xml.sax.handler

from lxml import etree

# ruleid: xml-entities
OPEN = etree.XMLParser(resolve_entities=True)
# ok: xml-entities
CLOSED = etree.XMLParser(resolve_entities=False)


def sax() -> object:
    parser = xml.sax.make_parser()
    # ruleid: xml-entities
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    # ok: xml-entities
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    return parser
