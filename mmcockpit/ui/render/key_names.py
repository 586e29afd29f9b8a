"""Names of keys, as printed on a keyboard."""

from collections.abc import Mapping, Sequence

NAMES = {
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "insert": "Ins",
    "delete": "Del",
    "backspace": "Backspace",
} | {f"f{n}": f"F{n}" for n in range(1, 13)}


def key_names(keys: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the name of the first key of every action that has one, by the action's id."""
    return {action: shown(bound[0]) for action, bound in keys.items() if bound}


def shown(key: str) -> str:
    """Return the name of a key: `Ctrl+D`, `Space`, `?`."""
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return NAMES.get(key, key)
