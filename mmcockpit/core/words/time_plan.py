"""The time plan as text: the window, the latest moment for a rollback, a phase against its plan."""

from collections.abc import Callable

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


def phase_time(phase: PhaseTime) -> str:
    """Return a phase's time against its plan: `12m of 30m`, `45m of 30m, 15m over`, `12m`, `30m planned`."""
    planned = "" if phase.planned_s is None else duration(phase.planned_s)
    if phase.actual_s is None:
        return f"{planned} planned" if planned else ""
    over = f", {age(phase.over_s)} over" if phase.over_s >= 1 else ""
    # What changes every second is painted every second.
    actual = age(phase.actual_s // 10 * 10)
    return f"{actual} of {planned}{over}" if planned else actual
