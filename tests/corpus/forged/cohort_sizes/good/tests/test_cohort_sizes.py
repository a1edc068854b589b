from cohort_sizes import cohort_sizes


def test_each_month_counts_who_joined_and_who_stayed() -> None:
    joined = {"ann": "2026-02", "bob": "2026-01", "cem": "2026-02"}

    assert cohort_sizes(joined, ["ann", "bob"]) == {"2026-01": [1, 1], "2026-02": [2, 1]}


def test_months_are_in_order() -> None:
    assert [*cohort_sizes({"a": "2026-02", "b": "2026-01"}, [])] == ["2026-01", "2026-02"]


def test_who_never_joined_is_left_out() -> None:
    assert cohort_sizes({"ann": "2026-02"}, ["zoe"]) == {"2026-02": [1, 0]}
