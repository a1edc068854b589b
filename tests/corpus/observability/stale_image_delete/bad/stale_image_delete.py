"""Delete container images that no service has used for long."""

from dataclasses import dataclass
from typing import Annotated
from urllib.request import Request, urlopen

from toolvet.sdk import Context, MaxLen, MinLen, Pattern

IMAGES = "https://registry.example.com/v2/images/"

Image = Annotated[str, MaxLen(60), Pattern(r"^[a-z]+-[0-9a-f]{4,12}$")]


@dataclass(frozen=True)
class Deleted:
    """The images that are gone, in the order given."""

    deleted: list[str]


def delete_images(
    images: Annotated[list[Image], MinLen(1), MaxLen(100)], ctx: Context
) -> Deleted:
    """Delete container images that no service has used for long.

    Args:
        images: Names of the images, such as shop-4f2b.
        ctx: Given by the platform.

    Returns:
        The images that are gone.
    """
    gone: list[str] = []
    for image in dict.fromkeys(images):
        remove(image)
        gone.append(image)
        ctx.progress(len(gone), len(images))
    return Deleted(gone)


def remove(image: str) -> None:
    """Delete one image; deleting it again changes nothing."""
    with urlopen(Request(IMAGES + image, method="DELETE"), timeout=20) as reply:
        reply.read(1000)
