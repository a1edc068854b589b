"""Keys at rest: the log's readable by its owner only, a person's useless without the passphrase."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolvet.audit import keys
from toolvet.audit.errors import (
    EnvelopeError,
    KeyFileError,
    SealedKeyError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from toolvet.audit.keys import Argon2Cost, LogKey, SealedKey
from toolvet.audit.notes import open_note

CHEAP = Argon2Cost(iterations=1, lanes=1, memory_kib=64)
PASSPHRASE = "correct horse battery"


def sealed() -> SealedKey:
    return SealedKey.create(PASSPHRASE, cost=CHEAP)


def test_the_passphrase_opens_the_key() -> None:
    key = sealed()
    opened = keys.unseal(key.to_json(), PASSPHRASE)

    assert opened.public == key.public
    assert opened.fingerprint == key.fingerprint == keys.fingerprint(key.public)


def test_another_passphrase_does_not() -> None:
    with pytest.raises(WrongPassphraseError) as caught:
        keys.unseal(sealed().to_json(), "correct horse batterz")

    assert caught.value.code == "key.passphrase"


def test_the_usual_cost_is_that_of_rfc_9106() -> None:
    key = keys.create(PASSPHRASE)

    assert key.to_json()["kdf"] == {
        "name": "argon2id",
        "iterations": 3,
        "lanes": 4,
        "memory_kib": 65536,
    }
    assert key.unseal(PASSPHRASE).public == key.public


def test_two_spellings_of_one_passphrase_are_one() -> None:
    key = SealedKey.create("schl\u00fcsselbund", cost=CHEAP)

    assert key.unseal("schlu\u0308sselbund").public == key.public


@pytest.mark.parametrize("passphrase", ["", "short"])
def test_a_short_passphrase_seals_nothing(passphrase: str) -> None:
    with pytest.raises(WeakPassphraseError):
        SealedKey.create(passphrase, cost=CHEAP)


def other_key(doc: dict[str, Any]) -> None:
    other = SealedKey.create(PASSPHRASE, cost=CHEAP)
    doc["public"], doc["fingerprint"] = other.public.hex(), other.fingerprint


def other_salt(doc: dict[str, Any]) -> None:
    doc["salt"] = "00" * 16


def other_nonce(doc: dict[str, Any]) -> None:
    doc["nonce"] = "00" * 12


def other_cost(doc: dict[str, Any]) -> None:
    doc["kdf"]["iterations"] = 2


def other_seal(doc: dict[str, Any]) -> None:
    doc["sealed"] = "00" * 48


@pytest.mark.parametrize(
    "change",
    [
        other_key,
        other_salt,
        other_nonce,
        other_cost,
        other_seal,
    ],
)
def test_a_changed_document_does_not_open(change: Callable[[dict[str, Any]], None]) -> None:
    doc = sealed().to_json()
    change(doc)

    with pytest.raises(WrongPassphraseError):
        keys.unseal(doc, PASSPHRASE)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "toolvet/sealed-key/v2"},
        {"more": 1},
        {"fingerprint": "sha256:00"},
        {"public": "zz"},
        {"sealed": ""},
        {"salt": 7},
        {"kdf": "argon2id"},
        {"kdf": {"name": "scrypt", "iterations": 1, "lanes": 1, "memory_kib": 64}},
        {"kdf": {"name": "argon2id", "iterations": 1, "lanes": 1, "memory_kib": 2**40}},
        {"kdf": {"name": "argon2id", "iterations": 0, "lanes": 1, "memory_kib": 64}},
        {"kdf": {"name": "argon2id", "iterations": True, "lanes": 1, "memory_kib": 64}},
    ],
)
def test_a_damaged_document_is_refused_before_any_work(change: dict[str, Any]) -> None:
    with pytest.raises(SealedKeyError):
        keys.unseal({**sealed().to_json(), **change}, PASSPHRASE)


def test_who_asks_to_enrol_a_key_shows_that_they_hold_it() -> None:
    key, other = sealed().unseal(PASSPHRASE), sealed()
    proof = keys.prove_possession(key, "code")
    keys.check_possession(key.public, "code", proof)

    for public, code, shown in (
        (other.public, "code", proof),
        (key.public, "other", proof),
        (key.public, "code", "zz"),
        (b"", "code", proof),
    ):
        with pytest.raises(EnvelopeError):
            keys.check_possession(public, code, shown)


def test_a_log_key_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    key = LogKey.generate("example.org/log")
    key.save(path)
    loaded = LogKey.load(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert loaded.verifier_key == key.verifier_key
    assert open_note(loaded.sign("hello\n"), key.verifier_key).text == "hello\n"


def test_a_log_key_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    LogKey.generate("example.org/log").save(path)
    before = path.read_bytes()

    with pytest.raises(KeyFileError):
        LogKey.generate("example.org/log").save(path)
    assert path.read_bytes() == before


def test_a_log_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    LogKey.generate("example.org/log").save(path)
    path.chmod(0o644)

    with pytest.raises(KeyFileError):
        LogKey.load(path)


@pytest.mark.parametrize(
    "text", ["", "hello", "PRIVATE+KEY+a+00000000+AAAA", "\u2014", "a+b+c+d+e+f"]
)
def test_a_damaged_log_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)

    with pytest.raises(KeyFileError):
        LogKey.load(path)
    with pytest.raises(KeyFileError):
        LogKey.load(tmp_path / "missing")


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_DUMPABLE is Linux's")
def test_a_protected_process_cannot_be_dumped() -> None:
    code = (
        "import ctypes\n"
        "from toolvet.audit.keys import protect_process\n"
        "assert protect_process()\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ}
    )

    assert run.stdout.strip() == b"0"
