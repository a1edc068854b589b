"""Everything a use case may need, built once by `toolvet.wiring` and passed in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from toolvet.audit.keys import LogKey
from toolvet.checks.toolchain import Toolchain
from toolvet.config import Paths
from toolvet.engine.catalogue import Catalogue
from toolvet.engine.differences import Differences
from toolvet.engine.feed import Feed
from toolvet.engine.record import Recorder
from toolvet.engine.recorded import Recordings
from toolvet.engine.refusals import Refusals
from toolvet.engine.standing import Standing
from toolvet.engine.tool_index import ToolIndex
from toolvet.engine.trial_rate import TrialRate
from toolvet.engine.vault import Vault
from toolvet.engine.verdict_rate import VerdictRate
from toolvet.engine.verify import Verifier
from toolvet.sandbox import Pool, TierReport
from toolvet.storage import Store
from toolvet.storage.rows import TokenRow


@dataclass(frozen=True)
class Services:
    """The parts of one running service.

    Use cases are functions over this, so that each can be read, called and tested by itself.
    """

    paths: Paths
    store: Store
    clock: Callable[[], datetime]
    service_id: str
    log_key: LogKey
    standing: Standing
    """What the log's acts say: principals, keys, grants, policy, votes, releases."""
    catalogue: Catalogue
    tool_index: ToolIndex
    feed: Feed
    pool: Pool
    tier: TierReport
    toolchain: Toolchain
    verifier: Verifier
    recorder: Recorder
    recordings: Recordings
    """What the policy lets be kept of calls, to hold new versions against."""
    refusals: Refusals
    vault: Vault
    """Seals secrets, and opens them for the tools and hosts they are for."""
    loop: asyncio.AbstractEventLoop
    owner: str
    """Id of this process's run; claims of other owners are left over from a crash."""
    tokens: dict[str, TokenRow] = field(default_factory=dict[str, TokenRow])
    """Rows of bearer tokens by their hash, as they were issued."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    verdict_rate: VerdictRate = field(default_factory=VerdictRate)
    differences: Differences = field(default_factory=Differences)
    trial_rate: TrialRate = field(default_factory=TrialRate)
