def pay(amount: int) -> int:
    assert amount > 0, "amount"
    return amount
