"""The one place where an operator's command becomes facts, or a refusal with its reason."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core import command as commands
from mmcockpit.core import event as facts
from mmcockpit.core.checklist import Item, Mode
from mmcockpit.core.clock import Stamp
from mmcockpit.core.event import AnyBody
from mmcockpit.core.sensing import SATISFIED
from mmcockpit.core.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.verdict import Level

LONGEST_NOTE = 2_000


def decide(session: Session, command: commands.AnyCommand, now: Stamp) -> list[AnyBody]:
    """Return the facts a command makes, or one Refused that says why not; changes nothing itself."""
    because, bodies = _DECIDE[type(command)](session, command, now)
    if because:
        return [facts.Refused(_intent(command), because, command.by)]
    return bodies


_Decision = tuple[str, list[AnyBody]]


def _mark(session: Session, command: commands.MarkItem, now: Stamp) -> _Decision:
    state = session.items.get(command.item)
    if state is None:
        return f"no item is called {command.item!r}", []
    item = state.item
    signal = session.signals.get(item.signal)
    if item.mode is Mode.SENSED:
        said = signal.verdict.because if signal and signal.verdict.because else "it passes by itself"
        return f"{item.title} is sensed by {item.signal}, not ticked by hand: {said}", []
    if state.attested:
        return f"{item.title} is done already, by {state.marked.by if state.marked else 'nobody'}: u takes it back", []
    if item.mode is Mode.ATTESTED and (signal is None or signal.verdict.level is not Level.PASS):
        said = f"{signal.verdict.level} ({signal.verdict.because})" if signal else "not there"
        return f"{item.title} wants its signal {item.signal} to pass before a hand attests it; it is {said}", []
    before = _open_before(session, item)
    if before is not None:
        return f"{before.number} {before.title} comes first: this section is done in order", []
    reason = plain(command.reason, LONGEST_NOTE)
    return "", [facts.ItemMarked(item.id, "done", command.by, reason, evidence(session, item))]


def _undo(session: Session, command: commands.UndoMark, now: Stamp) -> _Decision:
    for item in reversed(session.marks):
        marked = session.items[item].marked
        if marked is not None and marked.by == command.by:
            return "", [facts.ItemMarked(item, "undone", command.by, "undo")]
    return f"{command.by} has no mark to take back", []


def _note(session: Session, command: commands.AddNote, now: Stamp) -> _Decision:
    text = plain(command.text, LONGEST_NOTE)
    if not text and not command.marker:
        return "a note needs some text", []
    if command.item and command.item not in session.items:
        return f"no item is called {command.item!r}", []
    return "", [facts.Noted(text or "marker", command.by, command.item, command.marker)]


def _t0(session: Session, command: commands.SetT0, now: Stamp) -> _Decision:
    return "", [facts.T0Changed(round(command.t0, 3), command.by)]


def _sense(session: Session, command: commands.SenseNow, now: Stamp) -> _Decision:
    unknown = [name for name in command.signals if name not in session.signals]
    return (f"no signal is called {unknown[0]!r}" if unknown else ""), []


def _accept(session: Session, command: commands.AcceptUnrecorded, now: Stamp) -> _Decision:
    reason = plain(command.reason, LONGEST_NOTE)
    if not reason:
        return "going on without a record needs a reason", []
    return "", [facts.Noted(f"goes on unrecorded: {reason}", command.by)]


def _end(session: Session, command: commands.EndSession, now: Stamp) -> _Decision:
    outcome = plain(command.outcome, 200)
    return ("" if outcome else "ending needs an outcome in a word or two"), [facts.Closed(outcome, command.by)]


def _leave(session: Session, command: commands.LeaveSession, now: Stamp) -> _Decision:
    return "", [facts.OperatorLeft(command.by)]


_DECIDE: dict[type[commands.Command], Callable[[Session, Any, Stamp], _Decision]] = {
    commands.MarkItem: _mark,
    commands.UndoMark: _undo,
    commands.AddNote: _note,
    commands.SetT0: _t0,
    commands.SenseNow: _sense,
    commands.AcceptUnrecorded: _accept,
    commands.EndSession: _end,
    commands.LeaveSession: _leave,
}


def evidence(session: Session, item: Item) -> facts.Evidence | None:
    """Return what the item's signal says at this moment; None for an item without one."""
    state = session.signals.get(item.signal)
    if state is None:
        return None
    sampled = state.reading.sampled if state.reading else None
    return facts.Evidence(
        signal=item.signal,
        question=plain(state.signal.question),
        rule=state.signal.rule.passes,
        level=str(state.verdict.level),
        value=plain(str(state.value), 200),
        sampled=sampled,
    )


def _open_before(session: Session, item: Item) -> Item | None:
    for phase in session.cockpit.checklist.phases:
        for section in phase.sections:
            if section.ordered and item in section.items:
                earlier = section.items[: section.items.index(item)]
                return next((one for one in earlier if session.items[one.id].state not in SATISFIED), None)
    return None


def _intent(command: commands.Command) -> str:
    words = {
        commands.MarkItem: "tick",
        commands.UndoMark: "undo",
        commands.AddNote: "note",
        commands.SetT0: "t0",
        commands.SenseNow: "sense",
        commands.AcceptUnrecorded: "accept",
        commands.EndSession: "end",
        commands.LeaveSession: "leave",
    }
    subject = getattr(command, "item", "")
    return " ".join(filter(None, [words[type(command)], subject]))
