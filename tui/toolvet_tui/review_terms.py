"""The page of the specification and the definition: what callers are told, what it may do, at once.

Only from the checked manifest. While there is none, the specification is in the files.
"""

from collections.abc import Iterable, Iterator

from toolvet_reviews.manifest import Manifest
from toolvet_reviews.review_views import Anchor, ThingChanged
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import flat, kind_in_words, one_line, visible
from toolvet_tui.paper import Block
from toolvet_tui.review_reading import Reading

MOST_FIELDS = 200
_LONGEST = 600
_SIGN_TONES = {"new": "unsure", "gone": "unsure", "changed": "unsure", "moved": "quiet"}


def terms(reading: Reading) -> list[Block]:
    """Write the page."""
    blocks = changed(reading.things("spec", "definition"), reading.against)
    shown = reading.review.shown
    if shown is None:
        said = "there is no checked definition yet; the specification is in the files"
        return [*blocks, Block("Definition", is_heading=True), Block(said, tone="unsure")]
    return [*blocks, *_definition(shown.manifest), *_declared(shown.manifest)]


def changed(things: Iterable[ThingChanged], against: str) -> list[Block]:
    """Write what differs; each line is one that needs a look until it was seen."""
    found = list(things)
    if not found:
        return []
    blocks = [Block(f"Changed since {against_words(against)}", is_heading=True)]
    for one in found[:MOST_FIELDS]:
        was, now = one_line(one.before, _LONGEST) or "none", one_line(one.after, _LONGEST) or "none"
        text = {"new": now, "gone": f"was {was}"}.get(one.sign, f"{was}  →  {now}")
        kind = "effect" if one.area == "effect" else "test" if one.area == "test" else "field"
        tone = _SIGN_TONES.get(one.sign, "unsure")
        blocks.append(
            Block(
                f"{one_line(one.name, 160)}: {text}",
                one.sign,
                tone,  # pyright: ignore[reportArgumentType] - one of the tones above
                one_line(one.path),
                one.line,
                about=Anchor(kind, name=one.name),
                wanted=one.unseen and one.sign != "moved",
            )
        )
    if len(found) > MOST_FIELDS:
        blocks.append(Block(f"and {len(found) - MOST_FIELDS} more", tone="unsure"))
    return blocks


def against_words(against: str) -> str:
    """Name what is compared with."""
    if against == "published":
        return "the published release"
    if against == "seen":
        return "your last look"
    return f"revision {one_line(against)}"


def _definition(manifest: Manifest) -> Iterator[Block]:
    told = manifest.definition
    yield Block("Definition, as every model reads it", is_heading=True)
    yield _field("served as", one_line(told.name), "definition.name")
    if told.title:
        yield _field("title", one_line(told.title), "definition.title")
    yield _field("says", visible(told.description), "definition.description")
    yield from _schema("takes", told.input_schema, "input")
    yield from _schema("gives", told.output_schema, "output")
    for name, value in told.annotations.items():
        yield _field("hint", f"{one_line(name)}: {flat(value)}", f"definition.annotations.{name}")


def _schema(label: str, schema: JsonObject, name: str) -> Iterator[Block]:
    members = schema.get("properties")
    if not isinstance(members, dict) or not members:
        yield _field(label, one_line(flat(schema), _LONGEST), f"definition.{name}")
        return
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    for member, said in list(members.items())[:MOST_FIELDS]:
        optional = "" if member in needed else ", optional"
        fields = said if isinstance(said, dict) else JsonObject()
        doc = fields.get("description")
        rest: dict[str, Json] = {
            key: value for key, value in fields.items() if key not in ("description", "title")
        }
        words = f": {one_line(doc, _LONGEST)}" if isinstance(doc, str) else ""
        text = f"{one_line(member)} ({one_line(flat(rest), 200)}{optional}){words}"
        yield _field(label, text, f"definition.{name}.{member}")


def _declared(manifest: Manifest) -> Iterator[Block]:
    yield Block("Specification", is_heading=True)
    kind = manifest.effects.get("kind")
    named = kind if kind in ("pure", "read", "write", "destructive") else None
    tone = "good" if kind == "pure" else "bad" if kind == "destructive" else "plain"
    about = Anchor("field", name="effects.kind")
    yield Block(kind_in_words(named), "kind", tone, about=about)
    for name, value in manifest.effects.items():
        if name != "kind" and value:
            items = value if isinstance(value, list) else [value]
            for item in items:
                yield _field("may", f"{one_line(name)}: {flat(item)}", f"effects.{name}")
    for label, value in (
        ("once", manifest.idempotency), ("limits", manifest.limits), ("retry", manifest.retry),
    ):  # fmt: skip
        if value:
            field = "idempotency" if label == "once" else label
            yield _field(label, one_line(flat(value), _LONGEST), field)
    yield _field("walls", f"at least {manifest.lowest_tier}", "lowest_tier", tone="quiet")
    yield _field("entry", one_line(manifest.entry), "tool.entry", tone="quiet")
    if manifest.environment:
        yield _field("packages", manifest.environment, "environment", tone="quiet")


def _field(label: str, text: str, name: str, tone: str = "plain") -> Block:
    about = Anchor("field", name=name)
    return Block(text, label, tone, about=about)  # pyright: ignore[reportArgumentType]
