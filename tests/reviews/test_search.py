"""Which words of a query count, and in which order what was found is shown."""

from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.search import MOST_CONCEPTS, Concept, Hit, concepts, rank, texts, words
from toolvet_reviews.synonyms import alike
from toolvet_reviews.values import Digest

ADD, SUM, PAY = Digest("sha256:a"), Digest("sha256:b"), Digest("sha256:c")
VISIBLE = {ADD: "add_line", SUM: "sum_line", PAY: "pay"}


def exact(concept: int, digest: Digest, field: str = "name") -> Hit:
    return Hit(concept, field, digest, exact=True)  # pyright: ignore[reportArgumentType]


def test_a_name_comes_apart_into_its_words():
    assert words("billing__lineTotal of HTTPServer2x") == [
        *("billing", "line", "total", "of", "http", "server2x")
    ]


def test_accents_come_off_and_writing_without_spaces_comes_apart():
    assert words("Überweisung ﬁnden") == ["uberweisung", "finden"]
    assert words("発行日order請") == ["発行", "行日", "order", "請"]


def test_words_that_say_nothing_are_not_looked_for():
    assert [concept.word for concept in concepts("A tool to add the line items")] == [
        "add",
        "line",
        "items",
    ]
    assert concepts("the tool that is a") == ()


def test_a_word_brings_its_synonyms_with_common_endings():
    assert "delete" in alike("removing")
    assert "email" in alike("mails")
    assert "invoice" in alike("bills")
    assert alike("zebra") == ()
    assert concepts("erase")[0] == Concept("erase", alike("erase"))


@given(st.text())
def test_any_query_has_few_plain_words(query: str):
    found = concepts(query * 50)

    assert len(found) <= MOST_CONCEPTS
    for concept in found:
        assert concept.word.isalnum()
        assert all(word.isalnum() for word in concept.synonyms)


def test_a_name_counts_more_than_a_description_and_that_more_than_an_example():
    hits = [exact(0, ADD, "examples"), exact(0, SUM, "name"), exact(0, PAY, "description")]

    assert rank("x", hits, VISIBLE) == [SUM, PAY, ADD]


def test_the_word_itself_counts_more_than_a_synonym():
    hits = [Hit(0, "name", ADD, exact=False), exact(0, SUM)]

    assert rank("x", hits, VISIBLE) == [SUM, ADD]


def test_more_words_found_count_more_and_noise_beside_a_good_match_is_left_out():
    hits = [exact(0, ADD), exact(1, ADD), exact(0, SUM), exact(1, PAY, "examples")]

    assert rank("x", hits, VISIBLE) == [ADD, SUM]


def test_a_tool_is_not_one_that_does_it_because_it_takes_a_word_of_it():
    takes_email = [exact(1, PAY, "parameters")]

    assert rank("send email", takes_email, VISIBLE, count=2) == []
    assert rank("email", takes_email, VISIBLE, count=1) == [PAY]


def test_a_whole_name_in_the_query_comes_first():
    hits = [exact(0, ADD), exact(1, ADD)]

    assert rank("can sum_line do it", hits, VISIBLE)[0] == SUM
    assert rank(" PAY ", hits, VISIBLE)[0] == PAY
    assert rank("pay for it", hits, VISIBLE)[0] == ADD


def test_tools_one_may_not_call_change_nothing():
    hits = [exact(0, ADD), exact(0, SUM, "description"), exact(1, SUM)]
    hidden = [exact(place, Digest(f"sha256:h{n}")) for n in range(50) for place in (0, 1)]

    assert rank("x", [*hidden, *hits], VISIBLE) == rank("x", hits, VISIBLE)


def test_every_text_of_a_value_is_found_in_order_however_deep():
    deep: object = "end"
    for _ in range(10_000):
        deep = [deep]

    assert texts({"a": ["b", {"c": 1, "d": None}], "e": "f"}) == ["a", "b", "c", "d", "e", "f"]
    assert texts(deep) == ["end"]  # pyright: ignore[reportArgumentType]
