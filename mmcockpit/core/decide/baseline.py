"""Recording the baseline: means over its window, values from the history of sources, values set by an operator."""

from math import isfinite
from statistics import fmean

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.rules.baseline import LEAST_POINTS, new_production, points_in, window
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted


def record_baseline(session: Session, command: commands.RecordBaseline, now: Stamp) -> Decision:
    """Record the means of the baseline's signals over its window, or the values that an operator sets.

    Values that this session did not poll are taken from the command's `history`. A signal with too few points is left
    out and reported as missing; an earlier value of it stays.
    """
    plan = session.cockpit.baseline
    if not plan.signals:
        return Refusal(Code.NO_BASELINE_SIGNALS)
    if command.values:
        return _set_values(session, command, now)
    start, end = window(session, now)
    means, points, history = _means(session, command, start, end)
    if not means:
        return _too_few(session, points)
    old = session.baseline
    kept = {name: value for name, value in old.values.items() if name in points} if old else {}
    by_hand = tuple(name for name in old.by_hand if name in kept) if old else ()
    values = {name: {**means, **kept}[name] for name in plan.signals if name in means or name in kept}
    recorded = facts.BaselineRecorded(
        round(start, 3),
        round(end, 3),
        values,
        command.by,
        missing={name: counted(count, "point") for name, count in points.items() if name not in kept},
        history=tuple(history),
        by_hand=by_hand,
        reason=old.reason if old and by_hand else "",
    )
    return [recorded]


def _means(
    session: Session, command: commands.RecordBaseline, start: float, end: float
) -> tuple[dict[str, float], dict[str, int], list[str]]:
    """Return the mean of each signal, the points of each signal with too few, and those taken from the history."""
    means: dict[str, float] = {}
    too_few: dict[str, int] = {}
    history: list[str] = []
    for name in session.cockpit.baseline.signals:
        points = points_in(session, name, start, end)
        if len(points) < LEAST_POINTS <= len(command.history.get(name, ())):
            points = list(command.history[name])
            history.append(name)
        if len(points) < LEAST_POINTS:
            too_few[name] = len(points)
        else:
            means[name] = float(f"{fmean(points):.6g}")
    return means, too_few, history


def _set_values(session: Session, command: commands.RecordBaseline, now: Stamp) -> Decision:
    known = session.cockpit.baseline.signals
    reason = plain(command.reason, LONGEST_REASON)
    for name, value in command.values.items():
        if name not in known:
            return Refusal(Code.UNKNOWN_SIGNAL, name, names=tuple(known))
        if not isfinite(value):
            return Refusal(Code.NOT_A_NUMBER, name)
    if not reason:
        return Refusal(Code.BASELINE_NEEDS_REASON)
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
    return [recorded]


def _too_few(session: Session, points: dict[str, int]) -> Refusal:
    plan = session.cockpit.baseline
    phase = plan.before if new_production(session) else ""
    parts = tuple(Refusal(Code.POINTS, name, count=count) for name, count in points.items())
    return Refusal(Code.TOO_FEW_POINTS, other=phase, count=LEAST_POINTS, for_s=plan.over, parts=parts)
