"""Attest a release, for verifiers that know nothing of Toolvet."""

from pathlib import Path
from typing import Annotated

import typer

from toolvet.cli.desk import sit_down
from toolvet.cli.options import AsJson
from toolvet.cli.output import emit, say


def attest(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a published tool.")],
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="By default the one that is served.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder; by default NAME-vN.attest.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Name the reviewers as well as their keys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Export the review of a release as signed attestations."""
    from toolvet.client.attest import fetch, write

    desk = sit_down()
    bundle = fetch(desk.client, desk.service, name, version, names=names)
    folder = out or Path(f"{name}-v{bundle.attestation.version}.attest")
    write(bundle, folder)
    say(f"{bundle.resource}, release {bundle.attestation.release}")
    answer = {
        "folder": str(folder),
        "files": sorted(bundle.files),
        "resource": bundle.resource,
        "release": bundle.attestation.release,
    }
    listed = "".join(f"{folder / file}\n" for file in sorted(bundle.files))
    emit(answer, as_json=as_json, render=lambda: listed)
