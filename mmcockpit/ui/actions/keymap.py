"""The table of all keys; bindings, palette, help and the check of keymap files are made from it."""

import difflib
import string
import unicodedata
from collections.abc import Iterator, Mapping

from mmcockpit.ui.actions.action import Action
from mmcockpit.ui.actions.people.actions import PEOPLE_ACTIONS
from mmcockpit.ui.actions.record_actions import RECORD_ACTIONS
from mmcockpit.ui.actions.screen_actions import SCREEN_ACTIONS
from mmcockpit.ui.render.key_names import NAMES, shown

ACTIONS: tuple[Action, ...] = (*RECORD_ACTIONS, *PEOPLE_ACTIONS, *SCREEN_ACTIONS)
"""Every action: those with keys, and those that have only a `:command`."""

NEVER = {f"ctrl+{key}" for key in ("a", "b", "s", "q", "z", "\\", "space", "h", "j", "k", "l")} | {"shift+enter"}
"""Keys that tmux, flow control, job control or old terminals use themselves."""

SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+[": "escape"}
"""Keys that terminals cannot tell from another key."""


def parse_keys(text: str) -> tuple[str, ...]:
    """Return the keys of one keymap entry: `space, x` or a single `,`."""
    if text.strip() == ",":
        return (",",)
    words = [word.strip() for word in text.split(",")]
    return tuple(
        word if len(word) == 1 else word.lower().replace("esc", "escape", word.lower() == "esc") for word in words
    )


def key_fault(key: str) -> str:
    """Return why a key cannot be bound; empty if it can."""
    if key in NEVER or key.startswith("alt+"):
        return f"{shown(key)} cannot be bound: the terminal or tmux may intercept it"
    if key in SAME:
        return f"{shown(key)} is the same key as {shown(SAME[key])}: write {SAME[key]}"
    letter = key.removeprefix("ctrl+")
    if (len(key) == 1 and key.isprintable() and key != " ") or key in NAMES:
        return ""
    if key.startswith("ctrl+") and len(letter) == 1 and letter.isascii() and letter.isalpha():
        return ""
    return f"unknown key {key!r}: write a character, ctrl+LETTER, or a name such as space or pageup"


def keymap_mistakes(keymap: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the mistakes of a keymap (action id to keys): the id of an action in it, and the message."""
    known = {action.id for action in ACTIONS}
    for action, text in keymap.items():
        if action not in known:
            close = difflib.get_close_matches(action, known, 1)
            yield action, f"unknown action '{action}'" + (f"; did you mean '{close[0]}'?" if close else "")
            continue
        yield from ((action, fault) for key in parse_keys(text) if (fault := key_fault(key)))
    if "ctrl+c" not in effective(keymap)["leave"]:
        yield "leave", "must keep ctrl+c; add it to the keys of leave"
    yield from _shared_keys(keymap)


def _shared_keys(keymap: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the keys that a keymap gives to an action beside another one; a replay has keys of its own."""
    replays = {action.id for action in ACTIONS if action.replays}
    owners: dict[tuple[str, bool], str] = {}
    for action, keys in effective(keymap).items():
        for key in keys:
            owner = owners.setdefault((key, action in replays), action)
            if owner != action:
                bound, other = (action, owner) if action in keymap else (owner, action)
                yield bound, f"{shown(key)} is already bound to {other}; bind that one to another key, too"


def effective(keymap: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the keys of every action by its id, with this keymap applied."""
    return {action.id: parse_keys(keymap[action.id]) if action.id in keymap else action.keys for action in ACTIONS}


def holding(keymap: Mapping[str, str], replays: bool) -> dict[str, tuple[str, ...]]:
    """Return the keys of every action in this mode: a replay's own keys have precedence there, elsewhere it has
    none."""
    keys = effective(keymap)
    own = {action.id for action in ACTIONS if action.replays}
    taken = {key for name in own for key in keys[name]} if replays else set()
    return {
        name: () if name in own and not replays else tuple(key for key in bound if name in own or key not in taken)
        for name, bound in keys.items()
    }


def binding_keys(keys: tuple[str, ...]) -> str:
    """Return keys as Textual's bindings need them: characters by their names, separated by commas."""
    return ",".join(_CHARACTERS.get(key, key) for key in keys)


_CHARACTERS = {
    character: unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    for character in string.punctuation
} | {"-": "minus", "+": "plus", "/": "slash", "\\": "backslash", "_": "underscore", "@": "at"}
"""Textual's names of characters that are neither letters nor digits."""
