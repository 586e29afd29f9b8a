"""The timeline: one line for every fact except results, and one for a result that changed a verdict or production."""

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED, Advice, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judged_signals import judged_signals
from mmcockpit.core.state.changes import production_change
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.text import clean, plain
from mmcockpit.core.words.describe import describe_event
from mmcockpit.core.words.facts.procedures import output_length
from mmcockpit.core.words.facts.sources import verdict_changed
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.reasons import coverage_text
from mmcockpit.core.words.report.decisions import evidence_line, lack_lines, reason_line
from mmcockpit.core.words.seats import origin_words
from mmcockpit.report.attempts import TONES as STEP_TONES
from mmcockpit.report.past import Entry, Past, Tone
from mmcockpit.report.times import When

ADVICE_TONES: dict[str, Tone] = {
    Advice.GO: "pass",
    Advice.HOLD: "warn",
    Advice.NO_GO: "fail",
    Advice.FIX_FORWARD: "fail",
    Advice.ROLLBACK: "fail",
}
LEVEL_TONES: dict[Level, Tone] = {level: level.value for level in Level}
DEEDS: dict[type[facts.Body], str] = {
    facts.ItemMarked: "mark",
    facts.PhaseChanged: "gate",
    facts.Held: "hold",
    facts.Voted: "vote",
    facts.PollOpened: "poll",
    facts.PollClosed: "poll",
    facts.Decided: "decision",
    facts.Noted: "note",
    facts.BaselineRecorded: "baseline",
    facts.T0Changed: "T0 change",
    facts.Refused: "refusal",
    facts.ProcedureOpened: "procedure",
    facts.StepChanged: "step",
    facts.MessageSent: "message",
    facts.IdentityAccepted: "accepted system",
    facts.AlarmAcknowledged: "acknowledgement",
    facts.HandoverPrepared: "handover",
    facts.HandoverAcknowledged: "handover",
    facts.StepApproved: "approval",
    facts.ControlsGranted: "controls grant",
}
"""Facts that people make, and the noun by which they are counted beside a name."""

_ROUTINE = (facts.ItemChanged, facts.SignalChanged, facts.Observed, facts.Backfilled, facts.StepOutput)
_TONES: dict[type[facts.Body], Tone] = {
    facts.PhaseChanged: "strong",
    facts.Held: "warn",
    facts.Decided: "strong",
    facts.PollClosed: "strong",
    facts.Closed: "strong",
    facts.Escalated: "fail",
    facts.MessageDelivered: "muted",
    facts.AlarmAcknowledged: "strong",
    facts.HandoverPrepared: "strong",
    facts.HandoverAcknowledged: "strong",
    facts.Opened: "strong",
    facts.Resumed: "unknown",
    facts.OperatorLeft: "unknown",
    facts.Gap: "fail",
    facts.Trouble: "fail",
    facts.MarkExpired: "warn",
    facts.Refused: "muted",
    facts.Backfilled: "muted",
    facts.Unread: "unknown",
    facts.Noted: "accent",
    facts.ProcedureQueued: "fail",
    facts.ProcedureUnqueued: "pass",
    facts.ProcedureOpened: "strong",
    facts.ProcedureClosed: "strong",
    facts.StepsRepeated: "warn",
    facts.ValueChosen: "accent",
    facts.StepOutput: "muted",
    facts.StepProcess: "muted",
    facts.SourceIdentified: "muted",
    facts.IdentityDiffered: "fail",
    facts.FailedOver: "warn",
    facts.Paused: "unknown",
    facts.ClockJumped: "warn",
    facts.VerificationChanged: "warn",
    facts.Anchored: "muted",
    facts.NotAnchored: "warn",
    facts.SeatJoined: "muted",
    facts.SeatLeft: "muted",
    facts.ControlsGranted: "accent",
    facts.DriverChanged: "unknown",
    facts.StepApproved: "strong",
}


def entry(past: Past, event: Event, now: When) -> Entry | None:
    """Return the line of a fact; None for a result that changed neither a verdict nor production.

    The session does not include the fact yet.
    """
    body = event.body
    if isinstance(body, facts.SignalChanged):
        # The result that changed the verdict has its own line.
        return None
    if isinstance(body, facts.Observed):
        return _turn(past, event.seq, body, now)
    shown = msgspec.structs.replace(event, body=_without_details(body))
    word, words = describe_event(shown, Wording(SessionNames(past.session)))
    words = plain(output_length(body)) if isinstance(body, facts.StepOutput) and not event.unknown else words
    if event.identity:
        words = f"{words.removesuffix(':')} [{origin_words(event.identity, past.session.seat_of(event.identity))}]"
    return Entry(
        event.seq,
        now,
        word,
        words.removesuffix(":"),
        _tone(body),
        _details(body),
        _is_routine(past, body),
    )


def deed(body: AnyBody) -> str:
    """Return the word a fact is counted under beside its author's name; empty for other facts."""
    return DEEDS.get(type(body), "")


def _turn(past: Past, seq: int, body: facts.Observed, now: When) -> Entry | None:
    state = past.session.signals.get(body.signal)
    before = state.verdict.level if state else Level.UNKNOWN
    changed = production_change(state, body)[0] if state else ""
    if before is body.verdict.level:
        return Entry(seq, now, "change", plain(changed), "accent") if changed else None
    signal = state.signal if state else Signal(body.signal, body.signal, "", "")
    words = verdict_changed(body, before, signal)
    words = f"{words}; change: {plain(changed)}" if changed else words
    details = (plain(f"{signal.name}: {signal.question}"),) if signal.source else ()
    judged = past.session.opened is not None and signal.name in judged_signals(past.session.cockpit)
    return Entry(
        seq, now, "verdict", words, LEVEL_TONES[body.verdict.level], details, routine=not judged and not changed
    )


def _is_routine(past: Past, body: AnyBody) -> bool:
    """Whether a line is folded: automatic facts, and an advice that changed only its reasons."""
    if isinstance(body, facts.Advised):
        return past.session.advised is not None and past.session.advised.advice is body.advice
    if isinstance(body, facts.ItemChanged):
        return body.now is not State.REGRESSED
    return isinstance(body, _ROUTINE)


def _tone(body: AnyBody) -> Tone:
    match body:
        case facts.Advised(advice=advice):
            return ADVICE_TONES[advice]
        case facts.ItemChanged(now=State.BAD | State.REGRESSED | State.BLOCKED):
            return "fail"
        case facts.ItemChanged(now=State.UNKNOWN):
            return "unknown"
        case facts.ItemChanged(now=state):
            return "pass" if state in SATISFIED else "text"
        case facts.ItemMarked(mark=Mark.DONE | Mark.VERIFY | Mark.CLAIM):
            return "text"
        case facts.ItemMarked():
            return "warn"
        case facts.PhaseChanged(unmet=unmet, failing=failing) if unmet or failing:
            return "warn"
        case facts.StepChanged(now=state):
            return STEP_TONES.get(state, "text")
        case facts.Voted(go=False) | facts.PollClosed(go=False):
            return "fail"
    return _TONES.get(type(body), "text")


def _details(body: AnyBody) -> tuple[str, ...]:
    match body:
        case facts.Advised(reasons=reasons):
            return tuple(map(reason_line, reasons))
        case facts.PhaseChanged(evidence=evidence):
            return (*lack_lines(body), *map(evidence_line, evidence))
        case facts.ItemMarked(evidence=evidence) if evidence is not None:
            return (evidence_line(evidence),)
        case facts.Trouble(detail=detail):
            return _lines(detail)
        case facts.Decided(seen=seen):
            return tuple(plain(coverage_text(one)) for one in seen)
        case facts.Opened(texts=texts):
            return tuple(plain(f"{name}: {len(text)} characters, included") for name, text in texts.items())
        case facts.Unread(text=text):
            return _lines(text)
    return ()


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in clean(text, len(text)).split("\n") if line.strip())


def _without_details(body: AnyBody) -> AnyBody:
    """Return a fact without what `_details` shows below its line."""
    match body:
        case facts.ItemMarked():
            return msgspec.structs.replace(body, evidence=None)
        case facts.Trouble():
            return msgspec.structs.replace(body, detail="")
        case facts.Unread():
            return msgspec.structs.replace(body, text="")
    return body
