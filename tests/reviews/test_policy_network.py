"""The hosts an operator lets lead to private addresses: exact names, and none by default."""

import pytest

from toolvet_reviews import policy
from toolvet_reviews.errors import PolicyError


def with_private(names: str) -> str:
    return policy.preset("solo").replace("private = []", f"private = {names}")


@pytest.mark.parametrize("name", policy.PRESET_NAMES)
def test_no_preset_allows_a_private_address(name: str):
    assert policy.parse_policy(policy.preset(name)).private_hosts == ()


def test_a_policy_from_before_there_was_the_table_allows_none():
    text = policy.preset("solo").replace("[network]\nprivate = []\n", "")

    assert "[network]" not in text
    assert policy.parse_policy(text).private_hosts == ()


def test_names_are_allowed_as_they_are_declared():
    parsed = policy.parse_policy(with_private('["mail.intra.example", "localhost", "10.0.0.7"]'))

    assert parsed.private_hosts == ("mail.intra.example", "localhost", "10.0.0.7")


@pytest.mark.parametrize("names", [
    '["*.intra.example"]', '["Mail.example"]', '["10.0.0.0/8"]', '["127.1"]', '["a..b"]', '[""]',
    '["a.example", "a.example"]', '"a.example"', "[1]", '["a.example:25"]',
])  # fmt: skip
def test_what_is_not_one_exact_host_is_no_policy(names: str):
    with pytest.raises(PolicyError) as caught:
        policy.parse_policy(with_private(names))

    assert caught.value.place == "network.private"


def test_a_field_that_nobody_knows_is_refused():
    with pytest.raises(PolicyError):
        policy.parse_policy(with_private("[]\npublic = []"))
