"""The advice: GO, HOLD, NO-GO or ROLLBACK, the most severe that applies, with all its reasons."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from mmcockpit.core.facts.reasons import Coverage, Reason, ReasonKind, Result, covers
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.changes import just_before
from mmcockpit.core.rules.combination import fails_only_by_statistics
from mmcockpit.core.rules.gate import Gate, gate, unfilled_roles
from mmcockpit.core.rules.judge import failing
from mmcockpit.core.rules.releases.offers import stopping
from mmcockpit.core.rules.targets.reached import counts
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.values import value_line

BROKEN = frozenset({State.BAD, State.REGRESSED, State.BLOCKED})
"""States of required items that cause NO-GO; every other unsatisfied state causes HOLD."""

MOST_UNKNOWN = 8
"""Maximum number of unknown items that are listed one by one."""

_AFTER_ABORT = (Advice.ROLLBACK, Advice.FIX_FORWARD)
"""What is advised once abort rules have failed for their time, the first that is possible for any of their targets."""

_UNDONE = frozenset({State.NOT_APPLICABLE, State.DEFERRED})
"""States in which the work of an item was not done."""


def advise(session: Session, now: Stamp) -> tuple[Advice, tuple[Reason, ...]]:
    """Return the advice and its reasons, the most severe first.

    ROLLBACK: an armed abort rule has failed for its time. NO-GO: a required item of this or an earlier phase fails, is
    regressed or blocked, or a judged signal fails, in any phase. HOLD: a required item has no data, is open or
    settling, the operator holds, an armed abort rule has no data, or nothing is proven. GO: none of these.
    """
    closing = gate(session)
    aborts = tuple(_aborts(session))
    broken = tuple(_item(session, state) for state in closing.unmet if state.state in BROKEN)
    pending, judged = tuple(_pending(session)), tuple(_judged(session, closing))
    if aborts:
        targets = {session.signals[one.subject].signal.target for one in aborts}
        advice = min((advised_after_abort(session, target) for target in targets), key=_AFTER_ABORT.index)
        past = _past_return(session, targets) if advice is Advice.FIX_FORWARD else ()
        return advice, (*aborts, *_stops(session, aborts), *pending, *judged, *broken, *past)
    if pending or broken or judged:
        return Advice.NO_GO, (*pending, *broken, *judged)
    held = (*_holds(session), *_without_data(session))
    waiting = (*_waiting(session, list(closing.unmet)), *_unfilled(closing.unfilled))
    if held or waiting:
        return Advice.HOLD, (*held, *waiting)
    if not closing.proven:
        return Advice.HOLD, (_unproven(session, closing),)
    return Advice.GO, ()


def no_return(session: Session, target: str = "") -> bool:
    """Return whether the point of no return is passed: such an item was satisfied, or such a step was started.

    For a target, the points of other targets do not count; without one, those of all targets do.

    Once the gate of its phase is passed, an item counts as satisfied even if the gate was overridden: advising a
    rollback that is not possible does more harm than not advising one that is. Items that are not applicable or
    deferred do not count, because nothing was done.
    """
    started = target in session.past_return_of if target else bool(session.past_return_of)
    return session.past_return or started or any(_crossed(session, state) for state in _points(session, target))


def crossed_only_in_words(session: Session) -> list[ItemState]:
    """Return the points of no return in the open phase that no signal and no tick proves."""
    return [
        state
        for state in _points(session)
        if session.phase_of(state.item.id) == session.phase and not state.proven and state.state not in _UNDONE
    ]


def _points(session: Session, target: str = "") -> list[ItemState]:
    phases = session.cockpit.checklist.phases
    points = [state for state in session.items.values() if state.item.no_return]
    return [one for one in points if not target or phases[session.phase_of(one.item.id)].target in ("", target)]


def _crossed(session: Session, state: ItemState) -> bool:
    return state.proven or (session.phase_of(state.item.id) < session.phase and state.state not in _UNDONE)


def dismissed(session: Session) -> bool:
    """Return whether the present advice was dismissed and has not become more severe since."""
    advised, decided = session.advised, session.decided
    if advised is None or decided is None or decided.accepted or decided.advice is not advised.advice:
        return False
    return not uncovered(advised.reasons, decided.seen)


def coverage(reasons: Iterable[Reason]) -> tuple[Coverage, ...]:
    """Return what a decision on these reasons covers."""
    return tuple(reason.coverage for reason in reasons)


def uncovered(reasons: Iterable[Reason], seen: tuple[Coverage, ...]) -> list[Reason]:
    """Return the reasons that were not seen, or that cover more items or other failing members now."""
    return [reason for reason in reasons if not covers(seen, reason)]


def readiness(session: Session) -> tuple[Level, tuple[Reason, ...]]:
    """Return whether a rollback can be relied on, and the reasons against it.

    Every signal of `readiness` has to pass, except those of targets that are not reached yet, and no contact may be a
    placeholder in square brackets.
    """
    names = readiness_names(session)
    states = [session.signals[name] for name in names if name in session.signals]
    failing = [_signal(state) for state in states if state.verdict.level in (Level.FAIL, Level.WARN)]
    unknown = [_signal(state) for state in states if state.verdict.level is Level.UNKNOWN]
    missing = [Reason(ReasonKind.SIGNAL, name) for name in names if name not in session.signals]
    unfilled = _unfilled(unfilled_roles(session))
    against = (*failing, *unfilled, *unknown, *missing)
    if failing or unfilled:
        return Level.FAIL, against
    return (Level.UNKNOWN if against or not names else Level.PASS), against


def readiness_names(session: Session) -> tuple[str, ...]:
    """Return the signals on which a rollback depends at the moment."""
    states = session.signals
    return tuple(
        name for name in session.cockpit.readiness if name not in states or counts(session, states[name].signal.target)
    )


def armed(session: Session, abort: Abort) -> bool:
    """Return whether an abort rule already counts: from its phase on."""
    phases = [phase.id for phase in session.cockpit.checklist.phases]
    return abort.phase in phases and session.phase >= phases.index(abort.phase)


def failed_s(session: Session, abort: Abort) -> float | None:
    """Return the seconds an abort rule failed since its phase opened; None if it is not armed or not failing.

    A statistical comparison alone never causes a rollback: its failure counts as that of any judged signal.
    """
    state = session.signals.get(abort.signal)
    if state is None or not armed(session, abort) or state.verdict.level is not Level.FAIL:
        return None
    if fails_only_by_statistics(session, abort.signal):
        return None
    return state.failing.since(session.opened_at[session.phase_index(abort.phase)].at)


def advised_after_abort(session: Session, target: str = "") -> Advice:
    """Return the advice once an abort rule of a target has failed for its time: ROLLBACK, while one is possible."""
    return Advice.FIX_FORWARD if no_return(session, target) else Advice.ROLLBACK


def _aborts(session: Session) -> Iterator[Reason]:
    for abort in session.cockpit.aborts:
        failed = failed_s(session, abort)
        if failed is not None and failed >= abort.for_s:
            yield _abort(session, ReasonKind.ABORT, abort, failed)


def _stops(session: Session, aborts: tuple[Reason, ...]) -> Iterator[Reason]:
    """Yield the action that stops the new version, before it is fully promoted."""
    stop = stopping(session, aborts)
    if stop is not None and not no_return(session, stop.action.procedure.target):
        yield Reason(ReasonKind.DELIVERY, stop.action.procedure.id, title=stop.action.label, text=stop.cause)


def _pending(session: Session) -> Iterator[Reason]:
    """Yield the armed abort rules that fail, but for less than their time."""
    for abort in session.cockpit.aborts:
        failed = failed_s(session, abort)
        if failed is not None and failed < abort.for_s:
            reason = _abort(session, ReasonKind.ABORT_PENDING, abort, failed)
            target = session.signals[abort.signal].signal.target
            yield msgspec.structs.replace(reason, leads_to=advised_after_abort(session, target))


def _abort(session: Session, kind: ReasonKind, abort: Abort, failed: float) -> Reason:
    state = session.signals[abort.signal]
    return Reason(
        kind,
        abort.signal,
        abort.phase,
        abort.for_s,
        result=_result(state),
        failed_s=failed,
        since=state.since,
        before=just_before(session, state.since),
    )


def _judged(session: Session, closing: Gate) -> Iterator[Reason]:
    """Yield the other judged signals that fail, except those of a broken item that is listed already."""
    ruled = {abort.signal for abort in session.cockpit.aborts if failed_s(session, abort) is not None}
    listed = {state.item.signal for state in closing.unmet if state.state in (State.BAD, State.REGRESSED)}
    for state in closing.failing:
        if state.signal.name not in ruled | listed:
            parts, before = failing(state.signal, state.value), just_before(session, state.since)
            yield msgspec.structs.replace(_signal(state), parts=parts, before=before)


def _signal(state: SignalState) -> Reason:
    return Reason(ReasonKind.SIGNAL, state.signal.name, result=_result(state), since=state.since)


def _unproven(session: Session, closing: Gate) -> Reason:
    """Return why an open gate is not enough for GO: no signal has passed and nothing was ticked."""
    phases = session.cockpit.checklist.phases[: session.phase + 1]
    if any(item.required for phase in phases for item in phase.items):
        return Reason(ReasonKind.NOTHING_PROVEN)
    return Reason(ReasonKind.NO_REQUIRED_ITEM, phase=closing.phase)


def _without_data(session: Session) -> Iterator[Reason]:
    """Yield the armed abort rules without data: unknown is never go, even if no item uses their signal."""
    for name in dict.fromkeys(abort.signal for abort in session.cockpit.aborts if armed(session, abort)):
        state = session.signals.get(name)
        if state is None:
            yield Reason(ReasonKind.ABORT_NO_DATA, name)
        elif state.verdict.level is Level.UNKNOWN:
            yield Reason(ReasonKind.ABORT_NO_DATA, name, result=_result(state), since=state.since)


def _past_return(session: Session, targets: Collection[str]) -> Iterator[Reason]:
    """Yield the points of no return that were passed for these targets: the reasons for FIX FORWARD."""
    if session.past_return or any("" in targets or one in targets for one in session.past_return_of):
        yield Reason(ReasonKind.NO_RETURN)
    points = {state.item.id: state for target in targets for state in _points(session, target)}
    for state in points.values():
        if _crossed(session, state):
            item = state.item
            yield Reason(ReasonKind.NO_RETURN, item.id, title=item.title, number=item.number, since=state.since)


def _holds(session: Session) -> Iterator[Reason]:
    if session.held is not None:
        yield Reason(ReasonKind.HOLD, by=session.held.by, text=session.held.reason, since=session.held_since)


def _waiting(session: Session, states: list[ItemState]) -> Iterator[Reason]:
    """Yield unknown items one by one, because each needs an operator; the other items as a count per state."""
    unknown = [state for state in states if state.state is State.UNKNOWN]
    yield from (_item(session, state) for state in unknown[:MOST_UNKNOWN])
    if len(unknown) > MOST_UNKNOWN:
        yield Reason(ReasonKind.ITEMS, state=State.UNKNOWN, count=len(unknown) - MOST_UNKNOWN)
    for kind in (State.OPEN, State.HOLDING, State.WAITING):
        if count := sum(state.state is kind for state in states):
            yield Reason(ReasonKind.ITEMS, state=kind, count=count)


def _unfilled(roles: tuple[str, ...]) -> tuple[Reason, ...]:
    return (Reason(ReasonKind.CONTACTS, count=len(roles), parts=roles),) if roles else ()


def _item(session: Session, state: ItemState) -> Reason:
    signal, item, broken = session.signal_of(state.item), state.item, state.state in BROKEN
    reason = Reason(
        ReasonKind.ITEM,
        item.id,
        state=state.state,
        parts=failing(signal.signal, signal.value) if signal is not None and broken else (),
        title=item.title,
        number=item.number,
        result=_result(signal) if signal is not None and signal.asked_at is not None else None,
        since=state.since,
        before=just_before(session, state.since) if broken else "",
    )
    if state.state is State.BLOCKED and state.standing is not None:
        return msgspec.structs.replace(reason, by=state.standing.by, text=state.standing.reason)
    if state.state is State.UNKNOWN and signal is not None and signal.verdict.level is Level.PASS:
        return msgspec.structs.replace(reason, text=state.because)
    return reason


def _result(state: SignalState) -> Result:
    value = value_line(state.value, state.signal) if state.reading and not state.fault else ""
    return Result(state.signal.name, state.signal.title, value, state.verdict)
