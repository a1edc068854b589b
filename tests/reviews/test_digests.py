"""Digests and commitments."""

import hashlib
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import file_trees, json_values

from toolvet_reviews import digests
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Json


@given(st.binary())
def test_a_digest_is_written_as_sha256_and_hex(data: bytes):
    digest = digests.sha256(data)

    assert digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert digests.is_digest(digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        "sha256:" + "0" * 63,
        "sha256:" + "A" * 64,
        "sha256:" + "0" * 64 + "\n",
        None,
        1,
    ],
)
def test_other_words_are_no_digest(text: object):
    assert not digests.is_digest(text)


@given(json_values)
def test_json_is_digested_by_its_canonical_bytes(value: Json):
    assert digests.of_json(value) == digests.of_json([value][0])
    assert digests.of_json({"a": value, "b": 1}) == digests.of_json({"b": 1.0, "a": value})


@given(file_trees)
def test_the_order_of_files_does_not_matter(files: dict[str, bytes]):
    turned = dict(reversed(files.items()))

    assert digests.file_tree(turned) == digests.file_tree(files)


@given(file_trees, st.data())
def test_every_byte_and_every_path_matters(files: dict[str, bytes], data: st.DataObject):
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    changed = [
        {**files, path: content + b"\0"},
        {name: body for name, body in files.items() if name != path},
        {(f"{name}x" if name == path else name): body for name, body in files.items()},
    ]

    found = {digests.file_tree(tree) for tree in [files, *changed]}

    assert len(found) == 4


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64), st.binary(max_size=64))
def test_a_commitment_binds_its_payload(salt: bytes, one: bytes, other: bytes):
    assume(one != other)

    assert digests.commit(salt, one) == digests.sha256(salt + one)
    assert digests.commit(salt, one) != digests.commit(salt, other)


def test_salts_make_equal_payloads_look_different():
    salts = [bytes([n]) * 32 for n in range(4)]

    made = [digests.commit(salt, b"yes") for salt in salts]

    assert all(one != other for one, other in combinations(made, 2))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_salt_of_another_length_is_refused(length: int):
    with pytest.raises(ReviewError) as caught:
        digests.commit(b"x" * length, b"")

    assert caught.value.code == "digest.salt"
