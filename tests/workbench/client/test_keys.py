"""A person's keys lie sealed in a folder of their own."""

from pathlib import Path

import pytest

from toolvet.audit.errors import WrongPassphraseError
from toolvet.client.errors import NoKeyError
from toolvet.client.keys import KeyRing
from toolvet.errors import HomeError

PASSPHRASE = "correct horse battery"


def test_a_key_opens_with_its_passphrase_only_and_others_cannot_read_the_file(
    tmp_path: Path,
) -> None:
    keys = KeyRing(tmp_path / "keys")

    made = keys.create(PASSPHRASE)

    assert keys.fingerprints() == [made.fingerprint]
    assert keys.unseal(made.fingerprint, PASSPHRASE).public == made.public
    assert keys.path(made.fingerprint).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    with pytest.raises(WrongPassphraseError) as caught:
        keys.unseal(made.fingerprint, "another passphrase")
    assert caught.value.code == "key.passphrase"


def test_nothing_secret_is_in_the_file(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    made = keys.create(PASSPHRASE)

    text = keys.path(made.fingerprint).read_text()

    assert PASSPHRASE not in text
    assert made.public.hex() in text


def test_a_missing_key_and_a_fingerprint_that_is_a_path_are_the_same_refusal(
    tmp_path: Path,
) -> None:
    for name in ("sha256:" + "0" * 64, "../../etc/passwd", ""):
        with pytest.raises(NoKeyError) as caught:
            KeyRing(tmp_path).public(name)
        assert caught.value.code == "key.none"


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    made = keys.create(PASSPHRASE)
    keys.path(made.fingerprint).write_text("{")

    with pytest.raises(HomeError):
        keys.public(made.fingerprint)


def test_no_folder_means_no_keys(tmp_path: Path) -> None:
    assert KeyRing(tmp_path / "none").fingerprints() == []
