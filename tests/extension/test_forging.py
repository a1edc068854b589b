"""Code that runs as the person cannot decide for them: not in a shell, not in a notebook's cell."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from at_jupyter import Desk, JupyterServer, jupyter, seated
from jupyter_client.blocking.client import BlockingKernelClient

from toolvet.client import autostart
from toolvet_reviews.views import ProposalView

FORGER = Path(__file__).with_name("forger.py")
Tried = list[tuple[str, bool, str]]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    # A home each: what is recorded singly, and what is only counted, depends on what came before.
    with seated(tmp_path / "tv") as found:
        yield found


@pytest.fixture
def server(desk: Desk, tmp_path: Path) -> Iterator[JupyterServer]:
    (tmp_path / "jp").mkdir()
    with jupyter(desk, tmp_path / "jp") as found:
        yield found


def in_a_shell(server: JupyterServer, proposal: str) -> Tried:
    """Run the forger as a program, as in a terminal of JupyterLab."""
    done = subprocess.run(
        [sys.executable, str(FORGER), proposal],
        env=server.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def in_a_cell(server: JupyterServer, proposal: str) -> Tried:
    """Run it in a kernel that the server itself started."""
    started = server.ask("api/kernels", {"name": "python3"})
    connection = server.folder / "runtime" / f"kernel-{started.data['id']}.json"
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    client.hb_channel.time_to_dead = 30.0  # a busy machine is not a dead kernel
    said: list[str] = []

    def hear(message: Any) -> None:
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            said.append(message["content"]["text"])

    cell = (
        f"import runpy; forger = runpy.run_path({str(FORGER)!r});"
        f"print('TRIED', forger['main']({proposal!r}))"
    )
    try:
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive(cell, timeout=150, output_hook=hear, allow_stdin=False)
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        server.ask(f"api/kernels/{started.data['id']}", method="DELETE")
    line = next(one for one in "".join(said).splitlines() if one.startswith("TRIED "))
    return json.loads(line.removeprefix("TRIED "))


@pytest.mark.parametrize("run", [in_a_shell, in_a_cell])
def test_nothing_that_runs_as_the_person_approves_and_every_attempt_is_in_the_log(
    server: JupyterServer, desk: Desk, run: Callable[[JupyterServer, str], Tried]
) -> None:
    view = desk.submit()
    assert view.state == "reviewing"

    tried = run(server, view.id)

    assert [name for name, _, refusal in tried if not refusal] == []
    assert len(tried) >= 17
    assert untouched(desk, view)
    reached = [name for name, did, _ in tried if did]
    assert recorded(desk) == len(reached)


def untouched(desk: Desk, before: ProposalView) -> bool:
    with desk.connect() as client:
        now = client.show(before.id)
        people = [one for one in client.principals() if one.kind == "human"]
        served = client.tools(everything=True)
    same = (now.state, now.votes, now.comments) == (before.state, (), ())
    return same and len(people) == 1 and len(people[0].keys) == 1 and served == []


def recorded(desk: Desk) -> int:
    """Count the refusals in the log, with those that are entered as a sum when the service ends."""
    autostart.stop(desk.settings)
    with desk.connect() as client:
        leaves = [json.loads(str(entry["leaf"])) for entry in client.audit_entries()]
    singly = [leaf for leaf in leaves if leaf["outcome"] == "refused"]
    sums = [leaf["facts"]["count"] for leaf in leaves if leaf["verb"] == "refusals:aggregate"]
    return len(singly) + sum(sums)


def test_an_own_extension_handler_is_no_way_around_the_signature(
    server: JupyterServer, desk: Desk
) -> None:
    """The Jupyter server is the person's process too, and holds nothing that could decide."""
    environment = Path(f"/proc/{server.process.pid}/environ").read_bytes()

    server.log_in()
    with urllib.request.urlopen(f"{server.url}/api", timeout=10) as answer:
        answer.read()

    assert b"TOOLVET_TOKEN" not in environment
    assert "tv_" not in json.dumps(server.ask("toolvet/status").data)
