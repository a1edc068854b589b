"""The three policies `init` offers, as text. Pure; no I/O.

`solo`: one human, who may vote on own agents' work, recorded as sponsor. `team`: the sponsor's vote
counts for pure and read, destructive needs two. `regulated`: the sponsor never counts, and two
people decide about everything that writes.
"""

from typing import NamedTuple

_HEAD = """\
schema = "toolvet/policy/v1"
preset = "{name}"
"""

_VOTE = """
[votes.{kind}]
people = {people}
role = "reviewer"
sponsor_counts = {sponsor}
"""

_CHECKS = """
# Checks that must have passed; what does not apply to a tool has. `behaviour` and `cost` inform only.
# Findings of the severity `error` stop a revision, of checks that are not listed here too, unless
# people waive them.
[checks]
pure = {quiet}
read = {quiet}
write = {writing}
destructive = {writing}

# Lines of the rubric where "unknown" blocks. "unmet" blocks everywhere, but for the cost.
[rubric]
pure = ["correctness", "safety", "idempotency", "observability", "rollback"]
read = ["correctness", "safety", "idempotency", "observability", "rollback"]
write = ["correctness", "safety", "idempotency", "observability", "rollback"]
destructive = ["correctness", "safety", "idempotency", "observability", "rollback"]
"""

_THRESHOLDS = """
# What evidence has to reach. `mutation_score`: percent of planted faults that the author's tests
# notice, `branch_coverage`: percent of branches they run; 0 shows it and asks nothing. At most so many
# `mutants` are planted, `properties` inputs generated, `repeats` orders of the tests tried, and
# `kills` points tried at which a tool that writes is killed and run again.
[thresholds.pure]
mutation_score = 0

[thresholds.read]
mutation_score = {read}
repeats = {repeats}

[thresholds.write]
mutation_score = {write}
repeats = {repeats}

[thresholds.destructive]
mutation_score = {destructive}
repeats = {repeats}
"""

_SAME = """
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

# Calls that are kept, to hold a new version of a tool against them: production data. At most so many
# of one release, for so many days; "shape" keeps type, length and equality of what was in them.
[recorded]
calls = 0
days = 30
redact = "shape"

# Scanner configurations of your own: files in `rules` of the home, as "NAME sha256:HEX". Packs of the
# scanner's registry, such as "p/python", are used while there is a network.
[rules]
own = []
packs = []

# Examples that authors do not know: files `held-out/TOOLSET/NAME.json` of the home, as
# "TOOLSET/NAME sha256:HEX".
[held_out]
cases = []
"""

_WAIVERS = """
# People a waiver needs, whoever votes included; rules that nobody can overrule; the days one may
# stand; and what then happens to a tool that is served: "queue" tells its owner, "stop" stops it too.
[waivers]
people = {people}
never = {never}
longest_days = {days}
expired = "{expired}"
"""

_QUIET = (
    "intake", "environment", "interface", "ruff", "mypy", "secrets", "semgrep", "words", "tests",
    "examples", "effects", "strength", "properties", "hostile", "held_out", "rollback",
)  # fmt: skip
_WRITING = (*_QUIET[:-1], "idempotency", "observability", "rollback")


class _Asks(NamedTuple):
    """What differs between the presets beside the votes."""

    waiver_people: int
    waiver_days: int
    expired: str
    scores: tuple[int, int, int]
    """Mutation scores of read, write and destructive."""
    repeats: int
    never: tuple[str, ...]


_NEVER = (
    "intake.syntax", "intake.coding", "intake.invisible", "intake.identifier", "intake.hidden-name",
    "intake.knows-tests", "interface.*", "semgrep.canary*", "strength.forged",
)  # fmt: skip
"""What makes a review worthless: text that reads otherwise than it runs, and forged evidence."""
_NEVER_REGULATED = ("intake.*", "interface.*", "secrets.*", "semgrep.canary*", "strength.forged")


def _text(name: str, votes: dict[str, tuple[int, bool]], asks: _Asks) -> str:
    read, write, destructive = asks.scores
    rules = "".join(
        _VOTE.format(kind=kind, people=people, sponsor=str(sponsor).lower())
        for kind, (people, sponsor) in votes.items()
    )
    return "".join(
        (
            _HEAD.format(name=name),
            rules,
            _CHECKS.format(quiet=_listed(_QUIET), writing=_listed(_WRITING)),
            _THRESHOLDS.format(
                read=read, write=write, destructive=destructive, repeats=asks.repeats
            ),
            _SAME,
            _WAIVERS.format(
                people=asks.waiver_people,
                never=_listed(asks.never),
                days=asks.waiver_days,
                expired=asks.expired,
            ),
        )
    )


def _listed(names: tuple[str, ...]) -> str:
    return f"[{', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)}]"


PRESETS: dict[str, str] = {
    "solo": _text(
        "solo",
        {"pure": (1, True), "read": (1, True), "write": (1, True), "destructive": (1, True)},
        _Asks(1, 90, "queue", (0, 50, 60), 2, _NEVER),
    ),
    "team": _text(
        "team",
        {"pure": (1, True), "read": (1, True), "write": (1, False), "destructive": (2, False)},
        _Asks(2, 90, "queue", (0, 50, 60), 2, _NEVER),
    ),
    "regulated": _text(
        "regulated",
        {"pure": (1, False), "read": (1, False), "write": (2, False), "destructive": (2, False)},
        _Asks(2, 30, "stop", (30, 60, 70), 3, _NEVER_REGULATED),
    ),
}
"""Name to text."""
