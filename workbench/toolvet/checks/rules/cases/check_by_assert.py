def halved(value: int) -> int:
    # ruleid: check-by-assert
    assert value % 2 == 0, "must be even"
    return value // 2


def checked(value: int) -> int:
    if value % 2:
        raise ValueError("must be even")
    # ok: check-by-assert
    assert True
    return value // 2
