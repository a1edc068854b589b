"""Running untrusted code: walls, zygotes, one-shot programs."""

from toolvet.sandbox.errors import ImageError, NoWallsError, PoolClosedError, ZygoteStartError
from toolvet.sandbox.model import (
    CallStatus,
    Endpoint,
    Environment,
    Host,
    Image,
    Limits,
    Mount,
    Network,
    Outcome,
    ProbeResult,
    ProgramOutcome,
    Raised,
    TierReport,
    cpu_seconds,
)
from toolvet.sandbox.pool import Pool
from toolvet.sandbox.probe import current, probe
from toolvet.sandbox.program import run_program

__all__ = [
    "CallStatus",
    "Endpoint",
    "Environment",
    "Host",
    "Image",
    "ImageError",
    "Limits",
    "Mount",
    "Network",
    "NoWallsError",
    "Outcome",
    "Pool",
    "PoolClosedError",
    "ProbeResult",
    "ProgramOutcome",
    "Raised",
    "TierReport",
    "ZygoteStartError",
    "cpu_seconds",
    "current",
    "probe",
    "run_program",
]
