"""The three policies `init` offers, as text. Pure; no I/O.

`solo`: one human, who may vote on own agents' work, recorded as sponsor. `team`: the sponsor's vote
counts for pure and read, destructive needs two. `regulated`: the sponsor never counts, and two
people decide about everything that writes.
"""

_HEAD = """\
schema = "toolvet/policy/v1"
preset = "{name}"
"""

_SAME = """
# Checks that must have passed. Findings of the severity `error` fail a check unless waived.
[checks]
pure = ["intake", "environment", "interface", "ruff", "mypy", "semgrep", "tests", "examples", "effects"]
read = ["intake", "environment", "interface", "ruff", "mypy", "semgrep", "tests", "examples", "effects"]
write = ["intake", "environment", "interface", "ruff", "mypy", "semgrep", "tests", "examples", "effects"]
destructive = ["intake", "environment", "interface", "ruff", "mypy", "semgrep", "tests", "examples", "effects"]

# Lines of the rubric where "unknown" blocks. "unmet" blocks everywhere.
[rubric]
pure = ["correctness", "safety", "idempotency", "observability", "rollback"]
read = ["correctness", "safety", "idempotency", "observability", "rollback"]
write = ["correctness", "safety", "idempotency", "observability"]
destructive = ["correctness", "safety", "idempotency", "observability", "rollback"]

[intake]
max_bytes = 2097152
max_file_bytes = 262144
max_files = 64

[queue]
max_open_per_author = 50

# Of one call, where the tool names none.
[limits]
wall_s = 10
memory_mib = 512
output_kib = 256

# Hosts that specs may declare although they lead to loopback, private or link-local addresses.
[network]
private = []
"""

_NEVER = """
# People a waiver needs, and rules that nobody can overrule.
[waivers]
people = {people}
never = ["intake.*", "interface.*", "semgrep.canary*"]
"""

_VOTE = """
[votes.{kind}]
people = {people}
role = "reviewer"
sponsor_counts = {sponsor}
"""


def _text(name: str, waiver_people: int, votes: dict[str, tuple[int, bool]]) -> str:
    rules = "".join(
        _VOTE.format(kind=kind, people=people, sponsor=str(sponsor).lower())
        for kind, (people, sponsor) in votes.items()
    )
    return _HEAD.format(name=name) + rules + _SAME + _NEVER.format(people=waiver_people)


PRESETS: dict[str, str] = {
    "solo": _text(
        "solo",
        1,
        {"pure": (1, True), "read": (1, True), "write": (1, True), "destructive": (1, True)},
    ),
    "team": _text(
        "team",
        2,
        {"pure": (1, True), "read": (1, True), "write": (1, False), "destructive": (2, False)},
    ),
    "regulated": _text(
        "regulated",
        2,
        {"pure": (1, False), "read": (1, False), "write": (2, False), "destructive": (2, False)},
    ),
}
"""Name to text."""
