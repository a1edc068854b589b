"""From the lines of strace to the acts of each run. Pure; no I/O.

A run begins when one of our processes puts itself behind its filter, and takes in every process and
thread that comes of it. What our own processes did before that moment is left out. No filter lets
anybody install another, so each that is installed is ours; the fork server's own is one of them.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from toolvet.sandbox.watch import lines
from toolvet.sandbox.watch.lines import MARK, Call
from toolvet.sandbox.watch.model import Act, Watched

MOST_ACTS = 400
"""Different ones, of one run."""
MOST_LINES = 200_000
"""Of one tracer that are read; from then on only the ends of processes are."""
_MOST_WAITING = 500
"""Lines of a process whose origin is not known yet."""
_UNFINISHED = " <unfinished ...>"


@dataclass
class _Run:
    """What one run has done so far."""

    acts: dict[Act, None] = field(default_factory=dict[Act, None])
    folder: str = "/tmp"  # noqa: S108 - where every run begins, inside its walls
    is_cut: bool = False
    programs: int = 0


class Trace:
    """Takes lines as they come. The process ids are those of the tracer's own namespace."""

    def __init__(self, *, is_program: bool = False, quiet: tuple[str, ...] = ()) -> None:
        """Begin.

        Args:
            is_program: The first program a run executes is the one that was ordered.
            quiet: Folders that everybody reads: an interpreter opens hundreds of files in them.
        """
        self._is_program = is_program
        self._quiet = tuple(f"{folder}/" for folder in quiet)
        self._runs: dict[int, _Run] = {}
        self._root: dict[int, int] = {}
        """Process to the first process of its run."""
        self._served: dict[int, int] = {}
        """What the first run, the fork server, has forked: its own number to process."""
        self._begun: dict[int, str] = {}
        """Process to a call that has not ended."""
        self._waiting: defaultdict[int, list[str]] = defaultdict(list)
        self._server = 0
        self._lines = 0

    def line(self, line: str) -> int:
        """Take one line; returns the id of a process that ended with it, else 0."""
        number, _, text = line.partition(" ")
        if not number.isdigit():
            return 0
        process, text = int(number), text.lstrip()  # short numbers are padded
        if text.startswith("+++ "):
            self._begun.pop(process, None)
            return process
        self._lines += 1
        if self._lines > MOST_LINES:
            self._cut_all()
        elif not text.startswith("--- "):
            self._call(process, text)
        return 0

    def watched(self, process: int, *, saw_end: bool = True) -> Watched:
        """Give what the run of a first process did, and forget it."""
        run = self._runs.pop(process, None)
        if run is None:
            return Watched((), "strace", cut=True)
        return Watched(tuple(run.acts), "strace", cut=run.is_cut or not saw_end)

    def served(self, number: int) -> int:
        """Give the first process of a run by the id that the fork server knows it by; 0 for none."""
        return self._served.get(number, 0)

    @property
    def first(self) -> int:
        """The first process of the first run there is; 0 before there is one."""
        return next(iter(self._runs), 0)

    def _call(self, process: int, text: str) -> None:
        if text.endswith(_UNFINISHED):
            self._begun[process] = text.removesuffix(_UNFINISHED)
            return
        if text.startswith("<... "):
            rest = text.partition(" resumed>")[2]
            text = self._begun.pop(process, "") + rest
        call = lines.parse(text)
        if call is None:
            return
        if call.name == MARK and not call.error:
            self._begin(process)
        elif process in self._root:
            self._done(self._root[process], call)
        elif len(self._waiting[process]) <= _MOST_WAITING:
            self._waiting[process].append(text)

    def _begin(self, process: int) -> None:
        self._server = self._server or process
        self._waiting.pop(process, None)
        self._root[process] = process
        self._runs[process] = _Run()

    def _done(self, root: int, call: Call) -> None:
        run = self._runs.get(root)
        if run is None:
            return
        if call.child and not call.error:
            if root == self._server:
                self._served[int(call.result)] = call.child
            self._adopt(root, call.child, run)
        if call.name.startswith("exec") and not call.error:
            run.programs += 1
            if self._is_program and run.programs == 1:
                return
        for act in lines.acts(call, run.folder):
            if act.kind == "read" and f"{act.target}/".startswith(self._quiet):
                continue
            if len(run.acts) < MOST_ACTS:
                run.acts[act] = None
            elif act not in run.acts:
                run.is_cut = True
        run.folder = lines.folder_after(call, run.folder)

    def _adopt(self, root: int, child: int, run: _Run) -> None:
        """Take in what a run forked, and what that has done before the fork was reported."""
        self._root[child] = root
        earlier = self._waiting.pop(child, [])
        run.is_cut |= len(earlier) > _MOST_WAITING
        for text in earlier:
            call = lines.parse(text)
            if call is not None:
                self._done(root, call)

    def _cut_all(self) -> None:
        for run in self._runs.values():
            run.is_cut = True
