"""A request's path means the same to every parser, or it goes nowhere."""

from posixpath import normpath
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.targets import check_target, matches

AMBIGUOUS = [
    "/v1/../admin",
    "/v1/./x",
    "/v1/..",
    "/v1/%2e%2e/admin",
    "/v1/%2E%2e/admin",
    "/v1/.%2e/admin",
    "/v1/%252e%252e/admin",
    "/v1/%25252e%25252e/admin",
    "/v1/..%2fadmin",
    "/v1/..%5cadmin",
    "/v1/..;/admin",
    "/v1/..;a=b/admin",
    "/v1/%2e%2e;/admin",
    "/v1/..%20/admin",
    "/v1/..%09/admin",
    "/v1\\..\\admin",
    "/v1%5cadmin",
    "/v1/x%00",
    "/v1/x%0d%0aHost:%20evil",
    "/v1/%0a",
    "/v1/x%7f",
    "//evil.example.net/v1",
    "///v1",
    "/v1/x#/../admin",
    "/v1/%",
    "/v1/%2",
    "/v1/%zz",
    "/v1/%u002e%u002e/admin",
    "/v1/%c0%ae%c0%ae/admin",
    "/v1/%ff",
    "/v1/%ef%bc%8e%ef%bc%8e/admin",
    "/v1/%e2%80%a5/admin",
    "/v1/%2525252525252e",
]
NOT_ORIGIN_FORM = [
    "http://api.example.com/v1/x",
    "https://evil.example.net/",
    "api.example.com:443",
    "*",
    "v1/x",
    "@evil.example.net/v1",
    "",
]


@pytest.mark.parametrize("target", AMBIGUOUS)
def test_a_path_that_two_parsers_may_read_differently_is_refused(target: str):
    with pytest.raises(RefusedError) as caught:
        check_target(target)

    assert caught.value.reason is Reason.PATH


@pytest.mark.parametrize("target", NOT_ORIGIN_FORM)
def test_only_a_path_can_be_asked_for(target: str):
    with pytest.raises(RefusedError) as caught:
        check_target(target)

    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/v1/clients?page=2&q=a/../b%00", "/v1/clients"),
        ("/v1/a%20b", "/v1/a%20b"),
        ("/v1/group%2Fproject", "/v1/group%2Fproject"),
        ("/v1/caf%C3%A9", "/v1/caf%C3%A9"),
        ("/v1/100%25", "/v1/100%25"),
        ("/v1/...", "/v1/..."),
        ("/.well-known/x", "/.well-known/x"),
        ("/v1/a..b", "/v1/a..b"),
        ("/web/2020/https://example.com/", "/web/2020/https://example.com/"),
    ],
)
def test_an_ordinary_path_passes_as_it_is(target: str, path: str):
    assert check_target(target) == path


@pytest.mark.parametrize(
    ("path", "prefix", "is_under"),
    [
        ("/v1/clients", "/v1/clients", True),
        ("/v1/clients/7", "/v1/clients", True),
        ("/v1/clients7", "/v1/clients", False),
        ("/v1/clients%2f7", "/v1/clients", False),
        ("/v1/clients;x", "/v1/clients", False),
        ("/V1/clients", "/v1/clients", False),
        ("/v1/%63lients", "/v1/clients", False),
        ("/v1//clients", "/v1", False),
        ("/v1/", "/v1/", True),
        ("/v1", "/v1/", True),
        ("/v10", "/v1/", False),
        ("/anything", "/", True),
        ("/", "/", True),
    ],
)
def test_a_prefix_holds_by_whole_segments(path: str, prefix: str, is_under: bool):
    assert matches(path, [prefix]) is is_under


@given(st.text(alphabet="/.%2eE5cC;fF\\a", max_size=24))
def test_nothing_that_passes_leads_out_of_its_prefix(rest: str):
    try:
        path = check_target(f"/v1/{rest}")
    except RefusedError:
        return
    if not matches(path, ["/v1"]):
        return

    for _ in range(4):
        assert normpath(path.replace("\\", "/")).startswith("/v1")
        path = unquote(path)
