"""The service's tables held against what the log says. Pure; no I/O.

Tables are caches: a row that differs was changed past the log, and the log stays in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from toolvet.audit.ledger import Ledger
from toolvet.audit.releases import NameOf
from toolvet_reviews.values import Digest, Json, JsonObject

StateRows = Mapping[str, Sequence[JsonObject]]
"""Table to rows, as the service dumps them: ids, enums, digests and times only."""

_Key = tuple[Json, ...]
_Rows = dict[_Key, JsonObject]


@dataclass(frozen=True)
class Differing:
    """A row that does not say what the log says."""

    table: str
    id: str
    message: str
    code: ClassVar[str] = "row.differs"


def compare_rows(
    ledger: Ledger, rows: StateRows, *, name_of: NameOf | None = None
) -> list[Differing]:
    """Name every row that differs from the log, is missing, or should not be there.

    Args:
        ledger: The whole log, applied.
        rows: The tables.
        name_of: Reads a tool's name out of a release manifest. Without it channels are compared
            by the name that the row before last pointed to, which tells less.
    """
    return [
        *_compare("principals", _principals(ledger), _by(rows, "principals", "id")),
        *_compare("keys", _keys(ledger), _known_keys(ledger, rows)),
        *_compare("grants", _grants(ledger), _by(rows, "grants", "id")),
        *_compare("policy", _policy(ledger), _by(rows, "policy", "digest")),
        *_compare("votes", _votes(ledger), _by(rows, "votes", "entry")),
        *_compare("releases", _releases(ledger), _by(rows, "releases", "digest")),
        *_compare(
            "waivers",
            _waivers(ledger),
            _by(rows, "waivers", "release_digest", "fingerprint", "voter", "envelope"),
        ),
        *_compare("secrets", _secrets(ledger), _by(rows, "secrets", "entry")),
        *_compare("mounts", _mounts(ledger), _by(rows, "mounts", "entry")),
        *_compare("consents", _consents(ledger), _by(rows, "consents", "tier")),
        *_channels(ledger, rows, name_of),
    ]


def _compare(table: str, expected: _Rows, found: _Rows) -> Iterable[Differing]:
    for key in sorted(expected.keys() | found.keys(), key=str):
        name = "/".join(str(part) for part in key)
        want, have = expected.get(key), found.get(key)
        if want is None:
            yield Differing(table, name, f"{table} {name}: the log knows of no such row")
        elif have is None:
            yield Differing(table, name, f"{table} {name}: the log says it is there")
        else:
            for column in sorted(want.keys() & have.keys()):
                if want[column] != have[column]:
                    said = f"{column} is {have[column]}, the log says {want[column]}"
                    yield Differing(table, name, f"{table} {name}: {said}")


def _by(rows: StateRows, table: str, *columns: str) -> _Rows:
    return {
        tuple(row.get(column) for column in columns): _sorted(row) for row in rows.get(table, ())
    }


def _sorted(row: JsonObject) -> JsonObject:
    roles = row.get("roles")
    if not isinstance(roles, list):
        return row
    words: list[Json] = [*sorted(map(str, roles))]
    return {**row, "roles": words}


def _known_keys(ledger: Ledger, rows: StateRows) -> _Rows:
    """Leave out keys that were asked for and never enrolled: nothing is decided by them."""
    return {
        key: row
        for key, row in _by(rows, "keys", "fingerprint").items()
        if row.get("state") == "active" or row.get("fingerprint") in ledger.keys
    }


def _principals(ledger: Ledger) -> _Rows:
    return {
        (one.id,): {
            "kind": one.kind,
            "roles": [*sorted(one.roles)],
            "sponsor": one.sponsor,
            "active": one.active,
        }
        for one in ledger.principals.values()
    }


def _keys(ledger: Ledger) -> _Rows:
    return {
        (key.fingerprint,): {
            "principal": key.principal,
            "state": "active" if key.revoked is None else "revoked",
        }
        for key in ledger.keys.values()
    }


def _grants(ledger: Ledger) -> _Rows:
    return {
        (one.id,): {"to": one.to, "tool": one.tool, "up_to": one.up_to, "expires": one.expires}
        for one in ledger.grants()
    }


def _policy(ledger: Ledger) -> _Rows:
    digest = ledger.policy_digest
    return {} if digest is None else {(digest,): {"digest": digest}}


def _votes(ledger: Ledger) -> _Rows:
    return {
        (vote.entry,): {
            "release_digest": vote.release,
            "voter": vote.voter,
            "verdict": vote.verdict,
            "envelope": vote.envelope,
        }
        for vote in ledger.all_votes()
    }


def _releases(ledger: Ledger) -> _Rows:
    return {
        (one.digest,): {
            "version": one.version,
            "proposal": one.proposal,
            "stopped": one.digest in ledger.stopped,
        }
        for one in ledger.releases.values()
    }


def _waivers(ledger: Ledger) -> _Rows:
    return {
        (one.release, one.fingerprint, one.voter, one.envelope): {"expires": one.expires}
        for waivers in ledger.waivers.values()
        for one in waivers
    }


def _consents(ledger: Ledger) -> _Rows:
    return {(tier,): {"entry": entry} for tier, entry in ledger.consents.items()}


def _secrets(ledger: Ledger) -> _Rows:
    return {(bound.entry,): {"entry": bound.entry} for bound in ledger.secrets.values()}


def _mounts(ledger: Ledger) -> _Rows:
    return {
        (bound.entry,): {"entry": bound.entry, "mode": bound.binding.mode}
        for bound in ledger.mounts.values()
    }


def _channels(ledger: Ledger, rows: StateRows, name_of: NameOf | None) -> Iterable[Differing]:
    """Compare what channels point to; a row without a release says that nothing is served."""
    found = [row for row in rows.get("channels", ()) if row.get("release_digest") is not None]
    names = name_of or _names_in(found)
    expected: _Rows = {
        at: {"release_digest": pointer.release, "version": pointer.version, "entry": pointer.entry}
        for at, pointer in ledger.pointers(names).items()
    }
    have: _Rows = {(row.get("toolset"), row.get("name"), row.get("channel")): row for row in found}
    return _compare("channels", expected, have)


def _names_in(channels: Sequence[JsonObject]) -> NameOf:
    names = {
        row.get("release_digest"): (str(row.get("toolset")), str(row.get("name")))
        for row in channels
    }

    def name_of(release: Digest) -> tuple[str, str] | None:
        return names.get(release)

    return name_of
