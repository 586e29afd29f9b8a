"""The time plan of a session at one moment, as values; `core/rules/plans/time_plan.py` makes it."""

import msgspec

from mmcockpit.core.model.clock import Stamp


class PhaseTime(msgspec.Struct, frozen=True):
    """The time of one phase in seconds; `planned_s` is None without an estimate, `actual_s` before it opened.

    `actual_s` is the time from its opening to the opening of the next phase (now, for the open one), with holds and
    pauses: the window does not stop for them. `done` of `total` items are satisfied.
    """

    phase: str
    title: str
    planned_s: float | None
    actual_s: float | None
    done: int
    total: int

    @property
    def over_s(self) -> float:
        """By how many seconds it takes longer than planned; 0 if it does not, or has no plan."""
        if self.planned_s is None or self.actual_s is None:
            return 0.0
        return max(self.actual_s - self.planned_s, 0.0)


class TimePlan(msgspec.Struct, frozen=True):
    """The plan at one moment; every time is in seconds, except `latest_rollback` (Unix seconds).

    `used_s` is negative before the window begins, `left_s` after its end; both are None without a window. `rollback` is
    the id of the procedure that `rollback_s` is the estimate of. `latest_rollback` is None without a window or an
    estimate, once the rollback was started, and past the point of no return. `path_s` is how long the critical path of
    the work plan still takes, None without one.
    """

    elapsed_s: float
    used_s: float | None
    left_s: float | None
    rollback: str
    rollback_s: float | None
    latest_rollback: float | None
    phases: tuple[PhaseTime, ...]
    path_s: float | None = None

    def rollback_left_s(self, now: Stamp) -> float | None:
        """Return the seconds until a rollback has to start, negative once it is too late; None without such a time."""
        return None if self.latest_rollback is None else self.latest_rollback - now.wall
