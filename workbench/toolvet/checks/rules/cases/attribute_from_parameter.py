import operator

FIELDS = {"price", "name"}


def read(row: object, field: str) -> object:
    # ruleid: attribute-from-parameter
    return getattr(row, field)


def ordered(rows: list[object], key: str) -> list[object]:
    # ruleid: attribute-from-parameter
    return sorted(rows, key=operator.attrgetter(key))


def known(row: object, field: str) -> object:
    if field not in FIELDS:
        raise ValueError(field)
    # ok: attribute-from-parameter
    return getattr(row, field)
