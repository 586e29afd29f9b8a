"""Themes: the colours of the core's Theme as Textual's theme, and as styles for the drawn lines."""

import msgspec
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme as TextualTheme

from mmcockpit.core.model.layout import Theme

COCKPIT_DARK = Theme(
    name="cockpit-dark",
    dark=True,
    background="#101418",
    surface="#1c232b",
    text="#d3dae2",
    muted="#8593a3",
    border="#3b4754",
    focus="#6cb6ff",
    accent="#6cb6ff",
    good="#6bc46d",
    warn="#e0b040",
    fail="#ff6b68",
    unknown="#c99bff",
    live="#b3261e",
)
"""The default theme."""

_ROLES = (
    "background",
    "surface",
    "text",
    "muted",
    "border",
    "focus",
    "accent",
    "good",
    "warn",
    "fail",
    "unknown",
    "live",
)
READABLE = 4.5
"""The least contrast of text by WCAG AA."""

_BASE, _CURSOR, _BAR, _QUIET_CURSOR = "base", "cursor", "bar", "quiet"
"""The backgrounds of a row: normal, the cursor of the focused pane, the header, the cursor of another pane."""


def theme_faults(theme: Theme) -> list[str]:
    """Return the errors in a theme's colours, one line each; empty if it is valid."""
    faults: list[str] = []
    for role in _ROLES:
        try:
            Color.parse(getattr(theme, role))
        except ColorParseError:
            faults.append(f"theme {theme.name}: {role}: {getattr(theme, role)!r} is not a colour; write #rrggbb or red")
    return faults


def textual_theme(theme: Theme) -> TextualTheme:
    """Return the theme for Textual's own widgets: inputs and dialogs."""
    return TextualTheme(
        name=theme.name,
        primary=theme.accent,
        secondary=theme.accent,
        warning=theme.warn,
        error=theme.fail,
        success=theme.good,
        accent=theme.accent,
        foreground=theme.text,
        background=theme.background,
        surface=theme.surface,
        panel=theme.surface,
        dark=theme.dark,
        variables={"border": theme.border, "block-cursor-foreground": theme.background},
    )


def _rich(colour: str) -> RichColor:
    return Color.parse(colour).rich_color


class Paint(msgspec.Struct, frozen=True):
    """The styles of a theme: `paint.style(role, ground)`.

    `mono` is set without colours (NO_COLOR, or a theme in which good looks like fail): weight, reverse video and
    letters show the states instead.
    """

    theme: Theme
    mono: bool
    styles: dict[tuple[str, str], Style]

    def style(self, role: str, ground: str = _BASE) -> Style:
        """Return the style of a role on a ground; an unknown role is drawn as text."""
        return self.styles.get((role, ground)) or self.styles["text", ground]

    @classmethod
    def of(cls, theme: Theme, no_color: bool = False) -> "Paint":
        """Return the paint of a theme whose colours are valid."""
        mono = no_color or theme.good == theme.fail
        roles = _mono_roles(theme) if mono else _colour_roles(theme)
        grounds = {
            _BASE: Style(bgcolor=_rich(theme.background)),
            _CURSOR: Style(bgcolor=_rich(theme.background), reverse=True) if mono else _tinted(theme, 0.30),
            _QUIET_CURSOR: Style(bgcolor=_rich(theme.background)) if mono else Style(bgcolor=_rich(theme.surface)),
            _BAR: Style(bgcolor=_rich(theme.background)) if mono else Style(bgcolor=_rich(theme.surface)),
        }
        styles = {
            (role, ground): _on(style, under) for role, style in roles.items() for ground, under in grounds.items()
        }
        if not mono:
            on_cursor = {key: style for key, style in styles.items() if key[1] == _CURSOR and key[0] != "border"}
            badges = {key for key in on_cursor if roles[key[0]].bgcolor is not None}
            styles |= {key: _legible(style, theme) for key, style in on_cursor.items() if key not in badges}
        if no_color:
            styles = {key: style.without_color for key, style in styles.items()}
        return cls(theme, mono, styles)


def _tinted(theme: Theme, share: float) -> Style:
    mixed = Color.parse(theme.background).blend(Color.parse(theme.accent), share)
    return Style(bgcolor=mixed.rich_color)


def _legible(style: Style, theme: Theme) -> Style:
    """Return a style of the cursor's row with its colour as near to that of text as it has to be to be read, also in a
    terminal with 256 colours, in which the row is lighter."""
    if style.color is None or style.bgcolor is None:
        return style
    own, text = Color.from_rich_color(style.color), Color.parse(theme.text)
    nearer = (own.blend(text, step / 5).rich_color for step in range(6))
    colour = next((one for one in nearer if _contrast(one, style.bgcolor) >= READABLE), text.rich_color)
    return Style.combine([style, Style(color=colour)])


def _contrast(one: RichColor, other: RichColor) -> float:
    """Return the least contrast of two colours by WCAG, 1 to 21, in full colour and in 256 colours."""
    pairs = ((one, other), (one.downgrade(ColorSystem.EIGHT_BIT), other.downgrade(ColorSystem.EIGHT_BIT)))
    lights = (sorted(map(_luminance, pair)) for pair in pairs)
    return min((lighter + 0.05) / (darker + 0.05) for darker, lighter in lights)


def _luminance(colour: RichColor) -> float:
    parts = (part / 255 for part in colour.get_truecolor())
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _on(style: Style, ground: Style) -> Style:
    # A badge has its own background; two reversals on one cell would cancel out.
    if style.bgcolor is not None:
        return style
    return Style.combine([ground, style])


def _colour_roles(theme: Theme) -> dict[str, Style]:
    colours = {
        "text": theme.text,
        "muted": theme.muted,
        "strong": theme.text,
        "title": theme.text,
        "accent": theme.accent,
        "border": theme.border,
        "focus": theme.focus,
        "pass": theme.good,
        "warn": theme.warn,
        "fail": theme.fail,
        "unknown": theme.unknown,
    }
    bold = {"strong", "focus", "fail", "accent"}
    roles = {role: Style(color=_rich(colour), bold=role in bold or None) for role, colour in colours.items()}
    ink = Color.parse(theme.background)
    roles["live"] = _badge(Color.parse(theme.live))
    roles["badge"] = _badge(Color.parse(theme.accent).blend(ink, 0.15))
    roles["fail-badge"] = _badge(Color.parse(theme.fail))
    roles["unknown-badge"] = _badge(Color.parse(theme.unknown))
    roles["warn-badge"] = _badge(Color.parse(theme.warn))
    roles["pass-badge"] = _badge(Color.parse(theme.good).blend(ink, 0.15))
    return roles


def _badge(background: Color) -> Style:
    inks = (Color.parse("#000000"), Color.parse("#ffffff"))
    ink = max(inks, key=lambda colour: abs(colour.brightness - background.brightness))
    return Style(color=ink.rich_color, bgcolor=background.rich_color, bold=True)


def _mono_roles(theme: Theme) -> dict[str, Style]:
    text, ground = _rich(theme.text), _rich(theme.background)
    normal = Style(color=text)
    bold, dim = Style(color=text, bold=True), Style(color=text, dim=True)
    badge = Style(color=text, bgcolor=ground, bold=True, reverse=True)
    return {
        "text": normal,
        "muted": dim,
        "strong": bold,
        "title": normal,
        "accent": bold,
        "border": dim,
        "focus": bold,
        "pass": normal,
        "warn": bold,
        "fail": Style(color=text, bold=True, underline=True),
        "unknown": Style(color=text, italic=True),
        "live": badge,
        "badge": badge,
        "fail-badge": badge,
        "unknown-badge": badge,
        "warn-badge": badge,
        "pass-badge": bold,
    }
