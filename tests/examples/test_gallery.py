"""The gallery has the shape it claims, its own tests pass, and the docs show it as it is."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from toolvet_reviews.bundle import ToolSpec
from toolvet_reviews.intake import Caps, problems
from toolvet_reviews.small_form import outline_from_json, to_bundle_files
from toolvet_reviews.spec import parse_spec, spec_to_toml

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "examples"

GOOD = {
    "log_error_summary": "pure",
    "invoice_batch_generate": "write",
    "customer_records_repair": "write",
    "campaign_send_bulk": "write",
}
STOPPED = ("median_price", "rate_lookup", "ticket_export")
FOLDERS = [*(GALLERY / name for name in GOOD), *(GALLERY / "stopped" / name for name in STOPPED)]
SMALL = GALLERY / "find_flaky_runs.py"

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def bundle_files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def spec_of(folder: Path) -> ToolSpec:
    return parse_spec((folder / "tool.toml").read_text(encoding="utf-8"))


def entry_node(folder: Path) -> ast.FunctionDef:
    module, _, function = spec_of(folder).entry.partition(":")
    tree = ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))
    return next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function
    )


def parameters(node: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in node.args.args]


def outline_of(source: str) -> dict[str, Any]:
    """Say of trusted source what the confined parser says of any."""
    tree = ast.parse(source)
    return {
        "functions": [
            {
                "name": node.name,
                "line": node.lineno,
                "end_line": node.end_lineno,
                "doc": ast.get_docstring(node) or "",
                "is_async": False,
                "params": parameters(node),
                "annotated": all(argument.annotation for argument in node.args.args),
            }
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
        ],
        "classes": [node.name for node in tree.body if isinstance(node, ast.ClassDef)],
        "imports": sorted(
            {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module}
            | {
                alias.name
                for node in tree.body
                if isinstance(node, ast.Import)
                for alias in node.names
            }
        ),
    }


def small_examples() -> list[dict[str, Any]]:
    text = SMALL.with_suffix(".examples.json").read_text(encoding="utf-8")
    return cast("list[dict[str, Any]]", json.loads(text))


@each_folder
def test_intake_has_nothing_to_say_about_a_bundle(folder: Path) -> None:
    assert list(problems(bundle_files(folder), Caps())) == []


@each_folder
def test_a_bundle_is_named_like_its_folder_and_lies_in_the_default_toolset(folder: Path) -> None:
    spec = spec_of(folder)

    assert (spec.name, spec.toolset) == (folder.name, "default")


@each_folder
def test_the_summary_is_the_first_line_of_the_entry_function(folder: Path) -> None:
    doc = ast.get_docstring(entry_node(folder)) or ""

    assert spec_of(folder).summary == doc.splitlines()[0]


@each_folder
def test_the_entry_function_is_typed_and_describes_every_parameter(folder: Path) -> None:
    node = entry_node(folder)
    described = re.findall(r"^    (\w+): ", ast.get_docstring(node) or "", re.MULTILINE)

    assert node.returns is not None
    assert all(argument.annotation for argument in node.args.args)
    assert set(parameters(node)) - {"ctx"} <= set(described)


@each_folder
def test_a_bundle_has_examples_limits_invariants_and_tests(folder: Path) -> None:
    spec = spec_of(folder)

    assert spec.examples
    assert spec.invariants
    assert spec.limits.wall_s
    assert list(folder.glob("tests/test_*.py"))


@each_folder
def test_examples_name_parameters_and_files_that_exist(folder: Path) -> None:
    known = set(parameters(entry_node(folder)))

    for example in spec_of(folder).examples:
        assert {*example.arguments, *example.files} <= known
        assert all((folder / path).is_file() for path in example.files.values())


@each_folder
def test_a_spec_survives_being_written_and_read(folder: Path) -> None:
    spec = spec_of(folder)

    assert parse_spec(spec_to_toml(spec)) == spec


@pytest.mark.parametrize(("name", "kind"), GOOD.items())
def test_the_good_ones_declare_what_they_do(name: str, kind: str) -> None:
    spec = spec_of(GALLERY / name)

    assert spec.effects.kind == kind
    assert bool(spec.effects.store) is (kind == "write")
    assert "ctx" in parameters(entry_node(GALLERY / name)) or kind == "pure"


def test_invoices_are_named_by_period_and_segment() -> None:
    spec = spec_of(GALLERY / "invoice_batch_generate")

    assert spec.idempotency is not None
    assert spec.idempotency.key == ("period", "customer_segment")


def test_more_records_of_one_dataset_are_the_same_operation() -> None:
    spec = spec_of(GALLERY / "customer_records_repair")

    assert spec.idempotency is not None
    assert (spec.idempotency.key, spec.idempotency.may_grow) == (("dataset_id",), ("records",))


@pytest.mark.parametrize("name", STOPPED)
def test_the_stopped_ones_all_claim_to_be_pure(name: str) -> None:
    assert spec_of(GALLERY / "stopped" / name).effects.kind == "pure"


def test_the_single_file_becomes_a_bundle_with_its_examples() -> None:
    source = SMALL.read_text(encoding="utf-8")

    files = to_bundle_files(
        source,
        outline_from_json(outline_of(source)),
        small_examples(),
        filename=SMALL.name,
        toolset=None,
    )
    spec = parse_spec(files["tool.toml"].decode())

    assert list(problems(files, Caps())) == []
    assert (spec.name, spec.effects.kind) == ("find_flaky_runs", "pure")
    assert [example.arguments for example in spec.examples] == [
        example["arguments"] for example in small_examples()
    ]


def test_the_authors_tests_pass_even_those_of_the_stopped() -> None:
    tests = [str(folder / "tests") for folder in FOLDERS]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([*map(str, FOLDERS), str(ROOT / "workbench")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    options = ["-q", "-p", "no:cacheprovider", "--noconftest", "-c", os.devnull]

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--import-mode=importlib", *tests],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stdout


BLOCK = re.compile(r"<!-- (examples/\S+) -->\n```\w+\n(.*?)```\n", re.DOTALL)


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="only the wheel is here, no docs")
def test_the_documentation_shows_the_bundles_as_they_are() -> None:
    shown = BLOCK.findall((ROOT / "docs" / "bundle.md").read_text(encoding="utf-8"))

    assert [path for path, _ in shown] == [
        "examples/find_flaky_runs.py",
        "examples/invoice_batch_generate/tool.toml",
        "examples/invoice_batch_generate/invoice_batch.py",
    ]
    assert all(text == (ROOT / path).read_text(encoding="utf-8") for path, text in shown)


def test_the_readme_of_the_gallery_names_every_bundle() -> None:
    readme = (GALLERY / "README.md").read_text(encoding="utf-8")

    assert all(f"]({path})" in readme for path in GOOD)
    assert all(f"](stopped/{path})" in readme for path in STOPPED)
