"""The pure parts behind disturbed runs: ledgers, what an answer admits, keys, the choice of points."""

import json

from hypothesis import given
from hypothesis import strategies as st

from toolvet.checks.confined import keys
from toolvet.checks.probing import plan
from toolvet.checks.probing.accounts import admitted, is_unfinished
from toolvet.checks.probing.ledgers import (
    Difference,
    Ledger,
    Noise,
    differences,
    noise_of,
    places_of,
)
from toolvet.checks.probing.verdicts import judge
from toolvet.checks.taps import Happened
from toolvet_reviews.bundle import Idempotency
from toolvet_reviews.values import Json


def mail(who: str, what: str = "hello") -> Happened:
    return Happened("mail", who, what, (who,))


def post(what: str = "one", key: str = "") -> Happened:
    return Happened("request", "POST https://x.example.com/v1", what, key=key)


def ledger(*happened: Happened, records: dict[str, Json] | None = None, **steps: str) -> Ledger:
    return Ledger(happened, records or {}, {}, steps)


def lines(want: Ledger, got: Ledger, noise: Noise | None = None) -> list[str]:
    return [one.words for one in differences(want, got, noise or Noise())]


def test_a_second_mail_to_somebody_is_a_line_whatever_is_in_it() -> None:
    once = ledger(mail("ann@example.org"))

    assert lines(once, ledger(mail("ann@example.org"), mail("Ann@example.org", "again"))) == [
        "+ mail to ann@example.org: 2 instead of 1"
    ]
    assert lines(once, ledger()) == ["- mail to ann@example.org: 0 instead of 1"]
    assert lines(once, once) == []


def test_a_mail_in_place_of_another_is_seen_by_its_content() -> None:
    want = ledger(mail("ann@example.org", "one"), mail("ann@example.org", "two"))
    got = ledger(mail("ann@example.org", "one"), mail("ann@example.org", "one"))

    assert lines(want, got) == ["+ mail to ann@example.org: 2 instead of 1"]


def test_the_other_side_acts_once_on_a_key_and_on_what_may_be_repeated() -> None:
    put = Happened("request", "PUT https://x.example.com/v1/a", "one", repeats=True)

    assert lines(ledger(post(key="k")), ledger(post(key="k"), post(key="k"))) == []
    assert lines(ledger(put), ledger(put, put)) == []
    assert len(lines(ledger(post(key="k")), ledger(post(key="k"), post(key="l")))) == 1
    assert len(lines(ledger(post()), ledger(post(), post()))) == 1


def test_a_record_differs_with_its_place_and_both_values() -> None:
    want = ledger(records={"stock/nuts": {"level": 2, "attempts": 1}})

    assert lines(want, ledger(records={"stock/nuts": {"level": 4, "attempts": 2}})) == [
        "~ record stock/nuts/level: 4 instead of 2"
    ]
    assert lines(want, ledger(records={"stock/nuts": {"level": 2, "attempts": 9}})) == []


def test_what_differs_by_itself_is_noise() -> None:
    one = ledger(records={"log/a1": 1, "done/x": {"id": 5, "n": 1}})
    other = ledger(records={"log/b2": 1, "done/x": {"id": 6, "n": 1}})
    noise = noise_of(one, other)

    assert (noise.collections, noise.places) == ({"log"}, {("done/x", "/id")})
    assert lines(one, other, noise) == []
    assert lines(
        one, ledger(records={"log/c": 1, "log/d": 1, "done/x": {"id": 7, "n": 2}}), noise
    ) == [
        "~ record done/x/n: 2 instead of 1",
        "+ record log/*: 2 instead of 1",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(JSON, JSON)
def test_two_values_differ_somewhere_unless_they_are_one(one: Json, other: Json) -> None:
    is_same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert list(places_of(one, one)) == []
    assert bool(list(places_of(one, other))) != is_same


MORE = Difference("more", "mail", "to ann", 1, 2)
LESS = Difference("less", "mail", "to ann", 1, 0)


def test_nothing_excuses_what_happened_twice() -> None:
    assert judge([MORE], admitted({"uncertain": ["ann"]}), ["step"], failed="").word == "broken"
    assert judge([MORE], admitted(None), [], failed="TimeoutError").rule == "duplicate"


def test_a_loss_is_excused_by_as_many_as_are_named() -> None:
    assert judge([LESS], admitted({"sent": 1}), [], failed="").rule == "lost"
    assert judge([LESS], admitted({"retry": ["ann"]}), [], failed="").word == "uncertain"
    assert judge([LESS, LESS], admitted({"retry": ["ann"]}), [], failed="").word == "broken"
    assert judge([LESS], admitted(None), ["ann"], failed="").rule == "unsaid"
    assert judge([LESS], admitted({"state": "uncertain"}), ["ann"], failed="").rule == ""
    assert judge([LESS], admitted(None), [], failed="LockedError").rule == "stuck"


def test_an_answer_admits_by_number_by_name_and_in_words() -> None:
    assert admitted({"failed": {"a": "no", "b": "no"}, "retry": 3}).things == 5
    assert admitted({"report": {"uncertain": ["x"]}}).doubts == 1
    assert admitted({"failed": {}, "retry": [], "errors": 0, "skipped": 4}).things == 0
    assert is_unfinished({"uncertain": [], "retry": ["x"]})
    assert not is_unfinished({"uncertain": [], "retry": []})
    assert not is_unfinished({"retry": ["x"]})


def test_the_same_seed_chooses_the_same_points_and_one_of_each_shape_first() -> None:
    happened = [Happened("step", str(n), "begun") for n in range(20)] + [mail("ann"), post()]
    found = [one for one in plan.points(1, happened) if one.probe == "killed"]

    chosen = plan.chosen(found, 5, "seed")

    assert chosen == plan.chosen(reversed(found), 5, "seed")
    assert {one.shape for one in chosen} == {one.shape for one in found}
    assert len(found) == len(happened)


def test_an_operation_that_grew_was_shorter_before() -> None:
    rule = Idempotency(("batch",), ("items", "note"))

    assert plan.shorter(rule, {"batch": "b", "items": [1, 2, 3], "note": "x"}) == {
        "batch": "b", "items": [1, 2], "note": "x"
    }  # fmt: skip
    assert plan.shorter(rule, {"batch": "b", "items": [1]}) is None
    assert plan.fixed(rule, {"batch": "b", "items": [1], "other": 2}) == ["other"]


def made(source: str) -> list[tuple[int, str]]:
    found = keys.inspect({"tool.py": source})["found"]
    assert isinstance(found, list)
    return [(one["line"], one["source"]) for one in found if isinstance(one, dict)]  # type: ignore[misc]


def test_keys_are_followed_through_names_and_functions() -> None:
    assert made("def f(ctx):\n    with ctx.once(str(uuid.uuid4())): pass") == [(2, "chance")]
    assert made("def f(ctx):\n    k = time.time()\n    j = f'{k}'\n    ctx.once(j)") == [
        (4, "clock")
    ]
    assert made("def f(ctx):\n    ctx.once(key())\ndef key():\n    return token_hex(8)") == [
        (2, "chance")
    ]
    assert made(
        "def f():\n    g(uuid4().hex)\ndef g(k):\n    h = {}\n    h['Idempotency-Key'] = k"
    ) == [(5, "chance")]
    assert made("async def f(c):\n    c.post(idempotency_key=datetime.date.today())") == [
        (2, "day")
    ]


def test_keys_from_arguments_and_other_uses_of_time_are_left_alone() -> None:
    assert (
        made("def f(ctx, day):\n    ctx.once(f'{day}/x')\n    ctx.log.info('x', at=time.time())")
        == []
    )
    assert made("def f(ctx):\n    ctx.store['a'].put(str(uuid.uuid4()), 1)") == []
    assert made("def f(time, ctx):\n    ctx.once(time())") == []


def test_a_file_that_cannot_be_followed_is_said_to_be_unread() -> None:
    deep = "x = " + "(" * 400 + ")" * 400
    assert keys.inspect({"a.py": "def", "b.py": deep, "c.py": ""})["unread"] == ["a.py", "b.py"]
