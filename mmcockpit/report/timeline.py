"""The timeline: one line for every fact except results, and one for every result that changed a verdict."""

from collections.abc import Callable
from typing import Any

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event, Evidence, Reason
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED, Advice, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judged_signals import judged_signals
from mmcockpit.core.text import clean, plain
from mmcockpit.core.words.describe import describe_event
from mmcockpit.core.words.reasons import coverage_text, reason_text
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import result_words
from mmcockpit.report.attempts import TONES as STEP_TONES
from mmcockpit.report.past import Entry, Past, Tone
from mmcockpit.report.times import When, full

ADVICE_TONES: dict[str, Tone] = {
    Advice.GO: "pass",
    Advice.HOLD: "warn",
    Advice.NO_GO: "fail",
    Advice.FIX_FORWARD: "fail",
    Advice.ROLLBACK: "fail",
}
LEVEL_TONES: dict[Level, Tone] = {level: level.value for level in Level}
DEEDS: dict[type[facts.Body], str] = {
    facts.ItemMarked: "marks",
    facts.PhaseChanged: "gates",
    facts.Held: "holds",
    facts.Voted: "votes",
    facts.PollOpened: "polls",
    facts.PollClosed: "polls",
    facts.Decided: "decisions",
    facts.Noted: "notes",
    facts.BaselineRecorded: "baselines",
    facts.T0Changed: "T0",
    facts.Refused: "refused",
    facts.ProcedureOpened: "procedures",
    facts.StepChanged: "steps",
    facts.MessageSent: "messages",
    facts.IdentityAccepted: "identities",
}
"""Facts that people make, and the word they are counted under beside a name."""

_ROUTINE = (facts.ItemChanged, facts.SignalChanged, facts.Observed, facts.Backfilled, facts.StepOutput)
_TONES: dict[type[facts.Body], Tone] = {
    facts.PhaseChanged: "strong",
    facts.Held: "warn",
    facts.Decided: "strong",
    facts.PollClosed: "strong",
    facts.Closed: "strong",
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
}


def entry(past: Past, event: Event, now: When) -> Entry | None:
    """Return the line of a fact; None for a result that changed no verdict. The session does not include the fact
    yet."""
    body = event.body
    if isinstance(body, facts.SignalChanged):
        # The result that changed the verdict has its own line.
        return None
    if isinstance(body, facts.Observed):
        return _turn(past, event.seq, body, now)
    word, says = describe_event(event)
    say = _SAYS.get(type(body)) if not event.unknown else None
    return Entry(
        event.seq,
        now,
        word,
        (say(past, body) if say else says).removesuffix(":"),
        _tone(body),
        _details(body),
        _is_routine(past, body),
    )


def deed(body: AnyBody) -> str:
    """Return the word a fact is counted under beside its author's name; empty for other facts."""
    return DEEDS.get(type(body), "")


def phase_title(past: Past, phase: str) -> str:
    """Return a phase's title, or its id if the checklist does not have it."""
    phases = past.session.opened.cockpit.checklist.phases if past.session.opened else ()
    return next((one.title for one in phases if one.id == phase), phase)


def reason_line(reason: Reason) -> str:
    """Return a reason of an advice in one line: what, since when, and what happened just before."""
    since = f", since {full(reason.since.wall)}" if reason.since else ""
    before = f"; {reason.before}" if reason.before else ""
    return plain(f"{reason_text(reason)}{since}{before}")


def evidence_line(one: Evidence) -> str:
    """Return the evidence of one signal at a decision in one line."""
    sampled = f", sampled {full(one.sampled)}" if one.sampled is not None else ""
    rule = f", rule {one.rule}" if one.rule else ""
    return plain(f"{one.signal} {one.level}: {one.value}{rule}{sampled}; query: {one.question}")


def _turn(past: Past, seq: int, body: facts.Observed, now: When) -> Entry | None:
    state = past.session.signals.get(body.signal)
    before = state.verdict.level if state else Level.UNKNOWN
    if before is body.verdict.level:
        return None
    signal = state.signal if state else Signal(body.signal, body.signal, "", "")
    answer, verdict = body.answer, body.verdict
    words = f"{answer.kind}: {answer.message}" if isinstance(answer, Fault) else value_line(answer.value, signal)
    words = words if isinstance(answer, Fault) else result_words(words, verdict)
    of = f" ({verdict.agree} of {verdict.of} agree)" if verdict.of > 1 else ""
    says = plain(f"{signal.title}: {before} → {verdict.level}, {words}{of}")
    details = (plain(f"{signal.name}: {signal.question}"),) if signal.source else ()
    judged = past.session.opened is not None and signal.name in judged_signals(past.session.cockpit)
    return Entry(seq, now, "verdict", says, LEVEL_TONES[verdict.level], details, routine=not judged)


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
        case facts.PhaseChanged(unmet=unmet, failing=failing, evidence=evidence):
            lacks = (*(f"open: {plain(item)}" for item in unmet), *(f"failing: {plain(name)}" for name in failing))
            return (*lacks, *map(evidence_line, evidence))
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
        case _ if type(body) not in _KNOWN:
            # A kind of fact without a sentence of its own: all its fields, as recorded.
            return _lines(msgspec.json.format(msgspec.json.encode(body), indent=1).decode())
    return ()


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in clean(text, len(text)).split("\n") if line.strip())


def _item_changed(past: Past, body: facts.ItemChanged) -> str:
    return plain(f"[{body.was}] → [{body.now}] {past.title(body.item)}: {body.because}")


def _marked(past: Past, body: facts.ItemMarked) -> str:
    reason = f": {body.reason}" if body.reason else ""
    undone = f" of {body.undoes}" if body.undoes else ""
    witnessed = " (witnessed, same terminal)" if body.witnessed else ""
    return plain(f"{body.by}: {body.mark}{undone}, {past.title(body.item)}{reason}{witnessed}")


def _phase_changed(past: Past, body: facts.PhaseChanged) -> str:
    lacks = [f"{len(body.unmet)} items open"] if body.unmet else []
    lacks += [f"{', '.join(body.failing)} failing"] if body.failing else []
    gate = f"gate FORCED by {body.by}, {', '.join(lacks)}" if lacks else f"gate passed by {body.by}"
    reason = f": {body.reason}" if body.reason else ""
    return plain(f"{phase_title(past, body.was)} → {phase_title(past, body.now)}, {gate}{reason}")


def _t0(past: Past, body: facts.T0Changed) -> str:
    return plain(f"set to {full(body.t0)} by {body.by}")


def _output(past: Past, body: facts.StepOutput) -> str:
    dropped = f", {body.dropped} more in its file" if body.dropped else ""
    return plain(f"{body.procedure}/{body.step} wrote {len(body.text.splitlines())} lines{dropped}")


def _noted(past: Past, body: facts.Noted) -> str:
    about = f" on {past.title(body.item)}" if body.item else ""
    return plain(f"{body.by}{about}: {body.text}")


_SAYS: dict[type[facts.Body], Callable[[Past, Any], str]] = {
    facts.ItemChanged: _item_changed,
    facts.ItemMarked: _marked,
    facts.PhaseChanged: _phase_changed,
    facts.T0Changed: _t0,
    facts.Noted: _noted,
    facts.StepOutput: _output,
    facts.Gap: lambda past, body: plain(f"{body.lost} facts lost since {full(body.since.wall)}: {body.because}"),
}
_KNOWN = frozenset(
    {
        *(*DEEDS, *_TONES, *_SAYS, *_ROUTINE, facts.Advised, facts.OperatorJoined, facts.OperatorLeft),
    }
)
