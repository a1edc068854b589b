"""Cases that the presets come with: what each promises, to run and to begin one's own. Pure; no I/O."""

from toolvet_reviews.errors import PolicyError

_HEAD = """\
schema = "toolvet/policy-cases/v1"

# Of a revision that nothing speaks against, unless the case says so. Voters are reviewers, the author
# is "agent" and answers to "sponsor". It publishes, waits for people, or is blocked.
"""

_ALWAYS = """
[[case]]
name = "nobody voted"
kind = "pure"
expect = "waits"
because = "more approval"

[[case]]
name = "authors never approve their own work"
kind = "pure"
author = "ada"
votes = [{ person = "ada" }]
expect = "waits"
because = "authors never vote"

[[case]]
name = "a vote for an earlier release counts for nothing"
kind = "pure"
votes = [{ person = "ada", on = "earlier" }]
expect = "waits"
because = "another release"

[[case]]
name = "who is no reviewer does not count"
kind = "pure"
votes = [{ person = "ada", roles = ["auditor", "operator"] }]
expect = "waits"
because = "not by a reviewer"

[[case]]
name = "one word against blocks, whoever approves"
kind = "pure"
votes = [{ person = "ada" }, { person = "ben" }, { person = "cy", against = true }]
expect = "blocked"

[[case]]
name = "a reviewer lets a pure tool through"
kind = "pure"
votes = [{ person = "ada" }]
expect = "publishes"

[[case]]
name = "what was not scanned is not published"
kind = "read"
checks = { semgrep = "unknown" }
votes = [{ person = "ada" }, { person = "ben" }]
expect = "blocked"
because = "semgrep"

[[case]]
name = "a probe of idempotency that failed blocks a write"
kind = "write"
checks = { idempotency = "failed" }
votes = [{ person = "ada" }, { person = "ben" }]
expect = "blocked"
because = "idempotency"

[[case]]
name = "a tool that does not pay may be published all the same"
kind = "read"
rubric = { cost = "unmet" }
votes = [{ person = "ada" }]
expect = "publishes"

[[case]]
name = "tests that notice few faults do not carry a write"
kind = "write"
scores = { mutation_score = 20 }
votes = [{ person = "ada" }, { person = "ben" }]
expect = "blocked"
because = "small faults"

[[case]]
name = "a finding that nobody overruled blocks"
kind = "write"
findings = [{ check = "semgrep", rule = "semgrep.shell" }]
votes = [{ person = "ada" }, { person = "ben" }]
expect = "blocked"

[[case]]
name = "two people overrule a finding, the voter included"
kind = "write"
findings = [{ check = "semgrep", rule = "semgrep.shell", waived_by = ["ada", "ben"] }]
votes = [{ person = "ada" }, { person = "ben" }]
expect = "publishes"

[[case]]
name = "a waiver for longer than the policy lets one stand is none"
kind = "write"
findings = [{ check = "semgrep", rule = "semgrep.shell", waived_by = ["ada", "ben"], waived_days = 400 }]
votes = [{ person = "ada" }, { person = "ben" }]
expect = "blocked"

[[case]]
name = "nobody overrules text that reads otherwise than it runs"
kind = "pure"
findings = [{ check = "intake", rule = "intake.invisible", waived_by = ["ada", "ben"] }]
votes = [{ person = "ada" }, { person = "ben" }]
expect = "blocked"
"""

_SPONSOR = """
[[case]]
name = "{name}"
kind = "{kind}"
votes = [{{ person = "sponsor" }}]
expect = "{expect}"
"""

_TWO = """
[[case]]
name = "one person is not enough for {kind}"
kind = "{kind}"
votes = [{{ person = "ada" }}]
expect = "waits"

[[case]]
name = "two people publish {kind}"
kind = "{kind}"
votes = [{{ person = "ada" }}, {{ person = "ben" }}]
expect = "publishes"
"""


def _text(sponsor: dict[str, bool], two: tuple[str, ...]) -> str:
    parts = [_HEAD, _ALWAYS]
    for kind, counts in sponsor.items():
        name = f"the sponsor's vote {'counts' if counts else 'does not count'} for {kind}"
        expect = "publishes" if counts else "waits"
        parts.append(_SPONSOR.format(name=name, kind=kind, expect=expect))
    parts += [_TWO.format(kind=kind) for kind in two]
    return "".join(parts)


PRESET_CASES: dict[str, str] = {
    "solo": _text({"pure": True, "read": True, "write": True, "destructive": True}, ()),
    "team": _text(
        {"pure": True, "read": True, "write": False, "destructive": False}, ("destructive",)
    ),
    "regulated": _text(
        {"pure": False, "read": False, "write": False, "destructive": False},
        ("write", "destructive"),
    ),
}
"""Name of the preset to TOML."""


def cases_of(preset: str) -> str:
    """Give the cases of a preset.

    Raises:
        PolicyError: There is none of that name.
    """
    text = PRESET_CASES.get(preset)
    if text is None:
        raise PolicyError(f"no preset {preset[:40]!r}", hint=f"One of {', '.join(PRESET_CASES)}.")
    return text
