"""Running untrusted code: walls, zygotes, one-shot programs."""

from toolvet.sandbox.errors import ImageError, NoWallsError, PoolClosedError, ZygoteStartError
from toolvet.sandbox.model import (
    CallStatus,
    Host,
    Image,
    Limits,
    Outcome,
    ProbeResult,
    ProgramOutcome,
    Raised,
    TierReport,
)
from toolvet.sandbox.pool import Pool
from toolvet.sandbox.probe import current, probe
from toolvet.sandbox.program import run_program

__all__ = [
    "CallStatus",
    "Host",
    "Image",
    "ImageError",
    "Limits",
    "NoWallsError",
    "Outcome",
    "Pool",
    "PoolClosedError",
    "ProbeResult",
    "ProgramOutcome",
    "Raised",
    "TierReport",
    "ZygoteStartError",
    "current",
    "probe",
    "run_program",
]
