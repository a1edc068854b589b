"""Where a client sends a secret, where it does not, and what a service it starts inherits."""

from pathlib import Path

import pytest

from toolvet.client.autostart import clean_environment
from toolvet.client.bindings import SecretExposedError
from toolvet.client.client import Client
from toolvet.client.transport import HttpTransport
from toolvet.config import Settings
from toolvet_reviews.secret import Secret


@pytest.mark.parametrize(
    "url",
    [
        "http://toolvet.example.com",
        "http://10.0.0.1:8700",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://[fe80::1]",
    ],
)
def test_a_secret_is_not_sent_over_a_network_in_the_clear(url: str) -> None:
    with Client(HttpTransport.url(url)) as client:
        for hand_in in (client.set_secret, client.rotate_secret):
            with pytest.raises(SecretExposedError):
                hand_in(b"", b"", "", Secret("value"))


@pytest.mark.parametrize(
    "transport",
    [
        HttpTransport.url("https://toolvet.example.com"),
        HttpTransport.url("http://127.0.0.1:8700"),
        HttpTransport.url("http://localhost:8700"),
        HttpTransport.url("http://[::1]:8700"),
        HttpTransport.unix(Path("/somewhere/service.sock")),
    ],
)
def test_it_is_sent_over_tls_and_within_this_machine(transport: HttpTransport) -> None:
    with Client(transport) as client:
        client.check_private()


def test_a_service_that_a_command_starts_knows_where_the_key_is(tmp_path: Path) -> None:
    said = {"TOOLVET_HOME": str(tmp_path), "TOOLVET_SECRET_KEY_FILE": "/run/keys/secret.key"}
    elsewhere = Settings.from_env(said)
    inherited = clean_environment({**said, "MAIL_PASSWORD": "hunter2"}, elsewhere)

    assert elsewhere.secret_key_file == Path("/run/keys/secret.key")
    assert inherited["TOOLVET_SECRET_KEY_FILE"] == "/run/keys/secret.key"
    assert "MAIL_PASSWORD" not in inherited
