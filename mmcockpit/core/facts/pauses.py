"""The facts about time that was lost or set."""

from mmcockpit.core.facts.body import Body


class Paused(Body, frozen=True):
    """Nothing ran for the last `seconds`: the machine was suspended, or the process was stopped."""

    seconds: float


class ClockJumped(Body, frozen=True):
    """The wall clock was set by `seconds`, forward or (negative) back; session seconds were not affected."""

    seconds: float
