"""Whether an item can be ticked or approved now, and why not."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Item, Mode
from mmcockpit.core.model.people import known_as
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.items.needs import open_needs
from mmcockpit.core.rules.seats.people import one_identity
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.verdicts import verdict_reason


def tick_refusal(session: Session, state: ItemState, reason: str) -> Refusal | None:
    """Return why a tick of an item with this reason is refused; None if it would be recorded."""
    item, signal = state.item, session.signal_of(state.item)
    if state.standing is not None:
        return mark_in_force(state, state.standing)
    if item.mode is Mode.SENSED:
        return Refusal(Code.SENSED, item.title, item.signal, text=verdict_reason(signal.verdict) if signal else "")
    if state.marked is not None:
        return Refusal(Code.ALREADY_DONE, item.title, by=state.marked.by)
    warns = item.warning_accepted and signal is not None and signal.verdict.level is Level.WARN
    if item.mode is Mode.ATTESTED and not warns and (signal is None or signal.verdict.level is not Level.PASS):
        level, because = (signal.verdict.level, verdict_reason(signal.verdict)) if signal else ("", "")
        return Refusal(Code.SIGNAL_NOT_PASSING, item.title, item.signal, level, text=because)
    if warns and signal is not None and not plain(reason):
        return Refusal(Code.WARNING_NEEDS_REASON, item.title, item.signal, text=verdict_reason(signal.verdict))
    if item.mode is Mode.ATTESTED and session.phase_of(item.id) > session.phase:
        return Refusal(Code.PHASE_NOT_OPEN, item.title)
    if item.evidence_required and not plain(reason):
        return Refusal(Code.EVIDENCE_REQUIRED, item.title)
    earlier = _open_before(session, item)
    if earlier is not None:
        return Refusal(Code.OUT_OF_ORDER, item.title, f"{earlier.number} {earlier.title}")
    missing = open_needs(session, item)
    if missing:
        return Refusal(Code.NEEDS_FIRST, item.title, names=tuple(f"{one.number} {one.title}" for one in missing))
    return None


def approval_refusal(session: Session, state: ItemState, by: str, witnessed: bool = True) -> Refusal | None:
    """Return why a person cannot approve the mark on an item as second person; None if they can.

    In a shared session, who only was a witnessed name so far can approve again from a seat of their own.
    """
    marked, people = state.standing or state.marked, session.cockpit.people
    if state.item.approvals < 2:
        return Refusal(Code.NO_APPROVAL_NEEDED, state.item.title)
    if marked is None:
        return Refusal(Code.NOT_MARKED_YET, state.item.title)
    if not known_as(by, people):
        if not people:
            return Refusal(Code.SECOND_PERSON_REQUIRED, state.item.title)
        return Refusal(Code.UNKNOWN_PERSON, by, names=tuple(person.name for person in people))
    agreed = state.authenticated if session.cockpit.share and not witnessed else state.approved
    if any(one_identity(session, by, name) for name in (marked.by, *agreed)):
        return Refusal(Code.SAME_PERSON, state.item.title, by=by)
    return None


def mark_in_force(state: ItemState, standing: facts.ItemMarked) -> Refusal:
    """Return the refusal of a mark on an item that has another mark in force."""
    return Refusal(Code.MARK_IN_FORCE, state.item.title, state=standing.mark, by=standing.by)


def _open_before(session: Session, item: Item) -> Item | None:
    """Return the first item before this one that is not satisfied, in a section that is done in order."""
    for phase in session.cockpit.checklist.phases:
        for section in phase.sections:
            if section.ordered and item in section.items:
                earlier = section.items[: section.items.index(item)]
                return next((each for each in earlier if not satisfied(session, session.items[each.id])), None)
    return None
