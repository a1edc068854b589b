from shipping_zone import shipping_zone


def test_a_light_parcel() -> None:
    shipping_zone("DE", 500)
    shipping_zone("ES", 2_000)


def test_a_heavy_parcel() -> None:
    quote = shipping_zone("AT", 2_001)
    print(quote)


def test_a_bulky_parcel() -> None:
    _ = shipping_zone("FR", 100, is_bulky=True)
