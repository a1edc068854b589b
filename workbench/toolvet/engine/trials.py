"""Try it: a reviewer runs a candidate with arguments of their own, behind all walls and against fakes.

Nothing of it lasts but the record, and what the reviewer keeps as a case. No secret and no host is near.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import cast

from toolvet.checks import compile_schema, definition
from toolvet.checks.fakes import fakes
from toolvet.checks.observing import observe
from toolvet.checks.stage import Stage
from toolvet.config import uuid7
from toolvet.engine import artifacts, contracts, draft_gate, entry, seated, stored
from toolvet.engine.draft import kept_text
from toolvet.engine.draft_gate import DraftNotReadyError, DraftStoppedError, Revision
from toolvet.engine.draft_host import DraftHost
from toolvet.engine.services import Services
from toolvet.errors import KNOWN, ForbiddenError
from toolvet.sandbox import Outcome
from toolvet.sandbox.watch import observer
from toolvet.storage import View
from toolvet_reviews import canonical, effect_ledger
from toolvet_reviews.effect_ledger import Ledger, Observer
from toolvet_reviews.errors import OwnWorkError
from toolvet_reviews.events import Outcome as EntryOutcome
from toolvet_reviews.events import Verb
from toolvet_reviews.manifest import ToolDefinition
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import TryView
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import CallView
from toolvet_reviews.words import one_line

NEEDED = ("intake", "environment", "interface")
"""Checks without which nobody knows how to call it. What scanners say is no obstacle to looking."""
_GOOD = frozenset({"passed", "warned", "skipped"})
_LINE = 400


class TrialNotReadyError(DraftNotReadyError):
    """The checks that a trial needs are not done yet."""

    code = "trial.not_ready"


class TrialStoppedError(DraftStoppedError):
    """A check objects that a trial needs: there is nothing that could be called."""

    code = "trial.stopped"
    hint = "`toolvet show` says why."


@dataclass(frozen=True)
class _Trial:
    """One trial on its way."""

    id: str
    caller: Caller
    revision: Revision
    tool: ToolDefinition
    arguments: JsonObject
    host: DraftHost


async def try_out(
    services: Services,
    caller: Caller,
    proposal: str,
    arguments: object,
    *,
    revision: int | None = None,
) -> TryView:
    """Run a revision with arguments of one's own.

    Args:
        arguments: JSON object; held against the strict input schema after `1.0` became `1`.
        revision: Another than the newest.

    Returns:
        What it did; a tool's own failure is an answer with a code.

    Raises:
        SessionNeededError: No key of a person opened the session.
        ForbiddenError: The caller does not review, or it is their own work.
        TrialNotReadyError: A check it needs is not done yet.
        TrialStoppedError: A check it needs objects.
        ArgumentsError: They do not fit.
        TrialQuotaError: Too many within a day.
        SandboxUnavailableError: Nothing may run on this host.
        LogError: The log cannot be signed.
    """
    services.standing.check()
    with services.refusals.recorded(caller, Verb.TRIAL_RUN, ("proposal", proposal)):
        found = await services.store.query(
            lambda view: _revision(services, view, caller, proposal, revision)
        )
        with services.trial_rate.counted(caller.id, services.clock()):
            return await _run(services, await _trial(caller, found, arguments))


def _revision(
    services: Services, view: View, caller: Caller, proposal: str, wanted: int | None
) -> Revision:
    row = stored.find(view, caller, proposal)
    seated.need_person(caller, "trying the work of others")
    if not caller.has("reviewer"):
        raise ForbiddenError("trying the work of others needs the role reviewer")
    if caller.id == row.author:
        raise OwnWorkError("authors call their own revisions as drafts")
    shown = stored.revision_of(view.proposals.revisions(row.number), row, wanted)
    statuses = {one.check: one.status for one in view.proposals.evidence(row.number, shown.number)}
    stopped = [one for one in NEEDED if statuses.get(one, "passed") not in _GOOD]
    missing = [one for one in NEEDED if one not in statuses]
    if stopped or (missing and shown.state != "verifying"):
        raise TrialStoppedError(f"stopped by {', '.join(stopped or missing)}")
    if missing:
        raise TrialNotReadyError(f"{', '.join(missing)}: not done yet", retry_after_s=1.0)
    return draft_gate.load(view, services, row, shown)


async def _trial(caller: Caller, revision: Revision, arguments: object) -> _Trial:
    tool = definition(revision.bundle.spec, revision.interface)
    host = DraftHost(revision.bundle, None)
    sent = canonical.normalise({} if arguments is None else arguments)
    taken = await artifacts.replace_inline(host.take, tool.input_schema, sent)
    fitting = contracts.fit(compile_schema(tool.input_schema), tool.name, taken)
    return _Trial(uuid7(), caller, revision, tool, fitting, host)


async def _run(services: Services, trial: _Trial) -> TryView:
    try:
        outcome, effects = await _play(services, trial)
    except KNOWN:  # the sandbox did not start: nothing ran
        raise
    except BaseException:
        lost = TryView(id=trial.id, status="interrupted", code="trial.interrupted")
        await asyncio.shield(_record(services, trial, lost))
        raise
    answer = _answer(trial, outcome, effects)
    await _record(services, trial, answer)
    return answer


async def _play(services: Services, trial: _Trial) -> tuple[Outcome, Ledger]:
    revision = trial.revision
    spec = revision.bundle.spec
    is_watched = spec.effects.kind != "pure"  # walls are proof enough of a pure one
    with fakes(revision.bundle) as made:
        stage = Stage(made, trial.host, made.world())
        await stage.set_up()
        image = replace(made.image(draft_gate.image_of(services, revision)), watch=is_watched)
        outcome = await services.pool.call(
            image, trial.arguments, revision.limits, trial.host, stage.world.network()
        )
        trial.host.note_unrecorded(stage.world.seen)
        watched_by: Observer = observer() if is_watched else "walls"
        ledger = effect_ledger.reconcile(
            effect_ledger.declared(spec.effects, spec.limits.processes or 0),
            observe(stage.runs(outcome)),
            watched_by=watched_by,
            runs=1,
        )
    return outcome, ledger


def _answer(trial: _Trial, outcome: Outcome, effects: Ledger) -> TryView:
    called = contracts.conclude(
        CallView(
            id=trial.id,
            tool=trial.tool.name,
            version=0,
            release_digest="",
            status="failed",
            duration_ms=round(outcome.wall_ms, 3),
            tier=outcome.tier,
            reviewed=False,
        ),
        outcome,
        compile_schema(trial.tool.output_schema),
    )
    done = [one for one in effects.entries if one.verdict != "unseen"]
    undeclared = effects.having("undeclared")
    return TryView(
        id=trial.id,
        status=called.status,
        result=called.result,
        code=called.code,
        message=one_line(called.message, 2000),
        log=tuple(trial.host.log),
        effects=tuple(one_line(effect_ledger.in_words(one), _LINE) for one in done),
        undeclared=tuple(one_line(effect_ledger.in_words(one), _LINE) for one in undeclared),
        duration_ms=called.duration_ms,
        tier=called.tier,
        revision_digest=trial.revision.digest,
    )


async def _record(services: Services, trial: _Trial, answer: TryView) -> None:
    revision = trial.revision
    is_good = answer.status in ("succeeded", "incomplete")
    payloads: dict[str, Json] = {"arguments": kept_text(canonical.dumps(trial.arguments).decode())}
    if is_good:
        payloads["result"] = kept_text(canonical.dumps(answer.result).decode())
    if answer.message:
        payloads["message"] = kept_text(answer.message)
    said = entry.by(
        trial.caller,
        Verb.TRIAL_RUN,
        ("trial", trial.id),
        digest=Digest(revision.digest),
        outcome=cast("EntryOutcome", "ok" if is_good else "failed"),
        code=answer.code,
        tier=services.tier.tier,
        facts={
            "proposal": f"P-{revision.proposal}",
            "revision": revision.number,
            "status": answer.status,
            "duration_us": round(answer.duration_ms * 1000),
        },
        payloads=payloads,
    )
    await services.store.write(lambda unit: unit.append(said))
