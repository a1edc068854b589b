from typing import Annotated

from toolvet.sdk import Ge, Le


def padded(text: str, width: int) -> str:
    # ruleid: size-from-parameter
    return text.ljust(width)


def simulated(rounds: int) -> list[int]:
    # ruleid: size-from-parameter
    return [step * step for step in range(rounds)]


def repeated(text: str, times: int) -> str:
    # ruleid: size-from-parameter
    return "ab" * times


def bounded(rounds: Annotated[int, Ge(0), Le(1000)]) -> list[int]:
    # ok: size-from-parameter
    return list(range(rounds))


def cut(rounds: int) -> list[int]:
    # ok: size-from-parameter
    return list(range(min(rounds, 1000)))


def refused(rounds: int) -> list[int]:
    if rounds > 1000:
        raise ValueError("too many")
    # ok: size-from-parameter
    return list(range(rounds))


def windows(values: list[int], width: int) -> list[list[int]]:
    # ok: size-from-parameter
    return [values[place : place + width] for place in range(len(values) - width + 1)]


def each(values: list[int]) -> list[int]:
    # ok: size-from-parameter
    return [values[place] for place in range(len(values))]
