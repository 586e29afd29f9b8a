"""Facts as text: one line for the log on the screen, the log command and the report alike."""

import shlex
from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import signal_line


def describe(body: facts.AnyBody, signal: Signal | None = None) -> tuple[str, str]:
    """Return the kind of a fact as one lower-case word, and its text as one sanitised line.

    `signal` is that of an Observed: its value has the labels and units of its probe.
    """
    if isinstance(body, facts.Observed):
        return "observed", plain(_observed(body, signal))
    word, say = _WORDS[type(body)]
    return word, plain(say(body))


def describe_event(event: Event, signal: Signal | None = None) -> tuple[str, str]:
    """Return the kind of a fact as one word, and its text; fields that this version does not know follow the text."""
    word, text = describe(event.body, signal)
    if not event.unknown:
        return word, text
    fields = ", ".join(f"{name} {value_line(value)}" for name, value in event.unknown.items())
    return word, plain(f"{text} [{counted(len(event.unknown), 'unknown field')}: {fields}]")


def _observed(body: facts.Observed, signal: Signal | None) -> str:
    verdict = body.verdict
    value = "" if isinstance(body.answer, Fault) else value_line(body.answer.value, signal)
    remark = f" (remark: {body.answer.remark})" if isinstance(body.answer, Reading) and body.answer.remark else ""
    return f"{signal_line(body.signal, value, verdict)}{remark}"


def _opened(body: facts.Opened) -> str:
    cockpit = body.cockpit
    items = sum(1 for _ in cockpit.checklist.items)
    return (
        f"{body.mode} session {body.session}: {cockpit.target} in {cockpit.environment}, {items} items, {body.operator}"
    )


def _continued(body: facts.Opened) -> str:
    before = body.continues
    if before is None:
        return _opened(body)
    last = f"its last good fact is #{before.seq}, head {before.head or 'unknown'}"
    return f"recording continues in a new journal: {before.file} {before.because}; {last}"


def _marked(body: facts.ItemMarked) -> str:
    evidence = f" [{body.evidence.signal} {body.evidence.level} {body.evidence.value}]" if body.evidence else ""
    reason = f": {body.reason}" if body.reason else ""
    return f"{body.item} {body.mark} by {body.by}{reason}{evidence}"


def _go(go: bool) -> str:
    return "go" if go else "no-go"


def _phase(body: facts.PhaseChanged) -> str:
    unmet = f", {len(body.unmet)} items unmet" if body.unmet else ""
    unmet += f", {', '.join(body.failing)} failing" if body.failing else ""
    unmet += f", nobody named as {', '.join(body.unfilled)}" if body.unfilled else ""
    why = f": {body.reason}" if body.reason else ""
    return f"{body.was} to {body.now} by {body.by}{unmet}{why}, head {body.head or 'unknown'}"


def _poll(body: facts.PollClosed) -> str:
    missing = f", unanswered: {', '.join(body.unanswered)}" if body.unanswered else ""
    return f"{_go(body.go)} by {body.by}: {body.reason}{missing}"


def _advised(body: facts.Advised) -> str:
    return f"{body.advice}: {'; '.join(map(reason_text, body.reasons))}" if body.reasons else str(body.advice)


def _signal_changed(body: facts.SignalChanged) -> str:
    value = f", {body.value}" if body.value else ""
    because = f": {body.because}" if body.because else ""
    return f"{body.signal} {body.was} to {body.now}{value}{because}"


def _decided(body: facts.Decided) -> str:
    return f"{body.advice} {'accepted' if body.accepted else 'dismissed'} by {body.by}: {body.reason}"


def _baseline(body: facts.BaselineRecorded) -> str:
    means = ", ".join(f"{name} {value_line(value)}" for name, value in body.values.items())
    notes = [f"from the source's history: {', '.join(body.history)}"] if body.history else []
    notes += [f"set by an operator: {', '.join(body.by_hand)} ({body.reason})"] if body.by_hand else []
    notes += [f"missing: {', '.join(f'{name} ({why})' for name, why in body.missing.items())}"] if body.missing else []
    return "; ".join([f"over {body.end - body.start:.0f} s by {body.by}: {means}", *notes])


def _step(body: facts.StepChanged) -> str:
    ran = f": {shlex.join(body.argv)}" if body.argv else ""
    ended = f", exit {body.exit} after {body.ms / 1000:.1f} s" if body.exit is not None else ""
    taken = "".join(f", {name} {value}" for name, value in body.values.items())
    because = f": {body.because}" if body.because else ""
    by = f" by {body.by}" if body.by else ""
    return f"{body.procedure}/{body.step} {body.now}{by}{ran}{ended}{taken}{because}"


def _process(body: facts.StepProcess) -> str:
    state = {None: "started", True: "still runs", False: "has ended"}[body.runs]
    return f"{body.procedure}/{body.step}: process {body.pid} on {body.host} {state}"


def _procedure_closed(body: facts.ProcedureClosed) -> str:
    return f"{body.procedure} " + (f"abandoned by {body.by}: {body.reason}" if body.abandoned else "done")


def _sent(body: facts.MessageSent) -> str:
    failed = f" failed: {body.failed}" if body.failed else ""
    return f"{body.message} to the {body.to} by {body.by}{failed}: {body.text}"


def _verification(body: facts.VerificationChanged) -> str:
    return f"{body.source}: " + (f"TLS not verified ({body.off})" if body.off else "TLS verified again")


def _reconfigured(body: facts.Reconfigured) -> str:
    origin = f"taken from {body.file}" if body.file else "taken from the journal, confirmed"
    return f"what may act is {origin} by {body.by}: {', '.join(body.changes)}"


def _damage(body: facts.DamageAccepted) -> str:
    first = f": {body.problems[0]}" if body.problems else ""
    return f"journal resumed with {counted(body.count, 'problem')} by {body.by}: {body.reason}{first}"


def _noted(body: facts.Noted) -> str:
    about = f"{body.item}: " if body.item else ""
    return f"{about}{body.text} ({body.by})"


_WORDS: dict[type[facts.Body], tuple[str, Callable[[Any], str]]] = {
    facts.Opened: ("opened", _continued),
    facts.OperatorJoined: ("joined", lambda body: f"{body.operator} from {body.host}"),
    facts.OperatorLeft: ("left", lambda body: f"{body.operator}: nothing is watched until the session is resumed"),
    facts.ObserverJoined: ("observer", lambda body: f"{body.observer} watches (process {body.process})"),
    facts.ObserverLeft: ("observer", lambda body: f"{body.observer} is gone (process {body.process})"),
    facts.Resumed: ("resumed", lambda body: f"by {body.operator} on {body.host}, blind for {body.blind_s:.0f} s"),
    facts.Reopened: ("reopened", lambda body: f"by {body.by}: {body.reason} (had ended: {body.outcome})"),
    facts.DamageAccepted: ("damage", _damage),
    facts.Reconfigured: ("cockpit", _reconfigured),
    facts.Gap: ("gap", lambda body: f"{body.lost} facts lost since T+{body.since.at:.0f}s: {body.because}"),
    facts.T0Changed: ("t0", lambda body: f"set to {body.t0:.0f} by {body.by}"),
    facts.ItemMarked: ("marked", _marked),
    facts.ItemChanged: ("sensed", lambda body: f"{body.item} [{body.was}] to [{body.now}]: {body.because}"),
    facts.MarkExpired: ("expired", lambda body: f"{body.item}: the override of {body.by} ran out"),
    facts.PhaseChanged: ("phase", _phase),
    facts.Held: ("held", lambda body: f"{'hold' if body.on else 'go on'} by {body.by}: {body.reason}"),
    facts.PollOpened: ("poll", lambda body: f"opened by {body.by}"),
    facts.Voted: ("voted", lambda body: f"{body.role} {_go(body.go)} by {body.by}: {body.reason}"),
    facts.PollClosed: ("poll", _poll),
    facts.Advised: ("advice", _advised),
    facts.SignalChanged: ("signal", _signal_changed),
    facts.Decided: ("decided", _decided),
    facts.BaselineRecorded: ("baseline", _baseline),
    facts.ProcedureQueued: ("queued", lambda body: f"{body.procedure}: {reason_text(body.reason)}"),
    facts.ProcedureUnqueued: ("unqueued", lambda body: f"{body.procedure}: what called for it is gone"),
    facts.ProcedureOpened: ("followed", lambda body: f"{body.procedure} begun by {body.by}"),
    facts.ProcedureClosed: ("followed", _procedure_closed),
    facts.StepChanged: ("step", _step),
    facts.StepOutput: ("output", lambda body: f"{body.procedure}/{body.step}: {body.text}"),
    facts.StepProcess: ("process", _process),
    facts.StepsRepeated: ("repeated", lambda body: f"{body.procedure} from {body.step} by {body.by}: {body.reason}"),
    facts.ValueChosen: ("chosen", lambda body: f"{body.procedure} {body.name} {body.value} by {body.by}"),
    facts.MessageSent: ("message", _sent),
    facts.Noted: ("noted", _noted),
    facts.SourceIdentified: ("identity", lambda body: f"{body.source}: {body.identity}"),
    facts.IdentityDiffered: ("identity", lambda body: f"{body.source}: another system responds: {body.identity}"),
    facts.IdentityAccepted: (
        "identity",
        lambda body: f"{body.source}: accepted by {body.by}: {body.identity}: {body.reason}",
    ),
    facts.Paused: (
        "paused",
        lambda body: f"nothing ran for {body.seconds:.0f} s: suspended, stopped or blocked; it serves no settle time",
    ),
    facts.ClockJumped: ("clock", lambda body: f"the wall clock jumped by {body.seconds:+.0f} s"),
    facts.FailedOver: ("failover", lambda body: f"{body.source}: {body.what} {body.was} → {body.now}"),
    facts.VerificationChanged: ("tls", _verification),
    facts.Backfilled: ("backfill", lambda body: f"{body.signal}: {len(body.points)} points"),
    facts.Refused: ("refused", lambda body: f"{body.command}: {refusal_words(body.refusal)}"),
    facts.Trouble: ("trouble", lambda body: f"{body.where}: {body.summary}"),
    facts.Closed: ("closed", lambda body: f"{body.outcome} ({body.by})" if body.by else body.outcome),
    facts.Unread: ("unknown", lambda body: f"unknown fact {body.kind}: {body.text}"),
}
