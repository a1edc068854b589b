"""A hundred items of mixed risk, decided with keys alone by a person in a real terminal; timed.

A home and a service of its own, an agent that submits, and `toolvet tui` in tmux. What is timed
begins with the painted queue and ends when the last decision was answered; submitting and verifying
come before and are not counted. Run it: `python tests/journeys/hundred.py [ITEMS]`.
"""

import argparse
import json
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from conftest import prepared
from furniture import ADD, DELIVER
from stage import PASSPHRASE, TOOLVET, Stage
from terminal import Terminal

from toolvet_reviews.policy import preset

ALLOWED_S = 300.0
VERIFY_S = 3600.0
AT_ONCE = 2
"""Submissions under way: verifying takes both cores as it is."""
WORDS = "name the unit of every parameter"


def main() -> None:
    """Prepare, decide, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="?", type=int, default=100)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hundred-"))
    stage, terminal = prepared(folder), Terminal(folder)
    try:
        began = time.monotonic()
        proposals = prepare(stage, folder, asked.items)
        tell(f"{len(proposals)} items were verified in {time.monotonic() - began:.0f} s")
        took = decide(stage, terminal, len(proposals))
        check(stage, proposals)
        tell(
            f"{len(proposals)} items were decided in {took:.1f} s ({took / len(proposals):.2f} s each)"
        )
        if took > ALLOWED_S:
            sys.exit(1)
    finally:
        terminal.close()
        stage.run("stop")
        shutil.rmtree(folder, ignore_errors=True)


def tell(words: str) -> None:
    """Say how it goes."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def prepare(stage: Stage, folder: Path, items: int) -> list[str]:
    """Make a home, and have an agent submit tools of mixed risk until all wait for a decision."""
    made = stage.person("init", "--preset", "solo", "--name", "ada")
    if made.code != 0:
        raise SystemExit(f"init failed: {made.out}")
    policy = folder / "policy.toml"
    text = preset("solo").replace("max_open_per_author = 50", f"max_open_per_author = {items + 1}")
    policy.write_text(text)
    applied = stage.person("policy", "apply", str(policy))
    if applied.code != 0:
        raise SystemExit(f"the policy was not applied: {applied.out}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(partial(submit, stage, folder), range(items), bundles(items))
        return list(found)


def bundles(items: int) -> Iterator[dict[str, str]]:
    """Make tools: two of three compute only, the third one writes."""
    for number in range(items):
        yield another(ADD, "add", number) if number % 3 else another(DELIVER, "deliver", number)


def another(files: dict[str, str], was: str, number: int) -> dict[str, str]:
    """Make a tool of another name and of other words: a copy would be refused."""
    text = json.dumps(files).replace(was, f"{was}_{number:03}")
    for words in ("two whole numbers", "a campaign"):
        text = text.replace(words, f"{words} of case {number}")
    found: dict[str, str] = json.loads(text)
    return found


def submit(stage: Stage, folder: Path, number: int, files: dict[str, str]) -> str:
    """Hand one in and wait for its verdict."""
    place = folder / f"bundle-{number}"
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    done = stage.run("submit", str(place), "--wait", "--json", timeout_s=VERIFY_S)
    if done.code != 0:
        raise SystemExit(f"it was not accepted: {done.err or done.out}")
    return str(done.data["id"])


def decide(stage: Stage, terminal: Terminal, items: int) -> float:
    """Go through the low risk in quick mode and through the rest one by one."""
    terminal.open(shlex.join([*TOOLVET, "tui"]), stage.env, 80, 24)
    terminal.shows(f"{items} wait for a decision", 120)
    began = time.monotonic()
    terminal.press("K")
    terminal.shows("Passphrase of ada")
    terminal.write(PASSPHRASE)
    terminal.press("Enter")
    terminal.shows("Your key is open", 60)
    one_by_one(terminal, items - quickly(terminal))
    terminal.shows("0 open", 120)
    return time.monotonic() - began


def quickly(terminal: Terminal) -> int:
    """Decide what is of low risk: yes to most, words to every tenth; say how many."""
    terminal.press("Q")
    screen = terminal.shows("Quick 1/")
    count = int(screen.split("Quick 1/", 1)[1].split()[0])
    for number in range(1, count + 1):
        terminal.shows(f"Quick {number}/{count}")
        terminal.shows("At a glance")
        time.sleep(0.45)  # as long as a key is no answer yet
        if number % 10:
            terminal.press("y")
        else:
            terminal.press("n")
            terminal.shows("What would have to change?")
            terminal.write(WORDS)
            terminal.press("C-s")
    terminal.shows("the list")
    time.sleep(0.45)
    terminal.press("y")
    terminal.shows("done, as the list showed them", 120)
    terminal.press("Escape")
    return count


def one_by_one(terminal: Terminal, left: int) -> None:
    """Decide the rest, each on its own page: approve, reject every fifth."""
    if not left:
        return
    # what was decided just now leaves the list only when it was read again
    terminal.shows(f"{left} {'waits' if left == 1 else 'wait'} for a decision")
    terminal.press("g", "Enter")
    for number in range(1, left + 1):
        page = terminal.heads("waits for a decision")
        if number % 5:
            terminal.press("a")
            terminal.shows("y  sign with your key")
            terminal.press("y")
        else:
            terminal.press("x")
            terminal.shows("Why is it rejected?")
            terminal.write("we have one already")
            terminal.press("C-s")
        terminal.gone(page)


def check(stage: Stage, proposals: list[str]) -> None:
    """Hold what the service says against what was pressed."""
    states = [stage.run("show", one, "--json").data["state"] for one in proposals]
    if "reviewing" in states or "verifying" in states:
        raise SystemExit(f"not all of them were decided: {states}")
    if stage.run("audit", "verify").code != 0:
        raise SystemExit("the log does not verify")


if __name__ == "__main__":
    main()
