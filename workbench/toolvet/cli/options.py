"""Options that several commands share."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
ProposalId = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Such as P-12.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the entry.")]
Digest = Annotated[
    str | None,
    typer.Option("--digest", metavar="D", help="Decide only if this is still what is up."),
]
Note = Annotated[str, typer.Option("--note", help="Words for the author.")]
