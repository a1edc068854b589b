"""How many children are kept ready."""

from toolvet.sandbox.spares import COLD_S, MOST, Arrivals


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def arrivals(every_s: float, count: int) -> tuple[Arrivals, Clock]:
    clock = Clock()
    found = Arrivals(clock)
    for _ in range(count):
        clock.now += every_s
        found.note()
    return found, clock


def test_a_tool_that_was_called_once_keeps_none() -> None:
    assert arrivals(1, 1)[0].spares() == 0


def test_a_tool_that_is_called_now_and_then_keeps_one() -> None:
    assert arrivals(5, 3)[0].spares() == 1


def test_the_more_calls_the_more_spares_up_to_a_limit() -> None:
    kept = [arrivals(1 / rate, 400)[0].spares() for rate in (1, 30, 60, 1000)]

    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (1, MOST)


def test_a_tool_that_nobody_calls_any_more_gives_them_back() -> None:
    found, clock = arrivals(0.01, 400)
    clock.now += COLD_S + 1

    assert found.spares() == 0


def test_the_rate_follows_the_calls_and_fades_without_them() -> None:
    found, clock = arrivals(0.1, 500)
    busy = found.rate()
    clock.now += 20

    assert 9 < busy < 11
    assert found.rate() < busy / 5


def test_no_more_than_the_caller_allows() -> None:
    assert arrivals(0.001, 400)[0].spares(0) == 0
    assert arrivals(0.001, 400)[0].spares(2) == 2
