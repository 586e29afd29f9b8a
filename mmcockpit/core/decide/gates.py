"""Decisions of conducting the go-live: gates, holds, the poll, the advice."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.marks import LONGEST_REASON, evidence, evidence_of
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import conductors, same
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.advice import coverage, crossed_only_in_words, uncovered
from mmcockpit.core.rules.gate import Gate, gate
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.describe import brief
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.verdicts import result_words

NAMED = 4
"""Number of open items that a refusal lists."""

Decision = tuple[str, list[facts.AnyBody]]


def open_phase(session: Session, command: commands.OpenPhase, now: Stamp) -> Decision:
    """Pass the gate of the open phase, if it is open or overridden with a reason."""
    closing = gate(session)
    if command.phase != closing.phase:
        return _other_gate(session, command.phase, closing.phase), []
    reason = plain(command.reason, LONGEST_REASON)
    if closing.next is None:
        return "this is the last phase: there is no gate behind it", []
    if session.held is not None:
        return f"{session.held.by} holds the go-live ({session.held.reason}): H lets it go on", []
    if busy := next(open_runs(session), None):
        return f"{busy.procedure.title} is running: finish or abandon it first", []
    if not closing.open and not command.override:
        return _closed(closing), []
    if not closing.open and not reason:
        return f"{_lacks(closing)}: opening the gate all the same needs a reason", []
    if unseen := [key for key in closing.against if command.seen is not None and key not in command.seen]:
        return f"the gate has changed since: {unseen[0]} is not satisfied either; look again", []
    crossed = crossed_only_in_words(session)
    if crossed and not (command.override and reason):
        named = f"[{crossed[0].state}] {crossed[0].item.number} {crossed[0].item.title}"
        return f"there is no way back behind this gate, though {named} is not proven: `:go! REASON` says why", []
    items = session.cockpit.checklist.phases[session.phase].items
    said = [one for item in items if (one := evidence(session, item)) is not None]
    told = {one.signal for one in said}
    said += [evidence_of(state) for state in closing.failing if state.signal.name not in told]
    passed = facts.PhaseChanged(
        closing.phase,
        closing.next,
        command.by,
        tuple(said),
        tuple(state.item.id for state in closing.unmet),
        reason,
        unfilled=closing.unfilled,
        failing=tuple(state.signal.name for state in closing.failing),
    )
    return "", [passed]


def _lacks(closing: Gate) -> str:
    if closing.unmet:
        count = len(closing.unmet)
        return f"{count} {'item is' if count == 1 else 'items are'} not satisfied"
    if closing.failing:
        return f"{', '.join(state.signal.title for state in closing.failing)} failing"
    return f"nobody is named as {', '.join(closing.unfilled)}"


def _other_gate(session: Session, wanted: str, open_: str) -> str:
    phases = [phase.id for phase in session.cockpit.checklist.phases]
    if wanted not in phases:
        return f"no phase is called {wanted!r}: {open_} is open"
    if phases.index(wanted) < session.phase:
        return f"the gate of {wanted} was already passed: {open_} is open"
    return f"{wanted} is not open yet: the gate of {open_} comes first"


def _closed(closing: Gate) -> str:
    named = ", ".join(
        [
            *(f"[{state.state}] {state.item.number} {state.item.title}" for state in closing.unmet[:NAMED]),
            *(f"[!] {_failing(state)}" for state in closing.failing),
            *(f"nobody is named as {role}" for role in closing.unfilled if not closing.unmet),
            *(["the baseline is not recorded (`:baseline`)"] if closing.no_baseline else []),
        ]
    )
    more = f" and {len(closing.unmet) - NAMED} more items" if len(closing.unmet) > NAMED else ""
    return f"the gate of {closing.phase} is closed: {named}{more}; `:go! REASON` opens it all the same"


def _failing(state: SignalState) -> str:
    value = brief(state.value) if state.reading and not state.fault else ""
    return f"{state.signal.title}: {result_words(value, state.verdict)}"


def hold(session: Session, command: commands.HoldSession, now: Stamp) -> Decision:
    """Put the go-live on hold, or resume it."""
    reason = plain(command.reason, LONGEST_REASON)
    if command.on and session.held is not None:
        return f"{session.held.by} holds already: {session.held.reason}", []
    if not command.on and session.held is None:
        return "nobody holds", []
    if command.on and not reason:
        return "a hold needs a reason", []
    return "", [facts.Held(command.on, command.by, reason)]


def open_poll(session: Session, command: commands.OpenPoll, now: Stamp) -> Decision:
    """Open the go/no-go poll."""
    if not session.cockpit.poll:
        return "the cockpit file names no roles under poll:", []
    if isinstance(session.poll, facts.PollOpened):
        return "the poll is open already", []
    return "", [facts.PollOpened(command.by)]


def vote(session: Session, command: commands.Vote, now: Stamp) -> Decision:
    """Answer the poll for a role; roles answer in order."""
    if not isinstance(session.poll, facts.PollOpened):
        return "there is no open poll: P opens one", []
    waiting = [role for role in session.cockpit.poll if role not in session.votes]
    role = command.role or (waiting[0] if waiting else "")
    if role not in session.cockpit.poll:
        return (
            f"no role of the poll is called {role!r}" if role else "every role has answered: the conductor decides"
        ), []
    if role in waiting and role != waiting[0]:
        return f"{waiting[0]} answers first", []
    return "", [facts.Voted(role, command.go, command.by, plain(command.reason, LONGEST_REASON))]


def close_poll(session: Session, command: commands.ClosePoll, now: Stamp) -> Decision:
    """Decide the poll; only a conductor may, if `people` has one; roles that did not answer count as no-go."""
    if not isinstance(session.poll, facts.PollOpened):
        return "there is no open poll: P opens one", []
    deciding = conductors(session.cockpit.people)
    if deciding and not any(same(command.by, name) for name in deciding):
        return f"the poll is decided by its conductor: {' or '.join(deciding)}", []
    reason = plain(command.reason, LONGEST_REASON)
    unanswered = tuple(role for role in session.cockpit.poll if role not in session.votes)
    against = [*unanswered, *(role for role, said in session.votes.items() if not said.go)]
    if command.go and against and not reason:
        return f"go against the no-go of {', '.join(against)} needs a reason", []
    return "", [facts.PollClosed(command.go, command.by, reason, unanswered)]


def decide_advice(session: Session, command: commands.DecideAdvice, now: Stamp) -> Decision:
    """Accept or dismiss the present advice if it is the one that was seen; unseen reasons cannot be dismissed."""
    said, reason = session.advised, plain(command.reason, LONGEST_REASON)
    if said is None or said.advice is command.advice is Advice.GO:
        return "there is no advice to decide", []
    if said.advice is not command.advice:
        return f"the advice has changed since: {said.advice}", []
    unseen = uncovered(said.reasons, command.seen)
    if unseen and not command.accept:
        return f"the advice has another reason since: {reason_text(unseen[0])}", []
    if not reason:
        return "accepting or dismissing an advice needs a reason", []
    return "", [facts.Decided(said.advice, command.accept, command.by, reason, coverage(said.reasons))]
