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
