"""What the static import contracts cannot see: what is really loaded, in a fresh interpreter."""

import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

OURS = ("toolvet", "toolvet_reviews")
MACHINERY = ("sqlalchemy", "dbos", "mcp", "fastapi", "toolvet.engine", "toolvet.storage")
HEAVY = (*MACHINERY, "cryptography", "pydantic", "jsonschema_rs")
PURE = {"rapidfuzz", "rfc8785"}


def loaded_by(module: str) -> set[str]:
    """Import a module in a fresh interpreter and name all that it loaded."""
    code = (
        f"import sys; before = set(sys.modules); import {module}; print(*{{*sys.modules}} - before)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["toolvet", "toolvet.engine.vote"])
def test_the_engine_loads_no_face(module: str) -> None:
    assert loaded_by(module).isdisjoint(("mcp", "fastapi", "typer", "toolvet.cli"))


@pytest.mark.parametrize("module", ["toolvet.client.client", "toolvet.cli"])
def test_what_a_command_loads_before_it_knows_what_to_do_is_light(module: str) -> None:
    assert loaded_by(module).isdisjoint(HEAVY)


@pytest.mark.parametrize("module", ["toolvet_reviews.moves", "toolvet_reviews.diffs"])
def test_the_domain_loads_the_standard_library_and_two_pure_libraries_only(module: str) -> None:
    foreign = {name.split(".")[0] for name in loaded_by(module)} - set(sys.stdlib_module_names)

    compiled = {name for name in foreign if name.startswith("_")} | {"cython_runtime"}
    assert foreign - compiled <= {"toolvet_reviews", *PURE}


def test_what_a_tool_imports_loads_the_standard_library_only() -> None:
    foreign = {name.split(".")[0] for name in loaded_by("toolvet.sdk")}

    assert foreign - set(sys.stdlib_module_names) == {"toolvet"}


@pytest.mark.parametrize("name", OURS)
def test_each_import_name_is_provided_by_one_distribution_only(name: str) -> None:
    # An editable install lists no packages: this speaks only in the wheel job.
    assert set(packages_distributions().get(name, ["toolvet"])) == {"toolvet"}
