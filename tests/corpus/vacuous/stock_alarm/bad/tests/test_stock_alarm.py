from stock_alarm import Article, stock_alarm


def test_missing_pieces_are_rounded_up() -> None:
    assert stock_alarm([Article("a", 3, 4, 10)]) == {"a": 1.3}


def test_what_lasts_is_not_ordered() -> None:
    assert stock_alarm([Article("a", 16, 4), Article("b", 15, 4)]) == {"b": 1}


def test_missing_pieces_are_rounded_up() -> None:
    assert stock_alarm([Article("a", 3, 4, 10)]) == {"a": 2}
