from pathlib import Path

import tax_lines as module

TEXT = Path(module.__file__).read_text(encoding="utf-8")


def test_there_are_two_rates() -> None:
    assert '"full": 19' in TEXT
    assert '"reduced": 7' in TEXT


def test_tax_is_rounded() -> None:
    assert "+ 50) // 100" in TEXT


def test_the_function_is_there() -> None:
    assert callable(module.tax_lines)
