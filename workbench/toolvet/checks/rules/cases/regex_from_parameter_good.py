import re


def count(word: str, text: str) -> int:
    return len(re.findall(re.escape(word), text))


def digits(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)
