"""Which signals have a place on the screen, and which have none."""

from collections.abc import Iterator

from mmcockpit.core.model.cockpit import Cockpit


def unshown_signals(cockpit: Cockpit) -> tuple[str, ...]:
    """Return the signals that no panel of the layout shows, in the order of the cockpit file.

    A panel shows its own signals. A signals panel without any shows all signals. The checklist shows the signals of its
    items and of its procedures' steps, with the members of combinations. Whether procedures can run is shown with them.
    """
    panels = cockpit.layout.panels
    if any(panel.kind == "stat" and not panel.signals for panel in panels):
        return ()
    shown = {name for panel in panels for name in panel.signals}
    if any(panel.kind == "checklist" for panel in panels):
        shown.update(_of_checklist(cockpit))
    return tuple(signal.name for signal in cockpit.signals if signal.name not in shown and not signal.procedure)


def _of_checklist(cockpit: Cockpit) -> Iterator[str]:
    groups = {signal.name: signal.group for signal in cockpit.signals}
    checklist = cockpit.checklist
    waiting = [item.signal for item in checklist.items]
    waiting += [step.signal for procedure in checklist.procedures for step in procedure.steps]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name and name not in seen:
            seen.add(name)
            yield name
            waiting += groups.get(name, ())
