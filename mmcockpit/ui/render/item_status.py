"""The short status text beside an item: its marks, holds and claims."""

from collections.abc import Callable
from math import isfinite

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import gate, satisfied
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.text import STATE_ROLE, Role, age, plain

LEFT = {State.NOT_APPLICABLE: "n/a", State.DEFERRED: "deferred", State.BLOCKED: "blocked"}


def standing(state: ItemState, session: Session, now: Stamp) -> tuple[str, Role] | None:
    """Return an item's status text and its role; None if its signal or its tick is shown instead."""
    words = _WORDS.get(state.state)
    said = words(state, session, now) if words else ""
    return (said, STATE_ROLE[state.state]) if said else None


def held(state: ItemState, session: Session) -> str:
    """Return how much of an item's settle time has passed: `held 3m of 15m`; empty for one without."""
    first, full = hold_of(state.item, session)
    if not full:
        return ""
    if not isfinite(full):
        return f"held {age(session.served(state.item))}, its hold cannot be decided"
    enough = ", enough for the gate" if first < full and satisfied(session, state) else ""
    return f"held {age(session.served(state.item))} of {age(full)}{enough}"


def gate_words(session: Session) -> tuple[str, str]:
    """Return what keeps the open phase's gate closed, in a short and in a longer form."""
    closing = gate(session)
    unmet = closing.unmet
    if closing.open:
        return ("gate: open", "Gate: open") if closing.proven else ("gate: open", "Gate: open, nothing is proven")
    if not unmet and closing.failing:
        titles = ", ".join(plain(one.signal.title, 40) for one in closing.failing)
        return f"gate: {len(closing.failing)} failing", f"Gate: {titles} failing"
    if not unmet:
        return "gate: contacts", f"Gate: {len(closing.unfilled)} contacts unassigned"
    hands = sum(_by_hand(state, session) for state in unmet)
    return f"gate: {len(unmet)} left", f"Gate: {len(unmet)} left ({len(unmet) - hands} auto, {hands} manual)"


def _by_hand(state: ItemState, session: Session) -> bool:
    """Whether an open item waits for a mark by an operator; an attested item does so once its signal passes."""
    signal = session.signal_of(state.item)
    if state.item.mode is Mode.MANUAL or signal is None or state.state in (State.WAITING, State.BLOCKED):
        return True
    return state.item.mode is Mode.ATTESTED and state.state is State.OPEN and signal.verdict.level is Level.PASS


def unmet_in(session: Session, phase: int) -> int:
    """Return the number of required items of one phase that are not satisfied."""
    items = session.cockpit.checklist.phases[phase].items
    return sum(item.required and not satisfied(session, session.items[item.id]) for item in items)


def _override(state: ItemState, session: Session, now: Stamp) -> str:
    if state.standing is None:
        return ""
    left = state.standing.expires - now.at
    ends = f", {age(left)} left" if state.standing.expires else ""
    return f"override {plain(state.standing.by, 20)}{ends}"


def _said(state: ItemState, session: Session, now: Stamp) -> str:
    if state.standing is None:
        # Its signal found that the item does not apply.
        return "does not apply here" if state.state is State.NOT_APPLICABLE else ""
    return f"{LEFT[state.state]} {plain(state.standing.by, 20)}: {plain(state.standing.reason, 200)}"


def _waiting(state: ItemState, session: Session, now: Stamp) -> str:
    return "waits for a second person"


def _open(state: ItemState, session: Session, now: Stamp) -> str:
    return f"claimed by {plain(state.claimed_by, 20)}" if state.claimed_by and state.item.mode is Mode.MANUAL else ""


_WORDS: dict[State, Callable[[ItemState, Session, Stamp], str]] = {
    State.HOLDING: lambda state, session, now: held(state, session),
    State.OVERRIDDEN: _override,
    State.NOT_APPLICABLE: _said,
    State.DEFERRED: _said,
    State.BLOCKED: _said,
    State.WAITING: _waiting,
    State.OPEN: _open,
}
