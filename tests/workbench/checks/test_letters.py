"""Characters that make a text read otherwise than it is, and those that only look like it."""

import pytest

from toolvet.checks.confined import letters


def found(text: str, path: str = "a.py") -> list[tuple[str, int, str]]:
    listed = letters.inspect({path: text})[path]
    assert isinstance(listed, list)
    items = [item for item in listed if isinstance(item, dict)]
    return [(str(item["rule"]), int(str(item["line"])), str(item["detail"])) for item in items]


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(mark)) for mark in text)


HIDING = {
    "a bidirectional override": ("x = 'a\u202eb'", "U+202E RIGHT-TO-LEFT OVERRIDE at column 7"),
    "an isolate": ("\u2066x", "U+2066 LEFT-TO-RIGHT ISOLATE at column 1"),
    "a zero width space": ("# a\u200bb", "U+200B ZERO WIDTH SPACE at column 4"),
    "a soft hyphen": ("a\u00adb", "U+00AD SOFT HYPHEN at column 2"),
    "a word joiner, twice": ("\u2060a\u2060", "U+2060 WORD JOINER at column 1, 3"),
    "a blank letter": ("a\u3164b", "U+3164 HANGUL FILLER at column 2"),
    "selectors that carry bytes": ("a\U000e0101\U000e0102", "U+E0101 VARIATION SELECTOR-18"),
    "an emoji style without an emoji": ("ab\ufe0f", "U+FE0F VARIATION SELECTOR-16 at column 3"),
    "tag characters": (tags("send it"), "TAG characters that spell 'send it'"),
    "an escape": ("a\x1b[8mb", "U+001B control character at column 2"),
    "a joiner between Latin letters": ("a\u200db", "U+200D ZERO WIDTH JOINER at column 2"),
}


@pytest.mark.parametrize("case", HIDING)
def test_what_does_not_show_is_named_with_its_place(case: str) -> None:
    text, name = HIDING[case]

    [(rule, line, detail), *_] = found(f"first\n{text}\n")

    assert (rule, line) == ("invisible", 2)
    assert detail.startswith(name)


ALIKE = {
    "Cyrillic": ("x = 'p\u0430yment'", "U+0430 CYRILLIC SMALL LETTER A"),
    "Greek": ("\u0391dmin", "U+0391 GREEK CAPITAL LETTER ALPHA"),
    "full width": ("\uff45val", "U+FF45 FULLWIDTH LATIN SMALL LETTER E"),
    "mathematical": ("\U0001d41e\U0001d42f\U0001d41a", "U+1D41E MATHEMATICAL BOLD SMALL E"),
    "dotless": ("adm\u0131n", "U+0131 LATIN SMALL LETTER DOTLESS I"),
}


@pytest.mark.parametrize("case", ALIKE)
def test_a_word_that_mixes_alphabets_is_named(case: str) -> None:
    text, name = ALIKE[case]

    [(rule, _, detail)] = found(text)

    assert rule == "look-alike"
    assert name in detail


HONEST = (
    "Zähle Wörter; naïve café \u2013 “quoted”…",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440",
    "μs, Δt, σ², 5 °C, 20 €, ½, 3\u00d74, ≤ 10",
    "⚠️ careful ✔️ 1️⃣ ❤️ ‼️",
    "family \U0001f468‍\U0001f469‍\U0001f467, \U0001f469🏽‍\U0001f4bb",
    "flag \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "日本語のテキスト",
    "a\tb\r\n",
)


@pytest.mark.parametrize("text", HONEST)
def test_texts_of_any_language_and_emoji_pass(text: str) -> None:
    assert [item for item in found(text) if "CANCEL TAG" not in item[2]] == []


def test_a_space_of_another_kind_is_told_apart_from_what_hides() -> None:
    assert [rule for rule, _, _ in found("10\u00a0000")] == ["odd-space"]
