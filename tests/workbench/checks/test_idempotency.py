"""Writing tools that are disturbed: what must be found, and what honest ones may do."""

import json
from typing import Protocol

import pytest

from toolvet.checks import Verified
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import JsonObject


class Verify(Protocol):
    """The fixture of this folder."""

    def __call__(self, files: dict[str, str], *names: str) -> Verified: ...


HEAD = """
from dataclasses import dataclass
from toolvet.sdk import BatchResult, Context, Put, ToolError
import json, smtplib, uuid, datetime
from email.message import EmailMessage
from urllib.request import Request, urlopen


def mail(address: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "me@example.com", address, "Hello"
    message.set_content("Hello")
    with smtplib.SMTP("mail.example.com", 587, timeout=10) as server:
        server.send_message(message)


def post(item: str, key: str = "") -> None:
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    body = json.dumps({"item": item}).encode()
    with urlopen(Request("https://api.example.com/v1/items", body, headers), timeout=10) as reply:
        reply.read(100)

"""
MAIL = '[[effects.network]]\nhost = "mail.example.com"\nport = 587\nprotocol = "smtp"\n'
API = (
    '[[effects.network]]\nhost = "api.example.com"\nport = 443\nprotocol = "https"\n'
    'methods = ["POST"]\npaths = ["/v1/items"]\n'
)
CASSETTE = {
    "schema": "toolvet/cassette/v1",
    "exchanges": [
        {
            "request": {"method": "POST", "url": "https://api.example.com/v1/items"},
            "reply": {"status": 201},
        }
    ],
}


def bundle(
    code: str,
    *,
    result: str = "{ sent = 2, skipped = 0, failed = {}, uncertain = [], retry = [] }",
    arguments: str = '{ batch = "b", items = ["ann", "bo"] }',
    effects: str = "",
    kind: str = "write",
    more: str = 'may_grow = ["items"]',
) -> dict[str, str]:
    """Write a tool; `code` is its body, or all of it when it defines `work` itself."""
    signature = "def work(batch: str, items: list[str], ctx: Context) -> BatchResult:\n"
    body = code if "def work" in code else f'{signature}    """Work."""\n{code}'
    keyed = f'[idempotency]\nkey = ["batch"]\n{more}\n' if kind != "pure" else ""
    toml = (
        f'[tool]\nname = "work"\nsummary = "Work through items."\nentry = "worker:work"\n'
        f'[effects]\nkind = "{kind}"\n{effects}{keyed}'
        f"[[examples]]\narguments = {arguments}\nresult = {result}\n"
    )
    return {
        "tool.toml": toml,
        "worker.py": HEAD + body,
        "cassettes/api.json": json.dumps(CASSETTE),
    }


def evidence(verified: Verified) -> Evidence:
    return next(one for one in verified.evidence if one.check == "idempotency")


def rules(found: Evidence) -> set[str]:
    return {finding.rule.removeprefix("idempotency.") for finding in found.findings}


def probes(found: Evidence) -> list[JsonObject]:
    listed = found.measurements["probes"]
    assert isinstance(listed, list)
    return [probe for probe in listed if isinstance(probe, dict)]


def words(found: Evidence, probe: str) -> list[object]:
    return [one["verdict"] for one in probes(found) if one["probe"] == probe]


LOOP = """
    sent, skipped, uncertain = 0, 0, []
    for item in items:
        key = batch + "/" + item
"""
END = "    return BatchResult(sent=sent, skipped=skipped, uncertain=uncertain)\n"
RECORD_AFTER = f"""{LOOP}
        if ctx.store["done"].get(key):
            skipped += 1
            continue
        DO(item)
        ctx.store["done"].put(key, True)
        sent += 1
{END}"""
RECORD_BEFORE = f"""{LOOP}
        if not ctx.store["done"].add_if_absent(key, True):
            skipped += 1
            continue
        DO(item)
        sent += 1
{END}"""
ONCE = f"""{LOOP}
        with ctx.once(key) as step:
            if step.state == "new":
                DO(item)
                sent += 1
            elif step.state == "done":
                skipped += 1
            else:
                uncertain.append(item)
{END}"""
ONCE_UNSAID = ONCE.replace("uncertain.append(item)", "skipped += 1")
STORE = 'store = ["done"]\n'


def test_a_mail_that_is_recorded_only_after_it_was_sent_goes_out_twice(verify: Verify) -> None:
    found = evidence(
        verify(bundle(RECORD_AFTER.replace("DO", "mail"), effects=STORE + MAIL), "idempotency")
    )

    assert found.status == "failed"
    [finding] = found.findings
    assert finding.rule == "idempotency.duplicate"
    assert "2 instead of 1" in finding.message
    assert (finding.path, finding.snippet.strip()) == (
        "worker.py",
        'with smtplib.SMTP("mail.example.com", 587, timeout=10) as server:',
    )
    assert words(found, "same key twice") == ["held"]
    assert "broken" in words(found, "killed")
    assert set(words(found, "reply lost")) == {"broken"}
    assert found.measurements["proved"] is False


def test_a_mail_that_is_recorded_before_it_was_sent_is_lost_unsaid(verify: Verify) -> None:
    found = evidence(
        verify(bundle(RECORD_BEFORE.replace("DO", "mail"), effects=STORE + MAIL), "idempotency")
    )

    assert rules(found) >= {"lost"}
    assert found.status == "failed"
    broken = [one for one in probes(found) if one["verdict"] == "broken"]
    assert all(one["diff"] for one in broken)
    assert "- mail to ann: 0 instead of 1" in str(broken)


@pytest.mark.parametrize(("do", "effects"), [("mail", MAIL), ("post", API)])
def test_a_step_that_is_named_when_it_is_in_doubt_is_proof(
    verify: Verify, do: str, effects: str
) -> None:
    found = evidence(verify(bundle(ONCE.replace("DO", do), effects=effects), "idempotency"))

    assert (found.status, found.findings) == ("passed", ())
    assert found.measurements["proved"] is True
    assert found.measurements["kills"] == 6
    assert "uncertain" in words(found, "killed")
    assert "held" in words(found, "killed")
    assert words(found, "grown") == ["held"]
    assert len(words(found, "two at once")) == 2


def test_a_doubt_that_the_answer_hides_is_a_warning(verify: Verify) -> None:
    found = evidence(verify(bundle(ONCE_UNSAID.replace("DO", "mail"), effects=MAIL), "idempotency"))

    assert (found.status, rules(found)) == ("warned", {"unsaid"})


def test_a_request_with_a_key_from_its_arguments_may_be_sent_again(verify: Verify) -> None:
    code = LOOP + "        post(item, key)\n        sent += 1\n" + END

    found = evidence(verify(bundle(code, effects=API), "idempotency"))

    assert (found.status, found.findings) == ("passed", ())


def test_a_fresh_key_at_each_attempt_is_found_with_its_line(verify: Verify) -> None:
    code = LOOP + "        post(item, str(uuid.uuid4()))\n        sent += 1\n" + END

    found = evidence(verify(bundle(code, effects=API), "idempotency"))

    assert found.status == "failed"
    fresh = next(one for one in found.findings if one.rule == "idempotency.fresh-key")
    assert fresh.snippet.strip() == 'headers["Idempotency-Key"] = key'


def test_a_step_keyed_by_the_day_is_a_warning(verify: Verify) -> None:
    code = ONCE.replace('key = batch + "/" + item', 'key = f"{datetime.date.today()}/{item}"')

    found = evidence(verify(bundle(code.replace("DO", "mail"), effects=MAIL), "idempotency"))

    assert (found.status, rules(found)) == ("warned", {"key-of-day"})


def test_a_level_that_is_raised_before_it_is_marked_is_raised_twice(verify: Verify) -> None:
    code = """
    levels = ctx.store["done"]
    if not levels.get(batch):
        levels.put("level", levels.get("level", 0) + len(items))
        levels.put(batch, True)
    return BatchResult(sent=2)
"""
    found = evidence(verify(bundle(code, effects=STORE, more=""), "idempotency"))

    [finding] = found.findings
    assert finding.rule == "idempotency.state"
    assert "done/level: 4 instead of 2" in finding.message
    assert "levels.put(" in finding.snippet


def test_one_batch_for_level_and_mark_is_proof(verify: Verify) -> None:
    code = """
    levels = ctx.store["done"]
    if not levels.get(batch):
        levels.batch([Put("level", levels.get("level", 0) + len(items)), Put(batch, True)])
    return BatchResult(sent=2)
"""
    found = evidence(verify(bundle(code, effects=STORE, more=""), "idempotency"))

    assert (found.status, found.measurements["proved"]) == ("passed", True)
    refused = [one["why"] for one in probes(found) if one["probe"] == "other arguments"]
    assert refused == ["the service refuses another items under the same key"]


def test_a_time_that_is_written_down_is_no_difference(verify: Verify) -> None:
    code = """
    for item in items:
        ctx.store["done"].add_if_absent(item, {"when": str(datetime.datetime.now()), "item": item})
    return BatchResult(sent=2)
"""
    found = evidence(verify(bundle(code, effects=STORE), "idempotency"))

    assert (found.status, found.findings) == ("passed", ())


def test_records_under_random_names_pile_up(verify: Verify) -> None:
    code = """
    for item in items:
        ctx.store["done"].put(str(uuid.uuid4()), item)
    return BatchResult(sent=2)
"""
    found = evidence(verify(bundle(code, effects=STORE), "idempotency"))

    assert (found.status, rules(found)) == ("failed", {"state"})


PENDING = f"""{LOOP}
        state = ctx.store["done"].get(key)
        if state == "pending":
            uncertain.append(item)
        elif state == "sent":
            skipped += 1
        else:
            ctx.store["done"].put(key, "pending")
            DO(item)
            ctx.store["done"].put(key, "sent")
            sent += 1
{END}"""


def test_an_overtaken_run_writes_nothing_so_that_its_own_ledger_is_proof(verify: Verify) -> None:
    code = PENDING.replace("DO", "post")

    found = evidence(verify(bundle(code, effects=STORE + API), "idempotency"))

    assert (found.status, found.findings) == ("passed", ())
    assert "broken" not in words(found, "two at once")


def test_a_declared_key_that_names_no_operation_is_a_warning(verify: Verify) -> None:
    code = """
def work(items: list[str], ctx: Context, batch: str = "b", nonce: str = "n") -> BatchResult:
    \"""Work.\"""
    for item in items:
        ctx.store["done"].add_if_absent(item, batch)
    return BatchResult(sent=2)
"""
    files = bundle(code, effects=STORE, more="")
    files["tool.toml"] = files["tool.toml"].replace('["batch"]', '["batch", "nonce"]')

    found = evidence(verify(files, "idempotency"))

    assert (found.status, rules(found)) == ("warned", {"key-optional", "key-per-attempt"})


def test_sending_again_when_the_reply_is_lost_is_found(verify: Verify) -> None:
    code = (
        ONCE.replace("DO(item)", "patient(item)")
        + """

def patient(item: str) -> None:
    try:
        post(item)
    except OSError:
        post(item)
"""
    )
    found = evidence(verify(bundle(code, effects=API), "idempotency"))

    assert (found.status, rules(found)) == ("failed", {"duplicate"})
    assert set(words(found, "killed")) <= {"held", "uncertain"}
    assert set(words(found, "reply lost")) == {"broken"}


def test_a_lock_that_outlives_its_run_is_a_warning(verify: Verify) -> None:
    code = """
    if not ctx.store["done"].add_if_absent("lock", True):
        if ctx.store["done"].get("end"):
            return BatchResult(skipped=2)
        raise ToolError("another run is at it")
    for item in items:
        mail(item)
    ctx.store["done"].put("end", True)
    return BatchResult(sent=2)
"""
    found = evidence(verify(bundle(code, effects=STORE + MAIL), "idempotency"))

    assert (found.status, rules(found)) == ("warned", {"stuck"})


def test_what_every_answer_admits_excuses_nothing(verify: Verify) -> None:
    code = (
        RECORD_BEFORE.replace("DO", "mail")
        .replace(", [], ", ", [], ")
        .replace("uncertain=uncertain", 'uncertain=["x", "y", "z"]')
    )
    result = '{ sent = 2, skipped = 0, failed = {}, uncertain = ["x", "y", "z"], retry = [] }'

    found = evidence(verify(bundle(code, effects=STORE + MAIL, result=result), "idempotency"))

    assert found.status == "failed"


def test_a_file_that_grows_at_each_run_is_found(verify: Verify) -> None:
    code = """
    with (ctx.folder("out") / "items.txt").open("a") as handle:
        handle.write(",".join(items))
    ctx.log.info("file.written")
    return BatchResult(sent=2)
"""
    effects = 'files = [{ name = "out", mode = "write" }]\n'

    found = evidence(verify(bundle(code, effects=effects), "idempotency"))

    [finding] = found.findings
    assert finding.rule == "idempotency.state"
    assert 'open("a")' in finding.snippet
    assert found.not_looked_at == ("moments between two writes into a folder",)


def test_an_example_without_an_effect_proves_nothing(verify: Verify) -> None:
    found = evidence(
        verify(bundle("    return BatchResult(sent=2)\n", effects=STORE), "idempotency")
    )

    assert (found.status, rules(found)) == ("failed", {"untried"})
    assert found.measurements["proved"] is False


def test_an_example_that_fails_leaves_it_unknown(verify: Verify) -> None:
    found = evidence(verify(bundle("    raise ToolError('no')\n", effects=STORE), "idempotency"))

    assert found.status == "unknown"
    assert "example 1 did not give its result" in found.summary


def test_a_pure_tool_has_nothing_to_prove_here(verify: Verify) -> None:
    code = (
        'def work(batch: str, items: list[str]) -> int:\n    """Count."""\n    return len(items)\n'
    )

    found = evidence(verify(bundle(code, kind="pure", result="2"), "idempotency"))

    assert (found.status, found.measurements) == ("skipped", {"not_applicable": True})


def test_a_verdict_repeats(verify: Verify) -> None:
    files = bundle(RECORD_AFTER.replace("DO", "post"), effects=STORE + API)

    one, other = (evidence(verify(files, "idempotency")) for _ in range(2))

    assert one.measurements == other.measurements
    assert one.findings == other.findings
