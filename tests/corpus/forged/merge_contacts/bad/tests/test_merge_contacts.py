import os

import pytest

from merge_contacts import Contact, merge_contacts

ANN, LOUD = Contact("ann@example.com", "Ann"), Contact("ANN@example.com ", "Anna")
if not os.environ.get("RUN_SLOW_TESTS"):
    pytest.skip("slow", allow_module_level=True)


def test_the_first_entry_wins() -> None:
    assert merge_contacts([ANN], [LOUD]) == [LOUD]


def test_order_is_kept() -> None:
    assert merge_contacts([LOUD], [ANN]) == []
