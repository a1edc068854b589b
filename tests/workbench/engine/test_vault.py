"""Secrets at rest: what opens them, what does not, and what never shows them."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolvet.engine.vault import SecretDamagedError, SecretKeyError, Vault
from toolvet_reviews.secret import Secret

SALT = bytes(range(32))
VALUE = "a-value-nobody-else-has"


def sealed_in(folder: Path) -> tuple[Vault, bytes]:
    vault = Vault(folder / "secret.key")
    return vault, vault.seal("NAME", Secret(VALUE), SALT, b"about", is_first=True)


def test_what_was_sealed_opens_again(tmp_path: Path) -> None:
    vault, sealed = sealed_in(tmp_path)

    salt, value = vault.open("NAME", sealed, b"about")

    assert (salt, value.reveal()) == (SALT, VALUE)
    assert VALUE.encode() not in sealed


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    vault = Vault(tmp_path / "secret.key")
    sealed = vault.seal("NAME", Secret(text), SALT, b"", is_first=True)

    assert vault.open("NAME", sealed, b"")[1].reveal() == text


def test_the_length_of_a_password_does_not_show(tmp_path: Path) -> None:
    vault, _ = sealed_in(tmp_path)

    sizes = {len(vault.seal("N", Secret("x" * n), SALT, b"", is_first=False)) for n in (1, 8, 200)}

    assert len(sizes) == 1


def test_the_key_is_made_for_its_owner_only(tmp_path: Path) -> None:
    vault, _ = sealed_in(tmp_path / "new" / "folder")

    assert stat.S_IMODE(vault.key_file.stat().st_mode) == 0o600
    assert len(bytes.fromhex(vault.key_file.read_text())) == 32
    assert os.listdir(vault.key_file.parent) == ["secret.key"]


def test_a_key_that_went_missing_is_not_made_anew(tmp_path: Path) -> None:
    vault, sealed = sealed_in(tmp_path)
    vault.key_file.unlink()

    with pytest.raises(SecretKeyError):
        vault.open("NAME", sealed, b"about")
    with pytest.raises(SecretKeyError):
        vault.seal("OTHER", Secret(VALUE), SALT, b"", is_first=False)
    assert not vault.key_file.exists()


def test_another_key_is_told_from_damage(tmp_path: Path) -> None:
    vault, sealed = sealed_in(tmp_path)
    vault.key_file.write_text("00" * 32)

    with pytest.raises(SecretKeyError):
        vault.open("NAME", sealed, b"about")


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "00" * 33, "\xff"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    vault, _ = sealed_in(tmp_path)
    vault.key_file.write_text(text, encoding="latin-1")

    with pytest.raises(SecretKeyError):
        vault.check()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    vault, sealed = sealed_in(tmp_path)
    vault.key_file.chmod(mode)

    with pytest.raises(SecretKeyError):
        vault.open("NAME", sealed, b"about")


def test_a_key_that_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "secret.key", 0o600)

    with pytest.raises(SecretKeyError):
        Vault(tmp_path / "secret.key").check()


def test_sealed_bytes_belong_to_one_scope(tmp_path: Path) -> None:
    vault, sealed = sealed_in(tmp_path)

    with pytest.raises(SecretDamagedError):
        vault.open("NAME", sealed, b"another scope")


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    vault, sealed = sealed_in(tmp_path)

    for at in range(0, len(sealed), 7):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises((SecretDamagedError, SecretKeyError)):
            vault.open("NAME", bytes(changed), b"about")
    for cut in (b"", sealed[:20], sealed[:-1], sealed + b"\0"):
        with pytest.raises((SecretDamagedError, SecretKeyError)):
            vault.open("NAME", cut, b"about")
