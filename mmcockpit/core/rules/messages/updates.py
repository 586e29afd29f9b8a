"""What an update for stakeholders reports: the situation of a session, its effect on users, and what is being done."""

from collections.abc import Iterator
from math import ceil

from mmcockpit.core.facts.reasons import Reason, ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import Advice
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import no_return
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.targets.reached import counts, open_target
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.procedure_runs import ProcedureRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.updates import Update, UpdateKind, impact_text

NEXT_S = 1800.0
ROUND_S = 300.0
"""Seconds until the next update, and the seconds that its time is rounded up to."""


def update(session: Session, now: Stamp, next_update: float | None = None) -> Update:
    """Return what an update tells at this moment; `next_update` (Unix seconds) is in half an hour unless given."""
    situation, since = _situation(session, now)
    phases = session.cockpit.checklist.phases
    signals = list(_abort_signals(session))
    running = [run for run in open_runs(session) if run.procedure.aborts]
    return Update(
        situation,
        session.cockpit.target,
        session.cockpit.environment,
        now.wall,
        next_update if next_update is not None else ceil((now.wall + NEXT_S) / ROUND_S) * ROUND_S,
        phase=phases[session.phase].title if phases else "",
        since=since,
        impacts=tuple(dict.fromkeys(impact_text(one.signal) for one in signals if one.verdict.level is Level.FAIL)),
        measured=all(one.verdict.level in (Level.PASS, Level.WARN) for one in signals) if signals else None,
        procedures=tuple(run.procedure.title for run in open_runs(session)),
        usual_s=running[-1].procedure.usual_s if running else 0.0,
        deciding=session.advised is not None and session.advised.advice is Advice.ROLLBACK,
        held=session.held is not None,
        window=session.cockpit.window,
    )


def rolled_back(session: Session) -> ProcedureRun | None:
    """Return the rollback that was done last; None if there is none, or none was done to its end."""
    done = [run for run in session.procedures.values() if run.procedure.aborts and run.completed]
    return done[-1] if done else None


def ended_at(run: ProcedureRun) -> Stamp:
    """Return when the last step of a run ended."""
    return max(
        (one.since for one in run.steps.values() if one.since is not None), key=lambda at: at.at, default=run.since
    )


def _abort_signals(session: Session) -> Iterator[SignalState]:
    for name in dict.fromkeys(abort.signal for abort in session.cockpit.aborts):
        if name in session.signals and counts(session, session.signals[name].signal.target):
            yield session.signals[name]


def _situation(session: Session, now: Stamp) -> tuple[UpdateKind, float | None]:
    """Return the situation, and when it began (Unix seconds)."""
    reasons = session.advised.reasons if session.advised is not None else ()
    running = [run for run in open_runs(session) if run.procedure.aborts]
    done = rolled_back(session)
    if session.closed is not None:
        over = UpdateKind.DONE if _complete(session) else UpdateKind.STOPPED
        return (UpdateKind.ROLLED_BACK, ended_at(done).wall) if done is not None else (over, None)
    if running:
        return UpdateKind.ROLLING_BACK, running[-1].since.wall
    if done is not None and not _worse_since(reasons, ended_at(done)):
        return UpdateKind.ROLLED_BACK, ended_at(done).wall
    if session.advised is not None and session.advised.advice in _BROKEN:
        late = no_return(session, open_target(session))
        return (UpdateKind.FIXING if late else UpdateKind.PROBLEM), _since(reasons)
    if session.held is not None:
        return UpdateKind.ON_HOLD, session.held_since.wall if session.held_since else None
    without_data = tuple(reason for reason in reasons if reason.kind is ReasonKind.ABORT_NO_DATA)
    if without_data:
        return UpdateKind.UNCLEAR, _since(without_data)
    return _going(session, now)


def _going(session: Session, now: Stamp) -> tuple[UpdateKind, float | None]:
    if _complete(session):
        return UpdateKind.DONE, None
    window = session.cockpit.window
    start = window.start if window is not None else session.t0
    if start is not None and now.wall < start:
        return UpdateKind.PLANNED, start
    return UpdateKind.AS_PLANNED, None


_BROKEN = frozenset({Advice.NO_GO, Advice.FIX_FORWARD, Advice.ROLLBACK})


def _worse_since(reasons: tuple[Reason, ...], end: Stamp) -> bool:
    """Return whether an abort rule began to fail after a rollback ended."""
    kinds = (ReasonKind.ABORT, ReasonKind.ABORT_PENDING)
    return any(one.kind in kinds and one.since is not None and one.since.at > end.at for one in reasons)


def _since(reasons: tuple[Reason, ...]) -> float | None:
    """Return when the first of these reasons began; points of no return are older and do not count."""
    known = (one.since.wall for one in reasons if one.since is not None and one.kind is not ReasonKind.NO_RETURN)
    return min(known, default=None)


def _complete(session: Session) -> bool:
    """Return whether the last phase is open and nothing keeps its gate closed."""
    phases = session.cockpit.checklist.phases
    return session.phase == len(phases) - 1 and gate(session).open and gate(session).proven
