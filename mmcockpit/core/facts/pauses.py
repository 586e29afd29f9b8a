"""The kinds of facts about time that was lost or moved."""

from mmcockpit.core.facts.body import Body


class Paused(Body, frozen=True):
    """Nothing ran for `seconds` up to now: the machine was suspended, or the process was stopped."""

    seconds: float


class ClockJumped(Body, frozen=True):
    """The wall clock was set by `seconds`, forward or (negative) back; session seconds went on evenly."""

    seconds: float
