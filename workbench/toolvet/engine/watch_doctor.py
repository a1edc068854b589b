"""What the doctor says of watching: who sees what an unapproved tool does while it is verified."""

from toolvet.sandbox.watch import observer
from toolvet_reviews.views import DoctorLine

_BY = {
    "strace": "by strace, from outside of the tool's process",
    "hook": "by the tool's own interpreter only, and evidence says so: "
    "install strace, and let the service trace what it starts",
}


def look() -> list[DoctorLine]:
    """Say who watches; the first time it tries, which blocks for a moment."""
    return [DoctorLine("watching", ok=True, message=_BY[observer()])]
