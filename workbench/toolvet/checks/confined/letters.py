"""Characters that make a text read otherwise than it is. Runs confined; stdlib only.

Every text file of a bundle comes here: code, tests, specification, recordings, data. An emoji is
more than one character and stays unmentioned; so do accents and other alphabets, as long as one
word keeps to one alphabet.

Source: https://www.unicode.org/reports/tr39/ (mixed scripts), tr51 (emoji sequences).
"""

import re
import unicodedata
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_FINDINGS = 100
"""Of one file."""
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Printable by their category, yet without a mark on the screen."""
_ZWJ, _EMOJI_STYLE, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"
_JOINERS = frozenset("\u200c\u200d")
"""Needed inside words of scripts that join their letters."""
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"\w+")
_LOOK_ALIKE = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd"
    "\u0261\u0251\u0131\u13a0\u13aa\u13b3\u13bb\u13d2\u13da\u13e2\u0578\u057d\u0585"
)
"""Cyrillic, Greek, Armenian and Cherokee letters, and a few Latin ones, that look like ASCII."""


def inspect(files: dict[str, str]) -> dict[str, Json]:
    """Look at the text of every file.

    Args:
        files: Path to text.

    Returns:
        Under each path a list of findings: rule, line, end_line, detail.
    """
    return {path: list[Json](_file(text)[:MAX_FINDINGS]) for path, text in files.items()}


def _file(text: str) -> list[dict[str, Json]]:
    if text.isascii() and not any(mark in text for mark in "\r\f\v\x1b\x7f"):
        return []
    found: list[dict[str, Json]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if "\r" in line.rstrip("\r") or "\f" in line.strip("\f") or "\v" in line:
            found.append(_found("invisible", number, "a line break that editors do not show"))
        if not line.isascii() or "\x1b" in line or "\x7f" in line:
            found += [*_hidden(line, number), *_mixed(line, number)]
    return found


def _found(rule: str, line: int, detail: str) -> dict[str, Json]:
    return {"rule": rule, "line": line, "end_line": line, "detail": detail[:200]}


def _hidden(line: str, number: int) -> list[dict[str, Json]]:
    places: dict[str, list[int]] = {}
    for column, mark in enumerate(line):
        if _hides(mark) and not _is_of_emoji(line, column) and not _joins(line, column):
            places.setdefault(mark, []).append(column + 1)
    spelled = "".join(
        chr(ord(mark) - 0xE0000) for mark in line if "\U000e0020" <= mark <= "\U000e007e"
    )
    found = [
        _found("odd-space" if _is_space(mark) else "invisible", number, _named(mark, columns))
        for mark, columns in sorted(places.items())
        if not ("\U000e0020" <= mark <= "\U000e007e")
    ]
    if spelled and not _is_flag(line):
        found.append(_found("invisible", number, f"TAG characters that spell {spelled[:120]!a}"))
    return found


def _named(mark: str, columns: list[int]) -> str:
    where = ", ".join(map(str, columns[:5])) + ("…" if len(columns) > 5 else "")
    name = unicodedata.name(mark, "control character")
    return f"U+{ord(mark):04X} {name} at column {where}"


def _hides(mark: str) -> bool:
    if mark in "\t\r\f\v ":
        return False
    return not mark.isprintable() or mark in BLANKS or _selects(mark)


def _selects(mark: str) -> bool:
    return "\ufe00" <= mark <= "\ufe0f" or "\U000e0100" <= mark <= "\U000e01ef"


def _is_space(mark: str) -> bool:
    return unicodedata.category(mark) == "Zs"


def _is_of_emoji(line: str, column: int) -> bool:
    """Tell whether a joiner or selector belongs to a picture that shows."""
    before, after = line[column - 1 : column], line[column + 1 : column + 2]
    if line[column] == _EMOJI_STYLE:
        return bool(before) and (_is_picture(before) or after == _KEYCAP)
    if line[column] == _ZWJ:
        return (
            bool(after)
            and _is_picture(after)
            and bool(before)
            and (_is_picture(before) or before == _EMOJI_STYLE)
        )
    return False


def _is_picture(mark: str) -> bool:
    return unicodedata.category(mark) in {"So", "Sk", "Sm"} or mark in "\u203c\u2049\u3030\u303d"


def _joins(line: str, column: int) -> bool:
    """Tell whether a joiner stands between letters of a script that joins its letters."""
    if line[column] not in _JOINERS:
        return False
    around = line[column - 1 : column] + line[column + 1 : column + 2]
    return len(around) == 2 and all(
        "\u0600" <= mark <= "\u0dff" and unicodedata.category(mark)[0] in "LM" for mark in around
    )


def _is_flag(line: str) -> bool:
    """Tell whether all TAG characters belong to flags, which end with CANCEL TAG."""
    rest = re.sub("\U0001f3f4[\U000e0061-\U000e007a]{3,6}\U000e007f", "", line)
    return not any("\U000e0020" <= mark <= "\U000e007e" for mark in rest)


def _mixed(line: str, number: int) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = []
    for match in _WORD.finditer(line):
        word = match.group()
        alike = [mark for mark in word if mark in _LOOK_ALIKE or _is_styled(mark)]
        if word.isascii() or not alike or not (_LATIN.search(word) or all(map(_is_styled, word))):
            continue
        name = unicodedata.name(alike[0], "?")
        detail = (
            f"{ascii(word)[:60]} with U+{ord(alike[0]):04X} {name} at column {match.start() + 1}"
        )
        found.append(_found("look-alike", number, detail))
    return found


def _is_styled(mark: str) -> bool:
    """Full-width and mathematical letters, which compare unequal and read alike."""
    return "\uff21" <= mark <= "\uff5a" or "\U0001d400" <= mark <= "\U0001d6a3"
