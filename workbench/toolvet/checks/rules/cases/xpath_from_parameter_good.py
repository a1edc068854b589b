import lxml.etree

TREE = lxml.etree.XML(b"<a/>")


def find(name: str) -> object:
    return TREE.xpath("//user[@name=$name]", name=name)
