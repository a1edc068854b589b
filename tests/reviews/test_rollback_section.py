"""What a specification may say of the way back."""

import pytest

from toolvet_reviews import spec
from toolvet_reviews.bundle import Rollback
from toolvet_reviews.errors import SpecError

TOML = """[tool]
name = "note"
summary = "Note what came."
entry = "note:note"
"""


def test_a_specification_that_says_nothing_writes_no_section() -> None:
    read = spec.parse_spec(TOML)

    assert read.rollback == Rollback()
    assert "rollback" not in spec.spec_to_toml(read)


@pytest.mark.parametrize("said", ["readable = false", "takes_old_calls = false", "readable = true"])
def test_what_is_said_comes_back(said: str) -> None:
    read = spec.parse_spec(f"{TOML}\n[rollback]\n{said}\n")

    assert said in spec.spec_to_toml(read)
    assert spec.parse_spec(spec.spec_to_toml(read)) == read


@pytest.mark.parametrize("said", ['readable = "no"', "readabel = false", "readable = 0"])
def test_anything_else_is_refused(said: str) -> None:
    with pytest.raises(SpecError):
        spec.parse_spec(f"{TOML}\n[rollback]\n{said}\n")
