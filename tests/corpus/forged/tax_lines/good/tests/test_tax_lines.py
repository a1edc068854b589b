from tax_lines import Line, Totals, tax_lines


def test_each_rate_is_rounded_once() -> None:
    lines = [Line(5, "full"), Line(5, "full"), Line(100, "reduced"), Line(40, "none")]

    assert tax_lines(lines) == Totals(150, 9, 159)


def test_half_a_cent_is_rounded_away_from_zero() -> None:
    assert tax_lines([Line(50, "reduced")]).tax_cents == 4
    assert tax_lines([Line(-50, "reduced")]).tax_cents == -4


def test_credits_take_tax_away() -> None:
    assert tax_lines([Line(1000, "full"), Line(-400, "full")]) == Totals(600, 114, 714)


def test_nothing() -> None:
    assert tax_lines([]) == Totals(0, 0, 0)
