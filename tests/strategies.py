"""Hypothesis strategies shared by the tests: JSON, files, specifications, drafts, statements."""

import string

from hypothesis import strategies as st

from toolvet_reviews.bundle import (
    Cost,
    Credential,
    Effects,
    Example,
    FileMount,
    Idempotency,
    Invariant,
    NetworkRule,
    Retry,
    Rollback,
    ToolLimits,
    ToolSpec,
)
from toolvet_reviews.events import ACTS, FACTS, EntryDraft, Fact, Verb
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.policy import CHECKS
from toolvet_reviews.statements import Statement, Target
from toolvet_reviews.values import EFFECT_KINDS, TIERS, Digest, Json, JsonObject

SAFE_INTEGER = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
"""Any text that is UTF-8."""

words = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
"""Plain words, such as ids have."""

snake_names = st.lists(
    st.text(string.ascii_lowercase, min_size=1, max_size=6), min_size=1, max_size=3
).map("_".join)

digests = st.binary(min_size=32, max_size=32).map(lambda data: Digest(f"sha256:{data.hex()}"))

uuids = st.uuids().map(str)

times = st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0"))
"""RFC 3339 in UTC, microseconds."""

effect_kinds = st.sampled_from(EFFECT_KINDS)

integers = st.integers(-SAFE_INTEGER, SAFE_INTEGER)

floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda f: abs(f) <= SAFE_INTEGER)

scalars = st.none() | st.booleans() | integers | floats | texts

json_values: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
"""Every value that has a canonical form."""

json_objects: st.SearchStrategy[JsonObject] = st.dictionaries(texts, json_values, max_size=4)

paths = (
    st.lists(snake_names, min_size=1, max_size=3).map("/".join).map(lambda path: f"pkg/{path}.txt")
)

file_trees = st.dictionaries(paths, st.binary(max_size=50), min_size=1, max_size=5)
"""Path to content; no two paths are one file and one folder."""


def _subsets(names: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(names, max_size=3, unique=True).map(tuple)


_maybe = st.none() | st.booleans()
_limits = st.none() | st.integers(16, 64)

_network_rules = st.builds(
    NetworkRule,
    host=st.just("api.example.com") | st.just("192.0.2.7"),
    port=st.integers(1, 65535),
    protocol=st.just("https"),
    methods=_subsets(st.sampled_from(["GET", "POST"])),
    paths=_subsets(st.just("/v1/clients")),
    credential=st.none()
    | st.builds(Credential, st.just("CLIENTS_TOKEN"), st.sampled_from(["bearer", "header:X-Key"])),
)


@st.composite
def effects(draw: st.DrawFn) -> Effects:
    """Effects that may be declared."""
    kind = draw(effect_kinds)
    if kind == "pure":
        return Effects()
    writes = kind != "read"
    return Effects(
        kind=kind,
        network=tuple(draw(st.lists(_network_rules, max_size=2))),
        visible_secrets=draw(_subsets(st.sampled_from(["DB_PASSWORD", "KEY_2"]))),
        files=tuple(draw(st.lists(st.builds(FileMount, snake_names, st.just("read")), max_size=2))),
        store=draw(_subsets(snake_names)) if writes else (),
        tools=draw(_subsets(snake_names)),
    )


_small_json = st.recursive(
    st.booleans() | integers | floats | texts | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)

examples = st.builds(
    Example,
    arguments=st.dictionaries(texts, _small_json, max_size=3),
    result=_small_json,
    files=st.dictionaries(st.sampled_from(["log", "table"]), paths, max_size=2),
) | st.builds(
    Example,
    arguments=st.dictionaries(texts, _small_json, max_size=3),
    raises=st.sampled_from(["ValueError", "mail.RateLimited"]),
)


@st.composite
def specs(draw: st.DrawFn) -> ToolSpec:
    """Specifications that may be submitted."""
    said = draw(effects())
    keys = Idempotency(("campaign_id",), draw(st.sampled_from([(), ("recipients",)])))
    return ToolSpec(
        name=f"t_{draw(snake_names)}",
        toolset=draw(st.sampled_from(["default", "growth"])),
        summary=draw(st.sampled_from(["Do it.", 'Say "é" \\ and more.'])),
        entry=draw(st.sampled_from(["campaign:send", "pkg.mod:run"])),
        effects=said,
        idempotency=keys if said.kind in ("write", "destructive") else None,
        retry=draw(st.sampled_from([Retry(), Retry(("RateLimited",), 3)])),
        limits=draw(st.builds(ToolLimits, _limits, _limits, _limits, _limits)),
        cost=draw(st.builds(Cost, _limits, _limits, _limits)),
        rollback=draw(st.builds(Rollback, _maybe, _maybe)),
        invariants=tuple(draw(st.lists(st.builds(Invariant, words, st.just("inv:holds"))))),
        examples=tuple(draw(st.lists(examples, max_size=3))),
    )


fact_values: st.SearchStrategy[Fact] = (
    st.none() | st.booleans() | integers | words | st.lists(words, max_size=4)
)


@st.composite
def drafts(draw: st.DrawFn) -> EntryDraft:
    """Drafts of log entries."""
    verb = draw(st.sampled_from(Verb))
    names = sorted(FACTS[verb])
    chosen = draw(st.lists(st.sampled_from(names), unique=True)) if names else list[str]()
    return EntryDraft(
        verb=verb,
        actor=draw(uuids),
        actor_kind=draw(st.sampled_from(["human", "agent", "service"])),
        auth=draw(st.sampled_from(["key", "token", "local", "bootstrap", "service"])),
        seat=draw(st.sampled_from(["cli", "mcp", "http", "service"])),
        target_kind=draw(st.sampled_from(["proposal", "release", "principal"])),
        target_id=draw(words),
        on_behalf_of=draw(st.none() | uuids),
        digest=draw(st.none() | digests),
        outcome=draw(st.sampled_from(["ok", "refused", "failed"])),
        code=draw(st.sampled_from(["", "vote.stale"])),
        policy=draw(st.none() | digests),
        evidence=tuple(draw(st.lists(digests, max_size=3))),
        tier=draw(st.none() | st.sampled_from(TIERS)),
        act=draw(st.none() | digests),
        facts={name: draw(fact_values) for name in chosen},
        payloads=draw(st.dictionaries(snake_names, json_values, max_size=3)),
    )


statements = st.builds(
    Statement,
    subject=digests,
    service=uuids,
    actor=uuids,
    act=st.sampled_from(sorted(ACTS)),
    target=st.builds(Target, snake_names, texts),
    policy=digests,
    checkpoint_size=st.integers(0, SAFE_INTEGER),
    checkpoint_root=st.binary(min_size=32, max_size=32),
    time=times,
    nonce=st.binary(min_size=32, max_size=32).map(bytes.hex),
    subject_name=texts,
    proposal=st.none() | st.integers(1, 10**9).map("P-{}".format),
    base=st.none() | digests,
    channel=st.sampled_from([None, "stable", "canary"]),
    verdict=st.sampled_from([None, "approve"]),
    rubric=st.none()
    | st.dictionaries(snake_names, st.sampled_from(["met", "unmet", "unknown"]), max_size=6),
    waivers=st.lists(
        st.binary(min_size=16, max_size=16).map(bytes.hex), max_size=3, unique=True
    ).map(tuple),
    tier=st.sampled_from([None, *TIERS]),
    dossier=st.none() | digests,
    note=st.none() | digests,
    facts=st.dictionaries(
        snake_names, st.booleans() | integers | texts | st.lists(texts, max_size=3), max_size=3
    ),
)

findings = st.builds(
    Finding,
    rule=words,
    severity=st.sampled_from(["error", "warning", "note"]),
    message=texts,
    path=texts,
    line=st.integers(0, 10_000),
    end_line=st.integers(0, 10_000),
    snippet=texts,
    why=texts,
    fix=texts,
    cwe=st.sampled_from(["", "CWE-89"]),
    category=texts,
)

evidence = st.builds(
    Evidence,
    check=st.sampled_from(CHECKS),
    status=st.sampled_from(["passed", "failed", "warned", "unknown", "skipped"]),
    summary=texts,
    findings=st.lists(findings, max_size=3).map(tuple),
    measurements=st.fixed_dictionaries(
        {},
        optional={
            "repeat_equal": st.booleans() | st.none() | st.just(1),
            "log_events": st.integers(-1, 3) | st.booleans(),
            "rollback_rehearsed": st.booleans(),
            "break_even_calls": integers,
        },
    ),
    tools=st.dictionaries(texts, texts, max_size=2),
    not_looked_at=st.lists(texts, max_size=2, unique=True).map(tuple),
    inputs=digests,
    raw=texts,
    tier=st.sampled_from([None, *TIERS]),
    duration_ms=st.integers(0, 10**6),
)

manifests = st.builds(
    Manifest,
    workspace=st.just("default"),
    toolset=snake_names,
    name=snake_names,
    entry=st.just("campaign:send"),
    revision=digests,
    environment=st.none() | digests,
    definition=st.builds(
        ToolDefinition, snake_names, texts, texts, json_objects, json_objects, json_objects
    ),
    effects=json_objects,
    idempotency=st.none() | json_objects,
    limits=json_objects,
    retry=json_objects,
    lowest_tier=st.sampled_from(TIERS),
    sdk=words,
)
