"""What writing tools tell of themselves, held against what they did."""

from typing import Protocol

from toolvet.checks import Verified
from toolvet.checks.probing.logs import sums, told
from toolvet.checks.probing.many import MANY, many
from toolvet.checks.probing.run_host import Heard
from toolvet.checks.taps import Happened
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import JsonObject


class Verify(Protocol):
    """The fixture of this folder."""

    def __call__(self, files: dict[str, str], *names: str) -> Verified: ...


HEAD = '''
from toolvet.sdk import BatchResult, Context


def work(batch: str, items: list[str], ctx: Context) -> BatchResult:
    """Work."""
    sent = 0
    for item in items:
        if ctx.store["done"].add_if_absent(batch + "/" + item, {"item": item}):
            sent += 1
'''


def bundle(rest: str, *, sent: int = 2, kind: str = "write", code: str = "") -> dict[str, str]:
    toml = (
        '[tool]\nname = "work"\nsummary = "Work through items."\nentry = "worker:work"\n'
        f'[effects]\nkind = "{kind}"\n'
        + ('store = ["done"]\n[idempotency]\nkey = ["batch"]\n' if kind == "write" else "")
        + '[[examples]]\narguments = { batch = "b", items = ["ann", "bo"] }\n'
        f"result = {{ sent = {sent}, skipped = 0, failed = {{}}, uncertain = [], retry = [] }}\n"
    )
    return {"tool.toml": toml, "worker.py": code or HEAD + rest}


def evidence(verified: Verified) -> Evidence:
    return next(one for one in verified.evidence if one.check == "observability")


def rules(found: Evidence) -> list[tuple[str, str]]:
    return [(one.severity, one.rule.removeprefix("observability.")) for one in found.findings]


LOG = '            ctx.log.info("item.stored", item=item)\n'
PROGRESS = "        ctx.progress(sent, len(items))\n"
END = "    return BatchResult(sent=sent)\n"


def test_a_run_that_says_what_it_did_passes(verify: Verify) -> None:
    found = evidence(verify(bundle(LOG + PROGRESS + END), "observability"))

    assert (found.status, found.findings) == ("passed", ())
    assert found.measurements["log_events"] == 2
    assert found.measurements["adds_up"] is True
    assert isinstance(found.measurements["progress_events"], int)
    assert found.measurements["progress_events"] >= 2


def test_a_run_that_writes_and_logs_nothing_fails(verify: Verify) -> None:
    found = evidence(verify(bundle(PROGRESS + END), "observability"))

    assert (found.status, rules(found)) == ("failed", [("error", "silent")])
    assert "had 2 effects" in found.findings[0].message


def test_a_log_that_says_nothing_of_the_work_fails(verify: Verify) -> None:
    code = HEAD.replace("    sent = 0\n", '    sent = 0\n    ctx.log.info("hello")\n')

    found = evidence(verify(bundle("", code=code + PROGRESS + END), "observability"))

    assert (found.status, rules(found)) == ("failed", [("error", "vague")])


def test_long_work_without_progress_is_a_warning(verify: Verify) -> None:
    found = evidence(verify(bundle(LOG + END), "observability"))

    assert (found.status, rules(found)) == ("warned", [("warning", "progress")])
    assert f"had {MANY} effects" in found.findings[0].message


def test_an_answer_that_claims_more_than_was_done_fails(verify: Verify) -> None:
    end = "    return BatchResult(sent=sent + 1)\n"

    found = evidence(verify(bundle(LOG + PROGRESS + end, sent=3), "observability"))

    assert (found.status, rules(found)) == ("failed", [("error", "sum-more")])
    assert found.measurements["adds_up"] is False
    [compared] = (
        found.measurements["results"] if isinstance(found.measurements["results"], list) else []
    )
    assert compared == {"example": 1, "field": "sent", "said": 3, "seen": 2, "verdict": "more"}


def test_a_pure_tool_needs_no_log(verify: Verify) -> None:
    code = '''
from toolvet.sdk import BatchResult


def work(batch: str, items: list[str]) -> BatchResult:
    """Work."""
    return BatchResult(sent=len(items))
'''
    found = evidence(verify(bundle("", kind="pure", code=code), "observability"))

    assert (found.status, found.measurements) == ("skipped", {"not_applicable": True})


def heard(event: str, after: int = 1, **fields: int | str) -> Heard:
    request: JsonObject = {"op": "log", "event": event, "fields": dict(fields)}
    return Heard(after, request)


ANN = Happened("mail", "ann@example.org", "a", ("ann@example.org",))
BO = Happened("mail", "bo@example.org", "b", ("bo@example.org",))
NOTE = Happened("record", "done/x", "c", ("done/x",))


def test_a_log_names_effects_by_word_by_name_or_by_number() -> None:
    for event in (
        heard("mail.sent"),
        heard("x", 0, to="ann@example.org"),
        heard("finished", 2, n=2),
    ):
        assert told((ANN, BO), [event], files=False).unnamed == ()
    assert told((ANN, BO), [heard("sending mails", 0)], files=False).is_vague
    assert told((ANN, BO), [heard("finished", 2, n=7)], files=False).is_vague


def test_records_that_guard_mails_need_no_word_of_their_own() -> None:
    assert told((NOTE, ANN), [heard("mail.sent", 2)], files=False).unnamed == ()
    assert told((NOTE,), [heard("mail bounced")], files=False).unnamed == ("record",)


def test_an_account_is_held_to_what_left_the_service() -> None:
    [same] = sums({"sent": 2, "skipped": 0}, (ANN, BO, NOTE))
    [more] = sums({"sent": 3}, (ANN, BO))
    [less] = sums({"sent": 1}, (ANN, BO))

    assert (same.verdict, more.verdict, less.verdict) == ("equal", "more", "less")
    assert sums({"sent": True}, (ANN,)) == []
    assert sums({"created": 9}, (ANN,)) == []


def test_a_request_may_stand_for_as_many_things_as_it_lists() -> None:
    batch = Happened("request", "POST https://x.example.com/", "d", lengths=(1, 50))

    assert [one.verdict for one in sums({"sent": 50}, (batch,))] == ["equal"]
    assert [one.verdict for one in sums({"sent": 70}, (batch,))] == ["more"]
    assert [one.verdict for one in sums({"sent": 30}, (batch,))] == ["unclear"]


def test_items_like_the_examples_are_made_where_the_schema_takes_them() -> None:
    made = many(
        {"mails": ["ann@example.org"]}, lambda value: "@" in str(value) and "g1" not in str(value)
    )
    assert made is not None
    items = made.arguments["mails"]
    assert isinstance(items, list)
    assert len(set(map(str, items))) == MANY

    rows = many({"rows": [{"id": 7, "name": "bolt"}]}, lambda _: True)
    assert rows is not None
    assert rows.arguments["rows"] != [{"id": 7, "name": "bolt"}] * MANY
    assert many({"rows": ["a"]}, lambda value: value == {"rows": ["a"]}) is None
    assert many({"n": 1}, lambda _: True) is None
