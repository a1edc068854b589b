from pathlib import Path

import pytest

from signup_export import Exported, Signup, export_signups
from toolvet.sdk import Context

SIGNUPS = [Signup(1, "pro"), Signup(2, "free")]


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    made = Context.for_tests()
    made.memory.folders["handover"] = tmp_path
    return made


def test_each_signup_is_a_row(ctx: Context, tmp_path: Path) -> None:
    assert export_signups("2026-11-01", SIGNUPS, ctx) == Exported("signups-2026-11-01.csv", 2)
    assert (tmp_path / "signups-2026-11-01.csv").read_text().split() == ["1,pro", "2,free"]
    assert len(list(tmp_path.iterdir())) == 1


def test_each_day_has_a_file_of_its_own(ctx: Context, tmp_path: Path) -> None:
    export_signups("2026-11-01", SIGNUPS, ctx)
    export_signups("2026-11-02", SIGNUPS[:1], ctx)

    assert (tmp_path / "signups-2026-11-02.csv").read_text().split() == ["1,pro"]
    assert len(list(tmp_path.iterdir())) == 2


def test_the_file_is_logged(ctx: Context) -> None:
    export_signups("2026-11-01", SIGNUPS, ctx)

    [event] = ctx.memory.logged
    assert event["event"] == "file.written"
    assert event["fields"] == {"file": "signups-2026-11-01.csv", "rows": 2}
    [step] = ctx.memory.progress
    assert (step["done"], step["total"]) == (0, 2)
