"""The tools an author has: guide, submit, status, revise, withdraw. None of them decides.

They are listed to principals with the role author, beside the published ones. All but the guide
answer with the proposal as its author may see it.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable

import mcp_types as t

from toolvet.engine.change_requests import Answer, change_requests
from toolvet.engine.guide import FORMS, guide
from toolvet.engine.look import show, wait
from toolvet.engine.remarks import LONGEST
from toolvet.engine.revise import revise, revise_inline
from toolvet.engine.submit import submit, submit_inline
from toolvet.engine.withdraw import withdraw
from toolvet.errors import ArgumentsError
from toolvet.mcp.platform import PlatformTool, Request, platform_tool
from toolvet.mcp.results import answered
from toolvet.mcp.verdicts import OUTPUT_SCHEMA, verdict
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import ProposalView

WAIT_S = 20
"""How long an answer waits for the machine's verdict unless the caller says otherwise."""


def _settled(
    move: Callable[[Request], Awaitable[ProposalView]],
) -> Callable[[Request], Awaitable[t.CallToolResult]]:
    """Make a handler of a move: do it, wait as long as was asked for, answer with the proposal."""

    async def run(request: Request) -> t.CallToolResult:
        found = await move(request)
        asked = request.arguments.get("wait_s", WAIT_S)
        wait_s = float(asked) if isinstance(asked, int | float) else 0.0
        until = "decision" if request.text("until") == "decision" else "verdict"
        if wait_s > 0 and (until == "decision" or found.state == "verifying"):
            found = await wait(request.services, request.caller, found.id, wait_s, until=until)
        asked = await change_requests(request.services, request.caller, found.id)
        return answered(verdict(found, asked))

    return run


async def _submit(request: Request) -> ProposalView:
    again = request.arguments.get("again") is True
    source = _source(request)
    if source is None:
        files = _files(request.arguments)
        return await submit(request.services, request.caller, files, again=again)
    return await submit_inline(
        request.services,
        request.caller,
        source,
        _examples(request.arguments),
        filename=request.text("filename"),
        toolset=request.text("toolset"),
        again=again,
    )


async def _revise(request: Request) -> ProposalView:
    proposal = str(request.arguments["proposal"])
    source, answers = _source(request), _answers(request.arguments)
    if source is None:
        files = _files(request.arguments)
        return await revise(request.services, request.caller, proposal, files, answers=answers)
    return await revise_inline(
        request.services,
        request.caller,
        proposal,
        source,
        _examples(request.arguments),
        filename=request.text("filename"),
        toolset=request.text("toolset"),
        answers=answers,
    )


async def _status(request: Request) -> ProposalView:
    return await show(request.services, request.caller, str(request.arguments["proposal"]))


async def _withdraw(request: Request) -> ProposalView:
    reason = request.text("reason") or ""
    proposal = str(request.arguments["proposal"])
    return await withdraw(request.services, request.caller, proposal, reason)


async def _guide(request: Request) -> t.CallToolResult:
    form = request.text("form") or FORMS[0]
    return answered({"form": form, "guide": guide(form)})


def _source(request: Request) -> str | None:
    source = request.text("source")
    if source is not None and not request.arguments.keys().isdisjoint(("files", "files_base64")):
        raise ArgumentsError("source and files exclude each other", hint="Send one of them.")
    return source


def _examples(arguments: JsonObject) -> list[JsonObject]:
    given = arguments.get("examples")
    if not isinstance(given, list):
        return []
    return [example for example in given if isinstance(example, dict)]


def _answers(arguments: JsonObject) -> list[Answer]:
    given = arguments.get("answers")
    if not isinstance(given, list):
        return []
    return [
        Answer(str(one["request"]), str(one["words"])) for one in given if isinstance(one, dict)
    ]


def _files(arguments: JsonObject) -> dict[str, bytes]:
    """Collect the files of the full form.

    Raises:
        ArgumentsError: There are none, one is named twice, or is not base64.
    """
    texts, binaries = arguments.get("files"), arguments.get("files_base64")
    if not isinstance(texts, dict) and not isinstance(binaries, dict):
        raise ArgumentsError(
            "nothing to submit",
            hint="Send source (one Python file) with examples, or files: path to text.",
        )
    files: dict[str, bytes] = {}
    for path, text in (texts if isinstance(texts, dict) else {}).items():
        files[path] = str(text).encode("utf-8", "surrogatepass")
    for path, data in (binaries if isinstance(binaries, dict) else {}).items():
        if path in files:
            raise ArgumentsError(f"{path!r} is in files and in files_base64")
        try:
            files[path] = base64.b64decode(str(data), validate=True)
        except binascii.Error as error:
            raise ArgumentsError(f"files_base64/{path}: not base64") from error
    return files


_PROPOSAL: JsonObject = {"type": "string", "pattern": "^P-[0-9]+$", "description": "Such as P-12."}
_WAIT: JsonObject = {
    "type": "number",
    "minimum": 0,
    "maximum": 50,
    "default": WAIT_S,
    "description": "Wait at most this many seconds for the machine's verdict.",
}
_EXAMPLE: JsonObject = {
    "type": "object",
    "properties": {
        "arguments": {"type": "object", "description": "Keyword arguments of the function."},
        "result": {"description": "What it must return for them."},
        "raises": {"type": "string", "description": "Or the name of the error it must raise."},
    },
    "required": ["arguments"],
}
_BUNDLE: dict[str, Json] = {
    "source": {
        "type": "string",
        "description": "One Python file: a fully typed public function with a Google-style "
        "docstring; its name becomes the tool's name. Metadata, if any, in a `# /// script` block "
        "under [tool.toolvet]. Without it the tool is pure: no network, files or store.",
    },
    "examples": {
        "type": "array",
        "items": _EXAMPLE,
        "description": "Each is run twice; the result must be exactly this. At least one.",
    },
    "filename": {"type": "string", "description": "Of the source; NAME.py by default."},
    "toolset": {"type": "string", "description": "Group of tools it belongs to."},
    "files": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Instead of source: path to text of a whole bundle with tool.toml, "
        "modules and tests.",
    },
    "files_base64": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Binary files of the bundle, under data/ or tests/data/.",
    },
}


_ANSWERS: JsonObject = {
    "type": "array",
    "maxItems": 200,
    "items": {
        "type": "object",
        "properties": {
            "request": {"type": "string", "description": "Id of the change request."},
            "words": {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST,
                "description": "How this revision meets it, or why it should not.",
            },
        },
        "required": ["request", "words"],
        "additionalProperties": False,
    },
    "description": "Your answers to change_requests; reviewers read them beside what they asked.",
}
_WAITING: JsonObject = {
    **_WAIT,
    "description": "Wait at most this many seconds for what `until` names.",
}
_UNTIL: JsonObject = {
    "type": "string",
    "enum": ["verdict", "decision"],
    "default": "verdict",
    "description": "The machine's verdict, or what people decide on it.",
}
_FORM: JsonObject = {
    "type": "string",
    "enum": [*FORMS],
    "default": FORMS[0],
    "description": "small: one file without effects, the usual form. full: a folder, for effects, "
    "tests or data.",
}

AUTHOR_TOOLS: dict[str, PlatformTool] = {
    tool.name: tool
    for tool in (
        platform_tool(
            "toolvet_guide",
            "How to write a tool",
            "What a bundle must be to pass, with one complete example that does. Read it once "
            "before you write your first tool.",
            {"form": _FORM},
            _guide,
            output_schema={
                "type": "object",
                "properties": {"form": {"type": "string"}, "guide": {"type": "string"}},
                "required": ["form", "guide"],
            },
            read_only=True,
        ),
        platform_tool(
            "toolvet_revise",
            "Revise a proposal",
            "Hand in a corrected bundle for an open proposal of yours; it is verified anew. Answer "
            "each of its change_requests.",
            {"proposal": _PROPOSAL, **_BUNDLE, "answers": _ANSWERS, "wait_s": _WAIT},
            _settled(_revise),
            output_schema=OUTPUT_SCHEMA,
            required=("proposal",),
        ),
        platform_tool(
            "toolvet_status",
            "Look at a proposal",
            "See a proposal of yours: verdict, findings, what you are asked to change, whose turn it "
            "is. Can wait for the verdict, or for the people's decision.",
            {"proposal": _PROPOSAL, "until": _UNTIL, "wait_s": _WAITING},
            _settled(_status),
            output_schema=OUTPUT_SCHEMA,
            required=("proposal",),
            read_only=True,
        ),
        platform_tool(
            "toolvet_submit",
            "Submit a tool",
            "Propose a new tool, or a new version of one, written in Python. It is verified in "
            "seconds; people decide whether it is published. The same bytes again answer with the "
            "same proposal.",
            {
                **_BUNDLE,
                "again": {
                    "type": "boolean",
                    "default": False,
                    "description": "Open a new proposal for bytes that were decided before.",
                },
                "wait_s": _WAIT,
            },
            _settled(_submit),
            output_schema=OUTPUT_SCHEMA,
        ),
        platform_tool(
            "toolvet_withdraw",
            "Withdraw a proposal",
            "Take back an open proposal of yours.",
            {"proposal": _PROPOSAL, "reason": {"type": "string"}},
            _settled(_withdraw),
            output_schema=OUTPUT_SCHEMA,
            required=("proposal",),
            destructive=True,
        ),
    )
}
"""By name."""
