"""What a policy asks: files of the organisation's own count with exactly the bytes it pins."""

from datetime import UTC, datetime
from pathlib import Path

import furniture

from toolvet.config import Paths
from toolvet.engine import asked, bundles
from toolvet_reviews import digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.policy import Policy, parse_policy, preset

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RULES = b'{"rules": []}'
CASES = b"[]"


def pinning(rules: bytes = RULES, cases: bytes = CASES) -> Policy:
    text = preset("solo")
    text = text.replace("own = []", f'own = ["ours.json {digests.sha256(rules)}"]')
    text = text.replace("packs = []", 'packs = ["p/python"]')
    pins = f'"default/add {digests.sha256(cases)}", "default/other {digests.sha256(cases)}"'
    return parse_policy(text.replace("cases = []", f"cases = [{pins}]"))


def home(folder: Path) -> Paths:
    (folder / "rules").mkdir()
    (folder / "rules" / "ours.json").write_bytes(RULES)
    (folder / "held-out" / "default").mkdir(parents=True)
    (folder / "held-out" / "default" / "add.json").write_bytes(CASES)
    return Paths(folder)


def bundle(name: str = "add") -> Bundle:
    files = furniture.renamed(name)
    return bundles.of({path: text.encode() for path, text in files.items()})


def test_what_the_policy_pins_is_read_for_the_tool_it_is_about(tmp_path: Path) -> None:
    paths = home(tmp_path)

    found = asked.asked_of(paths, pinning(), bundle(), NOW)
    other = asked.asked_of(paths, pinning(), bundle("subtract"), NOW)

    assert [(one.name, one.data) for one in found.rules] == [("ours.json", RULES)]
    assert found.held_out is not None
    assert (found.held_out.name, found.held_out.data) == ("default/add", CASES)
    assert found.packs == ("p/python",)
    assert other.held_out is None
    assert found.thresholds == pinning().thresholds["pure"]


def test_of_a_file_that_is_missing_or_another_no_byte_is_handed_on(tmp_path: Path) -> None:
    paths, policy = home(tmp_path), pinning()
    (tmp_path / "rules" / "ours.json").write_bytes(RULES + b" ")
    add = tmp_path / "held-out" / "default" / "add.json"
    add.unlink()
    add.symlink_to(tmp_path / "rules" / "ours.json")

    found = asked.asked_of(paths, policy, bundle(), NOW)

    assert [one.data for one in found.rules] == [b""]
    assert found.held_out is not None
    assert found.held_out.data == b""
    assert [one.code for one in asked.look(paths, policy)] == ["policy.file"] * 3
    assert asked.look(paths, None) == []


def test_a_policy_that_pins_nothing_asks_for_no_file(tmp_path: Path) -> None:
    found = asked.asked_of(Paths(tmp_path), parse_policy(preset("solo")), bundle(), NOW)

    assert (found.rules, found.packs, found.held_out) == ((), (), None)
    assert asked.look(Paths(tmp_path), parse_policy(preset("solo"))) == []
