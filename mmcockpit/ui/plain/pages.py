"""Pages of text: the state, the to-do list, one item or signal, the procedures, one procedure, contacts, the log."""

from collections.abc import Iterator

from mmcockpit.core.model.needs import Need
from mmcockpit.core.model.next_action import Next
from mmcockpit.core.rules.item_status import item_text
from mmcockpit.core.rules.todo import todo
from mmcockpit.core.state.open_procedures import open_runs, queue
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.changes import change_text, what_changed
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.next_actions import next_text
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.ui.plain.panes import LineProcedures
from mmcockpit.ui.plain.questions import WIDTH, flat
from mmcockpit.ui.render.advice import counts, reason_words
from mmcockpit.ui.render.checklist.todo_rows import need_words
from mmcockpit.ui.render.header.state_line import state_line
from mmcockpit.ui.render.history import item_facts
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.procedure import size_words
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.step_details import View, blocks, step_status
from mmcockpit.ui.render.text import plain
from mmcockpit.ui.render.why import item_lines, signal_lines
from mmcockpit.ui.session_view import Sight

MOST_REASONS = 12
LAST = 20
"""Facts of the log that are printed unless a number is given."""

_SHOWN = (Need.FAILING, Need.YOU, Need.NO_DATA, Need.SETTLING)


def status(sight: Sight, lens: Lens, following: Next | None) -> Iterator[str]:
    """Yield what goes live and where, the advice with its reasons, the phase, and what is next."""
    session = sight.session
    mode = session.opened.mode.value if session.opened is not None else ""
    yield f"{plain(session.cockpit.name, 80)}, {plain(session.cockpit.environment, 40)}, {mode}"
    state = " ".join(flat(state_line(sight, lens, 400)).split())
    yield state
    reasons = session.advised.reasons if session.advised is not None else ()
    texts = (reason_words(reason, session) for reason in reasons[:MOST_REASONS])
    # The worst one may have been read a moment ago.
    yield from (f"  {text}" for text in texts if text not in state)
    if len(reasons) > MOST_REASONS:
        yield f"  {counted(len(reasons) - MOST_REASONS, 'more reason')}: `list` has the items"
    phases = session.cockpit.checklist.phases
    if phases:
        left = counts(session)
        at = f"phase {session.phase + 1} of {len(phases)}: {plain(phases[session.phase].title, 60)}"
        yield f"{at}; {left}" if left else f"{at}; every required item is satisfied"
    if following is not None:
        yield next_line(following, lens)


def next_line(given: Next, lens: Lens) -> str:
    """Return NEXT in one line: `next: :go open Release: the gate of Before the release is open`."""
    return f"next: {next_text(given, lens.keys, lens.view, gap=' ')}"


def listing(sight: Sight, lens: Lens, whole: bool) -> Iterator[str]:
    """Yield the items of the open and the earlier phases by what they need; satisfied ones only if `whole`."""
    session = sight.session
    operator = lens.seated(session)
    for group in todo(session, operator):
        if not group.items:
            continue
        yield f"{need_words(group.need, operator)}: {counted(len(group.items), 'item')}"
        if group.need in _SHOWN or whole:
            for name in group.items:
                state = session.items[name]
                says = plain(item_text(session, state, sight.now, operator), 160)
                title = f"{state.item.number} [{state.state.value}] {plain(state.item.title, 80)}"
                yield f"  {title}{f': {says}' if says else ''}"


def details(sight: Sight, lens: Lens, subject: RowSubject) -> Iterator[str]:
    """Yield why an item or a signal is as it is."""
    session = sight.session
    if subject.kind == "item" and subject.name in session.items:
        state = session.items[subject.name]
        yield f"item {state.item.number} [{state.state.value}] {plain(state.item.title, 120)}"
        yield from (f"  {one.label}: {one.text}" for one in item_lines(session, state, sight.now, lens) if one.text)
        yield from (f"  {label}: {text}" for label, text, _ in item_facts(session, state, sight.now, lens) if text)
    elif subject.kind == "signal" and subject.name in session.signals:
        signal = session.signals[subject.name]
        yield f"signal {lens.letter(signal)} {plain(signal.signal.title, 120)} ({plain(subject.name, 80)})"
        yield from (f"  {one.label}: {one.text}" for one in signal_lines(session, signal, sight.now, lens) if one.text)


def procedures(session: Session, whole: bool) -> Iterator[str]:
    """Yield the procedures: those called for with the reason, those in progress, and all others if `whole`.

    The others are listed as well if there are none of the first two kinds.
    """
    calls = {name: call for name, call in session.calls.items() if not call.answered}
    called = {procedure.id for procedure, _ in queue(session)}
    runs = {run.procedure.id for run in open_runs(session)}
    known = session.cockpit.checklist.procedures
    urgent = [one for one in known if one.id in called or one.id in runs or one.id in calls]
    others = [one for one in known if one not in urgent]
    if not known:
        yield "this checklist has no procedures"
    for one in sorted(urgent, key=lambda one: (one.id not in called, one.id not in runs)):
        state = "CALLED FOR" if one.id in called else "in progress" if one.id in runs else "also called for, waits"
        yield f"  {one.id}: {plain(one.title, 80)} ({state}), {size_words(one)}"
        if one.id in calls and one.id not in runs:
            yield f"    because: {plain(reason_text(calls[one.id].reason), 200)}"
    if urgent and others and not whole:
        yield f"  {counted(len(others), 'other')}: `procedures` lists all"
    else:
        yield from (f"  {one.id}: {plain(one.title, 80)}, {size_words(one)}" for one in others)
    yield "`procedure ID` shows one, `run-step` continues it"


def procedure(sight: Sight, lens: Lens, pane: LineProcedures) -> Iterator[str]:
    """Yield the steps of the followed procedure, and its current step in full."""
    run, one = pane.run(sight.session), pane.step(sight.session)
    if run is None:
        return
    since = "" if run.number else ", not started: `run-step` starts it"
    yield f"{plain(run.procedure.title, 80)} ({run.procedure.id}), {size_words(run.procedure)}{since}"
    view = View(sight.session, sight.now, lens, one.step.id if one else "", 0, {})
    for n, each in enumerate(run.steps.values(), 1):
        words = step_status(each, view)
        yield f"  {n} {each.state.value}: {plain(each.step.title, 80)}{f', {words}' if words else ''}"
    if one is not None:
        yield f"step {list(run.steps).index(one.step.id) + 1}: {plain(one.step.title, 80)}"
        for part in blocks(run, one, view, WIDTH, full=True):
            yield from (f" {flat(line)}" for line in part)


def contacts(session: Session) -> Iterator[str]:
    """Yield contacts and links."""
    checklist = session.cockpit.checklist
    for contact in checklist.contacts:
        missing = contact.placeholder or not contact.name
        yield f"  {plain(contact.role, 60)}: {'no contact' if missing else plain(contact.name, 120)}"
    yield from (f"  {plain(link.title, 60)}: {plain(link.url, 400)}" for link in checklist.links)
    if not (checklist.contacts or checklist.links):
        yield "this checklist has no contacts and no links"


def log(sight: Sight, lens: Lens, wording: Wording) -> Iterator[str]:
    """Yield the last changes, oldest first."""
    for change in what_changed(sight.session.log)[-LAST:]:
        word, says = change_text(change, wording)
        ago = age(max(0.0, sight.now.at - change.first.stamp.at))
        yield f"  {lens.time(change.first.stamp.wall)} {word}: {says} ({ago} ago)"
