"""Default settle times of items whose signals read pods and workloads."""

from collections.abc import Iterable, Set

import msgspec

from mmcockpit.core.model.checklist import Checklist, Hold, Item, Mode
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.workloads import SETTLE_S

_HOLD = Hold(SETTLE_S, SETTLE_S, workload=True)


def with_settle_times(checklist: Checklist, signals: Iterable[Signal], own: Set[str]) -> Checklist:
    """Return the checklist with a settle time for such items; those whose id is in `own` keep theirs."""
    known = {signal.name: signal for signal in signals}

    def settled(item: Item) -> Item:
        if item.id in own or item.mode is Mode.MANUAL or not _reads_workload(item.signal, known, set()):
            return item
        return msgspec.structs.replace(item, hold=_HOLD)

    phases = tuple(
        msgspec.structs.replace(
            phase,
            sections=tuple(
                msgspec.structs.replace(section, items=tuple(map(settled, section.items))) for section in phase.sections
            ),
        )
        for phase in checklist.phases
    )
    return msgspec.structs.replace(checklist, phases=phases)


def _reads_workload(name: str, known: dict[str, Signal], seen: set[str]) -> bool:
    """Return whether a signal, or any member of a combination, reads pods or a workload."""
    signal = known.get(name)
    if signal is None or name in seen:
        return False
    seen.add(name)
    return signal.workload or any(_reads_workload(member, known, seen) for member in signal.group)
