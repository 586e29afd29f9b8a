"""How items follow their signals: what time and verdicts change by themselves."""

from mmcockpit.core.checklist import Item, Mode
from mmcockpit.core.clock import Stamp
from mmcockpit.core.event import AnyBody, ItemChanged, Observed, State
from mmcockpit.core.judge import judge
from mmcockpit.core.reading import Fault, FaultKind
from mmcockpit.core.session import ItemState, Session, SignalState
from mmcockpit.core.verdict import Level

SATISFIED = frozenset({State.DONE, State.GOOD})
"""States in which an item is true."""


def elapse(session: Session, now: Stamp) -> list[AnyBody]:
    """Return the facts that the passing of time and the latest verdicts make true: stale signals, sensed items.

    Ask again once they are applied, until there are none: an item follows a signal that went stale.
    """
    return [*stale(session, now), *sensed(session)]


def stale(session: Session, now: Stamp) -> list[AnyBody]:
    """Return an Observed fault for every signal whose latest answer is older than it may be."""
    facts: list[AnyBody] = []
    for state in session.signals.values():
        signal, asked_at = state.signal, state.asked_at
        if asked_at is None or state.verdict.level is Level.UNKNOWN or not signal.judged:
            continue
        silent_s = now.at - asked_at.at
        if silent_s > signal.stale_after + signal.every:
            fault = Fault(FaultKind.STALE, f"no answer for {silent_s:.0f} s")
            facts.append(Observed(signal.name, fault, judge(signal, fault, session, now)))
    return facts


def sensed(session: Session) -> list[AnyBody]:
    """Return an ItemChanged for every item of an open phase whose signal says something else than its state."""
    facts: list[AnyBody] = []
    for phase in session.cockpit.checklist.phases[: session.phase + 1]:
        for item in phase.items:
            signal = session.signals.get(item.signal)
            if signal is None or item.mode is Mode.MANUAL or signal.asked_at is None:
                continue
            state = session.items[item.id]
            new = _next(item, state, signal)
            if new is not state.state:
                because = signal.verdict.because or f"{item.signal} {signal.verdict.level}"
                facts.append(ItemChanged(item.id, state.state, new, because))
    return facts


def _next(item: Item, state: ItemState, signal: SignalState) -> State:
    """The table of sensed and attested items: what a verdict makes of a state."""
    match signal.verdict.level:
        case Level.UNKNOWN:
            return State.UNKNOWN
        case Level.FAIL:
            return State.REGRESSED if state.proven else State.BAD
        case Level.WARN:
            # Not good enough to satisfy, not bad enough to break: only what was proven stays so.
            if state.state in (State.BAD, State.UNKNOWN):
                return State.REGRESSED if state.proven else State.OPEN
            return state.state
        case Level.PASS if item.mode is Mode.SENSED:
            return State.GOOD
        case Level.PASS:
            return State.DONE if state.attested else State.OPEN
