"""From submitted files to evidence, in one call: `toolvet verify` and the service both come here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolvet.checks.asked import NOTHING_ASKED, Asked
from toolvet.checks.base import Check, CheckContext
from toolvet.checks.environment import digest_in, is_settled
from toolvet.checks.interface import Interface, interface_of
from toolvet.checks.manifest_build import call_limits, derive_manifest
from toolvet.checks.outline import outline
from toolvet.checks.pipeline import (
    CHECKS,
    Cached,
    Store,
    keep_nothing,
    nothing_cached,
    run_checks,
)
from toolvet.checks.published import Published
from toolvet.checks.staging import SPEC_FILE, shown, unpacked
from toolvet.checks.toolchain import Toolchain
from toolvet.sandbox import Limits, Pool
from toolvet.sdk import __version__ as sdk_version
from toolvet_reviews import small_form
from toolvet_reviews.bundle import Bundle, Files
from toolvet_reviews.errors import EncodingError, MissingFieldError
from toolvet_reviews.findings import Evidence
from toolvet_reviews.intake import Caps, check_files
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.spec import parse_spec
from toolvet_reviews.values import JsonObject, Tier


@dataclass(frozen=True)
class Verified:
    """A revision and what verification brought back."""

    bundle: Bundle
    evidence: tuple[Evidence, ...]
    interface: Interface | None
    manifest: Manifest | None
    """What would be signed; None while interface or packages are not known."""


async def read_bundle(
    files: Files,
    pool: Pool,
    *,
    examples: Sequence[JsonObject] = (),
    toolset: str | None = None,
    caps: Caps | None = None,
) -> Bundle:
    """Make the canonical bundle of submitted files, whichever form they have.

    A single Python file without tool.toml is the small form.

    Args:
        files: As they were submitted.
        pool: For the confined parser of the small form.
        examples: Added to those in the file's metadata; small form only.
        toolset: Used when the file's metadata names none; small form only.
        caps: Of intake.

    Raises:
        ReviewError: The files or the specification break a rule.
        ToolvetError: The single file does not parse.
    """
    limits = caps or Caps()
    check_files(files, limits)
    if SPEC_FILE not in files:
        files = await _canonical(files, pool, examples, toolset)
        check_files(files, limits)
    try:
        text = files[SPEC_FILE].decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError(f"{SPEC_FILE} is not UTF-8", place=SPEC_FILE) from error
    return Bundle(parse_spec(text), dict(files))


async def _canonical(
    files: Files, pool: Pool, examples: Sequence[JsonObject], toolset: str | None
) -> Files:
    if len(files) != 1:
        raise MissingFieldError(
            f"there is no {SPEC_FILE}",
            hint="A folder needs tool.toml; a single Python file does not.",
            place=SPEC_FILE,
        )
    [(path, data)] = files.items()
    source = data.decode("utf-8")
    seen = await outline(pool, source)
    return small_form.to_bundle_files(source, seen, list(examples), filename=path, toolset=toolset)


async def verify_bundle(
    bundle: Bundle,
    *,
    folder: Path,
    pool: Pool,
    tools: Toolchain,
    tier: Tier,
    policy_limits: Limits | None = None,
    asked: Asked = NOTHING_ASKED,
    published: Published | None = None,
    cached: Cached = nothing_cached,
    store: Store = keep_nothing,
    checks: tuple[Check, ...] = CHECKS,
) -> Verified:
    """Run every check over a bundle that lies unpacked in a folder."""
    limits = call_limits(bundle.spec, policy_limits or Limits())
    context = CheckContext(
        bundle, folder, pool, tools, tier, limits, asked=asked, published=published
    )
    try:
        evidence = await run_checks(context, cached=cached, store=store, checks=checks)
    finally:
        pool.forget(folder)
    interface = interface_of(next((e for e in evidence if e.check == "interface"), None))
    packages = next((found for found in evidence if found.check == "environment"), None)
    manifest = (
        derive_manifest(
            bundle, interface, limits, tier, sdk_version, environment=digest_in(packages)
        )
        if interface and is_settled(bundle, packages)
        else None
    )
    return Verified(bundle, tuple(evidence), interface, manifest)


async def verify_files(
    files: Files,
    *,
    pool: Pool,
    tools: Toolchain,
    tier: Tier,
    examples: Sequence[JsonObject] = (),
    toolset: str | None = None,
    policy_limits: Limits | None = None,
    asked: Asked = NOTHING_ASKED,
    published: Published | None = None,
    cached: Cached = nothing_cached,
    store: Store = keep_nothing,
    checks: tuple[Check, ...] = CHECKS,
) -> Verified:
    """Read and verify files as they would be submitted; nothing is kept.

    Raises:
        ReviewError: Intake refused them.
        ToolvetError: The single file does not parse.
    """
    bundle = await read_bundle(files, pool, examples=examples, toolset=toolset)
    with unpacked(shown(bundle.files)) as folder:
        return await verify_bundle(
            bundle,
            folder=folder,
            pool=pool,
            tools=tools,
            tier=tier,
            policy_limits=policy_limits,
            asked=asked,
            published=published,
            cached=cached,
            store=store,
            checks=checks,
        )
