"""Rules of NEXT about handovers: the one to acknowledge, and the layout for the time after the last gate."""

from mmcockpit.core.model.next_action import Next, NextKind
from mmcockpit.core.model.people import same
from mmcockpit.core.rules.handovers.settle_times import waits
from mmcockpit.core.rules.next.situation import Situation

WATCH = "watch"
"""The layout that shows settle times and the next handover."""

OFFERED_S = 1800.0
"""How long after the last gate the layout is proposed; who has not taken it by then prefers another one."""


def handover(at: Situation) -> Next | None:
    """Return the handover that waits for the operator, or for a receiver without a seat at this terminal."""
    pending = at.session.handover
    if pending is None:
        return None
    seated = any(same(seat.person, pending.to) for seat in at.session.seats.values())
    if same(pending.to, at.operator) or (same(pending.by, at.operator) and not seated):
        return Next(NextKind.HANDOVER, "handover", text=pending.by, people=(pending.to,))
    return None


def watch_layout(at: Situation) -> Next | None:
    """Return the layout to watch with, for a while after the last gate."""
    session = at.session
    if at.seat.layout == WATCH or not waits(session) or not session.opened_at:
        return None
    if at.now.at - session.opened_at[-1].at > OFFERED_S:
        return None
    phase = session.cockpit.checklist.phases[session.phase]
    return Next(NextKind.WATCH, "layout", title=phase.title)
