import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

import toolvet.sdk
from toolvet.sdk import AddIfAbsent, BatchResult, Context, File, HostError, Put, ResultError


@dataclass(frozen=True)
class Row:
    amount: Decimal


def test_a_store_keeps_json_by_key() -> None:
    ledger = Context.for_tests().store["ledger"]

    ledger.put("b", Row(Decimal("1.50")))

    assert ledger.get("b") == {"amount": "1.50"}
    assert ledger.get("c", 5) == 5
    assert (ledger.add_if_absent("b", 1), ledger.add_if_absent("a", 1)) == (False, True)
    assert ledger.missing(["a", "x", "b"]) == ["x"]
    assert list(ledger.scan(page=1)) == [("a", 1), ("b", {"amount": "1.50"})]


def test_a_batch_tells_what_it_wrote() -> None:
    ledger = Context.for_tests().store["ledger"]

    assert ledger.batch([Put("a", 1), AddIfAbsent("a", 2), AddIfAbsent("b", 2)]) == [
        True,
        False,
        True,
    ]


def test_what_was_stored_is_not_changed_by_changing_what_was_returned() -> None:
    ledger = Context.for_tests().store["ledger"]
    ledger.put("a", [1])

    ledger.get("a").append(2)

    assert ledger.get("a") == [1]


def test_a_step_is_new_then_done_with_its_outcome() -> None:
    context = Context.for_tests()

    with context.once("mail") as step:
        assert step.state == "new"
        step.record({"id": 1})
    with context.once("mail") as again:
        assert (again.state, again.outcome) == ("done", {"id": 1})


def test_a_step_that_broke_is_uncertain_and_stays_so() -> None:
    context = Context.for_tests()

    with pytest.raises(ZeroDivisionError), context.once("mail"):
        _ = 1 / 0
    with context.once("mail") as step:
        assert step.state == "uncertain"

    assert context.memory.steps["mail"]["state"] == "uncertain"


def test_logs_progress_and_dead_letters_can_be_asserted_on() -> None:
    context = Context.for_tests()

    context.log.warning("slow", seconds=3)
    context.progress(1, 10)
    context.dead_letter({"id": 7}, "gone")

    assert context.memory.logged[0]["fields"] == {"seconds": 3}
    assert context.memory.progress[0]["total"] == 10
    assert context.memory.dead_letters[0]["reason"] == "gone"


def test_an_artifact_is_a_file_with_what_was_put() -> None:
    data = b"line\r\n" * 200_000

    made = Context.for_tests().artifacts.put("out.txt", data)

    assert (made.name, made.size) == ("out.txt", len(data))
    assert made.read_bytes() == data
    assert next(made.lines()) == "line"


def test_a_file_of_nowhere_cannot_be_read() -> None:
    with pytest.raises(FileNotFoundError):
        File("a", 1, "sha256:" + "f" * 64).open()


def test_another_tool_is_called_by_name() -> None:
    context = Context.for_tests()

    def double(n: int) -> int:
        return 2 * n

    context.memory.tools["double"] = double

    assert context.call("double", n=4) == 8
    with pytest.raises(HostError) as caught:
        context.call("triple", n=4)
    assert caught.value.code == "tool.not_found"


def test_what_has_no_json_form_is_not_stored() -> None:
    with pytest.raises(ResultError):
        Context.for_tests().store["a"].put("k", float("inf"))


def test_a_batch_result_is_complete_when_nothing_is_left() -> None:
    assert BatchResult(sent=3, failed={"a": "no such address"}).is_complete
    assert not BatchResult(sent=3, retry=["b"]).is_complete
    assert not BatchResult(uncertain=["c"]).is_complete


def test_the_sdk_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    package = tmp_path / "toolvet"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "sdk").symlink_to(Path(toolvet.sdk.__path__[0]))
    code = (
        f"import sys; sys.path.append({str(tmp_path)!r}); import toolvet.sdk.convert; "
        "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    )

    found = subprocess.check_output([sys.executable, "-I", "-S", "-c", code], text=True)

    assert set(found.split()) <= {"toolvet", "__main__"}
