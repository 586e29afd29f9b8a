"""Makes the result of a gate: a row for each item and for each judged signal."""

from mmcockpit.cli.gate_report import GO, HOLD, NO_GO, GateResult, GateRow, text_line
from mmcockpit.config.text.slug import slug
from mmcockpit.core.facts.event import Held, Reason, ReasonKind
from mmcockpit.core.model.checklist import Item, Mode
from mmcockpit.core.model.states import SATISFIED, STANDING, State
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.rules.advice import BROKEN, armed, readiness
from mmcockpit.core.rules.baseline import missing_words
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.judged_signals import item_warns, judged_signals
from mmcockpit.core.rules.plans.work_plan import work_plan
from mmcockpit.core.rules.rollback_checks import rollback_checks
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.plans.waves import ahead_text
from mmcockpit.core.words.plans.work_plan import late_text
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.verdicts import readiness_text

PROOF = frozenset({State.GOOD, State.DONE, State.HOLDING})
"""States that are the result of a passing signal or a tick."""

STATE_OF = {
    Level.PASS: State.GOOD,
    Level.WARN: State.GOOD,
    Level.FAIL: State.BAD,
    Level.UNKNOWN: State.UNKNOWN,
}
"""The state that is shown for a judged signal, by its verdict."""


def answer(session: Session, phase: int, sensed_only: bool) -> GateResult:
    """Return the current result for the gate of a phase."""
    phases = session.cockpit.checklist.phases[: phase + 1]
    closing = gate(session, phase)
    unmet = {state.item.id for state in closing.unmet}
    items = [session.items[item.id] for one in phases for item in one.items]
    chosen = [state for state in items if not (sensed_only and state.item.mode is Mode.MANUAL)]
    rows = [_item(session, state, state.item.id in unmet, sensed_only) for state in chosen]
    if not sensed_only:
        rows += map(_contact, closing.unfilled)
        rows += [_held(session.held)] if session.held is not None else []
    notes = [_note(session, name) for name in closing.without_data]
    notes += [ahead_text(text_line(state)) for state in closing.next_failing]
    notes += [missing_words(session, closing.no_baseline[0])] if closing.no_baseline else []
    notes += _late(session, phase)
    notes += _rollback(session)
    return GateResult(tuple(rows), tuple(_signals(session)), tuple(notes))


def _note(session: Session, name: str) -> str:
    state = session.signals.get(name)
    why = text_line(state) if state else f"unknown signal {name}"
    return f"the next phase arms an abort rule that has no data: {why}"


def _rollback(session: Session) -> list[str]:
    """Return whether the procedures that take the release back can run, where they are checked."""
    level, against = readiness(session)
    because = reason_text(against[0]) if against else ""
    return [f"rollback: {readiness_text(level, because=because)}"] if rollback_checks(session) else []


def _late(session: Session, phase: int) -> list[str]:
    """Return the items up to a phase that should be done by now, with their assignees."""
    late = work_plan(session, session.last).late if session.last is not None else ()
    return [f"late: {late_text(work)}" for work in late if session.phase_of(work.item) <= phase]


def _contact(role: str) -> GateRow:
    """Return the row for a contact without a name: an open item."""
    says = "unassigned: add a name under contacts: in the cockpit file"
    return GateRow(Item(f"contacts/{slug(role)}", 0, f"Contact: {role}"), State.OPEN, HOLD, "", says, 0.0, False)


def _held(held: Held) -> GateRow:
    """Return the row for a hold of the session that manual items are read from."""
    return GateRow(Item("hold", 0, f"On hold by {held.by}"), State.OPEN, HOLD, "", held.reason, 0.0, False)


def _item(session: Session, state: ItemState, unmet: bool, sensed_only: bool) -> GateRow:
    signal = session.signal_of(state.item)
    verdict = signal.verdict if signal else None
    if sensed_only and verdict is not None and state.state not in SATISFIED:
        # Neither a settle time nor a tick is required: the verdict alone decides.
        unmet = state.item.required and verdict.level is not Level.PASS
    passes = verdict is not None and verdict.level is Level.PASS and verdict.applies
    return GateRow(
        item=state.item,
        state=state.state,
        code=GO if not unmet else NO_GO if _broken(state, verdict) else HOLD,
        level=str(verdict.level) if verdict else "",
        says=text_line(signal) if signal else _marked(state),
        hold_s=hold_of(state.item, session)[0],
        undecided=signal is not None and _waits(session, signal),
        proves=state.state in PROOF or (sensed_only and passes and state.standing is None),
        warns=item_warns(session, state),
    )


def _marked(state: ItemState) -> str:
    """Return what a person decided about a manual item, in a word or two."""
    if state.state in STANDING.values():
        return "marked"
    return "not ticked" if state.state is State.OPEN else ""


def _signals(session: Session) -> list[GateRow]:
    """Return a row per judged signal: a failing one is NO-GO, one of an armed abort rule without data is HOLD."""
    needed = {abort.signal for abort in session.cockpit.aborts if armed(session, abort)}
    names = [*judged_signals(session.cockpit), *sorted(needed - set(session.signals))]
    return [_signal(session, name, name in needed) for name in names]


def _signal(session: Session, name: str, needed: bool) -> GateRow:
    state = session.signals.get(name)
    level = state.verdict.level if state else Level.UNKNOWN
    without_data = level is Level.UNKNOWN and needed
    says = text_line(state) if state else f"unknown signal {name}"
    return GateRow(
        item=Item(f"signals/{name}", 0, state.signal.title if state else name, mode=Mode.SENSED, signal=name),
        state=STATE_OF[level],
        code=NO_GO if level is Level.FAIL else HOLD if without_data else GO,
        level=str(level),
        says=reason_text(Reason(ReasonKind.ABORT_NO_DATA, name), says) if without_data else says,
        hold_s=0.0,
        undecided=state is not None and _waits(session, state),
        warns=level is Level.WARN,
    )


def _waits(session: Session, state: SignalState) -> bool:
    """Return whether more polls may decide the verdict; an active signal is never polled by the gate.

    A combination waits for its members, unless a failing one decides it already.
    """
    if state.signal.active:
        return False
    if state.asked_at is None or not _decided(state.verdict):
        return True
    members = [one for name in state.signal.group if (one := session.signals.get(name))]
    return state.verdict.level is Level.UNKNOWN and any(_waits(session, one) for one in members)


def _decided(verdict: Verdict) -> bool:
    """Return whether more results of the same kind would change nothing: enough agree, or the result was a fault."""
    return verdict.level is verdict.raw


def _broken(state: ItemState, verdict: Verdict | None) -> bool:
    return state.state in BROKEN or (verdict is not None and verdict.level is Level.FAIL)
