import errno
import socket

import pytest

from toolvet.sandbox.inside import seccomp
from toolvet.sandbox.inside.numbers import ARCHITECTURES, FIRST_UNREVIEWED, Architecture

ALLOW, KILL = 0x7FFF0000, 0x80000000
CLONE_THREAD, CLONE_NEWUSER = 0x00010000, 0x10000000


def judge(
    lines: seccomp.Program, audit: int, number: int, arguments: tuple[int, ...] = ()
) -> int | str:
    """Interpret a filter as the kernel does: `allow`, `kill` or an errno."""
    words = {0: number, 4: audit}
    for position in range(6):
        value = arguments[position] if position < len(arguments) else 0
        words[16 + 8 * position] = value & 0xFFFFFFFF
        words[20 + 8 * position] = value >> 32
    loaded, place = 0, 0
    while True:
        code, then, otherwise, operand = lines[place]
        place += 1
        match code:
            case 0x20:
                loaded = words[operand]
            case 0x06:
                if operand in (ALLOW, KILL):
                    return "allow" if operand == ALLOW else "kill"
                return operand & 0xFFFF
            case 0x15:
                place += then if loaded == operand else otherwise
            case 0x25:
                place += then if loaded > operand else otherwise
            case 0x35:
                place += then if loaded >= operand else otherwise
            case 0x45:
                place += then if loaded & operand else otherwise
            case _:
                raise AssertionError(hex(code))


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest) -> Architecture:
    return ARCHITECTURES[request.param]


def verdict(
    machine: Architecture, profile: seccomp.Profile, name: str, *arguments: int
) -> int | str:
    numbers = {**machine.harmless, **machine.metadata, **machine.by_argument, **machine.ours}
    return judge(seccomp.program(machine, profile), machine.audit, numbers[name], arguments)


CALL = seccomp.Profile()
PROGRAM = seccomp.Profile(processes=True, sockets="local")


def test_what_every_interpreter_needs_is_allowed(machine: Architecture) -> None:
    needed = ["read", "write", "openat", "mmap", "futex", "exit_group", "getrandom", "newfstatat"]

    assert {verdict(machine, CALL, name) for name in needed} == {"allow"}


def test_what_builds_walls_cannot_be_called_behind_them(machine: Architecture) -> None:
    assert {verdict(machine, PROGRAM, name) for name in machine.ours} == {errno.EPERM}


def test_another_architecture_ends_the_process(machine: Architecture) -> None:
    assert judge(seccomp.program(machine, CALL), 0x40000003, 1) == "kill"


@pytest.mark.parametrize("number", [FIRST_UNREVIEWED, 0x40000000, 0xFFFFFFFF])
def test_calls_nobody_reviewed_do_not_exist(machine: Architecture, number: int) -> None:
    assert judge(seccomp.program(machine, CALL), machine.audit, number) == errno.ENOSYS


def test_every_number_has_one_verdict_and_unknown_ones_are_refused(machine: Architecture) -> None:
    lines = seccomp.program(machine, CALL)
    known = {**machine.harmless, **machine.metadata, **machine.by_argument}.values()

    unknown = {n for n in range(FIRST_UNREVIEWED) if n not in known}

    assert {judge(lines, machine.audit, number) for number in unknown} == {errno.EPERM}


def test_threads_are_made_but_no_processes(machine: Architecture) -> None:
    assert verdict(machine, CALL, "clone", CLONE_THREAD) == "allow"
    assert verdict(machine, CALL, "clone", 17) == errno.EPERM
    assert verdict(machine, CALL, "execve") == errno.EPERM
    assert verdict(machine, PROGRAM, "clone", 17) == "allow"
    assert verdict(machine, PROGRAM, "execve") == "allow"


@pytest.mark.parametrize("profile", [CALL, PROGRAM])
def test_no_clone_makes_a_namespace(machine: Architecture, profile: seccomp.Profile) -> None:
    assert verdict(machine, profile, "clone", CLONE_NEWUSER | CLONE_THREAD) == errno.EPERM
    assert verdict(machine, profile, "clone3") == errno.ENOSYS


def test_sockets_are_given_by_profile(machine: Architecture) -> None:
    internet = seccomp.Profile(sockets="internet")
    unix, inet = int(socket.AF_UNIX), int(socket.AF_INET)

    assert verdict(machine, CALL, "socket", unix) == errno.EAFNOSUPPORT
    assert verdict(machine, CALL, "socketpair", unix) == "allow"
    assert verdict(machine, PROGRAM, "socket", unix) == "allow"
    assert verdict(machine, PROGRAM, "socket", inet) == errno.EAFNOSUPPORT
    assert verdict(machine, internet, "socket", inet) == "allow"
    assert verdict(machine, internet, "socket", 40) == errno.EAFNOSUPPORT


def test_a_pair_sends_to_no_address(machine: Architecture) -> None:
    assert verdict(machine, CALL, "sendto", 1, 2, 3, 4, 0, 0) == "allow"
    assert verdict(machine, CALL, "sendto", 1, 2, 3, 4, 1 << 32, 16) == errno.EPERM
    assert verdict(machine, CALL, "connect") == errno.EPERM


def test_limits_of_other_processes_are_out_of_reach(machine: Architecture) -> None:
    assert verdict(machine, CALL, "prlimit64", 0) == "allow"
    assert verdict(machine, CALL, "prlimit64", 1) == errno.EPERM


def test_without_mounts_modes_and_times_cannot_be_changed(machine: Architecture) -> None:
    profile = seccomp.Profile(metadata=False)

    assert {verdict(machine, profile, name) for name in machine.metadata} == {errno.EPERM}
    assert {verdict(machine, CALL, name) for name in machine.metadata} == {"allow"}
