"""A person's key: open for a quarter of an hour after the passphrase, then shut."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from house import PASSPHRASE
from inhabited import Inhabited, inhabited

from toolvet.audit.errors import WrongPassphraseError
from toolvet.client.connect import Connection
from toolvet.client.errors import LockedError, NoKeyError
from toolvet.client.keys import KeyRing
from toolvet.client.review import open_review
from toolvet.client.signer import UNLOCKED_S, Signer
from toolvet.config import Settings

SOURCE = '''
"""Doubling."""


def double(number: int) -> int:
    """Double a number.

    Args:
        number: Any.
    """
    return 2 * number
'''
EXAMPLES: list[Any] = [{"arguments": {"number": 2}, "result": 4}]


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Seat:
    """Somebody with a sealed key, in front of a running service."""

    living: Inhabited
    connection: Connection
    clock: Clock = field(default_factory=Clock)

    def signer(self) -> Signer:
        return Signer(self.connection, clock=self.clock)


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    folder: Path = tmp_path_factory.mktemp("house")
    with inhabited(folder) as living:
        yield Seat(living, living.run(living.house.sit()))


def test_one_passphrase_signs_until_a_quarter_of_an_hour_is_over(seat: Seat) -> None:
    signer = seat.signer()
    signer.unlock(PASSPHRASE)

    assert signer.person().service().me is not None
    seat.clock.now += UNLOCKED_S - 1
    assert signer.is_unlocked
    seat.clock.now += 1
    assert signer.seconds_left == 0
    with pytest.raises(LockedError):
        signer.pen()
    with pytest.raises(LockedError):
        signer.person()


def test_another_passphrase_opens_nothing(seat: Seat) -> None:
    signer = seat.signer()

    with pytest.raises(WrongPassphraseError):
        signer.unlock("made up by somebody else")

    assert not signer.is_unlocked


def test_locking_forgets_the_key_and_the_session(seat: Seat) -> None:
    signer = seat.signer()
    signer.unlock(PASSPHRASE)
    signer.person()

    signer.lock()

    assert not signer.is_unlocked
    with pytest.raises(LockedError):
        signer.person()


def test_the_owner_is_known_without_the_passphrase(seat: Seat) -> None:
    assert seat.signer().owner().name == "reviewer"


def test_without_a_key_on_this_machine_nobody_signs(seat: Seat, tmp_path: Path) -> None:
    elsewhere = Settings(home=seat.connection.settings.home, config_dir=tmp_path)
    stranger = Signer(Connection(seat.connection.client, seat.connection.service, elsewhere))

    with pytest.raises(NoKeyError):
        stranger.owner()


def test_a_key_that_nobody_let_count_says_what_it_waits_for(seat: Seat, tmp_path: Path) -> None:
    KeyRing(tmp_path / "keys").create(PASSPHRASE)
    made_up = Settings(home=seat.connection.settings.home, config_dir=tmp_path)
    stranger = Signer(Connection(seat.connection.client, seat.connection.service, made_up))

    with pytest.raises(NoKeyError):
        stranger.unlock(PASSPHRASE)


def test_what_was_reviewed_is_approved_with_one_passphrase(seat: Seat) -> None:
    house, connection = seat.living.house, seat.connection
    author = seat.living.run(house.agent("author"))
    sent = house.of(author).submit_inline(SOURCE, EXAMPLES)
    view = seat.living.run(house.verdict(sent.id))
    review = open_review(connection.client, connection.client.service(), view.id)
    assert review.shown is not None
    signer = seat.signer()
    signer.unlock(PASSPHRASE)

    approved = signer.approve(review.shown, "as discussed")

    assert approved.state == "published"
    assert [(vote.voter, vote.note) for vote in approved.votes] == [("reviewer", "as discussed")]
    after = open_review(connection.client, connection.client.service(), view.id)
    assert (after.shown, after.why_not) == (None, "it is published")


def test_events_say_that_the_log_grew_and_end_when_they_are_closed(seat: Seat) -> None:
    house = seat.living.house
    events = seat.connection.client.events()
    following = iter(events)
    first = next(following)
    assert (first.name, first.index) == ("hello", house.services.standing.ledger.size)

    seat.living.run(asyncio.wait_for(house.agent("newcomer"), 30))

    grown = next(event for event in following if "principal:add" in event.kinds)
    assert grown.index > first.index
    events.close()
    assert list(following) == []
