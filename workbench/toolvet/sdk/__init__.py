"""What a tool may import. Standard library only.

A tool is a fully typed function with a docstring. Bounds go into annotations, effects through a
`Context`, large data by `File`, the account of a batch into a `BatchResult`.
"""

from toolvet.sdk.batch import BatchResult
from toolvet.sdk.bounds import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf, Pattern, Unit
from toolvet.sdk.context import AddIfAbsent, Collection, Context, Put, Step
from toolvet.sdk.errors import ArgumentError, DescribeError, HostError, ResultError, ToolError
from toolvet.sdk.files import File
from toolvet.sdk.memory import MemoryChannel

__version__ = "1"
"""Of what tools may rely on; recorded in every release manifest."""

__all__ = [
    "AddIfAbsent",
    "ArgumentError",
    "BatchResult",
    "Collection",
    "Context",
    "DescribeError",
    "File",
    "Ge",
    "Gt",
    "HostError",
    "Le",
    "Lt",
    "MaxLen",
    "MemoryChannel",
    "MinLen",
    "MultipleOf",
    "Pattern",
    "Put",
    "ResultError",
    "Step",
    "ToolError",
    "Unit",
    "__version__",
]
