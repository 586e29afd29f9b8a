"""A theme file, a keymap file, and an attention file."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints

from mmcockpit.config.models.fields import FileModel, Line

_ANSI = "black|red|green|yellow|blue|magenta|cyan|white"
COLOUR = rf"^(#[0-9a-fA-F]{{6}}|ansi_default|ansi_(bright_)?({_ANSI}))$"
Colour = Annotated[str, StringConstraints(pattern=COLOUR)]


class ThemeFile(FileModel):
    """Colours by role; no meaning is carried by colour alone."""

    name: Line
    """Its name."""
    dark: bool
    """Whether the theme has light text on a dark background."""
    background: Colour
    """Background of the screen."""
    surface: Colour
    """Background of the header, dialogs and the cursor's line."""
    text: Colour
    """Text."""
    muted: Colour
    """Less important text: ages, units, stale values."""
    border: Colour
    """Borders of panels."""
    focus: Colour
    """Border of the focused panel."""
    accent: Colour
    """Keys, links and the cursor."""
    good: Colour
    """pass."""
    warn: Colour
    """warn."""
    fail: Colour
    """fail: the most striking."""
    unknown: Colour
    """unknown: noticeable, and distinct from fail."""
    live: Colour
    """Background of the LIVE badge when the environment is production."""


def _joined(value: Any) -> Any:
    return ",".join(str(key) for key in value) if isinstance(value, list) else value


Keys = Annotated[str, BeforeValidator(_joined, json_schema_input_type=str | list[str]), StringConstraints(min_length=1)]


ActionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*!?$", max_length=64)]
"""The id of an action: a name, or that of a command which overrides, such as `go!`."""


class KeymapFile(FileModel):
    """Custom keys; actions that are not listed keep their keys."""

    keys: dict[ActionId, Keys]
    """Action id, such as `tick` or `go!`, to its keys: `x`, `ctrl+r`, or a list of several."""


def _form(value: Any) -> Any:
    return ("both" if value else "off") if isinstance(value, bool) else value


Form = Annotated[Literal["off", "both", "osc9", "osc777"], BeforeValidator(_form)]


class AttentionEntry(FileModel):
    """What gets the attention of the person at a terminal when the advice gets worse."""

    bell: bool = True
    """Whether the terminal's bell rings."""
    notification: Form = "off"
    """Which desktop notifications are sent: by OSC 9 and OSC 777 (both), or by the only one that the terminal knows."""
    title: bool = True
    """Whether the title of the window shows the state and the name of the go-live."""


class AttentionFile(FileModel):
    """What gets the attention of one user, in every session."""

    attention: AttentionEntry
    """The switches; those that are not listed keep their default."""
