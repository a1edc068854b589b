"""What is counted, what counts as the same error, and that the counts add up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from log_error_summary import Level, LogSummary, normalised, summarise_errors
from toolvet.sdk import File

DATA = Path(__file__).parent.parent / "data"

NGINX = (
    '2026/11/03 04:12:09 [error] 1187#1187: *51 open() "/srv/a.css" failed '
    "(2: No such file or directory), client: 203.0.113.9, server: shop.example.com, "
    'request: "GET /a.css HTTP/1.1"'
)
APACHE = (
    "[Tue Nov 03 04:12:10.250000 2026] [core:error] [pid 804:tid 139872] (13)Permission denied: "
    "[client 203.0.113.9:5123] AH00035: access to /x denied, referer: https://www.example.com/"
)


def log_of(*lines: str) -> File:
    """Make a log file of some lines."""
    return File.from_bytes("error.log", ("\n".join(lines) + "\n").encode())


def adds_up(summary: LogSummary) -> bool:
    """Tell whether every line is counted exactly once, and every error too."""
    by_line = summary.blank + summary.unreadable + summary.below_level + summary.errors
    by_pattern = sum(entry.count for entry in summary.patterns) + summary.errors_not_listed
    return (by_line, by_pattern) == (summary.lines, summary.errors)


def test_equal_errors_on_different_paths_and_clients_are_one_pattern() -> None:
    other = NGINX.replace("a.css", "img/b.webp").replace("203.0.113.9", "2001:db8::1f")

    summary = summarise_errors(log_of(NGINX, other))

    assert [(entry.pattern, entry.count) for entry in summary.patterns] == [
        ('open() "<path>" failed (2: No such file or directory)', 2)
    ]


def test_another_cause_is_another_pattern() -> None:
    other = NGINX.replace("(2: No such file or directory)", "(13: Permission denied)")

    assert len(summarise_errors(log_of(NGINX, other)).patterns) == 2


def test_first_and_last_time_do_not_depend_on_the_order_of_lines() -> None:
    late, later = NGINX.replace("04:12:09", "05:00:00"), NGINX.replace("04:12:09", "06:00:00")

    (entry,) = summarise_errors(log_of(late, later, NGINX)).patterns

    assert entry.first_seen == datetime(2026, 11, 3, 4, 12, 9, tzinfo=UTC)
    assert entry.last_seen == datetime(2026, 11, 3, 6, tzinfo=UTC)


def test_the_clock_of_the_server_is_taken_into_account() -> None:
    (entry,) = summarise_errors(log_of(NGINX), utc_offset_minutes=60).patterns

    assert entry.first_seen == datetime(2026, 11, 3, 3, 12, 9, tzinfo=UTC)
    assert entry.first_seen.utcoffset() == timedelta(hours=1)


def test_apache_lines_lose_process_client_and_referrer() -> None:
    (entry,) = summarise_errors(log_of(APACHE)).patterns

    assert entry.pattern == "(13)Permission denied: AH00035: access to <path> denied"
    assert entry.first_seen == datetime(2026, 11, 3, 4, 12, 10, 250_000, tzinfo=UTC)


def test_both_formats_may_stand_in_one_log() -> None:
    summary = summarise_errors(log_of(NGINX, APACHE))

    assert (summary.errors, len(summary.patterns)) == (2, 2)


def test_lines_below_the_level_are_counted_and_not_listed() -> None:
    summary = summarise_errors(log_of(NGINX.replace("[error]", "[warn]"), NGINX))

    assert (summary.below_level, summary.errors) == (1, 1)
    assert adds_up(summary)


def test_a_lower_level_takes_warnings_in() -> None:
    warning = log_of(NGINX.replace("[error]", "[warn]"))

    assert summarise_errors(warning, minimum_level=Level.WARN).errors == 1


def test_the_most_severe_level_of_a_pattern_is_told() -> None:
    summary = summarise_errors(log_of(NGINX, NGINX.replace("[error]", "[crit]"), NGINX))

    assert summary.patterns[0].level == "crit"


@pytest.mark.parametrize(
    "line",
    [
        "Stack trace:",
        "2026/02/31 04:12:09 [error] 1#1: no such day",
        "2026/11/03 04:12:09 [errors] 1#1: no such level",
        "[Tue Foo 03 04:12:10.250000 2026] [core:error] no such month",
        "{",
    ],
)
def test_a_line_in_neither_format_is_unreadable_and_breaks_nothing(line: str) -> None:
    summary = summarise_errors(log_of(line, NGINX))

    assert (summary.unreadable, summary.errors) == (1, 1)


def test_an_empty_log_has_no_errors() -> None:
    summary = summarise_errors(File.from_bytes("error.log", b""))

    assert (summary.lines, summary.errors, summary.patterns) == (0, 0, [])


def test_more_patterns_than_asked_for_are_counted_as_not_listed() -> None:
    letters = [NGINX.replace("No such file", f"Cause {name}") for name in "abcde"]

    summary = summarise_errors(log_of(*letters, NGINX, NGINX), top=2)

    assert [entry.count for entry in summary.patterns] == [2, 1]
    assert summary.errors_not_listed == 4
    assert adds_up(summary)


def test_control_characters_from_a_request_are_not_passed_on() -> None:
    (entry,) = summarise_errors(log_of(NGINX.replace("open()", "open\x1b[31m()"))).patterns

    assert "\x1b" not in entry.pattern + entry.sample


def test_a_very_long_line_is_cut() -> None:
    (entry,) = summarise_errors(log_of(NGINX.replace("a.css", "a" * 100_000))).patterns

    assert len(entry.sample) <= 240


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("took 31 ms of 500", "took <n> ms of <n>"),
        ("peer 10.0.4.12:8080 gone", "peer <address> gone"),
        ("peer [2001:db8::1]:443 gone", "peer <address> gone"),
        ("at 0x7ffd12 in /usr/lib/libssl.so.3", "at <hex> in <path>"),
        ("request 4a9f0c1e-22b1-4d3e-9f10-aabbccddeeff", "request <id>"),
        ("fetch https://example.com/a?b=1 failed", "fetch <url> failed"),
        ('key "session_784529"', 'key "session_<n>"'),
        (
            "AH01617: user admin: authentication failure",
            "AH01617: user <name>: authentication failure",
        ),
        ("(111)Connection refused", "(111)Connection refused"),
        ("timed out (110: Connection timed out)", "timed out (110: Connection timed out)"),
    ],
)
def test_what_varies_is_masked_and_the_cause_stays(message: str, pattern: str) -> None:
    assert normalised(message) == pattern


@pytest.mark.parametrize("name", ["sample.log", "apache.log"])
def test_the_counts_of_a_real_log_add_up(name: str) -> None:
    log = File.from_bytes(name, (DATA / name).read_bytes())

    assert adds_up(summarise_errors(log, top=3))
