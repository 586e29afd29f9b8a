"""Layout, theme, keymap and attention files."""

from collections.abc import Callable, Iterable

from mmcockpit.config.loader import Part
from mmcockpit.config.models.layout import ColumnEntry, LayoutFile, SlotEntry
from mmcockpit.config.models.theme import AttentionFile, KeymapFile, ThemeFile
from mmcockpit.config.text.document import Place
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.layout import (
    PANEL_GROUP,
    PANEL_KINDS,
    Arrangement,
    AttentionSettings,
    Layout,
    LayoutColumn,
    NotificationForm,
    PanelSpec,
    Slot,
    Theme,
)


def read_layout(part: Part) -> Layout | None:
    """Return the layout of a file; FileError if a secret by command is in it."""
    part.refuse_secret_commands()
    entry = part.validate(LayoutFile, part.document.value)
    if entry is None:
        return None
    kinds: Iterable[str] = PANEL_KINDS
    for name, panel in entry.panels.items():
        if panel.kind not in kinds:
            # Imported here: few layouts have panels of other packages.
            from importlib.metadata import entry_points

            kinds = {*PANEL_KINDS, *(point.name for point in entry_points(group=PANEL_GROUP))}
        if panel.kind not in kinds:
            message = f"unknown panel kind '{panel.kind}'{did_you_mean(panel.kind, kinds)}"
            part.at("panels", name, "kind").error(message)
    _check_slots(entry, part)
    panels = tuple(
        PanelSpec(name, panel.kind, panel.title, panel.signals.names, panel.options, panel.signals.tags, panel.follow)
        for name, panel in entry.panels.items()
    )
    arrangements = tuple(
        Arrangement(each.min_width, tuple(map(_column, each.columns)), each.min_height, tuple(map(_slot, each.footer)))
        for each in entry.arrangements
    )
    return Layout(entry.name, panels, arrangements)


def read_theme(part: Part) -> Theme | None:
    """Return the theme of a file."""
    entry = part.validate(ThemeFile, part.document.value)
    return Theme(**entry.model_dump()) if entry is not None else None


def read_keymap(part: Part) -> dict[str, str]:
    """Return a keymap file's keys: action id to comma separated keys."""
    entry = part.validate(KeymapFile, part.document.value)
    if entry is None:
        return {}
    for action, message in part.loader.keymap_mistakes(entry.keys):
        part.at("keys", action).error(message)
    return dict(entry.keys)


def read_attention(part: Part) -> AttentionSettings:
    """Return the settings of an attention file."""
    entry = part.validate(AttentionFile, part.document.value)
    if entry is None:
        return AttentionSettings()
    switches = entry.attention
    return AttentionSettings(switches.bell, NotificationForm(switches.notification), switches.title)


def _check_slots(entry: LayoutFile, part: Part) -> None:
    for a, arrangement in enumerate(entry.arrangements):
        base: Place = ("arrangements", a)
        slots = [
            ((*base, "columns", c, "slots", s), slot)
            for c, column in enumerate(arrangement.columns)
            for s, slot in enumerate(column.slots)
        ] + [((*base, "footer", s), slot) for s, slot in enumerate(arrangement.footer)]
        seen: set[str] = set()
        for place, slot in slots:
            if slot.panel not in entry.panels:
                hint = did_you_mean(slot.panel, entry.panels)
                part.at(*place, "panel").error(f"unknown panel '{slot.panel}'{hint}")
            elif slot.panel in seen:
                part.at(*place).error(f"duplicate panel '{slot.panel}' in this arrangement; remove one")
            seen.add(slot.panel)


def _column(entry: ColumnEntry) -> LayoutColumn:
    return LayoutColumn(tuple(map(_slot, entry.slots)), entry.share)


def _slot(entry: SlotEntry) -> Slot:
    return Slot(entry.panel, entry.share, entry.rows)


READERS: dict[str, Callable[[Part], object]] = {
    "layout": read_layout,
    "theme": read_theme,
    "keymap": read_keymap,
    "attention": read_attention,
}
"""Kind of file to the function that reads it and reports its mistakes."""
