"""One file per verification stage: what a machine can prove about a revision, and how sure it is.

Every check fails closed: a crash, a timeout, a file that was not scanned or a silent canary makes
its evidence `unknown`, never `passed`. Nothing of a bundle is parsed or run outside the sandbox.
"""

from toolvet.checks.base import CheckContext, inputs_digest
from toolvet.checks.errors import SchemaError
from toolvet.checks.interface import Interface, interface_of, read_interface
from toolvet.checks.local import Verified, read_bundle, verify_bundle, verify_files
from toolvet.checks.manifest_build import call_limits, definition, derive_manifest
from toolvet.checks.outline import outline, outline_image
from toolvet.checks.pipeline import CHECKS, NAMES, run_checks
from toolvet.checks.schemas import compile_schema, problems
from toolvet.checks.staging import shown, unpack, unpacked
from toolvet.checks.toolchain import Toolchain

__all__ = [
    "CHECKS",
    "NAMES",
    "CheckContext",
    "Interface",
    "SchemaError",
    "Toolchain",
    "Verified",
    "call_limits",
    "compile_schema",
    "definition",
    "derive_manifest",
    "inputs_digest",
    "interface_of",
    "outline",
    "outline_image",
    "problems",
    "read_bundle",
    "read_interface",
    "run_checks",
    "shown",
    "unpack",
    "unpacked",
    "verify_bundle",
    "verify_files",
]
