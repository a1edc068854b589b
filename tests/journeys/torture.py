"""kill -9 the service at random moments of the main job: `make torture N=50`.

An actor does what the demo does, over HTTP: submits tools, approves them with a key, calls them,
calls a write again under its key. It remembers everything that was answered. After each kill the
service is started again, and all of it must still be so, and the log must verify.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from person import Person
from stage import Stage, StageError

from toolvet.client.client import Client
from toolvet.errors import KNOWN

SOURCE = '''"""Count words."""


def {name}(text: str) -> int:
    """Count the words of a text, as revision {number}.

    Args:
        text: Words with white space between them.

    Returns:
        How many words there are.
    """
    return len(text.split())
'''
LEDGER = Path(__file__).resolve().parents[2] / "examples" / "invoice_batch_generate"
LONGEST_S = 5.0
"""The service is killed at most this long after the actor began."""
JOIN_S = 60.0


@dataclass
class Answered:
    """What the service said, and so must still hold."""

    proposals: dict[str, str] = field(default_factory=dict[str, str])
    """Id to revision digest."""
    verdicts: dict[str, str] = field(default_factory=dict[str, str])
    published: dict[str, str] = field(default_factory=dict[str, str])
    """Advertised name to release digest."""
    calls: dict[str, Any] = field(default_factory=dict[str, Any])
    """Idempotency key to result."""


class Actor:
    """Does the main job over and over until the service is gone."""

    def __init__(self, stage: Stage, person: Person, answered: Answered, round_: int) -> None:
        self._stage = stage
        self._person = person
        self._answered = answered
        self._round = round_
        self.steps = 0
        self.unexpected: list[str] = []

    def run(self) -> None:
        """Work until a request fails; whatever else goes wrong is remembered."""
        try:
            for turn in range(1000):
                self._turn(turn)
        except KNOWN as error:
            if error.code not in ("service.unreachable", "service.interrupted"):
                self.unexpected.append(f"{error.code}: {error}")
        except Exception as error:  # noqa: BLE001 - outermost of a thread
            self.unexpected.append(f"{type(error).__name__}: {error}")

    def _turn(self, turn: int) -> None:
        agent = self._person.agent
        name = f"count_words_{self._round}_{turn}"
        view = agent.submit_inline(
            SOURCE.format(name=name, number=100 * self._round + turn),
            [{"arguments": {"text": "a b c"}, "result": 3}],
            filename=f"{name}.py",
        )
        self._answered.proposals[view.id] = view.revision_digest
        self._write(turn)
        while view.state == "verifying":
            view = agent.wait(view.id)
        self._answered.verdicts[view.id] = view.verdict
        if view.state != "reviewing":
            self.unexpected.append(f"{view.id} is {view.state}: {view.summary} {view.reason}")
            return
        view = self._person.approve(view.id)
        self._answered.published[name] = view.release_digest or ""
        said = agent.call(name, {"text": "one two"})
        if said.result != 2:
            self.unexpected.append(f"{name} gave {said.result}: {said.code}")
        self.steps += 1

    def _write(self, turn: int) -> None:
        key = f"round-{self._round}-{turn}"
        period = f"20{self._round % 90 + 10}-{turn % 12 + 1:02}"
        arguments: dict[str, Any] = {"period": period, "customer_segment": "small_business"}
        said = self._person.agent.call("invoice_batch_generate", arguments, key=key)
        if said.status == "succeeded":
            self._answered.calls[key] = (arguments, said.result)


def check(person: Person, stage: Stage, answered: Answered) -> None:
    """Hold everything that was answered against the service that came back."""
    agent: Client = person.agent
    for proposal, digest in answered.proposals.items():
        view = agent.show(proposal)
        if view.revision_digest != digest:
            raise StageError(f"{proposal} lost its revision")
        while view.state == "verifying":
            view = agent.wait(proposal)
        if view.verdict != "passed":
            raise StageError(f"{proposal} is {view.verdict}: {view.summary} {view.reason}")
    served = {tool.advertised_name: tool.release_digest for tool in agent.tools()}
    for name, release in answered.published.items():
        if served.get(name) != release:
            raise StageError(f"{name} was published and is not served")
    for key, (arguments, result) in answered.calls.items():
        again = agent.call("invoice_batch_generate", arguments, key=key)
        if not again.replayed or again.result != result:
            raise StageError(f"the call {key} was answered and is forgotten")
    done = stage.run("audit", "verify")
    if done.code != 0:
        raise StageError(f"audit verify: {done.out}{done.err}")


def torture(stage: Stage, kills: int, seed: int) -> Sequence[str]:
    """Kill the service at random moments.

    Args:
        stage: Without a home; it is made.
        kills: How often.
        seed: Of the moments.

    Returns:
        One line a kill.

    Raises:
        StageError: Something that was answered is lost, or the log does not verify.
    """
    dice = random.Random(seed)
    answered, lines = Answered(), list[str]()
    person: Person | None = None
    try:
        stage.start_home()
        person = Person.at(stage)
        person.publish_folder(LEDGER)
        for round_ in range(kills):
            after = dice.uniform(0.02, LONGEST_S)
            actor = Actor(stage, person, answered, round_)
            worker = threading.Thread(target=actor.run)
            worker.start()
            time.sleep(after)
            stage.kill()
            worker.join(JOIN_S)
            if worker.is_alive():
                raise StageError("a request to the service that was killed never ended")
            stage.start()
            person = person.again()
            check(person, stage, answered)
            if actor.unexpected:
                raise StageError("; ".join(actor.unexpected))
            lines.append(
                f"kill {round_ + 1}: after {after:.2f} s; {len(answered.proposals)} proposals, "
                f"{len(answered.published)} releases, {len(answered.calls)} writes still there"
            )
            print(lines[-1], flush=True)
    finally:
        if person is not None:
            person.leave()
        stage.stop()
    return lines


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="toolvet-") as folder:
        try:
            torture(Stage(Path(folder)), options.kills, options.seed)
        except StageError as error:
            print(f"lost: {error}", file=sys.stderr)
            return 1
    print(f"{options.kills} kills; nothing that was answered was lost, the log verified each time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
