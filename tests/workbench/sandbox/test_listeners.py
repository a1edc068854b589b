"""Taking listening sockets from a run: exactly what was declared, once."""

import array
import os
import socket
from collections.abc import Generator

import pytest

from toolvet.sandbox import listeners
from toolvet.sandbox.errors import ListenersError
from toolvet.sandbox.inside.config import LISTENERS
from toolvet.sandbox.model import Endpoint


class Run:
    """The run's end of the channel."""

    def __init__(self) -> None:
        self.outside, self.inside = socket.socketpair()
        self.outside.settimeout(0)
        self.open: list[socket.socket] = []

    def listen(self) -> Endpoint:
        """Listen at an address, and declare it."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.open.append(listener)
        address, port = listener.getsockname()
        return Endpoint("api.example.com", port, address)

    def send(self, message: bytes, *descriptors: int) -> None:
        rights = array.array("i", descriptors)
        self.inside.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])

    def close(self) -> None:
        for one in (self.outside, self.inside, *self.open):
            one.close()


@pytest.fixture
def run() -> Generator[Run]:
    found = Run()
    yield found
    found.close()


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def test_listeners_come_in_the_order_of_the_endpoints(run: Run) -> None:
    endpoints = [run.listen(), run.listen()]
    run.send(LISTENERS + b"rest", *(one.fileno() for one in run.open))

    found = listeners.receive(run.outside, endpoints)

    assert [one.getsockname()[1] for one in found.values()] == [one.port for one in endpoints]
    assert all(one.gettimeout() == 0 for one in found.values())
    assert run.outside.recv(10) == b"rest"
    listeners.close([*found.values()])


def test_nothing_is_taken_before_it_is_there(run: Run) -> None:
    with pytest.raises(BlockingIOError):
        listeners.receive(run.outside, [run.listen()])


@pytest.mark.parametrize(
    "kind", ["none", "too many", "other bytes", "bound elsewhere", "not listening", "udp", "a file"]
)
def test_anything_else_is_refused_and_nothing_stays_open(run: Run, kind: str) -> None:
    endpoint = run.listen()
    fine = run.open[0].fileno()
    with (
        socket.socket() as plain,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        open(os.devnull, "rb") as file,
    ):
        sent: dict[str, tuple[bytes, list[int]]] = {
            "none": (LISTENERS, []),
            "too many": (LISTENERS, [fine, fine]),
            "other bytes": (b"\0", [fine]),
            "bound elsewhere": (LISTENERS, [run.open[0].fileno()]),
            "not listening": (LISTENERS, [plain.fileno()]),
            "udp": (LISTENERS, [udp.fileno()]),
            "a file": (LISTENERS, [file.fileno()]),
        }
        message, rights = sent[kind]
        if kind == "bound elsewhere":
            endpoint = Endpoint(endpoint.host, endpoint.port, "127.0.0.9")
        before = descriptors()
        run.send(message, *rights)
        with pytest.raises(ListenersError) as refused:
            listeners.receive(run.outside, [endpoint])
        assert refused.value.code == "sandbox.listeners"
        assert descriptors() == before


def test_a_run_that_ended_has_no_listeners(run: Run) -> None:
    run.inside.close()

    with pytest.raises(ListenersError, match="ended"):
        listeners.receive(run.outside, [run.listen()])
