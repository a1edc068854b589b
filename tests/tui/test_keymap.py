"""Keys are a person's to map; what cannot be is refused with the names of both acts."""

import asyncio
from pathlib import Path

import pytest
from at_screen import seated
from canned_desk import NOW, CannedDesk
from textual.screen import Screen

from toolvet_tui import keymap
from toolvet_tui.bars import KeyLine
from toolvet_tui.keymap import KeymapError, check, effective, typed_by
from toolvet_tui.options import Options
from toolvet_tui.settings import SettingsError


def refused(mapped: dict[str, str]) -> KeymapError:
    with pytest.raises(KeymapError) as found:
        check(mapped)
    assert found.value.code == "tui.keymap"
    assert found.value.hint
    return found.value


def test_without_a_map_every_key_is_as_it_comes() -> None:
    assert effective(Options()) == {}


def test_an_act_that_is_none_is_refused_with_the_nearest_name() -> None:
    assert "queue.approve" in refused({"queue.aprove": "alt+a"}).hint


@pytest.mark.parametrize(
    "keys", ["", "entr", "ctrl", "hyper_a", "alt+", "a,,b", "ctrl+shift+nokey"]
)
def test_a_key_that_nobody_can_press_is_refused(keys: str) -> None:
    assert "queue.approve" in str(refused({"queue.approve": keys}))


@pytest.mark.parametrize(
    ("mapped", "both"),
    [
        ({"queue.approve": "x"}, ("queue.approve", "queue.reject")),
        ({"queue.filter": "?"}, ("queue.filter", "desk.keys")),
        ({"queue.quit": "ctrl+q"}, ("queue.quit", "app.quit")),
        ({"rows.down": "a"}, ("rows.down", "queue.approve")),
        ({"review.approve": "y"}, ("review.approve", "approve.yes")),
        ({"queue.open": "ctrl+m", "rows.open": "ctrl+o", "queue.approve": "enter"}, ("queue.open", "queue.approve")),
        ({"history.save": "H"}, ("history.save", "desk.history")),
    ],
)  # fmt: skip
def test_two_acts_on_one_key_are_refused_with_both_names(
    mapped: dict[str, str], both: tuple[str, str]
) -> None:
    said = str(refused(mapped))

    assert all(f"`{name}`" in said for name in both)


def test_two_acts_may_change_places() -> None:
    check({"queue.approve": "x", "queue.reject": "a"})


def test_acts_that_are_never_at_hand_together_may_share_a_key() -> None:
    check({"history.callable": "a"})


@pytest.mark.parametrize("keys", ["s", "space", "?"])
def test_an_act_beside_a_text_cannot_be_on_a_key_that_types(keys: str) -> None:
    assert "typed as text" in str(refused({"words.send": keys}))


def test_what_comes_without_quick_keys_collides_nowhere() -> None:
    base = effective(Options(quick_keys=False))

    check(base)


def test_without_quick_keys_no_single_letter_acts_on_a_whole_screen() -> None:
    base = effective(Options(quick_keys=False))
    screens = {
        kind.__name__
        for kind in keymap._classes()  # pyright: ignore[reportPrivateUsage]
        if issubclass(kind, Screen) and not kind.__name__.endswith("Dialog")
    } | {"ToolvetApp"}

    left = {
        (act.id, key)
        for act in keymap.every_act()
        if act.screen in screens
        for key in base.get(act.id, act.keys).split(",")
        if typed_by(key)
    }

    assert left == set()


def test_every_act_on_a_screen_has_a_name_that_a_map_can_use() -> None:
    acts = keymap.every_act()

    assert all(act.id and act.words for act in acts)
    assert {act.id.split(".")[0] for act in acts} >= {"queue", "review", "history", "tools", "desk"}


def test_a_mapped_key_acts_and_the_old_one_does_not() -> None:
    async def scene() -> None:
        options = Options(clock=lambda: NOW, keymap={"desk.tools": "ctrl+t"})
        async with seated(CannedDesk(), options=options) as person:
            await person.press("S")
            assert person.app.screen is person.queue
            await person.press("ctrl+t")
            assert type(person.app.screen).__name__ == "ToolsScreen"

    asyncio.run(scene())


def test_a_map_in_the_file_is_checked_before_the_app_draws(tmp_path: Path) -> None:
    (tmp_path / "tui.toml").write_text('[keymap]\n"queue.approve" = "x"\n')
    options = Options.from_env({}, config_dir=tmp_path)

    with pytest.raises(KeymapError):
        effective(options)

    (tmp_path / "tui.toml").write_text('[keymap]\n"queue.approve" = 1\n')
    with pytest.raises(SettingsError):
        Options.from_env({}, config_dir=tmp_path)


def test_the_bottom_line_names_the_keys_as_they_are_mapped() -> None:
    async def scene() -> None:
        options = Options(clock=lambda: NOW, keymap={"queue.approve": "f12"})
        async with seated(CannedDesk(), options=options) as person:
            line = str(person.find("#keyline", KeyLine).content)
            assert "f12 Approve" in " ".join(line.split())

    asyncio.run(scene())
