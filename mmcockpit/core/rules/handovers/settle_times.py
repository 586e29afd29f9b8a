"""The settle times that a session waits for after its last gate, such as the 24 hours of stability."""

from math import isfinite

from mmcockpit.core.model.handover import SettleTime
from mmcockpit.core.model.states import SATISFIED, STANDING, State
from mmcockpit.core.rules.item_status import present_reason
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.per_fact import per_fact
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain

LONGEST = 200

_SET_ASIDE = frozenset(STANDING.values()) - {State.BLOCKED}
"""States of items that do not have to settle: an operator overrode or deferred them, or they do not apply."""


@per_fact
def settle_times(session: Session) -> tuple[SettleTime, ...]:
    """Return the settle times of the open phase, and those that still run of earlier ones, as in the checklist."""
    phases = session.cockpit.checklist.phases[: session.phase + 1]
    rows = []
    for index, phase in enumerate(phases):
        for item in phase.items:
            state = session.items[item.id]
            if not item.signal or state.state in _SET_ASIDE:
                continue
            full = hold_of(item, session)[1]
            if full > 0 and (index == session.phase or state.state is State.HOLDING):
                rows.append(_settle_time(session, state, full))
    return tuple(rows)


def waits(session: Session) -> bool:
    """Return whether the last phase was opened by a gate, and something in it settles: the time to watch."""
    last = len(session.cockpit.checklist.phases) - 1
    return 0 < last == session.phase and any(one.state is State.HOLDING for one in settle_times(session))


def _settle_time(session: Session, state: ItemState, full: float) -> SettleTime:
    item, now = state.item, state.state
    counts = now is State.HOLDING or now in SATISFIED
    return SettleTime(
        item.id,
        item.number,
        plain(item.title, LONGEST),
        now,
        session.served(item) if now is State.HOLDING else 0.0,
        full if isfinite(full) else None,
        "" if counts else plain(present_reason(session, state), LONGEST),
    )
