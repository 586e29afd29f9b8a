"""The signals of a layout's panels: by name and by tag, resolved with the signals of the cockpit file."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mmcockpit.config.checklist.target_copy import plain_name
from mmcockpit.config.loader import Part
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.core.model.signal import Signal


def with_signals(layout: Layout, signals: Sequence[Signal], known: Iterable[str], part: Part, own: bool) -> Layout:
    """Return the layout with the signals that its panels name, or choose by tag, and that exist.

    `part` is the layout file. An unknown name is a mistake in the user's own file, an unknown tag a possible mistake; a
    shipped layout serves many checklists. A panel whose tags choose no signal has no place. The name of a signal that
    exists once per target chooses those of all targets.
    """
    if own:
        _check(layout, signals, set(known), part)
    names = {signal.name: [signal.name] for signal in signals}
    for signal in signals:
        if signal.target:
            names.setdefault(plain_name(signal), []).append(signal.name)
    panels = tuple(
        msgspec.structs.replace(panel, signals=tuple(_chosen(panel, signals, names))) for panel in layout.panels
    )
    empty = {panel.id for panel in panels if panel.tags and not panel.signals and not _fills_itself(panel)}
    arrangements = tuple(_without(arrangement, empty) for arrangement in layout.arrangements)
    gone = empty - {slot.panel for arrangement in arrangements for slot in arrangement.slots}
    return Layout(layout.name, tuple(panel for panel in panels if panel.id not in gone), arrangements)


def _chosen(panel: PanelSpec, signals: Sequence[Signal], names: Mapping[str, Sequence[str]]) -> Iterable[str]:
    named = [name for written in panel.signals for name in names.get(written, ())]
    tags = set(panel.tags)
    tagged = [signal.name for signal in signals if not tags.isdisjoint(signal.tags)] if tags else []
    return dict.fromkeys([*named, *tagged])


def _fills_itself(panel: PanelSpec) -> bool:
    """Return whether a panel without signals shows something all the same."""
    return panel.kind == "stat" or panel.follow


def _without(arrangement: Arrangement, empty: set[str]) -> Arrangement:
    """Return an arrangement without the slots of empty panels, unless nothing would be left."""

    def filled(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
        return tuple(slot for slot in slots if slot.panel not in empty)

    columns = [LayoutColumn(slots, column.share) for column in arrangement.columns if (slots := filled(column.slots))]
    if not columns:
        return arrangement
    return msgspec.structs.replace(arrangement, columns=tuple(columns), footer=filled(arrangement.footer))


def _check(layout: Layout, signals: Sequence[Signal], known: set[str], part: Part) -> None:
    tags = {tag for signal in signals for tag in signal.tags}
    for panel in layout.panels:
        place = part.at("panels", panel.id, "signals")
        for n, name in enumerate(panel.signals):
            if name not in known:
                named = place.at("names", n)
                written = named if named.place in part.document.marks else place.at(n)
                written.error(f"unknown signal '{name}'{did_you_mean(name, known)}")
        for n, tag in enumerate(panel.tags):
            if tag not in tags:
                place.at("tags", n).warn(f"no signal has the tag '{tag}'{did_you_mean(tag, tags)}")
