"""Our own rules as semgrep gets them: the JSON files beside this, with what they share put in.

A rule is semgrep's, with one addition: where semgrep wants a list of patterns, `{"use": "NAME"}` stands
for the list of that name in `shared.json`. Sources of taint and what takes it away are written once so.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

RULES = Path(__file__).parent
SHARED = "shared.json"
CANARY_RULE: dict[str, Any] = {
    "id": "toolvet-canary", "languages": ["python"], "severity": "INFO", "message": "canary",
    "pattern": "toolvet_canary_must_fire(...)",
}  # fmt: skip
"""Fires in one file of ours; without it a scan proves nothing."""
TAINT_CANARY_RULE: dict[str, Any] = {
    "id": "toolvet-taint-canary", "languages": ["python"], "severity": "INFO", "message": "canary",
    "mode": "taint", "pattern-sources": [{"use": "arguments"}],
    "pattern-sanitizers": [{"use": "checked"}],
    "pattern-sinks": [{"pattern": "toolvet_canary_sink(...)"}],
}  # fmt: skip
"""The same for the analysis that follows values, by the sources and the checks that our rules use."""


class Configuration(NamedTuple):
    """Rules as semgrep gets them."""

    text: bytes
    rules: dict[str, dict[str, Any]]
    """By id, the canaries included."""


@cache
def configuration() -> Configuration:
    """Read our rules once. One bad or repeated id would silently empty or thin the whole set.

    Raises:
        ValueError: The package's rules are broken; its tests would have said so.
    """
    shared = cast("dict[str, list[Any]]", json.loads((RULES / SHARED).read_bytes())["shared"])
    found: list[dict[str, Any]] = [CANARY_RULE, TAINT_CANARY_RULE]
    for path in sorted(RULES.glob("*.json")):
        if path.name != SHARED:
            found += json.loads(path.read_bytes())["rules"]
    rules: dict[str, dict[str, Any]] = {}
    for rule in found:
        name = str(rule["id"])
        if name in rules or not name.replace("-", "").isalnum():
            raise ValueError(f"rule id {name} is repeated or invalid")
        rules[name] = cast("dict[str, Any]", _filled(rule, shared))
    text = json.dumps({"rules": list(rules.values())}, sort_keys=True).encode()
    return Configuration(text, rules)


def _filled(value: Any, shared: dict[str, list[Any]]) -> Any:
    """Put the shared lists where a rule uses them; a name that is not there is a `ValueError`."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {key: _filled(item, shared) for key, item in entries.items()}
    if not isinstance(value, list):
        return value
    filled: list[Any] = []
    for item in cast("list[Any]", value):
        if isinstance(item, dict) and set(cast("dict[str, Any]", item)) == {"use"}:
            name = str(cast("dict[str, Any]", item)["use"])
            if name not in shared:
                raise ValueError(f"rules share nothing called {name}")
            filled += cast("list[Any]", _filled(shared[name], shared))
        else:
            filled.append(_filled(item, shared))
    return filled
