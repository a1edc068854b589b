"""Words that speak to a model or a reviewer instead of saying what a tool does. Runs confined.

Every text of a bundle is read: docstrings, comments, constants, the specification, recordings. What
is advertised, raised or returned reaches a model; the rest reaches whoever reviews, who may be one.
Texts are compared as a reader would take them: white space folded, look-alike letters and what does
not show taken away. English, and the best-known phrase in a few other languages. Stdlib only.

Source: the MCP specification, "Security and trust"; published cases of tool poisoning.
"""

import ast
import base64
import binascii
import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_FINDINGS = 100
MAX_TEXT = 40_000
"""Characters of one text that are looked at."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

_TOOL = r"(?:tools?|functions?|commands?|plugins?|servers?)"
_PERSON = r"(?:users?|humans?|operators?|reviewers?|anyone|anybody|person|people|owner|customer)"
_WHAT = (
    r"(?:conversation|chat (?:history|log)|(?:system|developer) prompt|(?:previous|earlier|all) messages"
    r"|message history|full context|api keys?|credentials|passwords|private keys?|access tokens?"
    r"|environment variables?|ssh keys?|secrets)"
)
PATTERNS: dict[str, tuple[str, ...]] = {
    "overrides": (
        r"\b(?:ignore|disregard|forget|override|bypass|drop)\s(?:(?:all|any|every|the|your|my|of|these|those)\s){0,4}"
        r"(?:previous|prior|earlier|above|preceding|existing|other|safety|system|original)\s"
        r"(?:\w+\s)?(?:instructions?|prompts?|rules?|messages?|guidelines?|directions?|policies|restrictions?)",
        r"\byou are now (?:a|an|in|the|no longer|free)\b",
        r"\b(?:reveal|print|repeat|output|show|return)\s(?:\w+\s){0,3}(?:system|developer|hidden) (?:prompt|instructions?)",
        r"\bfrom now on,? (?:you|always|every|the assistant)\b",
        r"\bnew (?:system )?instructions? ?:",
        r"\b(?:ignorier\w*|vergiss)\s(?:\w+\s){0,3}(?:vorherigen|bisherigen|obigen)\s(?:anweisungen|regeln)",
        r"\bignor\w*\s(?:\w+\s){0,4}(?:instructions|consignes)\s(?:pr\u00e9c\u00e9dentes|ant\u00e9rieures)",
        r"\bignor\w*\s(?:\w+\s){0,4}(?:instrucciones|istruzioni|instru\u00e7\u00f5es)\s(?:anteriores|previas|precedenti)",
    ),
    "secrecy": (
        r"\b(?:do not|don't|never|must not|should not|shouldn't|without)\s(?:ever\s)?"
        r"(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|notify(?:ing)?|disclos(?:e|ing)|alert(?:ing)?|warn(?:ing)?|ask(?:ing)?|show(?:ing)?)"
        rf"\s(?:(?:this|it|anything|that|any of this|about this)\s)?(?:to\s)?(?:the\s|your\s|any\s)?{_PERSON}\b",
        r"\bkeep (?:this|it|that) (?:secret|hidden|confidential|quiet)\b",
        rf"\b(?:hide|conceal) (?:this|it) from (?:the )?{_PERSON}",
        r"\b(?:do not|don't|never) (?:mention|reveal|disclose) (?:this|these) (?:step|instruction|call|note|parameter)",
    ),
    "orders": (
        r"\b(?:always|must|should always|you must|be sure to)\s(?:always\s|first\s)?(?:call|use|invoke|run|prefer)\s"
        r"(?:this|the|it)(?:\s\w+)?\s(?:first|before|instead|for every|for all|on every|in every)\b",
        rf"\bbefore (?:using|calling|invoking|running) (?:any|all|every|each|other|another)\s(?:other\s)?{_TOOL}",
        r"\b(?:call|use|invoke|run) this (?:tool )?(?:first\b|before (?:any|every|all|each)|instead of (?:any|every|all|other))",
        r"\bprefer this (?:tool )?(?:over (?:any|all|every|the|other)|instead of)\b",
        r"\bprefer this tool\b",
        rf"\b(?:do not|don't|never) (?:use|call|invoke) (?:any |the )?other {_TOOL}",
        r"\bafter (?:using|calling|running) this (?:tool|function),? (?:you )?(?:must|always|should|then)\b",
        r"\b(?:the|you,? the|every|each) (?:assistant|llm|language model|ai|ai agent|ai model|calling agent)\s"
        r"(?:must|should|shall|has to|needs to|is required to|will always)\b",
        r"\b(?:dear|attention|note (?:to|for)|hey|message (?:to|for)|instructions? (?:to|for))\s(?:the\s|any\s|all\s)?"
        r"(?:ai|ais|assistants?|llms?|language models?|models?|agents?|claude|gpt|chatgpt|copilot|gemini)\b",
        r"\bas an? (?:ai|llm|language model|assistant),? (?:you|do|please|ignore|i)\b",
    ),
    "role-marks": (
        r"</?(?:system|assistant|instructions?|important|hidden|tool_call|function_calls?|invoke|sys|im_start|im_end|system[-_]reminder)(?:\s[^<>]{0,80})?>",
        r"<\|[a-z_]{2,30}\|>",
        r"\[/?INST\]",
        r"<<SYS>>",
        r"(?-i:(?:^|\n)\s{0,8}(?:SYSTEM|ASSISTANT|Human|Assistant)\s?:\s)",
        r"#{2,4}\s?(?:system|instructions? (?:for|to) (?:the )?(?:ai|assistant|model|llm))\b",
    ),
    "html-comment": (r"<!--.{3,500}?-->",),
    "carries-away": (
        r"!\[[^\]]{0,80}\]\(\s?https?://",
        r"\]\(\s?https?://[^)\s]{1,200}(?:\{|\$|%s|<)",
        rf"\b(?:include|append|add|put|pass|send|attach|embed|forward|copy|paste|provide|set|fill)\b[^.]{{0,80}}\b{_WHAT}\b"
        r"[^.]{0,60}\b(?:parameter|argument|field|here|request|url|note|notes|body|query|server|endpoint|as well)\b",
        r"\b(?:parameter|argument|field)\b[^.]{0,60}\b(?:must|should|has to|needs to)\b[^.]{0,60}\b(?:contain|hold|carry|be)\b[^.]{0,40}"
        rf"\b{_WHAT}\b",
        rf"\b(?:send|forward|upload|post|submit|mail|exfiltrate)\b[^.]{{0,60}}\b{_WHAT}\s(?:\w+\s){{0,3}}?(?:to|at)\s(?:https?:|the (?:end ?point|server|url|address)|us\b|our\b|this\b)",
        r"\b(?:read|open|cat|load|fetch|look up)\b[^.]{0,40}(?:~/\.|/etc/(?:passwd|shadow)|\.env\b|id_rsa|id_ed25519|mcp\.json|\.aws/credentials|\.ssh\b)",
    ),
    "shadows": (
        r"\b(?:when|whenever|if|every time)\s(?:(?:the|any|an?)\s)?(?:another\s|other\s|[`'\"]\w{2,40}[`'\"]\s|\w{1,40}_\w{1,40}\s)"
        r"(?:tools?|functions?)\s(?:is|are|gets|was)\s(?:called|used|invoked|available|present|run)\b",
        r"\b(?:the|any)\s[`'\"]?\w{2,40}[`'\"]? tool (?:is|has been|was) (?:deprecated|broken|unsafe|disabled|replaced|obsolete|compromised)",
        r"\b(?:replaces|supersedes|overrides|instead of) (?:the )?[`'\"]?\w{2,40}[`'\"]? tool\b",
        r"\b(?:change|modify|set|rewrite|redirect)\b[^.]{0,40}\b(?:recipient|address|argument|parameter)s?\b[^.]{0,40}\b(?:of|for|in)\b[^.]{0,30}\b(?:other|another|the \w+) tool\b",
    ),
    "asks-approval": (
        r"\b(?:approve|accept|publish|merge|rubber.?stamp)\s(?:this|the)\s(?:tool|revision|proposal|release|change|submission|pull request)\b",
        r"\b(?:already|has been|was)\s(?:been\s)?(?:reviewed|approved|audited|vetted|verified|certified)\sby\b",
        r"\breviewers?\b[^.]{0,30}\b(?:should|must|can|may|need not|do not need to|don't need to)\b[^.]{0,20}\b(?:approve|skip|ignore|accept|trust|look)\b",
        r"\b(?:no need to|not necessary to|do not|don't)\s(?:review|audit)\b(?! (?:that|whether|if|for))",
        r"\bskip (?:the |this )?(?:code |security )?(?:review|verification|audit|scan)\b",
        r"\bsafe to (?:approve|publish|merge)\b",
    ),
    "follow-link": (
        r"\b(?:follow|execute|obey|apply|load|fetch|read|see|perform|run)\s(?:the\s|all\s|any\s)?(?:\w+\s)?"
        r"(?:instructions?|steps?|guidelines?|prompts?|commands?|code)\s(?:at|from|in|on|found at|under|behind)\s?:?\s?(?:the (?:url|page|link|site)\s?)?(?:https?://|www\.)",
    ),
}
_PATTERNS = {
    rule: [re.compile(text, re.IGNORECASE | re.DOTALL) for text in texts]
    for rule, texts in PATTERNS.items()
}
_BLOB = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{40,4000}={0,2}(?![A-Za-z0-9+/=_-])")
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u03bf\u03bd\u0261\u0251\u0131\u2019\u2018",
    "aeopcyxijsdovgai''",
)


class Unit(NamedTuple):
    """One text, and where it stands."""

    text: str
    line: int
    last: int
    role: str
    """`advertised`, `raised`, `returned`, `docstring`, `constant`, `comment` or `data`."""


def inspect(files: dict[str, str], texts: dict[str, str]) -> dict[str, Json]:
    """Look at every text.

    Args:
        files: Path to text.
        texts: What is advertised beside the files, by its place, such as `parameter name`.

    Returns:
        `findings`: path or place, rule, role, line, detail; `cut` when there were more.
    """
    found: list[Json] = []
    for path, text in files.items():
        for unit in _units(path, text):
            found += [{**hit, "path": path, "place": ""} for hit in _hits(unit)]
    for place, text in texts.items():
        unit = Unit(text, 0, 0, "advertised")
        found += [{**hit, "path": "", "place": place} for hit in _hits(unit)]
    return {"findings": found[:MAX_FINDINGS], "cut": len(found) > MAX_FINDINGS}


def _hits(unit: Unit) -> Iterator[dict[str, Json]]:
    folded, places = _folded(unit.text[:MAX_TEXT])
    for rule, patterns in _PATTERNS.items():
        match = next((m for pattern in patterns if (m := pattern.search(folded))), None)
        if match is not None:
            line = unit.line + unit.text.count("\n", 0, places[match.start()])
            yield _hit(unit, rule, min(line, unit.last), match.group())
    for match in _BLOB.finditer(folded):
        inner = _decoded(match.group())
        rules = [rule for rule, some in _PATTERNS.items() if any(p.search(inner) for p in some)]
        if rules:
            line = unit.line + unit.text.count("\n", 0, places[match.start()])
            yield _hit(unit, rules[0], min(line, unit.last), f"base64 of: {inner[:80]}")


def _hit(unit: Unit, rule: str, line: int, text: str) -> dict[str, Json]:
    return {"rule": rule, "role": unit.role, "line": line, "detail": " ".join(text.split())[:120]}


def _folded(text: str) -> tuple[str, list[int]]:
    """Fold a text as a reader takes it, with the place of every character that is left."""
    marks: list[str] = []
    places: list[int] = []
    for place, mark in enumerate(text):
        if mark == "\n":
            mark = "\n" if text[place + 1 : place + 200].lstrip(" \t")[:1] in {"\n", ""} else " "
        elif mark.isspace():
            mark = " "
        if "\U000e0020" <= mark <= "\U000e007e":
            mark = chr(ord(mark) - 0xE0000)
        elif not mark.isascii():
            mark = unicodedata.normalize("NFKC", mark).translate(_ALIKE)
            if len(mark) == 1 and unicodedata.category(mark) in {"Cf", "Mn", "Cc"}:
                continue
        if mark == " " and marks[-1:] == [" "]:
            continue
        marks += mark
        places += [place] * len(mark)
    return "".join(marks), [*places, len(text)]


def _decoded(text: str) -> str:
    plain = text.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        return ""


# --- the texts of a file --------------------------------------------------------------------------


def _units(path: str, text: str) -> Iterator[Unit]:
    if not path.endswith(".py"):
        role = "advertised" if path == "tool.toml" else "data"
        yield from _text_units(text, role)
        return
    try:
        tree = ast.parse(text)
        yield from _comments(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        yield Unit(text, 1, text.count("\n") + 1, "constant")
        return
    yield from _python_units(tree)


def _text_units(text: str, role: str) -> Iterator[Unit]:
    """Lines of data one by one; of the specification, examples are data too."""
    in_example = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("["):
            in_example = line.startswith(("[[examples", "[examples"))
        if line.strip():
            yield Unit(line, number, number, "data" if in_example else role)


def _comments(text: str) -> Iterator[Unit]:
    """Comments, those on lines below each other as one text."""
    start, last, lines = 0, 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        if lines and token.start[0] == last + 1:
            lines.append(token.string.lstrip("# "))
        else:
            if lines:
                yield Unit("\n".join(lines), start, last, "comment")
            start, lines = token.start[0], [token.string.lstrip("# ")]
        last = token.start[0]
    if lines:
        yield Unit("\n".join(lines), start, last, "comment")


def _python_units(tree: ast.Module) -> Iterator[Unit]:
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, _Documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    pieces = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    spoken = _spoken(tree)
    for node in ast.walk(tree):
        if id(node) in pieces:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 8:
            role = "docstring" if id(node) in docs else spoken.get(id(node), "constant")
            yield Unit(node.value, node.lineno, node.end_lineno or node.lineno, role)
        elif isinstance(node, ast.JoinedStr):
            parts = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values]
            role = spoken.get(id(node), "constant")
            yield Unit("".join(parts), node.lineno, node.end_lineno or node.lineno, role)


def _spoken(tree: ast.Module) -> dict[int, str]:
    """Constants that a caller gets to see: raised, returned, or put into what may be."""
    named: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    named.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign) and isinstance(node.target, ast.Name):
            named.setdefault(node.target.id, []).extend([node.value] if node.value else [])
    roles: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            _mark(node.exc, "raised", named, roles)
        elif isinstance(node, ast.Return | ast.Yield | ast.Assign) and _gives(node):
            _mark(node.value or node, "returned", named, roles)
        elif isinstance(node, ast.Call) and _adds(node.func):
            for value in node.args:
                _mark(value, "returned", named, roles)
    return roles


def _gives(node: ast.Return | ast.Yield | ast.Assign) -> bool:
    """Tell whether a statement gives a value away, or puts it under a key."""
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Subscript)
    return node.value is not None


def _adds(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"append", "insert", "setdefault"}


def _mark(
    node: ast.AST,
    role: str,
    named: dict[str, list[ast.expr]],
    roles: dict[int, str],
    depth: int = 0,
) -> None:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant | ast.JoinedStr):
            roles.setdefault(id(part), role)
        elif isinstance(part, ast.Name) and depth < 3:
            for value in named.pop(part.id, []):
                if _is_text(value):
                    _mark(value, role, named, roles, depth + 1)


def _is_text(node: ast.AST) -> bool:
    """Tell whether an expression is one text: lists of phrases are what a tool looks for."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) or _is_text(node.orelse)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _is_text(node.func.value)
    return isinstance(node, ast.Constant | ast.JoinedStr)
