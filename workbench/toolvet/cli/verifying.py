"""The command `toolvet verify`: which bundles, which checks, and in which form the answer goes where."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson
from toolvet.cli.output import emit, say
from toolvet.client import bundles
from toolvet.client.errors import BundlePathError
from toolvet.config import VERSION

if TYPE_CHECKING:
    from toolvet.cli.local_verify import Given
    from toolvet_reviews.views import VerdictView

Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="A .py file or a folder; several are fine.")
]
Toolset = Annotated[str | None, typer.Option(help="For a file whose metadata names none.")]
Report = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write it there; - for standard output.")
]
Names = Annotated[list[str] | None, typer.Option(metavar="CHECK", help="May be repeated.")]


def verify(
    paths: Paths,
    toolset: Toolset = None,
    sarif: Report = None,
    junit: Report = None,
    only: Names = None,
    skip: Names = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="PATHs are changed files: verify their bundles.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Find everything out anew; believe no earlier run.")
    ] = False,
    install: Annotated[
        bool, typer.Option("--install", help="Fetch the scanner first, if it is missing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the checks here, without a proposal.

    Exit 0 when nothing objects, 1 when something does or is not known, 2 for wrong words, 3 when
    nothing can be run here.
    """
    from toolvet.cli.local_verify import Wanted, verify_here
    from toolvet.cli.papers import Paper

    is_data = _one_on_stdout(as_json=as_json, sarif=sarif, junit=junit)
    given = _given(paths, toolset, changed=changed)
    is_many = changed or len(paths) > 1
    go_on = is_many or sarif is not None or junit is not None
    wanted = Wanted(tuple(only or ()), tuple(skip or ()), fresh, install, go_on)
    if not given:
        say("Nothing to verify: none of these files belongs to a bundle.")
    stream = sys.stderr if is_data else sys.stdout
    with Paper(stream, quiet=is_data) as paper:
        views = verify_here(given, wanted, paper) if given else []
    _report(views, sarif, junit)
    if as_json:
        emit({"items": views} if is_many else views[0], as_json=True, render=str)
    sys.exit(0 if all(view.verdict != "failed" for view in views) else NO)


def _one_on_stdout(*, as_json: bool, sarif: str | None, junit: str | None) -> bool:
    """Tell whether standard output is data.

    Raises:
        UsageError: It is asked to be two things at once.
    """
    asked = [name for name, wants in (("--json", as_json), ("--sarif -", sarif == "-"),
             ("--junit -", junit == "-")) if wants]  # fmt: skip
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} both want standard output; name a file for one")
    return bool(asked)


def _given(paths: Sequence[Path], toolset: str | None, *, changed: bool) -> "list[Given]":
    from toolvet.cli.authoring import sidecar
    from toolvet.cli.changed import bundles_of
    from toolvet.cli.local_verify import Given

    found = bundles_of(paths, Path.cwd()) if changed else paths
    return [
        Given(_place(path), bundles.read(path), sidecar(path), toolset, path.is_file())
        for path in found
    ]


def _place(path: Path) -> str:
    """Name a bundle relative to where we are, as code hosts do; else by its name."""
    try:
        found = path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        return path.name
    return found.as_posix()


def _report(views: "Sequence[VerdictView]", sarif: str | None, junit: str | None) -> None:
    if sarif is not None:
        from toolvet_reviews.sarif import to_sarif

        text = json.dumps(to_sarif(views, version=VERSION), indent=1) + "\n"
        _write(sarif, text.encode("ascii"))
    if junit is not None:
        from toolvet_reviews.junit import to_junit

        _write(junit, to_junit(views))


def _write(place: str, data: bytes) -> None:
    if place == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    path = Path(place)
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        made.write_bytes(data)
        made.replace(path)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise BundlePathError(f"cannot write {place}: {error.strerror}") from error
