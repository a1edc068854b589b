"""Whole bundles through every check: what passes, and what each check must stop."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import NAMES, Verified
from toolvet_reviews import manifest
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.evidence_views import author_view
from toolvet_reviews.findings import Evidence


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str) -> Verified: ...


SPEC = """\
[tool]
name = "count_words"
summary = "Count the words of a text."
entry = "count_words:count_words"

[effects]
kind = "pure"

[[examples]]
arguments = { text = "a b a" }
result = { a = 2, b = 1 }
"""

SOURCE = '''\
"""Count words."""


def count_words(text: str, least: int = 1) -> dict[str, int]:
    """Count the words of a text.

    Args:
        text: Any text.
        least: Report words that occur at least this often.

    Raises:
        ValueError: `least` is negative.
    """
    if least < 0:
        raise ValueError("least")
    found: dict[str, int] = {}
    for word in text.split():
        found[word] = found.get(word, 0) + 1
    return {word: number for word, number in sorted(found.items()) if number >= least}
'''

TESTS = """\
import pytest

from count_words import count_words


@pytest.mark.parametrize("least", [1, 2])
def test_counts(least: int) -> None:
    assert count_words("a b a", least)["a"] == 2


class TestEdges:
    def test_nothing(self) -> None:
        assert count_words("") == {}
"""

RUNNING = ("intake", "interface", "tests", "examples")

GOOD = {"tool.toml": SPEC, "count_words.py": SOURCE, "tests/test_count_words.py": TESTS}


def by_name(verified: Verified) -> dict[str, Evidence]:
    return {evidence.check: evidence for evidence in verified.evidence}


def rules(evidence: Evidence) -> set[str]:
    return {finding.rule for finding in evidence.findings}


NOT_FOR_PURE = ("held_out", "idempotency", "observability", "behaviour")
"""Nothing is held out for it, it changes nothing, and nothing serves under its name."""


def test_a_good_bundle_passes_every_check(verify: Verify) -> None:
    verified = verify(GOOD)

    expected = {name: "skipped" if name in NOT_FOR_PURE else "passed" for name in NAMES}
    assert {name: e.status for name, e in by_name(verified).items()} == expected, [
        (e.check, e.summary, e.raw) for e in verified.evidence
    ]
    assert all(by_name(verified)[name].measurements["not_applicable"] for name in NOT_FOR_PURE)
    assert all(e.inputs.startswith("sha256:") for e in verified.evidence)
    measured = by_name(verified)["examples"].measurements
    assert measured["repeat_equal"] is True
    assert measured["runs"] == 2


def test_the_manifest_of_a_good_bundle_says_what_is_advertised(verify: Verify) -> None:
    made = verify(GOOD, "interface").manifest

    assert made is not None
    assert manifest.from_bytes(manifest.to_bytes(made)) == made
    assert made.definition.description.startswith("Count the words of a text.")
    assert "Args:" not in made.definition.description
    properties = made.definition.input_schema["properties"]
    assert isinstance(properties, dict)
    text = properties["text"]
    assert isinstance(text, dict)
    assert text["description"] == "Any text."
    assert made.definition.annotations["readOnlyHint"] is True


def test_the_small_form_needs_no_tests(verify: Verify) -> None:
    block = (
        '# /// script\n# [[tool.toolvet.examples]]\n# arguments = { text = "a" }\n'
        "# result = { a = 1 }\n# ///\n"
    )

    found = by_name(verify({"words.py": block + SOURCE}, *RUNNING))

    assert found["tests"].status == "skipped"
    assert found["examples"].status == "passed"


def test_comments_that_ask_to_look_away_have_no_effect_and_are_findings(verify: Verify) -> None:
    source = (
        "import os\n\n\ndef count_words(text: str, least: int = 1) -> dict[str, int]:\n"
        '    """Count."""\n'
        "    os.system('echo ' + text)  # noqa # nosem\n"
        "    eval('1')  # noqa: S307\n"
        "    total: int = 'a'  # type: ignore[assignment]\n"
        "    return {'a': total}\n"
    )

    found = by_name(verify({**GOOD, "count_words.py": source}))

    assert {"intake.suppression", "intake.undeclared-processes"} <= rules(found["intake"])
    assert "ruff.S307" in rules(found["ruff"])
    assert "mypy.assignment" in rules(found["mypy"])
    assert "semgrep.shell-from-parameter" in rules(found["semgrep"])
    assert {found[name].status for name in ("intake", "ruff", "mypy", "semgrep")} == {"failed"}


def test_a_file_that_does_not_parse_is_never_scanned_clean(verify: Verify) -> None:
    found = by_name(verify({**GOOD, "other.py": "def broken(:\n"}, *RUNNING, "semgrep"))

    assert "intake.syntax" in rules(found["intake"])
    assert found["semgrep"].status == "unknown"
    assert found["tests"].status == "unknown"


def test_an_error_names_its_place_and_the_cure(verify: Verify) -> None:
    source = SOURCE.replace("    found: dict", "    open('/etc/hosts')\n    found: dict")

    [finding] = [
        f
        for f in by_name(verify({**GOOD, "count_words.py": source}, "intake"))["intake"].findings
        if f.rule == "intake.undeclared-files"
    ]

    assert (finding.path, finding.line) == ("count_words.py", 16)
    assert finding.snippet.strip() == "open('/etc/hosts')"
    assert finding.fix


INTERFACES = {
    "an untyped parameter": ("def count_words(text) -> int:\n    return 1\n", "untyped"),
    "a missing result": ("def count_words(text: str):\n    return 1\n", "untyped"),
    "another function": ("def other(text: str) -> int:\n    return 1\n", "missing_entry"),
    "an unsupported type": ("def count_words(text: complex) -> int:\n    return 1\n", "unsupported_type"),
    "an import that kills": ("import os\nos._exit(0)\n", "import_died"),
    "an import that fails": ("import numpy_of_nobody\n", "import_failed"),
    "an import that raises": ("raise RuntimeError('no')\n", "import_failed"),
}  # fmt: skip


@pytest.mark.parametrize("case", INTERFACES)
def test_the_interface_check_stops(verify: Verify, case: str) -> None:
    source, rule = INTERFACES[case]

    found = by_name(
        verify({"tool.toml": SPEC, "count_words.py": f'"""Doc."""\n\n{source}'}, *RUNNING)
    )

    assert found["interface"].status == "failed"
    assert rules(found["interface"]) == {f"interface.{rule}"}, found["interface"]
    assert {found["tests"].status, found["examples"].status} == {"unknown"}


SPECS = {
    "an example that does not fit the schema": (
        SPEC.replace('text = "a b a"', "text = 5"),
        "interface.example",
    ),
    "a result that does not fit the schema": (
        SPEC.replace("a = 2", 'a = "2"'),
        "interface.example",
    ),
    "an idempotency key that is no parameter": (
        SPEC + '[idempotency]\nkey = ["name"]\n',
        "interface.idempotency",
    ),
    "a retry on an error that is never raised": (
        SPEC + '[retry]\non = ["RateLimited"]\nattempts = 3\n',
        "interface.retry",
    ),
}


@pytest.mark.parametrize("case", SPECS)
def test_the_interface_check_holds_the_spec_against_the_function(verify: Verify, case: str) -> None:
    spec, rule = SPECS[case]

    assert rules(by_name(verify({**GOOD, "tool.toml": spec}, "interface"))["interface"]) == {rule}


def test_patterns_with_look_around_or_nested_repetition_are_refused_and_plain_ones_are_not(
    verify: Verify,
) -> None:
    source = (
        "from typing import Annotated\n\nfrom toolvet.sdk import Pattern\n\n\n"
        "def count_words(text: Annotated[str, Pattern(r'PATTERN')]) -> dict[str, int]:\n"
        '    """Count."""\n    return {"a": 2, "b": 1}\n'
    )
    spec = SPEC.replace('"a b a"', '"aaa"')

    bad = by_name(
        verify(
            {"tool.toml": spec, "count_words.py": source.replace("PATTERN", "^(?=a)a+$")},
            "interface",
        )
    )
    good = by_name(
        verify(
            {"tool.toml": spec, "count_words.py": source.replace("PATTERN", "^a+(ba+)*$")},
            "interface",
        )
    )
    nested = by_name(
        verify(
            {"tool.toml": spec, "count_words.py": source.replace("PATTERN", "^(a+)+$")}, "interface"
        )
    )

    assert bad["interface"].status == nested["interface"].status == "failed"
    assert good["interface"].status == "passed", good["interface"]


TRICKS = {
    "a failing test": "def test_a():\n    assert 1 == 2\n",
    "os._exit in a test": "import os\ndef test_a():\n    os._exit(0)\n",
    "os._exit at import": "import os\nos._exit(0)\ndef test_a(): ...\n",
    "sys.exit in a test": "import sys\ndef test_a():\n    sys.exit(0)\n",
    "sys.exit at import": "import sys\nsys.exit(0)\ndef test_a(): ...\n",
    "a module skip": "import pytest\npytest.skip('x', allow_module_level=True)\ndef test_a(): ...\n",
    "a skip": "import pytest\ndef test_a():\n    pytest.skip('x')\n",
    "an xfail mark": "import pytest\n@pytest.mark.xfail\ndef test_a():\n    assert 1 == 2\n",
    "__test__": "__test__ = False\ndef test_a():\n    assert 1 == 2\n",
    "a test deleted at import": "def test_a():\n    assert 1 == 2\ndel test_a\n",
    "a test replaced by name": "def test_a():\n    assert 1 == 2\ntest_b = lambda: None\n",
    "an import that fails": "import nothing_of_that_name\ndef test_a(): ...\n",
    "an exit at the end": "import atexit, os\natexit.register(os._exit, 0)\ndef test_a():\n    assert 0\n",
    "a fixture that fails": "import pytest\n@pytest.fixture\ndef x(): 1/0\ndef test_a(x): ...\n",
    "a fixture that fails late": "import pytest\n@pytest.fixture\ndef x():\n    yield\n    1/0\ndef test_a(x): ...\n",
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_a_test_run_is_not_fooled_by(verify: Verify, trick: str) -> None:
    found = by_name(
        verify({**GOOD, "tests/test_count_words.py": TRICKS[trick]}, "intake", "interface", "tests")
    )

    assert found["tests"].status in {"failed", "unknown"}, found["tests"]


@pytest.mark.parametrize("name", ["conftest.py", "tests/conftest.py", "pytest.ini", "setup.cfg"])
def test_settings_of_a_checker_are_refused_at_intake(verify: Verify, name: str) -> None:
    with pytest.raises(ReviewError) as refused:
        verify({**GOOD, name: ""})

    assert refused.value.code == "intake.forbidden_file"


EXAMPLES = {
    "a result that is not given": (SPEC.replace("a = 2", "a = 3"), SOURCE, "examples.result"),
    "an error instead of a result": (
        SPEC,
        SOURCE.replace("    found: dict", "    text = text[7]\n    found: dict"),
        "examples.raised",
    ),
    "an error that does not come": (
        SPEC.replace("result = { a = 2, b = 1 }", 'raises = "ValueError"'),
        SOURCE,
        "examples.not-raised",
    ),
    "another answer each time": (
        SPEC,
        SOURCE.replace(
            "    if least", "    import uuid\n    text += uuid.uuid4().hex\n    if least"
        ),
        "examples.repeat",
    ),
    "a death": (
        SPEC,
        SOURCE.replace("    if least", "    import os\n    os._exit(0)\n    if least"),
        "examples.died",
    ),
    "no example": (SPEC.partition("[[examples]]")[0], SOURCE, "examples.missing"),
}


@pytest.mark.parametrize("case", EXAMPLES)
def test_the_examples_check_stops(verify: Verify, case: str) -> None:
    spec, source, rule = EXAMPLES[case]

    found = by_name(verify({"tool.toml": spec, "count_words.py": source}, "interface", "examples"))[
        "examples"
    ]

    assert found.status == "failed"
    assert rule in rules(found), found


def test_an_example_may_promise_an_error(verify: Verify) -> None:
    spec = SPEC + '\n[[examples]]\narguments = { text = "a", least = -1 }\nraises = "ValueError"\n'

    assert (
        by_name(verify({"tool.toml": spec, "count_words.py": SOURCE}, "interface", "examples"))[
            "examples"
        ].status
        == "passed"
    )


WRITE_SPEC = """\
[tool]
name = "note"
summary = "Keep a note once."
entry = "note:note"

[effects]
kind = "write"
store = ["notes"]

[idempotency]
key = ["name"]

[[examples]]
arguments = { name = "a" }
result = true
"""

WRITE_SOURCE = '''\
"""Notes."""

from toolvet.sdk import Context


def note(ctx: Context, name: str) -> bool:
    """Keep a note once."""
    ctx.log.info("note")
    return ctx.store["notes"].add_if_absent(name, True)
'''


def test_a_tool_that_writes_is_run_twice_on_the_same_store(verify: Verify) -> None:
    again = WRITE_SOURCE.replace(
        'return ctx.store["notes"].add_if_absent(name, True)',
        'before = ctx.store["notes"].get(name)\n'
        '    ctx.store["notes"].put(name, (before or 0) + 1)\n'
        "    return True",
    )

    once = by_name(verify({"tool.toml": WRITE_SPEC, "note.py": WRITE_SOURCE}, *RUNNING))
    twice = by_name(verify({"tool.toml": WRITE_SPEC, "note.py": again}, *RUNNING))

    assert once["examples"].status == "passed", once["examples"]
    assert once["examples"].measurements["log_events"] == 1
    assert "examples.repeat" in rules(twice["examples"])
    assert rules(once["tests"]) == {"tests.missing"}


def test_a_collection_that_is_not_declared_is_seen_in_text_and_in_the_run(verify: Verify) -> None:
    found = by_name(
        verify(
            {"tool.toml": WRITE_SPEC.replace('"notes"]', '"other"]'), "note.py": WRITE_SOURCE},
            *RUNNING,
            "effects",
        )
    )

    assert "intake.undeclared-store" in rules(found["intake"])
    [undeclared] = [f for f in found["effects"].findings if f.severity == "error"]
    assert (undeclared.rule, undeclared.line) == ("effects.undeclared-store", 9)


def test_a_test_file_is_no_place_for_code_that_runs(verify: Verify) -> None:
    hidden = {"tests/helper.py": "import os\n\n\ndef run(t: str) -> None:\n    os.system(t)\n"}
    source = "from tests.helper import run\n" + SOURCE.replace('"""Count words."""', "run('x')", 1)
    entry = SPEC.replace('"count_words:count_words"', '"tests.helper:count_words"')

    imported = verify({**GOOD, **hidden, "count_words.py": source}, "intake")
    entered = verify({**GOOD, "tests/helper.py": SOURCE, "tool.toml": entry}, "intake")

    assert "intake.uses-tests" in rules(by_name(imported)["intake"])
    assert "intake.uses-tests" in rules(by_name(entered)["intake"])


def test_an_invisible_character_in_the_specification_is_shown(verify: Verify) -> None:
    spec = SPEC.replace("of a text", "of \u202ea text")

    [finding] = by_name(verify({**GOOD, "tool.toml": spec}, "intake"))["intake"].findings

    assert (finding.rule, finding.path, finding.line) == ("intake.invisible", "tool.toml", 3)
    assert "U+202E" in finding.message


def test_an_author_sees_what_to_mend_and_no_raw_output(verify: Verify) -> None:
    broken = {**GOOD, "tests/test_count_words.py": TRICKS["a failing test"]}
    evidence = by_name(verify(broken, "intake", "interface", "tests"))["tests"]

    view = author_view(evidence, digest="sha256:0")

    assert evidence.raw
    assert evidence.raw not in repr(view)
    assert view.findings[0].path == "tests/test_count_words.py"
    assert view.findings[0].line == 2
    assert view.findings[0].category == "tests"
    assert view.findings[0].fix
