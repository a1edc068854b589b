"""How the app is told what the person wants, and what it says when that is nonsense."""

from pathlib import Path

import pytest

from toolvet.errors import ToolvetError
from toolvet_tui import start
from toolvet_tui.app import ToolvetApp
from toolvet_tui.options import OptionError, Options
from toolvet_tui.settings import SettingsError, TuiSettings, save
from toolvet_tui.start import NoScreenError


def test_nothing_said_is_dark_with_quick_keys() -> None:
    assert Options.from_env({}) == Options()


def test_the_environment_is_read() -> None:
    said = {"TOOLVET_TUI_THEME": "Light", "TOOLVET_TUI_QUICK_KEYS": "off"}

    options = Options.from_env(said, proposal="P-3")

    assert (options.theme, options.quick_keys, options.proposal) == ("textual-light", False, "P-3")


def test_a_word_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(OptionError) as refused:
        Options.from_env({"TOOLVET_TUI_QUICK_KEYS": "perhaps"})

    assert refused.value.code == "tui.option"
    assert refused.value.hint


def test_the_file_is_read_and_the_environment_has_the_last_word(tmp_path: Path) -> None:
    said = TuiSettings("mono", quick_keys=False, mouse=False, keymap={"queue.quit": "ctrl+x"})
    save(tmp_path, said)

    filed = Options.from_env({}, config_dir=tmp_path)
    over = {"TOOLVET_TUI_THEME": "light", "TOOLVET_TUI_MOUSE": "on", "TOOLVET_TUI_QUICK_KEYS": "1"}
    overruled = Options.from_env(over, config_dir=tmp_path)

    assert (filed.theme, filed.quick_keys, filed.mouse) == ("toolvet-mono", False, False)
    assert filed.keymap == {"queue.quit": "ctrl+x"}
    assert filed.config_dir == tmp_path
    assert (overruled.theme, overruled.quick_keys, overruled.mouse) == ("textual-light", True, True)


def test_a_file_that_cannot_be_understood_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "tui.toml").write_text("them = 'dark'")

    with pytest.raises(SettingsError) as refused:
        Options.from_env({}, config_dir=tmp_path)

    assert "tui.toml" in str(refused.value)


def test_an_unknown_theme_is_refused_with_those_there_are() -> None:
    with pytest.raises(OptionError) as refused:
        ToolvetApp(NoDesk(), Options(theme="plaid"))  # pyright: ignore[reportArgumentType]

    assert "dark" in refused.value.hint


def test_without_a_terminal_it_says_what_works_without_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(NoScreenError) as refused:
        start.main([])

    assert isinstance(refused.value, ToolvetError)
    assert "toolvet queue" in refused.value.hint
    assert capsys.readouterr().out == ""


class NoDesk:
    """Never asked."""
