"""Time in which nothing ran: it serves no settle time, no abort rule's time, and no wait for a step's effect."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mmcockpit.core.facts.body import Body
from mmcockpit.core.facts.pauses import ClockJumped, Paused
from mmcockpit.core.model.clock import Stamp

if TYPE_CHECKING:
    from mmcockpit.core.state.session import Session, Topic

PAUSE_S = 5.0
"""Seconds without a sign of life after which the time is a pause, not a slow moment."""

JUMP_S = 2.0
"""Seconds by which the wall clock has to move against session seconds at once to have been set."""

PAUSES_KEPT = 256


def lost(before: Stamp, now: Stamp) -> list[Paused | ClockJumped]:
    """Return what two stamps say that should follow each other within a second: a pause, a clock that was set."""
    facts: list[Paused | ClockJumped] = []
    silent = round(now.at - before.at, 1)
    if silent >= PAUSE_S:
        facts.append(Paused(silent))
    moved = round((now.wall - before.wall) - (now.at - before.at), 1)
    if abs(moved) >= JUMP_S:
        facts.append(ClockJumped(moved))
    return facts


def paused_s(session: "Session", start: float, end: float) -> float:
    """Return how many seconds between two session seconds lie in pauses."""
    return sum(max(min(end, until) - max(start, since), 0.0) for since, until in session.pauses)


def _paused(session: "Session", stamp: Stamp, body: Paused) -> "set[Topic]":
    session.pauses = [*session.pauses, (round(stamp.at - body.seconds, 3), stamp.at)][-PAUSES_KEPT:]
    return {"session"}


def _jumped(session: "Session", stamp: Stamp, body: ClockJumped) -> "set[Topic]":
    return {"session"}


APPLY: "dict[type[Body], Callable[[Session, Stamp, Any], set[Topic]]]" = {Paused: _paused, ClockJumped: _jumped}
"""What each fact about lost time makes of a session."""
