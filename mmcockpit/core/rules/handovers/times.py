"""When the next handover is planned, from the times of day in the cockpit file."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.times import DAY_S


def next_handover(session: Session, now: Stamp) -> float | None:
    """Return the next planned handover in Unix seconds; None without a plan, and after the end of the session."""
    if session.opened is None or session.closed is not None:
        return None
    midnight = now.wall // DAY_S * DAY_S
    times = (midnight + day_s + second for day_s in (0.0, DAY_S) for second in session.cockpit.handovers)
    return min((at for at in times if at > now.wall), default=None)
