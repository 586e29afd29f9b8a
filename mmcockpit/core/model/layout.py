"""Layouts of panels, themes, and what gets the attention of the person at a terminal."""

from enum import StrEnum
from typing import Any

import msgspec

PANEL_KINDS = (
    *("checklist", "stat", "chart", "pods", "rollout", "redis", "postgres", "endpoints", "alerts", "table"),
    *("decision", "log", "detail", "links", "help", "procedures", "upcoming", "people"),
)
"""The shipped kinds of panels, each a module of `mmcockpit.ui.panels`."""

PANEL_GROUP = "mmcockpit.panels"
"""The group of entry points by which packages add kinds of panels: name of the kind to a subclass of `Panel`."""


class PanelSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """One panel of a layout: its kind, its title, the signals it shows and the options of its kind.

    `tags` choose further signals; loading a cockpit file adds those to `signals`. A chart that `follow`s shows the
    signal that is selected in another panel.
    """

    id: str
    kind: str
    title: str = ""
    signals: tuple[str, ...] = ()
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    tags: tuple[str, ...] = ()
    follow: bool = False


class Slot(msgspec.Struct, frozen=True, omit_defaults=True):
    """The place of a panel in a column: a share of its height, or a fixed number of `rows` (borders included)."""

    panel: str
    share: int = 1
    rows: int = 0


class LayoutColumn(msgspec.Struct, frozen=True, omit_defaults=True):
    """Panels below each other; `share` is the column's part of the width."""

    slots: tuple[Slot, ...]
    share: int = 1


class Arrangement(msgspec.Struct, frozen=True, omit_defaults=True):
    """The places of panels on a terminal of at least `min_width` by `min_height` cells.

    `footer` panels are below all columns, over the full width. A panel without a place is opened by its number or its
    name, one at a time.
    """

    min_width: int
    columns: tuple[LayoutColumn, ...]
    min_height: int = 0
    footer: tuple[Slot, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot, column by column, then the footer: the order in which panes are numbered."""
        return tuple(slot for column in self.columns for slot in column.slots) + self.footer


class Layout(msgspec.Struct, frozen=True, omit_defaults=True):
    """A named set of panels and their arrangements; the widest arrangement that fits is used."""

    name: str
    panels: tuple[PanelSpec, ...]
    arrangements: tuple[Arrangement, ...] = ()


class Theme(msgspec.Struct, frozen=True, omit_defaults=True):
    """Colours by role, each `#rrggbb` or an ANSI name; colour is never the only indication of a state."""

    name: str
    dark: bool
    background: str
    surface: str
    text: str
    muted: str
    border: str
    focus: str
    accent: str
    good: str
    warn: str
    fail: str
    unknown: str
    live: str
    """Background of the LIVE badge when the environment is production."""


class NotificationForm(StrEnum):
    """The escape sequences of desktop notifications; terminals know one of them or both."""

    OFF = "off"
    BOTH = "both"
    OSC9 = "osc9"
    OSC777 = "osc777"


class AttentionSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the bell rings, which desktop notifications are sent, and whether the window title shows the state."""

    bell: bool = True
    notification: NotificationForm = NotificationForm.OFF
    title: bool = True
