"""Pauses, in which nothing ran: excluded from settle times, abort rules and the wait for a step's effect."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mmcockpit.core.facts.body import Body
from mmcockpit.core.facts.pauses import ClockJumped, Paused
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.topics import SESSION, Topic

if TYPE_CHECKING:
    from mmcockpit.core.state.session import Session

PAUSE_S = 5.0
"""Seconds without a heartbeat from which on the gap is a pause, not a delay."""

JUMP_S = 2.0
"""Seconds of difference between wall clock and session seconds from which on the wall clock counts as set."""

PAUSES_KEPT = 256


def lost(before: Stamp, now: Stamp, speed: float = 1.0) -> list[Paused | ClockJumped]:
    """Return the pause, and the change of the wall clock, between two stamps that should be within a second.

    `speed` is how many seconds of the session pass in a second.
    """
    facts: list[Paused | ClockJumped] = []
    silent = round(now.at - before.at, 1)
    if silent >= PAUSE_S * speed:
        facts.append(Paused(silent))
    moved = round((now.wall - before.wall) - (now.at - before.at), 1)
    if abs(moved) >= JUMP_S:
        facts.append(ClockJumped(moved))
    return facts


def paused_s(session: "Session", start: float, end: float) -> float:
    """Return how many seconds between two session seconds were pauses."""
    return sum(max(min(end, until) - max(start, since), 0.0) for since, until in session.pauses)


def _paused(session: "Session", stamp: Stamp, body: Paused) -> set[Topic]:
    session.pauses = [*session.pauses, (round(stamp.at - body.seconds, 3), stamp.at)][-PAUSES_KEPT:]
    return {SESSION}


def _jumped(session: "Session", stamp: Stamp, body: ClockJumped) -> set[Topic]:
    return {SESSION}


APPLY: "dict[type[Body], Callable[[Session, Stamp, Any], set[Topic]]]" = {Paused: _paused, ClockJumped: _jumped}
"""Kind of fact about lost time to its effect on a session."""
