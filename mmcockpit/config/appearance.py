"""Layout, theme and keymap files."""

from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path

from mmcockpit.config.models.layout import ColumnEntry, LayoutFile, SlotEntry
from mmcockpit.config.models.theme import KeymapFile, ThemeFile
from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError, did_you_mean
from mmcockpit.config.text.validation import validate
from mmcockpit.config.text.yaml import read
from mmcockpit.core.model.layout import PANEL_GROUP, PANEL_KINDS, Arrangement, Column, Layout, PanelSpec, Slot, Theme


def read_layout(path: Path, errors: list[FileError]) -> tuple[Layout | None, Document]:
    """Read a layout file; return the layout and its document."""
    document = read(path)
    entry = validate(LayoutFile, document.value, document, errors)
    if entry is None:
        return None, document
    kinds: Iterable[str] = PANEL_KINDS
    for name, panel in entry.panels.items():
        if panel.kind not in kinds:
            kinds = {*PANEL_KINDS, *(point.name for point in entry_points(group=PANEL_GROUP))}
        if panel.kind not in kinds:
            message = f"unknown panel kind '{panel.kind}'{did_you_mean(panel.kind, kinds)}"
            errors.append(document.error(("panels", name, "kind"), message))
    _check_slots(entry, document, errors)
    panels = tuple(
        PanelSpec(name, panel.kind, panel.title, panel.signals, panel.options) for name, panel in entry.panels.items()
    )
    arrangements = tuple(
        Arrangement(each.min_width, tuple(map(_column, each.columns)), each.min_height, tuple(map(_slot, each.footer)))
        for each in entry.arrangements
    )
    return Layout(entry.name, panels, arrangements), document


def with_signals(
    layout: Layout, present: set[str], known: set[str], document: Document | None, errors: list[FileError]
) -> Layout:
    """Return the layout with only the signals that are present.

    An unknown signal name is an error if `document` is the user's own; a shipped layout serves many checklists.
    """
    panels = []
    for panel in layout.panels:
        for n, name in enumerate(panel.signals):
            if document is not None and name not in known:
                place: Place = ("panels", panel.id, "signals", n)
                errors.append(document.error(place, f"no signal is named '{name}'{did_you_mean(name, known)}"))
        signals = tuple(name for name in panel.signals if name in present)
        panels.append(PanelSpec(panel.id, panel.kind, panel.title, signals, panel.options))
    return Layout(layout.name, tuple(panels), layout.arrangements)


def read_theme(path: Path, errors: list[FileError]) -> Theme | None:
    """Return the theme of a file."""
    document = read(path)
    entry = validate(ThemeFile, document.value, document, errors)
    return Theme(**entry.model_dump()) if entry is not None else None


def read_keymap(path: Path, errors: list[FileError]) -> dict[str, str]:
    """Return a keymap file's keys: action id to comma separated keys."""
    document = read(path)
    entry = validate(KeymapFile, document.value, document, errors)
    return dict(entry.keys) if entry is not None else {}


def _check_slots(entry: LayoutFile, document: Document, errors: list[FileError]) -> None:
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
                errors.append(document.error((*place, "panel"), f"no panel is named '{slot.panel}'{hint}"))
            elif slot.panel in seen:
                errors.append(document.error(place, f"panel '{slot.panel}' stands here twice; remove one"))
            seen.add(slot.panel)


def _column(entry: ColumnEntry) -> Column:
    return Column(tuple(map(_slot, entry.slots)), entry.share)


def _slot(entry: SlotEntry) -> Slot:
    return Slot(entry.panel, entry.share, entry.rows)
