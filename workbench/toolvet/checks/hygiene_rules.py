"""What each rule of our own source pass means. The pass runs confined and only names rules."""

from typing import NamedTuple

from toolvet_reviews.findings import Severity


class Rule(NamedTuple):
    """How a finding of one rule reads; `{}` in the message is the detail."""

    severity: Severity
    category: str
    message: str
    why: str
    fix: str
    cwe: str = ""


HYGIENE = {
    "syntax": Rule(
        "error", "syntax", "Does not parse: {}.", "Nothing can be said about text that does not parse.",
        "Run `python -m py_compile` on the file.",
    ),
    "coding": Rule(
        "error", "hidden-text", "Declares another encoding than UTF-8: {}.",
        "Python would run other text than a reviewer sees.", "Save as UTF-8 and remove the cookie.", "CWE-838",
    ),
    "identifier": Rule(
        "error", "hidden-text", "A name is not plain ASCII: {}.",
        "Letters that look alike make two names look like one.", "Use ASCII names.", "CWE-1007",
    ),
    "invisible": Rule(
        "error", "hidden-text", "Holds an invisible character: {}.",
        "The text reads otherwise than it runs.", "Remove it, or write it as an escape.", "CWE-1007",
    ),
    "suppression": Rule(
        "warning", "suppression", "Asks a checker to look away: {}.",
        "It has no effect here, and somebody may have had a reason to write it.", "Remove it.",
    ),
    "test-dodge": Rule(
        "error", "tests", "A test uses {}, which can make a run look better than it is.",
        "A skipped test proves nothing, and one that reaches into the run proves less.",
        "Test the function's results only.",
    ),
}  # fmt: skip

_UNDECLARED = "undeclared-effect"
_REFUSED = "It is refused when the tool is called; a reviewer must know before."

EFFECTS = {
    "network": Rule(
        "error", _UNDECLARED, "Reaches for the network ({}), which tool.toml does not declare.", _REFUSED,
        "Declare the hosts under [effects] network, or remove it.", "CWE-1295",
    ),
    "processes": Rule(
        "error", _UNDECLARED, "Starts or ends processes ({}), which tool.toml does not declare.", _REFUSED,
        "Declare limits.processes, or do the work in Python.", "CWE-1295",
    ),
    "files": Rule(
        "error", _UNDECLARED, "Reaches for files ({}), which tool.toml does not declare.", _REFUSED,
        "Take a File argument, or declare a mount under [effects] files.", "CWE-1295",
    ),
    "scratch": Rule(
        "error", _UNDECLARED, "Writes temporary files ({}) in a pure tool.", _REFUSED,
        "Keep data in memory (io.BytesIO).", "CWE-1295",
    ),
    "environment": Rule(
        "error", _UNDECLARED, "Reads the process environment ({}), which tool.toml does not declare.",
        _REFUSED, "Take it as an argument, or declare visible_secrets.", "CWE-1295",
    ),
    "store": Rule(
        "error", _UNDECLARED, "Uses the collection {}, which tool.toml does not declare.", _REFUSED,
        "Name it under [effects] store.", "CWE-1295",
    ),
    "tool": Rule(
        "error", _UNDECLARED, "Calls the tool {}, which tool.toml does not declare.", _REFUSED,
        "Name it under [effects] tools.", "CWE-1295",
    ),
    "tests": Rule(
        "error", "obfuscation", "Takes code from a test file ({}).",
        "Less is asked of test files, so nothing that runs may come from there.",
        "Move it to a module of the tool.",
    ),
    "clock": Rule(
        "warning", "determinism", "Reads the clock ({}) in a pure tool.",
        "The same arguments no longer give the same result.", "Take the time as an argument.",
    ),
    "random": Rule(
        "warning", "determinism", "Draws random values ({}) in a pure tool.",
        "The same arguments no longer give the same result.", "Take a seed as an argument: random.Random(seed).",
    ),
    "dynamic": Rule(
        "error", "obfuscation", "Makes or loads code at run time: {}.",
        "A reviewer cannot see what will run.", "Write the code out and import it at the top.", "CWE-95",
    ),
    "inner": Rule(
        "error", "obfuscation", "Reaches into the interpreter: {}.",
        "It changes or reveals what other code relies on.", "Remove it.", "CWE-913",
    ),
    "built-name": Rule(
        "warning", "obfuscation", "Uses {}.",
        "A reader, and every check that reads names, cannot see which attribute is meant.",
        "Use a dictionary of the values that are allowed.", "CWE-470",
    ),
}  # fmt: skip

NAMED_AT_RUN_TIME = Rule(
    "warning",
    "undeclared-effect",
    "Names a {} at run time, so a reader cannot see which.",
    "Names that tool.toml does not declare are refused when the tool is called.",
    "Write the name out.",
)
