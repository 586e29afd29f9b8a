"""The table of keys, and the errors of keymaps that cannot be used."""

import pytest

from mmcockpit.ui.actions.keymap import (
    ACTIONS,
    NEVER,
    binding_keys,
    effective,
    holding,
    key_fault,
    keymap_mistakes,
    parse_keys,
)


def test_the_shipped_keys_have_no_faults() -> None:
    assert list(keymap_mistakes({})) == []
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_no_shipped_key_is_one_that_terminals_keep() -> None:
    assert not NEVER & {key for action in ACTIONS for key in action.keys}


@pytest.mark.parametrize(
    ("keymap", "said"),
    [
        ({"tik": "x"}, "did you mean 'tick'?"),
        ({"undo": "ctrl+s"}, "cannot be bound"),
        ({"undo": "alt+u"}, "cannot be bound"),
        ({"undo": "shift+enter"}, "cannot be bound"),
        ({"undo": "ctrl+i"}, "is the same key as Tab"),
        ({"undo": "hyper"}, "unknown key"),
        ({"undo": "shift+u"}, "unknown key"),
        ({"undo": ""}, "unknown key"),
        ({"undo": "j"}, "j is already bound to down"),
        ({"down": "u"}, "u is already bound to undo"),
        ({"leave": "Q"}, "must keep ctrl+c"),
    ],
)
def test_the_error_of_an_invalid_keymap_names_the_fix(keymap: dict[str, str], said: str) -> None:
    ((action, mistake),) = keymap_mistakes(keymap)
    assert said in mistake
    assert action in keymap


def test_keys_may_be_swapped() -> None:
    assert list(keymap_mistakes({"undo": "c", "comment": "u"})) == []
    assert effective({"undo": "c, x"})["undo"] == ("c", "x")


def test_a_comma_and_other_characters_can_be_keys() -> None:
    assert parse_keys(",") == (",",)
    assert binding_keys((",", "/", "space", "G")) == "comma,slash,space,G"
    assert all(key_fault(key) == "" for key in ("ctrl+d", "pageup", "esc".replace("esc", "escape"), "é", "?"))


def test_replay_has_keys_of_its_own_and_live_has_none_of_them() -> None:
    live, replay = holding({}, False), holding({}, True)
    assert live["play"] == () == replay["tick"]
    assert (live["tick"], replay["play"]) == (("space",), ("space",))
    assert (live["collapse"], replay["collapse"]) == (("h", "left"), ("h",))
    for keys in (live, replay):
        bound = [key for held in keys.values() for key in held]
        assert len(bound) == len(set(bound))
