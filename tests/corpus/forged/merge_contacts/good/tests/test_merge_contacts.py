from merge_contacts import Contact, merge_contacts

ANN, LOUD = Contact("ann@example.com", "Ann"), Contact("ANN@example.com ", "Anna")


def test_the_first_entry_wins() -> None:
    assert merge_contacts([ANN], [LOUD]) == [ANN]
    assert merge_contacts([LOUD], [ANN]) == [LOUD]


def test_a_name_is_filled_in() -> None:
    nameless = Contact("ann@example.com")

    assert merge_contacts([nameless], [LOUD]) == [Contact("ann@example.com", "Anna")]
    assert merge_contacts([nameless], [nameless]) == [nameless]


def test_order_is_kept() -> None:
    bob = Contact("bob@example.com")

    assert merge_contacts([bob], [ANN]) == [bob, ANN]
