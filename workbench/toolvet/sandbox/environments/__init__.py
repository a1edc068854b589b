"""Packages of tools: built from a hash lock behind the walls, kept by content, shared, collected."""

from toolvet.sandbox.environments.errors import (
    EnvironmentChangedError,
    PackageIndexError,
    PackageMissingError,
    PackagesError,
    PackagesTooLargeError,
    WheelRefusedError,
)
from toolvet.sandbox.environments.records import Built, Package, address_of, python_words
from toolvet.sandbox.environments.store import EnvironmentStore, Kept

__all__ = [
    "Built",
    "EnvironmentChangedError",
    "EnvironmentStore",
    "Kept",
    "Package",
    "PackageIndexError",
    "PackageMissingError",
    "PackagesError",
    "PackagesTooLargeError",
    "WheelRefusedError",
    "address_of",
    "python_words",
]
