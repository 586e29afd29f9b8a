"""The advice: GO, HOLD, NO-GO or ROLLBACK, the most severe that applies, with all its reasons."""

from collections.abc import Iterable, Iterator, Mapping

from mmcockpit.core.facts.event import Reason
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.changes import just_before
from mmcockpit.core.rules.gate import Gate, gate, unfilled_roles
from mmcockpit.core.rules.judge import failing
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.describe import brief
from mmcockpit.core.words.verdicts import signal_line

BROKEN = frozenset({State.BAD, State.REGRESSED, State.BLOCKED})
"""States of required items that cause NO-GO; every other unsatisfied state causes HOLD."""

MOST_UNKNOWN = 8
"""Maximum number of unknown items that are listed one by one."""

_UNDONE = frozenset({State.NOT_APPLICABLE, State.DEFERRED})
"""States in which the work of an item was not done."""
_STANDS = {State.OPEN: "open", State.HOLDING: "holding", State.WAITING: "waiting for a second person"}


def advise(session: Session, now: Stamp) -> tuple[Advice, tuple[Reason, ...]]:
    """Return the advice and its reasons, the most severe first.

    ROLLBACK: an armed abort rule has failed for its time. NO-GO: a required item of this or an earlier phase fails, is
    regressed or blocked, or a judged signal fails, in any phase. HOLD: a required item has no data, is open or
    settling, the operator holds, an armed abort rule has no data, or nothing is proven. GO: none of these.
    """
    aborts = tuple(_aborts(session))
    closing = gate(session)
    unmet = closing.unmet
    broken = tuple(_item(session, state) for state in unmet if state.state in BROKEN)
    waiting = (*_waiting(session, [state for state in unmet if state.state not in BROKEN]), *_unfilled(closing))
    failing = (*_failing(session), *_judged(session, closing))
    held = (*_holds(session), *_blind(session))
    if aborts:
        return _back(session), (*aborts, *failing, *broken, *_behind(session))
    if broken or failing:
        return Advice.NO_GO, (*broken, *failing)
    if held or waiting:
        return Advice.HOLD, (*held, *waiting)
    if not closing.proven:
        return Advice.HOLD, (_unproven(session, closing),)
    return Advice.GO, ()


def no_return(session: Session) -> bool:
    """Return whether the point of no return is passed: such an item was satisfied, or such a step was started.

    Once the gate of its phase is passed, an item counts as satisfied even if the gate was overridden: advising a
    rollback that is not possible does more harm than not advising one that is. Items that are not applicable or
    deferred do not count, because nothing was done.
    """
    return session.past_return or any(_crossed(session, state) for state in _points(session))


def crossed_only_in_words(session: Session) -> list[ItemState]:
    """Return the points of no return in the open phase that no signal and no tick proves."""
    return [
        state
        for state in _points(session)
        if session.phase_of(state.item.id) == session.phase and not state.proven and state.state not in _UNDONE
    ]


def _points(session: Session) -> list[ItemState]:
    return [state for state in session.items.values() if state.item.no_return]


def _crossed(session: Session, state: ItemState) -> bool:
    return state.proven or (session.phase_of(state.item.id) < session.phase and state.state not in _UNDONE)


def dismissed(session: Session) -> bool:
    """Return whether the present advice was dismissed and has not become more severe since."""
    said, decided = session.advised, session.decided
    if said is None or decided is None or decided.accepted or decided.advice is not said.advice:
        return False
    return not outweigh(said.reasons, decided.seen)


def weights(reasons: Iterable[Reason]) -> dict[str, int]:
    """Return what a decision on these reasons covers: key to count."""
    return {key: count for reason in reasons for key, count in reason.weights.items()}


def outweigh(reasons: Iterable[Reason], seen: Mapping[str, int]) -> list[Reason]:
    """Return the reasons that were not seen, or that cover more items or other failing parts now."""
    return [one for one in reasons if any(count > seen.get(key, 0) for key, count in one.weights.items())]


def readiness(session: Session) -> tuple[Level, tuple[str, ...]]:
    """Return whether a rollback can be relied on, and the reasons against it.

    Every signal of `readiness` has to pass, and no contact may be a placeholder in square brackets.
    """
    names = session.cockpit.readiness
    states = [session.signals[name] for name in names if name in session.signals]
    failing = [
        f"{one.signal.title}: {one.verdict.because}" for one in states if one.verdict.level in (Level.FAIL, Level.WARN)
    ]
    unknown = [f"{one.signal.title}: {one.verdict.because}" for one in states if one.verdict.level is Level.UNKNOWN]
    missing = [f"{name}: no signal" for name in names if name not in session.signals]
    unfilled = [f"nobody is named as {role}" for role in unfilled_roles(session)]
    against = (*failing, *unfilled, *unknown, *missing)
    if failing or unfilled:
        return Level.FAIL, against
    return (Level.UNKNOWN if against or not names else Level.PASS), against


def armed(session: Session, abort: Abort) -> bool:
    """Return whether an abort rule already counts: from its phase on."""
    phases = [phase.id for phase in session.cockpit.checklist.phases]
    return abort.phase in phases and session.phase >= phases.index(abort.phase)


def failed_s(session: Session, abort: Abort) -> float | None:
    """Return the seconds an abort rule failed since its phase opened; None if it is not armed or not failing."""
    state = session.signals.get(abort.signal)
    if state is None or not armed(session, abort) or state.verdict.level is not Level.FAIL:
        return None
    return state.failing.since(session.opened_at[session.phase_index(abort.phase)].at)


def rule_key(abort: Abort) -> str:
    """Return the key of an abort rule: its signal, phase and time."""
    return f"{abort.signal} {abort.phase} {abort.for_s:g}"


def _back(session: Session) -> Advice:
    return Advice.FIX_FORWARD if no_return(session) else Advice.ROLLBACK


def _aborts(session: Session) -> Iterator[Reason]:
    for abort in session.cockpit.aborts:
        failed = failed_s(session, abort)
        if failed is not None and failed >= abort.for_s:
            state = session.signals[abort.signal]
            says = f"{_says(state)} for {abort.for_s:.0f} s"
            yield Reason(f"abort {rule_key(abort)}", says, state.since, just_before(session, state.since))


def _failing(session: Session) -> Iterator[Reason]:
    """Yield the armed abort rules that fail, but for less than their time."""
    for abort in session.cockpit.aborts:
        failed = failed_s(session, abort)
        if failed is not None and failed < abort.for_s:
            state = session.signals[abort.signal]
            says = f"{_says(state)}, {failed:.0f} of {abort.for_s:.0f} s to {_back(session)}"
            yield Reason(f"failing {rule_key(abort)}", says, state.since, just_before(session, state.since))


def _judged(session: Session, closing: Gate) -> Iterator[Reason]:
    """Yield the other judged signals that fail, except those of a broken item that is listed already."""
    ruled = {abort.signal for abort in session.cockpit.aborts if failed_s(session, abort) is not None}
    told = {state.item.signal for state in closing.unmet if state.state in (State.BAD, State.REGRESSED)}
    for state in closing.failing:
        name = state.signal.name
        if name not in ruled | told:
            parts = failing(state.signal, state.value)
            yield Reason(f"fails {name}", _says(state), state.since, just_before(session, state.since), parts=parts)


def _unproven(session: Session, closing: Gate) -> Reason:
    """Return why an open gate is not enough for GO: no signal has passed and nothing was ticked."""
    phases = session.cockpit.checklist.phases[: session.phase + 1]
    required = any(item.required for phase in phases for item in phase.items)
    because = (
        "no required item passes or is ticked"
        if required
        else f"{closing.phase or 'the checklist'} has no required item"
    )
    return Reason("unproven", f"nothing is proven: {because}")


def _blind(session: Session) -> Iterator[Reason]:
    """Yield the armed abort rules without data: unknown is never go, even if no item uses their signal."""
    for name in dict.fromkeys(abort.signal for abort in session.cockpit.aborts if armed(session, abort)):
        state = session.signals.get(name)
        if state is not None and state.verdict.level is not Level.UNKNOWN:
            continue
        says = f"its abort rule is blind: {_says(state) if state else f'no signal is called {name}'}"
        yield Reason(f"blind {name}", says, state.since if state else None)


def _behind(session: Session) -> Iterator[Reason]:
    """Yield the points of no return that were passed: the reasons for FIX FORWARD."""
    if session.past_return:
        yield Reason("return", "past the point of no return: a step of a procedure")
    for state in _points(session):
        if _crossed(session, state):
            says = f"past the point of no return: [{state.state}] {state.item.number} {state.item.title}"
            yield Reason(f"return {state.item.id}", says, state.since)


def _holds(session: Session) -> Iterator[Reason]:
    if session.held is not None:
        yield Reason("held", f"{session.held.by} holds: {session.held.reason}", session.held_since)


def _waiting(session: Session, states: list[ItemState]) -> Iterator[Reason]:
    """Yield unknown items one by one, because each needs an operator; the other items as a count per state."""
    unknown = [state for state in states if state.state is State.UNKNOWN]
    yield from (_item(session, state) for state in unknown[:MOST_UNKNOWN])
    if len(unknown) > MOST_UNKNOWN:
        more = len(unknown) - MOST_UNKNOWN
        yield Reason("unknown", f"[?] {more} more items are unknown", count=more)
    for kind in (State.OPEN, State.HOLDING, State.WAITING):
        count = sum(state.state is kind for state in states)
        if count:
            yield Reason(kind.name.lower(), f"[{kind}] {count} items are {_STANDS[kind]}")


def _unfilled(closing: Gate) -> Iterator[Reason]:
    if closing.unfilled:
        says = f"nobody is named as {', '.join(closing.unfilled)}: contacts: in the cockpit file"
        yield Reason("contacts", says, count=len(closing.unfilled))


def _item(session: Session, state: ItemState) -> Reason:
    signal = session.signal_of(state.item)
    says = f"[{state.state}] {state.item.number} {state.item.title}"
    if state.state is State.BLOCKED and state.standing is not None:
        says = f"{says}: blocked by {state.standing.by}: {state.standing.reason}"
    elif state.state is State.UNKNOWN and signal is not None and signal.verdict.level is Level.PASS:
        says = f"{says}: {state.because}"
    elif signal is not None and signal.asked_at is not None:
        says = f"{says}: {_says(signal)}"
    before = just_before(session, state.since) if state.state in BROKEN else ""
    parts = failing(signal.signal, signal.value) if signal is not None and state.state in BROKEN else ()
    return Reason(f"{state.state.name.lower()} {state.item.id}", says, state.since, before, parts=parts)


def _says(state: SignalState) -> str:
    verdict = state.verdict
    value = brief(state.value) if state.reading and not state.fault else ""
    return signal_line(state.signal.title, value, verdict)
