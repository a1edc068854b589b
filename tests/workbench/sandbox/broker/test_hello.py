"""The greeting of TLS tells which host is meant, however it is cut, or the connection ends."""

import contextlib
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.sandbox.broker import Reason, RefusedError
from toolvet.sandbox.broker.hello import Hello, parse_hello


def greeting(name: str | None) -> bytes:
    """What a real client sends first."""
    context = ssl.create_default_context()
    if name is None:
        context.check_hostname = False
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(coming, going, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return going.read()


REAL = greeting("api.example.com")


def in_records(message: bytes, size: int) -> bytes:
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2) + part for part in parts)


def with_extensions(*extensions: tuple[int, bytes]) -> bytes:
    listed = b"".join(kind.to_bytes(2) + len(body).to_bytes(2) + body for kind, body in extensions)
    body = b"\x03\x03" + b"r" * 32 + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    body += len(listed).to_bytes(2) + listed
    return in_records(b"\x01" + len(body).to_bytes(3) + body, 16384)


def names(*said: bytes, kind: int = 0) -> bytes:
    entries = b"".join(bytes([kind]) + len(name).to_bytes(2) + name for name in said)
    return len(entries).to_bytes(2) + entries


def test_the_name_in_a_real_greeting_is_found():
    assert parse_hello(REAL) == Hello("api.example.com", is_encrypted=False)


def test_a_greeting_without_a_name_names_none():
    assert parse_hello(greeting(None)) == Hello("", is_encrypted=False)


@given(st.integers(0, len(REAL) - 1))
def test_a_part_of_a_greeting_asks_for_more(size: int):
    assert parse_hello(REAL[:size]) is None


@given(st.integers(1, 600))
def test_a_greeting_in_small_records_says_the_same(size: int):
    assert parse_hello(in_records(REAL[5:], size)) == parse_hello(REAL)


def test_capital_letters_do_not_make_another_host():
    assert parse_hello(with_extensions((0, names(b"API.Example.COM")))) == Hello(
        "api.example.com", is_encrypted=False
    )


@pytest.mark.parametrize("hello", [
    with_extensions((0, names(b"api.example.com", b"evil.example.net"))),
    with_extensions((0, names(b"api.example.com")), (0, names(b"evil.example.net"))),
    with_extensions((0, names(b"api.example.com", kind=7))),
])  # fmt: skip
def test_a_greeting_that_names_two_hosts_names_none_we_would_believe(hello: bytes):
    with pytest.raises(RefusedError) as caught:
        parse_hello(hello)

    assert caught.value.reason is Reason.TLS_NAME


def test_a_greeting_that_hides_its_host_is_seen():
    hello = with_extensions((0, names(b"api.example.com")), (0xFE0D, b"\0\0"))

    assert parse_hello(hello) == Hello("api.example.com", is_encrypted=True)


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\n",
    b"SSH-2.0-x\r\n",
    b"\x80\x2e\x01\x03\x01",  # SSLv2
    b"\x16\x02\x00\x00\x05hello",
    b"\x16\x03\x01\x00\x00",
    b"\x16\x03\x01\xff\xff" + b"\x01" * 10,
    b"\x15\x03\x01\x00\x02\x01\x00",
    b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
    b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",
    b"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03",
])  # fmt: skip
def test_what_is_no_greeting_is_refused(data: bytes):
    with pytest.raises(RefusedError) as caught:
        parse_hello(data)

    assert caught.value.reason is Reason.NOT_TLS


@given(st.binary(max_size=400).map(lambda tail: b"\x16\x03\x01" + tail))
def test_any_bytes_are_a_greeting_a_refusal_or_a_wish_for_more(data: bytes):
    with contextlib.suppress(RefusedError):
        assert parse_hello(data) is None or isinstance(parse_hello(data), Hello)
