"""Files for arguments that are one: those of the examples, and odd ones.

A generated reference names a file that nobody has; it is replaced by one that is there.
"""

from toolvet.checks.fake_host import FakeHost
from toolvet_reviews import digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.file_parameters import REFERENCE
from toolvet_reviews.values import Json, JsonObject

_ODD: dict[str, bytes] = {
    "empty.txt": b"",
    "one_line_feed.txt": b"\n",
    "no_line_end.txt": b"a",
    "byte_order_mark.csv": b"\xef\xbb\xbfa,b\r\n1,2\r\n",
    "utf8.txt": "é 日本 \U0001f600\n".encode(),
    "latin1.txt": b"caf\xe9\n",
    "binary.bin": bytes(range(256)),
    "one_long_line.txt": b"a" * 20_000,
    "brace.json": b"{",
    "array.json": b"[]",
}
_MOST = 4 << 20


def with_contents(bundle: Bundle, arguments: JsonObject) -> JsonObject:
    """Let every reference to a file name one that is there, chosen by what it said before."""
    held = _held(bundle)
    known = {digests.sha256(data) for data in bundle.files.values()}

    def replaced(value: Json) -> Json:
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == REFERENCE and value["digest"] not in known:
            place = int(digests.of_json(value)[-6:], 16) % len(held)
            name, data = held[place]
            return {"name": name, "size": len(data), "digest": digests.sha256(data)}
        return {key: replaced(item) for key, item in value.items()}

    return {key: replaced(item) for key, item in arguments.items()}


def lay_out(bundle: Bundle, host: FakeHost, arguments: JsonObject) -> None:
    """Let a host hold every file that arguments may name, if they name any."""
    if holds_file(arguments):
        for name, data in _held(bundle):
            host.add_file(name, data)


def holds_file(value: Json) -> bool:
    """Tell whether a value refers to a file anywhere."""
    if isinstance(value, list):
        return any(map(holds_file, value))
    return isinstance(value, dict) and (
        value.keys() == REFERENCE or any(map(holds_file, value.values()))
    )


def _held(bundle: Bundle) -> list[tuple[str, bytes]]:
    paths = {path for example in bundle.spec.examples for path in example.files.values()}
    given = [
        (path.rpartition("/")[2], bundle.files[path]) for path in sorted(paths & set(bundle.files))
    ]
    shorter = [(f"half_of_{name}", data[: len(data) // 2]) for name, data in given]
    fitting = [(name, data) for name, data in (*given, *shorter) if len(data) <= _MOST]
    return [*fitting, *fitting, *_ODD.items()]
