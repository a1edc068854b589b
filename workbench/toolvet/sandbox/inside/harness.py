"""One call, inside the walls: load the tool, read the request, convert, run, answer, end.

A spare loads the tool first and then waits for its request. The answer is a claim: the tool owns
this process and could write another one, so the supervisor believes nothing of it.
"""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from toolvet.sandbox.inside import hook, modules, seeds
from toolvet.sandbox.inside.config import Config
from toolvet.sandbox.inside.wire import Wire

_MESSAGE_MAX = 2000

Answer = dict[str, Any]


def report_broken(descriptor: int, message: str) -> None:
    """Tell the supervisor that the walls could not be built."""
    Wire(descriptor).write({"is": "broken", "message": message[:_MESSAGE_MAX]})


class HostChannel:
    """The way from a tool's context to the trusted side."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def ask(self, request: Answer) -> Answer:
        """Send one request and wait for its answer.

        Raises:
            HostError: The trusted side refused.
        """
        from toolvet.sdk.errors import HostError  # noqa: PLC0415 - mounted only inside

        _note(request)
        reply = self._wire.exchange({"is": "ask", "request": request})
        if "error" in reply:
            error = reply["error"]
            raise HostError(error["message"], code=error["code"])
        return reply["answer"]

    def tell(self, request: Answer) -> None:
        """Send one request that has no answer."""
        self._wire.write({"is": "tell", "request": request})


def _note(request: Answer) -> None:
    """Note, in a watched run, which line asked for a collection, a secret or another tool."""
    operation = str(request.get("op"))
    named = request.get("collection") or request.get("tool") or request.get("name")
    hook.note("ask", f"{operation} {named or ''}")


def _watch(config: Config) -> None:
    """Begin to note which line asks for what."""
    shown = [path for _, path in config.binds]
    quiet = (*shown, config.sdk_root, config.deps_root, os.getcwd(), "/dev", sys.prefix)
    hook.install(config.tool_root, quiet)


def _place(error: BaseException, root: str) -> tuple[str, int]:
    """Find the innermost frame in the tool's own files."""
    if isinstance(error, SyntaxError) and _is_below(error.filename, root):
        return str(error.filename)[len(root) + 1 :], error.lineno or 0
    place = ("", 0)
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if _is_below(path, root):
            place = (path[len(root) + 1 :], line)
    return place


def _is_below(path: str | None, root: str) -> bool:
    """Tell whether a file is the tool's own; the names that code was compiled under may be its lies."""
    return path is not None and path.startswith(root + "/") and os.path.normpath(path) == path


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:_MESSAGE_MAX]
    except BaseException:  # noqa: BLE001 - a hostile __str__
        return ""


def _raised(error: BaseException, root: str) -> Answer:
    path, line = _place(error, root)
    code = getattr(error, "code", "")
    hint = getattr(error, "hint", "")
    return {
        "is": "raised",
        "type": type(error).__name__,
        "message": _text_of(error).encode("utf-8", "replace").decode(),
        "code": code if isinstance(code, str) else "",
        "hint": hint if isinstance(hint, str) else "",
        "path": path,
        "line": line,
    }


def _load(config: Config) -> Callable[..., Any]:
    from toolvet.sdk.errors import DescribeError  # noqa: PLC0415 - mounted only inside

    module_name, _, function_name = config.entry.partition(":")
    try:
        module = modules.load(module_name)
        function = getattr(module, function_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        raise DescribeError(
            "interface.missing_entry", f"there is no module {module_name}"
        ) from None
    except AttributeError as error:
        if getattr(error, "obj", None) is not sys.modules.get(module_name):
            raise
        raise DescribeError(
            "interface.missing_entry", f"{module_name} has no function {function_name}"
        ) from None
    return function


class _Tool:
    """The loaded entry, its interface derived once before a request is there."""

    def __init__(self, config: Config) -> None:
        self._function = _load(config)
        self._typed = config.typed
        self._interface: Any = None
        if config.typed:
            from toolvet.sdk import schema  # noqa: PLC0415 - mounted only inside

            self._interface = schema.interface(self._function)

    def run(self, request: Answer, wire: Wire) -> Any:
        """Answer one request."""
        if not self._typed:
            return self._function(**request["arguments"])
        from toolvet.sdk import convert, schema  # noqa: PLC0415 - mounted only inside
        from toolvet.sdk.context import Context  # noqa: PLC0415
        from toolvet.sdk.files import use_channel  # noqa: PLC0415

        if request["do"] == "describe":
            return schema.describe(self._function)
        channel = HostChannel(wire)
        use_channel(channel)
        return convert.call(self._interface, request["arguments"], Context(channel))


def _answer(config: Config, wire: Wire) -> Answer:
    """Load, wait for the request, run. An error of loading waits for the request too."""
    failed: BaseException | None = None
    tool: _Tool | None = None
    try:
        tool = _Tool(config)
    except BaseException as error:  # noqa: BLE001 - SystemExit at import is the author's failure too
        failed = error
    try:
        request = wire.read()
    except EOFError:
        os._exit(0)  # a spare that was never used
    if tool is None:
        return _raised(failed or ImportError(config.entry), config.tool_root)
    try:
        return {"is": "returned", "value": tool.run(request, wire)}
    except BaseException as error:  # noqa: BLE001 - whatever the tool raises is an answer
        return _raised(error, config.tool_root)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001, S112 - the tool may have closed or replaced it
            continue


def serve_one_call(config: Config, descriptor: int) -> NoReturn:
    """Live this process's whole life."""
    wire = Wire(descriptor)
    seeds.renew()
    if config.watch:
        _watch(config)
    answer = _answer(config, wire)
    _flush()
    if config.watch:
        wire.write({"is": "tell", "request": {"op": "seen", "claims": hook.claims()}})
    try:
        wire.write(answer)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        wire.write(
            {"is": "raised", "type": type(error).__name__, "message": _text_of(error)}
            | {"code": "result.not_json", "path": "", "line": 0}
        )
    os._exit(0)
