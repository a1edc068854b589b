"""The words of watching: what one run did or tried, and who says so."""

from dataclasses import dataclass
from typing import Literal

ActKind = Literal["read", "write", "process", "connect", "socket", "system"]
"""`process`: a program or a fork. `socket`: one of a family or type that was refused. `system`: a
call to the kernel that no tool has a use for."""


@dataclass(frozen=True)
class Act:
    """One thing done or tried, however often."""

    kind: ActKind
    target: str
    """A path, a program, `ADDRESS:PORT`, a family with its type, or the name of a system call."""
    error: str = ""
    """Such as `EPERM`; empty when it happened."""


@dataclass(frozen=True)
class Watched:
    """What one run did."""

    acts: tuple[Act, ...]
    """Each once, in the order in which they were seen first."""
    by: Literal["strace", "hook"]
    """`hook`: nobody could watch from outside; see `toolvet.checks` for what the process says."""
    cut: bool = False
    """There was more than is kept, or the end was not seen: this is not all."""

    def _of(self, *kinds: ActKind) -> tuple[str, ...]:
        return tuple(act.target for act in self.acts if act.kind in kinds and not act.error)

    @property
    def opens(self) -> tuple[str, ...]:
        """Paths that were opened for reading."""
        return self._of("read")

    @property
    def writes(self) -> tuple[str, ...]:
        """Paths that were made, written, moved or removed."""
        return self._of("write")

    @property
    def processes(self) -> tuple[str, ...]:
        """Programs that were started, and forks."""
        return self._of("process")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Addresses with ports that were connected to."""
        return self._of("connect")

    @property
    def refused(self) -> tuple[Act, ...]:
        """Everything that was tried and did not happen."""
        return tuple(act for act in self.acts if act.error)
