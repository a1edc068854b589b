"""A typed function's interface: strict input and output schemas in JSON Schema 2020-12."""

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any

from toolvet.sdk.annotations import Annotations, resolve
from toolvet.sdk.composites import Field, Record
from toolvet.sdk.context import Context
from toolvet.sdk.errors import DescribeError
from toolvet.sdk.shapes import Definitions, Schema, Shape

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_RAISES = re.compile(r"^ {0,8}(?:Raises|Exceptions):[ \t]*$")
_RAISED = re.compile(r"^ {2,12}([A-Za-z_][A-Za-z0-9_.]{0,99}):")


@dataclasses.dataclass(frozen=True)
class Interface:
    """What a function takes and gives."""

    function: Callable[..., Any]
    parameters: Record
    result: Shape
    context: str
    """The parameter that takes the context; empty when there is none."""


def _describe_error(
    code: str, function: Callable[..., Any], message: str, hint: str
) -> DescribeError:
    name = getattr(function, "__name__", "the entry")
    return DescribeError(f"interface.{code}", f"{name}: {message}", hint)


def _arguments(**given: Any) -> dict[str, Any]:
    return given


def _is_context(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Context)


def _check_parameter(function: Callable[..., Any], parameter: inspect.Parameter) -> None:
    if parameter.kind in _VARIADIC:
        raise _describe_error(
            "variadic", function, f"*{parameter.name} has no schema", "Name every parameter."
        )
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        raise _describe_error(
            "positional_only", function, f"{parameter.name} cannot be named", "Remove the slash."
        )
    if parameter.annotation is inspect.Parameter.empty:
        raise _describe_error(
            "untyped", function, f"{parameter.name} has no annotation", "Annotate every parameter."
        )


def _check_function(function: Any) -> None:
    if not inspect.isroutine(function):
        kind = type(function).__name__
        raise DescribeError(
            "interface.not_a_function", f"the entry is a {kind}", "Name a plain function."
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise _describe_error("generator", function, "it yields", "Return a list.")
    if inspect.signature(function).return_annotation is inspect.Signature.empty:
        raise _describe_error("untyped", function, "no return annotation", "Annotate the result.")


def interface(function: Callable[..., Any]) -> Interface:
    """Derive what a function takes and gives.

    Raises:
        DescribeError: It is not fully typed, or a type has no exact form in JSON.
    """
    _check_function(function)
    hints = resolve(function, getattr(function, "__name__", "entry"))
    annotations = Annotations()
    fields: list[Field] = []
    context = ""
    for name, parameter in inspect.signature(function).parameters.items():
        _check_parameter(function, parameter)
        if _is_context(hints[name]):
            if context:
                raise _describe_error("context", function, "two contexts", "Take one context.")
            context = name
            continue
        fields.append(annotations.field(name, hints[name], parameter.default, name))
    parameters = Record("arguments", _arguments, _no_values, vars, tuple(fields))
    return Interface(function, parameters, annotations.shape(hints["return"], "result"), context)


def _no_values(value: Any) -> bool:
    return False


def _whole(shape: Shape) -> Schema:
    definitions: Definitions = {}
    schema = dict(shape.schema(definitions))
    return {**schema, "$defs": definitions} if definitions else schema


def _raises(docstring: str) -> list[str]:
    """Return the exceptions that a Google docstring names."""
    names: list[str] = []
    inside = False
    for line in docstring.splitlines():
        if _RAISES.match(line):
            inside = True
        elif inside and line.strip() and not line.startswith(" "):
            inside = False
        elif inside and (match := _RAISED.match(line)):
            names.append(match[1])
    return names


def describe(function: Callable[..., Any]) -> dict[str, Any]:
    """Return a function's interface as JSON.

    Returns:
        `name`, `description` (the docstring), `input_schema`, `output_schema`, `takes_context`
        and `raises` (names from the docstring's `Raises:`).

    Raises:
        DescribeError: See `interface`.
    """
    found = interface(function)
    description = inspect.getdoc(function) or ""
    return {
        "name": function.__name__,
        "description": description,
        "input_schema": _whole(found.parameters),
        "output_schema": _whole(found.result),
        "takes_context": bool(found.context),
        "raises": _raises(description),
    }
