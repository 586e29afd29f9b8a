"""A go-live with a work plan to test with: who does what, after what, and how long it takes."""

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from tests.core.sessions import manual, plan

MINUTE = 60.0


def night() -> Cockpit:
    """Ana copies the data, then Bo switches DNS, then Cy tests; meanwhile Ana informs."""
    made = plan(
        manual("copy", assignee="Ana", estimate=30 * MINUTE),
        manual("inform", assignee="Ana", estimate=5 * MINUTE),
        manual("dns", assignee="Bo", estimate=10 * MINUTE, needs=("ready/s/copy",)),
        manual("test", "deployment", assignee="Cy", estimate=20 * MINUTE, needs=("ready/s/dns",)),
    )
    return numbered(made)


def numbered(cockpit: Cockpit) -> Cockpit:
    """Return a cockpit whose items have the numbers of their places."""
    numbers = {item.id: n for n, item in enumerate(cockpit.checklist.items, 1)}
    phases = tuple(
        msgspec.structs.replace(
            phase,
            sections=tuple(
                msgspec.structs.replace(
                    section,
                    items=tuple(msgspec.structs.replace(item, number=numbers[item.id]) for item in section.items),
                )
                for section in phase.sections
            ),
        )
        for phase in cockpit.checklist.phases
    )
    return msgspec.structs.replace(cockpit, checklist=msgspec.structs.replace(cockpit.checklist, phases=phases))
