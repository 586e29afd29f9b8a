"""The time plan as text: the window, the latest moment for a rollback, a phase against its plan."""

from collections.abc import Callable
from math import ceil

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.time_plan import PhaseTime, TimePlan
from mmcockpit.core.words.durations import age, duration
from mmcockpit.core.words.times import day, minute


def window_text(plan: TimePlan) -> str:
    """Return what is left of the window: `2h 40m left`, `starts in 20m`, `ended 10m ago`; empty without a window."""
    if plan.used_s is None or plan.left_s is None:
        return ""
    if plan.used_s < 0:
        return f"starts in {age(-plan.used_s)}"
    return f"{age(plan.left_s)} left" if plan.left_s > 0 else f"ended {age(-plan.left_s)} ago"


def rollback_deadline(plan: TimePlan, now: Stamp, time: Callable[[float], str] = minute) -> str:
    """Return until when a rollback has to start: `rollback must start by 05:30`, `no time for a rollback since 05:30`.

    Empty without such a moment. `time` returns a moment as hours and minutes; the day is added if it is not today.
    """
    latest, left_s = plan.latest_rollback, plan.rollback_left_s(now)
    if latest is None or left_s is None:
        return ""
    at = time(latest) if day(latest) == day(now.wall) else f"{day(latest)} {time(latest)}"
    return f"rollback must start by {at}" if left_s >= 0 else f"no time for a rollback since {at}"


def path_text(plan: TimePlan) -> str:
    """Return how long the critical path still takes: `critical path 45m`, `critical path 45m, 5m too long`.

    It is too long if it ends after the window. Empty without a path.
    """
    if not plan.path_s:
        return ""
    over = path_over_s(plan)
    return f"critical path {age(_minutes(plan.path_s))}" + (f", {age(_minutes(over))} too long" if over else "")


def path_over_s(plan: TimePlan) -> float:
    """Return by how many seconds the critical path ends after the window; 0 if it does not, or without a window."""
    if plan.path_s is None or plan.left_s is None or plan.left_s <= 0:
        return 0.0
    return max(plan.path_s - plan.left_s, 0.0)


def _minutes(seconds: float) -> float:
    """Return seconds rounded up to minutes: what changes every second is painted every second."""
    return ceil(seconds / 60) * 60.0


def phase_time(phase: PhaseTime) -> str:
    """Return a phase's time against its plan: `12m of 30m`, `45m of 30m, 15m over`, `12m`, `30m planned`."""
    planned = "" if phase.planned_s is None else duration(phase.planned_s)
    if phase.actual_s is None:
        return f"{planned} planned" if planned else ""
    over = f", {age(phase.over_s)} over" if phase.over_s >= 1 else ""
    # What changes every second is painted every second.
    actual = age(phase.actual_s // 10 * 10)
    return f"{actual} of {planned}{over}" if planned else actual
