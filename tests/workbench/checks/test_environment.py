"""The check `environment`, and what the checks after it make of the packages it built."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from wheelwright import MadeWheel, lock_of, wheel

from toolvet.checks import CHECKS, Toolchain, Verified, verify_files
from toolvet.checks.confined import imports
from toolvet.sandbox import Pool, TierReport
from toolvet.sandbox.environments import EnvironmentStore
from toolvet_reviews.evidence_views import author_view
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import JsonObject

Check = Callable[..., Verified]

SPEC = """\
[tool]
name = "greet"
summary = "Greet somebody."
entry = "greet:greet"

[[examples]]
arguments = { name = "Ann" }
result = "hello, Ann"
"""
SOURCE = '''\
import greetings


def greet(name: str) -> str:
    """Greet somebody.

    Args:
        name: Whom.
    """
    return f"{greetings.hello()}, {name}"
'''
TESTS = """\
import greetings
from greet import greet


def test_it_greets() -> None:
    assert greet("Bob") == greetings.hello() + ", Bob"
"""
RUNNING = ("intake", "environment", "interface", "tests", "examples")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_OFFLINE", "1")


@pytest.fixture
def greetings(tmp_path: Path) -> MadeWheel:
    return wheel(tmp_path / "wheels", metadata="License-Expression: MIT\n")


@pytest.fixture
def check(tmp_path: Path, toolchain: Toolchain, walls: TierReport) -> Check:
    """Verify files with an empty store of packages, by the checks that run the tool."""
    tools = Toolchain(toolchain.root)
    vars(tools)["environments"] = EnvironmentStore(tmp_path / "store", tmp_path / "wheels")

    def run(files: Mapping[str, str], *names: str) -> Verified:
        chosen = tuple(one for one in CHECKS if one.name in (names or RUNNING))

        async def verified() -> Verified:
            pool = Pool(walls, spares=0)
            try:
                return await verify_files(
                    {path: text.encode() for path, text in files.items()},
                    pool=pool,
                    tools=tools,
                    tier=walls.tier,
                    checks=chosen,
                )
            finally:
                await pool.close()

        return asyncio.run(verified())

    return run


def bundle(lock: str, **more: str) -> dict[str, str]:
    """A tool that greets with a package."""
    return {"tool.toml": SPEC, "greet.py": SOURCE, "requirements.lock": lock, **more}


def of(verified: Verified, check: str = "environment") -> Evidence:
    """The evidence of one check."""
    return next(found for found in verified.evidence if found.check == check)


def places(evidence: Evidence) -> set[tuple[str, str, int]]:
    """Rule, file and line of every finding."""
    return {(found.rule, found.path, found.line) for found in evidence.findings}


def test_a_tool_with_packages_runs_its_examples_and_tests_with_them(
    check: Check, greetings: MadeWheel
) -> None:
    files = bundle(lock_of(greetings).text, **{"tests/test_greet.py": TESTS})

    verified = check(files, *RUNNING, "mypy", "ruff")

    assert {e.status for e in verified.evidence} == {"passed"}, [
        (e.check, e.summary, e.findings) for e in verified.evidence
    ]
    measured = of(verified).measurements
    assert measured["packages"] == [
        {
            "name": "greetings", "version": "1.0", "wheel": greetings.path.name,
            "sha256": greetings.sha256, "licence": "MIT", "was_here": True,
        }
    ]  # fmt: skip
    assert verified.manifest is not None
    assert verified.manifest.environment == measured["digest"]


def test_a_tool_without_a_lock_has_no_packages_in_its_manifest(check: Check) -> None:
    source = SOURCE.replace("import greetings\n", "").replace("greetings.hello()", "'hello'")

    verified = check({"tool.toml": SPEC, "greet.py": source}, "environment", "interface")

    assert of(verified).status == "passed"
    assert verified.manifest is not None
    assert verified.manifest.environment is None


def test_a_lock_that_breaks_the_grammar_is_a_finding_on_its_line(
    check: Check, greetings: MadeWheel
) -> None:
    verified = check(bundle(f"# a comment\n{greetings.pin}--index-url https://host.example\n"))

    assert places(of(verified)) == {("environment.lock", "requirements.lock", 3)}
    assert of(verified).status == "failed"
    assert of(verified, "interface").status == "unknown"
    assert verified.manifest is None


def test_a_wheel_that_is_refused_is_a_finding_on_its_pin(check: Check, tmp_path: Path) -> None:
    good = wheel(tmp_path / "wheels", "another", files={"another.py": ""})
    bad = wheel(tmp_path / "wheels", files={"json.py": "", "greetings.py": ""})

    verified = check(bundle(good.pin + bad.pin), "environment")

    assert places(of(verified)) == {("environment.wheel", "requirements.lock", 2)}


def test_packages_that_cannot_be_fetched_leave_it_unknown(
    check: Check, greetings: MadeWheel
) -> None:
    greetings.path.rename(greetings.path.with_suffix(".gone"))
    lock = f"greetings==1.0 --hash=sha256:{'0' * 64}\n"

    found = of(check(bundle(lock), "environment"))

    assert found.status == "unknown"
    assert found.findings == ()


def test_imports_that_nothing_explains_are_findings_on_their_lines(
    check: Check, greetings: MadeWheel
) -> None:
    source = (
        "import json, os.path\nimport numpy.linalg\nfrom pandas import DataFrame\n"
        "import numpy\nimport helper\nfrom . import helper as h\n"
        "from toolvet.sdk import Context\nimport toolvet.engine.call\n"
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None\n"
        "def late() -> None:\n    import requests\n"
    )
    tests = "import pytest\nimport helper\nimport data_for_tests\nimport hypothesis\n"
    files = bundle(
        lock_of(greetings).text,
        **{
            "greet.py": SOURCE + source,
            "helper.py": "",
            "tests/data_for_tests.py": "",
            "tests/test_greet.py": tests,
        },
    )

    found = of(check(files, "environment"))

    first = SOURCE.count("\n")
    errors = {(f.path, f.line) for f in found.findings if f.severity == "error"}
    assert errors == {
        ("greet.py", first + 2), ("greet.py", first + 3), ("greet.py", first + 8),
        ("greet.py", first + 14), ("tests/test_greet.py", 4),
    }  # fmt: skip
    warned = {(f.path, f.line) for f in found.findings if f.severity == "warning"}
    assert warned == {("greet.py", first + 10)}
    assert {f.rule for f in found.findings} == {"environment.import"}
    assert all(f.snippet for f in found.findings)


def test_a_module_that_hides_a_package_is_pointed_at(check: Check, greetings: MadeWheel) -> None:
    files = bundle(
        lock_of(greetings).text, **{"greetings.py": "def hello() -> str:\n    return ''\n"}
    )

    assert places(of(check(files, "environment"))) == {
        ("environment.hides-package", "greetings.py", 0)
    }


def test_an_author_is_told_which_package_to_pin(check: Check) -> None:
    found = of(check({"tool.toml": SPEC, "greet.py": SOURCE}, "environment"))

    told = author_view(found)

    assert "requirements.lock" in str(told)


def test_packages_lost_after_they_were_verified_are_made_anew(
    check: Check, greetings: MadeWheel, tmp_path: Path
) -> None:
    files = bundle(lock_of(greetings).text)
    first = check(files)
    for folder in (tmp_path / "store" / "quarantine").glob("*"):
        folder.rename(tmp_path / folder.name)

    again = check(files)

    assert of(again, "examples").status == "passed"
    assert of(again).measurements["digest"] == of(first).measurements["digest"]


def modules(answer: JsonObject) -> list[tuple[object, object, object]]:
    """What the parser saw: module, line, whether its absence is handled."""
    entries = answer["imports"]
    assert isinstance(entries, list)
    found = [(e["module"], e["line"], e["guarded"]) for e in entries if isinstance(e, dict)]
    return sorted(found, key=lambda entry: (entry[1], entry[0]))  # type: ignore[return-value]


def test_every_import_is_seen_wherever_it_stands() -> None:
    source = (
        "import a.b, c as d\nclass X:\n    async def f(self):\n        with y:\n"
        "            from e.f import g\nfrom .local import h\n"
        "try:\n    import i\nexcept (ValueError, ImportError):\n    import j\n"
        "else:\n    import k\ntry:\n    import l\nexcept ValueError:\n    pass\n"
        "match 1:\n    case 1:\n        import m\n"
    )

    assert modules(imports.inspect(source)) == [
        ("a.b", 1, False), ("c", 1, False), ("e.f", 5, False), ("i", 8, True), ("j", 10, False),
        ("k", 12, False), ("l", 14, False), ("m", 19, False),
    ]  # fmt: skip


def test_a_file_that_does_not_parse_has_no_imports() -> None:
    assert imports.inspect("import (")["parsed"] is False
    assert imports.inspect("(" * 5000)["imports"] == []
