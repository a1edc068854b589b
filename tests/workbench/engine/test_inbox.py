"""The inbox: what is moved in is submitted once, as the local agent's, and its verdict lies beside it."""

import json
import os
import zlib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from furniture import ADD, renamed
from house import House, new_house

from toolvet.audit.entries import parse_entry
from toolvet.engine import decide, hand_in, inbox, look, withdraw
from toolvet.engine.drops import SETTLE_S
from toolvet.engine.inbox import Inbox
from toolvet_reviews.events import Verb
from toolvet_reviews.values import Json

Run = Callable[[Coroutine[Any, Any, Any]], Any]

SOURCE = '''"""Join words."""


def {name}(first: str, second: str) -> str:
    """Join two words with a {sign}.

    Args:
        first: One of them.
        second: The other.

    Returns:
        Both.
    """
    return first + "{sign}" + second
'''


def source(name: str, sign: str = "-") -> str:
    """A tool of its own: copies under another name are refused."""
    return SOURCE.format(name=name, sign=sign) + f"\n\n# No. {zlib.crc32(name.encode())}\n"


def examples(sign: str = "-") -> list[Json]:
    return [{"arguments": {"first": "a", "second": "b"}, "result": f"a{sign}b"}]


@dataclass
class Desk:
    """The inbox of an open house, worked by hand."""

    home: House
    run: Run
    time: float = 0.0
    inbox: Inbox = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start anew, as after a crash: nothing is remembered."""
        self.inbox = Inbox(self.home.services, lambda: self.time)

    @property
    def path(self) -> Path:
        return self.home.services.paths.inbox

    def turn(self, seconds: float = 2 * SETTLE_S) -> None:
        """Look, let everything hold still, look again."""
        self.run(self.inbox.turn())
        self.time += seconds
        self.run(self.inbox.turn())

    def lay(self, name: str, sign: str = "-", *, given: str | None = None) -> None:
        """Move a file with its examples in, as an agent does."""
        self.path.mkdir(exist_ok=True)
        given = json.dumps(examples(sign)) if given is None else given
        for end, text in ((".examples.json", given), (".py", source(name, sign))):
            (self.path / f"{name}{end}.tmp").write_text(text)
            os.replace(self.path / f"{name}{end}.tmp", self.path / f"{name}{end}")

    def said(self, name: str) -> dict[str, Any]:
        """What the verdict says now."""
        found: dict[str, Any] = json.loads((self.path / f"{name}.verdict.json").read_bytes())
        return found

    def verdict(self, name: str) -> dict[str, Any]:
        """Wait for the machine's verdict, and read it from the file."""
        self.run(self.home.verdict(str(self.said(name)["proposal"])))
        self.inbox.hear(("revision:verify",))
        self.turn()
        return self.said(name)

    def submissions(self) -> int:
        """Count what the log says was submitted from the inbox."""
        return sum(one.seat == "inbox" and one.outcome == "ok" for one in self._entries())

    def refusals(self) -> list[str]:
        """List the codes the log says the inbox was refused with."""
        return [one.code for one in self._entries() if one.seat == "inbox" and one.code]

    def _entries(self) -> list[Any]:
        verbs = (Verb.PROPOSAL_SUBMIT, Verb.PROPOSAL_REVISE)
        rows = self.home.services.store.query_sync(lambda view: view.entries(verbs=verbs))
        return [parse_entry(row.leaf) for row in rows]


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = new_house(tmp_path_factory.mktemp("house"))
    shared: House = run(opened.__aenter__())
    yield shared
    run(opened.__aexit__(None, None, None))


@pytest.fixture
def desk(home: House, run: Run) -> Iterator[Desk]:
    desk = Desk(home, run)
    yield desk
    for one in desk.path.iterdir():  # the next test's inbox is empty
        one.rename(home.services.paths.home / f"gone-{os.urandom(4).hex()}")


def test_a_file_is_submitted_as_the_local_agents_and_its_verdict_appears(desk: Desk) -> None:
    desk.lay("join_one")
    desk.turn()

    assert desk.said("join_one")["verdict"] == "pending"
    said = desk.verdict("join_one")
    assert (said["verdict"], said["state"], said["tool"]) == ("passed", "reviewing", "join_one")
    person = desk.run(desk.home.caller(desk.home.person))
    view = desk.run(look.show(desk.home.services, person, str(said["proposal"])))
    assert (view.author, said["revision_digest"]) == ("local", view.revision_digest)


def test_a_folder_is_a_bundle_and_what_is_wrong_with_it_is_said(desk: Desk) -> None:
    folder = desk.path / "lying"
    folder.mkdir(parents=True)
    for path, text in renamed("lying", ADD).items():
        (folder / path).write_text(text.replace("result = 3", "result = 4"))
    desk.turn()

    said = desk.verdict("lying")
    assert (said["verdict"], said["state"], said["turn"]) == ("failed", "changes_wanted", "author")
    assert "examples" in {one["check"] for one in said["findings"]}
    assert "next revision" in str(said["next"])


def test_the_same_bytes_again_are_the_same_proposal(desk: Desk) -> None:
    desk.lay("join_same")
    desk.turn()
    first = desk.verdict("join_same")
    before = desk.submissions()

    desk.lay("join_same")
    desk.turn()

    assert desk.said("join_same") == first
    assert desk.submissions() == before


def test_a_changed_file_is_the_next_revision_and_so_is_an_older_one_put_back(desk: Desk) -> None:
    desk.lay("join_changed")
    desk.turn()
    first = desk.verdict("join_changed")
    desk.lay("join_changed", "+")
    desk.turn()
    second = desk.verdict("join_changed")
    desk.lay("join_changed")
    desk.turn()
    third = desk.verdict("join_changed")

    assert {one["proposal"] for one in (first, second, third)} == {first["proposal"]}
    assert [one["revision"] for one in (first, second, third)] == [1, 2, 3]
    assert third["revision_digest"] == first["revision_digest"]


def test_a_restart_submits_nothing_twice_and_forgets_nothing(desk: Desk) -> None:
    desk.lay("join_here")
    desk.turn()
    desk.verdict("join_here")
    desk.lay("join_there", given="no JSON")
    desk.turn()
    before, refused = desk.submissions(), desk.refusals()

    desk.lay("join_late")
    desk.start()
    desk.turn()

    assert desk.submissions() == before + 1
    assert desk.refusals() == refused
    assert desk.verdict("join_late")["verdict"] == "passed"


def test_two_files_about_one_tool_do_not_take_turns_at_every_start(desk: Desk) -> None:
    desk.lay("join_twin")
    desk.turn()
    other = source("join_twin", "+")
    (desk.path / "join_other.py").write_text(other)
    (desk.path / "join_other.examples.json").write_text(json.dumps(examples("+")))
    desk.turn()
    desk.verdict("join_other")
    before = desk.submissions()

    for _ in range(2):
        desk.start()
        desk.turn()

    assert desk.submissions() == before
    assert desk.said("join_twin")["proposal"] == desk.said("join_other")["proposal"]


def test_a_crash_between_submitting_and_writing_leaves_nothing_double(desk: Desk) -> None:
    desk.lay("join_crash")
    desk.turn()
    done = desk.verdict("join_crash")
    before = desk.submissions()
    (desk.path / "join_crash.verdict.json").unlink()

    desk.start()
    desk.turn()

    assert desk.said("join_crash") == done
    assert desk.submissions() == before


def test_the_verdict_follows_what_people_decide(desk: Desk) -> None:
    desk.lay("join_back")
    desk.lay("join_fine")
    desk.turn()
    back, fine = desk.verdict("join_back"), desk.verdict("join_fine")
    person = desk.run(desk.home.caller(desk.home.person))
    desk.run(
        decide.request_changes(
            desk.home.services,
            person,
            str(back["proposal"]),
            str(back["release_digest"]),
            "Say which sign\u202e.",
        )
    )
    desk.run(desk.home.approve(str(fine["proposal"])))

    desk.inbox.hear(("proposal:request_changes",))
    desk.turn()

    comments = desk.said("join_back")["comments"]
    assert desk.said("join_back")["state"] == "changes_wanted"
    assert "Say which sign<U+202E>." in json.dumps([comments, desk.said("join_back")["reason"]])
    assert desk.said("join_fine")["state"] == "published"
    assert "join_fine" in desk.home.services.catalogue.snapshot.served


def test_what_is_refused_says_why_and_is_recorded_once(desk: Desk) -> None:
    desk.path.mkdir(exist_ok=True)
    (desk.path / "stolen.py").symlink_to(desk.home.services.paths.token)
    (desk.path / "broken.py").write_text("def broken(:\n")
    before = len(desk.refusals())
    desk.turn()
    desk.start()
    desk.turn()

    said = {name: desk.said(name) for name in ("stolen", "broken")}
    assert {one["verdict"] for one in said.values()} == {"refused"}
    assert desk.said("stolen")["error"]["code"] == "intake.link"
    assert desk.home.services.paths.token.read_text().strip() not in json.dumps(said)
    assert len(desk.refusals()) == before + 2


def test_a_verdict_somebody_forged_helps_nobody(desk: Desk) -> None:
    desk.lay("join_forged")
    desk.turn()
    true = desk.verdict("join_forged")
    forged = {**true, "state": "published", "proposal": "P-1"}
    (desk.path / "join_forged.verdict.json").write_text(json.dumps(forged))

    desk.start()
    desk.turn()

    assert desk.said("join_forged") == true


def test_while_the_author_has_too_much_open_files_wait_and_none_is_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def many(*_: object) -> int:
        return 10_000

    caps = "toolvet.storage.proposals.Proposals.open_by_author"
    with monkeypatch.context() as patched:
        patched.setattr(caps, many)
        desk.lay("join_busy")
        desk.turn()
        said = desk.said("join_busy")
        assert (said["verdict"], said["error"]["code"]) == ("pending", "busy")

    desk.turn(61)
    assert desk.verdict("join_busy")["verdict"] == "passed"


def test_without_the_local_token_files_wait(desk: Desk) -> None:
    token = desk.home.services.paths.token
    kept = token.read_text()
    token.write_text("tv_nobody")
    try:
        desk.lay("join_locked_out")
        desk.turn()
        assert desk.said("join_locked_out")["error"]["code"] == "auth.token"
    finally:
        token.write_text(kept)

    desk.turn(5)
    assert desk.verdict("join_locked_out")["verdict"] == "passed"


def test_verdicts_that_could_not_be_renewed_are_renewed_later(desk: Desk) -> None:
    desk.lay("join_unseen")
    desk.turn()
    proposal = str(desk.said("join_unseen")["proposal"])
    token = desk.home.services.paths.token
    kept = token.read_text()
    token.unlink()
    desk.run(desk.home.verdict(proposal))
    desk.inbox.hear(("revision:verify",))
    desk.turn()
    assert desk.said("join_unseen")["verdict"] == "pending"

    token.write_text(kept)
    desk.turn(61)

    assert desk.said("join_unseen")["verdict"] == "passed"


def test_a_withdrawn_file_is_not_submitted_by_itself_again(desk: Desk) -> None:
    desk.lay("join_withdrawn")
    desk.turn()
    proposal = str(desk.verdict("join_withdrawn")["proposal"])
    person = desk.run(desk.home.caller(desk.home.person))
    desk.run(withdraw.withdraw(desk.home.services, person, proposal, "no need"))
    before = desk.submissions()
    desk.start()
    desk.turn()

    assert desk.said("join_withdrawn")["state"] == "withdrawn"
    assert desk.submissions() == before


def test_one_item_that_meets_an_error_of_ours_does_not_stop_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = hand_in.hand_in

    async def wrong(*arguments: Any, **named: Any) -> Any:
        if "a_wrong.py" in arguments[2]:
            raise ZeroDivisionError
        return await real(*arguments, **named)

    monkeypatch.setattr(inbox, "hand_in", wrong)
    desk.path.mkdir(exist_ok=True)
    (desk.path / "a_wrong.py").write_text(source("a_wrong"))
    desk.lay("join_next")
    desk.turn()

    said = desk.said("a_wrong")
    assert (said["verdict"], said["error"]["code"]) == ("pending", "inbox.failed")
    assert desk.verdict("join_next")["verdict"] == "passed"
