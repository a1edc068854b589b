"""Files that go to and from tools by reference: stored by digest, never through the model."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from functools import partial

from toolvet.engine.services import Services
from toolvet.errors import ArgumentsError, NotFoundError, ToolvetError
from toolvet_reviews import digests, file_parameters
from toolvet_reviews.values import Digest, Json, JsonObject

Keep = Callable[[str, bytes], Awaitable[JsonObject]]

KIND = "artifact"
LARGEST = 64 * 1024 * 1024
"""Bytes of one artifact."""
INLINE = 1024 * 1024
"""Bytes of a file that is sent inside the arguments."""


class ArtifactError(ToolvetError):
    """A file that cannot be taken."""

    code = "artifact.refused"


async def put(services: Services, name: str, data: bytes) -> JsonObject:
    """Keep a file; answer how to name it in arguments.

    Raises:
        ArtifactError: It is too large, or its name is no file name.
    """
    check(name, data)
    digest = await services.store.write(lambda unit: unit.put_blob(data, KIND))
    return {"name": name, "size": len(data), "digest": digest}


def check(name: str, data: bytes) -> None:
    """Refuse what no artifact may be.

    Raises:
        ArtifactError: It is too large, or its name is no file name.
    """
    if len(data) > LARGEST:
        raise ArtifactError(f"an artifact has at most {LARGEST} bytes")
    if not name or len(name) > 200 or "/" in name or "\0" in name:
        raise ArtifactError(f"not a file name: {name[:80]!r}")


async def get(services: Services, digest: str) -> bytes:
    """Give the bytes of a file by digest; knowing the digest is the right to read it.

    Raises:
        NotFoundError: No such file.
    """
    if not digests.is_digest(digest):
        raise NotFoundError("an artifact is named by its digest")
    return await services.store.query(lambda view: view.blob(Digest(digest), KIND))


async def take_inline(services: Services, schema: JsonObject, arguments: Json) -> Json:
    """Turn files that were sent inside the arguments into references to artifacts.

    Raises:
        ArgumentsError: The content is too large, or not base64.
    """
    return await replace_inline(partial(put, services), schema, arguments)


async def replace_inline(keep: Keep, schema: JsonObject, arguments: Json) -> Json:
    """Turn files that were sent inside the arguments into references.

    Args:
        keep: Takes name and content, and gives the reference.
        schema: The advertised input schema; see `toolvet_reviews.file_parameters`.
        arguments: As they were sent.

    Raises:
        ArgumentsError: The content is too large, or not base64.
    """
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not isinstance(arguments, dict):
        return arguments
    taken = dict(arguments)
    for name, wanted in properties.items():
        value, items = taken.get(name), wanted.get("items") if isinstance(wanted, dict) else None
        if file_parameters.is_parameter(wanted):
            taken[name] = await _keep(keep, value)
        elif isinstance(value, list) and file_parameters.is_parameter(items):
            taken[name] = [await _keep(keep, one) for one in value]
    return {name: value for name, value in taken.items() if name in arguments}


async def _keep(keep: Keep, value: Json) -> Json:
    if not isinstance(value, dict) or not file_parameters.is_content(value):
        return value
    return await keep(str(value["name"]), _content(value))


def _content(value: JsonObject) -> bytes:
    if "text" in value:
        data = str(value["text"]).encode("utf-8", "surrogatepass")
    else:
        try:
            data = base64.b64decode(str(value["base64"]), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ArgumentsError("base64: not base64") from error
    if len(data) > INLINE:
        raise ArgumentsError(
            f"a file inside the arguments has at most {INLINE} bytes",
            hint="Upload it first: POST /api/v1/artifacts.",
        )
    return data
