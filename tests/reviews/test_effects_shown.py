"""What a tool was seen doing, in the brief and in the rubric."""

from dataclasses import replace

from toolvet_reviews import effect_ledger, policy, rubric
from toolvet_reviews.brief import MOST_EFFECTS, brief
from toolvet_reviews.effect_ledger import Entry, Ledger
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, ProposalView

LEDGER = Ledger(
    (
        Entry("files", "/etc/\u202epasswd", "undeclared", ("read",), 2, 2, "tool.py", 12),
        Entry("store", "spare", "unseen"),
        Entry("network", "mail.example.com:587", "seen", ("mail to a@example.com",), 1),
    ),
    "hook",
    3,
)


VIEW = ProposalView(
    id="P-1", toolset="default", tool="add", state="reviewing", turn="reviewers", author="agent",
    author_id="a", sponsor_id="s", kind="write", revision=1, revision_digest="sha256:" + "0" * 64,
    release_digest=None, base_release=None, created_at="2026-11-21T12:00:00.000000Z",
    updated_at="2026-11-21T12:00:00.000000Z", verdict="passed", revisions=(),
)  # fmt: skip
TEAM = policy.parse_policy(policy.preset("team"))
MEASURED: dict[str, Json] = {"repeat_equal": True, "log_events": 2, "rollback_rehearsed": True}


def good(effects: Evidence | None) -> list[Evidence]:
    """Evidence with nothing against it, but for that of the check `effects`."""
    made = [
        Evidence(name, "passed", "fine", measurements=MEASURED, tier="B")
        for name in policy.CHECKS
        if name != "effects"
    ]
    return [*made, effects] if effects else made


def shown(ledger: JsonObject) -> list[tuple[str, str, str, int]]:
    found = EvidenceView("effects", "failed", "", measurements={"ledger": ledger})
    written = brief(replace(VIEW, evidence=(found,)), manifest=None, base=None, files=())
    [section] = [one for one in written if one.key == "may"]
    return [(line.label, line.text, line.tone, line.line) for line in section.lines[1:]]


def test_a_reviewer_reads_what_was_seen_beside_what_it_may_do_the_worst_first() -> None:
    assert shown(effect_ledger.to_json(LEDGER)) == [
        (
            "undeclared",
            "file /etc/<U+202E>passwd: read (2 times, refused) at tool.py:12",
            "bad",
            12,
        ),
        ("never seen", "collection spare: declared, never seen", "unsure", 0),
        ("seen", "host mail.example.com:587: mail to a@example.com (once)", "good", 0),
        (
            "watched",
            "files, processes and sockets by the watched process itself: a claim, not a proof; "
            "in 3 runs, so only of the paths these took",
            "unsure",
            0,
        ),
    ]


def test_of_very_many_effects_the_rest_is_counted() -> None:
    many = tuple(Entry("files", f"/{number}", "undeclared") for number in range(MOST_EFFECTS + 3))

    lines = shown(effect_ledger.to_json(replace(LEDGER, entries=many, left_out=4)))

    assert sum(label == "undeclared" for label, *_ in lines) == MOST_EFFECTS
    assert "and 7 more effects" in [text for _, text, *_ in lines]


def test_a_ledger_that_cannot_be_read_is_not_shown_at_all() -> None:
    assert shown({"schema": "toolvet/effects/v1", "entries": "none"}) == []


def test_an_undeclared_effect_is_unsafe_under_a_policy_that_is_older_than_the_check() -> None:
    older = policy.parse_policy(TEAM.text.replace(', "effects"', ""))
    undeclared = Finding("effects.undeclared-files", "error", "Not declared: file /etc/passwd")
    failed = Evidence("effects", "failed", "1 error", findings=(undeclared,))
    unknown = Evidence("effects", "unknown", "nothing was watched")

    assert "effects" not in older.required_checks["write"]
    assert rubric.verdict(older, "write", good(failed))[0] == "failed"
    assert rubric.verdict(older, "write", good(None))[0] == "passed"
    assert rubric.verdict(older, "write", good(unknown))[0] == "passed"
