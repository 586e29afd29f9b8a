"""The dialog before a gate opens: what keeps it closed, and what the next phase lacks."""

from collections.abc import Iterator

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.facts.event import Refused
from mmcockpit.core.facts.reasons import Reason, ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import BROKEN
from mmcockpit.core.rules.gate import Gate, gate
from mmcockpit.core.rules.item_status import item_text
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.plans.waves import ahead_text
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import Way
from mmcockpit.ui.render.advice import warning_words, without_data_words
from mmcockpit.ui.render.text import STATE_ROLE, Line, plain
from mmcockpit.ui.render.values import verdict_words


def open_gate(desk: Desk, phase: str, reason: str = "", override: bool = False) -> None:
    """Pass the gate of a phase. A dialog confirms an override, with what stays open, and a gate that opens with a
    warning, without a proof, or with an abort rule that has no data."""
    if not desk.operator:
        return
    session = desk.session
    trial = commands.OpenPhase(desk.operator, phase, reason, override)
    closing = gate(session)
    details = [*_open(session, closing, desk.now), *_known(session, closing)]
    refused = isinstance(decide(session, trial, desk.now)[0], Refused)
    if refused or not (override or details):
        desk.submit(lambda by: commands.OpenPhase(by, phase, reason, override))
        return

    def answered(word: str | None) -> None:
        if word == "open":
            desk.submit(lambda by: commands.OpenPhase(by, phase, reason, override, closing.against))
        else:
            desk.say("cancelled: the gate stays closed")

    ways = (
        Way("c", "cancel", "the gate stays closed"),
        Way("o", "open", f"recorded with what stays open: {plain(reason, 80)}" if reason else "recorded as it is"),
    )
    title = _title(session, closing)
    desk.choose(title, ways, answered, details)


def _title(session: Session, closing: Gate) -> str:
    titles = {phase.id: plain(phase.title, 30) for phase in session.cockpit.checklist.phases}
    passage = f"{titles[closing.phase]} to {titles.get(closing.next or '', '')}"
    count = len(closing.unmet)
    if count:
        return f"Open the gate from {passage} despite {counted(count, 'open item')}?"
    return f"Open the gate from {passage}{'' if closing.open else ' although it is closed'}?"


def _open(session: Session, closing: Gate, now: Stamp) -> Iterator[Line]:
    """Yield the lines on what stays open, sorted by severity."""
    for signal in closing.failing:
        words = verdict_words(signal, signal.verdict.level)
        yield (" [!] ", "fail"), (plain(signal.signal.title, 60), "text"), (f"  {words}", "fail")
    for state in sorted(closing.unmet, key=_severity):
        head = (f" [{state.state.value}] ", STATE_ROLE[state.state])
        words = f"  {plain(item_text(session, state, now), 80)}"
        yield head, (f"{state.item.number} {plain(state.item.title, 60)}", "text"), (words, "muted")
    for role in closing.unfilled:
        yield (" [ ] ", "muted"), (f"contact without a name: {plain(role, 40)}", "text")


def _severity(state: ItemState) -> int:
    return 0 if state.state in BROKEN else 1 if state.state is State.UNKNOWN else 2


def _known(session: Session, closing: Gate) -> Iterator[Line]:
    """Yield the lines on what keeps no gate closed, but must be known before it opens."""
    for name in closing.without_data:
        reason = Reason(ReasonKind.ABORT_NO_DATA, name)
        yield (" [?] ", "unknown"), (reason_text(reason, without_data_words(session, name)), "unknown")
    for state in closing.next_failing:
        words = f"{plain(state.signal.title, 60)}: {verdict_words(state, Level.FAIL)}"
        yield (" [!] ", "fail"), (ahead_text(words), "fail")
    if closing.no_baseline:
        titles = ", ".join(plain(session.signals[name].signal.title, 30) for name in closing.no_baseline)
        yield (" [ ] ", "warn"), ("baseline not recorded: `:baseline` records it", "warn")
        yield ("     ", "text"), (f"unknown without it: {titles}", "muted")
    if not closing.proven:
        yield (" [ ] ", "warn"), ("nothing is proven: no item passes or is ticked", "warn")
    if words := warning_words(session):
        yield (" [w] ", "warn"), (f"{words}: see the decision panel", "warn")
