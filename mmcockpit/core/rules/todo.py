"""The to-do list: the items of the open and the earlier phases, grouped by what they need."""

from collections.abc import Callable

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.needs import Need as Need
from mmcockpit.core.model.needs import TodoGroup as TodoGroup
from mmcockpit.core.model.people import same
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.items.needs import open_needs
from mmcockpit.core.rules.items.tickers import other_tickers
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.needs import item_needs, needs_only_tick
from mmcockpit.core.rules.no_data import no_data_groups
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session


@per_change
def todo(session: Session, operator: str = "") -> tuple[TodoGroup, ...]:
    """Return the six groups, in the order of Need; each item of the open and the earlier phases is in exactly one.

    What `operator`, if given, can do comes before what another person claimed or has to tick.
    """
    grouped: dict[Need, list[ItemState]] = {need: [] for need in Need}
    for state, need in item_needs(session):
        grouped[need].append(state)
    later = _after_another(session)
    if grouped[Need.NO_DATA]:
        by_cause = [item for group in no_data_groups(session) for item in group.items]
        place = {item: n for n, item in enumerate(by_cause)}
        grouped[Need.NO_DATA].sort(key=lambda state: place[state.item.id])
    return tuple(_group(session, need, states, later, operator) for need, states in grouped.items())


def left_open(session: Session, state: ItemState) -> bool:
    """Return whether an item has been left open since the gate of its phase was passed."""
    phase = session.phase_of(state.item.id)
    if phase >= session.phase or state.state in SATISFIED or state.state in (State.BAD, State.REGRESSED, State.BLOCKED):
        return False
    return state.since is None or state.since.at <= session.opened_at[phase + 1].at


def _group(session: Session, need: Need, states: list[ItemState], later: set[str], operator: str) -> TodoGroup:
    left: list[ItemState] = []
    if session.phase and need in (Need.YOU, Need.NO_DATA, Need.SETTLING):
        left = [state for state in states if left_open(session, state)]
        gone = {state.item.id for state in left}
        states = [state for state in states if state.item.id not in gone]
    order = _ORDERS.get(need)
    if order is not None:
        states = sorted(states, key=lambda state: order(session, state))
    if need is Need.YOU:
        states = sorted(states, key=lambda state: _turn(session, state, later, operator))
    ids, behind = (tuple(state.item.id for state in part) for part in (states, left))
    ticks: list[str] = []
    others: dict[tuple[str, ...], tuple[str, ...]] = {}
    for state in states if need is Need.YOU else ():
        if _needs_tick(session, state):
            if people := _others(session, state, operator):
                others[people] = (*others.get(people, ()), state.item.id)
            else:
                ticks.append(state.item.id)
    return TodoGroup(need, (*ids, *behind), behind, tuple(ticks), others)


def _others(session: Session, state: ItemState, operator: str) -> tuple[str, ...]:
    """Return whose tick an item needs, if it is not that of the operator."""
    return other_tickers(session, operator, state) if operator else ()


def _needs_tick(session: Session, state: ItemState) -> bool:
    signal = session.signals.get(state.item.signal)
    passes = state.item.mode is Mode.MANUAL or (signal is not None and signal.verdict.level is Level.PASS)
    if open_needs(session, state.item):
        return False
    return (state.state is State.OPEN and passes) or needs_only_tick(session, state)


def _turn(session: Session, state: ItemState, later: set[str], operator: str) -> tuple[bool, bool, bool, bool, bool]:
    """Return the order of an item that needs a person: the optional ones last, an approval before a tick."""
    elsewhere = bool(operator and state.claimed_by) and not same(state.claimed_by, operator)
    theirs = state.state is not State.WAITING and bool(_others(session, state, operator))
    warns = state.state is State.OPEN and not _needs_tick(session, state)
    return not state.item.required, state.item.id in later, elsewhere or theirs, state.state is not State.WAITING, warns


def _severity(session: Session, state: ItemState) -> tuple[float, ...]:
    """Return the order of a failing item: required ones first, then those that were satisfied before."""
    order = (State.REGRESSED, State.BAD, State.OPEN, State.BLOCKED)
    return not state.item.required, order.index(state.state)


def _left_s(session: Session, state: ItemState) -> tuple[float, ...]:
    """Return the order of a settling item: the one that settles first, first."""
    return not state.item.required, hold_of(state.item, session)[1] - session.served(state.item)


_ORDERS: dict[Need, Callable[[Session, ItemState], tuple[float, ...]]] = {
    Need.FAILING: _severity,
    Need.SETTLING: _left_s,
}


def _after_another(session: Session) -> set[str]:
    """Return the items whose tick waits for others: those that they need, earlier ones of their ordered section."""
    later = {state.item.id for state in session.items.values() if state.item.needs and open_needs(session, state.item)}
    for phase in session.cockpit.checklist.phases[: session.phase + 1]:
        for section in phase.sections:
            if not section.ordered:
                continue
            items = [item for item in section.items if session.items[item.id].state not in SATISFIED]
            later.update(item.id for item in items[1:])
    return later
