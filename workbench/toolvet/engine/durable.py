"""DBOS behind a thin wall: one workflow, recovered after a crash, its tables in a file of its own.

Traps (docs/decisions/0004): the default serializer is pickle; SQLite comes up without WAL; a
process recovers only work of its own executor id and its own application version.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from toolvet.config import VERSION
from toolvet.storage.workflows import WorkflowDatabase

_log = logging.getLogger(__name__)

EXECUTOR = "service"
"""One service per home, held by a lock: whatever is pending under this id is ours to recover."""
MAX_RECOVERIES = 20
"""How often a verification may be cut off before it is given up; restarts by others count too."""

_ENDING_S = 10.0
"""How long a workflow whose verdict is there may take to end."""
_LOOK_S = 0.02

DEAD = ("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR", "CANCELLED")
_ENDED = frozenset({"SUCCESS", *DEAD})


@dataclass(frozen=True)
class Steps:
    """The two halves of one verification; each may run again after a crash."""

    gather: Callable[[int, int], str]
    conclude: Callable[[int, int], str]


_running: list[Steps] = []
"""What the registered workflow calls: DBOS, and so this, exists once per process."""


@DBOS.step(name="gather")
def _gather(proposal: int, revision: int) -> str:
    return _running[-1].gather(proposal, revision)


@DBOS.step(name="conclude")
def _conclude(proposal: int, revision: int) -> str:
    return _running[-1].conclude(proposal, revision)


@DBOS.workflow(name="verify", max_recovery_attempts=MAX_RECOVERIES)
def _verify(proposal: int, revision: int) -> str:
    _gather(proposal, revision)
    return _conclude(proposal, revision)


class DurableWork:
    """Verifications in flight, and their recovery.

    Args:
        database: Where DBOS keeps its tables.
        steps: What a verification does.
    """

    def __init__(self, database: WorkflowDatabase, steps: Steps) -> None:
        self._database = database
        self._steps = steps

    def launch(self) -> None:
        """Start DBOS; what a crash left pending goes on at once."""
        config: DBOSConfig = {
            "name": "toolvet",
            "system_database_url": self._database.url,
            "system_database_engine": self._database.engine,
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": 0.5,
        }
        _running.append(self._steps)
        DBOS(config=config)
        DBOS.launch()
        self._cancel_other_versions()

    def start(self, proposal: int, revision: int) -> None:
        """Start a verification; a second start of the same one joins the first."""
        with SetWorkflowID(_workflow_id(proposal, revision)):
            DBOS.start_workflow(_verify, proposal, revision)

    def is_dead(self, proposal: int, revision: int) -> bool:
        """Tell whether a verification was given up: it failed, or kept killing its process."""
        status = DBOS.get_workflow_status(_workflow_id(proposal, revision))
        return status is not None and status.status in DEAD

    def forget_finished(self, proposal: int, revision: int) -> None:
        """Let a verification run anew that ended, as our own tables do not know: a backup is back."""
        workflow = _workflow_id(proposal, revision)
        status = DBOS.get_workflow_status(workflow)
        if status is not None and status.status == "SUCCESS":
            DBOS.delete_workflow(workflow)

    def start_again(self, proposal: int, revision: int) -> None:
        """Verify anew what was verified before; blocks while the run before comes to its end.

        A verdict is there a moment before DBOS has noted that its workflow is over, and a start in
        between would join that one and do nothing.
        """
        workflow = _workflow_id(proposal, revision)
        ends = time.monotonic() + _ENDING_S
        status = DBOS.get_workflow_status(workflow)
        while status is not None and status.status not in _ENDED and time.monotonic() < ends:
            time.sleep(_LOOK_S)
            status = DBOS.get_workflow_status(workflow)
        if status is not None and status.status in _ENDED:
            DBOS.delete_workflow(workflow)
        self.start(proposal, revision)

    def close(self) -> None:
        """Stop DBOS; what is in flight is recovered at the next launch."""
        DBOS.destroy(destroy_registry=False)
        if self._steps in _running:
            _running.remove(self._steps)
        self._database.close()

    def _cancel_other_versions(self) -> None:
        # a row of another version stays PENDING for ever, and would run again under that version
        for status in DBOS.list_workflows(status="PENDING"):
            if status.app_version != VERSION:
                _log.info("verification %s of version %s starts anew", status.workflow_id, VERSION)
                DBOS.cancel_workflow(status.workflow_id)


def _workflow_id(proposal: int, revision: int) -> str:
    return f"verify-{proposal}-{revision}-{VERSION}"
