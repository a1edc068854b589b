"""What each rule on a tool's words means. The passes run confined and only name rules."""

from typing import Literal, NamedTuple

from toolvet_reviews.findings import Severity

Where = Literal["model", "reader", "data"]
"""Who gets to see a text: a model that calls the tool, whoever reads the code, or neither as words."""


class WordRule(NamedTuple):
    """How a finding of one rule reads; `{}` in the message is the detail."""

    severity: Severity
    category: str
    message: str
    why: str
    fix: str
    cwe: str = ""


ROLES: dict[str, Where] = {
    "advertised": "model",
    "raised": "model",
    "returned": "model",
    "docstring": "model",
    "constant": "reader",
    "comment": "reader",
    "data": "data",
}

_INJECTION = "instructions"
_TO_MODEL = (
    "Whoever reads the text is told what to do, and not what the tool does; a model may obey."
)
_SAY = "Say what the tool does, takes and gives, and nothing to whoever calls it."

SPEECH = {
    "overrides": WordRule(
        "error", _INJECTION, "Tells a model to set its instructions aside: {}.", _TO_MODEL, _SAY, "CWE-1427",
    ),
    "secrecy": WordRule(
        "error", _INJECTION, "Asks to keep something from people: {}.",
        "What has to be hidden from the person who asked is done against them.", _SAY, "CWE-1427",
    ),
    "orders": WordRule(
        "error", _INJECTION, "Gives orders to a model: {}.", _TO_MODEL, _SAY, "CWE-1427",
    ),
    "role-marks": WordRule(
        "error", _INJECTION, "Marks text as if somebody else had said it: {}.",
        "A model may take it for words of the system or of its user.", "Remove the mark.", "CWE-1427",
    ),
    "html-comment": WordRule(
        "error", "hidden-text", "Hides text in a comment that a page does not show: {}.",
        "A model reads it, and a person does not.", "Remove it.", "CWE-1007",
    ),
    "carries-away": WordRule(
        "error", "exfiltration", "Asks for data that is none of its business: {}.",
        "Conversation, credentials and files would leave through an argument or a link.", _SAY, "CWE-200",
    ),
    "shadows": WordRule(
        "error", _INJECTION, "Speaks of when or how another tool is used: {}.",
        "One tool then steers calls of another, whose words nobody changed.", "Speak of this tool only.", "CWE-1427",
    ),
    "asks-approval": WordRule(
        "error", _INJECTION, "Speaks to whoever reviews it: {}.",
        "Evidence is what counts; who reviews may be a model too.", "Remove it.", "CWE-1427",
    ),
    "follow-link": WordRule(
        "error", _INJECTION, "Sends a model elsewhere for instructions: {}.",
        "What lies there can be changed after the review.", "Write out what is needed.", "CWE-829",
    ),
    "hidden-text": WordRule(
        "error", "hidden-text", "What is advertised holds text that does not show: {}.",
        "A model reads what a person does not see.", "Remove it.", "CWE-1007",
    ),
}  # fmt: skip

SOFTER: dict[tuple[str, Where], Severity] = {
    ("role-marks", "reader"): "warning",
    ("html-comment", "reader"): "note",
    ("shadows", "reader"): "warning",
    ("asks-approval", "reader"): "warning",
    ("carries-away", "reader"): "warning",
    ("secrecy", "reader"): "warning",
    ("follow-link", "reader"): "warning",
}
"""Where a rule says less of code than of advertised words. In data every rule is a warning."""

_LIE = "false-claim"
_RELIES = "Whoever chooses the tool, a model or a person, relies on what it says of itself."
_QUALITY = "description"
_MODEL_NEEDS = "A model that has to guess calls the tool wrongly, or not at all."

WORDING = {
    "says-read-only": WordRule(
        "error", _LIE, "Says that it changes nothing: {}.", _RELIES,
        "Say what it changes, or declare it as what it is.",
    ),
    "says-offline": WordRule(
        "error", _LIE, "Says that it stays offline: {}.", _RELIES, "Say which hosts it reaches, and why.",
    ),
    "says-keeps-nothing": WordRule(
        "error", _LIE, "Says that it keeps nothing: {}.", _RELIES, "Say what it keeps, and where.",
    ),
    "says-deterministic": WordRule(
        "error", _LIE, "Says that it gives the same again: {}.", _RELIES,
        "Take a seed or the time as an argument, or leave the promise out.",
    ),
    "says-one-host": WordRule(
        "error", _LIE, "Says that it reaches one host: {}.", _RELIES, "Name each host.",
    ),
    "names-other-host": WordRule(
        "error", _LIE, "Names a host that it does not declare: {}.", _RELIES,
        "Name the hosts under [effects] network, or declare the one that is named.",
    ),
    "no-such-parameter": WordRule(
        "error", _LIE, "Describes a parameter that does not exist: {}.",
        "A model will pass it, and be refused.", "Remove it, or call it by its name.",
    ),
    "no-such-error": WordRule(
        "error", _LIE, "Promises an error that does not exist: {}.", _RELIES, "Name the error that is raised.",
    ),
    "never-raised": WordRule(
        "warning", _LIE, "Promises an error that nothing raises: {}.", _RELIES, "Raise it, or remove it.",
    ),
    "undocumented-error": WordRule(
        "warning", _QUALITY, "Raises an error that the docstring does not name: {}.",
        "A caller that does not know an error cannot handle it.", "Name it under Raises:, and say when.",
    ),
    "summary-is-name": WordRule(
        "warning", _QUALITY, "The summary says no more than the name: {}.", _MODEL_NEEDS,
        "Say what it does to what, and what comes out.",
    ),
    "vague-summary": WordRule(
        "warning", _QUALITY, "The summary could be that of another tool: {}.", _MODEL_NEEDS,
        "Say what it does to what, and what comes out.",
    ),
    "look-alike-name": WordRule(
        "error", "shadowing", "The name looks like that of another tool: {}.",
        "A model, or a person, takes one for the other.", "Choose a name of its own.", "CWE-1007",
    ),
    "known-name": WordRule(
        "warning", "shadowing", "Many hosts have a tool of this name: {}.",
        "Calls may go to either.", "Say in the name what it works on.",
    ),
    "near-name": WordRule(
        "warning", "shadowing", "The name differs in one letter from a common one: {}.",
        "A model, or a person, takes one for the other.", "Choose a name of its own.", "CWE-1007",
    ),
    "no-parameter-doc": WordRule(
        "warning", _QUALITY, "Nothing is said of the parameter {}.", _MODEL_NEEDS, "Describe it under Args:.",
    ),
    "short-parameter-doc": WordRule(
        "note", _QUALITY, "Little is said of a parameter: {}.", _MODEL_NEEDS,
        "Say what it holds, in which form, and what happens without it.",
    ),
    "long-parameter-doc": WordRule(
        "note", _QUALITY, "Much is said of a parameter: {}.",
        "Every session that lists the tool pays for it.", "Keep to what a caller must know.",
    ),
    "no-unit": WordRule(
        "warning", _QUALITY, "Nothing says in which unit {} is.", "1500 may be milliseconds or seconds.",
        "Say the unit in the name or under Args:.",
    ),
    "long-description": WordRule(
        "warning", _QUALITY, "The description is long: {}.",
        "Every session that lists the tool pays for it.", "Keep to what a caller must know.",
    ),
    "no-returns": WordRule(
        "note", _QUALITY, "Nothing is said of what {} returns.", _MODEL_NEEDS, "Add Returns: to the docstring.",
    ),
    "no-when": WordRule(
        "note", _QUALITY, "Nothing says when to use {}, and when not.", _MODEL_NEEDS,
        "Add a sentence on what it is for, and what it is not for.",
    ),
    "unfinished": WordRule(
        "warning", _QUALITY, "Something is left to be written: {}.", _MODEL_NEEDS, "Write it.",
    ),
}  # fmt: skip
