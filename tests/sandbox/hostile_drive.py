"""Runs the table of attacks in a tier and prints, as JSON, what was other than promised.

A program of its own, so that another user and another interpreter can run it too.
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hostile_probes import LIMITS, PROBES, Pace, Probe
from hostile_promises import told
from hostile_reach import REACH
from hostile_scenarios import SCENARIOS, Stage, request_of

from toolvet.sandbox import Image, Pool, TierReport, interpreter
from toolvet_reviews.values import TIERS, Tier

HERE = Path(__file__).parent
CORPUS = Image(HERE / "corpus", "attack:attack", typed=False)
SECRET = "the secret of the host"
AT_ONCE = 6
"""Attacks that wait for their end, at the same moment."""


def zygotes() -> set[int]:
    """Launchers that this process started and that still run."""
    found: set[int] = set()
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/self/task/{thread}/children").read_text()
            found |= {int(word) for word in text.split()}
    return found


@dataclass
class Host:
    """What the attacks are about: files, sockets and a process of the host."""

    folder: Path
    facts: dict[str, str] = field(default_factory=dict[str, str])
    _open: list[socket.socket] = field(default_factory=list[socket.socket])

    def furnish(self) -> None:
        """Make everything, open to every user: only the walls may be what refuses."""
        self.folder.chmod(0o777)
        for name in ("secret", "marked"):
            (self.folder / name).write_text(SECRET)
            (self.folder / name).chmod(0o666)
        with contextlib.suppress(OSError):
            os.setxattr(self.folder / "marked", "user.secret", SECRET.encode())
        server = socket.create_server(("127.0.0.1", 0))
        stream, datagrams, hidden = (
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
            socket.socket(socket.AF_UNIX),
        )
        abstract = f"toolvet-hostile-{os.getpid()}"
        for one, path in ((stream, "stream"), (datagrams, "listener")):
            one.bind(str(self.folder / path))
            (self.folder / path).chmod(0o777)
        hidden.bind("\0" + abstract)
        for one in (stream, hidden):
            one.listen()
        self._open = [server, stream, datagrams, hidden]
        for one in self._open:
            one.setblocking(False)
        self.facts = {
            **{
                name: str(self.folder / name)
                for name in ("secret", "marked", "outside", "stream", "listener")
            },
            "folder": str(self.folder),
            "corpus": str(CORPUS.folder),
            "abstract": abstract,
            "port": str(server.getsockname()[1]),
            "process": str(os.getpid()),
            "program": os.path.realpath(interpreter.executable()),
            "prefix": os.path.realpath(sys.base_prefix),
            "installed": str(interpreter.MAIN.parent),
        }

    def harm(self) -> str:
        """Say what an attack did here, whatever it told."""
        secret = self.folder / "secret"
        if not secret.exists() or secret.read_text() != SECRET:
            return "the secret is not what it was"
        if os.path.lexists(self.folder / "outside"):
            return "something was written outside"
        for one in self._open:
            with contextlib.suppress(BlockingIOError):
                what = one.recv(1) if one.type == socket.SOCK_DGRAM else one.accept()
                return f"somebody came to {one.getsockname()}: {what}"
        return ""

    def close(self) -> None:
        """Close the sockets."""
        for one in self._open:
            one.close()


class Siege:
    """One pool under attack."""

    def __init__(self, tier: Tier, host: Host) -> None:
        self._tier: Tier = tier
        self._host = host
        self._pool = Pool(TierReport(tier, (), "", ""), spares=1)
        self.found: dict[str, str] = {}

    async def _answers(self, pace: Pace) -> str:
        """Say whether the zygote that was attacked still serves."""
        request = request_of("processes.standard_input", {})
        outcome = await self._pool.call(CORPUS, request, LIMITS[pace])
        return "" if outcome.value == {"did": 0} else f"afterwards: {told(outcome)}"

    async def _try(self, probe: Probe) -> str:
        promise = probe.in_c if self._tier == "C" and probe.in_c else probe.promise
        request = request_of(probe.program, self._host.facts)
        outcome = await self._pool.call(CORPUS, request, LIMITS[probe.pace])
        if outcome.error is not None and outcome.error.type == "NotHereError":
            return ""
        if SECRET in told(outcome) + outcome.output:
            return f"the secret came out: {told(outcome)}"
        wrong = promise(outcome) or self._host.harm()
        if wrong or outcome.status == "returned":  # the next attack is answered by the same zygote
            return wrong
        return await self._answers(probe.pace)

    async def _note(self, probe: Probe) -> None:
        self.found[f"{probe.group}: {probe.name}"] = await self._try(probe)

    async def besiege(self) -> None:
        """Try everything; the attacks that end by themselves one after the other."""
        mine = [probe for probe in PROBES if self._tier != "C" or not probe.not_in_c]
        for pace in LIMITS:
            await self._answers(pace)
        before = zygotes()
        for probe in (probe for probe in mine if probe.pace == "usual"):
            await self._note(probe)
        gate = asyncio.Semaphore(AT_ONCE)

        async def note(probe: Probe) -> None:
            async with gate:
                await self._note(probe)

        await asyncio.gather(*(note(probe) for probe in mine if probe.pace != "usual"))
        for pace in LIMITS:
            self.found[f"afterwards: {pace}"] = await self._answers(pace)
        gone = before - zygotes()
        self.found["afterwards: every zygote lives"] = f"{len(gone)} are gone" if gone else ""
        await self._pool.close()


async def drive(tier: Tier) -> dict[str, str]:
    """Attack, then play what takes more than one call."""
    with tempfile.TemporaryDirectory(prefix="toolvet-hostile-") as name:
        host = Host(Path(name))
        host.furnish()
        try:
            siege = Siege(tier, host)
            await siege.besiege()
        finally:
            host.close()
    found = siege.found
    for name, scenario in {**SCENARIOS, **REACH}.items():
        with tempfile.TemporaryDirectory(prefix="toolvet-hostile-") as folder:
            found[f"from call to call: {name}"] = await scenario(Stage(tier, Path(folder)))
    return found


def main() -> None:
    """Print what was tried, with what was wrong."""
    tier: Tier = next(known for known in TIERS if known == sys.argv[1])
    sys.stdout.write(json.dumps(asyncio.run(drive(tier))))


if __name__ == "__main__":
    main()
