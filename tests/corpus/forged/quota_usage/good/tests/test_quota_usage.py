from quota_usage import quota_usage


def test_a_quota_is_nearly_used_up_from_its_percentage_on() -> None:
    assert quota_usage({"cpu": 79}, {"cpu": 100}) == {"cpu": "fine"}
    assert quota_usage({"cpu": 80}, {"cpu": 100}) == {"cpu": "nearly"}
    assert quota_usage({"cpu": 50}, {"cpu": 100}, 50) == {"cpu": "nearly"}


def test_more_than_the_quota_is_too_much() -> None:
    assert quota_usage({"cpu": 100}, {"cpu": 100}) == {"cpu": "nearly"}
    assert quota_usage({"cpu": 101}, {"cpu": 100}) == {"cpu": "exceeded"}


def test_a_resource_that_is_not_used_is_fine() -> None:
    assert quota_usage({}, {"disk": 0}) == {"disk": "fine"}
    assert quota_usage({"other": 7}, {}) == {}
