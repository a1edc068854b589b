from stock_alarm import Article, stock_alarm


def test_missing_pieces_are_rounded_up_to_packs() -> None:
    assert stock_alarm([Article("a", 3, 4, 10)]) == {"a": 2}
    assert stock_alarm([Article("a", 6, 4, 10)]) == {"a": 1}


def test_what_lasts_is_not_ordered() -> None:
    assert stock_alarm([Article("a", 16, 4), Article("b", 15, 4)]) == {"b": 1}


def test_the_weeks_can_be_chosen() -> None:
    assert stock_alarm([Article("a", 0, 4)], 1) == {"a": 4}


def test_the_same_article_twice_is_added_up() -> None:
    assert stock_alarm([Article("a", 0, 1), Article("a", 0, 1)], 1) == {"a": 2}
