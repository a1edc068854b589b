"""Summarise the status codes of an access log."""

import re
from dataclasses import dataclass

LINE = re.compile(r'"[A-Z]+ [^"]*" ([1-5][0-9]{2}) ')


@dataclass
class Summary:
    """Counts by class of status."""

    requests: int
    ok: int
    redirects: int
    client_errors: int
    server_errors: int
    error_rate: float


def http_status_summary(log_lines: list[str]) -> Summary:
    """Count status classes in lines of a combined access log.

    Args:
        log_lines: Lines of the log; lines of another form are ignored.

    Returns:
        Counts and the share of server errors, rounded to four decimals.
    """
    classes = [0, 0, 0, 0, 0, 0]
    for line in log_lines:
        match = LINE.search(line)
        if match:
            classes[int(match.group(1)) // 100] += 1
    requests = sum(classes)
    rate = classes[5] / requests if requests else 0.0
    return Summary(requests, classes[2], classes[3], classes[4], classes[5], round(rate, 4))
