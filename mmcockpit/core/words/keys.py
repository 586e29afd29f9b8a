"""How a sentence names an action: by its key where the screen passes the effective keymap, else by its command."""

from collections.abc import Mapping
from types import MappingProxyType

Keys = Mapping[str, str]
"""Action id to the name of its key as printed on the keyboard; an action without a key is missing."""

NO_KEYS: Keys = MappingProxyType({})
"""The keymap of texts that are not on the screen: the `log` command, the report."""


def key_or_command(keys: Keys, action: str) -> str:
    """Return the name of an action's key; `:NAME` where it has none."""
    return keys.get(action, "") or f":{action.replace('_', '-')}"


def press(keys: Keys, action: str) -> str:
    """Return `press KEY` for an action; `run :NAME` where it has no key."""
    key = keys.get(action, "")
    return f"press {key}" if key else f"run :{action.replace('_', '-')}"
