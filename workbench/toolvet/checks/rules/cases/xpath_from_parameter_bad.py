import lxml.etree


def find(document: lxml.etree._Element, name: str) -> object:
    return document.xpath("//user[@name='" + name + "']")
