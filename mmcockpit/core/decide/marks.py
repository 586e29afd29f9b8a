"""Marks of operators on items, and why they are refused."""

from collections.abc import Callable

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import known_as, same
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import STANDING, Mark
from mmcockpit.core.rules.items.ticks import approval_refusal, mark_in_force, tick_refusal
from mmcockpit.core.state.item_names import item_named, similar_items
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import result_words

LONGEST_OVERRIDE_S = 24 * 3600.0

NEEDS_REASON = frozenset(STANDING)
"""Marks that need a reason."""


def mark(session: Session, command: commands.MarkItem, now: Stamp) -> Decision:
    """Return the fact that records the mark, or why it is refused."""
    state = item_named(session, command.item)
    if state is None:
        return Refusal(Code.UNKNOWN_ITEM, command.item, names=similar_items(session, command.item))
    reason = plain(command.reason, LONGEST_REASON)
    if command.mark in NEEDS_REASON and not reason:
        return Refusal(Code.MARK_NEEDS_REASON, state.item.title, state=command.mark)
    refusal = _REFUSALS.get(command.mark, _standing)(session, state, command)
    if refusal:
        return refusal
    expires = 0.0
    if command.mark is Mark.OVERRIDE:
        expires = round(now.at + min(command.for_s, LONGEST_OVERRIDE_S), 3)
    seen = evidence(session, state.item)
    by = known_as(command.by, session.cockpit.people) or command.by
    return [facts.ItemMarked(state.item.id, command.mark, by, reason, seen, expires, witnessed=command.witnessed)]


def undo(session: Session, command: commands.UndoMark, now: Stamp) -> Decision:
    """Return the fact that undoes the operator's latest mark, or why there is nothing to undo."""
    for item, kind in reversed(session.marks):
        if same(_author(session.items[item], kind), command.by):
            return [facts.ItemMarked(item, Mark.UNDO, command.by, f"mark '{kind}' was undone", undoes=kind)]
    return Refusal(Code.NO_MARK, by=command.by)


EVIDENCE_PARTS = 12
"""Parts of a value that are kept as evidence."""


def evidence(session: Session, item: Item) -> facts.Evidence | None:
    """Return the present result of the item's signal; None for an item without one."""
    state = session.signals.get(item.signal)
    return evidence_of(state) if state is not None else None


def evidence_of(state: SignalState) -> facts.Evidence:
    """Return the present result of a signal as evidence."""
    sampled = state.reading.sampled if state.reading else None
    return facts.Evidence(
        signal=state.signal.name,
        question=plain(state.signal.question),
        rule=state.signal.rule.passes,
        level=str(state.verdict.level),
        value=plain(
            result_words(value_line(state.value, state.signal, EVIDENCE_PARTS) if state.reading else "", state.verdict),
            200,
        ),
        sampled=sampled,
    )


def _author(state: ItemState, kind: Mark) -> str:
    match kind:
        case Mark.CLAIM:
            return state.claimed_by
        case Mark.VERIFY:
            return state.approved[-1] if state.approved else ""
        case _:
            standing = state.standing if kind in STANDING else state.marked
            return standing.by if standing is not None else ""


def _tick(session: Session, state: ItemState, command: commands.MarkItem) -> Refusal | None:
    return tick_refusal(session, state, command.reason)


def _standing(session: Session, state: ItemState, command: commands.MarkItem) -> Refusal | None:
    if state.standing is not None:
        return mark_in_force(state, state.standing)
    if command.mark is Mark.OVERRIDE and not command.for_s > 0:
        return Refusal(Code.OVERRIDE_NEEDS_DURATION, state.item.title)
    return None


def _claim(session: Session, state: ItemState, command: commands.MarkItem) -> Refusal | None:
    return Refusal(Code.CLAIMED, state.item.title, by=state.claimed_by) if state.claimed_by else None


def _verify(session: Session, state: ItemState, command: commands.MarkItem) -> Refusal | None:
    return approval_refusal(session, state, command.by, command.witnessed)


_REFUSALS: dict[Mark, Callable[[Session, ItemState, commands.MarkItem], Refusal | None]] = {
    Mark.DONE: _tick,
    Mark.CLAIM: _claim,
    Mark.VERIFY: _verify,
    Mark.UNDO: lambda session, state, command: Refusal(Code.UNDO_OF_ITEM, state.item.title),
}
