"""The values of a report's first paragraph, from the collected data of a session."""

from collections.abc import Iterator

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.states import Advice, StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.limits import Limit, limits
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.words.numbers import number
from mmcockpit.core.words.report.summary import (
    EMPTY,
    DecisionKind,
    Ending,
    GoLiveSummary,
    Impact,
    MadeDecision,
    RollbackEnd,
    summary_text,
)
from mmcockpit.report.past import Decision, Past
from mmcockpit.report.procedures import procedure
from mmcockpit.report.series import STATES, SignalSeries

BACK = (Advice.ROLLBACK, Advice.FIX_FORWARD)


def paragraph(past: Past) -> str:
    """Return the first paragraph of a report."""
    values = summary(past)
    return EMPTY if values is None else summary_text(values)


def summary(past: Past) -> GoLiveSummary | None:
    """Return what the first paragraph reports; None for a journal without facts."""
    session, first, last = past.session, past.first, past.last
    if first is None or last is None:
        return None
    opened = session.opened
    ending = _ending(past)
    advised = next((one for one in past.advice_changes if one.what in BACK), None)
    values = GoLiveSummary(
        target="",
        environment="",
        began=first.wall,
        ended=last.wall,
        elapsed_s=max(last.at - first.at, 0.0),
        forced=sum(bool(one.unmet) for one in past.decisions),
        advised=Advice(advised.what) if advised is not None else None,
        advised_at=advised.start.wall if advised is not None else 0.0,
        choice=_choice(past, advised is not None),
        rollback=_rollback(past),
        last=session.advised.advice if session.advised is not None else None,
        ending=ending,
        outcome=session.closed.outcome if session.closed is not None else "",
        by=session.closed.by if session.closed is not None else past.left,
    )
    return values if opened is None else _of_cockpit(past, values, opened, last.at)


def _of_cockpit(past: Past, made: GoLiveSummary, opened: facts.Opened, end: float) -> GoLiveSummary:
    """Return the summary with what needs the cockpit file: the plan, the phases, the impact."""
    cockpit, session = opened.cockpit, past.session
    phases = cockpit.checklist.phases
    ruled = dict.fromkeys(abort.signal for abort in cockpit.aborts)
    series = [past.series[name] for name in ruled if name in past.series]
    signals = [one for one in series if not past.unreached(one.signal)]
    return msgspec.structs.replace(
        made,
        target=cockpit.target,
        environment=cockpit.environment,
        mode=opened.mode,
        window=cockpit.window,
        t0=session.t0,
        phase=phases[session.phase].title if phases else "",
        number=session.phase + 1,
        phases=len(phases),
        impacts=tuple(_impacts(signals, end)),
        measured=any(_measured(one) for one in signals) if signals else None,
        without_data_s=max((one.times(end)[STATES.index(Level.UNKNOWN)] for one in signals), default=0.0),
    )


def _ending(past: Past) -> Ending:
    if past.session.closed is not None:
        return Ending.CLOSED
    return Ending.RUNNING if past.running else Ending.LEFT if past.left else Ending.CUT


def _impacts(signals: list[SignalSeries], end: float) -> Iterator[Impact]:
    """Yield the impact of every abort signal that failed for a second or more, the longest first."""
    code = STATES.index(Level.FAIL)
    failed = [(one.times(end)[code], one) for one in signals]
    for seconds, one in sorted(failed, key=lambda pair: -pair[0]):
        if seconds >= 1:
            signal = one.signal
            broken = next((limit for limit in limits(signal) if limit.beyond is Level.FAIL), None)
            yield Impact(
                signal.impact,
                signal.title,
                _worst(one, broken),
                f"{broken.comparison} {number(broken.value, signal.unit)}" if broken is not None else "",
                seconds,
                still=bool(one.codes) and one.codes[-1] == code,
            )


def _worst(series: SignalSeries, limit: Limit | None) -> str:
    """Return the failing value that is farthest beyond the limit; without a limit, the range of the failing values."""
    code, signal = STATES.index(Level.FAIL), series.signal
    values = [value for value, now in zip(series.values, series.codes, strict=True) if now == code and value == value]
    if not values:
        return ""
    low, high = (number(value, signal.unit, signal.saturates_at) for value in (min(values), max(values)))
    if limit is None:
        return low if low == high else f"{low} to {high}"
    if limit.comparison == "==":
        farthest = max(values, key=lambda value: abs(value - limit.value))
        return number(farthest, signal.unit, signal.saturates_at)
    return high if limit.comparison in ("<", "<=") else low


def _measured(series: SignalSeries) -> bool:
    return any(code in _KNOWN for code in series.codes)


_KNOWN = {STATES.index(level) for level in (Level.PASS, Level.WARN, Level.FAIL)}


def _choice(past: Past, back: bool) -> MadeDecision | None:
    """Return the latest decision on the advice; else that to start a rollback, on the poll, or on a forced gate.

    Where a rollback was advised (`back`), polls and gates are no decision about it.
    """
    for group in ((facts.Decided,), (facts.ProcedureOpened,), () if back else (facts.PollClosed, facts.PhaseChanged)):
        for one in reversed(past.decisions):
            if isinstance(one.fact, group) and (decision := _made(past, one)):
                return decision
    return None


def _made(past: Past, one: Decision) -> MadeDecision | None:
    """Return a decision; None for what is no decision of its own, such as an open gate."""
    at = one.when.wall
    match one.fact:
        case facts.Decided(advice=advice, accepted=accepted):
            return MadeDecision(
                DecisionKind.ACCEPTED if accepted else DecisionKind.DISMISSED, one.by, at, one.reason, str(advice)
            )
        case facts.PollClosed(go=go):
            return MadeDecision(DecisionKind.POLL_GO if go else DecisionKind.POLL_NO_GO, one.by, at, one.reason)
        case facts.PhaseChanged(was=was) if one.unmet:
            return MadeDecision(DecisionKind.FORCED, one.by, at, one.reason, SessionNames(past.session).phase(was))
        case facts.ProcedureOpened(procedure=name) if procedure(past, name).aborts:
            return MadeDecision(DecisionKind.STARTED, one.by, at)
    return None


def _rollback(past: Past) -> MadeDecision | None:
    """Return how the latest rollback ended; None if none was started."""
    run = next((one for one in reversed(past.followed) if procedure(past, one.id).aborts), None)
    if run is None:
        return None
    if run.closed is not None and run.ended is not None:
        kind = RollbackEnd.ABANDONED if run.closed.abandoned else RollbackEnd.COMPLETED
        return MadeDecision(kind, run.closed.by, run.ended.wall, run.closed.reason)
    last = run.tried[-1] if run.tried else None
    if last is not None and last.state is StepState.FAILED:
        return MadeDecision(RollbackEnd.FAILED, last.by, last.when.wall, subject=last.title)
    return MadeDecision(RollbackEnd.UNFINISHED, run.by, run.when.wall)
