"""The effect of each kind of fact on a session: the only place where its state changes."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.production_change import ProductionChange
from mmcockpit.core.model.reading import NUMBERS, Reading
from mmcockpit.core.model.states import STANDING, Mark, State
from mmcockpit.core.state.acting import reconfigured
from mmcockpit.core.state.carried import continued, stripped
from mmcockpit.core.state.changes import ACTS, production_change
from mmcockpit.core.state.go_live import APPLY as CONDUCT
from mmcockpit.core.state.identities import APPLY as SOURCES
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.pauses import APPLY as PAUSES
from mmcockpit.core.state.pauses import paused_s
from mmcockpit.core.state.points import Points
from mmcockpit.core.state.procedures import APPLY
from mmcockpit.core.state.releases.revisions import revise
from mmcockpit.core.state.releases.running_images import see_image
from mmcockpit.core.state.seats import APPLY as SEATS
from mmcockpit.core.state.seats import begin_without_data, remember
from mmcockpit.core.state.session import ITEMS, LOG, SESSION, SIGNALS, Session, Topic, item_topic, signal_topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.state.topics import result_topics
from mmcockpit.core.words.durations import duration

UNLOGGED = frozenset({facts.Observed, facts.Backfilled, facts.LogRead})
"""Facts that are no events for a person: what was read of systems."""


def evolve(session: Session, event: Event) -> AbstractSet[Topic]:
    """Apply one fact and return the topics that it changed; accepts every fact that can be decoded."""
    if event.seq > session.seq:
        session.seq = event.seq
    session.last = event.stamp
    if event.identity or event.epoch or event.command_id:
        remember(session, event)
    body = event.body
    if isinstance(body, facts.Observed):
        return _observed(session, event.stamp, body)
    kind = type(body)
    touched = _APPLY[kind](session, event.stamp, body)
    if kind not in UNLOGGED:
        revise(session, event)
        session.log.append(stripped(event))
        touched.add(LOG)
        if kind in ACTS:
            session.acts.append(event)
    return touched


def fold(events: Iterable[Event]) -> Session:
    """Return the session that results from these events."""
    session = Session()
    for event in events:
        evolve(session, event)
    return session


def _opened(session: Session, stamp: Stamp, body: facts.Opened) -> set[Topic]:
    if body.continues is not None:
        return continued(session, stamp, body)
    if session.opened is not None:
        return set()
    session.opened = body
    session.started = stamp
    session.opened_at = [stamp]
    session.t0 = body.cockpit.t0
    session.signals = {signal.name: SignalState(signal) for signal in body.cockpit.signals}
    session.items = {item.id: ItemState(item) for item in body.cockpit.checklist.items}
    session.operators, session.controls = [body.operator], "" if body.headless else body.operator
    return {SESSION, ITEMS, SIGNALS}


def _joined(session: Session, stamp: Stamp, body: facts.OperatorJoined) -> set[Topic]:
    if body.operator not in session.operators:
        session.operators.append(body.operator)
    return {SESSION}


def _left(session: Session, stamp: Stamp, body: facts.OperatorLeft) -> set[Topic]:
    session.operators = [name for name in session.operators if name != body.operator]
    return {SESSION}


def _observers(session: Session, stamp: Stamp, body: facts.ObserverJoined | facts.ObserverLeft) -> set[Topic]:
    session.observers.pop(body.process, None)
    if isinstance(body, facts.ObserverJoined):
        session.observers[body.process] = body.observer
    return {SESSION}


def _resumed(session: Session, stamp: Stamp, body: facts.Resumed) -> set[Topic]:
    session.operators, session.observers = [body.operator], {}
    session.controls = session.controls if body.headless else body.operator
    session.closed = None
    return begin_without_data(session, stamp, f"not polled for {duration(body.blind_s)}")


def _reopened(session: Session, stamp: Stamp, body: facts.Reopened) -> set[Topic]:
    session.closed = None
    return {SESSION}


def _t0_changed(session: Session, stamp: Stamp, body: facts.T0Changed) -> set[Topic]:
    session.t0 = body.t0
    return {SESSION}


def _marked(session: Session, stamp: Stamp, body: facts.ItemMarked) -> set[Topic]:
    state = session.items.get(body.item)
    if state is None:
        return set()
    _MARKED[body.mark](session, state, body)
    # A mark that a signal has to confirm is decided by `elapse`; until then an undone one no longer counts.
    if state.standing is not None or state.item.mode is Mode.MANUAL:
        _turn(state, state.by_hand(), stamp, body.reason)
    elif body.mark is Mark.UNDO and body.undoes is not Mark.CLAIM:
        _turn(state, State.OPEN, stamp, body.reason)
    return {ITEMS, item_topic(body.item)}


def _turn(state: ItemState, new: State, stamp: Stamp, because: str) -> None:
    if new is not state.state:
        state.state, state.since, state.because = new, stamp, because
        state.proven = state.proven or new is State.DONE


def _take(session: Session, state: ItemState, body: facts.ItemMarked) -> None:
    """Set a mark that is in force until it is undone; it replaces an older one of its kind."""
    if body.mark in STANDING:
        state.standing = body
        state.overrides += body.mark is Mark.OVERRIDE
    else:
        state.marked = body
    state.forget_agreement()
    session.marks.append((body.item, body.mark))


def _claimed(session: Session, state: ItemState, body: facts.ItemMarked) -> None:
    state.claimed_by = body.by
    session.marks.append((body.item, body.mark))


def _verified(session: Session, state: ItemState, body: facts.ItemMarked) -> None:
    state.agree(body)
    session.marks.append((body.item, body.mark))


def _undone(session: Session, state: ItemState, body: facts.ItemMarked) -> None:
    if (body.item, body.undoes) in session.marks:
        at = len(session.marks) - 1 - session.marks[::-1].index((body.item, body.undoes or Mark.DONE))
        del session.marks[at]
    match body.undoes:
        case Mark.CLAIM:
            state.claimed_by = ""
        case Mark.VERIFY:
            state.disagree()
        case Mark.DONE:
            state.marked, state.proven = None, False
            state.forget_agreement()
        case undone if state.standing is not None and state.standing.mark is undone:
            state.standing = None
            state.forget_agreement()


_MARKED: dict[Mark, Callable[[Session, ItemState, facts.ItemMarked], None]] = {
    **dict.fromkeys((Mark.DONE, *STANDING), _take),
    Mark.CLAIM: _claimed,
    Mark.VERIFY: _verified,
    Mark.UNDO: _undone,
}


def _expired(session: Session, stamp: Stamp, body: facts.MarkExpired) -> set[Topic]:
    state = session.items.get(body.item)
    if state is None or state.standing is None or state.standing.mark is not Mark.OVERRIDE:
        return set()
    session.marks = [mark for mark in session.marks if mark != (body.item, Mark.OVERRIDE)]
    state.standing = None
    state.forget_agreement()
    _turn(state, state.by_hand() if state.item.mode is Mode.MANUAL else State.OPEN, stamp, "the override ran out")
    return {ITEMS, item_topic(body.item)}


def _changed(session: Session, stamp: Stamp, body: facts.ItemChanged) -> set[Topic]:
    state = session.items.get(body.item)
    if state is None:
        return set()
    state.state, state.since, state.because = body.now, stamp, body.because
    # From holding to holding is recorded once, when the first part of the settle time, which the gate needs, is over.
    first = body.was is State.HOLDING and body.now is State.HOLDING
    state.proven = state.proven or first or body.now in (State.GOOD, State.DONE)
    return {ITEMS, item_topic(body.item)}


def _phase_changed(session: Session, stamp: Stamp, body: facts.PhaseChanged) -> set[Topic]:
    phases = [phase.id for phase in session.opened.cockpit.checklist.phases] if session.opened else []
    if body.now not in phases[session.phase + 1 :]:
        return set()
    session.phase = phases.index(body.now)
    # Where phases were skipped, they count as opened now.
    session.opened_at += [stamp] * (session.phase + 1 - len(session.opened_at))
    return {SESSION, ITEMS}


def _noted(session: Session, stamp: Stamp, body: facts.Noted) -> set[Topic]:
    state = session.items.get(body.item)
    if state is None:
        return set()
    state.notes.append((stamp, body))
    return {ITEMS, item_topic(body.item)}


def _observed(session: Session, stamp: Stamp, body: facts.Observed) -> AbstractSet[Topic]:
    state = session.signals.get(body.signal)
    if state is None:
        return frozenset()
    # Two results with a pause between them do not count as consecutive.
    unbroken = state.asked_at is not None and not (session.pauses and paused_s(session, state.asked_at.at, stamp.at))
    answer = body.answer
    if type(answer) is Reading and type(answer.value) in NUMBERS:
        # A number names no change and no image.
        state.observe(stamp, body, unbroken)
        return result_topics(body.signal)
    changed, kind = production_change(state, body)
    state.observe(stamp, body, unbroken)
    if changed:
        session.changes.append(ProductionChange(stamp, changed, kind))
    see_image(session, state, stamp)
    return result_topics(body.signal)


def _backfilled(session: Session, stamp: Stamp, body: facts.Backfilled) -> set[Topic]:
    state = session.signals.get(body.signal)
    if state is None:
        return set()
    first = next((wall for wall, _ in state.points), stamp.wall)
    earlier = [point for point in body.points if point[0] < first]
    state.points = Points([*earlier, *state.points])
    return {signal_topic(body.signal)}


def _nothing(session: Session, stamp: Stamp, body: facts.Body) -> set[Topic]:
    return set()


def _trouble(session: Session, stamp: Stamp, body: facts.Trouble) -> set[Topic]:
    session.troubles += not body.harmless
    return {SESSION}


def _closed(session: Session, stamp: Stamp, body: facts.Closed) -> set[Topic]:
    session.closed = body
    return {SESSION}


def _unread(session: Session, stamp: Stamp, body: facts.Unread) -> set[Topic]:
    session.unread += 1
    return set()


_APPLY: dict[type[facts.Body], Callable[[Session, Stamp, Any], set[Topic]]] = {
    facts.Opened: _opened,
    facts.OperatorJoined: _joined,
    facts.OperatorLeft: _left,
    facts.ObserverJoined: _observers,
    facts.ObserverLeft: _observers,
    facts.Resumed: _resumed,
    facts.Reopened: _reopened,
    facts.DamageAccepted: _nothing,
    facts.Reconfigured: reconfigured,
    facts.Gap: _nothing,
    facts.T0Changed: _t0_changed,
    facts.ItemMarked: _marked,
    facts.ItemChanged: _changed,
    facts.MarkExpired: _expired,
    facts.PhaseChanged: _phase_changed,
    facts.Noted: _noted,
    facts.Backfilled: _backfilled,
    facts.Refused: _nothing,
    facts.Anchored: _nothing,
    facts.NotAnchored: _nothing,
    facts.Trouble: _trouble,
    facts.Closed: _closed,
    facts.Unread: _unread,
    **CONDUCT,
    **APPLY,
    **SOURCES,
    **PAUSES,
    **SEATS,
}
