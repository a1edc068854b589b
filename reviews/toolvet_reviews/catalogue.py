"""The catalogue as plain files: what is written for each published tool, byte for byte. Pure; no I/O.

The same release gives the same bytes wherever it is written, so that git shows what changed and
nothing else. `manifest.json` is what people signed: its SHA-256 is the release digest. Texts of
authors stand in ASCII elsewhere, so that no character hides.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from toolvet_reviews import digests, manifest
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.values import Digest, JsonObject

INDEX_SCHEMA = "toolvet/catalogue/v1"
RELEASE_SCHEMA = "toolvet/release-file/v1"

INDEX = "index.json"
RELEASE = "release.json"
DEFINITION = "definition.json"
MANIFEST = "manifest.json"
BUNDLE = "bundle"
"""Folder of the files as their author submitted them; a name of theirs meets none of ours."""
OURS = frozenset({RELEASE, DEFINITION, MANIFEST, BUNDLE})

_NAME = re.compile(r"[a-z0-9_]{1,64}\Z")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\- ]*\Z")
_MAX_PATH = 200


class CatalogueFileError(ReviewError):
    """A release that cannot be written as files: a name or a digest in it does not hold."""

    code = "catalogue.file"
    hint = "`toolvet doctor` and `toolvet audit verify` look for the reason."


@dataclass(frozen=True)
class Ballot:
    """One vote that a release was published by."""

    voter: str
    """Name; the principal id when the name was erased."""
    voter_id: str
    as_sponsor: bool
    signed_at: str
    """As the signed statement says."""
    policy: Digest
    """Digest of the policy the voter saw in force."""
    envelope: Digest
    """Of the signed DSSE envelope."""


@dataclass(frozen=True)
class Published:
    """One release as it is served, and how it came to be."""

    manifest: Manifest
    version: int
    channel: str
    proposal: str
    published_at: str
    votes: tuple[Ballot, ...]

    @property
    def place(self) -> tuple[str, str]:
        """Toolset and name: where it lies."""
        return self.manifest.toolset, self.manifest.name

    @property
    def digest(self) -> Digest:
        """The release digest."""
        return manifest.digest(self.manifest)


def is_name(text: str) -> bool:
    """Tell whether a text can be the folder of a toolset or of a tool."""
    return _NAME.match(text) is not None


def tool_files(published: Published, contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Write the files of one tool: path below its folder, to content.

    Args:
        published: The release.
        contents: The bundle's files.

    Raises:
        CatalogueFileError: They are not the files that were approved, or a path leads elsewhere.
    """
    approved = published.manifest
    if digests.file_tree(contents) != approved.revision:
        raise CatalogueFileError(f"the files of {approved.name} are not those that were approved")
    for path in contents:
        check_path(path)
    return {
        RELEASE: readable(_release(published)),
        DEFINITION: readable(_definition(approved)),
        MANIFEST: manifest.to_bytes(approved),
        **{f"{BUNDLE}/{path}": data for path, data in contents.items()},
    }


def index(service: str, tools: Iterable[Published]) -> bytes:
    """Write the list of everything that is there."""
    listed = [_listed(one) for one in sorted(tools, key=lambda one: one.place)]
    return readable({"schema": INDEX_SCHEMA, "service": service, "tools": [*listed]})


def check_path(path: str) -> None:
    """Refuse a path that would leave its folder or hide in it.

    Raises:
        CatalogueFileError: It would.
    """
    if len(path) > _MAX_PATH or not all(_PART.match(part) for part in path.split("/")):
        raise CatalogueFileError(f"a bundle holds no path {ascii(path)[:120]}")


def check_place(toolset: str, name: str) -> None:
    """Refuse a toolset or name that cannot be a folder.

    Raises:
        CatalogueFileError: It cannot.
    """
    if not (is_name(toolset) and is_name(name)):
        raise CatalogueFileError(f"no folder is named {ascii(f'{toolset}/{name}')[:160]}")


def readable(value: JsonObject) -> bytes:
    """Write JSON for people: sorted, indented, in ASCII."""
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"


def _listed(one: Published) -> JsonObject:
    toolset, name = one.place
    return {
        "toolset": toolset,
        "name": name,
        "advertised_name": one.manifest.definition.name,
        "version": one.version,
        "channel": one.channel,
        "kind": one.manifest.effects.get("kind"),
        "release_digest": one.digest,
        "path": f"{toolset}/{name}",
    }


def _release(one: Published) -> JsonObject:
    votes = sorted(one.votes, key=lambda vote: (vote.signed_at, vote.voter_id, vote.envelope))
    return {
        **_listed(one),
        "schema": RELEASE_SCHEMA,
        "revision_digest": one.manifest.revision,
        "proposal": one.proposal,
        "published_at": one.published_at,
        "decision": [
            {
                "verdict": "approve",
                "voter": vote.voter,
                "voter_id": vote.voter_id,
                "as_sponsor": vote.as_sponsor,
                "signed_at": vote.signed_at,
                "policy": vote.policy,
                "envelope": vote.envelope,
            }
            for vote in votes
        ],
    }


def _definition(approved: Manifest) -> JsonObject:
    definition = manifest.to_json(approved)["definition"]
    if not isinstance(definition, dict):
        raise CatalogueFileError(f"{approved.name} has no definition")
    return definition
