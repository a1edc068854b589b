"""The gallery's campaign on a real service against a real mail server, killed halfway: `make mails`.

5,000 recipients, a server that refuses every 50th for a while and drops connections, `kill -9` in the
middle, called again under the same key. The account that the tool gives is held against the mailbox.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campaigning import arguments, files_for, people, policy_for
from mail_server import MailServer, Moods, mail_server
from person import Person
from stage import Stage, StageError

from toolvet.client.acts import Pen
from toolvet.errors import KNOWN
from toolvet_reviews.views import CallView

CONNECTIONS = 8
"""Of the tool: how many mails a crash may leave in doubt."""
MOODS = Moods(
    refuse_every=50, refuse_times=2, drop_before_every=401, drop_after_every=907, lose_after_every=1009
)  # fmt: skip
ROUNDS = 8
PATIENCE_S = 600.0


@dataclass
class Campaign:
    """One campaign on its way, from a person's and an agent's seat."""

    stage: Stage
    person: Person
    server: MailServer
    moods: Moods
    said: list[str] = field(default_factory=list[str])

    @classmethod
    @contextmanager
    def at(cls, stage: Stage, server: MailServer, moods: Moods) -> Generator["Campaign"]:
        """Let a person in, the service reach the server, and publish the tool; for the block."""
        campaign = cls(stage, Person.at(stage), server, moods)
        try:
            campaign.publish()
            yield campaign
        finally:
            campaign.person.leave()

    def publish(self) -> None:
        """Apply a policy that lets the service reach the server, and have the tool approved."""
        person = self.person
        text = policy_for(person.client.policy().text)
        pen = Pen(person.client.service(), person.key, person.id)
        person.client.apply_policy(pen.apply_policy(text), text)
        view = person.agent.submit(files_for(self.server.port))
        while view.state == "verifying":
            view = person.agent.wait(view.id)
        if view.state != "reviewing":
            raise StageError(f"the campaign is {view.state}: {view.summary} {view.reason}")
        person.approve(view.id)

    def call(self, recipients: Sequence[str], settled: dict[str, str] | None = None) -> CallView:
        """Call the tool under the one key."""
        asked = arguments(recipients, settled)
        return self.person.agent.call("campaign_send_bulk", asked, key="spring")

    def kill_at(self, mails: int, recipients: Sequence[str]) -> None:
        """Begin, kill the service when the mailbox holds so many mails, and start it again."""
        codes: list[str] = []

        def begin() -> None:
            try:
                answer = self.call(recipients)
                codes.append(f"{answer.status}: {answer.code} {answer.message}")
            except KNOWN as error:
                codes.append(error.code)

        worker = threading.Thread(target=begin)
        worker.start()
        until = time.monotonic() + PATIENCE_S
        while len(self.server.mails()) < mails:
            if not worker.is_alive() or time.monotonic() > until:
                raise StageError(f"the campaign ended before it was killed: {codes}")
            time.sleep(0.01)
        self.stage.kill()
        worker.join(60)
        if not set(codes) <= {"service.unreachable", "service.interrupted"}:
            raise StageError(f"the caller of a service that was killed was told {codes}")
        self.stage.start()
        self.person = self.person.again()

    def finish(self, recipients: Sequence[str]) -> dict[str, Any]:
        """Call until nobody is left to be tried again; hold each account against the mailbox."""
        left: list[str] = []
        for _ in range(ROUNDS):
            before = self.server.counts().total()
            answer = self.call(recipients)
            if not isinstance(answer.result, dict):
                raise StageError(f"{answer.status}: {answer.code} {answer.message}")
            result: dict[str, Any] = answer.result
            self.check(result, recipients, before)
            left = result["retry"]
            if not left:
                return result
        raise StageError(f"after {ROUNDS} calls there are still {len(left)} to retry")

    def check(self, result: dict[str, Any], recipients: Sequence[str], before: int) -> None:
        """Hold an account against the server's own mailbox.

        Raises:
            StageError: Somebody has two mails, or the account is not true.
        """
        counts = self.server.counts()
        twice = [who for who, number in counts.items() if number > 1]
        named = [*result["failed"], *result["uncertain"], *result["retry"]]
        reached = result["sent"] + result["skipped"]
        have_one = set(counts) - set(result["uncertain"])
        self.said.append(
            f"sent {result['sent']}, skipped {result['skipped']}, failed {len(result['failed'])}, "
            f"uncertain {len(result['uncertain'])}, retry {len(result['retry'])}; "
            f"mailbox {before} -> {counts.total()}"
        )
        if twice:
            raise StageError(f"two mails for {twice[:5]}; {self.said}")
        if reached + len(named) != len(recipients) or len(set(named)) != len(named):
            raise StageError(f"the account does not add up: {self.said}")
        if len(have_one) != reached or not have_one.isdisjoint(named):
            raise StageError(f"the account is not what the mailbox holds: {self.said}")

    def settle(self, result: dict[str, Any], recipients: Sequence[str]) -> dict[str, Any]:
        """Say of everybody in doubt what the mailbox says of their Message-ID."""
        held = self.server.counts()
        words = {who: "sent" if held[who] else "not_sent" for who in result["uncertain"]}
        answer = self.call(recipients, words)
        settled: dict[str, Any] = answer.result  # type: ignore[assignment]
        self.check(settled, recipients, held.total())
        return settled


def play(campaign: Campaign, number: int, more: int) -> None:
    """Play the whole story.

    Args:
        number: Of recipients.
        more: Recipients who are added at the end.

    Raises:
        StageError: It did not go as it must.
    """
    recipients, added = people(number), people(more, number)
    campaign.kill_at(number // 2, recipients)
    result = campaign.finish(recipients)
    cuts = campaign.moods.drop_after_every, campaign.moods.lose_after_every
    most = CONNECTIONS + sum(number // every + 1 for every in cuts)
    if len(result["uncertain"]) > most:
        raise StageError(f"{len(result['uncertain'])} in doubt: {campaign.said}")
    while result["uncertain"] or result["retry"]:
        result = campaign.settle(result, recipients)
    before = campaign.server.counts()
    if before != dict.fromkeys(recipients, 1):
        raise StageError(f"not everybody has one mail: {campaign.said}")
    result = campaign.finish([*recipients, *added])
    sent = campaign.server.counts() - before
    if not set(sent) <= set(added) or not set(added) <= {*sent, *result["uncertain"]}:
        raise StageError(f"not exactly the added ones got a mail: {campaign.said}")


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipients", type=int, nargs="?", default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="toolvet-") as name:
        folder = Path(name)
        stage = Stage(folder)
        try:
            stage.start_home()
            with (
                mail_server(folder, MOODS) as server,
                Campaign.at(stage, server, MOODS) as campaign,
            ):
                play(campaign, options.recipients, options.recipients // 10)
                print("\n".join(campaign.said))
        except StageError as error:
            print(f"broken: {error}", file=sys.stderr)
            return 1
        finally:
            stage.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
