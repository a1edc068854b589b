"""From what was seen of a run to the effects it had: by kernel, by our fakes, by its own interpreter.

The kernel's account and that of our fakes are facts. Which line asked for what is the word of the
watched process; it explains a fact, and a fact without an explanation stays one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from toolvet.checks import reading
from toolvet.checks.base import is_test, snippet
from toolvet.checks.fake_host import FakeHost
from toolvet.checks.fake_network import Seen
from toolvet.checks.fakes import Fakes
from toolvet.sandbox import interpreter
from toolvet.sandbox.watch import Act, Watched
from toolvet_reviews.effect_ledger import Observed, gathered, observed_to_json
from toolvet_reviews.findings import Finding
from toolvet_reviews.values import Json
from toolvet_reviews.words import one_line

MOST_CLAIMS = 600

_OURS = ("/tool", "/sdk", "/deps", "/tmp", "/scratch", "/dev", "/mnt")  # noqa: S108 - inside the walls
_OF_RUNTIMES = (
    *("/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/resolv.conf", "/etc/gai.conf"),
    *("/etc/services", "/etc/protocols", "/etc/localtime", "/etc/timezone", "/etc/ld.so.cache"),
    *("/etc/ld.so.preload", "/etc/ssl", "/etc/pki", "/etc/mime.types", "/etc/passwd", "/etc/group"),
    *("/usr/share/zoneinfo", "/usr/share/locale", "/usr/lib/locale", "/usr/lib/ssl", "/lib"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys", "/proc/mounts"),
    *("/sys/devices/system", "/sys/fs/cgroup", "/run/nscd", "/var/run/nscd", "/lib64", "/usr/lib"),
)
"""What interpreters and C libraries look for by themselves. None of it is there inside the walls
but what a run is given; it counts when a line of the bundle asked for it."""
_OF_LOOKUPS = ("AF_UNIX", "AF_NETLINK", "SOCK_DGRAM")
"""Sockets that looking up a name makes by itself."""
_NAMES_OF_ITSELF = frozenset({"", "localhost", "tool", "0.0.0.0", "127.0.0.1", "::1"})  # noqa: S104 - names, nothing is bound


class Claim(NamedTuple):
    """What the watched process says of one of its lines."""

    kind: str
    target: str
    path: str
    line: int


@dataclass(frozen=True)
class Runs:
    """Everything that is known of one or more runs that shared their fakes."""

    fakes: Fakes
    seen: Sequence[Seen]
    """What reached the fakes of hosts."""
    watched: Sequence[Watched]
    claims: Sequence[Claim]
    host: FakeHost | None = None
    with_tests: bool = False
    """The author's tests ran in the same process: what they do is no effect of the tool."""


def claims_of(value: Json) -> list[Claim]:
    """Read what a run said about its lines; whatever has another form is left out."""
    found: list[Claim] = []
    for item in (value if isinstance(value, list) else [])[:MOST_CLAIMS]:
        if not isinstance(item, list) or len(item) != 4:
            continue
        kind, target, path, line = item
        if isinstance(kind, str) and isinstance(target, str) and isinstance(path, str):
            found.append(Claim(kind, target[:400], path[:400], reading.number(line)))
    return found


def observe(runs: Runs) -> list[Observed]:
    """Tell which effects runs had."""
    lines = _Lines(runs)
    found = [*_of_fakes(runs, lines), *_of_host(runs, lines)]
    for watched in runs.watched:
        if watched.by == "strace":
            found += [one for act in watched.acts for one in _of_act(runs, lines, act)]
    found += _of_claims(runs, lines)
    return found


class _Lines:
    """Finds the line that asked for something."""

    def __init__(self, runs: Runs) -> None:
        files = runs.fakes.bundle.files
        known = [claim for claim in runs.claims if claim.path in files]
        self._tests = [claim for claim in known if runs.with_tests and is_test(claim.path)]
        self.tool = [claim for claim in known if claim not in self._tests]

    def asking(self, kind: str, *targets: str) -> Claim | None:
        """Find the tool's line that asked for a target of a kind; any target when none is named."""
        return _first(self.tool, kind, targets)

    def is_of_tests(self, kind: str, *targets: str) -> bool:
        """Tell whether a line of the tests asked for it, and none of the tool."""
        return not self.asking(kind, *targets) and bool(_first(self._tests, kind, targets))


def _first(claims: Iterable[Claim], kind: str, targets: Sequence[str]) -> Claim | None:
    return next(
        (one for one in claims if one.kind == kind and (not targets or one.target in targets)), None
    )


def _at(claim: Claim | None) -> tuple[str, int]:
    return (claim.path, claim.line) if claim is not None else ("", 0)


# --- what our own side saw -------------------------------------------------------------------


def line_of(runs: Runs, seen: Seen) -> tuple[str, int]:
    """Find the line that spoke to a fake: file in the bundle and line, or nothing."""
    return _at(_speaking(_Lines(runs), seen))


def _speaking(lines: _Lines, seen: Seen) -> Claim | None:
    asked = next((c for c in lines.tool if c.kind == "http" and _same_path(c, seen)), None)
    place = f"{seen.endpoint.address}:{seen.endpoint.port}"
    return asked or lines.asking("connect", place) or lines.asking("lookup", seen.endpoint.host)


def _same_path(claim: Claim, seen: Seen) -> bool:
    return one_line(claim.target.partition("?")[0]) == seen.how


def _of_fakes(runs: Runs, lines: _Lines) -> list[Observed]:
    found: list[Observed] = []
    for seen in runs.seen:
        path, line = _at(_speaking(lines, seen))
        found.append(Observed("network", seen.name, seen.how, seen.is_refused, path, line))
    return found


def _of_host(runs: Runs, lines: _Lines) -> list[Observed]:
    if runs.host is None:
        return []
    found: list[Observed] = []
    for (area, name, operation), count in runs.host.used.items():
        path, line = _at(lines.asking("ask", f"{operation} {name}"))
        is_refused = (area, name) in runs.host.refused
        how = operation.partition(".")[2] or operation
        found.append(Observed(area, name, how, is_refused, path, line, count=count))
    return found


# --- what the kernel saw ---------------------------------------------------------------------


def _of_act(runs: Runs, lines: _Lines, act: Act) -> list[Observed]:
    match act.kind:
        case "read" | "write":
            return _of_file(runs, lines, act)
        case "process":
            return _of_process(runs, lines, act)
        case "connect":
            return _of_connection(runs, lines, act)
        case "socket":
            return _of_socket(lines, act)
        case "system":
            return [Observed("system", act.target, "call", bool(act.error))]


def _of_file(runs: Runs, lines: _Lines, act: Act) -> list[Observed]:
    mount = _mount_of(runs.fakes, act.target)
    claim = lines.asking(act.kind, act.target)
    if mount:
        return [Observed("files", mount, act.kind, bool(act.error), *_at(claim))]
    if _is_ours(runs.fakes, act) or lines.is_of_tests(act.kind, act.target):
        return []
    if claim is None and (runs.with_tests or _is_below(act.target, _OF_RUNTIMES)):
        return []
    is_certain = claim is not None or not act.error
    return [Observed("files", act.target, act.kind, bool(act.error), *_at(claim), is_certain)]


def _mount_of(fakes: Fakes, path: str) -> str:
    """Name the declared folder a path lies in; empty for none. In tier C it has its own path."""
    for mount in fakes.mounts:
        if _is_below(path, (f"/mnt/{mount.name}", str(mount.folder))):
            return mount.name
    return ""


def _is_ours(fakes: Fakes, act: Act) -> bool:
    if act.kind == "write" and act.error:
        return _is_below(act.target, ("/tmp", "/scratch", "/dev"))  # noqa: S108 - inside the walls
    return _is_below(act.target, (*_OURS, *_prefixes()))


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(str(path) for path in (*interpreter.visible_paths(), Path(interpreter.SDK)))


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _of_process(runs: Runs, lines: _Lines, act: Act) -> list[Observed]:
    claim = lines.asking("process", act.target) or lines.asking("process")
    if claim is None and lines.is_of_tests("process"):
        return []
    is_declared = bool(runs.fakes.bundle.spec.limits.processes)
    name = "processes" if is_declared else claim.target if claim else act.target
    is_certain = claim is not None or not runs.with_tests
    how = f"start {act.target}" if act.target != "fork" else "start"
    return [Observed("processes", name, how, bool(act.error), *_at(claim), is_certain)]


def _of_connection(runs: Runs, lines: _Lines, act: Act) -> list[Observed]:
    known = {f"{endpoint.address}:{endpoint.port}" for endpoint in runs.fakes.endpoints}
    is_quiet = act.target in known or act.target.startswith("unix:/var/run/nscd")
    claim = lines.asking("connect", act.target)
    if is_quiet or lines.is_of_tests("connect", act.target):
        return []
    if claim is None and runs.with_tests:
        return []
    return [Observed("network", act.target, "connect", bool(act.error), *_at(claim))]


def _of_socket(lines: _Lines, act: Act) -> list[Observed]:
    plain = " ".join(word.partition("|")[0] for word in act.target.split(" "))
    claim = lines.asking("socket", plain, act.target)
    if claim is None and any(word in act.target for word in _OF_LOOKUPS):
        return []
    if lines.is_of_tests("socket", plain, act.target):
        return []
    return [Observed("network", plain, "socket", bool(act.error), *_at(claim), claim is not None)]


# --- what only the process itself says -------------------------------------------------------


def _of_claims(runs: Runs, lines: _Lines) -> list[Observed]:
    """Take what nobody else could see: names that were looked up; all of it without a kernel's word."""
    is_alone = any(watched.by == "hook" for watched in runs.watched)
    found: list[Observed] = []
    for claim in lines.tool:
        if claim.kind == "lookup":
            found += _of_lookup(runs, claim)
        elif is_alone and claim.kind in ("read", "write"):
            kind = "read" if claim.kind == "read" else "write"
            found += _of_file(runs, lines, Act(kind, claim.target))
        elif is_alone and claim.kind == "process":
            found += _of_process(runs, lines, Act("process", claim.target))
        elif is_alone and claim.kind == "connect":
            found += _of_connection(runs, lines, Act("connect", claim.target))
    return found


def _of_lookup(runs: Runs, claim: Claim) -> list[Observed]:
    """Nothing but declared names resolves inside the walls, so any other came to nothing."""
    known = {endpoint.host for endpoint in runs.fakes.endpoints}
    known |= {endpoint.address for endpoint in runs.fakes.endpoints}
    if claim.target in known or claim.target in _NAMES_OF_ITSELF:
        return []
    return [
        Observed("network", claim.target, "look up", refused=True, path=claim.path, line=claim.line)
    ]


# --- what evidence carries -------------------------------------------------------------------


def measured(observed: Iterable[Observed], *, runs: int, is_cut: bool) -> dict[str, Json]:
    """Write what was observed as measurements, for the check `effects` to read."""
    return {
        "observed": [observed_to_json(one) for one in gathered(observed)],
        "observed_runs": runs,
        "observed_is_cut": is_cut,
    }


def fake_findings(check: str, runs: Runs) -> list[Finding]:
    """Tell which requests no cassette answered, and which hosts there is no fake of."""
    found: dict[str, Finding] = {}
    for seen in runs.seen:
        if seen.entry or not seen.is_faked:
            path, line = line_of(runs, seen)
            finding = _fake_finding(check, runs, seen, path, line)
            found.setdefault(finding.message, finding)
    return list(found.values())


def _fake_finding(check: str, runs: Runs, seen: Seen, path: str, line: int) -> Finding:
    text = snippet(runs.fakes.bundle, path, line)
    if not seen.is_faked:
        return Finding(
            f"{check}.not-faked", "warning", f"{seen.name}: {seen.how} while nobody approved it yet.",
            path, line, line, text, category="cassettes",
            why="The tool was refused this connection in every run that was looked at.",
            fix="Nothing to mend: reviewers see that this part was not tried.",
        )  # fmt: skip
    return Finding(
        f"{check}.unrecorded", "error", f"No cassette answers {seen.how} at {seen.name}.",
        path, line, line, text, category="cassettes",
        why="Before it is approved a tool reaches no host; recorded replies stand in for them.",
        fix=f"Add to `exchanges` of cassettes/NAME.json, with the reply: {seen.entry}",
    )  # fmt: skip
