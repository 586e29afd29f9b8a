"""Escape codes from one style to the next: only what differs between them is sent to the terminal."""

from functools import lru_cache

from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style

RESET = "\x1b[0m"

_ATTRIBUTES = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "blink": "5",
    "blink2": "6",
    "reverse": "7",
    "conceal": "8",
    "strike": "9",
    "underline2": "21",
    "frame": "51",
    "encircle": "52",
    "overline": "53",
}
"""The SGR code of each attribute of a style."""

_INK_FREE = frozenset({"1", "2", "3"})
"""Attributes that a blank does not show."""

_NORMAL = Style.null()


class Pen:
    """Draws segments one after the other, and remembers the style that the terminal has; `end` resets it."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._style = _NORMAL

    def draw(self, segment: Segment) -> str:
        """Return a segment's text behind the codes that change the style to its own."""
        text, style = segment.text, segment.style or _NORMAL
        if not text:
            return ""
        if style.link:
            return self.end() + style.render(text, color_system=self._system)
        if style is self._style or (text.isspace() and _blanks_alike(self._style, style)):
            return text
        before, self._style = self._style, style
        return _change(before, style, self._system) + text

    def end(self) -> str:
        """Return the code that resets the style; empty if there is nothing to reset."""
        before, self._style = self._style, _NORMAL
        return RESET if _codes(before, self._system) else ""


@lru_cache(maxsize=1024)
def _change(before: Style, after: Style, system: ColorSystem) -> str:
    """Return the codes that change one style into another."""
    codes, old = _codes(after, system), _codes(before, system)
    if old.keys() <= codes.keys():
        codes = {kind: code for kind, code in codes.items() if old.get(kind) != code}
    elif old:
        codes = {"reset": "0", **codes}
    return f"\x1b[{';'.join(codes.values())}m" if codes else ""


@lru_cache(maxsize=256)
def _codes(style: Style, system: ColorSystem) -> dict[str, str]:
    """Return the codes of a style by what they set: the name of an attribute, `color` and `bgcolor`."""
    codes = {name: code for name, code in _ATTRIBUTES.items() if getattr(style, name)}
    if style.color is not None:
        codes["color"] = _color(style.color, system, True)
    if style.bgcolor is not None:
        codes["bgcolor"] = _color(style.bgcolor, system, False)
    return codes


def _color(color: Color, system: ColorSystem, foreground: bool) -> str:
    return ";".join(color.downgrade(system).get_ansi_codes(foreground))


@lru_cache(maxsize=1024)
def _blanks_alike(before: Style, after: Style) -> bool:
    """Return whether blanks look the same in two styles: on the same ground, and neither draws anything on it."""
    return before.bgcolor == after.bgcolor and not _draws(before) and not _draws(after)


def _draws(style: Style) -> bool:
    """Return whether a style shows on a blank, as a line in its colour, a reversal and a link do."""
    return bool(style.link) or any(getattr(style, name) for name, code in _ATTRIBUTES.items() if code not in _INK_FREE)
