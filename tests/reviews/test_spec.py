"""tool.toml: strict, with errors an author can act on; the canonical text reads back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from toolvet_reviews import canonical, spec
from toolvet_reviews.bundle import ToolSpec
from toolvet_reviews.errors import ReviewError, SpecError

WRITE = """
[tool]
toolset = "growth"
name = "campaign_send_bulk"
summary = "Send one campaign to many recipients, each at most once."
entry = "campaign:send_campaign"

[effects]
kind = "write"
network = [
  { host = "mail.example.com", port = 587, protocol = "smtp", credential = { secret = "MAIL_PASSWORD", as = "smtp-login", user = "campaigns" } },
  { host = "api.example.com", port = 443, protocol = "https", methods = ["GET"], paths = ["/v1/clients"], credential = { secret = "CLIENTS_TOKEN", as = "bearer" } },
]
visible_secrets = []
files = [{ name = "traces", mode = "read" }]
store = ["campaign_ledger"]
tools = []

[idempotency]
key = ["campaign_id", "template_id"]
may_grow = ["recipients"]

[retry]
on = ["RateLimited"]
attempts = 4

[limits]
wall_s = 60

[cost]
calls_per_month = 30

[[invariants]]
text = "No recipient gets it twice."
check = "invariants:no_double_send"

[[examples]]
arguments = { campaign_id = "c", template_id = "t", recipients = ["a@example.com"] }
result = { sent = 1 }
"""

PURE = """
[tool]
name = "add"
summary = "Add two numbers."
entry = "add:add"
"""


def refusal(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        spec.parse_spec(text)
    return caught.value


def test_every_section_is_read():
    said = spec.parse_spec(WRITE)

    assert said.advertised_name == "growth__campaign_send_bulk"
    assert said.effects.network[0].credential is not None
    assert said.effects.network[0].credential.as_ == "smtp-login"
    assert said.effects.network[1].paths == ("/v1/clients",)
    assert said.effects.store == ("campaign_ledger",)
    assert said.idempotency is not None
    assert said.idempotency.may_grow == ("recipients",)
    assert (said.retry.on, said.retry.attempts) == (("RateLimited",), 4)
    assert (said.limits.wall_s, said.limits.memory_mib) == (60, None)
    assert said.cost.calls_per_month == 30
    assert said.invariants[0].check == "invariants:no_double_send"
    assert said.examples[0].result == {"sent": 1}


def test_what_is_left_out_has_the_harmless_default():
    said = spec.parse_spec(PURE)

    assert said.toolset == "default"
    assert said.advertised_name == "add"
    assert said.effects.kind == "pure"
    assert said.effects.network == ()


@given(specs())
def test_the_canonical_text_reads_back_as_the_same_specification(said: ToolSpec):
    text = spec.spec_to_toml(said)

    again = spec.parse_spec(text)

    assert spec.spec_to_json(again) == canonical.normalise(spec.spec_to_json(said))
    assert spec.spec_to_toml(again) == text


@given(specs())
def test_the_json_says_everything(said: ToolSpec):
    written = canonical.parse_object(canonical.dumps(spec.spec_to_json(said)))

    assert set(written) >= {"tool", "effects", "idempotency", "limits", "examples"}


@pytest.mark.parametrize(("found", "instead", "near"), [
    ("summary", "sumary", "summary"), ("[effects]", "[efects]", "effects"),
    ("visible_secrets", "visble_secrets", "visible_secrets"), ("may_grow", "maygrow", "may_grow"),
    ("methods", "method", "methods"), ("wall_s", "wall", "wall_s"),
    ("arguments =", "argments =", "arguments"), ("[retry]", "[retries]", "retry"),
])  # fmt: skip
def test_an_unknown_field_is_refused_with_the_nearest_valid_one(
    found: str, instead: str, near: str
):
    error = refusal(WRITE.replace(found, instead, 1))

    assert error.code == "spec.unknown_field"
    assert f"'{near}'" in error.hint


def test_an_unknown_field_like_no_other_gets_the_list():
    error = refusal(f"{PURE}\nqqqq = 1")

    assert error.place == "tool.qqqq"
    assert "entry" in error.hint


@pytest.mark.parametrize(("found", "instead", "place"), [
    ('name = "campaign_send_bulk"', 'name = "Campaign"', "tool.name"),
    ('name = "campaign_send_bulk"', 'name = "a__b"', "tool.name"),
    ('name = "campaign_send_bulk"', 'name = "a_"', "tool.name"),
    ('name = "campaign_send_bulk"', 'name = "toolvet_submit"', "tool.name"),
    ('name = "campaign_send_bulk"', f'name = "{"a" * 57}"', "tool.name"),
    ('name = "campaign_send_bulk"', 'name = "a\\n"', "tool.name"),
    ('name = "campaign_send_bulk"', "name = 1", "tool.name"),
    ('toolset = "growth"', 'toolset = "toolvet"', "tool.toolset"),
    ('toolset = "growth"', 'toolset = "a/b"', "tool.toolset"),
    ('"Send one campaign to many recipients, each at most once."', '" "', "tool.summary"),
    ('"Send one campaign to many recipients, each at most once."', '"a\\nb"', "tool.summary"),
    ('"campaign:send_campaign"', '"campaign"', "tool.entry"),
    ('"campaign:send_campaign"', '"../campaign:send"', "tool.entry"),
    ('"campaign:send_campaign"', '"campaign:import"', "tool.entry"),
    ('"campaign:send_campaign"', '"campaign:a:b"', "tool.entry"),
    ('kind = "write"', 'kind = "writes"', "effects.kind"),
    ('kind = "write"', 'kind = "read"', "effects.store"),
    ('kind = "write"', 'kind = "pure"', "effects.network"),
    ('host = "api.example.com"', 'host = "*.example.com"', "effects.network[1].host"),
    ('host = "api.example.com"', 'host = "API.example.com"', "effects.network[1].host"),
    ('host = "api.example.com"', 'host = "1.2.3"', "effects.network[1].host"),
    ('host = "api.example.com"', 'host = "a b"', "effects.network[1].host"),
    ('host = "api.example.com"', 'host = ""', "effects.network[1].host"),
    ("port = 443", "port = 0", "effects.network[1].port"),
    ("port = 443", "port = 65536", "effects.network[1].port"),
    ("port = 443", "port = true", "effects.network[1].port"),
    ('protocol = "https"', 'protocol = "ftp"', "effects.network[1].protocol"),
    ('protocol = "https"', 'protocol = "tcp"', "effects.network[1].credential.as"),
    ('protocol = "https"', 'protocol = "http"', "effects.network[1].credential.as"),
    ('["GET"]', '["get"]', "effects.network[1].methods"),
    ('["/v1/clients"]', '["v1"]', "effects.network[1].paths"),
    ('"CLIENTS_TOKEN"', '"hunter2"', "effects.network[1].credential.secret"),
    ('as = "bearer"', 'as = "header:"', "effects.network[1].credential.as"),
    ('as = "bearer"', 'as = "smtp-login"', "effects.network[1].credential.as"),
    (', user = "campaigns"', "", "effects.network[0].credential.user"),
    ('mode = "read"', 'mode = "execute"', "effects.files[0].mode"),
    ('["campaign_ledger"]', '["a", "a"]', "effects.store"),
    ('["campaign_id", "template_id"]', "[]", "idempotency.key"),
    ('["campaign_id", "template_id"]', '["campaign id"]', "idempotency.key"),
    ('["recipients"]', '["campaign_id"]', "idempotency.may_grow"),
    ('on = ["RateLimited"]', "", "retry.attempts"),
    ('on = ["RateLimited"]', 'on = ["not an error"]', "retry.on"),
    ("attempts = 4", "attempts = 99", "retry.attempts"),
    ("wall_s = 60", "wall_s = 1.5", "limits.wall_s"),
    ("wall_s = 60", "wall_s = -1", "limits.wall_s"),
    ("calls_per_month = 30", "calls_per_month = 1979-05-27", ""),
    ("result = { sent = 1 }", 'result = 1\nraises = "ValueError"', "examples[0].raises"),
    ("result = { sent = 1 }", 'result = 1\nresult_json = "1"', "examples[0].result_json"),
    ("result = { sent = 1 }", 'result_json = "NaN"', "examples[0].result_json"),
    ('check = "invariants:no_double_send"', 'check = ""', "invariants[0].check"),
])  # fmt: skip
def test_what_may_not_be_said_is_refused_with_its_place(found: str, instead: str, place: str):
    assert found in WRITE

    error = refusal(WRITE.replace(found, instead, 1))

    assert error.code in ("spec.invalid", "spec.missing_field")
    assert error.place == place or not place


@pytest.mark.parametrize("field", ["name", "summary", "entry"])
def test_a_missing_field_is_named(field: str):
    lines = [line for line in PURE.splitlines() if not line.startswith(field)]

    error = refusal("\n".join(lines))

    assert (error.code, error.place) == ("spec.missing_field", f"tool.{field}")


@pytest.mark.parametrize("kind", ["write", "destructive"])
def test_a_tool_that_writes_says_what_names_the_operation(kind: str):
    error = refusal(f'{PURE}\n[effects]\nkind = "{kind}"')

    assert error.place == "idempotency"
    assert "key" in error.hint


BOMBS: dict[str, str] = {
    "brackets": "a = " + "[" * 500 + "]" * 500,
    "brackets without end": "[" * 60_000,
    "inline tables": "a = " + "{b=" * 500 + "1" + "}" * 500,
    "dotted key": ".".join("a" * 500) + " = 1",
    "dotted header": f"[{'.'.join('a' * 500)}]",
    "dotted in inline": "x = {" + ".".join("a" * 500) + " = 1}",
    "quoted dots": ".".join(['"a"'] * 500) + " = 1",
    "dashes": "-" * 200_000,
    "too large": f"# {'x' * 70_000}",
    "long integer": f"a = {'9' * 5000}",
    "infinity": "a = inf",
    "quotes": '"""' * 9_001,
    "unterminated": 'a = """' + "'''\"" * 9_000,
    "backslashes": 'a = "' + "\\" * 60_000,
    "surrogate": "# \ud800",
    "control": "a = 1\x00",
    "date": "a = 2026-11-21",
}


@pytest.mark.timeout(60)  # a parser that is led astray would take for ever
@pytest.mark.parametrize("name", BOMBS)
def test_hostile_toml_gets_an_answer_with_a_code(name: str):
    error = refusal(BOMBS[name])

    assert error.code.startswith("spec.")


@given(st.text(max_size=80))
def test_no_text_ends_in_an_error_without_a_code(text: str):
    with pytest.raises(ReviewError):
        spec.parse_spec(text)


def test_a_null_in_an_example_survives_the_canonical_text():
    said: Any = {
        "tool": {"name": "add", "summary": "Add.", "entry": "add:add"},
        "examples": [{"arguments": {"a": None}, "result": [{"deep": [[[[[1]]]]]}]}],
    }

    parsed = spec.spec_from_json(said)
    text = spec.spec_to_toml(parsed)

    assert "arguments_json" in text
    assert spec.parse_spec(text).examples == parsed.examples
