"""A patch held against its digests: what it gives must be the files that a comparison names."""

from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError
from toolvet_reviews import digests, patches
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.review_views import Comparison


def checked(
    client: Client, proposal: str, *, from_: str = "published", to: int | None = None
) -> tuple[bytes, Comparison]:
    """Fetch a patch, apply it here to the files it starts from, and compare by digest.

    Args:
        client: Of somebody who may see every proposal.
        proposal: `P-<n>`.
        from_: `published`, `seen`, or a revision's number.
        to: A revision; None is the newest when this begins.

    Raises:
        DifferenceError: It does not give the files that the comparison names.
    """
    newest = client.show(proposal).revision if to is None else to
    compared = client.compare(proposal, from_=from_, to=newest)
    patch = client.patch(proposal, from_=from_, to=newest)
    before: dict[str, bytes] = {}
    for one in compared.files:
        if one.old_digest is not None and one.old_digest != one.new_digest:
            before[one.path] = client.blob(one.old_digest)
            if digests.sha256(before[one.path]) != one.old_digest:
                raise DifferenceError(f"the bytes of {one.path} are not those of its digest")
    try:
        found = patches.apply(before, patch)
    except ReviewError as error:
        raise DifferenceError(f"the patch does not apply: {error}") from error
    wanted = {
        one.path: one.new_digest
        for one in compared.files
        if one.new_digest is not None and one.old_digest != one.new_digest
    }
    if {path: digests.sha256(data) for path, data in found.items()} != wanted:
        raise DifferenceError("the patch gives other files than the comparison names")
    return patch, compared
