import re


def found(pattern: str, text: str) -> bool:
    # ruleid: regex-from-parameter
    return re.search(pattern, text) is not None


def word(name: str, text: str) -> list[str]:
    # ruleid: regex-from-parameter
    return re.findall(rf"\b{name}\w*", text)


def escaped(name: str, text: str) -> list[str]:
    # ok: regex-from-parameter
    return re.findall(rf"\b{re.escape(name)}\w*", text)
