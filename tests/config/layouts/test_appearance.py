"""Layouts, themes and keymaps: mistakes at their place, and nothing raised but file errors."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit import sources
from mmcockpit.config.load import check_file, kind_of, load_attention, load_keymap, load_layout, load_theme
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.layout import AttentionSettings, NotificationForm, Slot
from mmcockpit.ui.actions.keymap import ACTIONS
from tests.config.files import written

LAYOUT = """\
name: mine
panels:
  list: {kind: checklist}
  log: {kind: log, options: {lines: 3}}
arrangements:
  - min_width: 0
    columns: [{slots: [list]}]
    footer: [{panel: log, rows: 4}]
"""


def test_a_layout_resolves_bare_names_to_slots(tmp_path: Path) -> None:
    layout = load_layout(written(tmp_path, l=LAYOUT) / "l.yaml")
    assert layout.arrangements[0].slots == (Slot("list"), Slot("log", rows=4))
    assert layout.panels[1].options == {"lines": 3}


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("slots: [list]", "slots: [lost]", "7:24: unknown panel 'lost'; did you mean 'list'?"),
        ("panel: log, rows", "panel: list, rows", "8:14: duplicate panel 'list' in this arrangement; remove one"),
        ("kind: log", "kind: lgo", "4:15: unknown panel kind 'lgo'; did you mean 'log'?"),
        ("min_width: 0", "min_width: wide", "6:16: arrangements[0].min_width must be a whole number"),
        ("min_width: 0", "min_with: 0", "6:5: unknown key 'min_with'; did you mean 'min_width'?"),
        ("rows: 4", "rows: -4", "8:33: arrangements[0].footer[0].rows must be >= 0"),
        ("columns: [{slots: [list]}]", "columns: []", "7:14: arrangements[0].columns must have at least 1 entry"),
        ("name: mine\n", "", "1:1: missing 'name'; add `name: ...`"),
    ],
)
def test_a_layout_s_mistake_is_found_at_its_character(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    path = written(tmp_path, l=LAYOUT.replace(old, new)) / "l.yaml"
    assert [str(error) for error in check_file(path, sources)] == [f"{path}:{mistake}"]


def test_a_theme_s_colours_are_colours(tmp_path: Path) -> None:
    path = written(tmp_path, t="name: t\ndark: true\nbackground: '#12345'\ntext: ansi_bright_red\n") / "t.yaml"
    with pytest.raises(FileError) as caught:
        load_theme(path)
    assert any(str(error).startswith(f"{path}:3:13: background is not a colour") for error in caught.value.errors)
    assert not any("text" in error.message for error in caught.value.errors)


def test_unknown_names_are_reported(home: Path) -> None:
    with pytest.raises(FileError, match="unknown layout 'go-life'; did you mean 'go-live'"):
        load_layout("go-life")
    with pytest.raises(FileError, match="unknown theme 'dark'"):
        load_theme("dark")


def test_a_keymap_is_the_user_s_own_unless_named(tmp_path: Path, home: Path) -> None:
    assert load_keymap() == {}
    home.mkdir()
    written(home, keymap="keys: {tick: [x, space]}\n")
    assert load_keymap() == {"tick": "x,space"}
    path = written(tmp_path, k="keys: {tick: ''}\n") / "k.yaml"
    with pytest.raises(FileError, match=r"k\.yaml:1:14: keys\.tick must"):
        load_keymap(path)


def test_every_action_can_be_bound_in_a_keymap_file(tmp_path: Path) -> None:
    ids = [action.id for action in ACTIONS]
    assert "go!" in ids
    for name in ids:
        path = written(tmp_path, k=f"keys: {{{name}: [x, ctrl+c]}}\n") / "k.yaml"
        assert load_keymap(path) == {name: "x,ctrl+c"}
    path = written(tmp_path, k="keys: {go!!: x}\n") / "k.yaml"
    with pytest.raises(FileError, match=r"k\.yaml:1:14: keys\.go!! is not a valid name"):
        load_keymap(path)


def test_attention_is_the_user_s_own_and_has_defaults(tmp_path: Path, home: Path) -> None:
    assert load_attention() == AttentionSettings(bell=True, notification=NotificationForm.OFF, title=True)
    home.mkdir()
    written(home, attention="attention: {notification: both, bell: false}\n")
    assert load_attention() == AttentionSettings(bell=False, notification=NotificationForm.BOTH)
    written(home, attention="attention: {notification: osc9}\n")
    assert load_attention().notification is NotificationForm.OSC9
    path = written(tmp_path, a="attention: {notification: osc99}\n") / "a.yaml"
    assert [str(one) for one in check_file(path, sources)] == [
        f"{path}:1:27: attention.notification must be 'off', 'both', 'osc9' or 'osc777'"
    ]
    path = written(tmp_path, a="attention: {sound: true}\n") / "a.yaml"
    assert "unknown key 'sound'" in str(check_file(path, sources)[0])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("environment: x", "cockpit"),
        ("sources: {}", "cockpit"),
        ("panels: {}", "layout"),
        ("dark: true", "theme"),
        ("keys: {}", "keymap"),
        ("attention: {}", "attention"),
        ("phases: []", "checklist"),
        ("signals: {}", "checklist"),
    ],
)
def test_a_file_itself_names_its_kind(tmp_path: Path, text: str, kind: str) -> None:
    assert kind_of(written(tmp_path, x=text) / "x.yaml") == kind


_WORDS = [
    "name",
    "panels",
    "kind",
    "slots",
    "columns",
    "arrangements",
    "phases",
    "sections",
    "items",
    "title",
    "signal",
]
_WORDS += ["signals", "keys", "dark", "text", "vars", "cache.info", "pass", "persist", "mode", "links", "steps"]
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from([*_WORDS, "${x}"])
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS) | st.text(max_size=3), inner),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["panels", "phases", "signals", "keys", "dark", "sources"]), _VALUES, _VALUES)
def test_checking_any_file_raises_nothing(tmp_path: Path, telling: str, value: object, rest: object) -> None:
    path = tmp_path / "any.yaml"
    values = {**(rest if isinstance(rest, dict) else {}), telling: value}
    text = json.dumps(values).replace("NaN", ".nan").replace("Infinity", ".inf")
    path.write_text(text, encoding="utf-8", errors="replace")
    for error in check_file(path, sources):
        assert len(str(error).splitlines()) == 1
