"""Messages for keys that do nothing, so that Caps Lock or a foreign keyboard layout does not look like a hang."""

import unicodedata
from collections.abc import Collection

from mmcockpit.ui.render.text import plain


def unknown_key(character: str | None, known: Collection[str]) -> str:
    """Return the message for a typed character that is not a known key; empty for known keys and for other input."""
    if character is None or len(character) != 1 or not character.isprintable() or character in known:
        return ""
    if character.isalpha() and not character.isascii():
        script = unicodedata.name(character, "foreign").split()[0].capitalize()
        return f"{plain(character, 4)} is {script}: the keys are Latin letters; switch the keyboard layout"
    if character.isupper() and character.lower() in known:
        return f"{character} is not a key here, {character.lower()} is: is Caps Lock on?"
    if character.islower() and character.upper() in known:
        return f"{character} is not a key here, {character.upper()} is"
    return f"{plain(character, 4)} is not a key here"
