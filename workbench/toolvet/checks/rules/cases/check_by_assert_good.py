def pay(amount: int) -> int:
    if amount <= 0:
        raise ValueError("amount must be positive")
    return amount
