"""The way back, walked before anybody needs it: registry, stores of both versions, effects."""

from collections.abc import Generator

import pytest
from against_served import Beside, call, rules

from toolvet.checks import Toolchain
from toolvet.checks.rehearsal import rehearse
from toolvet.sandbox import TierReport
from toolvet_reviews import digests
from toolvet_reviews.manifest import Manifest, ToolDefinition, annotations_for
from toolvet_reviews.values import EffectKind, JsonObject

PURE = {
    "tool.toml": """[tool]
name = "double"
summary = "Double a number."
entry = "double:double"

[[examples]]
arguments = { number = 2 }
result = 4
""",
    "double.py": '''"""Double."""


def double(number: int) -> int:
    """Double a number.

    Args:
        number: Any.

    Returns:
        Twice as much.
    """
    return 2 * number
''',
}
TOML = """[tool]
name = "note"
summary = "Note what came."
entry = "note:note"

[effects]
kind = "write"
store = ["notes"]

[idempotency]
key = ["id"]

[[examples]]
arguments = { id = "a", text = "one" }
result = 1
"""
CODE = '''"""Keep notes."""

from toolvet.sdk import Context


def note(ctx: Context, id: str, text: str) -> int:
    """Note what came, once.

    Args:
        id: Names the note.
        text: What it says.

    Returns:
        How many notes there are.
    """
    notes = ctx.store["notes"]
    notes.add_if_absent(id, WRITTEN)
    total = sum(1 for _, kept in notes.scan() if READ)
    ctx.log.info("noted", id=id)
    return total
'''


def noting(written: str, read: str, toml: str = TOML) -> dict[str, str]:
    return {"tool.toml": toml, "note.py": CODE.replace("WRITTEN", written).replace("READ", read)}


OLD = noting('{"text": text}', 'kept["text"]')


@pytest.fixture(scope="module")
def beside(toolchain: Toolchain, walls: TierReport) -> Generator[Beside]:
    """Keep one pool warm."""
    made = Beside(toolchain, walls)
    yield made
    made.close()


def test_a_new_tool_is_published_and_withdrawn_in_a_scratch_registry(beside: Beside) -> None:
    found = beside.check("rollback", PURE)

    assert found.status == "passed"
    assert found.measurements["rollback_rehearsed"] is True
    assert found.measurements["store_readable"] is None
    assert found.measurements["steps"] == [
        "version 1 was published and served",
        "once withdrawn, the name was gone from what is served",
    ]


def test_a_new_version_is_published_over_the_old_one_and_rolled_back(beside: Beside) -> None:
    new = {**PURE, "double.py": PURE["double.py"].replace("2 * number", "number + number")}

    found = beside.check("rollback", new, PURE)

    assert found.status == "passed"
    assert found.measurements["steps"] == [
        "version 4 was published and served",
        "version 3 was served again after a rollback",
        "once withdrawn, the name was gone from what is served",
    ]


def test_a_store_that_both_versions_read_passes(beside: Beside) -> None:
    new = noting('{"text": text, "length": len(text)}', 'kept["text"]')

    found = beside.check("rollback", new, OLD, calls=[call(1, id="b", text="two")])

    assert found.status == "passed"
    assert found.measurements["store_readable"] is True
    assert found.measurements["replayed"] == 4
    assert found.not_looked_at == ()


def test_records_that_the_served_version_cannot_read_fail(beside: Beside) -> None:
    found = beside.check("rollback", noting("[text]", "kept"), OLD)

    assert rules(found) == [("rollback.unreadable", "error")]
    assert "TypeError" in found.findings[0].message
    assert found.measurements["store_readable"] is False


def test_a_specification_that_says_so_leaves_it_to_the_policy(beside: Beside) -> None:
    said = TOML + "\n[rollback]\nreadable = false\n"

    found = beside.check("rollback", noting("[text]", "kept", said), OLD)

    assert rules(found) == [("rollback.unreadable-said", "warning")]
    assert found.measurements["said_unreadable"] is True
    assert found.measurements["store_readable"] is False


def test_records_of_the_served_version_that_the_new_one_cannot_read_fail_in_any_case(
    beside: Beside,
) -> None:
    said = TOML + "\n[rollback]\nreadable = false\n"
    new = noting('{"text": text, "length": 1}', 'kept["length"]', said)

    found = beside.check("rollback", new, OLD)

    assert ("rollback.old-records", "error") in rules(found)


def test_a_copy_of_what_is_stored_in_earnest_is_tried_and_warned_of_while_it_is_redacted(
    beside: Beside,
) -> None:
    new = noting('{"text": text}', 'kept["text"].upper()')
    there = {"notes": {"z": {"text": 5}}}

    alone = beside.check("rollback", new, OLD)
    found = beside.check("rollback", new, OLD, store=there)

    assert alone.status == "passed"
    assert rules(found) == [("rollback.old-records", "warning")]
    assert found.findings[0].hidden


def test_findings_that_hold_recorded_calls_are_hidden_and_others_are_not(beside: Beside) -> None:
    new = noting("[text]", "kept")
    secret = call(1, id="Quux", text="Zanzibar")

    by_example = beside.check("rollback", new, OLD)
    by_call = beside.check("rollback", new, OLD, calls=[secret])

    assert [finding.hidden for finding in by_example.findings] == [False]
    assert [finding.hidden for finding in by_call.findings] == [True]
    assert by_call.findings[0].severity == "error"
    assert "Quux" in by_call.findings[0].message
    assert "Quux" not in by_call.summary


def test_what_only_redacted_calls_show_is_a_warning(beside: Beside) -> None:
    new = noting('[text] if text == "Zanzibar" else {"text": text}', "kept")
    old = noting('{"text": text}', 'kept["text"]')

    found = beside.check("rollback", new, old, calls=[call(1, id="b", text="Zanzibar")])

    assert rules(found) == [("rollback.unreadable", "warning")]
    assert found.findings[0].hidden
    assert found.measurements["store_readable"] is False


def test_a_served_version_that_cannot_be_run_makes_it_unknown(beside: Beside) -> None:
    assert beside.check("rollback", OLD, OLD, trouble="no packages").status == "unknown"


# --- the scratch registry ------------------------------------------------------------------------


def release(name: str = "greet", text: str = "1") -> Manifest:
    takes: JsonObject = {"type": "object"}
    return Manifest(
        workspace="default",
        toolset="default",
        name=name,
        entry="greet:greet",
        revision=digests.sha256(text.encode()),
        environment=None,
        definition=ToolDefinition(
            name, name, text, takes, {"type": "string"}, annotations_for("pure", idempotent=True)
        ),
        effects={"kind": "pure"},
        idempotency=None,
        limits={"wall_s": 10},
        retry={"on": [], "attempts": 1},
        lowest_tier="A",
        sdk="1",
    )


@pytest.mark.parametrize("kind", ["pure", "read", "write", "destructive"])
def test_every_kind_can_be_rehearsed(kind: EffectKind) -> None:
    done = rehearse(release(text="2"), release(), kind, 7)

    assert done.trouble == ""
    assert done.steps[:2] == (
        "version 8 was published and served",
        "version 7 was served again after a rollback",
    )


def test_the_same_release_again_is_only_withdrawn() -> None:
    done = rehearse(release(), release(), "pure", 1)

    assert (done.trouble, len(done.steps)) == ("", 1)


def test_a_release_of_another_name_is_not_taken_for_the_next_version() -> None:
    done = rehearse(release("other"), release("greet"), "pure", 1)

    assert done.trouble
