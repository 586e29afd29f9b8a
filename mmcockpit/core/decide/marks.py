"""Marks of operators on items, and why they are refused."""

from collections.abc import Callable

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Item, Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import known_as, same
from mmcockpit.core.model.states import STANDING, Mark
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.describe import brief
from mmcockpit.core.words.verdicts import result_words

LONGEST_REASON = 2_000
LONGEST_OVERRIDE_S = 24 * 3600.0

NEEDS_REASON = frozenset(STANDING)
"""Marks that need a reason."""


def mark(session: Session, command: commands.MarkItem, now: Stamp) -> tuple[str, list[facts.AnyBody]]:
    """Return why the mark is refused, or the fact that records it."""
    state = session.items.get(command.item)
    if state is None:
        return f"no item is called {command.item!r}", []
    reason = plain(command.reason, LONGEST_REASON)
    if command.mark in NEEDS_REASON and not reason:
        return f"{command.mark} of {state.item.title} needs a reason", []
    because = _REFUSALS.get(command.mark, _standing)(session, state, command)
    if because:
        return because, []
    expires = 0.0
    if command.mark is Mark.OVERRIDE:
        expires = round(now.at + min(command.for_s, LONGEST_OVERRIDE_S), 3)
    said = evidence(session, state.item)
    by = known_as(command.by, session.cockpit.people) or command.by
    marked = facts.ItemMarked(state.item.id, command.mark, by, reason, said, expires, witnessed=command.witnessed)
    return "", [marked]


def undo(session: Session, command: commands.UndoMark, now: Stamp) -> tuple[str, list[facts.AnyBody]]:
    """Return the fact that undoes the operator's latest mark, or why there is nothing to undo."""
    for item, kind in reversed(session.marks):
        if same(_author(session.items[item], kind), command.by):
            return "", [facts.ItemMarked(item, Mark.UNDO, command.by, f"takes back {kind}", undoes=kind)]
    return f"{command.by} has no mark to take back", []


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
        value=plain(result_words(brief(state.value, EVIDENCE_PARTS) if state.reading else "", state.verdict), 200),
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


def _tick(session: Session, state: ItemState, command: commands.MarkItem) -> str:
    item, signal = state.item, session.signal_of(state.item)
    if state.standing is not None:
        return f"{item.title} is {state.standing.mark} by {state.standing.by}: u takes that back first"
    if item.mode is Mode.SENSED:
        said = signal.verdict.because if signal and signal.verdict.because else "it passes by itself"
        return f"{item.title} is sensed by {item.signal}, not ticked by hand: {said}"
    if state.marked is not None:
        return f"{item.title} is done already, by {state.marked.by}: u takes it back"
    warns = item.warning_accepted and signal is not None and signal.verdict.level is Level.WARN
    if item.mode is Mode.ATTESTED and not warns and (signal is None or signal.verdict.level is not Level.PASS):
        said = f"{signal.verdict.level} ({signal.verdict.because})" if signal else "not there"
        return f"{item.title} wants its signal {item.signal} to pass before a hand attests it; it is {said}"
    if warns and signal is not None and not plain(command.reason):
        return f"{item.title} needs a reason: {item.signal} warns ({signal.verdict.because})"
    if item.mode is Mode.ATTESTED and session.phase_of(item.id) > session.phase:
        return f"{item.title} is attested once its phase is open: what is seen now is what ran before"
    if item.evidence_required and not plain(command.reason):
        return f"{item.title} wants its evidence in the reason: where it can be seen"
    before = _open_before(session, item)
    if before is not None:
        return f"{before.number} {before.title} comes first: this section is done in order"
    return ""


def _standing(session: Session, state: ItemState, command: commands.MarkItem) -> str:
    if state.standing is not None:
        return f"{state.item.title} is {state.standing.mark} by {state.standing.by} already: u takes that back"
    if command.mark is Mark.OVERRIDE and not command.for_s > 0:
        return "an override counts for a time: say how long"
    return ""


def _claim(session: Session, state: ItemState, command: commands.MarkItem) -> str:
    if state.claimed_by:
        return f"{state.item.title} is claimed by {state.claimed_by}"
    return ""


def _verify(session: Session, state: ItemState, command: commands.MarkItem) -> str:
    waits = state.standing or state.marked
    if state.item.approvals < 2:
        return f"{state.item.title} wants no second person"
    if waits is None:
        return f"{state.item.title} is not marked yet: there is nothing to verify"
    people = session.cockpit.people
    if not known_as(command.by, people):
        names = ", ".join(one.name for one in people)
        if not people:
            return f"{state.item.title} wants the name of another person"
        return f"nobody among people: is called {command.by!r}; {state.item.title} wants another person of {names}"
    if any(same(command.by, name) for name in (waits.by, *state.approved)):
        return f"{command.by} has said so already: {state.item.title} wants another person"
    return ""


_REFUSALS: dict[Mark, Callable[[Session, ItemState, commands.MarkItem], str]] = {
    Mark.DONE: _tick,
    Mark.CLAIM: _claim,
    Mark.VERIFY: _verify,
    Mark.UNDO: lambda session, state, command: "u takes back the latest mark",
}


def _open_before(session: Session, item: Item) -> Item | None:
    for phase in session.cockpit.checklist.phases:
        for section in phase.sections:
            if section.ordered and item in section.items:
                earlier = section.items[: section.items.index(item)]
                return next((one for one in earlier if not satisfied(session, session.items[one.id])), None)
    return None
