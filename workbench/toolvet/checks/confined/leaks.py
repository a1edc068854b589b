"""Secrets that were written into files. Runs confined; stdlib only.

Known formats first, then names (`password = "…"`), then texts that look random. What is found leaves
this process with its middle masked, wherever it stands: nobody who reads evidence learns a secret.
"""

import ast
import base64
import binascii
import math
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_FINDINGS = 60
"""Of one file."""
_LONGEST_LINE = 20_000

FORMATS: dict[str, str] = {
    "aws-key": r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])",
    "github-token": r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{40,255}\b",
    "gitlab-token": r"\bglpat-[A-Za-z0-9_-]{20,64}",
    "slack-token": r"\bxox[abeoprs]-[A-Za-z0-9-]{12,250}",
    "slack-webhook": r"hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,32}",
    "stripe-key": r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}\b",
    "google-key": r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "google-token": r"\bya29\.[A-Za-z0-9_-]{30,250}",
    "anthropic-key": r"\bsk-ant-[A-Za-z0-9_-]{20,250}",
    "openai-key": r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9]{20,100}(?:[A-Za-z0-9_-]{0,150})\b",
    "npm-token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "pypi-token": r"\bpypi-[A-Za-z0-9_-]{50,250}",
    "sendgrid-key": r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}",
    "twilio-key": r"\bSK[0-9a-f]{32}\b",
    "telegram-token": r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
    "huggingface-token": r"\bhf_[A-Za-z0-9]{30,40}\b",
    "digitalocean-token": r"\bdo[opr]_v1_[a-f0-9]{64}\b",
    "shopify-token": r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b",
    "mailgun-key": r"\bkey-[0-9a-f]{32}\b",
    "azure-key": r"AccountKey=[A-Za-z0-9+/]{60,90}={0,2}",
    "age-key": r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,60}\b",
    "private-key": r"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----",
    "jwt": r"\beyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{16,1000}",
    "url-password": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"{}<>]{1,80}:[^\s/@'\"{}<>]{3,80}@[A-Za-z0-9.-]{1,100}",
    "authorization": r"(?i)\bauthorization['\"]?\s{0,3}[:=,]\s{0,3}['\"]?(?:bearer|basic|token)\s{1,3}[A-Za-z0-9+/._~=-]{16,500}",
}
_FORMATS = {name: re.compile(pattern) for name, pattern in FORMATS.items()}
_NAMED = re.compile(
    r"(?:^|[_\-.\s])(?:password|passwd|pwd|passphrase|secret|token|api_?key|apikey|access_?key"
    r"|secret_?key|private_?key|signing_?key|encryption_?key|client_?secret|auth_?token|credentials?)$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PASSWORD = re.compile(r"pass|pwd", re.IGNORECASE)
_PAIR = re.compile(
    r"""["']?([A-Za-z_][A-Za-z0-9_.\-]{1,60})["']?[ \t]{0,4}[:=][ \t]{0,4}["']([^"'\n]{4,300})["']"""
)
_PLACEHOLDER = re.compile(
    r"example|placeholder|change.?me|dummy|fake|sample|your|xxx|\*\*\*|\.\.\.|…|not.the.real|redacted"
    r"|todo|insert|replace|mock|<[^>]*>|\$\{|\{\{|\{[a-z_]*\}|%\(|%s|0{6}|1{6}|a{6}|123456|abcdef|deadbeef"
    r"|swordfish|for.?tests?|test.?(?:key|token|secret|pass)|hidden|masked|none|null|empty",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z|env:|vault:|\$[A-Z]|secrets?[./]|https?://"
)
_DIGESTISH = re.compile(
    r"hash|digest|sha\d|md5|checksum|fingerprint|etag|uuid|guid|commit|integrity|alphabet", re.I
)
_RANDOM = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{32,200}={0,2}(?![A-Za-z0-9+/_=-])")


class Leak(NamedTuple):
    """A secret as it was found, before it is masked."""

    rule: str
    line: int
    text: str
    sure: bool = True
    name: str = ""
    """What the code calls it."""


def inspect(files: dict[str, str], tests: list[str]) -> dict[str, Json]:
    """Look for secrets in every file.

    Args:
        files: Path to text.
        tests: Those that belong to the author's tests, where passwords are made up.

    Returns:
        Under each path a list of findings: rule, line, end_line, detail (masked), snippet (masked),
        sure.
    """
    return {path: _file(path, text, path in tests) for path, text in files.items()}


def _file(path: str, text: str, is_test: bool) -> list[Json]:  # noqa: FBT001 - one caller
    lines = text.split("\n")
    leaks = [
        *_by_format(lines),
        *_by_name(path, text, is_test=is_test),
        *_by_chance(lines, is_data=is_test or path.startswith("data/")),
    ]
    if path.endswith(".py"):
        leaks += _built(text)
    hidden = sorted({leak.text for leak in leaks}, key=len, reverse=True)
    found: dict[tuple[int, str], Json] = {}
    for leak in leaks[:MAX_FINDINGS]:
        place = (leak.line, leak.text)
        line = lines[leak.line - 1] if 0 < leak.line <= len(lines) else ""
        found.setdefault(place, {
            "rule": leak.rule, "line": leak.line, "end_line": leak.line,
            "detail": f"{leak.name} = {masked(leak.text)}" if leak.name else masked(leak.text), "sure": leak.sure,
            "snippet": "" if leak.rule == "private-key" else _masked_line(line, hidden),
        })  # fmt: skip
    return list(found.values())


def masked(text: str) -> str:
    """Show how a secret begins, where that says whose it is, and how long it is."""
    mark = re.match(r"[A-Za-z]{2,6}[-_](?:[a-z0-9]{2,6}[-_])?|AKIA|ASIA|AIza|eyJ|-----BEGIN", text)
    begin = mark.group(0) if mark and len(text) >= 16 else ""
    return f"{begin}… ({len(text)} characters)"


def _masked_line(line: str, hidden: list[str]) -> str:
    shown = line[:_LONGEST_LINE]
    for text in hidden:
        shown = shown.replace(text, masked(text))
    return "" if _still_shows(shown, hidden) else shown[:300]


def _still_shows(line: str, hidden: list[str]) -> bool:
    """Tell whether a piece of a secret is left, as when it was put together out of pieces."""
    bare = re.sub(r"[\s'\"+()\\]", "", line)
    return any(text[at : at + 8] in bare for text in hidden for at in range(0, max(1, len(text) - 8), 4)
               if len(text) >= 8 and text[at : at + 8] not in masked(text))  # fmt: skip


# --- known formats --------------------------------------------------------------------------------


def _by_format(lines: list[str]) -> Iterator[Leak]:
    for number, line in enumerate(lines, 1):
        for name, text in _formats_in(line[:_LONGEST_LINE]):
            yield Leak(name, number, text)
        for match in _RANDOM.finditer(line[:_LONGEST_LINE]):
            for name, _ in _formats_in(_decoded(match.group())):
                yield Leak(name, number, match.group())


def _formats_in(text: str) -> Iterator[tuple[str, str]]:
    for name, pattern in _FORMATS.items():
        for match in pattern.finditer(text):
            found = match.group()
            if name == "private-key":
                if _is_real_pem(text, match.end()):
                    yield name, found
            elif name == "url-password":
                password = found.partition("://")[2].rpartition("@")[0].partition(":")[2]
                if not _is_placeholder(password) and password not in {
                    "password",
                    "pass",
                    "secret",
                    "pw",
                }:
                    yield name, password
            elif not _is_placeholder(found):
                yield name, found


def _is_real_pem(text: str, end: int) -> bool:
    """A header alone is what code that reads keys looks for."""
    rest = text[end : end + 40].replace("\\n", "").strip()
    return not rest or rest[:1].isalnum()


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        return ""


def _is_placeholder(text: str) -> bool:
    return bool(_PLACEHOLDER.search(text) or _REFERENCE.match(text)) or len(set(text)) < 5


# --- names ----------------------------------------------------------------------------------------


def _by_name(path: str, text: str, *, is_test: bool) -> Iterator[Leak]:
    pairs = _python_pairs(text) if path.endswith(".py") else _text_pairs(text)
    for name, value, line in pairs:
        if not _NAMED.search(_CAMEL.sub("_", name)) or not _could_be_secret(name, value):
            continue
        sure = not is_test and _classes(value) >= 2
        yield Leak("named", line, value, sure, name[:60])


def _could_be_secret(name: str, value: str) -> bool:
    least = 6 if _PASSWORD.search(name) else 8
    if len(value) < least or any(mark.isspace() for mark in value) or _is_placeholder(value):
        return False
    if value.lower().replace("-", "_") in name.lower().replace("-", "_"):
        return False
    is_word = value.replace("_", "").replace("-", "").replace(".", "").isalpha()
    return bool(_PASSWORD.search(name)) or not is_word


def _classes(value: str) -> int:
    """How many kinds of characters a value is made of."""
    kinds = (str.islower, str.isupper, str.isdigit)
    return sum(any(map(kind, value)) for kind in kinds) + any(not m.isalnum() for m in value)


def _text_pairs(text: str) -> Iterator[tuple[str, str, int]]:
    for number, line in enumerate(text.split("\n"), 1):
        for match in _PAIR.finditer(line[:_LONGEST_LINE]):
            yield match.group(1), match.group(2), number


def _python_pairs(text: str) -> Iterator[tuple[str, str, int]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _text_pairs(text)
        return
    for node in ast.walk(tree):
        line: int = getattr(node, "lineno", 0)
        yield from ((name, said, line) for name, said in _pairs(node) if line)


def _pairs(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _pair(_last(target), node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _pair(_last(node.target), node.value)
    elif isinstance(node, ast.Call):
        for word in node.keywords:
            yield from _pair(word.arg or "", word.value)
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in {"get", "getenv"}
            and len(node.args) == 2
        ):
            yield from _pair(_constant(node.args[0]).lower(), node.args[1])
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield from _pair(_constant(key), value)
    elif isinstance(node, ast.Compare) and len(node.comparators) == 1:
        yield from _pair(_last(node.left), node.comparators[0])
        yield from _pair(_last(node.comparators[0]), node.left)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        args = [*node.args.posonlyargs, *node.args.args]
        defaults = node.args.defaults
        for arg, value in zip(args[len(args) - len(defaults) :], defaults, strict=True):
            yield from _pair(arg.arg, value)
        for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            yield from _pair(arg.arg, default)


def _pair(name: str, value: ast.AST | None) -> Iterator[tuple[str, str]]:
    text = _constant(value)
    if name and text:
        yield name, text


def _constant(node: ast.AST | None) -> str:
    if isinstance(node, ast.Constant):
        value = node.value
        return (
            value
            if isinstance(value, str)
            else value.decode("latin-1")
            if isinstance(value, bytes)
            else ""
        )
    return ""


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _constant(node.slice)
    return node.id if isinstance(node, ast.Name) else ""


# --- put together, and random -----------------------------------------------------------------------


def _built(text: str) -> Iterator[Leak]:
    """Known formats in texts that are added or joined, or hold an escape."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.Call | ast.Constant):
            for name, found in _formats_in(_folded(node)[:_LONGEST_LINE]):
                yield Leak(name, node.lineno, found)


def _folded(node: ast.AST, depth: int = 0) -> str:
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < 50:
        return _folded(node.left, depth + 1) + _folded(node.right, depth + 1)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
    ):
        items = node.args[0] if node.args else None
        if isinstance(items, ast.List | ast.Tuple):
            return _constant(node.func.value).join(_constant(item) for item in items.elts[:100])
    return ""


def _by_chance(lines: list[str], *, is_data: bool) -> Iterator[Leak]:
    if is_data:
        return
    for number, line in enumerate(lines, 1):
        if _DIGESTISH.search(line) or len(line) > _LONGEST_LINE:
            continue
        for match in _RANDOM.finditer(line):
            text = match.group()
            if _is_random(text) and f"/{text}" not in line and not _is_placeholder(text):
                yield Leak("random", number, text, sure=False)


def _is_random(text: str) -> bool:
    """Tell whether a text is neither words nor hexadecimal digits, and as mixed as a key."""
    if _classes(text) < 3 or re.fullmatch(r"[0-9a-fA-F-]+", text):
        return False
    if max(map(len, re.split(r"[^a-z]+", text))) > 7 or not any(map(str.isdigit, text)):
        return False
    counts = {mark: text.count(mark) for mark in set(text)}
    entropy = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    return entropy > 4.2
