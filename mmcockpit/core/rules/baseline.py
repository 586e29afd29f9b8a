"""The baseline: its window, the rules that compare with it, and how to record it."""

import re
from functools import lru_cache

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import age

LEAST_POINTS = 5
"""Minimum number of points for the baseline of a signal."""

_NAME = re.compile(r"(?<![\w.\"'])baseline(?![\w\"'])")


@lru_cache(maxsize=4_096)
def reads_baseline(rule: str) -> bool:
    """Return whether the text of a rule compares with the baseline."""
    return _NAME.search(rule) is not None


def compares(signal: Signal) -> bool:
    """Return whether a rule of the signal compares with the baseline."""
    rule = signal.rule
    return any(map(reads_baseline, (rule.passes, rule.warns, rule.applies)))


def without_baseline(session: Session) -> tuple[str, ...]:
    """Return the signals whose rules compare with the baseline and for which none was recorded."""
    recorded = session.baseline.values if session.baseline else {}
    names = [state.signal.name for state in session.signals.values() if compares(state.signal)]
    return tuple(name for name in names if name not in recorded)


def new_production(session: Session) -> Stamp | None:
    """Return when the phase opened that ends the baseline's window; None before it opened."""
    before = session.cockpit.baseline.before
    index = session.phase_index(before) if before else len(session.opened_at)
    return session.opened_at[index] if index < len(session.opened_at) else None


def window(session: Session, now: Stamp) -> tuple[float, float]:
    """Return the window of the baseline in Unix seconds; it ends where the new production begins."""
    began = new_production(session)
    end = min(now.wall, began.wall) if began else now.wall
    return end - session.cockpit.baseline.over, end


def lacking(session: Session, now: Stamp) -> tuple[str, ...]:
    """Return the signals of the baseline with too few points in its window in this session."""
    start, end = window(session, now)
    names = session.cockpit.baseline.signals
    return tuple(name for name in names if len(points_in(session, name, start, end)) < LEAST_POINTS)


def missing_words(session: Session, name: str = "") -> str:
    """Return the text for a missing baseline, or a missing value of one signal, and how to record it."""
    plan, began = session.cockpit.baseline, new_production(session)
    what = f"the baseline has no value of {name}" if name and session.baseline else "no baseline was recorded"
    by_hand = f"`:baseline {name or 'NAME'}=VALUE REASON`"
    if name and name not in plan.signals:
        return f"{what}: add {name} to baseline.signals in the cockpit file"
    if began is None:
        before = f", before {plan.before} opens" if plan.before else ""
        return f"{what}: `:baseline` records the last {age(plan.over)}{before}; {by_hand} sets a known value"
    return f"{what}: `:baseline` takes the {age(plan.over)} before {plan.before}; {by_hand} sets a known value"


def points_in(session: Session, name: str, start: float, end: float) -> list[float]:
    """Return the values of a signal between two Unix times, as far as the session keeps them."""
    known = session.signals[name].points if name in session.signals else ()
    return [value for at, value in known if start <= at <= end]
