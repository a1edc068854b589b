import dataclasses
import errno
import os
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
            case 0x54:
                loaded &= operand
            case _:
                raise AssertionError(hex(code))


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest) -> Architecture:
    return ARCHITECTURES[request.param]


def verdict(
    machine: Architecture, profile: seccomp.Profile, name: str, *arguments: int
) -> int | str:
    numbers = {**machine.harmless, **machine.metadata, **machine.attributes}
    numbers |= {**machine.by_argument, **machine.ours}
    return judge(seccomp.program(machine, profile), machine.audit, numbers[name], arguments)


CALL = seccomp.Profile()
PROGRAM = seccomp.Profile(processes=True, local=True)
HOSTS = seccomp.Profile(declared=True)


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
    known = {
        *machine.harmless.values(),
        *machine.metadata.values(),
        *machine.attributes.values(),
        *machine.by_argument.values(),
    }

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


STREAM, DATAGRAM, RAW = int(socket.SOCK_STREAM), int(socket.SOCK_DGRAM), int(socket.SOCK_RAW)
UNIX, INET, INET6 = int(socket.AF_UNIX), int(socket.AF_INET), int(socket.AF_INET6)


def test_a_pure_tool_has_pairs_and_no_sockets(machine: Architecture) -> None:
    families = {verdict(machine, CALL, "socket", family, STREAM) for family in range(50)}

    assert families == {errno.EAFNOSUPPORT}
    assert verdict(machine, CALL, "socketpair", UNIX, STREAM | socket.SOCK_CLOEXEC) == "allow"
    assert verdict(machine, CALL, "socketpair", INET, STREAM) == errno.EAFNOSUPPORT
    assert verdict(machine, CALL, "connect") == errno.EPERM


@pytest.mark.parametrize("profile", [CALL, HOSTS])
def test_no_pair_can_send_to_a_path(machine: Architecture, profile: seccomp.Profile) -> None:
    assert verdict(machine, profile, "socketpair", UNIX, DATAGRAM) == errno.EPROTONOSUPPORT


def test_a_program_has_unix_sockets_and_no_others(machine: Architecture) -> None:
    assert verdict(machine, PROGRAM, "socket", UNIX, DATAGRAM) == "allow"
    assert verdict(machine, PROGRAM, "bind") == "allow"
    assert verdict(machine, PROGRAM, "socket", INET, STREAM) == errno.EAFNOSUPPORT


def test_a_tool_with_hosts_connects_by_tcp_and_by_nothing_else(machine: Architecture) -> None:
    flags = socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    families = {
        family: verdict(machine, HOSTS, "socket", family, STREAM)
        for family in range(50)
        if family != INET
    }

    assert verdict(machine, HOSTS, "socket", INET, STREAM | flags, 6) == "allow"
    assert verdict(machine, HOSTS, "socket", INET, STREAM, 0) == "allow"
    assert verdict(machine, HOSTS, "connect") == "allow"
    assert set(families.values()) == {errno.EAFNOSUPPORT}


@pytest.mark.parametrize(
    ("kind", "protocol"),
    [(DATAGRAM, 0), (RAW, 1), (STREAM, 132), (STREAM, 262), (5, 132), (STREAM | 0x10, 0)],
)
def test_no_other_kind_of_internet_socket_is_made(
    machine: Architecture, kind: int, protocol: int
) -> None:
    found = verdict(machine, HOSTS, "socket", INET, kind, protocol)

    assert found == errno.EPROTONOSUPPORT


def test_a_tool_with_hosts_serves_nobody(machine: Architecture) -> None:
    found = {verdict(machine, HOSTS, name) for name in ("bind", "listen", "accept", "accept4")}

    assert found == {errno.EPERM}


def test_options_of_sockets_are_those_that_libraries_set(machine: Architecture) -> None:
    level, tcp = int(socket.SOL_SOCKET), int(socket.IPPROTO_TCP)
    attach_filter, attach_bpf, ulp = 26, 50, 31

    assert verdict(machine, HOSTS, "setsockopt", 3, level, socket.SO_KEEPALIVE) == "allow"
    assert verdict(machine, HOSTS, "setsockopt", 3, tcp, socket.TCP_NODELAY) == "allow"
    for place, name in [(level, attach_filter), (level, attach_bpf), (tcp, ulp), (0, 64)]:
        assert verdict(machine, CALL, "setsockopt", 3, place, name) == errno.ENOPROTOOPT
        assert verdict(machine, HOSTS, "setsockopt", 3, place, name) == errno.ENOPROTOOPT


def test_a_socket_does_not_tell_who_is_at_its_other_end(machine: Architecture) -> None:
    level, peer_credentials, peer_handle = int(socket.SOL_SOCKET), 17, 77

    assert verdict(machine, HOSTS, "getsockopt", 3, level, socket.SO_ERROR) == "allow"
    for name in (peer_credentials, peer_handle):
        assert verdict(machine, PROGRAM, "getsockopt", 3, level, name) == errno.ENOPROTOOPT


def test_devices_are_asked_little(machine: Architecture) -> None:
    tcgets, fionread, tiocsti, siocsifflags = 0x5401, 0x541B, 0x5412, 0x8914

    assert verdict(machine, CALL, "ioctl", 1, tcgets) == "allow"
    assert verdict(machine, CALL, "ioctl", 1, fionread) == "allow"
    for request in (tiocsti, siocsifflags, 0x40049409):
        assert verdict(machine, PROGRAM, "ioctl", 1, request) == errno.ENOTTY


def test_a_process_changes_little_about_itself(machine: Architecture) -> None:
    set_name, set_mm, set_seccomp, ambient, death_signal, subreaper = 15, 35, 22, 47, 1, 36
    refused = (set_mm, set_seccomp, ambient, death_signal, subreaper)

    assert verdict(machine, CALL, "prctl", set_name) == "allow"
    assert {verdict(machine, PROGRAM, "prctl", n) for n in refused} == {errno.EPERM}


def test_a_pair_sends_to_no_address(machine: Architecture) -> None:
    assert verdict(machine, CALL, "sendto", 1, 2, 3, 4, 0, 0) == "allow"
    assert verdict(machine, CALL, "sendto", 1, 2, 3, 4, 1 << 32, 16) == errno.EPERM


def test_limits_of_other_processes_are_out_of_reach(machine: Architecture) -> None:
    assert verdict(machine, CALL, "prlimit64", 0) == "allow"
    assert verdict(machine, CALL, "prlimit64", 1) == errno.EPERM


def test_without_mounts_modes_and_times_cannot_be_changed(machine: Architecture) -> None:
    profile = seccomp.Profile(metadata=False)
    modes = [name for name in ("chmod", "fchmod", "mknod") if name in machine.by_argument]

    assert {verdict(machine, profile, name) for name in [*machine.metadata, *modes]} == {
        errno.EPERM
    }
    assert {verdict(machine, CALL, name) for name in [*machine.metadata, *modes]} == {"allow"}


def test_attributes_of_files_are_read_behind_mounts_only(machine: Architecture) -> None:
    without_mounts = seccomp.Profile(metadata=False)

    assert {verdict(machine, CALL, name) for name in machine.attributes} == {"allow"}
    assert {verdict(machine, without_mounts, name) for name in machine.attributes} == {
        errno.ENOTSUP
    }


def test_nothing_is_told_of_what_others_do_to_a_file(machine: Architecture) -> None:
    notify, lease, pipe_size, copy = 1026, 1024, 1031, 1030

    assert verdict(machine, CALL, "fcntl", 3, copy) == "allow"
    for command in (notify, lease, pipe_size):
        assert verdict(machine, PROGRAM, "fcntl", 3, command) == errno.EINVAL
    assert not [name for name in machine.harmless if "inotify" in name]


@pytest.mark.parametrize("profile", [CALL, PROGRAM, HOSTS])
def test_no_file_is_made_to_act_as_its_owner(
    machine: Architecture, profile: seccomp.Profile
) -> None:
    make, plain = os.O_CREAT | os.O_WRONLY, 0o755

    for bit in (0o4000, 0o2000):
        assert verdict(machine, profile, "openat", 0, 0, make, bit | plain) == errno.EPERM
        assert verdict(machine, profile, "openat", 0, 0, os.O_TMPFILE, bit) == errno.EPERM
        assert verdict(machine, profile, "fchmod", 3, bit | plain) == errno.EPERM
        assert verdict(machine, profile, "fchmodat", 0, 0, bit | plain) == errno.EPERM
        assert verdict(machine, profile, "mknodat", 0, 0, bit | plain) == errno.EPERM
    assert verdict(machine, profile, "openat2") == errno.ENOSYS


def test_files_are_opened_and_made(machine: Architecture) -> None:
    anything = 0xFFFFFFFF  # callers leave the mode undefined where no file is made

    assert verdict(machine, CALL, "openat", 0, 0, os.O_RDONLY | os.O_DIRECTORY, anything) == "allow"
    assert verdict(machine, CALL, "openat", 0, 0, os.O_CREAT, 0o644) == "allow"
    assert verdict(machine, CALL, "fchmod", 3, 0o755) == "allow"


TEMPLATE = seccomp.Profile(template=True)


def test_who_forks_calls_builds_walls_and_nothing_more(machine: Architecture) -> None:
    pid, call, user = 0x20000000, 0x08000000 | 0x00020000, 0x10000000
    bind_mount = 0x1000

    assert verdict(machine, TEMPLATE, "unshare", pid) == "allow"
    assert verdict(machine, TEMPLATE, "unshare", call) == "allow"
    assert verdict(machine, TEMPLATE, "unshare", user) == "allow"
    assert verdict(machine, TEMPLATE, "unshare", user | call) == errno.EPERM
    assert verdict(machine, TEMPLATE, "setns", 3, pid) == "allow"
    assert verdict(machine, TEMPLATE, "setns", 3, 0) == errno.EPERM
    assert verdict(machine, TEMPLATE, "mount", 0, 0, 0, 6) == "allow"
    assert verdict(machine, TEMPLATE, "mount", 0, 0, 0, bind_mount) == errno.EPERM
    assert verdict(machine, TEMPLATE, "clone", 17) == "allow"
    assert verdict(machine, TEMPLATE, "clone", user | 17) == errno.EPERM
    refused = ["pivot_root", "open_tree", "move_mount", "mount_setattr"]
    assert {verdict(machine, TEMPLATE, name) for name in refused} == {errno.EPERM}
    assert verdict(machine, TEMPLATE, "socket", INET, STREAM) == errno.EAFNOSUPPORT
    assert verdict(machine, TEMPLATE, "execve") == errno.EPERM


@pytest.mark.parametrize("call", [CALL, HOSTS, seccomp.Profile(processes=True)])
def test_the_filter_of_who_forks_leaves_a_call_all_it_may(
    machine: Architecture, call: seccomp.Profile
) -> None:
    template = dataclasses.replace(call, template=True)
    names = [*machine.harmless, *machine.metadata, *machine.attributes, *machine.by_argument]
    tried = [(), (1, 1, 6, 0, 0, 0), (INET, STREAM, 6), (UNIX, STREAM, 0), (CLONE_THREAD,)]

    for name in names:
        for arguments in tried:
            if verdict(machine, call, name, *arguments) == "allow":
                assert verdict(machine, template, name, *arguments) == "allow", name
