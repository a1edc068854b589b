"""The tools an author has: submit, status, revise, withdraw. None of them decides.

They are listed to principals with the role author, beside the published ones, and answer with the
proposal as its author may see it.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import jsonschema_rs

from toolvet.engine.look import show, wait
from toolvet.engine.revise import revise, revise_inline
from toolvet.engine.services import Services
from toolvet.engine.submit import submit, submit_inline
from toolvet.engine.withdraw import withdraw
from toolvet.errors import ArgumentsError
from toolvet.mcp.verdicts import verdict
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import ProposalView

WAIT_S = 20
"""How long an answer waits for the machine's verdict unless the caller says otherwise."""

_Handler = Callable[[Services, Caller, JsonObject], Awaitable[ProposalView]]


@dataclass(frozen=True)
class AuthorTool:
    """One tool of the platform."""

    name: str
    title: str
    description: str
    input_schema: JsonObject
    annotations: JsonObject
    run: _Handler
    check: jsonschema_rs.Draft202012Validator

    async def answer(self, services: Services, caller: Caller, arguments: JsonObject) -> JsonObject:
        """Do it and render the proposal.

        Raises:
            ArgumentsError: The arguments do not fit the schema.
        """
        for error in self.check.iter_errors(arguments):
            place = "/".join(str(part) for part in error.instance_path)
            raise ArgumentsError(
                f"arguments/{place}: {error.message}" if place else error.message,
                hint=f"Fit the arguments to the input schema of {self.name}.",
            )
        found = await self.run(services, caller, arguments)
        wait_s = arguments.get("wait_s", WAIT_S)
        if found.state == "verifying" and isinstance(wait_s, int | float) and wait_s > 0:
            found = await wait(services, caller, found.id, float(wait_s))
        return verdict(found)


async def _submit(services: Services, caller: Caller, arguments: JsonObject) -> ProposalView:
    again = arguments.get("again") is True
    source = _source(arguments)
    if source is None:
        return await submit(services, caller, _files(arguments), again=again)
    return await submit_inline(
        services,
        caller,
        source,
        _examples(arguments),
        filename=_text(arguments, "filename"),
        toolset=_text(arguments, "toolset"),
        again=again,
    )


async def _revise(services: Services, caller: Caller, arguments: JsonObject) -> ProposalView:
    proposal = str(arguments["proposal"])
    source = _source(arguments)
    if source is None:
        return await revise(services, caller, proposal, _files(arguments))
    return await revise_inline(
        services,
        caller,
        proposal,
        source,
        _examples(arguments),
        filename=_text(arguments, "filename"),
        toolset=_text(arguments, "toolset"),
    )


async def _status(services: Services, caller: Caller, arguments: JsonObject) -> ProposalView:
    return await show(services, caller, str(arguments["proposal"]))


async def _withdraw(services: Services, caller: Caller, arguments: JsonObject) -> ProposalView:
    return await withdraw(
        services, caller, str(arguments["proposal"]), _text(arguments, "reason") or ""
    )


def _text(arguments: JsonObject, key: str) -> str | None:
    value = arguments.get(key)
    return value if isinstance(value, str) else None


def _source(arguments: JsonObject) -> str | None:
    source = _text(arguments, "source")
    if source is not None and ("files" in arguments or "files_base64" in arguments):
        raise ArgumentsError("source and files exclude each other", hint="Send one of them.")
    return source


def _examples(arguments: JsonObject) -> list[JsonObject]:
    given = arguments.get("examples")
    if not isinstance(given, list):
        return []
    return [example for example in given if isinstance(example, dict)]


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


def _tool(
    name: str,
    title: str,
    description: str,
    properties: dict[str, Json],
    required: tuple[str, ...],
    run: _Handler,
    *,
    read_only: bool = False,
    destructive: bool = False,
) -> AuthorTool:
    schema: JsonObject = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    annotations: JsonObject = {
        "readOnlyHint": read_only,
        "destructiveHint": destructive,
        "idempotentHint": True,
        "openWorldHint": False,
    }
    check = jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())
    return AuthorTool(name, title, description, schema, annotations, run, check)


AUTHOR_TOOLS = {
    tool.name: tool
    for tool in (
        _tool(
            "toolvet_revise",
            "Revise a proposal",
            "Hand in a corrected bundle for an open proposal of yours; it is verified anew.",
            {"proposal": _PROPOSAL, **_BUNDLE, "wait_s": _WAIT},
            ("proposal",),
            _revise,
        ),
        _tool(
            "toolvet_status",
            "Look at a proposal",
            "See a proposal of yours: verdict, findings, comments, whose turn it is.",
            {"proposal": _PROPOSAL, "wait_s": _WAIT},
            ("proposal",),
            _status,
            read_only=True,
        ),
        _tool(
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
            (),
            _submit,
        ),
        _tool(
            "toolvet_withdraw",
            "Withdraw a proposal",
            "Take back an open proposal of yours.",
            {"proposal": _PROPOSAL, "reason": {"type": "string"}},
            ("proposal",),
            _withdraw,
            destructive=True,
        ),
    )
}
"""By name, in the order they are listed."""


def author_tools(caller: Caller) -> dict[str, AuthorTool]:
    """List the platform's tools that a caller may use."""
    return AUTHOR_TOOLS if caller.has("author") else {}
