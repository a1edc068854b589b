"""The release manifest: its bytes are what people sign."""

from dataclasses import replace

import pytest
from hypothesis import given
from strategies import manifests

from toolvet_reviews import canonical, digests, manifest
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.values import Digest, EffectKind, JsonObject

PLAIN = Manifest(
    workspace="default",
    toolset="default",
    name="a",
    entry="a:a",
    revision=Digest(f"sha256:{'0' * 64}"),
    environment=None,
    definition=ToolDefinition("a", "A", "Does a.", {}, {}, {}),
    effects={"kind": "pure"},
    idempotency=None,
    limits={},
    retry={},
    lowest_tier="B",
    sdk="1",
)


@given(manifests)
def test_a_manifest_reads_back(made: Manifest):
    normal = manifest.from_json(canonical.normalise(manifest.to_json(made)))

    assert manifest.from_bytes(manifest.to_bytes(made)) == normal
    assert manifest.to_bytes(normal) == manifest.to_bytes(made)


@given(manifests)
def test_the_release_digest_is_that_of_the_canonical_bytes(made: Manifest):
    assert manifest.digest(made) == digests.sha256(manifest.to_bytes(made))


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, definition=replace(PLAIN.definition, description="Does b.")),
        replace(PLAIN, definition=replace(PLAIN.definition, annotations={"readOnlyHint": True})),
        replace(PLAIN, revision=Digest(f"sha256:{'1' * 64}")),
        replace(PLAIN, effects={"kind": "write"}),
        replace(PLAIN, lowest_tier="C"),
        replace(PLAIN, toolset="growth"),
    ],
)
def test_whatever_is_shown_is_part_of_the_digest(other: Manifest):
    assert manifest.digest(other) != manifest.digest(PLAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"schema": "toolvet/manifest/v2"},
        {"revision": "sha256:0"},
        {"definition": {}},
        {"lowest_tier": "D"},
        {"effects": None},
        {"name": 1},
    ],
)
def test_a_manifest_with_another_shape_is_refused(change: JsonObject):
    with pytest.raises(ReviewError) as caught:
        manifest.from_json({**manifest.to_json(PLAIN), **change})

    assert caught.value.code == "manifest.invalid"


def test_other_bytes_for_the_same_manifest_are_refused():
    with pytest.raises(ReviewError):
        manifest.from_bytes(manifest.to_bytes(PLAIN) + b"\n")


@pytest.mark.parametrize(("kind", "idempotent", "hints"), [
    ("pure", False, (True, False, True)), ("read", False, (True, False, True)),
    ("write", False, (False, False, False)), ("write", True, (False, False, True)),
    ("destructive", True, (False, True, True)),
])  # fmt: skip
def test_annotations_follow_from_the_declared_effects(
    kind: EffectKind, idempotent: bool, hints: tuple[bool, ...]
):
    said = manifest.annotations_for(kind, idempotent)

    shown = (said["readOnlyHint"], said["destructiveHint"], said["idempotentHint"])
    assert shown == hints
    assert said["openWorldHint"] is False
