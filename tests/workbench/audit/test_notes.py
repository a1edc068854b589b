"""Signed notes, checkpoints and receipts: what is accepted has exactly one spelling."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from toolvet.audit import notes
from toolvet.audit.errors import NoteError, ProofError
from toolvet.audit.keys import LogKey
from toolvet.audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from toolvet.audit.tiles import MemoryTiles, Tree
from toolvet.errors import LogError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "example.org/log"
VERIFIER = notes.verifier_key(NAME, KEY.public_key().public_bytes_raw())
CHECKPOINT = notes.Checkpoint(NAME, 7, EMPTY_ROOT)
NOTE = notes.sign(CHECKPOINT.text, NAME, KEY)

# Published with the note format by its authors.
KNOWN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
    "tpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_published_with_the_format_opens() -> None:
    assert notes.open_note(KNOWN_NOTE, KNOWN_KEY).signers == {"PeterNeumann"}


def test_the_example_key_of_the_format_has_its_key_id() -> None:
    text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

    assert notes.parse_verifier_key(text).text == text


def test_a_checkpoint_opens_with_its_key() -> None:
    assert notes.open_checkpoint(NOTE, VERIFIER) == CHECKPOINT
    assert notes.open_checkpoint(NOTE, [KNOWN_KEY, VERIFIER]) == CHECKPOINT


def test_a_checkpoint_must_be_signed_by_the_log_it_names() -> None:
    other = notes.sign(CHECKPOINT.text, "example.org/other", KEY)
    key = notes.verifier_key("example.org/other", KEY.public_key().public_bytes_raw())

    with pytest.raises(NoteError):
        notes.open_checkpoint(other, key)


def test_a_log_key_signs_for_its_own_log_only() -> None:
    with pytest.raises(NoteError):
        notes.sign_checkpoint(CHECKPOINT, LogKey.generate("example.org/other"))


DAMAGED = {
    "another size": NOTE.replace("\n7\n", "\n8\n"),
    "a signed size": NOTE.replace("\n7\n", "\n+7\n"),
    "no last newline": NOTE.rstrip("\n"),
    "a tab": NOTE.replace("\n7\n", "\n7\t\n"),
    "a carriage return": NOTE.replace("\n", "\r\n"),
    "no signature": CHECKPOINT.text + "\n",
    "a hyphen for the dash": NOTE.replace("\u2014", "-"),
    "an empty signature": CHECKPOINT.text + f"\n\u2014 {NAME} \n",
    "a short signature": CHECKPOINT.text + f"\n\u2014 {NAME} AAAA\n",
    "a name with a plus sign": NOTE.replace(f"\u2014 {NAME}", "\u2014 a+b"),
    "the same signature twice": NOTE + NOTE.rpartition("\n\n")[2],
    "only text": "hello",
    "nothing": "",
    "a lone surrogate": "\ud800" + NOTE,
    "too long": NOTE + "x" * notes.MAX_NOTE_SIZE,
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_note_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        notes.open_checkpoint(text, VERIFIER)


ROOT = base64.b64encode(EMPTY_ROOT).decode()
MALFORMED = {
    "a sign": f"o\n+7\n{ROOT}\n",
    "an underscore": f"o\n4_2\n{ROOT}\n",
    "a leading zero": f"o\n07\n{ROOT}\n",
    "a minus": f"o\n-7\n{ROOT}\n",
    "other digits": f"o\n\u0664\n{ROOT}\n",
    "a space": f"o\n 7\n{ROOT}\n",
    "an absurd size": f"o\n{10**30}\n{ROOT}\n",
    "no origin": f"\n7\n{ROOT}\n",
    "a short root": "o\n7\nAAAA\n",
    "junk in the root": f"o\n7\n!{ROOT}\n",
    "spare bits in the root": f"o\n7\n{ROOT[:-2]}V=\n",
    "no padding": f"o\n7\n{ROOT[:-1]}\n",
    "another line": f"o\n7\n{ROOT}\nmore\n",
    "no newline": f"o\n7\n{ROOT}",
    "nothing": "",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    with pytest.raises(NoteError):
        notes.parse_checkpoint(text)


BAD_KEYS = {
    "another key id": VERIFIER.replace("+", "+0", 1),
    "another type": "a+00000000+" + base64.b64encode(b"\x04" + bytes(32)).decode(),
    "a short key": "a+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
    "no base64": "a+00000000+!!",
    "a space in the name": "a b" + VERIFIER[len(NAME) :],
    "nothing": "",
}


@pytest.mark.parametrize("text", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_verifier_key_must_match_its_key_id(text: str) -> None:
    with pytest.raises(NoteError):
        notes.parse_verifier_key(text)


@given(st.text(max_size=80))
def test_reading_anything_fails_with_an_error_of_ours(text: str) -> None:
    for read in (notes.parse_checkpoint, notes.parse_proof, notes.parse_verifier_key):
        with pytest.raises(LogError):
            read(text)
    with pytest.raises(LogError):
        notes.open_note(text, VERIFIER)


def receipt(index: int = 5, size: int = 13, extra: bytes = b"") -> notes.ProofText:
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    tree = Tree(MemoryTiles())
    tree.append(0, leaves)
    note = notes.sign(notes.Checkpoint(NAME, size, root_of(leaves)).text, NAME, KEY)
    return notes.ProofText(index, tuple(tree.inclusion_proof(index, size)), note, extra)


@pytest.mark.parametrize("extra", [b"", b"context"])
def test_a_receipt_survives_being_written_and_proves_its_entry(extra: bytes) -> None:
    read = notes.parse_proof(receipt(extra=extra).text)

    assert read == receipt(extra=extra)
    assert read.check(leaf_hash(b"5"), VERIFIER).size == 13
    with pytest.raises(ProofError):
        read.check(leaf_hash(b"6"), VERIFIER)


def test_a_receipt_for_the_only_entry_has_no_hashes() -> None:
    text = receipt(0, 1).text

    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nexample.org/log\n1\n")
    assert notes.parse_proof(text).check(leaf_hash(b"0"), VERIFIER).size == 1


@pytest.mark.parametrize(
    "change",
    [("@v1", "@v2"), ("index 5", "index 05"), ("index 5", "index"), ("\n\n", "\n"), ("=\n", "\n")],
)
def test_a_damaged_receipt_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(LogError):
        notes.parse_proof(receipt().text.replace(*change)).check(leaf_hash(b"5"), VERIFIER)


def test_hashes_travel_as_base64() -> None:
    hashes = (EMPTY_ROOT, leaf_hash(b"x"))

    assert notes.decode_hashes(notes.encode_hashes(hashes)) == hashes
    with pytest.raises(NoteError):
        notes.decode_hashes(["AAAA"])
