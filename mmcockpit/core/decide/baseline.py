"""Recording the baseline: means over its window, values from the history of sources, values set by an operator."""

from math import isfinite
from statistics import fmean

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.marks import LONGEST_REASON
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.rules.baseline import LEAST_POINTS, new_production, points_in, window
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.numbers import age

Decision = tuple[str, list[facts.AnyBody]]


def record_baseline(session: Session, command: commands.RecordBaseline, now: Stamp) -> Decision:
    """Record the means of the baseline's signals over its window, or the values that an operator sets.

    Values that this session did not poll are taken from the command's `history`. A signal with too few points is left
    out and reported as missing; an earlier value of it stays.
    """
    plan = session.cockpit.baseline
    if not plan.signals:
        return "neither the checklist nor the cockpit file names signals under baseline:", []
    if command.values:
        return _set_values(session, command, now)
    start, end = window(session, now)
    means, missing, history = _means(session, command, start, end)
    if not means:
        return _too_few(session, missing), []
    old = session.baseline
    kept = {name: value for name, value in old.values.items() if name in missing} if old else {}
    by_hand = tuple(name for name in old.by_hand if name in kept) if old else ()
    missing = {name: why for name, why in missing.items() if name not in kept}
    values = {name: {**means, **kept}[name] for name in plan.signals if name in means or name in kept}
    recorded = facts.BaselineRecorded(
        round(start, 3),
        round(end, 3),
        values,
        command.by,
        missing=missing,
        history=tuple(history),
        by_hand=by_hand,
        reason=old.reason if old and by_hand else "",
    )
    return "", [recorded]


def _means(
    session: Session, command: commands.RecordBaseline, start: float, end: float
) -> tuple[dict[str, float], dict[str, str], list[str]]:
    """Return the mean of each signal, the reason for each signal without one, and those taken from the history."""
    means: dict[str, float] = {}
    missing: dict[str, str] = {}
    history: list[str] = []
    for name in session.cockpit.baseline.signals:
        points = points_in(session, name, start, end)
        if len(points) < LEAST_POINTS <= len(command.history.get(name, ())):
            points = list(command.history[name])
            history.append(name)
        if len(points) < LEAST_POINTS:
            missing[name] = counted(len(points), "point")
        else:
            means[name] = float(f"{fmean(points):.6g}")
    return means, missing, history


def _set_values(session: Session, command: commands.RecordBaseline, now: Stamp) -> Decision:
    known = session.cockpit.baseline.signals
    unknown = [name for name in command.values if name not in known]
    reason = plain(command.reason, LONGEST_REASON)
    if unknown:
        return f"unknown signal {unknown[0]!r}; signals of the baseline: {', '.join(known)}", []
    if not all(map(isfinite, command.values.values())):
        return "a value of the baseline must be a number", []
    if not reason:
        return "setting a value of the baseline needs a reason: where does it come from?", []
    old = session.baseline
    start, end = (old.start, old.end) if old else window(session, now)
    given = {**(old.values if old else {}), **command.values}
    recorded = facts.BaselineRecorded(
        round(start, 3),
        round(end, 3),
        {name: given[name] for name in known if name in given},
        command.by,
        missing={name: why for name, why in old.missing.items() if name not in given} if old else {},
        history=tuple(name for name in old.history if name not in command.values) if old else (),
        by_hand=tuple(dict.fromkeys((*(old.by_hand if old else ()), *command.values))),
        reason=reason,
    )
    return "", [recorded]


def _too_few(session: Session, missing: dict[str, str]) -> str:
    plan, began = session.cockpit.baseline, new_production(session)
    named = ", ".join(f"{name} has {count}" for name, count in missing.items())
    when = f"{age(plan.over)} before {plan.before} opened" if began else f"last {age(plan.over)}"
    since = "; what was measured since then is the new production" if began else ""
    way_out = f"`:baseline {next(iter(missing))}=VALUE REASON` sets a known value"
    return f"{named} in the {when}: too few for a baseline (at least {LEAST_POINTS}){since}; {way_out}"
