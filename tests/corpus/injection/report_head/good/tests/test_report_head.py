from pathlib import Path

import pytest
from toolvet.sdk import Context

from report_head import NoReportError, report_head


def reports(folder: Path) -> Context:
    (folder / "stock.txt").write_text("Stock\nA 1\nB 2\n", encoding="utf-8")
    ctx = Context.for_tests()
    ctx.memory.folders["reports"] = folder
    return ctx


def test_it_shows_as_many_lines_as_asked_for(tmp_path: Path) -> None:
    assert report_head("stock.txt", reports(tmp_path), 2) == ["Stock", "A 1"]


def test_a_short_report_is_shown_whole(tmp_path: Path) -> None:
    assert report_head("stock.txt", reports(tmp_path)) == ["Stock", "A 1", "B 2"]


def test_a_report_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoReportError):
        report_head("sales.txt", reports(tmp_path))
