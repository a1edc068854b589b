"""Faults, canaries and controls as edits of a text: they parse, and do what they are for."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from toolvet.checks.confined import mutants, mutation_swap, variants

EXAMPLES = Path(__file__).parents[3] / "examples"

AWKWARD = """\
from functools import lru_cache, wraps
from contextlib import suppress
import logging

LIMIT = 3; FACTOR = 2


def twice(function):
    @wraps(function)
    def inner(*args, **more):
        return function(*args, **more) * FACTOR
    return inner


@twice
def one(number, /, *, more=1): return number + more


@lru_cache(maxsize=None)
def two(number: int) -> int:
    'Text.'
    if number > LIMIT: return 1
    elif (number
          == 2):
        return (number +
                1)
    else:
        pass
    while number < 2: number += 1
    return number if number else 7


class Pair:
    size: int = 2

    def __init__(self, left): self.left = left

    @property
    def right(self):
        return [x for x in range(self.size) if x not in (self.left,)]

    @staticmethod
    def of(text="é"): return Pair(len(text))

    def grown(self):
        return super().__sizeof__() and self.left


def counted(numbers):
    for number in numbers:
        if not number: continue
        yield number


def safe(text):
    \"\"\"Nothing \\u00e9.\"\"\"
    logging.info("a %s", text)
    with suppress(ValueError):
        assert text, "never"
        return int(text), f"{text if text else 'none'}"
    raise KeyError("no number")


def pick(key):
    match key:
        case 1 | 2: return "low"
        case _:
            return lambda: "high"


def results():
    return [
        one(1), one(2, more=3), [two(n) for n in range(6)], Pair(1).right, Pair.of().left,
        list(counted([1, 0, 2])), safe("5"), pick(1), pick(9)(), Pair(4).grown(),
    ]
"""


def applied(source: str, edits: object) -> str:
    told = cast("list[dict[str, Any]]", edits)
    return mutation_swap.edited(source.encode(), told).decode()


def made(source: str) -> dict[str, Any]:
    return variants.variants({"tool.py": source}, "seed")


def run(source: str, **names: object) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "tool", **names}
    exec(compile(source, "tool.py", "exec", dont_inherit=True), space)
    return space


FORMS = {
    "as it is": AWKWARD,
    "other line ends": AWKWARD.replace("\n", "\r\n"),
    "tabs": AWKWARD.replace("    ", "\t").replace("(number\n\t\t  ==", "(number =="),
}


@pytest.mark.parametrize("form", FORMS)
def test_controls_and_probes_do_what_the_tool_does(form: str) -> None:
    source = FORMS[form]
    wanted = run(source)["results"]()

    seen = mutation_swap.Probes()
    found = made(source)

    for edits in found["controls"]:
        assert run(applied(source, edits))["results"]() == wanted
        assert applied(source, edits) != source
    assert run(applied(source, found["probe"]), _toolvet_seen=seen)["results"]() == wanted
    assert len(seen.blocks) == len(found["blocks"])
    assert seen.ways


def test_canaries_break_every_function() -> None:
    found = made(AWKWARD)["canaries"]

    raising = applied(AWKWARD, found["raises"]).replace("@twice", "")
    nothing = run(applied(AWKWARD, found["nothing"]))
    echo = run(applied(AWKWARD, found["input"]))

    for name in ("one", "two", "safe", "pick"):
        with pytest.raises((BufferError, SystemError, ReferenceError, EOFError)):
            run(raising)[name](1)
    assert (nothing["two"](3), nothing["safe"]("x"), nothing["pick"](1)) == (None, None, None)
    assert nothing["Pair"](3).left == 3
    assert [*nothing["counted"]([1])] == []
    assert (echo["two"](9), echo["pick"](7)) == (9, 7)


def test_every_mutant_is_another_text_that_parses() -> None:
    sources = {"awkward.py": AWKWARD}
    sources |= {path.name: path.read_text("utf-8") for path in EXAMPLES.glob("*/*.py")}
    for name, source in sources.items():
        found = mutants.mutants({name: source}, "seed", 500)["mutants"]
        for one in cast("list[dict[str, Any]]", found):
            text = applied(source, [one])

            compile(text, name, "exec", dont_inherit=True)
            assert text != source


def test_what_no_test_should_notice_is_left_alone() -> None:
    source = (
        "import logging\nfrom typing import Annotated\n__all__ = ['f']\nName = Annotated[str, 5]\n\n\n"
        "def f(text: Annotated[str, 3]) -> int:\n    'Docs 1.'\n    logging.info('x%d', 1)\n"
        "    assert text != 'never'\n    raise ValueError(f'{1 + 1}')\n"
    )

    found = mutants.mutants({"a.py": source}, "seed", 60)

    assert [m["label"] for m in cast("list[dict[str, Any]]", found["mutants"])] == [
        "`raise ValueError(f'{1 + 1}')` was left out"
    ]


def test_a_sample_repeats_and_takes_from_every_function() -> None:
    source = "".join(
        f"def f{n}(a, b):\n" + "".join(f"    a = a + {k} < b\n" for k in range(1 + 20 * (n == 0)))
        for n in range(5)
    )

    first, again, other = (mutants.mutants({"a.py": source}, seed, 10) for seed in "aab")

    places = [m["place"] for m in cast("list[dict[str, Any]]", first["mutants"])]
    assert first == again != other
    assert len(places) == 10
    assert {*places} == {"f0", "f1", "f2", "f3", "f4"}


def test_text_that_does_not_parse_is_named() -> None:
    assert mutants.mutants({"a.py": "def"}, "s", 1) == {"error": "a.py"}
    assert variants.variants({"a.py": "x = '\0'"}, "s") == {"error": "a.py"}
    assert variants.suite({"tests/a.py": "(" * 5000}) == {"error": "tests/a.py"}


def test_tests_are_found_with_their_lines() -> None:
    text = "def test_a(): ...\nclass TestB:\n    x = 1\n    async def test_c(self): ...\ndef b(): ...\n"

    assert variants.suite({"tests/a.py": text}) == {
        "lines": {"tests/a.py": {"test_a": 1, "TestB::test_c": 4}}
    }


@pytest.fixture
def finder() -> Any:
    found = mutation_swap.Finder("/tool", {"swapped_tool.py": AWKWARD.encode()})
    sys.meta_path.insert(0, found)
    yield found
    sys.meta_path.remove(found)
    sys.modules.pop("swapped_tool", None)


def loaded() -> types.ModuleType:
    import swapped_tool  # pyright: ignore[reportMissingImports]  # noqa: PLC0415 - of the finder

    return cast("types.ModuleType", swapped_tool)


SWAPS: dict[str, tuple[str, str, Callable[[Any], object], object]] = {
    "under a decorator": ("number + more", "number - more", lambda m: m.one(5), 8),
    "in a closure": ("* FACTOR", "* 10", lambda m: m.one(1), 20),
    "behind a cache": ("return 1\n", "return 9\n", lambda m: m.two(7), 9),
    "in a property": ("x not in", "x in", lambda m: m.Pair(1).right, [1]),
    "in a generator": ("continue", "break", lambda m: [*m.counted([1, 0, 2])], [1]),
    "that uses super": ("and self.left", "and 3", lambda m: m.Pair(1).grown(), 3),
    "in a lambda inside": ('"high"', '"tall"', lambda m: m.pick(9)(), "tall"),
}


@pytest.mark.parametrize("place", SWAPS)
def test_code_is_swapped_wherever_it_is_held(finder: Any, place: str) -> None:
    before, after, call, wanted = SWAPS[place]
    module = loaded()
    start = len(AWKWARD[: AWKWARD.index(before)].encode())
    edit = {"path": "swapped_tool.py", "start": start, "end": start + len(before.encode())}

    mutation_swap.Swapper(finder).prepare([{**edit, "text": after}])()

    assert call(module) == wanted


def test_what_ran_at_import_cannot_be_swapped(finder: Any) -> None:
    loaded()
    start = AWKWARD.index("LIMIT = 3")
    edit = {"path": "swapped_tool.py", "start": start, "end": start + 9, "text": "LIMIT = 4"}

    with pytest.raises(mutation_swap.UnswappableError):
        mutation_swap.Swapper(finder).prepare([edit])


def test_a_module_that_is_not_loaded_yet_is_changed_whole(finder: Any) -> None:
    start = AWKWARD.index("LIMIT = 3")
    edit = {"path": "swapped_tool.py", "start": start, "end": start + 9, "text": "LIMIT = 4"}

    mutation_swap.Swapper(finder).prepare([edit])()

    assert loaded().LIMIT == 4
