"""The index of words finds the same on both databases."""

import pytest

from toolvet.storage import Store
from toolvet_reviews.search import Concept, Hit, Words, concepts, rank
from toolvet_reviews.values import Digest

DELETE, SEND, HOLIDAY = (Digest(f"sha256:{mark * 64}") for mark in "abc")
WORDS = {
    DELETE: Words(
        "billing invoice delete", "delete an invoice that was never sent", "number", "inv 7"
    ),
    SEND: Words(
        "mailing email send", "send one e mail to a customer", "address subject", "ada hello"
    ),
    HOLIDAY: Words(
        "hr working hours", "count hours between two dates 有給 休暇", "holidays days off", "berlin"
    ),
}
NAMES = {
    DELETE: "billing__invoice_delete",
    SEND: "mailing__email_send",
    HOLIDAY: "hr__working_hours",
}
QUERIES = {
    "the name": ("invoice_delete", DELETE),
    "other endings": ("deleting invoices", DELETE),
    "a synonym": ("remove a bill", DELETE),
    "a parameter": ("days off", HOLIDAY),
    "an example": ("berlin", HOLIDAY),
    "accents and capitals": ("BERLÍN", HOLIDAY),
    "a part of what has no spaces": ("計算有給休暇", HOLIDAY),
    "a mail": ("mail customers", SEND),
}
ODD = {
    "nothing": "",
    "operators": 'AND OR NOT NEAR("a" b) ^x -y +z col:{a b}',
    "quotes": "\"'\"'\\''; drop table tool_words; --",
    "tsquery": "a & b | !c <-> d:*A",
    "NUL": "inv\0oice",
    "very long": "invoice " * 2_000,
    "one long word": "x" * 10_000,
    "marks": "٪ ﷽ 👩‍👩‍👧 ﬀ İ ß फ़",
    "half a pair": "\ud800 invoice",
}


@pytest.fixture
def filled(store: Store) -> Store:
    store.write_sync(lambda unit: unit.tool_words.put(WORDS))
    return store


def best(store: Store, query: str) -> list[Digest]:
    asked = concepts(query)
    with store.read() as view:
        hits = view.tool_words.hits(asked)
    return rank(query, hits, NAMES, count=len(asked))


@pytest.mark.parametrize(("query", "expected"), QUERIES.values(), ids=QUERIES)
def test_a_tool_is_found_by(filled: Store, query: str, expected: Digest):
    assert best(filled, query)[:1] == [expected]


@pytest.mark.parametrize("query", ODD.values(), ids=ODD)
def test_no_query_breaks_the_search(filled: Store, query: str):
    assert set(best(filled, query)) <= NAMES.keys()


def test_what_no_tool_does_is_not_found(filled: Store):
    assert best(filled, "translate poems into latin") == []


def test_a_hit_says_where_and_whether_by_the_word_itself(filled: Store):
    with filled.read() as view:
        hits = view.tool_words.hits([Concept("remove", ("delete",)), Concept("number")])

    assert [hit for hit in hits if hit.digest == DELETE] == [
        Hit(0, "name", DELETE, exact=False),
        Hit(0, "description", DELETE, exact=False),
        Hit(1, "parameters", DELETE, exact=True),
    ]


def test_words_are_written_over_and_read_back(filled: Store):
    other = Words("a zebra", "b", "c", "")
    filled.write_sync(lambda unit: unit.tool_words.put({DELETE: other}))

    with filled.read() as view:
        stored = view.tool_words.stored([DELETE, SEND, Digest("sha256:none")])
    assert stored == {DELETE: other, SEND: WORDS[SEND]}
    assert best(filled, "zebra") == [DELETE]
    assert best(filled, "erase an invoice") == []


SAID = {
    "create": "make a new",
    "delete": "remove",
    "list": "enumerate all",
    "update": "modify the",
    "send": "dispatch",
    "compare": "differences between",
    "validate": "checking",
    "export": "exporting every",
    "merge": "combine",
    "summarize": "report on",
}
"""How somebody asks for a tool whose author called it something else."""
THINGS = {
    "invoice": "bills",
    "customer": "clients",
    "email": "mails",
    "order": "orders",
    "product": "products",
    "ticket": "tickets",
    "contract": "contracts",
    "vacation": "holidays",
    "address": "addresses",
    "picture": "images",
}


def test_other_words_find_the_right_tool_among_a_hundred(store: Store):
    made = {
        Digest(f"sha256:{thing}-{verb}"): (f"{thing}_{verb}", verb, thing)
        for verb in SAID
        for thing in THINGS
    }
    store.write_sync(
        lambda unit: unit.tool_words.put(
            {
                digest: Words(name, f"{verb} one {thing} by its id", f"{thing} id", "17")
                for digest, (name, verb, thing) in made.items()
            }
        )
    )
    visible = {digest: name for digest, (name, _, _) in made.items()}
    places: list[int] = []
    for digest, (_, verb, thing) in made.items():
        query = f"{SAID[verb]} {THINGS[thing]}"
        asked = concepts(query)
        with store.read() as view:
            found = rank(query, view.tool_words.hits(asked), visible, count=len(asked))
        places.append(found.index(digest) if digest in found else len(made))

    first = sum(place == 0 for place in places) / len(places)
    among_five = sum(place < 5 for place in places) / len(places)
    assert first >= 0.9, first
    assert among_five >= 0.98, among_five


def test_no_letter_of_any_script_breaks_the_search(filled: Store):
    letters = [mark for mark in map(chr, range(0x80, 0x1FBFF)) if mark.isalnum()]
    asked = [Concept("".join(letters[start : start + 40])) for start in range(0, 20_000, 400)]
    asked += [Concept(mark) for mark in letters[:: len(letters) // 200]]

    with filled.read() as view:
        hits = view.tool_words.hits(asked)
    assert {hit.digest for hit in hits} <= NAMES.keys()
