"""`toolvet export`: what is served, as plain files that git can keep."""

from pathlib import Path
from typing import Annotated

import typer

from toolvet.cli.desk import sit_down
from toolvet.cli.options import AsJson
from toolvet.cli.output import emit
from toolvet.cli.progress import Progress
from toolvet_reviews.words import counted

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Empty, or of an earlier export.")]


def export(folder: Folder, as_json: AsJson = False) -> None:
    """Write what is served as files, for reading and for git."""
    from toolvet.client.export import Exported
    from toolvet.client.export import export as write

    client = sit_down().client
    with Progress("exporting") as progress:
        done = write(client, folder.absolute(), lambda place: progress(f"exporting {place}"))

    def text(done: Exported = done) -> str:
        lines = [f"written    {place}" for place in done.written]
        lines += [f"removed    {place}" for place in done.removed]
        there = counted(len(done.written) + len(done.unchanged), "tool")
        return "\n".join([*lines, f"{there} in {done.folder}"]) + "\n"

    emit(done, as_json=as_json, render=text)
