"""What each item needs: from its state, and while it is open from its signal."""

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.needs import Need as Need
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState

_NEEDS = {
    State.BAD: Need.FAILING,
    State.REGRESSED: Need.FAILING,
    State.BLOCKED: Need.FAILING,
    State.UNKNOWN: Need.NO_DATA,
    State.HOLDING: Need.SETTLING,
    State.WAITING: Need.YOU,
    State.DONE: Need.DONE,
    State.GOOD: Need.DONE,
    State.OVERRIDDEN: Need.DONE,
    State.DEFERRED: Need.DONE,
    State.NOT_APPLICABLE: Need.NOT_APPLICABLE,
}
"""What an item needs in every state but open."""

_OPEN = {Level.FAIL: Need.FAILING, Level.UNKNOWN: Need.NO_DATA, Level.WARN: Need.YOU}
"""What an open item needs by the level of its signal, where that does not pass."""


def need_of(state: ItemState, signal: SignalState | None) -> Need:
    """Return what an item of the open or an earlier phase needs; `signal` is the state of its signal."""
    if state.state is not State.OPEN:
        return _NEEDS[state.state]
    if state.item.mode is Mode.MANUAL:
        return Need.YOU
    if signal is None or signal.asked_at is None:
        return Need.NO_DATA
    if signal.verdict.level is Level.PASS:
        return Need.YOU if state.item.mode is Mode.ATTESTED else Need.SETTLING
    return _OPEN[signal.verdict.level]


@per_change
def item_needs(session: Session) -> tuple[tuple[ItemState, Need], ...]:
    """Return every item of the open and the earlier phases with what it needs, in the order of the checklist."""
    phases = session.cockpit.checklist.phases[: session.phase + 1]
    states = (session.items[item.id] for phase in phases for item in phase.items)
    return tuple((state, need_in(session, state)) for state in states)


def need_in(session: Session, state: ItemState) -> Need:
    """Return what an item of the open or an earlier phase needs."""
    need = need_of(state, session.signals.get(state.item.signal))
    return Need.YOU if need is Need.SETTLING and needs_only_tick(session, state) else need


def needs_only_tick(session: Session, state: ItemState) -> bool:
    """Return whether an attested item has settled long enough for its gate, and only its tick is missing."""
    if state.state is not State.HOLDING or state.item.mode is not Mode.ATTESTED or state.marked is not None:
        return False
    return session.served(state.item) >= hold_of(state.item, session)[0]
