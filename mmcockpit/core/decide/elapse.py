"""Facts that follow from time and verdicts: stale signals, items, overrides that expire, the advice."""

import msgspec

from mmcockpit.core.decide.evaluation_work import EvaluationWork, work_of
from mmcockpit.core.facts.event import Advised, AnyBody, ItemChanged, MarkExpired, Observed, SignalChanged
from mmcockpit.core.facts.reasons import Coverage, Reason, Result
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import advise
from mmcockpit.core.rules.combination import regrouped
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.judge import hold_flaw, hold_of, judge
from mmcockpit.core.rules.judged_signals import verdict_changes
from mmcockpit.core.rules.messages.escalations import escalated
from mmcockpit.core.rules.procedure_triggers import followed
from mmcockpit.core.rules.steps.retries import restarted
from mmcockpit.core.state.items import ItemState, next_state
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.verdicts import verdict_reason


def elapse(session: Session, now: Stamp, *, regroup: bool = True) -> list[AnyBody]:
    """Return the facts that follow from the present time and the latest verdicts.

    Call it again once they are applied, until there are none: an item follows a signal that became stale, the advice
    follows the items. Without `regroup` combinations keep their last verdict.
    """
    work = work_of(session)
    return (
        _stale(session, now, work)
        or (_regrouped(session, now, work) if regroup else [])
        or [*_expired(session, now), *_sensed(session, work), *_announced(session, work)]
        or _advised(session, now)
        or followed(session, now)
        or list(restarted(session, now))
        or list(escalated(session, now))
    )


def _stale(session: Session, now: Stamp, work: EvaluationWork) -> list[AnyBody]:
    """Return an Observed fault for every signal whose latest result is older than allowed."""
    facts: list[AnyBody] = []
    for state in work.silent(now):
        signal, asked_at = state.signal, state.asked_at
        if asked_at is None:
            continue
        silent_s = now.at - asked_at.at
        if silent_s > signal.patience and state.verdict.level is not Level.UNKNOWN and signal.judged:
            fault = (
                Fault(FaultKind.EXPIRED, f"the result was valid for {age(signal.valid_for)}: run the check again")
                if signal.active
                else Fault(FaultKind.SILENT, f"no result for {age(silent_s)}")
            )
            facts.append(Observed(signal.name, fault, judge(signal, fault, session, now)))
    return facts


def _regrouped(session: Session, now: Stamp, work: EvaluationWork) -> list[AnyBody]:
    """Return an Observed for every combination that is due."""
    facts = list(regrouped(session, now, work.due_groups(now)))
    work.groups = {fact.signal for fact in facts}
    return [*facts]


def _expired(session: Session, now: Stamp) -> list[AnyBody]:
    """Return a MarkExpired for every override that has expired."""
    standing = [state.standing for state in session.items.values() if state.standing is not None]
    return [MarkExpired(mark.item, mark.by) for mark in standing if 0 < mark.expires <= now.at]


def _announced(session: Session, work: EvaluationWork) -> list[SignalChanged]:
    """Return a SignalChanged for every announced signal whose verdict changed."""
    facts = list(verdict_changes(session, work.in_order(work.announced)))
    work.announced = {fact.signal for fact in facts}
    return facts


def _sensed(session: Session, work: EvaluationWork) -> list[ItemChanged]:
    """Return an ItemChanged for every item whose state no longer matches its signal and its marks."""
    facts: dict[int, ItemChanged] = {}
    for place in sorted(work.items):
        index, item = work.places[place]
        state, signal = session.items[item.id], session.signal_of(item)
        # An item that was not satisfied when its gate was overridden is judged until it is.
        settled = item.until_gate and index < session.phase and state.state in SATISFIED
        if signal is None or (settled and state.standing is None):
            continue
        changed = _changed(session, state, signal, index)
        if changed is not None:
            facts[place] = changed
    work.items = set(facts)
    return list(facts.values())


def _changed(session: Session, state: ItemState, signal: SignalState, phase: int) -> ItemChanged | None:
    open_ = phase <= session.phase
    # Only a signal that passes makes an item depend on its settle time, which takes the longest to determine.
    if signal.verdict.level is not Level.PASS and next_state(state, signal, open_, True) is state.state:
        return None
    hold_s = hold_of(state.item, session)
    served = signal.passing.since(session.opened_at[phase].at) if phase < len(session.opened_at) else 0.0
    flaw = hold_flaw(state.item, session)
    new = next_state(state, signal, open_, None if flaw else served >= hold_s[1])
    if new is state.state:
        first_served = new is State.HOLDING and not state.proven and satisfied(session, state)
        if not first_served:
            return None
        because = f"the first settle time has passed: {age(hold_s[0])} of {age(hold_s[1])}"
        return ItemChanged(state.item.id, new, new, because, served)
    because = verdict_reason(signal.verdict) or f"{state.item.signal} {signal.verdict.level}"
    if flaw and new is State.UNKNOWN and signal.verdict.level is Level.PASS:
        because = flaw
    return ItemChanged(state.item.id, state.state, new, because, served)


def _advised(session: Session, now: Stamp) -> list[AnyBody]:
    """Return an Advised if the advice or its reasons differ from the last one recorded."""
    advice, reasons = advise(session, now)
    last = session.advised
    if last is not None and last.advice is advice and _gist(last.reasons) == _gist(reasons):
        return []
    return [Advised(advice, reasons)]


def _gist(reasons: tuple[Reason, ...]) -> list[tuple[Coverage, Result | None]]:
    """Return what of the reasons makes a new Advised if it changes; neither count nor result of those since a time."""
    return [
        (reason.coverage, reason.result)
        if reason.since is None
        else (msgspec.structs.replace(reason.coverage, count=1), None)
        for reason in reasons
    ]
