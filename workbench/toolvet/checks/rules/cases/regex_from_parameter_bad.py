import re


def count(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text))
