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
    "odd-space": Rule(
        "warning", "hidden-text", "Holds a space that is not the usual one: {}.",
        "It looks like a space and compares unequal to one.",
        "Write an ordinary space, or an escape such as \\u00a0.", "CWE-1007",
    ),
    "look-alike": Rule(
        "error", "hidden-text", "A word mixes letters that look alike: {}.",
        "Two texts read the same and are not.", "Write the word in one alphabet.", "CWE-1007",
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

TRICKS = {
    "hidden-name": Rule(
        "error", "obfuscation", "Puts the name {} together out of pieces, or looks it up by text.",
        "A dangerous name is kept from whoever reads or scans the code.", "Write the name out.", "CWE-506",
    ),
    "reflection": Rule(
        "warning", "obfuscation", "Reaches attributes by text: {}.",
        "A reader, and every check that reads names, cannot see which attribute is meant.",
        "Name the attribute.", "CWE-470",
    ),
    "patch": Rule(
        "error", "patching", "Replaces an attribute of somebody else's code: {}.",
        "Everything else in the process, the platform's own code included, then runs the replacement.",
        "Wrap it in a function of your own, and call that.", "CWE-913",
    ),
    "deserialise": Rule(
        "error", "deserialisation", "Makes objects out of bytes with {}, which can run code.",
        "Whoever wrote the bytes decides what runs.", "Read JSON, or use a safe loader.", "CWE-502",
    ),
    "import-effect": Rule(
        "error", "import-time", "Does work while it is imported: {}.",
        "It happens once for many calls, before any argument was checked.",
        "Move it into the function that needs it.", "CWE-696",
    ),
    "knows-tests": Rule(
        "error", "evasion", "Can tell that it is being tested: {}.",
        "Code that knows it is watched may behave only then.",
        "Remove it; take what differs as an argument.", "CWE-511",
    ),
    "looks-around": Rule(
        "error", "evasion", "Lets where it runs decide what it does: {}.",
        "It can behave well here and otherwise elsewhere.", "Take what differs as an argument.", "CWE-511",
    ),
    "time-bomb": Rule(
        "error", "evasion", "Holds today against a date that is written out: {}.",
        "It will do something else on a day after its review.",
        "Take the date as an argument, or leave the branch out.", "CWE-511",
    ),
    "by-chance": Rule(
        "warning", "evasion", "Lets chance decide which code runs: {}.",
        "A rare branch escapes every test.", "Take a seed or a decision as an argument.", "CWE-511",
    ),
    "left-running": Rule(
        "warning", "robustness", "Starts {} and never waits for it.",
        "It may still run, or be cut off, when the result is given.",
        "Keep it, and call join() before returning.", "CWE-404",
    ),
    "shadows-builtin": Rule(
        "warning", "obfuscation", "Gives the builtin {} another meaning.",
        "Whoever reads the code takes it for Python's own.", "Give it another name.", "CWE-1007",
    ),
}  # fmt: skip
"""Of the pass over tricks; in the author's tests a patch is a warning."""

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
