import lxml.etree


def price(tree: object, name: str) -> object:
    # ruleid: xpath-from-parameter
    return tree.xpath(f"//item[@name='{name}']/price/text()")


def found(root: object, key: str) -> object:
    query = "./entry[@key='%s']" % key
    # ruleid: xpath-from-parameter
    return root.find(query)


def variable(tree: object, name: str) -> object:
    # ok: xpath-from-parameter
    return tree.xpath("//item[@name=$name]/price/text()", name=name)


def position(text: str, part: str) -> int:
    # ok: xpath-from-parameter
    return text.find(part)


def without_quotes(tree: object, name: str) -> object:
    if "'" in name:
        raise ValueError("no quotes, please")
    # ok: xpath-from-parameter
    return tree.xpath(f"//item[@name='{name}']")
