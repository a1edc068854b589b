"""The authority of one process: believed by those who trust it, for one host at a time."""

import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509

from toolvet.sandbox.broker import Authority, tls

STRICT = ssl.VERIFY_X509_STRICT
"""What Python 3.13 asks for by default."""


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    theirs.settimeout(5)

    def serve() -> None:
        try:
            with server.wrap_socket(ours, server_side=True) as connection:
                connection.unwrap()
        except OSError:
            ours.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(theirs, server_hostname=name) as connection:
            said = connection.version() or ""
            connection.unwrap()
            return said
    finally:
        thread.join()
        theirs.close()
        ours.close()


def trusting(authority: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.pem().decode())
    context.verify_flags |= STRICT
    return context


@pytest.mark.parametrize("host", ["api.example.com", "127.0.0.1", "::1", "a" * 60 + ".example.com"])
def test_a_host_is_believed_by_who_trusts_the_authority(host: str):
    authority = Authority()

    assert shake_hands(authority.context_for(host), trusting(authority), host) == "TLSv1.3"


def test_nobody_else_believes_it():
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(Authority().context_for("a.example"), trusting(Authority()), "a.example")


def test_a_client_that_names_another_host_is_turned_away():
    authority = Authority()

    with pytest.raises(ssl.SSLError):
        shake_hands(authority.context_for("a.example"), trusting(authority), "b.example")


def test_a_host_is_signed_for_once():
    authority = Authority()

    assert authority.context_for("a.example") is authority.context_for("a.example")
    assert authority.context_for("a.example") is not authority.context_for("b.example")


def test_old_contexts_make_room(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tls, "HOSTS_MAX", 4)
    authority = Authority()
    first = authority.context_for("first.example")

    for number in range(5):
        authority.context_for(f"h{number}.example")

    assert authority.context_for("first.example") is not first


def test_the_authority_can_sign_servers_and_no_other_authorities():
    certificate = x509.load_pem_x509_certificate(Authority().pem())

    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.value.ca, basic.value.path_length, basic.critical) == (True, 0, True)


def test_no_key_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    authority = Authority()

    authority.context_for("a.example")

    assert list(tmp_path.iterdir()) == []
    assert b"PRIVATE" not in authority.pem()
    assert not [name for name in _open_files() if "toolvet-tls" in name]


def _open_files() -> list[str]:
    found: list[str] = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:
            continue
    return found
