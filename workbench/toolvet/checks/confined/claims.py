"""What a tool promises of itself, held against what it declares and what its code reaches.

Runs confined; stdlib only. English only; other texts are named as not looked at. A sentence that
speaks of some calls only (`with dry_run …`) promises nothing of the others.
"""

import ast
import re
from collections.abc import Iterator
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_TEXT = 20_000
_CONDITION = re.compile(
    r"\bdry.?run\b|\b(?:if|when|whenever|unless|preview|otherwise)\b", re.IGNORECASE
)
"""A sentence with one of these speaks of some calls only."""
_NARROW = re.compile(
    r"\b(?:twice|again|once|until|while|except|before|after|by itself|such|more than|who|which|whose|that|other|same)\b",
    re.IGNORECASE,
)
"""With one of these a denial promises less than its verb alone says."""
_READ_ONLY = re.compile(
    r"\bread[- ]?only\b|\bno side[- ]effects?\b|\bwithout side[- ]effects?\b|\bside[- ]effect[- ]free\b"
    r"|\bonly (?:reads|looks|lists|shows|computes|views)\b|\bnon-?destructive\b|\bpure function\b"
    r"|\bpurely (?:computes|informational|a (?:check|preview))\b|\bsafe to call any ?time\b",
    re.IGNORECASE,
)
_CHANGES = r"(?:changes?|modif(?:y|ies)|writes?|alters?|deletes?|sends?|stores?|updates?|removes?|creates?|touch(?:es)?)"
_CHANGES_NOTHING = re.compile(
    rf"\b(?:does not|doesn't|never|will not|won't) (?:{_CHANGES}(?:,| or| and)? ){{1,3}}(?:anything|any \w+|your \w+|data|records|files|mails?|messages?)\b"
    rf"|\bwithout (?:changing|modifying|writing|altering|deleting|sending|storing) (?:anything|any \w+)\b"
    r"|\bnothing is (?:ever )?(?:changed|written|sent|stored|deleted|modified)\b"
    rf"|\b(?:does not|doesn't|never) {_CHANGES}(?: or {_CHANGES})?(?:[.,;]|$)",
    re.IGNORECASE,
)
_OFFLINE = re.compile(
    r"\boffline\b|\bno (?:network|internet)(?: access| calls?| connection)?\b|\bwithout (?:the )?(?:network|internet)\b"
    r"|\b(?:runs?|works?|stays?|computed|processed) (?:entirely |fully |completely |only )?local(?:ly)?\b"
    r"|\b(?:never|does not|doesn't) leaves? (?:the|this|your) (?:machine|computer|process|system|network|host)\b"
    r"|\b(?:never|does not|doesn't|makes no) (?:contacts?|calls?|uses?|reach(?:es)?|accesses|requests?)(?: to)? (?:any |the |an? )?(?:network|internet|servers?|external|remote|outside|other hosts?)",
    re.IGNORECASE,
)
_KEEPS_NOTHING = re.compile(
    r"\b(?:does not|doesn't|never|will not) (?:store|keep|retain|log|persist|save|record|remember)s?(?: any(?:thing)?\b| data| the (?:data|text|content)| it\b|\.|,)"
    r"|\b(?:nothing|no data|no copy) is (?:ever )?(?:stored|kept|retained|logged|persisted|saved|recorded)|\bstateless\b",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"\bdeterministic\b|\breproducib(?:le|ly)\b|\bsame (?:input|arguments?)s?\b[^.]{0,40}\bsame (?:result|output)",
    re.IGNORECASE,
)
_ONE_HOST = re.compile(
    r"\b(?:one|a single|exactly one|only one) (?:host|server|domain|end ?point)\b", re.IGNORECASE
)
_HOST = re.compile(
    r"(?<![@\w./-])(?:https?://)?((?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,5}"
    r"(?:com|org|net|io|dev|app|ai|co|eu|de|fr|uk|us|gov|edu|info|biz|cloud|internal|local|example))\b(?!@)",
    re.IGNORECASE,
)
_ENGLISH = frozenset({
    "the", "a", "an", "of", "to", "in", "and", "or", "for", "is", "are", "be", "it", "this", "that",
    "with", "from", "by", "at", "as", "on", "not", "each", "one", "all", "who",
})  # fmt: skip


def inspect(said: dict[str, Json], files: dict[str, str]) -> dict[str, Json]:
    """Hold the words of a tool against its declaration and its code.

    Args:
        said: `summary`, `description` (the docstring), `kind`, `hosts`, `store`, `writes_files`,
            `entry` (path and function), `groups` (effects that the code reaches, as `effects` names
            them).
        files: Path to text of the Python files, and tool.toml.

    Returns:
        `findings`: rule, path, line, detail; `not_looked_at`.
    """
    tool = _Tool(said, files)
    strange = [] if _is_english(tool.words) else ["what the words promise: they are not English"]
    return {
        "findings": cast("list[Json]", [*tool.claims()]),
        "not_looked_at": cast("list[Json]", strange),
    }


def _is_english(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text.lower())
    return len(words) < 8 or sum(word in _ENGLISH for word in words) * 8 >= len(words)


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


class _Tool:
    """The words of a tool, and what it declares."""

    def __init__(self, said: dict[str, Json], files: dict[str, str]) -> None:
        self.said, self.files = said, files
        self.kind = str(said.get("kind", "pure"))
        doc = str(said.get("description", ""))[:MAX_TEXT]
        match = re.search(r"^\s*(?:Args|Arguments|Parameters|Raises):\s*$", doc, re.MULTILINE)
        self.words = f"{said.get('summary', '')} {doc[: match.start()] if match else doc}"
        self.path, _, self.function = str(said.get("entry", "")).partition(":")
        self.first, self.last = _docstring_lines(files.get(self.path, ""), self.function)

    def found(self, rule: str, detail: str, text: str) -> dict[str, Json]:
        """Write a finding on the line where a text begins: in the specification, or the docstring."""
        path, line = self._place(text)
        return {"rule": rule, "detail": detail[:200], "path": path, "line": line}

    def _place(self, text: str) -> tuple[str, int]:
        words = " ".join(text.split())
        for path in ("tool.toml", self.path):
            for number, line in enumerate(self.files.get(path, "").split("\n"), 1):
                start = " ".join(line.split()).strip('"')
                is_here = words[:40] in start or (len(start) > 12 and words.startswith(start))
                if is_here and (path != self.path or self.first <= number <= self.last):
                    return path, number
        return self.path, self.first

    def claims(self) -> Iterator[dict[str, Json]]:
        """What the words promise and the declaration or the code denies."""
        groups = set(_texts(self.said.get("groups")))
        hosts = _texts(self.said.get("hosts"))
        for sentence in _sentences(self.words):
            if _CONDITION.search(sentence):
                continue
            if (match := _denies_change(sentence)) and self.kind in {"write", "destructive"}:
                yield self.found(
                    "says-read-only", f"{match.group()!r}, and it is declared {self.kind}", sentence
                )
            if (match := _OFFLINE.search(sentence)) and (hosts or "network" in groups):
                which = ", ".join(hosts[:3]) or "the network"
                yield self.found(
                    "says-offline", f"{match.group()!r}, and it reaches {which}", sentence
                )
            if (match := _KEEPS_NOTHING.search(sentence)) and self._keeps():
                yield self.found(
                    "says-keeps-nothing",
                    f"{match.group()!r}, and it declares {self._keeps()}",
                    sentence,
                )
            if (match := _SAME.search(sentence)) and groups & {"random", "clock"}:
                names = {"random": "chance", "clock": "the clock"}
                by = " and ".join(names[group] for group in sorted(groups & set(names)))
                yield self.found(
                    "says-deterministic", f"{match.group()!r}, and the code uses {by}", sentence
                )
            if (match := _ONE_HOST.search(sentence)) and len(hosts) > 1:
                yield self.found(
                    "says-one-host", f"{match.group()!r}, and it declares {len(hosts)}", sentence
                )
        yield from self._hosts(hosts)

    def _keeps(self) -> str:
        store = _texts(self.said.get("store"))
        if store:
            return f"the collection {store[0]}"
        return "a folder it writes to" if self.said.get("writes_files") is True else ""

    def _hosts(self, hosts: list[str]) -> Iterator[dict[str, Json]]:
        """Hosts that the words name and the declaration does not."""
        if not hosts:
            return
        for match in _HOST.finditer(self.words):
            named = match.group(1).lower().removeprefix("www.")
            if not any(_related(named, host.lower()) for host in hosts):
                detail = f"{named}, and it declares {', '.join(hosts[:3])}"
                yield self.found("names-other-host", detail, match.group(0))


def _denies_change(sentence: str) -> re.Match[str] | None:
    found = _READ_ONLY.search(sentence)
    return found or (None if _NARROW.search(sentence) else _CHANGES_NOTHING.search(sentence))


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?;])\s+|\n\s*\n", text) if part.strip()]


def _related(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _docstring_lines(source: str, function: str) -> tuple[int, int]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0, 0
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            first = node.body[0]
            return first.lineno, first.end_lineno or first.lineno
    return 0, 0
