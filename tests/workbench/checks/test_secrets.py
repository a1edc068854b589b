"""Secrets in any file are found, and no evidence shows one."""

import base64
import json
from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import Verified
from toolvet.checks.confined import leaks
from toolvet_reviews.findings import Evidence, evidence_to_json


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str) -> Verified: ...


SPEC = '[tool]\nname = "count"\nsummary = "Count words of a text."\nentry = "a:count"\n'
CODE = 'def count(text: str) -> int:\n    """Count."""\n    return len(text)\n'


def mixed(length: int) -> str:
    """Text as random as a key; put together here, so that no key stands in this file."""
    letters = "kQ7vRx2mZp9LtWc4YbN8hJf5GsDa3TzE6uHnX1oBqVrKiMwPySd0CeFgAlUjOI"
    return (letters * 4)[:length]


FORMATS = {
    "aws-key": "AK" + "IAQ3EGZ7LMNOP5RSTU",
    "github-token": "gh" + "p_" + mixed(36),
    "gitlab-token": "glp" + "at-" + mixed(20),
    "slack-token": "xo" + "xb-" + mixed(24),
    "stripe-key": "sk" + "_live_" + mixed(24),
    "google-key": "AI" + "za" + mixed(35),
    "anthropic-key": "sk" + "-ant-" + mixed(40),
    "openai-key": "sk" + "-proj-" + mixed(48),
    "npm-token": "np" + "m_" + mixed(36),
    "pypi-token": "py" + "pi-" + mixed(60),
    "sendgrid-key": "S" + "G." + mixed(22) + "." + mixed(43),
    "huggingface-token": "h" + "f_" + mixed(34),
    "telegram-token": "1234567890"[::-1] + ":A" + "A" + mixed(33),
    "azure-key": "AccountKey" + "=" + mixed(80) + "==",
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + mixed(60),
    "jwt": "ey" + "Jh" + mixed(20) + ".ey" + "Jp" + mixed(30) + "." + mixed(40),
}


def rules_of(text: str, path: str = "a.py", tests: list[str] | None = None) -> list[str]:
    found = leaks.inspect({path: text}, tests or [])[path]
    assert isinstance(found, list)
    return [str(item["rule"]) for item in found if isinstance(item, dict)]


@pytest.mark.parametrize("rule", FORMATS)
def test_a_known_format_is_found_wherever_it_stands(rule: str) -> None:
    secret = FORMATS[rule]

    assert rule in rules_of(f"X = {secret!r}\n")
    assert rule in rules_of(json.dumps({"request": {"note": secret}}), "cassettes/a.json")
    assert rule in rules_of(f"# {secret}\n")


@pytest.mark.parametrize("rule", FORMATS)
def test_nothing_that_is_handed_out_holds_a_secret(rule: str) -> None:
    secret = FORMATS[rule]
    said = json.dumps(leaks.inspect({"a.py": f"X = {secret!r}  # {secret}\n"}, []))

    assert secret not in said
    assert secret[8:20] not in said


def test_a_format_put_together_out_of_pieces_is_found_and_not_shown() -> None:
    token = FORMATS["github-token"]
    source = f"X = {token[:9]!r} + {token[9:]!r}\nY = ''.join([{token[:9]!r}, {token[9:]!r}])\n"
    said = json.dumps(leaks.inspect({"a.py": source}, []))

    assert rules_of(source).count("github-token") == 2
    assert token[9:] not in said


def test_a_format_in_base64_is_found() -> None:

    encoded = base64.b64encode(FORMATS["anthropic-key"].encode()).decode()

    assert "anthropic-key" in rules_of(f"X = {encoded!r}\n")


NAMED = {
    "an assignment": "password = 'hunter2!'\n",
    "an attribute": "self.api_key = 'k93-Fj20xLw'\n",
    "a default": "def f(user, passwd='Tr0ub4dor&3'): ...\n",
    "a default of keywords": "def f(*, client_secret='9f8Jd-3kf0'): ...\n",
    "an argument": "login(password='c0rrect-horse')\n",
    "a dictionary": "X = {'access_key': 'k93Fj20xLw'}\n",
    "a comparison": "if given_password == 'letmein!': ...\n",
    "a fallback": "import os\nx = os.environ.get('API_KEY', 'k93Fj20xLw')\n",
    "camel case": "clientSecret = '9f8Jd-3kf0'\n",
    "a subscript": "config['token'] = 'k93Fj20xLw'\n",
    "bytes": "SIGNING_KEY = b'q7Rt-91xLw0Zs'\n",
}


@pytest.mark.parametrize("case", NAMED)
def test_a_value_under_a_name_that_says_secret_is_found(case: str) -> None:
    assert rules_of(NAMED[case]) == ["named"]


HONEST = (
    "password = os.environ['PASSWORD']\n",
    "password: str = ''\n",
    "PASSWORD_FIELD = 'password'\n",
    "token = 'continuation'\n",
    "next_page_token = 'abc'\n",
    "secret = 'MAIL_PASSWORD'\n",
    "api_key = 'your-api-key-here'\n",
    "password = '<password>'\n",
    "api_key = 'xxxxxxxxxxxxxxxx'\n",
    "token_url = 'https://login.example.com/oauth/token'\n",
    "K = 'AKIAIOSFODNN7EXAMPLE'\n",
    "db = 'postgres://user:password@localhost/x'\n",
    "P = re.compile(r'ghp_[A-Za-z0-9]{36}')\n",
    "P = re.compile('-----BEGIN (?:RSA )?PRIVATE KEY-----')\n",
    "sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'\n",
    "ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'\n",
    "ID = '3f2504e0-4f89-11d3-9a0c-0305e82c3301'\n",
    "def check(password: str, minimum: int = 12) -> int: ...\n",
    "credential = 'bearer'\n",
)


@pytest.mark.parametrize("source", HONEST)
def test_what_only_looks_like_a_secret_is_left_alone(source: str) -> None:
    assert rules_of(source) == []


def test_a_text_as_random_as_a_key_is_a_doubt() -> None:
    assert rules_of(f"X = {mixed(43)!r}\n") == ["random"]


def test_evidence_names_the_line_and_masks_its_snippet(verify: Verify) -> None:
    token = FORMATS["github-token"]
    files = {"tool.toml": SPEC, "a.py": f"ACCESS = {token!r}\n\n\n{CODE}"}

    evidence = one(verify(files, "secrets"))

    [finding] = evidence.findings
    assert evidence.status == "failed"
    assert (finding.rule, finding.path, finding.line) == ("secrets.github-token", "a.py", 1)
    assert finding.snippet == "ACCESS = 'ghp_… (40 characters)'"
    assert token[8:] not in json.dumps(evidence_to_json(evidence))


def test_a_made_up_password_in_a_test_is_a_note_and_a_real_format_is_not(verify: Verify) -> None:
    tests = (
        f"def test_a():\n    login(password='c0rrect-horse')\n    x = {FORMATS['stripe-key']!r}\n"
    )
    files = {"tool.toml": SPEC, "a.py": CODE, "tests/test_a.py": tests}

    findings = one(verify(files, "secrets")).findings

    assert {finding.rule: finding.severity for finding in findings} == {
        "secrets.named": "note",
        "secrets.stripe-key": "error",
    }


def test_the_specification_is_searched_too(verify: Verify) -> None:
    spec = (
        f'{SPEC}\n[[examples]]\narguments = {{ text = "{FORMATS["slack-token"]}" }}\nresult = 1\n'
    )

    findings = one(verify({"tool.toml": spec, "a.py": CODE}, "secrets")).findings

    assert [(finding.rule, finding.path) for finding in findings] == [
        ("secrets.slack-token", "tool.toml")
    ]


def one(verified: Verified) -> Evidence:
    return next(evidence for evidence in verified.evidence if evidence.check == "secrets")
