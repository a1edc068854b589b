from shipping_zone import Quote, shipping_zone


def test_a_light_parcel_costs_the_base_price() -> None:
    assert shipping_zone("DE", 500) == Quote(1, 490)
    assert shipping_zone("ES", 2_000) == Quote(4, 1490)


def test_each_started_kilogram_costs_more() -> None:
    assert shipping_zone("AT", 2_001).price_cents == 965
    assert shipping_zone("AT", 3_000).price_cents == 965
    assert shipping_zone("AT", 3_001).price_cents == 1040


def test_a_bulky_parcel_costs_half_as_much_again() -> None:
    assert shipping_zone("FR", 100, is_bulky=True) == Quote(3, 1785)
