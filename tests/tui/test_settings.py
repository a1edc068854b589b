"""What a person set: read strictly, written so that it reads back."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.errors import HomeError
from toolvet_tui.settings import (
    FILE,
    SavedFilter,
    SavedQuery,
    SettingsError,
    TuiSettings,
    change,
    load,
    parse,
    save,
    written,
)

EVERYTHING = TuiSettings(
    theme="light",
    quick_keys=False,
    mouse=False,
    keymap={"queue.approve": "alt+a"},
    filters={"the ones for money": SavedFilter("invoices", "age", "mine")},
    queries={"last": SavedQuery(since="7d", verb="vote:")},
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def test_nothing_is_set_where_there_is_no_file(tmp_path: Path) -> None:
    assert load(tmp_path) == TuiSettings()
    assert load(tmp_path / "nowhere") == TuiSettings()


def test_everything_that_is_saved_is_read_back(tmp_path: Path) -> None:
    save(tmp_path, EVERYTHING)

    assert load(tmp_path) == EVERYTHING
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@given(name=WORDS, words=WORDS, keys=WORDS)
def test_whatever_a_name_holds_it_is_read_back(name: str, words: str, keys: str) -> None:
    settings = TuiSettings(
        keymap={name: keys},
        filters={name: SavedFilter(words)},
        queries={name: SavedQuery(words, tool=words)},
    )

    assert parse(written(settings)) == settings


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("theme = 3", "theme"),
        ("thme = 'dark'", "thme"),
        ("quick_keys = 'on'", "quick_keys"),
        ("mouse = 1", "mouse"),
        ("keymap = 'x'", "keymap"),
        ("[keymap]\na = 1", "keymap.a"),
        ("[filters]\na = 'words'", "filters.a"),
        ("[filters.a]\nword = 'x'", "filters.a.word"),
        ("[filters.a]\norder = 'luck'", "filters.a.order"),
        ("[filters.a]\nwhose = 'ada'", "filters.a.whose"),
        ("[queries.a]\nsince = 2026-11-22", "queries.a.since"),
        ("theme = ", "TOML"),
        ("[keymap]\n" + "\n".join(f"k{n} = 'x'" for n in range(101)), "keymap"),
        ("x = " + "[" * 5000, ""),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / FILE).write_text(text)

    with pytest.raises(SettingsError) as refused:
        load(tmp_path)

    assert refused.value.code == "tui.settings"
    assert named in str(refused.value)
    assert str(tmp_path) in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize("data", [b"theme = '\xff'", b"#" * 300_000], ids=["latin", "long"])
def test_a_file_that_is_no_text_of_ours_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)

    with pytest.raises(SettingsError):
        load(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(SettingsError):
        load(tmp_path)


def test_comments_at_the_top_stay_when_the_app_writes(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("# mine\n\ntheme = 'light'\n")

    for theme in ("dark", "mono"):
        change(tmp_path, lambda one, theme=theme: replace(one, theme=theme))

    text = (tmp_path / FILE).read_text()
    assert text.startswith("# mine\n")
    assert text.count("The app writes it anew") == 1
    assert load(tmp_path).theme == "mono"


def test_a_change_keeps_what_another_app_wrote_meanwhile(tmp_path: Path) -> None:
    mine = load(tmp_path)
    change(tmp_path, lambda one: replace(one, filters={"theirs": SavedFilter("x")}))

    found = change(tmp_path, lambda one: replace(one, theme="light"))

    assert mine == TuiSettings()
    assert found.filters == {"theirs": SavedFilter("x")}


def test_a_file_that_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("thme = 'dark'")

    with pytest.raises(SettingsError):
        change(tmp_path, lambda one: replace(one, theme="light"))

    assert (tmp_path / FILE).read_text() == "thme = 'dark'"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file in the way")

    with pytest.raises(HomeError) as refused:
        change(tmp_path / "config", lambda one: replace(one, theme="light"))

    assert refused.value.hint
